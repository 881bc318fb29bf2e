"""What the EMSCI registry says of the untreated course of cord injury: means and spreads of motor scores.

Patients differ from visit to visit (whoever was seen), so that each mean also carries an error of who came.
A printed sd has the sampling error of a spread whose tail grows as the mean comes near the floor. Totals of
tetraplegia tell only how arms and legs go together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from exodyn.calibration.spinal_cord_course import PLACES, WEEKS, Place, Value, added, courses
from exodyn.evidence import ParameterRecord, is_validation, records
from exodyn.indications.spinal_cord_injury import (
    ARMS,
    FULL,
    GRADES,
    LEGS,
    NAME,
    PARAPLEGIC_LEGS,
    parameters,
    start_name,
)
from exodyn.inference import Free, Posterior, Prior

Floats = NDArray[np.float64]

LIMBS = (ARMS, LEGS, PARAPLEGIC_LEGS)
BOTH = "both"
REAL = (
    *dict.fromkeys(start_name(g, limb) for g in GRADES for limb in LIMBS),
    *(f"recovery_{g}_{limb}" for g in GRADES for limb in LIMBS),
)
POSITIVE = (
    *(f"start_sd_{g}" for g in GRADES),
    *(f"recovery_sd_{g}" for g in GRADES),
    *(f"pace_{g}" for g in ("a", "b", "c")),
    "cervical_sd",
)
BOUNDED = (*(f"limbs_start_{g}" for g in GRADES), "limbs_recovery")
SHARES = ("lumbar_share_a", "lumbar_share_b")
FITTED = (*REAL, *POSITIVE, *BOUNDED, *SHARES, "cervical_mean")
HELD = ("pace_sd", "start_recovery", "pace_d")
"""What figures cannot tell from pace and recovery of the grades: held at the value of their optimum. With
them free chains do not agree (R-hat 1.15), since slow patients look like patients who do not recover; with
the pace of D free (1.05), since its legs may all recover slowly or most of them soon.
"""
VISIT_SD = 0.5
"""Points by which means differ between visits because others were seen. Assumed; 20 means cannot tell it."""
RANGE = 1.645
"""A stated range is taken as the middle 90% of a normal prior on the parameter's scale."""
LEAST_SD = 0.3
"""Points below which a printed sd says nothing: rounding, and the few who do not stay at the floor."""
SHAPE = 0.05
"""Relative error of a predicted sd by the shape of the distribution, which two numbers cannot give."""
SCALES = {"UEMS": ARMS, "LEMS": LEGS, "ISNCSCI total motor score": BOTH}


@dataclass(frozen=True)
class Series:
    """What was printed of a grade and pair of limbs at the weeks, each float64[weeks]."""

    grade: str
    limb: str
    mean: Floats
    sd: Floats
    n: Floats
    ids: tuple[str, ...]

    @property
    def mean_error(self) -> Floats:
        """Sampling error of the means."""
        return self.sd / np.sqrt(self.n)

    @property
    def sd_error(self) -> Floats:
        """Sampling error of the spreads: a fourth moment of 3 far from the floor, more near it."""
        tail = 1 + (self.sd / np.maximum(self.mean, LEAST_SD)) ** 2
        return np.asarray(np.hypot(self.sd * np.hypot(np.sqrt(tail / (2 * self.n)), SHAPE), LEAST_SD))


@cache
def series() -> tuple[Series, ...]:
    """The figures that the course is fitted to: EMSCI, whose every record is for calibration."""
    found: dict[tuple[str, str], dict[float, tuple[float, float, float, str]]] = {}
    for one in records("natural_history"):
        if one.indication != NAME or is_validation(one) or one.quantity not in SCALES:
            continue
        if not one.fields["severity"].endswith("at baseline") or one.spread_kind != "sd":
            continue
        limb = SCALES[one.quantity]
        if "paraplegia" in one.fields["strain_or_population"]:
            if limb != LEGS:
                continue
            limb = PARAPLEGIC_LEGS
        key = one.fields["severity"][4].lower(), limb
        assert one.time is not None and one.value is not None and one.n is not None
        found.setdefault(key, {})[one.time] = (one.value, one.spread[0], one.n, one.id)
    made = []
    for (grade, limb), each in found.items():
        mean, sd, n, ids = zip(*(each[week] for week in WEEKS), strict=True)
        made.append(Series(grade, limb, np.array(mean), np.array(sd), np.array(n), ids))
    return tuple(made)


def posterior() -> Posterior:
    """The posterior of the fitted parameters."""
    free = free_parameters()
    names = [one.name for one in free]
    known = parameters("human")
    rater = known["isncsci_rater_sd"].value
    held = {name: known[name].value for name in HELD}

    def likelihood(values: Floats) -> tuple[float, Floats]:
        own = held | dict(zip(names, values, strict=True))
        total, slopes = 0.0, dict.fromkeys(names, 0.0)
        found = predicted(own, rater)
        for one in series():
            for value, slope in _compared(one, *found[one.grade, one.limb]):
                total += value
                for name in slope.keys() & slopes.keys():
                    slopes[name] += slope[name]
        return total, np.array([slopes[name] for name in names])

    return Posterior(free, likelihood)


def predicted(own: Mapping[str, float], rater: float) -> dict[tuple[str, str], tuple[Value, Value]]:
    """Mean and sd at the weeks by grade and limbs, with raters' error; both: the total of tetraplegia."""
    made = courses(own)
    first = dict(zip(PLACES, made.moment(1), strict=True))
    second = dict(zip(PLACES, made.moment(2), strict=True))
    crossed = made.crossed()
    found = {}
    for grade in GRADES:
        arms, legs, below = (Place(grade, limb) for limb in LIMBS)
        arms_variance = _variance(first[arms], second[arms], rater)
        legs_variance = _variance(first[legs], second[legs], rater)
        together = _minus(crossed[grade], _times(first[arms], first[legs]))
        total = _plus(_plus(arms_variance, legs_variance), _plus(together, together))
        one, two = first[below], second[below]
        lumbar, share = Place(grade, PARAPLEGIC_LEGS, lumbar=True), f"lumbar_share_{grade}"
        if share in own:
            one = _mixed(own[share], share, one, first[lumbar])
            two = _mixed(own[share], share, two, second[lumbar])
        found[grade, ARMS] = first[arms], _root(arms_variance)
        found[grade, LEGS] = first[legs], _root(legs_variance)
        found[grade, BOTH] = _plus(first[arms], first[legs]), _root(total)
        found[grade, PARAPLEGIC_LEGS] = one, _root(_variance(one, two, rater))
    return found


def _mixed(share: float, name: str, a: Value, b: Value) -> Value:
    """A moment of two kinds of patients, the second with this share."""
    slopes = {each: (1 - share) * a[1][each] + share * b[1][each] for each in a[1]}
    return (1 - share) * a[0] + share * b[0], slopes | {name: b[0] - a[0]}


def _variance(first: Value, second: Value, rater: float) -> Value:
    """Variance of a score with rater error of variance (2 sd)^2 x (1 - x), from its raw moments."""
    noise = (2 * rater / FULL) ** 2
    value = second[0] * (1 - noise) - first[0] ** 2 + noise * FULL * first[0]
    return value, {
        name: second[1][name] * (1 - noise) + (noise * FULL - 2 * first[0]) * first[1][name]
        for name in first[1]
    }


def _plus(a: Value, b: Value) -> Value:
    return a[0] + b[0], added(a[1], b[1])


def _minus(a: Value, b: Value) -> Value:
    return a[0] - b[0], added(a[1], {name: -slope for name, slope in b[1].items()})


def _times(a: Value, b: Value) -> Value:
    return a[0] * b[0], added(
        {name: slope * b[0] for name, slope in a[1].items()},
        {name: slope * a[0] for name, slope in b[1].items()},
    )


def _root(value: Value) -> Value:
    root = np.sqrt(np.maximum(value[0], 1e-6))
    return root, {name: slope / (2 * root) for name, slope in value[1].items()}


def _compared(one: Series, mean: Value, sd: Value) -> list[tuple[float, dict[str, float]]]:
    """Log likelihoods of the printed means and spreads, with derivatives; of totals the spreads alone."""
    found = []
    if one.limb != BOTH:
        found.append(_normal(one.mean, mean, np.hypot(one.mean_error, VISIT_SD)))
    found.append(_normal(one.sd, sd, one.sd_error))
    return found


def _normal(printed: Floats, predicted: Value, error: Floats) -> tuple[float, dict[str, float]]:
    gap = (printed - predicted[0]) / error
    pull = gap / error
    return -0.5 * float(gap @ gap), {name: float(pull @ slope) for name, slope in predicted[1].items()}


def free_parameters() -> tuple[Free, ...]:
    """What is estimated; a parameter's stated range is the middle 90% of its prior."""
    known = parameters("human")
    found = [_free(known[name], "lin", (-math.inf, math.inf)) for name in REAL]
    found += [_free(known[name], "log", (1e-3, 1e4)) for name in POSITIVE]
    found += [_free(known[name], "lin", (-0.98, 0.98)) for name in BOUNDED]
    found.append(_free(known["cervical_mean"], "lin", (1.0, 9.0)))
    found += [_free(known[name], "logit", (1e-4, 1 - 1e-4)) for name in SHARES]
    return tuple(found)


def _free(one: ParameterRecord, scale: str, bounds: tuple[float, float]) -> Free:
    assert one.low is not None and one.high is not None
    plain = Free(one.symbol, *bounds, scale)
    low, high = plain.scaled(one.low), plain.scaled(one.high)
    prior = Prior("normal", (low + high) / 2, (high - low) / 2 / RANGE, of_scaled=True)
    return Free(one.symbol, *bounds, scale, one.value, prior, one.unit, one.meaning)
