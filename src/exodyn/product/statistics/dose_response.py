"""Sigmoid dose-response: four and five parameters on log dose (Ritz et al. 2015, PLoS One 10:e0146021).

f(x) = c + (d - c) / (1 + exp(b (log x - log e)))^f; with f = 1, e is the dose of half effect. At dose 0 the
curve is at d for b > 0 and at c for b < 0.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from exodyn.errors import InputError
from exodyn.product.statistics.least_squares import Fit, fit

Floats = NDArray[np.float64]
FOUR = ("b", "c", "d", "e")
FIVE = ("b", "c", "d", "e", "f")


def curve(dose: ArrayLike, b: float, c: float, d: float, e: float, f: float = 1.0) -> Floats:
    """Responses; doses of 0 or more."""
    x = np.asarray(dose, dtype=np.float64)
    with np.errstate(divide="ignore"):
        log_dose = np.log(x)
    steep = b * (log_dose - math.log(e)) if b else np.zeros_like(x)
    # log(1 + exp) without overflow
    return np.asarray(c + (d - c) * np.exp(-f * np.logaddexp(0.0, steep)))


def _on_log(dose: Floats, b: float, c: float, d: float, log_e: float, f: float = 1.0) -> Floats:
    return curve(dose, b, c, d, float(np.exp(np.clip(log_e, -200, 200))), f)


def four_parameters(dose: ArrayLike, response: ArrayLike) -> Fit:
    """Estimates of b, c, d, e with errors as R's drc gives them. Raises InputError for unusable values."""
    x, y = checked(dose, response)
    # The slope's sign only swaps the ends: that one is tried for which d is the response at dose 0.
    starts = [[b, *_ends(x, y, b), log_e] for b in _slopes(x, y) for log_e in _middles(x)]
    return _natural(fit(_on_log, FOUR, x, y, starts, observed=True))


def five_parameters(dose: ArrayLike, response: ArrayLike) -> Fit:
    """The same with the asymmetry f; e is then not the dose of half effect (`effective_dose`)."""
    x, y = checked(dose, response)
    four = four_parameters(x, y)
    start = [four["b"], four["c"], four["d"], math.log(four["e"])]
    return _natural(fit(_on_log, FIVE, x, y, [[*start, f] for f in (1.0, 0.5, 2.0)], observed=True))


def effective_dose(found: Fit, percent: float, absolute: bool = False) -> tuple[float, float]:
    """The dose with so many per cent of the effect, from the end at dose 0, and its standard error.

    absolute: `percent` is a response instead. The delta method on log dose.
    """
    b, c, d, e = (found[name] for name in FOUR)
    f = found["f"] if "f" in found.names else 1.0

    def log_dose(values: Floats) -> float:
        b, c, d, e = values[:4]
        f = values[4] if len(values) > 4 else 1.0
        share = (percent - c) / (d - c) if absolute else (1 - percent / 100 if b > 0 else percent / 100)
        if not 0 < share < 1:
            return math.nan
        return float(math.log(e) + math.log(share ** (-1 / f) - 1) / b)

    middle = log_dose(np.array([b, c, d, e, f][: len(found.names)]))
    steps = 1e-6 * np.maximum(np.abs(found.values), 1e-8)
    slope = np.array(
        [
            (log_dose(found.values + step) - log_dose(found.values - step)) / (2 * step.max())
            for step in np.diag(steps)
        ]
    )
    error = math.sqrt(max(0.0, float(slope @ found.covariance @ slope)))
    return math.exp(middle), math.exp(middle) * error


def effective_dose_interval(found: Fit, percent: float, confidence: float = 0.95) -> tuple[float, float]:
    """Of `effective_dose`, by the delta method and Student's t."""
    middle, error = effective_dose(found, percent)
    half = float(stats.t.ppf((1 + confidence) / 2, found.df)) * error
    return middle - half, middle + half


def checked(dose: ArrayLike, response: ArrayLike) -> tuple[Floats, Floats]:
    """Arrays of equal length, finite, doses not below zero; three doses or more above zero."""
    x, y = np.asarray(dose, dtype=np.float64), np.asarray(response, dtype=np.float64)
    if x.shape != y.shape or not np.all(np.isfinite(x)) or not np.all(np.isfinite(y)) or np.any(x < 0):
        raise InputError("dose-response: expected as many finite responses as doses of 0 or more")
    if len(np.unique(x[x > 0])) < 3:
        raise InputError("dose-response: expected three different doses above 0 or more")
    return x, y


def _middles(x: Floats) -> list[float]:
    return [float(q) for q in np.quantile(np.log(x[x > 0]), (0.25, 0.5, 0.75))]


def _slopes(x: Floats, y: Floats) -> list[float]:
    """Signs to try: d is the response at dose 0 where the curve falls, and the top where it rises."""
    falls = np.corrcoef(np.argsort(np.argsort(x)), y)[0, 1] < 0 or np.any(x == 0)
    return [1.0, 3.0] if falls else [-1.0, -3.0]


def _ends(x: Floats, y: Floats, b: float) -> list[float]:
    order = np.argsort(x)
    few = max(1, len(y) // 8)
    first, last = float(y[order[:few]].mean()), float(y[order[-few:]].mean())
    return [last, first] if b > 0 else [first, last]


def _natural(found: Fit) -> Fit:
    """With e instead of its logarithm."""
    scale = np.eye(len(found.names))
    e = math.exp(found["e"])
    scale[3, 3] = e
    values = found.values.copy()
    values[3] = e
    return Fit(found.names, values, scale @ found.covariance @ scale, found.rss, found.df)
