"""A published effect on the common scale of the bridge, and back.

Human effects are log odds ratios with benefit positive; animal effects are percent improvement. Standardised
mean differences become log odds ratios by pi / sqrt(3) (Hasselblad and Hedges 1995), points become
standardised differences by the spread of the scale, risk ratios and risk differences by the risk at which the
conversion is exact for a small effect. What is read on a scale whose spread is not known has the spread that
the row's own interval and number of patients imply; what a row does not say is assumed, and told.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from scipy.special import expit, logit, ndtr, ndtri

from exodyn.evidence import EVENTS, Measure, Record, benefit_sign, measure_of, scale_spread

LOG_ODDS_PER_SD = math.pi / math.sqrt(3.0)
NORMAL_95 = 1.959963984540054
TRIAL_SE = 3.6
"""Standard error of the log common odds ratio of n patients times sqrt(n): 3.1 to 4.2 in six trials; of a
mean difference of two halves it is 2 pi / sqrt(3) = 3.63.
"""

USUAL_RISK = 0.45
"""Of a good outcome on the modified Rankin Scale in a trial's control arm, and of its complement: assumed."""
USUAL_DEATHS = 0.15
"""Share of patients who die in such a trial: assumed."""
USUAL_PATIENTS = 300.0
"""Of a trial that prints neither an interval nor a number: assumed."""
MOST = 700.0  # exponents beyond are beyond any number


class NoEffectError(Exception):
    """Why a row's effect is no number on the common scale, in words."""


@dataclass(frozen=True)
class Shape:
    """How a printed effect becomes one that adds up, and back; inside: printed effects lie between these."""

    to: Callable[[float], float]
    back: Callable[[float], float]
    inside: tuple[float, float] = (-math.inf, math.inf)
    logarithmic: bool = False


LINEAR = Shape(float, float)
LOG = Shape(math.log, lambda x: math.exp(min(x, MOST)), (0.0, math.inf), logarithmic=True)
REDUCTION = Shape(  # percent by which a risk is lower: minus the logarithm of its ratio
    lambda y: -math.log(1 - y / 100), lambda x: 100 * (1 - math.exp(min(-x, MOST))), (-math.inf, 100.0)
)
SUPERIORITY = Shape(  # the chance that one of the treated does better, as a standardised difference
    lambda y: math.sqrt(2) * float(ndtri(y)), lambda x: float(ndtr(x / math.sqrt(2))), (0.0, 1.0)
)


def beside(control: float) -> Shape:
    """Percent of the treated arm, against that of the control arm."""
    if not 0 < control < 100:
        raise NoEffectError(f"a control arm of {control:g}%: no odds ratio to it")
    level = float(logit(control / 100))
    return Shape(
        lambda y: float(logit(y / 100)) - level, lambda x: 100 * float(expit(x + level)), (0.0, 100.0)
    )


@dataclass(frozen=True)
class Scaling:
    """benefit = sign * slope * shape(y): from a printed effect to the common scale."""

    slope: float
    shape: Shape
    sign: int

    def common(self, printed: float) -> float:
        """The effect on the common scale."""
        return self.sign * self.slope * _plain(self.shape, printed)

    def printed(self, common: float) -> float:
        """The effect as a paper prints it."""
        return self.shape.back(common / (self.sign * self.slope))


@dataclass(frozen=True)
class Effect:
    """A row's effect: value and standard error on the common scale, value None where the row prints none.

    assumed: what the row does not say, in words.
    """

    scaling: Scaling
    value: float | None
    se: float
    assumed: tuple[str, ...] = ()


def effect_of(row: Record) -> Effect:
    """The effect of a human row as a log odds ratio. Raises NoEffectError with the reason where it has none.

    The standard error comes from the printed interval, else from the number of patients.
    """
    measure = measure_of(row.unit)
    if not measure.name:
        raise NoEffectError("no effect unit")
    shape = _shape(measure, row)
    slope, why = _slope(measure, shape, row)
    sign = benefit_sign(row.unit, row.quantity, measure.name)
    assumed = [why] if why else []
    if not sign:
        sign = 1
        assumed.append("more is better")
    scaling = Scaling(slope, shape, sign)
    width = _width(shape, row)
    if width is not None:
        se = slope * width
    else:
        se, why = error_without_interval(row, _risk(row) if measure.name in EVENTS else None)
        assumed += [why] if why else []
    return Effect(scaling, None if row.value is None else scaling.common(row.value), se, tuple(assumed))


def error_without_interval(row: Record, risk: float | None = None) -> tuple[float, str]:
    """Standard error on the common scale by the number of patients, and what was assumed.

    risk: of what is counted in two halves of the patients; None of what is read on a scale.
    """
    n, said = (row.n, "") if _has_patients(row) else (USUAL_PATIENTS, f"{USUAL_PATIENTS:g} patients")
    assert n is not None
    by_patient = TRIAL_SE if risk is None else max(TRIAL_SE, 2 / math.sqrt(risk * (1 - risk)))
    return by_patient / math.sqrt(n), said


def _has_patients(row: Record) -> bool:
    return row.n is not None and row.n >= 1


def _plain(shape: Shape, printed: float) -> float:
    low, high = shape.inside
    if not low < printed < high:
        if shape.logarithmic:
            raise NoEffectError(f"a ratio of {printed:g}, expected more than 0")
        raise NoEffectError(f"an effect of {printed:g}, expected one between {low:g} and {high:g}")
    return shape.to(printed)


def _width(shape: Shape, row: Record) -> float | None:
    """Standard error where effects add up, by the printed 95% interval; None where that says nothing."""
    if len(row.spread) != 2:
        return None
    try:
        low, high = (_plain(shape, end) for end in row.spread)
    except NoEffectError:
        return None
    return abs(high - low) / (2 * NORMAL_95) or None


def _risk(row: Record) -> float:
    dies = any(word in row.quantity.lower() for word in ("death", "dead", "mortality", "fatality"))
    alone = "disab" not in row.quantity.lower() and "depend" not in row.quantity.lower()
    return USUAL_DEATHS if dies and alone else USUAL_RISK


_SHAPES: Mapping[str, Shape] = {
    "odds ratio": LOG,
    "risk ratio": LOG,
    "ratio": LOG,
    "relative reduction": REDUCTION,
    "superiority": SUPERIORITY,
}


def _shape(measure: Measure, row: Record) -> Shape:
    if measure.name in ("vote", "one arm", "result"):
        raise NoEffectError(f"effect unit '{row.unit}' is no contrast of two arms")
    return beside(measure.control) if measure.control is not None else _SHAPES.get(measure.name, LINEAR)


def _slope(measure: Measure, shape: Shape, row: Record) -> tuple[float, str]:
    """Log odds ratio of one unit where effects add up, and what was assumed."""
    match measure.name:
        case "odds ratio" | "log odds ratio" | "share beside control":
            return 1.0, ""
        case "risk ratio" | "log risk ratio" | "relative reduction":
            return 1 / (1 - _risk(row)), ""
        case "smd" | "superiority":
            return LOG_ODDS_PER_SD, ""
        case "risk difference" if scale_spread(row.quantity) is None or _is_share(row):
            return 0.01 / (_risk(row) * (1 - _risk(row))), ""
        case "difference":
            known = scale_spread(f"{row.unit} {row.quantity}")
            if known is not None:
                return LOG_ODDS_PER_SD / known.sd, ""
    width = _width(shape, row)
    if width is None or not _has_patients(row):
        raise NoEffectError(
            f"the spread of patients in '{row.unit}' is not known, and no interval with a number says it"
        )
    return error_without_interval(row)[0] / width, "the spread of patients that the interval implies"


def _is_share(row: Record) -> bool:
    """Whether an outcome on a scale counts patients: "mRS 0-2", "responders"."""
    return benefit_sign("", row.quantity, "risk difference") != 0
