"""What untreated cohorts say of the stroke model's parameters, each cohort with its own differences.

Counts are multinomial or binomial, deaths by intervals of time, a median parts half of its patients.
Where a cohort's figures count the same patients several times, each figure has the weight that makes all of
them together count every patient once.

Cohorts differ by more than severity and age: each has an offset of recovery (log odds of the share regained,
and against the groups that hardly recover), of the hazard of death (log) and of how disability is rated, with
a spread between trials that is estimated as well and that a new trial draws from. Without it the posterior
would be as narrow as if the next trial were run by the same doctors. The offset of a pool of trials is the
mean of theirs: it lies nearer to none than one trial's, by the root of their number, so the pool says more of
where the middle is. What was not read of a cohort's severity is estimated too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from exodyn.calibration.stroke_course import Offsets, Slopes, cases_of, courses
from exodyn.calibration.stroke_statistics import Cohort, Statistic, of_cohort, statistic
from exodyn.evidence import ParameterRecord, Target, record, targets
from exodyn.evidence import cohorts as published
from exodyn.indications.stroke import parameters
from exodyn.inference import Free, Posterior, Prior

Floats = NDArray[np.float64]

SHARES = ("shock_share", "worst_share", "slow_share", "fast_share")
POSITIVE = (
    "early_change",
    "mrs_age",
    "reserve_sd",
    "k_shock",
    "mrs_person_sd",
    "early_hazard",
    "late_hazard",
    "early_slope",
    "deficit_center",
)
REAL = ("reserve_shift", "poor_logit", "poor_slope")
CUTS = tuple(f"mrs_cut_{k}" for k in range(1, 6))
FITTED = (*SHARES, *POSITIVE, *REAL, *CUTS)
"""The parameters of the model that untreated patients tell of. What they do not tell is left as it is: points
that are no part of the injury (`residue_mean`) trade against recovery, and how late deaths rise with the
deficit (`late_slope`) against their ceiling, as no paper prints late deaths by severity.
"""

BETWEEN = {"recovery_between": 0.35, "hazard_between": 0.35, "rating_between": 0.2}
"""Spread between trials of each offset: median of its lognormal prior. Assumed; away from none, as no two
trials were ever alike.
"""
BETWEEN_SD = 0.5
"""Standard deviation of the logarithm of such a spread: 90% lie within a factor of 2.3."""
OFFSETS = {
    "recovery": ("toast", "treasure", "winters"),
    "hazard": ("lees_early", "lees_late", "treasure"),
    "rating": ("toast", "lees_early", "lees_late", "treasure", "rangaraju"),
    "severity": ("toast", "lees_early", "lees_late", "winters"),
}
"""Cohorts whose figures can tell an offset apart; the others' is zero. Where only mRS is printed, a cohort
that recovers better looks like one that is rated more kindly: it is then called rating. Of severity, those
whose median was not read.
"""
RANGE = 1.645
"""A stated range is taken as the middle 90% of a normal prior on the parameter's scale."""
LARGEST_RATIO = 30.0
"""Between the ends of a range that begins at none, on a logarithmic scale."""
LEAST = 1e-9
COUNTED_AT = 90.0
"""Days after which the deaths of a cohort of "timing" are counted in another's mRS."""

LogLikelihood = Callable[[Floats], tuple[float, Floats]]


@dataclass(frozen=True)
class Datum:
    """Figures of one cohort that share patients.

    counted: patients in them; patients: in the cohort. statistic: predicted from the cohort's course.
    log_likelihood: of that, with its derivative.
    """

    cohort: str
    name: str
    counted: float
    patients: float
    statistic: Callable[[Cohort], Statistic]
    log_likelihood: LogLikelihood

    def weighted(self, weight: float) -> Datum:
        """The same with a share of its likelihood (on the logarithm)."""

        def log_likelihood(value: Floats) -> tuple[float, Floats]:
            found, slope = self.log_likelihood(value)
            return weight * found, weight * slope

        return replace(self, log_likelihood=log_likelihood)


def posterior(left_out: Sequence[str] = (), spreads: Mapping[str, float] | None = None) -> Posterior:
    """The posterior of the fitted parameters given the calibration cohorts, without those left out.

    spreads: those of `BETWEEN` where they are held, not estimated.
    """
    data = [one for one in fitted_data() if one.cohort not in left_out]
    names = tuple(dict.fromkeys(one.cohort for one in data))
    held = dict(spreads or {})
    free = tuple(one for one in free_parameters(names) if one.name not in held)
    fixed = {name: one.value for name, one in parameters("human").items() if name not in FITTED}
    cases = cases_of(names)

    def likelihood(values: Floats) -> tuple[float, Floats]:
        own = dict(zip((one.name for one in free), values, strict=True)) | held
        predicted = courses(cases, fixed | model_values(own), offsets_of(own, names))
        slopes = Slopes.zeros(len(cases.nihss))
        total = 0.0
        for one in data:
            found = one.statistic(of_cohort(predicted, one.cohort))
            value, slope = one.log_likelihood(found.value)
            found.pull(slope, slopes)
            total += value
        by_data = _chained(own, names, *predicted.pull(slopes))
        between, by_between = _between(own)
        return total + between, np.array([by_data[one.name] + by_between[one.name] for one in free])

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


def _between(own: Mapping[str, float]) -> tuple[float, dict[str, float]]:
    """Log density of the offsets given their spread, and its derivatives."""
    total = 0.0
    slopes = dict.fromkeys(own, 0.0)
    for offset, told in OFFSETS.items():
        spread = f"{offset}_between"
        for name, known in ((f"{offset}_{cohort}", published("stroke")[cohort]) for cohort in told):
            if name in own:
                sd = own[spread] / math.sqrt(known.trials) if spread in own else known.nihss_doubt
                z = own[name] / sd
                total -= 0.5 * z**2 + math.log(sd)
                slopes[name] = -z / sd
                if spread in own:
                    slopes[spread] += (z**2 - 1) / own[spread]
    return total, slopes


def _chained(
    own: Mapping[str, float], cohorts: Sequence[str], by_value: dict[str, float], by_offset: Offsets
) -> dict[str, float]:
    """Derivatives by what is estimated, from those by the model's parameters and the offsets."""
    by_cut = [by_value.pop(name, 0.0) for name in CUTS]
    found = {name: by_value.get(name, 0.0) for name in own} | {CUTS[0]: sum(by_cut)}
    found |= {f"mrs_step_{k}": sum(by_cut[k - 1 :]) for k in range(2, len(CUTS) + 1)}
    for offset in OFFSETS:
        slopes = zip(cohorts, getattr(by_offset, offset), strict=True)
        found |= {f"{offset}_{cohort}": float(slope) for cohort, slope in slopes}
    return found


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
        Free(name, 1e-2, 5, "log", middle, Prior("normal", math.log(middle), BETWEEN_SD, of_scaled=True))
        for name, middle in BETWEEN.items()
    ]
    found += [
        Free(f"{offset}_{cohort}", -5, 5, "lin", 0.0)
        for offset, told in OFFSETS.items()
        for cohort in told
        if cohort in cohorts
    ]
    return tuple(found)


def fitted_data() -> list[Datum]:
    """The figures fitted to, gathered so that no patient counts twice in one of them."""
    found = []
    wanted = [one for one in targets("stroke") if one.use in ("fit", "timing")]
    for cohort in dict.fromkeys(one.cohort for one in wanted):
        own = [one for one in wanted if one.cohort == cohort]
        each = [_rankin(classes) for classes in _grouped(own, "rankin", by_day=True)]
        each += [_interval_deaths(deaths) for deaths in _grouped(own, "death", by_day=False)]
        each += [_single(one) for one in own if one.statistic not in ("rankin", "death")]
        weight = min(1.0, max(one.patients for one in each) / sum(one.counted for one in each))
        found += [one.weighted(weight) for one in each]
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


def _grouped(wanted: Sequence[Target], kind: str, by_day: bool) -> list[list[Target]]:
    found: dict[float, list[Target]] = {}
    for one in wanted:
        if one.statistic == kind:
            found.setdefault((one.day or 0.0) if by_day else 0.0, []).append(one)
    return list(found.values())


def _counts(counts: Floats) -> LogLikelihood:
    """The multinomial log likelihood of counts, without its constant."""

    def log_likelihood(shares: Floats) -> tuple[float, Floats]:
        safe = np.maximum(shares, LEAST)
        return float(counts @ np.log(safe)), counts / safe

    return log_likelihood


def _timing(counts: Floats, before: int) -> LogLikelihood:
    """The same given how many of them fall into the first classes, and so into the others."""
    parts = (slice(None, before), slice(before, None))

    def log_likelihood(shares: Floats) -> tuple[float, Floats]:
        value, slope = _counts(counts)(shares)
        for part in parts:
            total, all_ = max(float(shares[part].sum()), LEAST), float(counts[part].sum())
            value -= all_ * math.log(total)
            slope[part] -= all_ / total
        return value, slope

    return log_likelihood


def _rankin(classes: Sequence[Target]) -> Datum:
    counts = np.zeros(7)
    for one in classes:
        counts[int(one.at or 0)] = one.value / 100 * one.n
    first = classes[0]
    name, day = f"{first.cohort} mRS at {first.day:g} d", first.day or 0.0
    return Datum(first.cohort, name, first.n, first.n, lambda c: c.rankin(day), _counts(counts))


def _interval_deaths(deaths: Sequence[Target]) -> Datum:
    """Deaths between one day and the next, and the survivors of the last.

    Of "timing" only when they came is told, given who was dead at 90 days: that is counted elsewhere.
    """
    ordered = sorted(deaths, key=lambda one: one.day or 0.0)
    first = ordered[0]
    shares = np.array([0.0, *(one.value / 100 for one in ordered), 1.0])
    counts = np.maximum(np.diff(shares), 0.0) * first.n
    before = sum((one.day or 0.0) <= COUNTED_AT for one in ordered)

    def intervals(c: Cohort) -> Statistic:
        dead = [c.deaths(one.day or 0.0) for one in ordered]
        value = np.diff([0.0, *(float(one.value) for one in dead), 1.0])

        def pull(slope: Floats, slopes: Slopes) -> None:
            for k, one in enumerate(dead):
                one.pull(slope[k] - slope[k + 1], slopes)

        return Statistic(value, pull)

    chosen = _timing(counts, before) if first.use == "timing" else _counts(counts)
    return Datum(first.cohort, f"{first.cohort} deaths", first.n, first.n, intervals, chosen)


def _single(one: Target) -> Datum:
    """A share, or a median: of those counted, half lie beyond it."""
    share = 0.5 if one.statistic == "median_fall" else one.value / 100
    patients = max(record(id).n or 0.0 for id in one.records) or one.n

    def log_likelihood(predicted: Floats) -> tuple[float, Floats]:
        hits, safe = share * one.n, np.clip(predicted, LEAST, 1 - LEAST)
        value = hits * np.log(safe) + (one.n - hits) * np.log1p(-safe)
        return float(value), np.asarray(hits / safe - (one.n - hits) / (1 - safe))

    return Datum(
        one.cohort, one.name, one.n, max(patients, one.n), lambda c: statistic(one, c), log_likelihood
    )
