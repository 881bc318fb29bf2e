"""Non-linear least squares with what an assay needs beside the estimates: errors, residuals, intervals."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

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
    def residual_error(self) -> float:
        """sqrt(rss / df)."""
        return math.sqrt(self.rss / self.df) if self.df > 0 else math.nan


def fit(
    curve: Callable[..., Floats], names: tuple[str, ...], x: Floats, y: Floats, starts: list[list[float]]
) -> Fit:
    """Least squares of curve(x, *parameters) from several starts, the best kept.

    Raises InputError if no start converges.
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
    scale = np.sqrt(np.maximum(np.diag(information), 1e-300))
    covariance = np.linalg.pinv(information / np.outer(scale, scale)) / np.outer(scale, scale)
    return Fit(names, np.asarray(best.x), covariance * (rss / df if df > 0 else math.nan), rss, df)


def more_needed(reduced: Fit, full: Fit) -> tuple[float, float, int, int]:
    """Extra sum of squares: F, p and both degrees of freedom of what the full model adds."""
    extra = reduced.df - full.df
    f = max(0.0, (reduced.rss - full.rss) / extra) / (full.rss / full.df)
    return f, float(stats.f.sf(f, extra, full.df)), extra, full.df
