"""Standardised mean differences: Hedges's g by its exact sampling distribution.

With normal readings of one SD in both groups, g / J sqrt(n1 n2 / (n1 + n2)) is noncentral t with n1 + n2 - 2
degrees of freedom and noncentrality delta sqrt(n1 n2 / (n1 + n2)); J takes out the small-sample bias
(Hedges 1981, doi:10.3102/10769986006002107).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln

from exodyn.errors import InputError
from exodyn.inference.likelihoods.density import Density, Floats, made

NODES = np.linspace(-12.0, 12.0, 241)
"""Where the integral is read, in standard deviations about the top of its integrand."""


def standardised(g: ArrayLike, n1: ArrayLike, n2: ArrayLike, predicted: ArrayLike) -> Density:
    """The density of Hedges's g of groups of n1 and n2, by `predicted` = (mean 1 - mean 2) / SD."""
    g, n1, n2, delta = np.broadcast_arrays(
        *(np.asarray(each, dtype=np.float64) for each in (g, n1, n2, predicted))
    )
    df = n1 + n2 - 2
    if np.any((n1 < 1) | (n2 < 1) | (df < 1)):
        raise InputError("standardised difference: expected n of 1 or more in both groups, 3 or more in all")
    root = np.sqrt(n1 * n2 / (n1 + n2))
    stretch = root / correction(df)
    log, slope = noncentral_t(g * stretch, df, delta * root)
    return made(log + np.log(stretch), predicted=slope * root)


def correction(df: ArrayLike) -> Floats:
    """Hedges's J, by which the difference in pooled SDs is multiplied."""
    df = np.asarray(df, dtype=np.float64)
    with np.errstate(all="ignore"):
        exact = np.exp(gammaln(df / 2) - gammaln((df - 1) / 2)) / np.sqrt(df / 2)
    return np.where(df > 1, exact, 1 - 3 / (4 * df - 1))


def noncentral_t(t: Floats, df: Floats, noncentrality: Floats) -> tuple[Floats, Floats]:
    """Log density of noncentral t and its derivative by the noncentrality.

    The density is C exp(-nc^2 / 2) (df + t^2)^(-(df + 1) / 2) integral of y^df exp(-y^2 / 2 + xi y) dy over
    y > 0 with xi = nc t / sqrt(df + t^2) (Johnson, Kotz and Balakrishnan 1995, ch. 31). The integrand has one
    top and falls off as a normal density or faster, so that the trapezoidal rule about it gives all digits.
    """
    steep = t / np.sqrt(df + t * t)
    xi = noncentrality * steep
    top = 0.5 * (xi + np.sqrt(xi * xi + 4 * df))
    width = 1 / np.sqrt(1 + df / top**2)
    y = top[..., None] + width[..., None] * NODES
    with np.errstate(all="ignore"):
        logs = np.where(
            y > 0, df[..., None] * np.log(y / top[..., None]) - 0.5 * y * y + xi[..., None] * y, -np.inf
        )
    highest = logs.max(axis=-1, keepdims=True)
    shares = np.exp(logs - highest)
    sums = shares.sum(axis=-1)
    integral = np.log(sums * width * (NODES[1] - NODES[0])) + highest[..., 0] + df * np.log(top)
    constant = 0.5 * df * np.log(df) - 0.5 * np.log(np.pi) - gammaln(df / 2) - 0.5 * (df - 1) * np.log(2.0)
    log = constant - 0.5 * noncentrality**2 - 0.5 * (df + 1) * np.log(df + t * t) + integral
    mean_y = np.sum(np.where(y > 0, y, 0.0) * shares, axis=-1) / sums
    return log, steep * mean_y - noncentrality
