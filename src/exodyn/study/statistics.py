"""Statistics of counted steps, exact up to the last rounding.

Sums are taken in whole numbers of steps, so that nothing depends on the order of patients.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Moments:
    """n, mean, standard deviation, Monte Carlo error of the mean (sd / sqrt(n)), in units of the scale."""

    n: int
    mean: float
    sd: float
    error: float

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Student's interval of the mean over virtual patients: what more patients would still move."""
        from scipy.special import stdtrit

        if self.n < 2:
            return math.nan, math.nan
        reach = float(stdtrit(self.n - 1, 0.5 + level / 2)) * self.error
        return self.mean - reach, self.mean + reach


def moments(steps: NDArray[np.int64], patients: NDArray[np.int64], low: float, step: float) -> Moments:
    """Moments of values low + steps * step, each had by so many patients."""
    pairs = list(zip(steps.tolist(), patients.tolist(), strict=True))
    n = sum(count for _, count in pairs)
    if n == 0:
        return Moments(0, math.nan, math.nan, math.nan)
    first = sum(k * count for k, count in pairs)
    second = sum(k * k * count for k, count in pairs)
    mean = low + step * (first / n)
    if n == 1:
        return Moments(1, mean, math.nan, math.nan)
    sd = abs(step) * math.sqrt((n * second - first * first) / (n * (n - 1)))
    return Moments(n, mean, sd, sd / math.sqrt(n))


def quantile(
    steps: NDArray[np.int64], patients: NDArray[np.int64], low: float, step: float, share: float
) -> float:
    """The least value of the scale that at least `share` of the patients do not exceed.

    A value that somebody has, never one between two: an ordinal scale has nothing there. numpy's
    "inverted_cdf" (Hyndman and Fan 1996, type 1), computed from counts with `steps` rising.
    """
    below = np.cumsum(patients)
    if not len(below):
        return math.nan
    target = share * float(below[-1])
    nearest = round(target)
    exactly = math.isclose(target, nearest, rel_tol=1e-12, abs_tol=1e-9)  # 0.05 * 20 is no more than 1
    index = int(np.searchsorted(below, nearest if exactly else target, side="left"))
    return low + step * float(steps[index])
