"""A parameter on its own scale, and the density of its prior as the format defines it."""

from __future__ import annotations

import math

from exodyn.inference.petab.problem import Parameter
from exodyn.inference.priors import Prior, Slope

LN10 = math.log(10.0)

KINDS = {
    "normal": "normal", "laplace": "laplace", "uniform": "uniform",
    "logNormal": "lognormal", "logLaplace": "loglaplace",
    "logUniform": "loguniform", "cauchy": "cauchy", "gamma": "gamma", "rayleigh": "rayleigh",
    "parameterScaleNormal": "normal", "parameterScaleLaplace": "laplace", "parameterScaleUniform": "uniform",
}  # fmt: skip
"""Priors of the format by their names in `exodyn.inference.priors`."""


def scaled(parameter: Parameter, value: float) -> float:
    """A value on the parameter's own scale."""
    if parameter.scale == "lin":
        return value
    if value <= 0:
        return -math.inf
    return math.log10(value) if parameter.scale == "log10" else math.log(value)


def on_scale(parameter: Parameter, value: float, slope: float) -> float:
    """A derivative by the parameter as one by the scaled parameter."""
    return slope * {"lin": 1.0, "log": value, "log10": LN10 * value}[parameter.scale]


def log_prior(parameter: Parameter, value: float) -> Slope:
    """Log density of the prior in the table, and its derivative by the scaled value.

    Of the value or of the scaled value, whichever the prior is of: without the Jacobian between the two,
    since the format adds the density itself to the objective.
    """
    if parameter.prior is None or not parameter.estimated:
        return 0.0, 0.0
    kind, a, b = parameter.prior
    prior = Prior(KINDS[kind], a, b)
    if parameter.truncated:
        if not parameter.lower <= value <= parameter.upper:
            return -math.inf, 0.0
        within = prior.cdf(parameter.upper) - prior.cdf(parameter.lower)
        density, slope = prior.slope(value)
        return (density - math.log(within), slope) if within > 0 else (-math.inf, 0.0)
    if kind.startswith("parameterScale"):
        return prior.slope(scaled(parameter, value))
    density, slope = prior.slope(value)
    return density, on_scale(parameter, value, slope)
