"""Outliers: Grubbs' test of one and Rosner's of several (NIST/SEMATECH 1.3.5.17).

A value is never dropped for its size alone: a test names it, a reason from the bench removes it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from exodyn.errors import InputError


@dataclass(frozen=True)
class Grubbs:
    """Largest distance from the mean in sd, its critical value, and which value it is, counted from zero."""

    statistic: float
    critical: float
    index: int

    @property
    def outlier(self) -> bool:
        return self.statistic > self.critical


def grubbs(values: ArrayLike, alpha: float = 0.05, side: str = "both") -> Grubbs:
    """side: "upper" or "lower" for one end (critical value at alpha / n), "both" (at alpha / 2n)."""
    x = np.asarray(values, dtype=np.float64)
    if len(x) < 3 or not x.std() > 0:
        raise InputError(f"Grubbs' test: {len(x)} values; expected 3 or more that are not all equal")
    distance = {"upper": x - x.mean(), "lower": x.mean() - x, "both": np.abs(x - x.mean())}[side]
    index = int(np.argmax(distance))
    level = alpha / (len(x) if side != "both" else 2 * len(x))
    return Grubbs(float(distance[index] / x.std(ddof=1)), grubbs_critical(len(x), level), index)


def grubbs_critical(n: int, level: float) -> float:
    """Critical distance in sd; level: alpha already divided by n or 2 n."""
    t = float(stats.t.isf(level, n - 2))
    return (n - 1) / math.sqrt(n) * math.sqrt(t * t / (n - 2 + t * t))


def rosner(values: ArrayLike, most: int, alpha: float = 0.05) -> tuple[int, ...]:
    """Generalised ESD: the indices of up to `most` outliers, the farthest first."""
    x = np.asarray(values, dtype=np.float64)
    left = np.arange(len(x))
    named: list[int] = []
    found = 0
    for step in range(1, most + 1):
        if len(left) < 3 or not x[left].std() > 0:
            break
        test = grubbs(x[left], alpha)
        index = int(left[test.index])
        named.append(index)
        if test.outlier:
            found = step
        left = left[left != index]
    return tuple(named[:found])
