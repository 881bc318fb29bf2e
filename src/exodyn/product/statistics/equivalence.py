"""Equivalence by two one-sided tests (Schuirmann 1987), and its exact power (Owen 1965).

Batches are equivalent if the 1 - 2 alpha interval of their difference lies inside bounds set beforehand.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike
from scipy import integrate, special, stats

from exodyn.errors import InputError


@dataclass(frozen=True)
class Equivalence:
    """Both one-sided tests of a difference, the test of no difference beside them, and the interval.

    lower: against the lower bound (difference above it); upper: against the upper one.
    """

    difference: float
    standard_error: float
    df: float
    t: float
    p_difference: float
    t_lower: float
    p_lower: float
    t_upper: float
    p_upper: float
    interval: tuple[float, float]
    alpha: float

    @property
    def p(self) -> float:
        """The larger p of the two tests."""
        return max(self.p_lower, self.p_upper)

    @property
    def equivalent(self) -> bool:
        """Whether both tests reject at alpha."""
        return self.p < self.alpha


def two_samples(
    first: ArrayLike,
    second: ArrayLike,
    low: float,
    high: float,
    alpha: float = 0.05,
    equal_variance: bool = False,
) -> Equivalence:
    """first - second of two independent samples; Welch unless the variances are said to be equal."""
    x, y = _values(first), _values(second)
    return two_summaries(
        x.mean(), x.std(ddof=1), len(x), y.mean(), y.std(ddof=1), len(y), low, high, alpha, equal_variance
    )


def two_summaries(
    mean1: float,
    sd1: float,
    n1: int,
    mean2: float,
    sd2: float,
    n2: int,
    low: float,
    high: float,
    alpha: float = 0.05,
    equal_variance: bool = False,
) -> Equivalence:
    """The same from means, sds and counts."""
    first, second = sd1**2 / n1, sd2**2 / n2
    if equal_variance:
        df = float(n1 + n2 - 2)
        error = math.sqrt(((n1 - 1) * sd1**2 + (n2 - 1) * sd2**2) / df * (1 / n1 + 1 / n2))
    else:
        error = math.sqrt(first + second)
        df = (first + second) ** 2 / (first**2 / (n1 - 1) + second**2 / (n2 - 1)) if error else n1 + n2 - 2.0
    return _tests(mean1 - mean2, error, df, low, high, alpha)


def paired(first: ArrayLike, second: ArrayLike, low: float, high: float, alpha: float = 0.05) -> Equivalence:
    """first - second of the same units."""
    x, y = _values(first), _values(second)
    if len(x) != len(y):
        raise InputError(f"paired equivalence: {len(x)} and {len(y)} values; expected as many")
    return one_sample(x - y, low, high, alpha)


def one_sample(values: ArrayLike, low: float, high: float, alpha: float = 0.05) -> Equivalence:
    """A mean against bounds."""
    x = _values(values)
    return one_summary(float(x.mean()), float(x.std(ddof=1)), len(x), low, high, alpha)


def one_summary(mean: float, sd: float, n: int, low: float, high: float, alpha: float = 0.05) -> Equivalence:
    """The same from mean, sd and count."""
    return _tests(mean, sd / math.sqrt(n), n - 1.0, low, high, alpha)


def _tests(difference: float, error: float, df: float, low: float, high: float, alpha: float) -> Equivalence:
    if not low < high:
        raise InputError(f"equivalence: bounds {low}, {high}; expected the lower below the upper")
    if not error > 0:
        raise InputError("equivalence: the values do not vary, so no test can be made")
    difference, error, df = float(difference), float(error), float(df)
    lower, upper, zero = (difference - low) / error, (difference - high) / error, difference / error
    half = float(stats.t.isf(alpha, df)) * error
    return Equivalence(
        difference,
        error,
        df,
        zero,
        float(2 * stats.t.sf(abs(zero), df)),
        lower,
        float(stats.t.sf(lower, df)),
        upper,
        float(stats.t.cdf(upper, df)),
        (difference - half, difference + half),
        alpha,
    )


def _values(values: ArrayLike) -> np.ndarray:
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 1 or len(x) < 2 or not np.all(np.isfinite(x)):
        raise InputError(f"equivalence: {x.size} values; expected 2 or more finite numbers")
    return x


def power(low: float, high: float, difference: float, error: float, df: float, alpha: float = 0.05) -> float:
    """Exact power for a true difference and the standard error that the design gives it (all on one scale).

    The sd is integrated over: the interval lies inside the bounds with Phi(b) - Phi(a) given the sd.
    """
    if not error > 0 or not df > 0:
        raise InputError(f"power: standard error {error}, df {df}; expected above 0")
    t = float(stats.t.isf(alpha, df))
    a, b = (low - difference) / error, (high - difference) / error
    # u = s / sigma; beyond `most` the interval is wider than the bounds.
    most = (b - a) / (2 * t)

    def at(u: float) -> float:
        inside = special.ndtr(b - t * u) - special.ndtr(a + t * u)
        return float(inside * 2 * df * u * stats.chi2.pdf(df * u * u, df))

    middle = min(1.0, most)
    points = [0.0, middle, most] if middle < most else [0.0, most]
    spread = 8 / math.sqrt(2 * df)
    points = sorted({*points, *(p for p in (1 - spread, 1 + spread) if 0 < p < most)})
    total = sum(
        integrate.quad(at, one, two, epsabs=1e-12, epsrel=1e-10, limit=200)[0]
        for one, two in pairwise(points)
    )
    return min(1.0, max(0.0, float(total)))


# By design: factor on the variance of one value, and degrees of freedom, for n units in all.
DESIGNS: dict[str, tuple[Callable[[int], float], Callable[[int], int]]] = {
    "2x2": (lambda n: 2 / n, lambda n: n - 2),
    "parallel": (lambda n: 4 / n, lambda n: n - 2),
    "paired": (lambda n: 2 / n, lambda n: n - 1),
    "2x2x4": (lambda n: 1 / n, lambda n: 3 * n - 4),
    "2x2x3": (lambda n: 1.5 / n, lambda n: 2 * n - 3),
}


def power_of_ratio(
    cv: float,
    n: int,
    ratio: float = 0.95,
    low: float = 0.8,
    high: float = 1.25,
    alpha: float = 0.05,
    design: str = "2x2",
) -> float:
    """Exact power on the log scale; cv as a share (of the within-unit sd for crossovers); n units in all.

    An odd n is split as evenly as can be.
    """
    if design not in DESIGNS:
        raise InputError(f"power: design '{design}'; expected one of {', '.join(DESIGNS)}")
    share, degrees = DESIGNS[design]
    first, second = n // 2, n - n // 2
    unbalanced = (1 / first + 1 / second) * n / 4 if design != "paired" else 1.0
    sd = math.sqrt(math.log1p(cv * cv))
    error = sd * math.sqrt(share(n) * unbalanced)
    return power(math.log(low), math.log(high), math.log(ratio), error, degrees(n), alpha)


def n_for_power(
    wanted: float,
    cv: float,
    ratio: float = 0.95,
    low: float = 0.8,
    high: float = 1.25,
    alpha: float = 0.05,
    design: str = "2x2",
) -> int | None:
    """The smallest n in all (even, or any for pairs) with the power; None above 10,000."""
    step = 1 if design == "paired" else 2
    for n in range(4, 10_001, step):
        if power_of_ratio(cv, n, ratio, low, high, alpha, design) >= wanted:
            return n
    return None
