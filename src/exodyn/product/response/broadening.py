"""Finite tracks: a diffusion coefficient from few steps is uncertain, so a size histogram is too wide.

From k independent steps in a plane the estimate of D is gamma distributed around D with shape k (mean squared
displacement; Saveyn et al. 2010, J Colloid Interface Sci 352:593), and diameter goes with 1 / D.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]


def kernel(edges: ArrayLike, diameters: ArrayLike, steps: int) -> Floats:
    """Probability [bins, diameters] that a particle is put into each bin; 0 steps: into its own."""
    e, d = np.asarray(edges, dtype=np.float64), np.asarray(diameters, dtype=np.float64)
    if steps < 1:
        return np.asarray((e[:-1, None] <= d) & (d < e[1:, None]), dtype=np.float64)
    # estimate below y if the estimated D is above D d / y
    below = special.gammaincc(steps, steps * d[None, :] / np.maximum(e[:, None], 1e-9))
    return np.diff(below, axis=0)


def spread(steps: int) -> float:
    """sd of the logarithm of a diameter from so many steps."""
    return float(np.sqrt(special.polygamma(1, steps)))
