"""Dose-response meta-analysis: trends over doses within studies, pooled between them.

A study that prints relative risks of several doses against one reference prints correlated numbers: all share
the reference's cases. Their covariance is rebuilt from the counts (Greenland and Longnecker 1992,
doi:10.1093/oxfordjournals.aje.a116237), the trend of each study is fitted by generalised least squares
(Orsini and others 2006, Stata Journal 6:40), and the trends are pooled with what varies between studies,
several coefficients at once (Gasparrini and others 2012, doi:10.1002/sim.5471).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exodyn.errors import InputError

Array = NDArray[np.float64]
Design = Literal["case-control", "incidence", "rate"]
MOST_STEPS = 100


@dataclass(frozen=True)
class Trend:
    """A study's coefficients, float64[coefficients], with their covariance."""

    estimate: Array
    covariance: Array


@dataclass(frozen=True)
class PooledTrend:
    """Pooled coefficients. between: their covariance between studies, float64[coefficients, coefficients].

    q, q_df: Cochran's test that nothing varies between studies; i2: the share that does, in percent.
    """

    estimate: Array
    covariance: Array
    between: Array
    q: float
    q_df: int
    i2: float

    @property
    def se(self) -> Array:
        """Standard errors, float64[coefficients]."""
        return np.sqrt(np.diag(self.covariance))


def effective_counts(log_ratios: ArrayLike, cases: ArrayLike, totals: ArrayLike, design: Design) -> Array:
    """Cases in each group that fit the adjusted log ratios, float64[groups], at the printed margins.

    log_ratios: of all groups against the first, so 0 there. totals: subjects, or person-time for "rate".
    With "case-control" and "incidence" the ratio is taken as one of odds, as R's dosresmeta does.
    Raises InputError where no such counts exist.
    """
    ratio, a, n = (np.asarray(each, dtype=np.float64) for each in (log_ratios, cases, totals))
    if ratio.ndim != 1 or not ratio.shape == a.shape == n.shape or len(ratio) < 2 or ratio[0] != 0:
        raise InputError("dose-response: expected a log ratio (0 for the first), cases and a total per group")
    odds = design != "rate"
    if not (np.all(np.isfinite(ratio)) and np.all(a > 0) and np.all(n > (a if odds else 0))):
        raise InputError("dose-response: expected cases above 0 and below the total in every group")
    whole, found = float(a.sum()), a[1:].copy()
    for _ in range(MOST_STEPS):
        first = whole - float(found.sum())
        inner = n[1:] - found if odds else n[1:]
        outer = n[0] - first if odds else n[0]
        if first <= 0 or np.any(found <= 0) or np.any(inner <= 0) or outer <= 0:
            break
        miss = ratio[1:] + np.log(first) + np.log(inner) - np.log(found) - np.log(outer)
        slope = np.diag(1 / found + (1 / inner if odds else 0.0)) + 1 / first + (1 / outer if odds else 0.0)
        step = np.linalg.solve(slope, miss)
        while np.any(found + step <= 0) or float((found + step).sum()) >= whole:
            step = step / 2  # Newton's steps stay where counts are positive
        found = found + step
        if float(np.abs(step).max()) < 1e-10 * whole:
            return np.append(whole - found.sum(), found)
    raise InputError("dose-response: no counts fit these ratios at the printed cases and totals")


def ratio_covariance(
    log_ratios: ArrayLike, variances: ArrayLike, cases: ArrayLike, totals: ArrayLike, design: Design
) -> Array:
    """Covariance of the log ratios of all groups but the first, float64[groups - 1, groups - 1].

    variances: of all groups, that of the first (0) is not read. Their correlations follow from the effective
    counts, the variances are as printed.
    """
    n, v = np.asarray(totals, dtype=np.float64), np.asarray(variances, dtype=np.float64)[1:]
    if not np.all(v > 0):
        raise InputError("dose-response: expected a variance above 0 for every group but the first")
    a = effective_counts(log_ratios, cases, totals, design)
    own = {"case-control": 1 / a + 1 / (n - a), "incidence": 1 / a - 1 / n, "rate": 1 / a}[design]
    whole = own[0] + own[1:]
    correlation = own[0] / np.sqrt(np.outer(whole, whole))
    np.fill_diagonal(correlation, 1.0)
    return np.asarray(correlation * np.sqrt(np.outer(v, v)))


def spline(doses: ArrayLike, knots: Sequence[float]) -> Array:
    """A restricted cubic spline, float64[doses, knots - 1]: the dose, then curves, linear beyond the ends.

    Scaled by the square of the distance of the outer knots (Harrell 2001), so that all columns are doses.
    """
    x, t = np.asarray(doses, dtype=np.float64), np.asarray(knots, dtype=np.float64)
    if len(t) < 3 or not np.all(np.diff(t) > 0):
        raise InputError(f"spline: knots {list(knots)}, expected three or more, rising")

    def beyond(knot: float) -> Array:
        return np.asarray(np.maximum(x - knot, 0.0) ** 3)

    last, before = t[-1], t[-2]
    curves = [
        (
            beyond(k)
            - beyond(before) * (last - k) / (last - before)
            + beyond(last) * (before - k) / (last - before)
        )
        / (last - t[0]) ** 2
        for k in t[:-2]
    ]
    return np.column_stack([x, *curves])


def trend(log_ratios: ArrayLike, covariance: ArrayLike, design: ArrayLike) -> Trend:
    """The trend of one study by generalised least squares.

    log_ratios: float64[groups], 0 first; covariance: of all but the first; design: float64[groups] doses, or
    float64[groups, coefficients] such as from `spline`. There is no intercept: at the first group the
    ratio is 1. Raises InputError for fewer groups than coefficients.
    """
    y = np.asarray(log_ratios, dtype=np.float64)
    x = np.asarray(design, dtype=np.float64).reshape(len(y), -1)
    x = (x - x[0])[1:]
    if np.linalg.matrix_rank(x) < x.shape[1]:
        raise InputError(f"dose-response: {len(x)} doses cannot tell {x.shape[1]} coefficients apart")
    weights = np.linalg.inv(np.asarray(covariance, dtype=np.float64))
    own = np.linalg.inv(x.T @ weights @ x)
    return Trend(own @ (x.T @ weights @ y[1:]), own)


def pool_trends(trends: Sequence[Trend]) -> PooledTrend:
    """Trends of several studies pooled, with an unstructured covariance between studies by REML.

    Raises InputError for fewer than two studies, or different numbers of coefficients.
    """
    from scipy.optimize import minimize

    if len(trends) < 2 or len({len(t.estimate) for t in trends}) > 1:
        raise InputError("dose-response: expected two or more studies with the same coefficients")
    y = np.array([t.estimate for t in trends])
    size = np.sqrt(np.mean([np.diag(t.covariance) for t in trends], axis=0))
    y, own = y / size, np.array([t.covariance / np.outer(size, size) for t in trends])
    lower = np.tril_indices(y.shape[1])

    def between(x: Array) -> Array:
        root = np.zeros((y.shape[1], y.shape[1]))
        root[lower] = x
        return np.asarray(root @ root.T)

    def loss(x: Array) -> float:
        weights: Array = np.asarray(np.linalg.inv(own + between(x)), dtype=np.float64)
        information = weights.sum(axis=0)
        _, q = _mean(y, weights)
        logs = np.linalg.slogdet(information)[1] - np.linalg.slogdet(weights)[1].sum()
        return float(0.5 * (logs + q))

    found = min(
        (minimize(loss, scale * np.eye(y.shape[1])[lower], method="BFGS", options={"gtol": 1e-9})
         for scale in (0.1, 1.0)),
        key=lambda one: float(one.fun),
    )  # fmt: skip
    psi = between(found.x)
    weights: Array = np.asarray(np.linalg.inv(own + psi), dtype=np.float64)
    estimate, _ = _mean(y, weights)
    _, q = _mean(y, np.asarray(np.linalg.inv(own), dtype=np.float64))
    df = (len(y) - 1) * y.shape[1]
    units = np.outer(size, size)
    return PooledTrend(
        estimate * size,
        np.linalg.inv(weights.sum(axis=0)) * units,
        psi * units,
        q,
        df,
        100 * max(0.0, (q - df) / q) if q > 0 else 0.0,
    )


def _mean(y: Array, weights: Array) -> tuple[Array, float]:
    """The weighted mean of coefficients, and the weighted sum of squares about it."""
    middle = np.linalg.solve(weights.sum(axis=0), np.einsum("sij,sj->i", weights, y))
    return middle, float(np.einsum("si,sij,sj->", y - middle, weights, y - middle))
