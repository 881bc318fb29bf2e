"""Readings of single subjects: normal, lognormal, and the pharmacometric combined error; censored ones too.

A reading is an interval: low = high for a value read exactly, -inf to the limit of quantification below it
(left-censored), the limit to inf above it, any other pair for what is known to lie between. A censored
reading counts with its probability (Beal 2001, doi:10.1023/A:1012299115260, method M3).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_ndtr

from exodyn.errors import InputError
from exodyn.inference.likelihoods.density import Density, Floats, made

HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)


def normal(low: ArrayLike, high: ArrayLike, mean: ArrayLike, sd: ArrayLike) -> Density:
    """Readings from a normal distribution; derivatives by `mean` and `sd`.

    Raises InputError for an interval that is empty.
    """
    low, high, mean, sd = _arrays(low, high, mean, sd)
    a, b = (low - mean) / sd, (high - mean) / sd
    exact = low == high
    with np.errstate(all="ignore"):
        at = -0.5 * a * a - np.log(sd) - HALF_LOG_2PI
        if exact.all():
            return made(np.where(sd > 0, at, -np.inf), mean=a / sd, sd=(a * a - 1) / sd)
        inside = _log_between(a, b)
        # phi(a) / P and phi(b) / P, which stay finite where P underflows
        low_share, high_share = (np.exp(-0.5 * z * z - HALF_LOG_2PI - inside) for z in (a, b))
        by_mean = np.where(exact, a / sd, (low_share - high_share) / sd)
        a_share, b_share = (
            np.where(np.isfinite(z), z * share, 0.0) for z, share in ((a, low_share), (b, high_share))
        )
        by_sd = np.where(exact, (a * a - 1) / sd, (a_share - b_share) / sd)
    return made(np.where(sd > 0, np.where(exact, at, inside), -np.inf), mean=by_mean, sd=by_sd)


def lognormal(low: ArrayLike, high: ArrayLike, median: ArrayLike, sd_log: ArrayLike) -> Density:
    """Readings whose logarithm is normal about that of `median`; derivatives by `median` and `sd_log`."""
    low, high, median, sd_log = _arrays(low, high, median, sd_log)
    if np.any((low == high) & (low <= 0)):
        raise InputError("lognormal: a reading of 0 or less; below a limit of quantification it is censored")
    with np.errstate(all="ignore"):
        found = normal(np.log(np.maximum(low, 0)), np.log(np.maximum(high, 0)), np.log(median), sd_log)
        log = found.log - np.where(low == high, np.log(low), 0.0)
        return made(log, median=found.by["mean"] / median, sd_log=found.by["sd"])


def combined(
    low: ArrayLike, high: ArrayLike, mean: ArrayLike, proportional: ArrayLike, additive: ArrayLike
) -> Density:
    """Normal readings of sd sqrt(additive^2 + (proportional mean)^2); derivatives by all three."""
    low, high, mean, proportional = _arrays(low, high, mean, proportional)
    added = np.broadcast_to(np.asarray(additive, dtype=np.float64), mean.shape)
    sd = np.hypot(added, proportional * mean)
    found = normal(low, high, mean, sd)
    with np.errstate(all="ignore"):
        by_sd = found.by["sd"] / sd
        return made(
            found.log,
            mean=found.by["mean"] + by_sd * proportional**2 * mean,
            proportional=by_sd * proportional * mean**2,
            additive=by_sd * added,
        )


def _arrays(*given: ArrayLike) -> list[Floats]:
    low, high, *rest = np.broadcast_arrays(*(np.asarray(each, dtype=np.float64) for each in given))
    if not np.all(low <= high):
        where = np.flatnonzero(~(low <= high))[0]
        raise InputError(f"reading {where + 1}: {low.flat[where]:g} to {high.flat[where]:g} is no interval")
    return [low, high, *rest]


def _log_between(a: Floats, b: Floats) -> Floats:
    """log(Phi(b) - Phi(a)), from the tail in which it loses no digits."""
    flip = a > 0
    near, far = np.where(flip, -a, b), np.where(flip, -b, a)
    top, bottom = log_ndtr(near), log_ndtr(far)
    return np.asarray(top + np.log1p(-np.exp(bottom - top)))
