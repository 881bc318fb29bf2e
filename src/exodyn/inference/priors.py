"""Priors: what is known of a parameter before the data, as a density with its derivative.

A prior is of the parameter's own value, or, with ``of_scaled``, of the scaled one that a fit works on. The
two differ by the Jacobian of the scale, which `exodyn.inference.parameters` adds where it belongs.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from exodyn.errors import InputError, nearest

Slope = tuple[float, float]
"""A log density and its derivative."""

OUTSIDE: Slope = (-math.inf, 0.0)


@dataclass(frozen=True)
class Prior:
    """A distribution by name and two numbers.

    kind, a and b:
        normal      mean, standard deviation
        laplace     mean, scale (standard deviation / sqrt 2)
        uniform     lower, upper end
        lognormal   mean and standard deviation of the logarithm
        loglaplace  mean and scale of the logarithm
        halfnormal  where it begins, and the scale: the upper half of a normal distribution
        loguniform  lower, upper end, above 0: flat in the logarithm
        cauchy      median, scale (half the distance of the quartiles)
        gamma       shape, scale; exponential with shape 1, chi-squared with n/2 and 2
        rayleigh    where it begins, and the scale: the length of two normal errors

    of_scaled: of the parameter on the scale of the fit ("log10" ...), not of its value.
    source: record ids, or the words that say where it comes from.
    """

    kind: str
    a: float
    b: float
    of_scaled: bool = False
    source: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError(f"no prior '{self.kind}'{nearest(self.kind, KINDS)}")
        if not (math.isfinite(self.a) and math.isfinite(self.b)):
            raise InputError(f"{self.kind} prior ({self.a}, {self.b}): expected finite numbers")
        if self.kind in ("uniform", "loguniform"):
            if not self.a < self.b:
                raise InputError(f"{self.kind} prior: lower end {self.a} is not below the upper end {self.b}")
        elif not self.b > 0:
            raise InputError(f"{self.kind} prior: spread {self.b}, expected more than 0")
        if self.kind in ("loguniform", "gamma") and not self.a > 0:
            raise InputError(f"{self.kind} prior: {self.a}, expected more than 0")

    def log_density(self, value: float) -> float:
        """The logarithm of the density at a value; -inf where it is zero."""
        return self.slope(value)[0]

    def slope(self, value: float) -> Slope:
        """The logarithm of the density and its derivative."""
        return KINDS[self.kind](value, self.a, self.b)

    def cdf(self, value: float) -> float:
        """The probability below a value."""
        return float(self._scipy().cdf(value))

    def quantile(self, probability: float) -> float:
        """The value below which this probability lies."""
        return float(self._scipy().ppf(probability))

    def _scipy(self) -> Any:
        from scipy import stats

        a, b = self.a, self.b
        if self.kind == "normal":
            return stats.norm(a, b)
        if self.kind == "halfnormal":
            return stats.halfnorm(a, b)
        if self.kind == "laplace":
            return stats.laplace(a, b)
        if self.kind == "uniform":
            return stats.uniform(a, b - a)
        if self.kind == "lognormal":
            return stats.lognorm(b, scale=math.exp(a))
        if self.kind == "loguniform":
            return stats.loguniform(a, b)
        if self.kind == "cauchy":
            return stats.cauchy(a, b)
        if self.kind == "gamma":
            return stats.gamma(a, scale=b)
        if self.kind == "rayleigh":
            return stats.rayleigh(a, b)
        return stats.loglaplace(1 / b, scale=math.exp(a))


def _normal(v: float, mean: float, sd: float) -> Slope:
    z = (v - mean) / sd
    return -0.5 * z * z - math.log(sd) - 0.5 * math.log(2 * math.pi), -z / sd


def _halfnormal(v: float, begin: float, scale: float) -> Slope:
    density, slope = _normal(v, begin, scale)
    return (density + math.log(2.0), slope) if v >= begin else OUTSIDE


def _laplace(v: float, mean: float, scale: float) -> Slope:
    return -abs(v - mean) / scale - math.log(2 * scale), -math.copysign(1 / scale, v - mean)


def _uniform(v: float, low: float, high: float) -> Slope:
    return (-math.log(high - low), 0.0) if low <= v <= high else OUTSIDE


def _loguniform(v: float, low: float, high: float) -> Slope:
    return (-math.log(v) - math.log(math.log(high / low)), -1 / v) if low <= v <= high else OUTSIDE


def _cauchy(v: float, median: float, scale: float) -> Slope:
    z = (v - median) / scale
    return -math.log1p(z * z) - math.log(math.pi * scale), -2 * z / (1 + z * z) / scale


def _gamma(v: float, shape: float, scale: float) -> Slope:
    if not v > 0:
        return OUTSIDE
    density = (shape - 1) * math.log(v) - v / scale - math.lgamma(shape) - shape * math.log(scale)
    return density, (shape - 1) / v - 1 / scale


def _rayleigh(v: float, begin: float, scale: float) -> Slope:
    z = (v - begin) / scale
    return (math.log(z / scale) - 0.5 * z * z, 1 / (v - begin) - z / scale) if z > 0 else OUTSIDE


def _of_log(density: Callable[[float, float, float], Slope]) -> Callable[[float, float, float], Slope]:
    def of_log(v: float, a: float, b: float) -> Slope:
        if not v > 0:
            return OUTSIDE
        at, slope = density(math.log(v), a, b)
        return at - math.log(v), (slope - 1) / v

    return of_log


KINDS: dict[str, Callable[[float, float, float], Slope]] = {
    "normal": _normal,
    "halfnormal": _halfnormal,
    "laplace": _laplace,
    "uniform": _uniform,
    "lognormal": _of_log(_normal),
    "loglaplace": _of_log(_laplace),
    "loguniform": _loguniform,
    "cauchy": _cauchy,
    "gamma": _gamma,
    "rayleigh": _rayleigh,
}
