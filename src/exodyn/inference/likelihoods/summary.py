"""Groups of which a paper prints a summary: mean and SD of n, or a mean with its error."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln

from exodyn.errors import InputError, nearest
from exodyn.inference.likelihoods.density import Density, made, positive

QUARTILE = 0.6744897501960817
SPREADS = ("sd", "sem", "ci95", "iqr", "cv")


def mean_and_sd(
    mean: ArrayLike, sd: ArrayLike, n: ArrayLike, predicted_mean: ArrayLike, predicted_sd: ArrayLike
) -> Density:
    """The joint density of the mean and SD of n normal readings; derivatives by both predictions.

    The two are independent: the mean is normal with variance sd^2 / n, (n - 1) s^2 / sd^2 is chi-squared with
    n - 1 degrees of freedom (Cochran). A mean over n = 1, or an SD of 0, gives no SD: the mean counts alone.
    """
    m, s, n, mu, sigma = np.broadcast_arrays(
        *(np.asarray(each, dtype=np.float64) for each in (mean, sd, n, predicted_mean, predicted_sd))
    )
    if np.any(n < 1):
        raise InputError("mean of n: expected n of 1 or more")
    if np.any(s < 0):
        raise InputError("SD below 0")
    with np.errstate(all="ignore"):
        off = (m - mu) / sigma
        log = -0.5 * n * off**2 - np.log(sigma) + 0.5 * np.log(n / (2 * np.pi))
        df, ratio = n - 1, s / sigma
        # density of s itself: chi-squared of df s^2 / sigma^2, times d / ds
        of_sd = (
            0.5 * df * np.log(df / 2)
            + math.log(2.0)
            - gammaln(np.maximum(df, 0.5) / 2)
            + (df - 1) * np.log(s)
            - df * np.log(sigma)
            - 0.5 * df * ratio**2
        )
        known = (df > 0) & (s > 0)
        by_sd = (n * off**2 - 1) / sigma + np.where(known, df * (ratio**2 - 1) / sigma, 0.0)
        total = np.where(sigma > 0, log + np.where(known, of_sd, 0.0), -np.inf)
        return made(total, predicted_mean=n * off / sigma, predicted_sd=by_sd)


def mean_with_error(mean: ArrayLike, error: ArrayLike, predicted_mean: ArrayLike) -> Density:
    """The density of a mean of known error, where neither SD nor n is printed; by `predicted_mean`."""
    m, mu = np.asarray(mean, dtype=np.float64), np.asarray(predicted_mean, dtype=np.float64)
    e = positive("standard error", error)
    off = (m - mu) / e
    return made(-0.5 * off**2 - np.log(e) - 0.5 * math.log(2 * math.pi), predicted_mean=off / e)


def percent_change(percent: ArrayLike, error: ArrayLike, before: ArrayLike, after: ArrayLike) -> Density:
    """The density of a printed change in percent of known standard error; by `before` and `after`.

    The prediction is 100 (after / before - 1): of the same group over time, or of treated against control.
    """
    b, a = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    with np.errstate(all="ignore"):
        found = mean_with_error(percent, error, 100 * (a / b - 1))
        slope = found.by["predicted_mean"]
        return made(
            np.where(b == 0, -np.inf, found.log), before=-100 * slope * a / b**2, after=100 * slope / b
        )


def sd_of(spread: float, kind: str, n: float | None, mean: float | None = None) -> float:
    """The SD between readings behind a printed spread; a normal distribution where quartiles are printed.

    kind: sd, sem, ci95 (half its width, by Student's t), iqr (its whole width), cv (percent of the mean).
    Raises InputError for another kind, or where n or the mean that it needs is missing.
    """
    if kind not in SPREADS:
        raise InputError(f"no kind of spread '{kind}'{nearest(kind, SPREADS)}")
    if kind == "sd":
        return spread
    if kind == "iqr":
        return spread / (2 * QUARTILE)
    if kind == "cv":
        if mean is None:
            raise InputError("a cv is a share of the mean, which is missing")
        return abs(mean) * spread / 100
    if n is None or n < (2 if kind == "ci95" else 1):
        raise InputError(f"{kind} of n {'unknown' if n is None else f'{n:g}'}: the SD needs n")
    if kind == "sem":
        return spread * math.sqrt(n)
    from scipy.stats import t

    return spread * math.sqrt(n) / float(t.ppf(0.975, n - 1))
