"""Dilution: a count that is right falls as the sample is thinned, no faster and no slower."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from exodyn.errors import InputError


@dataclass(frozen=True)
class Linearity:
    """Slope of log count in the cell on log concentration (1 is right), its interval of 90%, and a verdict.

    factor: counts times dilution at the highest concentration over the lowest's. Below 1, particles hide
    each other (coincidence, swarm) or the instrument is full; above 1, background counts in thin samples.
    """

    slope: float
    interval: tuple[float, float]
    factor: float
    linear: bool
    reason: str


def linearity(dilution: ArrayLike, counted: ArrayLike, margin: float = 0.1) -> Linearity:
    """counted: particles/mL in the cell at each dilution; linear if the slope's interval lies in 1 -+ margin.

    Raises InputError below three values or two dilutions.
    """
    x, y = np.asarray(dilution, dtype=np.float64), np.asarray(counted, dtype=np.float64)
    if len(x) != len(y) or len(x) < 3 or len(np.unique(x)) < 2 or np.any(x < 1) or np.any(y <= 0):
        raise InputError("linearity: expected three counts above 0 or more, at two dilutions of 1 or more")
    found = stats.linregress(-np.log(x), np.log(y))
    half = float(stats.t.ppf(0.95, len(x) - 2)) * float(found.stderr)
    low, high = float(found.slope) - half, float(found.slope) + half
    thick, thin = y[x == x.min()].mean() * x.min(), y[x == x.max()].mean() * x.max()
    if 1 - margin <= low and high <= 1 + margin:
        linear, reason = True, "counts follow the dilution"
    elif high < 1:
        linear, reason = False, "counts rise less than the concentration: particles hide each other"
    elif low > 1:
        linear, reason = (
            False,
            "counts rise more than the concentration: some are lost on thinning, or swarms count",
        )
    else:
        linear, reason = False, "cannot say: too few dilutions or too varied"
    return Linearity(float(found.slope), (low, high), float(thick / thin), linear, reason)
