"""Parameters that a fit may move: bounds, the scale on which they move, and what is known before the data.

A fit works on scaled parameters x, because a rate that is known to a factor of ten is known evenly on the
logarithm. `Free.value` and `Free.scaled` go from one to the other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exodyn.errors import InputError, nearest
from exodyn.inference.priors import OUTSIDE, Prior, Slope

Floats = NDArray[np.float64]

SCALES = ("lin", "log", "log10", "logit")
LN10 = math.log(10.0)


@dataclass(frozen=True)
class Free:
    """A parameter that is estimated. lower, upper and start are values in `unit`, not scaled ones.

    scale: "lin", "log", "log10", or "logit" (between 0 and 1). Bounds may be infinite, but what has no prior
    needs finite ones: its starts are drawn between them.
    prior: None is flat between the bounds on the scale.
    """

    name: str
    lower: float
    upper: float
    scale: str = "lin"
    start: float | None = None
    prior: Prior | None = None
    unit: str = "1"
    meaning: str = ""

    def __post_init__(self) -> None:
        if self.scale not in SCALES:
            raise InputError(f"parameter '{self.name}': no scale '{self.scale}'{nearest(self.scale, SCALES)}")
        if not self.lower < self.upper:
            raise InputError(
                f"parameter '{self.name}': lower bound {self.lower} is not below the upper, {self.upper}"
            )
        least, greatest = {"lin": (-math.inf, math.inf), "logit": (0.0, 1.0)}.get(self.scale, (0.0, math.inf))
        if self.lower < least or self.upper > greatest:
            raise InputError(
                f"parameter '{self.name}': bounds {self.lower} to {self.upper}, "
                f"on a {self.scale} scale expected {least} to {greatest}"
            )
        if self.start is not None and not self.lower <= self.start <= self.upper:
            raise InputError(
                f"parameter '{self.name}': starts at {self.start}, outside {self.lower} to {self.upper}"
            )

    def value(self, x: float) -> float:
        """The parameter's value from its scaled one."""
        if self.scale == "log":
            return math.exp(min(x, 709.0))
        if self.scale == "log10":
            return float(10.0 ** min(x, 308.0))
        if self.scale == "logit":
            return 1 / (1 + math.exp(-x)) if x > -709 else 0.0
        return x

    def scaled(self, value: float) -> float:
        """The scaled parameter from its value; infinite at an end of the scale."""
        if self.scale == "lin":
            return value
        if self.scale == "logit":
            return (
                float(np.log(value) - np.log1p(-value))
                if 0 < value < 1
                else math.copysign(math.inf, value - 0.5)
            )
        if value <= 0:
            return -math.inf
        return math.log10(value) if self.scale == "log10" else math.log(value)

    def derivative(self, x: float) -> float:
        """d value / d x."""
        value = self.value(x)
        return {"lin": 1.0, "log": value, "log10": LN10 * value, "logit": value * (1 - value)}[self.scale]

    @property
    def bounds(self) -> tuple[float, float]:
        """Lower and upper end of the scaled parameter."""
        return self.scaled(self.lower), self.scaled(self.upper)

    def log_prior(self, x: float) -> Slope:
        """The log density of the scaled parameter before the data, and its derivative by x.

        Not renormalised for what the bounds cut off: a constant, which moves neither optimum nor posterior.
        """
        low, high = self.bounds
        if not low <= x <= high:
            return OUTSIDE
        if self.prior is None:
            return 0.0, 0.0
        if self.prior.of_scaled:
            return self.prior.slope(x)
        value = self.value(x)
        density, slope = self.prior.slope(value)
        # p(x) = p(value) |d value / d x|
        jacobian, its_slope = {
            "lin": (0.0, 0.0),
            "log": (x, 1.0),
            "log10": (LN10 * x + math.log(LN10), LN10),
            "logit": (-math.log1p(math.exp(-abs(x))) * 2 - abs(x), 1 - 2 * value),
        }[self.scale]
        return density + jacobian, slope * self.derivative(x) + its_slope

    def draw(self, probability: float) -> float:
        """The scaled parameter at this probability of its prior between the bounds.

        Raises InputError without a prior where a bound is infinite.
        """
        low, high = self.bounds
        if self.prior is None:
            if not (math.isfinite(low) and math.isfinite(high)):
                raise InputError(
                    f"parameter '{self.name}': no prior and bounds {self.lower} to {self.upper}: "
                    "give finite bounds or a prior"
                )
            return low + (high - low) * probability
        of_scaled = self.prior.of_scaled
        ends = (low, high) if of_scaled else (self.lower, self.upper)
        below, above = (self.prior.cdf(end) for end in ends)
        if not below < above:
            raise InputError(f"parameter '{self.name}': its prior has nothing between its bounds")
        drawn = self.prior.quantile(below + (above - below) * probability)
        return float(np.clip(drawn if of_scaled else self.scaled(drawn), low, high))


def values(free: Sequence[Free], x: Floats) -> Floats:
    """Values of all parameters from scaled ones, float64[parameters]."""
    return np.array([one.value(at) for one, at in zip(free, x, strict=True)])


def derivatives(free: Sequence[Free], x: Floats) -> Floats:
    """d value / d x of all parameters, float64[parameters]."""
    return np.array([one.derivative(at) for one, at in zip(free, x, strict=True)])


def log_prior(free: Sequence[Free], x: Floats) -> tuple[float, Floats]:
    """The joint log density of the scaled parameters before the data, and its gradient."""
    found = [one.log_prior(at) for one, at in zip(free, x, strict=True)]
    return math.fsum(density for density, _ in found), np.array([slope for _, slope in found])
