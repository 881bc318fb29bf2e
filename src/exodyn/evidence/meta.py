"""Meta-analysis: effects of several studies pooled, with what varies between the studies.

The model is y_i = x_i b + u_i + e_i: sampling errors e_i of known variance, u_i of variance tau2 between
studies. Effects come in with their variances, on a scale where they are about normal.

Methods: DerSimonian and Laird 1986 (DL), Raudenbush 2009 (ML, REML), Paule and Mandel 1982 (PM), Hartung and
Knapp 2001 and Knapp and Hartung 2003 (intervals), Hardy and Thompson 1996 (profile likelihood), Viechtbauer
2007 (intervals of tau2). Small-study effects: `exodyn.evidence.small_studies`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exodyn.errors import InputError
from exodyn.evidence.record import Record
from exodyn.evidence.words import names

Array = NDArray[np.float64]
Method = Literal["REML", "ML", "DL", "PM", "EE"]


@dataclass(frozen=True)
class Pooled:
    """Coefficients of a meta-analysis (one, the mean effect) or meta-regression (the intercept first).

    estimate, se, low, high, statistic, p: float64[coefficients]; low and high bound the interval of `level`.
    df: degrees of freedom of Student's t, infinite where the normal distribution was used.
    tau2: variance between studies, sd of true effects squared. q, q_df, q_p: Cochran's test that it is zero.
    i2: its share of the whole variance in percent; h2: whole variance over sampling variance.
    weights: float64[studies], in percent of their sum. covariance: float64[coefficients, coefficients].
    """

    method: Method
    level: float
    estimate: Array
    se: Array
    low: Array
    high: Array
    statistic: Array
    p: Array
    df: float
    tau2: float
    q: float
    q_df: int
    q_p: float
    i2: float
    h2: float
    weights: Array
    covariance: Array

    def prediction(self, *moderators: float) -> tuple[float, float]:
        """Bounds for the true effect of a new study with these moderators, at the same level."""
        x = np.array([1.0, *moderators])
        if x.shape != self.estimate.shape:
            raise InputError(f"prediction: {len(moderators)} moderators, expected {len(self.estimate) - 1}")
        middle = float(x @ self.estimate)
        reach = _quantile(self.level, self.df) * math.sqrt(self.tau2 + float(x @ self.covariance @ x))
        return middle - reach, middle + reach


def pool(
    effects: ArrayLike,
    variances: ArrayLike,
    moderators: ArrayLike | None = None,
    *,
    method: Method = "REML",
    hartung_knapp: bool = True,
    level: float = 0.95,
) -> Pooled:
    """Random effects (or, with "EE", one effect that all share), pooled or regressed on moderators.

    effects, variances: float64[studies]. moderators: float64[studies] or float64[studies, moderators], the
    intercept left out. hartung_knapp: Student's t and the spread of the effects as observed, which
    hold their level for few studies; False gives the normal distribution. Raises InputError for too few
    studies, a variance that is not positive, or moderators that do not vary.
    """
    y, v, x = checked(effects, variances, moderators)
    k, columns = x.shape
    tau2 = _tau2(y, v, x, method)
    w = 1 / (v + tau2)
    covariance: Array = np.asarray(np.linalg.inv(x.T @ (w[:, None] * x)), dtype=float)
    estimate = covariance @ (x.T @ (w * y))
    df = math.inf
    if hartung_knapp:
        df = k - columns
        covariance = covariance * (w @ (y - x @ estimate) ** 2 / df)
    se = np.sqrt(np.diag(covariance))
    reach = _quantile(level, df) * se
    q, typical = _q(y, v, x, 0.0), (k - columns) / np.trace(_projection(v, x))
    return Pooled(
        method=method,
        level=level,
        estimate=estimate,
        se=se,
        low=estimate - reach,
        high=estimate + reach,
        statistic=estimate / se,
        p=2 * _tail(np.abs(estimate / se), df),
        df=df,
        tau2=tau2,
        q=q,
        q_df=k - columns,
        q_p=_chi2_tail(q, k - columns),
        i2=float(100 * tau2 / (tau2 + typical)),
        h2=float((tau2 + typical) / typical),
        weights=100 * w / w.sum(),
        covariance=covariance,
    )


def tau2_interval(
    effects: ArrayLike,
    variances: ArrayLike,
    moderators: ArrayLike | None = None,
    *,
    method: Literal["REML", "ML", "Q"] = "REML",
    level: float = 0.95,
) -> tuple[float, float]:
    """Bounds of tau2, by the profile of the (restricted) likelihood or of Cochran's Q."""
    from scipy.stats import chi2

    y, v, x = checked(effects, variances, moderators)
    if method == "Q":
        df = len(y) - x.shape[1]

        def falls_to(quantile: float) -> float:
            end = float(chi2.ppf(quantile, df))
            return _crossing(lambda tau2: _q(y, v, x, tau2) - end, 0.0)

        return falls_to((1 + level) / 2), falls_to((1 - level) / 2)
    best = _tau2(y, v, x, method)
    floor = _likelihood(y, v, x, best, method) - chi2.ppf(level, 1) / 2

    def above(t: float) -> float:
        return _likelihood(y, v, x, t, method) - float(floor)

    from scipy.optimize import brentq

    low = 0.0 if above(0.0) >= 0 else float(brentq(above, 0.0, best, xtol=1e-12))
    return low, _crossing(above, best)


def profile_interval(effects: ArrayLike, variances: ArrayLike, *, level: float = 0.95) -> tuple[float, float]:
    """Bounds of the mean effect by profile likelihood: tau2 is fitted anew for every mean that is tried."""
    from scipy.optimize import brentq
    from scipy.stats import chi2

    y, v, x = checked(effects, variances, None)
    best = pool(y, v, method="ML", hartung_knapp=False)
    none = np.empty((len(y), 0))
    floor = _likelihood(y, v, x, best.tau2, "ML") - chi2.ppf(level, 1) / 2

    def above(mean: float) -> float:
        rest = y - mean
        return _likelihood(rest, v, none, _tau2(rest, v, none, "ML"), "ML") - float(floor)

    middle, reach = float(best.estimate[0]), 2 * float(best.se[0])
    ends = []
    for side in (-1.0, 1.0):
        step = reach
        while above(middle + side * step) > 0:
            step *= 2
        ends.append(float(brentq(above, middle, middle + side * step, xtol=1e-12)))
    return ends[0], ends[1]


def log_ratio(
    events_1: ArrayLike, n_1: ArrayLike, events_2: ArrayLike, n_2: ArrayLike, *, kind: Literal["OR", "RR"]
) -> tuple[Array, Array]:
    """Log odds or risk ratios of group 1 against group 2 and their variances, float64[studies].

    A half is added to the four cells of a study with an empty one.
    """
    a, n, c, m = np.broadcast_arrays(
        *(np.asarray(each, dtype=float) for each in (events_1, n_1, events_2, n_2))
    )
    if np.any((a < 0) | (c < 0) | (a > n) | (c > m)):
        raise InputError("log_ratio: expected 0 <= events <= n in every group")
    half = 0.5 * ((a == 0) | (c == 0) | (a == n) | (c == m))
    a, b, c, d = a + half, n - a + half, c + half, m - c + half
    if kind == "OR":
        return np.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d
    return np.log(a / (a + b) * (c + d) / c), 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)


def standardised_difference(
    mean_1: ArrayLike, sd_1: ArrayLike, n_1: ArrayLike, mean_2: ArrayLike, sd_2: ArrayLike, n_2: ArrayLike
) -> tuple[Array, Array]:
    """Hedges's g of group 1 against group 2 and its variance, float64[studies]."""
    from scipy.special import gammaln

    m1, s1, n1, m2, s2, n2 = (
        np.asarray(each, dtype=float) for each in (mean_1, sd_1, n_1, mean_2, sd_2, n_2)
    )
    df = n1 + n2 - 2
    pooled = np.sqrt(((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / df)
    exact = np.exp(gammaln(df / 2) - gammaln((df - 1) / 2)) / np.sqrt(df / 2)
    g = exact * (m1 - m2) / pooled
    return g, 1 / n1 + 1 / n2 + g**2 / (2 * (n1 + n2))


def effect_of(one: Record) -> tuple[float, float] | None:
    """A record's effect and its variance, from its 95% interval; a ratio as its logarithm.

    None for a record that is no effect with an interval: standardised difference, odds or risk ratio, or a
    difference in points or percent.
    """
    if one.value is None or len(one.spread) != 2 or one.spread_kind != "ci95":
        return None
    unit = names("unit", one.unit)
    if unit in (("odds_ratio",), ("risk_ratio",)):
        if one.spread[0] <= 0:
            return None
        low, value, high = (math.log(each) for each in (one.spread[0], one.value, one.spread[1]))
    elif unit in (("SMD",), ("points",), ("percent",)):
        low, value, high = one.spread[0], one.value, one.spread[1]
    else:
        return None
    return value, ((high - low) / (2 * _quantile(0.95, math.inf))) ** 2


def checked(
    effects: ArrayLike, variances: ArrayLike, moderators: ArrayLike | None
) -> tuple[Array, Array, Array]:
    """Effects, variances and design as arrays. Raises InputError as `pool`."""
    y, v = np.asarray(effects, dtype=float), np.asarray(variances, dtype=float)
    if y.ndim != 1 or y.shape != v.shape:
        raise InputError(f"effects {y.shape} and variances {v.shape}, expected one of each for every study")
    x = np.ones((len(y), 1))
    if moderators is not None:
        x = np.column_stack([x, np.asarray(moderators, dtype=float)])
    if not (np.all(np.isfinite(y)) and np.all(np.isfinite(x))):
        raise InputError("an effect or moderator is missing: leave the study out, or say what it is")
    if not np.all((v > 0) & np.isfinite(v)):
        raise InputError("variances of effects, expected positive numbers")
    if len(y) <= x.shape[1]:
        raise InputError(f"{len(y)} studies for {x.shape[1]} coefficients, expected more")
    if np.linalg.matrix_rank(x) < x.shape[1]:
        raise InputError("moderators that do not vary, or that tell each other, cannot be told apart")
    return y, v, x


def _projection(v: Array, x: Array) -> Array:
    """P = W - W X (X' W X)^-1 X' W, which takes out what the coefficients explain."""
    w = np.diag(1 / v)
    wx = w @ x
    projection: Array = w - wx @ np.linalg.solve(x.T @ wx, wx.T)
    return projection


def _q(y: Array, v: Array, x: Array, tau2: float) -> float:
    return float(y @ _projection(v + tau2, x) @ y)


def _tau2(y: Array, v: Array, x: Array, method: str) -> float:
    """The variance between studies; zero where the data ask for less."""
    if method == "EE":
        return 0.0
    if method == "DL":
        excess = _q(y, v, x, 0.0) - (len(y) - x.shape[1])
        moment: float = excess / float(np.trace(_projection(v, x)))
        return max(0.0, moment)

    if method == "PM":  # the tau2 at which Cochran's Q is what it is expected to be
        return _crossing(lambda t: _q(y, v, x, t) - (len(y) - x.shape[1]), 0.0)

    def score(tau2: float) -> float:
        p = _projection(v + tau2, x)
        trace = np.trace(p) if method == "REML" else np.sum(1 / (v + tau2))
        return float(np.sum((p @ y) ** 2) - trace)

    return _crossing(score, 0.0)


def _likelihood(y: Array, v: Array, x: Array, tau2: float, method: str) -> float:
    """The (restricted) log-likelihood without its constant, at its best coefficients."""
    w = 1 / (v + tau2)
    found = -0.5 * (_q(y, v, x, tau2) - np.sum(np.log(w)))
    if method == "REML":
        found -= 0.5 * np.linalg.slogdet(x.T @ (w[:, None] * x))[1]
    return float(found)


def _crossing(falling: Callable[[float], float], start: float) -> float:
    """Where a function first falls below zero from `start` upwards; `start` where it is below already."""
    from scipy.optimize import brentq

    if falling(start) <= 0:
        return start
    high = start + 1e-6 + abs(start)
    while falling(high) > 0:
        high = start + 2 * (high - start)
        if high > 1e12:
            return math.inf
    return float(brentq(falling, start, high, xtol=1e-14, rtol=1e-12))


def _quantile(level: float, df: float) -> float:
    from scipy.stats import norm, t

    return float(norm.ppf((1 + level) / 2)) if math.isinf(df) else float(t.ppf((1 + level) / 2, df))


def _tail(size: Array, df: float) -> Array:
    from scipy.stats import norm, t

    return np.asarray(norm.sf(size) if math.isinf(df) else t.sf(size, df), dtype=float)


def _chi2_tail(q: float, df: int) -> float:
    from scipy.stats import chi2

    return float(chi2.sf(q, df))
