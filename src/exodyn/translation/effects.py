"""A published effect on the common scale of the bridge, and back.

Human effects are log odds ratios with benefit positive; animal effects are percent improvement. Standardised
mean differences become log odds ratios by pi / sqrt(3) (Hasselblad and Hedges 1995), points become
standardised differences by the spread of the scale, risk ratios and risk differences by the risk at which the
conversion is exact for a small effect.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from exodyn.evidence import Record, benefit_sign, measure_of, scale_spread

LOG_ODDS_PER_SD = math.pi / math.sqrt(3.0)
NORMAL_95 = 1.959963984540054
TRIAL_SE = 3.6
"""Standard error of the log common odds ratio of n patients times sqrt(n): 3.1 to 4.2 in six trials."""

USUAL_RISK = 0.45
"""Of a good outcome on the modified Rankin Scale in a trial's control arm, and of its complement: assumed."""
USUAL_DEATHS = 0.15
"""Share of patients who die in such a trial: assumed."""


class NoEffectError(Exception):
    """Why a row's effect is no number on the common scale, in words."""


@dataclass(frozen=True)
class Scaling:
    """benefit = sign * slope * (log y or y): from a printed effect to the common scale."""

    slope: float
    logarithmic: bool
    sign: int

    def common(self, printed: float) -> float:
        """The effect on the common scale."""
        if self.logarithmic and printed <= 0:
            raise NoEffectError(f"a ratio of {printed:g}, expected more than 0")
        return self.sign * self.slope * (math.log(printed) if self.logarithmic else printed)

    def printed(self, common: float) -> float:
        """The effect as a paper prints it."""
        plain = common / (self.sign * self.slope)
        return math.exp(plain) if self.logarithmic else plain


@dataclass(frozen=True)
class Effect:
    """A row's effect: value and standard error on the common scale, None where the row prints none."""

    scaling: Scaling
    value: float | None
    se: float


def effect_of(row: Record) -> Effect:
    """The effect of a human row as a log odds ratio. Raises NoEffectError with the reason where it has none.

    The standard error comes from the printed interval, else from the number of patients.
    """
    scaling = human_scaling(row)
    value = None if row.value is None else scaling.common(row.value)
    if len(row.spread) == 2:
        low, high = (scaling.common(end) for end in row.spread)
        return Effect(scaling, value, abs(high - low) / (2 * NORMAL_95))
    if row.n:
        return Effect(scaling, value, TRIAL_SE / math.sqrt(row.n))
    raise NoEffectError("neither an interval nor a number of patients")


def human_scaling(row: Record) -> Scaling:
    """How a human row's effect becomes a log odds ratio. Raises NoEffectError for a unit it cannot read."""
    measure = measure_of(row.unit)
    if measure not in _SLOPES:
        raise NoEffectError(
            f"effect unit '{row.unit}' is no contrast of two arms" if row.unit else "no effect unit"
        )
    sign = benefit_sign(row.unit, row.quantity)
    if not sign:
        raise NoEffectError(f"'{row.unit}' does not say which direction is benefit")
    return Scaling(_SLOPES[measure](row), measure in ("odds ratio", "risk ratio"), sign)


def _risk(row: Record) -> float:
    dies = any(word in row.quantity.lower() for word in ("death", "dead", "mortality", "fatality"))
    alone = "disab" not in row.quantity.lower() and "depend" not in row.quantity.lower()
    return USUAL_DEATHS if dies and alone else USUAL_RISK


def _spread(row: Record) -> float:
    found = scale_spread(f"{row.unit} {row.quantity}")
    if found is None:
        raise NoEffectError(f"the spread of patients on the scale of '{row.unit}' is not known")
    return found.sd


_SLOPES: dict[str, Callable[[Record], float]] = {
    "odds ratio": lambda row: 1.0,
    "risk ratio": lambda row: 1 / (1 - _risk(row)),
    "risk difference": lambda row: 0.01 / (_risk(row) * (1 - _risk(row))),
    "smd": lambda row: LOG_ODDS_PER_SD,
    "points": lambda row: LOG_ODDS_PER_SD / _spread(row),
}
