"""Non-linear least squares with what an assay needs beside the estimates: errors, residuals, intervals."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from exodyn.errors import InputError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """Estimates [p] with their covariance [p, p], residual sum of squares and its degrees of freedom."""

    names: tuple[str, ...]
    values: Floats
    covariance: Floats
    rss: float
    df: int

    def __getitem__(self, name: str) -> float:
        return float(self.values[self.names.index(name)])

    def error(self, name: str) -> float:
        """Standard error."""
        place = self.names.index(name)
        return math.sqrt(max(0.0, float(self.covariance[place, place])))

    def interval(self, name: str, confidence: float = 0.95) -> tuple[float, float]:
        """Wald interval by Student's t."""
        half = float(stats.t.ppf((1 + confidence) / 2, self.df)) * self.error(name)
        return self[name] - half, self[name] + half

    @property
    def log_likelihood(self) -> float:
        """Of normal errors with the maximum-likelihood variance rss / n."""
        n = self.df + len(self.values)
        return -n / 2 * (math.log(2 * math.pi * self.rss / n) + 1)

    @property
    def aic(self) -> float:
        """The error's variance counts as a parameter, as in R."""
        return 2 * (len(self.values) + 1) - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        """The error's variance counts as a parameter, as in R."""
        return (len(self.values) + 1) * math.log(self.df + len(self.values)) - 2 * self.log_likelihood

    @property
    def residual_error(self) -> float:
        """sqrt(rss / df)."""
        return math.sqrt(self.rss / self.df) if self.df > 0 else math.nan


def fit(
    curve: Callable[..., Floats],
    names: tuple[str, ...],
    x: Floats,
    y: Floats,
    starts: list[list[float]],
    observed: bool = False,
) -> Fit:
    """Least squares of curve(x, *parameters) from several starts, the best kept.

    Errors are those of Gauss and Newton (J'J), as R's nls and NIST give them; observed: of the second
    derivatives of the sum of squares, as R's drc gives them. Raises InputError if no start converges.
    """
    if len(y) < len(names):
        raise InputError(f"fit: {len(y)} values for {len(names)} parameters; expected at least as many")

    def off(parameters: Floats) -> Floats:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return np.nan_to_num(curve(x, *parameters) - y, nan=1e12, posinf=1e12, neginf=-1e12)

    best = None
    for start in starts:
        scale = np.maximum(np.abs(start), 1e-3)
        found = optimize.least_squares(
            off,
            start,
            jac="3-point",
            method="lm",
            x_scale=scale,
            xtol=1e-15,
            ftol=1e-15,
            gtol=1e-15,
            max_nfev=20_000,
        )
        if np.all(np.isfinite(found.x)) and (best is None or found.cost < best.cost):
            best = found
    if best is None or best.cost > 1e20:
        raise InputError("fit: no start led to a curve through these values")
    rss, df = float(2 * best.cost), len(y) - len(names)
    jacobian = np.asarray(best.jac)
    information = jacobian.T @ jacobian
    if observed and df > 0:
        information = _observed(lambda at: float((off(at) ** 2).sum()), np.asarray(best.x), information)
    scale = np.sqrt(np.maximum(np.diag(information), 1e-300))
    covariance = np.linalg.pinv(information / np.outer(scale, scale)) / np.outer(scale, scale)
    return Fit(names, np.asarray(best.x), covariance * (rss / df if df > 0 else math.nan), rss, df)


def _observed(rss: Callable[[Floats], float], values: Floats, expected: Floats) -> Floats:
    """Half the second derivatives of the sum of squares, by differences; `expected` where they bend down."""
    # A step over which the sum of squares rises by a share of itself that rounding cannot spoil.
    steps = np.sqrt(1e-6 * rss(values) / np.maximum(np.diag(expected), 1e-300))
    steps = np.clip(steps, 1e-9, 1e-2 * np.maximum(np.abs(values), 1e-6))
    n = len(values)
    second = np.empty((n, n))
    for i, j in combinations_with_replacement(range(n), 2):
        one, other = np.eye(n)[i] * steps[i], np.eye(n)[j] * steps[j]
        corners = [rss(values + a * one + b * other) * a * b for a in (1, -1) for b in (1, -1)]
        second[i, j] = second[j, i] = math.fsum(corners) / (8 * steps[i] * steps[j])
    scale = np.sqrt(np.maximum(np.diag(expected), 1e-300))
    bends_up = np.all(np.isfinite(second)) and np.linalg.eigvalsh(second / np.outer(scale, scale))[0] > 1e-8
    return second if bends_up else expected


def more_needed(reduced: Fit, full: Fit) -> tuple[float, float, int, int]:
    """Extra sum of squares: F, p and both degrees of freedom of what the full model adds."""
    extra = reduced.df - full.df
    f = max(0.0, (reduced.rss - full.rss) / extra) / (full.rss / full.df)
    return f, float(stats.f.sf(f, extra, full.df)), extra, full.df
