"""Counted patients: a proportion of n, or a table over the classes of an ordinal scale such as the mRS."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln, xlog1py, xlogy

from exodyn.errors import InputError
from exodyn.inference.likelihoods.density import Density, made


def binomial(events: ArrayLike, n: ArrayLike, share: ArrayLike) -> Density:
    """The probability of `events` of n, by `share`."""
    k, n, p = np.broadcast_arrays(*(np.asarray(each, dtype=np.float64) for each in (events, n, share)))
    if np.any((k < 0) | (k > n)):
        raise InputError("binomial: expected 0 <= events <= n")
    with np.errstate(all="ignore"):
        ways = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
        log = np.where((p >= 0) & (p <= 1), ways + xlogy(k, p) + xlog1py(n - k, -p), -np.inf)
        slope = np.where(k > 0, k / p, 0.0) - np.where(k < n, (n - k) / (1 - p), 0.0)
    return made(log, share=slope)


def multinomial(counts: ArrayLike, shares: ArrayLike) -> Density:
    """The probability of a table of counts, float64[..., classes]; by `shares`, float64[..., classes].

    The derivative is by each share on its own, as if the others stayed: chain it through a model whose shares
    add up to one.
    """
    k, p = np.broadcast_arrays(np.asarray(counts, dtype=np.float64), np.asarray(shares, dtype=np.float64))
    if np.any(k < 0):
        raise InputError("multinomial: a count below 0")
    with np.errstate(all="ignore"):
        log = gammaln(k.sum(axis=-1) + 1) + np.sum(xlogy(k, p) - gammaln(k + 1), axis=-1)
        slope = np.where(k > 0, k / p, 0.0)
    return made(log, shares=slope)
