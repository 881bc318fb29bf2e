"""Control charts: constants, Shewhart limits, EWMA and CUSUM (Montgomery, Statistical Quality Control).

Constants come from the distribution of range and sd of n normal values, by integration, not from a table.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from exodyn.errors import InputError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Limits:
    """Lower limit, centre and upper limit; arrays where the limits widen with time."""

    lower: Floats
    centre: float
    upper: Floats


@cache
def d2(n: int) -> float:
    """Mean range of n standard normal values: the integral of 1 - Phi^n - (1 - Phi)^n."""
    x, weights = quadrature(-10.0, 10.0, 400)
    below = special.ndtr(x)
    return float(weights @ (1 - below**n - (1 - below) ** n))


@cache
def d3(n: int) -> float:
    """Sd of the range: E[R²] = 2 ∫ r (1 - F(r)) dr, F(r) = n ∫ phi(x) (Phi(x + r) - Phi(x))^(n-1) dx."""
    r, over_r = quadrature(0.0, 16.0, 300)
    x, over_x = quadrature(-10.0, 10.0, 400)
    density = np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    inside = (special.ndtr(x[None, :] + r[:, None]) - special.ndtr(x)[None, :]) ** (n - 1)
    distribution = n * (inside @ (over_x * density))
    return math.sqrt(2 * float((over_r * r) @ (1 - distribution)) - d2(n) ** 2)


def c4(n: int) -> float:
    """Mean sd of n standard normal values."""
    return math.sqrt(2 / (n - 1)) * math.exp(special.gammaln(n / 2) - special.gammaln((n - 1) / 2))


def constants(n: int) -> dict[str, float]:
    """All constants of samples of n by their usual names. Raises InputError for n below 2."""
    if n < 2:
        raise InputError(f"control chart: samples of {n}; expected 2 values or more")
    mean_range, sd_range, mean_sd = d2(n), d3(n), c4(n)
    sd_sd = math.sqrt(1 - mean_sd**2)
    root = math.sqrt(n)
    return {
        "d2": mean_range,
        "d3": sd_range,
        "c4": mean_sd,
        "c5": sd_sd,
        "A": 3 / root,
        "A2": 3 / (mean_range * root),
        "A3": 3 / (mean_sd * root),
        "B3": max(0.0, 1 - 3 * sd_sd / mean_sd),
        "B4": 1 + 3 * sd_sd / mean_sd,
        "B5": max(0.0, mean_sd - 3 * sd_sd),
        "B6": mean_sd + 3 * sd_sd,
        "D1": max(0.0, mean_range - 3 * sd_range),
        "D2": mean_range + 3 * sd_range,
        "D3": max(0.0, 1 - 3 * sd_range / mean_range),
        "D4": 1 + 3 * sd_range / mean_range,
        "E2": 3 / mean_range,
        "E3": 3 / mean_sd,
    }


def individuals(values: ArrayLike) -> tuple[Limits, Limits]:
    """Chart of single values (sd from the moving range of 2) and of the moving range."""
    x = np.asarray(values, dtype=np.float64)
    if len(x) < 2:
        raise InputError(f"control chart: {len(x)} values; expected 2 or more")
    moving = float(np.abs(np.diff(x)).mean())
    of_two = constants(2)
    centre = float(x.mean())
    width = of_two["E2"] * moving
    return (
        Limits(np.array(centre - width), centre, np.array(centre + width)),
        Limits(np.array(of_two["D3"] * moving), moving, np.array(of_two["D4"] * moving)),
    )


def means_and_ranges(samples: ArrayLike) -> tuple[Limits, Limits]:
    """Charts of mean and range; samples: [samples, n]."""
    x = np.asarray(samples, dtype=np.float64)
    of_n = constants(x.shape[1])
    centre, spread = float(x.mean()), float(np.ptp(x, axis=1).mean())
    width = of_n["A2"] * spread
    return (
        Limits(np.array(centre - width), centre, np.array(centre + width)),
        Limits(np.array(of_n["D3"] * spread), spread, np.array(of_n["D4"] * spread)),
    )


def means_and_sds(samples: ArrayLike) -> tuple[Limits, Limits]:
    """Charts of mean and sd; samples: [samples, n]."""
    x = np.asarray(samples, dtype=np.float64)
    of_n = constants(x.shape[1])
    centre, spread = float(x.mean()), float(x.std(axis=1, ddof=1).mean())
    width = of_n["A3"] * spread
    return (
        Limits(np.array(centre - width), centre, np.array(centre + width)),
        Limits(np.array(of_n["B3"] * spread), spread, np.array(of_n["B4"] * spread)),
    )


def ewma(values: ArrayLike, target: float, weight: float) -> Floats:
    """Exponentially weighted moving average, float64[n], from the target on (NIST 6.3.2.4)."""
    found, last = [], target
    for value in np.asarray(values, dtype=np.float64):
        last = weight * float(value) + (1 - weight) * last
        found.append(last)
    return np.array(found)


def ewma_limits(
    target: float, sd: float, weight: float, width: float = 3.0, time: ArrayLike | None = None
) -> Limits:
    """Limits target -+ width sd; at rest, or at `time` values since the start, where they are narrower."""
    if not 0 < weight <= 1:
        raise InputError(f"EWMA: weight {weight}; expected above 0, up to 1")
    factor = np.asarray(weight / (2 - weight))
    if time is not None:
        factor = factor * (1 - (1 - weight) ** (2 * np.asarray(time, dtype=np.float64)))
    half = width * sd * np.sqrt(factor)
    return Limits(np.asarray(target - half), target, np.asarray(target + half))


def cusum(values: ArrayLike, target: float, sd: float, allowance: float = 0.5) -> tuple[Floats, Floats]:
    """Tabular CUSUM in sd: upper and lower sums, float64[n] each; a signal is a sum above 4 or 5."""
    z = (np.asarray(values, dtype=np.float64) - target) / sd
    upper, lower = np.zeros(len(z)), np.zeros(len(z))
    for i, value in enumerate(z):
        upper[i] = max(0.0, (upper[i - 1] if i else 0.0) + value - allowance)
        lower[i] = max(0.0, (lower[i - 1] if i else 0.0) - value - allowance)
    return upper, lower


def quadrature(low: float, high: float, points: int) -> tuple[Floats, Floats]:
    """Nodes and weights [points] of Gauss-Legendre quadrature between two ends, in panels of twenty nodes."""
    nodes, weights = np.polynomial.legendre.leggauss(20)
    ends = np.linspace(low, high, points // 20 + 1)
    half = np.diff(ends)[:, None] / 2
    return (ends[:-1, None] + half * (nodes + 1)).ravel(), (half * weights).ravel()
