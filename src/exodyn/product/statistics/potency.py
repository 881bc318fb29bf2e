"""Relative potency: two dose-response curves that differ by a shift of log dose alone.

A curve is similar to the standard's if the test acts like a dilution of it: f_test(x) = f_standard(rho x).
Similarity comes first: by equivalence of the parameters' ratios (USP <1032>, <1034>), and by the F test of
no difference beside it, which punishes precise assays and passes noisy ones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from exodyn.errors import InputError
from exodyn.product.statistics import dose_response
from exodyn.product.statistics.least_squares import Fit, fit, more_needed

Floats = NDArray[np.float64]
# Ratios of the curves' parameters, test over standard, that count as the same where a laboratory sets none.
BOUNDS = {"slope": (0.8, 1.25), "range": (0.8, 1.25)}


@dataclass(frozen=True)
class RelativePotency:
    """Potency of the test in units of the standard, with its interval, and whether the curves are similar.

    f, p: extra sum of squares of separate curves. ratios: by parameter, with its 90% interval.
    similar: all ratios' intervals lie inside the bounds.
    """

    potency: float
    low: float
    high: float
    confidence: float
    f: float
    p: float
    df: tuple[int, int]
    ratios: dict[str, tuple[float, float, float]]
    similar: bool
    common: Fit
    standard: Fit
    test: Fit


def relative_potency(
    dose: ArrayLike,
    response: ArrayLike,
    is_test: ArrayLike,
    confidence: float = 0.95,
    bounds: dict[str, tuple[float, float]] | None = None,
) -> RelativePotency:
    """Joint fit of four parameters with the log potency; is_test: bool[n], which values are the test's."""
    x, y = dose_response.checked(dose, response)
    test = np.asarray(is_test, dtype=bool)
    if test.all() or not test.any():
        raise InputError("relative potency: expected values of a standard and of a test")
    alone = dose_response.four_parameters(x[~test], y[~test])
    other = dose_response.four_parameters(x[test], y[test])

    def joint(at: Floats, b: float, c: float, d: float, log_e: float, log_rho: float) -> Floats:
        shift = np.where(test, np.exp(np.clip(log_rho, -200, 200)), 1.0)
        return dose_response.curve(at * shift, b, c, d, float(np.exp(np.clip(log_e, -200, 200))))

    start = [alone["b"], alone["c"], alone["d"], math.log(alone["e"])]
    shift = math.log(alone["e"] / other["e"])
    common = fit(joint, ("b", "c", "d", "log_e", "log_rho"), x, y, [[*start, shift], [*start, 0.0]])
    separate = Fit(("both",), np.zeros(0), np.zeros((0, 0)), alone.rss + other.rss, alone.df + other.df)
    f, p, extra, df = more_needed(common, separate)
    low, high = common.interval("log_rho", confidence)
    ratios = {
        "slope": _ratio(other["b"], other.error("b"), alone["b"], alone.error("b"), df),
        "range": _ratio(*_range(other), *_range(alone), df),
    }
    limits = BOUNDS | (bounds or {})
    similar = all(limits[name][0] <= one[1] and one[2] <= limits[name][1] for name, one in ratios.items())
    return RelativePotency(
        math.exp(common["log_rho"]),
        math.exp(low),
        math.exp(high),
        confidence,
        f,
        p,
        (extra, df),
        ratios,
        similar,
        common,
        alone,
        other,
    )


def _range(found: Fit) -> tuple[float, float]:
    """Upper minus lower end, with its error."""
    c, d = found.names.index("c"), found.names.index("d")
    variance = found.covariance[c, c] + found.covariance[d, d] - 2 * found.covariance[c, d]
    return found["d"] - found["c"], math.sqrt(max(0.0, float(variance)))


def _ratio(
    top: float, top_error: float, bottom: float, bottom_error: float, df: int
) -> tuple[float, float, float]:
    """A ratio with its 90% interval by Fieller's theorem; infinite where the bottom may be zero."""
    t = float(stats.t.ppf(0.95, df))
    g = (t * bottom_error / bottom) ** 2
    if g >= 1:
        return top / bottom, -math.inf, math.inf
    ratio = top / bottom
    half = t / abs(bottom) * math.sqrt(top_error**2 * (1 - g) + ratio**2 * bottom_error**2)
    return ratio, (ratio - half) / (1 - g), (ratio + half) / (1 - g)
