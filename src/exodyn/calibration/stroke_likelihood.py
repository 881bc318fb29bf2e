"""What untreated cohorts say of the stroke model's parameters, each cohort with its own differences.

Counts are multinomial or binomial, deaths by intervals of time, so that no patient counts twice; medians
are normal with their sampling error. Cohorts differ by more than severity and age: each has an offset of
recovery (log odds of the share regained, and against the groups that hardly recover), of the hazard of
death (log) and of how disability is rated, with a spread between cohorts that is estimated as well and that
a new cohort draws from. Without it the posterior would be as narrow as if the next trial were run by the
same doctors.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exodyn.calibration.stroke_course import Offsets, Slopes, cases_of, courses
from exodyn.calibration.stroke_statistics import Cohort, Statistic, of_cohort, statistic
from exodyn.evidence import ParameterRecord, Target, targets
from exodyn.indications.stroke import parameters
from exodyn.inference import Free, Posterior, Prior

Floats = NDArray[np.float64]

SHARES = ("shock_share", "worst_share", "slow_share", "fast_share")
POSITIVE = (
    "mrs_age",
    "reserve_sd",
    "k_shock",
    "mrs_person_sd",
    "early_hazard",
    "late_hazard",
    "early_slope",
    "late_slope",
    "deficit_center",
)
REAL = ("reserve_shift", "poor_logit", "poor_slope")
CUTS = tuple(f"mrs_cut_{k}" for k in range(1, 6))
FITTED = (*SHARES, *POSITIVE, *REAL, *CUTS)
"""The parameters of the model that untreated patients tell of. What they do not tell is left as it is: the
points that are no part of the injury (`residue_mean`) trade against the recovery of the one mild cohort.
"""

BETWEEN = {"recovery_between": 0.5, "hazard_between": 0.5, "rating_between": 0.3}
"""Spread between cohorts of each offset: scale of its half-normal prior. Assumed."""
OFFSETS = {
    "recovery": ("toast", "treasure", "winters"),
    "hazard": ("lees", "treasure", "ninds"),
    "rating": ("lees", "treasure", "rangaraju"),
}
"""Cohorts whose figures can tell an offset apart; the others' is zero. Where only mRS is printed, a cohort
that recovers better looks like one that is rated more kindly: it is then called rating.
"""
RANGE = 1.645
"""A stated range is taken as the middle 90% of a normal prior on the parameter's scale."""
LARGEST_RATIO = 30.0
"""Between the ends of a range that begins at none, on a logarithmic scale."""
LEAST = 1e-9


@dataclass(frozen=True)
class Datum:
    """Figures of one cohort that share patients.

    statistic: predicted from the cohort's course. log_likelihood: of that, with its derivative.
    """

    cohort: str
    name: str
    statistic: Callable[[Cohort], Statistic]
    log_likelihood: Callable[[Floats], tuple[float, Floats]]


def posterior(left_out: Sequence[str] = ()) -> Posterior:
    """The posterior of the fitted parameters given the calibration cohorts, without those left out."""
    data = [one for one in fitted_data() if one.cohort not in left_out]
    names = tuple(dict.fromkeys(one.cohort for one in data))
    free = free_parameters(names)
    fixed = {name: one.value for name, one in parameters("human").items() if name not in FITTED}
    cases = cases_of(names)

    def likelihood(values: Floats) -> tuple[float, Floats]:
        own = dict(zip((one.name for one in free), values, strict=True))
        predicted = courses(cases, fixed | model_values(own), offsets_of(own, names))
        slopes = Slopes.zeros(len(cases.nihss))
        total = 0.0
        for one in data:
            found = one.statistic(of_cohort(predicted, one.cohort))
            value, slope = one.log_likelihood(found.value)
            found.pull(slope, slopes)
            total += value
        by_values = _chained(own, names, *predicted.pull(slopes))
        between, by_between = _between(own)
        return total + between, by_values + by_between

    return Posterior(free, likelihood)


def model_values(own: Mapping[str, float]) -> dict[str, float]:
    """Parameters of the model from what is estimated: cut points are their first and the steps up."""
    found = {name: own[name] for name in (*SHARES, *POSITIVE, *REAL, CUTS[0])}
    for k in range(2, len(CUTS) + 1):
        found[f"mrs_cut_{k}"] = found[f"mrs_cut_{k - 1}"] + own[f"mrs_step_{k}"]
    return found


def offsets_of(own: Mapping[str, float], cohorts: Sequence[str]) -> Offsets:
    """The offsets of the cohorts; none for what a cohort does not tell."""
    return Offsets(*(np.array([own.get(f"{o}_{c}", 0.0) for c in cohorts]) for o in OFFSETS))


def _between(own: Mapping[str, float]) -> tuple[float, Floats]:
    """Log density of the offsets given their spread, and its derivatives in the order of `own`."""
    total = 0.0
    slopes = dict.fromkeys(own, 0.0)
    for offset, cohorts in OFFSETS.items():
        sd = own[f"{offset}_between"]
        for name in (f"{offset}_{cohort}" for cohort in cohorts):
            if name in own:
                z = own[name] / sd
                total -= 0.5 * z**2 + math.log(sd)
                slopes[name] = -z / sd
                slopes[f"{offset}_between"] += (z**2 - 1) / sd
    return total, np.array(list(slopes.values()))


def _chained(
    own: Mapping[str, float], cohorts: Sequence[str], by_value: dict[str, float], by_offset: Offsets
) -> Floats:
    """Derivatives by what is estimated, from those by the model's parameters and the offsets."""
    by_cut = [by_value.pop(name, 0.0) for name in CUTS]
    found = {name: by_value.get(name, 0.0) for name in own} | {CUTS[0]: sum(by_cut)}
    found |= {f"mrs_step_{k}": sum(by_cut[k - 1 :]) for k in range(2, len(CUTS) + 1)}
    for name, slope in zip(OFFSETS, (by_offset.recovery, by_offset.hazard, by_offset.rating), strict=True):
        found |= {f"{name}_{c}": float(s) for c, s in zip(cohorts, slope, strict=True)}
    return np.array([found[name] for name in own])


def free_parameters(cohorts: Sequence[str]) -> tuple[Free, ...]:
    """What is estimated: parameters of the model, steps between cut points, spreads, offsets of cohorts."""
    known = parameters("human")
    steps = [known["mrs_cut_1"].value, *np.diff([known[name].value for name in CUTS])]
    found = [_free(known[name], "logit") for name in SHARES]
    found += [_free(known[name], "log") for name in POSITIVE]
    found += [_free(known[name], "lin") for name in REAL]
    found.append(Free("mrs_cut_1", -10, 10, "lin", steps[0], Prior("normal", steps[0], 2.0)))
    found += [
        Free(f"mrs_step_{k}", 1e-3, 10, "log", step, Prior("normal", math.log(step), 1.0, of_scaled=True))
        for k, step in enumerate(steps[1:], 2)
    ]
    found += [
        Free(name, 1e-3, 3, "log", scale / 2, Prior("normal", math.log(0.6 * scale), 0.8, of_scaled=True))
        for name, scale in BETWEEN.items()
    ]
    found += [
        Free(f"{offset}_{cohort}", -3, 3, "lin", 0.0)
        for offset, told in OFFSETS.items()
        for cohort in told
        if cohort in cohorts
    ]
    return tuple(found)


def fitted_data() -> list[Datum]:
    """The figures fitted to, gathered so that no patient counts twice in one of them."""
    wanted = [one for one in targets("stroke") if one.use == "fit"]
    found = []
    for (cohort, day), classes in _grouped(wanted, "rankin").items():
        found.append(_rankin(cohort, day, classes))
    for (cohort, _), deaths in _grouped(wanted, "death", by_day=False).items():
        found.append(_interval_deaths(cohort, deaths))
    found += [_single(one) for one in wanted if one.statistic not in ("rankin", "death")]
    return found


def _free(one: ParameterRecord, scale: str) -> Free:
    """A parameter whose stated range is the middle 90% of its prior."""
    assert one.low is not None and one.high is not None
    bounds = {"logit": (1e-4, 1 - 1e-4), "log": (1e-6, 1e3)}.get(
        scale, (0.0 if one.low >= 0 else -50.0, 50.0)
    )
    plain = Free(one.symbol, *bounds, scale)
    least = max(one.low, one.high / LARGEST_RATIO) if scale == "log" else max(one.low, bounds[0])
    low, high = plain.scaled(least), plain.scaled(min(one.high, bounds[1]))
    prior = Prior("normal", (low + high) / 2, (high - low) / 2 / RANGE, of_scaled=True)
    start = min(max(one.value, bounds[0]), bounds[1])
    return Free(one.symbol, *bounds, scale, start, prior, one.unit, one.meaning)


def _grouped(
    wanted: Sequence[Target], kind: str, by_day: bool = True
) -> dict[tuple[str, float], list[Target]]:
    found: dict[tuple[str, float], list[Target]] = {}
    for one in wanted:
        if one.statistic == kind:
            found.setdefault((one.cohort, (one.day or 0.0) if by_day else 0.0), []).append(one)
    return found


def _counts(counts: Floats) -> Callable[[Floats], tuple[float, Floats]]:
    """The multinomial log likelihood of counts, without its constant."""

    def log_likelihood(shares: Floats) -> tuple[float, Floats]:
        safe = np.maximum(shares, LEAST)
        return float(counts @ np.log(safe)), counts / safe

    return log_likelihood


def _rankin(cohort: str, day: float, classes: Sequence[Target]) -> Datum:
    counts = np.zeros(7)
    for one in classes:
        counts[int(one.at or 0)] = one.value / 100 * one.n
    return Datum(cohort, f"{cohort} mRS at {day:g} d", lambda c: c.rankin(day), _counts(counts))


def _interval_deaths(cohort: str, deaths: Sequence[Target]) -> Datum:
    """Deaths between one day and the next, and the survivors of the last."""
    ordered = sorted(deaths, key=lambda one: one.day or 0.0)
    shares = np.array([0.0, *(one.value / 100 for one in ordered), 1.0])
    counts = np.maximum(np.diff(shares), 0.0) * ordered[0].n

    def intervals(c: Cohort) -> Statistic:
        dead = [c.deaths(one.day or 0.0) for one in ordered]
        value = np.diff([0.0, *(float(one.value) for one in dead), 1.0])

        def pull(slope: Floats, slopes: Slopes) -> None:
            for k, one in enumerate(dead):
                one.pull(slope[k] - slope[k + 1], slopes)

        return Statistic(value, pull)

    return Datum(cohort, f"{cohort} deaths", intervals, _counts(counts))


def _single(one: Target) -> Datum:
    def normal(share: Floats) -> tuple[float, Floats]:
        z = (100 * share - one.value) / one.se
        return float(-0.5 * z**2), np.asarray(-100 * z / one.se)

    def binomial(share: Floats) -> tuple[float, Floats]:
        hits, safe = one.value / 100 * one.n, np.clip(share, LEAST, 1 - LEAST)
        value = hits * np.log(safe) + (one.n - hits) * np.log1p(-safe)
        return float(value), np.asarray(hits / safe - (one.n - hits) / (1 - safe))

    chosen = normal if one.statistic == "median_fall" else binomial
    return Datum(one.cohort, one.name, lambda c: statistic(one, c), chosen)
