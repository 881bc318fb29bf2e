"""Outliers: Grubbs' and Dixon's tests of one and Rosner's of several (NIST/SEMATECH 1.3.5.17).

A value is never dropped for its size alone: a test names it, a reason from the bench removes it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special, stats

from exodyn.errors import InputError
from exodyn.product.statistics.charts import quadrature


@dataclass(frozen=True)
class Suspect:
    """A test's statistic, its critical value, and which value it is about, counted from zero."""

    statistic: float
    critical: float
    index: int

    @property
    def outlier(self) -> bool:
        """Whether the statistic exceeds its critical value."""
        return self.statistic > self.critical


def grubbs(values: ArrayLike, alpha: float = 0.05, side: str = "both") -> Suspect:
    """Distance from the mean in sd; side: "upper" or "lower" (level alpha / n), "both" (alpha / 2n)."""
    x = np.asarray(values, dtype=np.float64)
    if len(x) < 3 or not x.std() > 0:
        raise InputError(f"Grubbs' test: {len(x)} values; expected 3 or more that are not all equal")
    distance = {"upper": x - x.mean(), "lower": x.mean() - x, "both": np.abs(x - x.mean())}[side]
    index = int(np.argmax(distance))
    level = alpha / (len(x) if side != "both" else 2 * len(x))
    return Suspect(float(distance[index] / x.std(ddof=1)), grubbs_critical(len(x), level), index)


def grubbs_critical(n: int, level: float) -> float:
    """Critical distance in sd; level: alpha already divided by n or 2 n."""
    t = float(stats.t.isf(level, n - 2))
    return (n - 1) / math.sqrt(n) * math.sqrt(t * t / (n - 2 + t * t))


def dixon(values: ArrayLike, alpha: float = 0.05) -> Suspect:
    """The gap of the value farthest out over a range, each end at `alpha`; 3 to 30 values (Dixon 1953)."""
    x = np.asarray(values, dtype=np.float64)
    if not 3 <= len(x) <= 30 or not np.ptp(x) > 0:
        raise InputError(f"Dixon's test: {len(x)} values; expected 3 to 30 that are not all equal")
    gap, inner = _dixon_ratio(len(x))
    order = np.argsort(x)

    def ratio(y: NDArray[np.float64]) -> float:
        width = y[-1] - y[inner - 1]
        return float((y[-1] - y[-1 - gap]) / width) if width > 0 else 0.0

    above, below = ratio(x[order]), ratio(-x[order[::-1]])
    index = int(order[-1] if above >= below else order[0])
    return Suspect(max(above, below), dixon_critical(len(x), alpha), index)


@cache
def dixon_critical(n: int, alpha: float) -> float:
    """The ratio that normal values exceed at one end with chance `alpha`, by integration (McBane 2006)."""
    gap, inner = _dixon_ratio(n)
    x, over_x = quadrature(-8.0, 8.0, 120)
    v, over_v = quadrature(0.0, 16.0, 120)
    top, width = x[:, None], v[None, :]
    fixed = special.ndtr(top - width) ** (inner - 1) * np.exp(-(top**2 + (top - width) ** 2) / 2) * width
    middle = n - gap - inner - 1
    ways = math.factorial(n) / math.prod(map(math.factorial, (inner - 1, middle, gap - 1)))

    def density(r: float) -> float:
        next_below = top - r * width
        between = (special.ndtr(next_below) - special.ndtr(top - width)) ** middle
        above = (special.ndtr(top) - special.ndtr(next_below)) ** (gap - 1)
        inside = fixed * np.exp(-(next_below**2) / 2) * between * above
        return float(np.einsum("i,ij,j", over_x, inside, over_v))

    scale = ways / math.sqrt(2 * math.pi) ** 3

    def beyond(r: float) -> float:
        nodes, weights = quadrature(r, 1.0, 40)
        found = [float(w) * density(float(one)) for w, one in zip(weights, nodes, strict=True)]
        return scale * sum(found) - alpha

    return float(optimize.brentq(beyond, 1e-3, 1 - 1e-9, xtol=1e-7))


def _dixon_ratio(n: int) -> tuple[int, int]:
    """How many places the gap spans, and at which value from the other end the range begins."""
    return (1, 1) if n <= 7 else (1, 2) if n <= 10 else (2, 2) if n <= 13 else (2, 3)


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
