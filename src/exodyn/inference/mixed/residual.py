"""Residual error: how a measurement scatters around its prediction, and what a censored one tells.

    additive       y = f + a e                      variance a^2
    proportional   y = f + b f e                    variance b^2 f^2
    combined       additive and proportional        variance a^2 + b^2 f^2
    log            log y = log f + s e              (y above 0)

with e standard normal. A value below a limit counts with the probability of lying there (method M3 of
Beal 2001), within its interval where it has a lower end too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
HALF_LOG_2PI = 0.5 * np.log(2 * np.pi)
LEAST = 1e-300


@dataclass(frozen=True)
class ResidualError:
    """The error of one output. additive, proportional, log: names of its parameters, None where it has none.

    dvid: the text of DVID that stands for this output; empty where the table has only one.
    """

    output: str
    additive: str | None = None
    proportional: str | None = None
    log: str | None = None
    dvid: str = ""

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(p for p in (self.additive, self.proportional, self.log) if p is not None)


@dataclass(frozen=True)
class Scatter:
    """Log density of measurements and its slopes, each f64[replicates, measurements].

    by_prediction: d / d f. information: the curvature expected in f. by_parameter: d / d each parameter.
    """

    log_density: Floats
    by_prediction: Floats
    information: Floats
    by_parameter: dict[str, Floats]


def spread(error: ResidualError, f: Floats, values: dict[str, Floats]) -> Floats:
    """The standard deviation of a measurement around f; of its logarithm for a log error."""
    if error.log is not None:
        return np.broadcast_to(values[error.log], f.shape)
    return np.sqrt(_variance(error, f, values))


def scatter(
    error: ResidualError, f: Floats, y: Floats, censoring: Integers, limit: Floats, values: dict[str, Floats]
) -> Scatter:
    """How measurements y (f64[measurements]) scatter around predictions f (f64[replicates, measurements]).

    values: parameters, f64[replicates, 1]. A density of zero, or none, is -inf with slopes 0.
    """
    with np.errstate(all="ignore"):
        mean, observed, low = f, y, limit
        if error.log is not None:
            # Everything is normal on the logarithm; the density of y itself has 1/y in front.
            mean, observed, low = np.log(np.maximum(f, LEAST)), np.log(y), np.log(limit)
            variance = np.broadcast_to(np.square(values[error.log]), f.shape)
        else:
            variance = _variance(error, f, values)
        sd = np.sqrt(variance)
        z = (observed - mean) / sd
        # log density by mean and by variance, and the information of both
        density = -0.5 * z * z - np.log(sd) - HALF_LOG_2PI
        by_mean, by_variance = z / sd, 0.5 * (z * z - 1) / variance
        of_mean, of_variance = 1 / variance, 0.5 / variance**2
        if error.log is not None:
            density = density - observed
        if np.any(censoring):
            cut = _cut(z, (low - mean) / sd, sd, censoring)
            hidden = censoring != 0
            density, by_mean, by_variance, of_mean = (
                np.where(hidden, c, m)
                for c, m in zip(cut, (density, by_mean, by_variance, of_mean), strict=True)
            )
            of_variance = np.where(hidden, 0.0, of_variance)
        mean_slope, variance_slope = _slopes(error, f, values)
        slope = by_mean * mean_slope + by_variance * variance_slope
        information = of_mean * mean_slope**2 + of_variance * variance_slope**2
        by_parameter = {name: by_variance * by for name, by in _by_parameter(error, f, values).items()}
        good = np.isfinite(density) & np.isfinite(slope) & np.isfinite(information)
        if error.log is not None:
            good &= f > 0
        return Scatter(
            np.where(good, density, -np.inf),
            np.where(good, slope, 0.0),
            np.where(good, information, 0.0),
            {name: np.where(good, by, 0.0) for name, by in by_parameter.items()},
        )


def _variance(error: ResidualError, f: Floats, values: dict[str, Floats]) -> Floats:
    variance = np.zeros(f.shape)
    if error.additive is not None:
        variance = variance + np.square(values[error.additive])
    if error.proportional is not None:
        variance = variance + np.square(values[error.proportional] * f)
    return variance


def _slopes(error: ResidualError, f: Floats, values: dict[str, Floats]) -> tuple[Floats, Floats]:
    """d mean / d f and d variance / d f."""
    if error.log is not None:
        return 1 / f, np.zeros(f.shape)
    if error.proportional is not None:
        return np.ones(f.shape), 2 * f * np.square(values[error.proportional])
    return np.ones(f.shape), np.zeros(f.shape)


def _by_parameter(error: ResidualError, f: Floats, values: dict[str, Floats]) -> dict[str, Floats]:
    """d variance / d parameter."""
    found = {}
    if error.additive is not None:
        found[error.additive] = 2 * values[error.additive] + 0 * f
    if error.proportional is not None:
        found[error.proportional] = 2 * values[error.proportional] * f * f
    if error.log is not None:
        found[error.log] = 2 * values[error.log] + 0 * f
    return found


def _cut(z: Floats, z_low: Floats, sd: Floats, censoring: Integers) -> tuple[Floats, Floats, Floats, Floats]:
    """Log probability of a censored value, its slopes by mean and variance, and its curvature in the mean.

    z: of the limit, z_low: of the other end of the interval (NaN: none). censoring 1: below the limit.
    """
    # Mirrored, "above" is "below".
    side = np.where(censoring < 0, -1.0, 1.0)
    a = side * z
    open_ = ~np.isfinite(z_low)
    b = np.where(open_, -np.inf, side * np.where(open_, 0.0, z_low))
    upper = log_ndtr(a)
    lower = log_ndtr(b)
    probability = np.where(open_, upper, upper + np.log1p(-np.exp(np.minimum(lower - upper, 0.0))))
    # phi(a) / P and phi(b) / P by logarithms, so that they last far out in the tail
    ratio_a = np.exp(-0.5 * a * a - HALF_LOG_2PI - probability)
    ratio_b = np.where(open_, 0.0, np.exp(-0.5 * b * b - HALF_LOG_2PI - probability))
    b0 = np.where(open_, 0.0, b)
    by_a = ratio_a - ratio_b
    by_scale = ratio_a * a - ratio_b * b0
    by_mean = -side * by_a / sd
    by_variance = -0.5 * by_scale / sd**2
    curvature = (by_scale + by_a**2) / sd**2
    return probability, by_mean, by_variance, np.maximum(curvature, 0.0)


def measured(error: ResidualError, f: Floats, values: dict[str, Floats], noise: Floats) -> Floats:
    """Measurements around f with standard normal noise."""
    if error.log is not None:
        return f * np.exp(values[error.log] * noise)
    return f + np.sqrt(_variance(error, f, values)) * noise
