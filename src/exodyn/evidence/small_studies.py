"""Do small studies show other effects than large ones? Three looks at the funnel of a meta-analysis.

Egger and others 1997 with Sterne and Egger 2005 (regression on precision), Begg and Mazumdar 1994 (rank
correlation), Duval and Tweedie 2000 (trim and fill).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from exodyn.errors import InputError
from exodyn.evidence.meta import Array, Method, Pooled, checked, pool

MOST_ROUNDS = 100


@dataclass(frozen=True)
class SmallStudyEffects:
    """Whether small studies show other effects than large ones; limit: the effect at a predictor of zero."""

    slope: float
    statistic: float
    df: float
    p: float
    limit: float


def egger(
    effects: ArrayLike,
    variances: ArrayLike,
    *,
    predictor: ArrayLike | None = None,
    model: Literal["weighted", "random"] = "weighted",
) -> SmallStudyEffects:
    """Egger's regression of effects on their standard errors, or on another predictor of their precision.

    model: "weighted", the classical test with multiplicative dispersion (t), or "random", the meta-regression
    by REML with additive heterogeneity (z). Raises InputError as `pool`.
    """
    y, v, _ = checked(effects, variances, None)
    z = np.sqrt(v) if predictor is None else np.asarray(predictor, dtype=float)
    if model == "weighted":
        found = pool(y, v, z, method="EE", hartung_knapp=True)  # the dispersion is Hartung and Knapp's factor
    else:
        found = pool(y, v, z, method="REML", hartung_knapp=False)
    return SmallStudyEffects(
        slope=float(found.estimate[1]),
        statistic=float(found.statistic[1]),
        df=found.df,
        p=float(found.p[1]),
        limit=float(found.estimate[0]),
    )


def rank_correlation(effects: ArrayLike, variances: ArrayLike) -> tuple[float, float]:
    """Kendall's tau of standardised deviations from the common effect with the variances, and its p-value."""
    from scipy.stats import kendalltau

    y, v, _ = checked(effects, variances, None)
    common = float(np.sum(y / v) / np.sum(1 / v))
    found = kendalltau((y - common) / np.sqrt(v - 1 / np.sum(1 / v)), v)
    return float(found.statistic), float(found.pvalue)


@dataclass(frozen=True)
class Filled:
    """What trim and fill makes of a funnel.

    missing: the number of studies that it believes not to be there, on `side`; se: its standard error; p: of
    none missing there, by R0 (else NaN). pooled: all studies with the images of those without counterpart.

    A look at how much a result hangs on one kind of selection, not a better estimate.
    """

    missing: int
    se: float
    side: Literal["left", "right"]
    p: float
    pooled: Pooled


def trim_and_fill(
    effects: ArrayLike,
    variances: ArrayLike,
    *,
    method: Method = "REML",
    hartung_knapp: bool = False,
    estimator: Literal["L0", "R0"] = "L0",
    side: Literal["left", "right"] | None = None,
) -> Filled:
    """Studies that a symmetric funnel lacks, and the pooled effect with them.

    side: where they are looked for; without it opposite to the slope of effects on standard errors. The
    others as in `pool`. Raises InputError as `pool`, or where the rounds do not come to an end.
    """
    y, v, _ = checked(effects, variances, None)
    if side is None:
        side = "right" if pool(y, v, np.sqrt(v), method=method).estimate[1] < 0 else "left"
    sign = -1.0 if side == "right" else 1.0
    order = np.argsort(sign * y, kind="stable")
    mirrored, size = (sign * y)[order], v[order]
    k, missing, before, center, se = len(y), 0, -1, 0.0, math.nan
    for _ in range(MOST_ROUNDS):
        if missing == before:
            break
        before, kept = missing, k - missing
        center = float(pool(mirrored[:kept], size[:kept], method=method).estimate[0])
        missing, se = _lacking(mirrored - center, estimator)
    else:
        raise InputError(f"trim and fill found no end within {MOST_ROUNDS} rounds")
    filled = sign * (2 * center - mirrored[k - missing :]) if missing else np.empty(0)
    pooled = pool(
        np.append(y, filled), np.append(v, size[k - missing :] if missing else []),
        method=method, hartung_knapp=hartung_knapp,
    )  # fmt: skip
    p = math.nan
    if estimator == "R0":  # runs of the largest ranks on one side are geometric
        p = 1 - sum(0.5 ** (m + 2) for m in range(-1, missing))
    return Filled(missing, se, side, p, pooled)


def _lacking(deviations: Array, estimator: str) -> tuple[int, float]:
    """How many are missing on the left, from the ranks of absolute deviations, and the standard error."""
    k = len(deviations)
    ranks = np.empty(k)
    ranks[np.argsort(np.abs(deviations), kind="stable")] = np.arange(1, k + 1)
    if estimator == "R0":
        left = ranks[deviations < 0]
        found = k - (left.max() if left.size else 0.0) - 1
        return max(0, round(found)), math.sqrt(2 * max(0.0, found) + 2)
    sum_right = float(np.sum(ranks[deviations > 0]))
    found = (4 * sum_right - k * (k + 1)) / (2 * k - 1)
    cubic = 10 * found**3 + 27 * found**2 + 17 * found - 18 * k * found**2 - 18 * k * found + 6 * k**2 * found
    variance = (k * (k + 1) * (2 * k + 1) + cubic) / 24
    return max(0, round(found)), 4 * math.sqrt(max(variance, 0.0)) / (2 * k - 1)
