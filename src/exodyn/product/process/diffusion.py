"""Brownian motion of a sphere: Stokes and Einstein."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

BOLTZMANN = 1.380649e-23  # J/K, exact by definition
WATER_25C = 0.8872e-3  # Pa s, as the Zetasizer files print it


def diffusion_coefficient(
    diameter_nm: ArrayLike, kelvin: float = 298.15, viscosity: float = WATER_25C
) -> NDArray[np.float64]:
    """D = k T / (3 pi eta d) in m2/s; viscosity in Pa s."""
    return np.asarray(
        BOLTZMANN * kelvin / (3 * math.pi * viscosity * np.asarray(diameter_nm, dtype=np.float64) * 1e-9)
    )
