"""Process capability: how well a process that is in control fits between its limits."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import stats

from exodyn.errors import InputError


@dataclass(frozen=True)
class Capability:
    """Indices; None where the limit that they need is missing.

    cp: width of the limits over 6 sd. cpl, cpu: room below and above over 3 sd; cpk: the smaller.
    cpm: cp with the distance from the target in the sd (NIST/SEMATECH 6.1.6). outside: share beyond the
    limits if normal.
    """

    cp: float | None
    cpl: float | None
    cpu: float | None
    cpk: float
    cpm: float | None
    cpkm: float | None
    outside: float


def capability(
    mean: float,
    sd: float,
    lower: float | None = None,
    upper: float | None = None,
    target: float | None = None,
) -> Capability:
    """Indices from mean and sd. The same formulas give Pp and Ppk where the sd is the overall one."""
    if not sd > 0:
        raise InputError(f"capability: sd {sd}; expected above 0")
    if lower is None and upper is None:
        raise InputError("capability: expected a lower limit, an upper one, or both")
    if lower is not None and upper is not None and lower >= upper:
        raise InputError(f"capability: lower limit {lower} is not below the upper one {upper}")
    low = None if lower is None else (mean - lower) / (3 * sd)
    high = None if upper is None else (upper - mean) / (3 * sd)
    both = None if lower is None or upper is None else (upper - lower) / (6 * sd)
    off = None if target is None else math.hypot(sd, mean - target) / sd
    worst = min(one for one in (low, high) if one is not None)
    outside = (stats.norm.cdf(-3 * low) if low is not None else 0.0) + (
        stats.norm.cdf(-3 * high) if high is not None else 0.0
    )
    return Capability(
        both,
        low,
        high,
        worst,
        None if both is None or off is None else both / off,
        None if off is None else worst / off,
        float(outside),
    )


def cp_interval(cp: float, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of Cp, exact for normal values: cp sqrt(chi2 / (n - 1))."""
    tail = (1 - confidence) / 2
    low, high = (float(stats.chi2.ppf(level, n - 1)) / (n - 1) for level in (tail, 1 - tail))
    return cp * math.sqrt(low), cp * math.sqrt(high)


def cpk_interval(cpk: float, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of Cpk by Bissell's approximation (1990)."""
    half = float(stats.norm.ppf((1 + confidence) / 2)) * math.sqrt(1 / (9 * n) + cpk**2 / (2 * (n - 1)))
    return cpk - half, cpk + half
