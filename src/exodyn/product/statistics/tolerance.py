"""Tolerance intervals: limits that hold a share of all batches, not of those seen, with a stated confidence.

ISO 16269-6; NIST/SEMATECH e-Handbook 7.2.6.3. `content` is the share, `confidence` how sure we are of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import integrate, optimize, stats

from exodyn.errors import InputError

Sides = Literal[1, 2]


@dataclass(frozen=True)
class ToleranceLimits:
    """Mean -+ ``k`` sd; the limit that was not asked for is infinite."""

    lower: float
    upper: float
    k: float
    n: int


def factor(n: int, content: float, confidence: float, sides: Sides = 2) -> float:
    """The exact k of a normal population. Raises InputError outside n >= 2 and 0 < shares < 1."""
    _checked(n, content, confidence)
    return (
        one_sided_factor(n, content, confidence) if sides == 1 else two_sided_factor(n, content, confidence)
    )


def one_sided_factor(n: int, content: float, confidence: float) -> float:
    """Quantile of the non-central t over sqrt(n)."""
    root = math.sqrt(n)
    return float(stats.nct.ppf(confidence, n - 1, stats.norm.ppf(content) * root) / root)


def two_sided_factor(n: int, content: float, confidence: float) -> float:
    """The k for which mean -+ k sd holds the content with the confidence, by integration over the mean.

    Given the mean's error z / sqrt(n), the half width r holding the content is the root of a non-central
    chi-square; sd must then exceed r / k (Odeh and Owen 1980).
    """
    degrees = n - 1

    def confidence_of(k: float) -> float:
        def at(z: float) -> float:
            width = (
                math.sqrt(stats.ncx2.ppf(content, 1, z * z / n)) if z else stats.norm.ppf(0.5 + content / 2)
            )
            return float(2 * stats.norm.pdf(z) * stats.chi2.sf(degrees * (width / k) ** 2, degrees))

        return float(integrate.quad(at, 0, 8, epsabs=1e-10, epsrel=1e-9, limit=200)[0])

    guess = howe_factor(n, content, confidence)
    return float(
        optimize.brentq(lambda k: confidence_of(k) - confidence, 0.6 * guess, 1.5 * guess, xtol=1e-8)
    )


def howe_factor(n: int, content: float, confidence: float) -> float:
    """Howe's approximation of the two-sided k (1969), within 0.4% at n = 10."""
    spread = stats.chi2.ppf(1 - confidence, n - 1)
    return float(stats.norm.ppf((1 + content) / 2) * math.sqrt((n - 1) * (1 + 1 / n) / spread))


def handbook_one_sided_factor(n: int, content: float, confidence: float) -> float:
    """The approximation of the one-sided k in NIST 7.2.6.3 (Natrella 1963); the exact one is smaller."""
    p, c = stats.norm.ppf(content), stats.norm.ppf(confidence)
    a, b = 1 - c * c / (2 * (n - 1)), p * p - c * c / n
    return float((p + math.sqrt(p * p - a * b)) / a)


def limits(
    values: ArrayLike, content: float = 0.95, confidence: float = 0.95, side: str = "both"
) -> ToleranceLimits:
    """Limits from values of a normal population; side: "both", "lower" or "upper"."""
    x = np.asarray(values, dtype=np.float64)
    k = factor(len(x), content, confidence, 2 if side == "both" else 1)
    return around(float(x.mean()), float(x.std(ddof=1)), len(x), k, side)


def around(mean: float, sd: float, n: int, k: float, side: str = "both") -> ToleranceLimits:
    """Limits from a mean, an sd and a factor."""
    low = mean - k * sd if side in ("both", "lower") else -math.inf
    high = mean + k * sd if side in ("both", "upper") else math.inf
    return ToleranceLimits(low, high, k, n)


def smallest_n(content: float, confidence: float, sides: Sides = 2, discarded: int = 0) -> int:
    """How many values of any distribution make their extremes tolerance limits (Wilks 1941).

    discarded: how many more extreme values lie outside the limits (0: the extremes are the limits).
    """
    _checked(2, content, confidence)
    n = sides + discarded
    while nonparametric_confidence(n, content, sides, discarded) < confidence:
        n += 1
    return n


def nonparametric_confidence(n: int, content: float, sides: Sides = 2, discarded: int = 0) -> float:
    """The confidence that the extremes of n values hold the content: a beta distribution's tail."""
    outside = sides + discarded
    if n < outside:
        return 0.0
    return float(stats.beta.sf(content, n - outside + 1, outside))


def _checked(n: int, content: float, confidence: float) -> None:
    if n < 2 or not 0 < content < 1 or not 0 < confidence < 1:
        raise InputError(
            f"tolerance limits: n {n}, content {content}, confidence {confidence}; "
            "expected 2 values or more and shares between 0 and 1"
        )
