"""Published figures of cohorts as draws of the posterior predict them, and the table of them."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import binom

from exodyn.calibration.sampled import Own
from exodyn.calibration.stroke_course import Courses, Offsets, cases_of, courses
from exodyn.calibration.stroke_likelihood import BETWEEN, CUTS, FITTED, model_values
from exodyn.calibration.stroke_statistics import of_cohort, statistic
from exodyn.engine.random import uniforms
from exodyn.evidence import Target, cohorts, draws_of, targets
from exodyn.indications.stroke import parameters

Floats = NDArray[np.float64]

SEED = 1
FIGURES = {
    "rankin": "mRS {at:g} at {day:g} d",
    "rankin_at_most": "mRS 0-{at:g} at {day:g} d",
    "reading_at_most": "NIHSS 0-{at:g} at {day:g} d",
    "fall_at_least": "NIHSS down by {at:g}% or more at {day:g} d",
    "median_fall": "median fall of NIHSS at {day:g} d",
    "death": "dead at {day:g} d",
    "good_groups": "in the three groups that recover",
}
"""Statistic -> words, of a percentage."""


def as_new_cohorts(draws: Sequence[Own], count: int, stream: str) -> list[dict[str, float]]:
    """Parameters of the model in `count` cohorts that nobody has seen, from as many draws, evenly thinned."""
    thinned = [draws[k] for k in np.linspace(0, len(draws) - 1, count).round().astype(int)]
    scores = ndtri(uniforms(SEED, stream, 0, count, len(BETWEEN)))
    return [_as_new_cohort(own, each) for own, each in zip(thinned, scores, strict=True)]


def _as_new_cohort(own: Own, scores: Floats) -> dict[str, float]:
    """scores: standard normal, [offsets]."""
    found = model_values(own)
    recovery, hazard, rating = (own[name] * z for name, z in zip(BETWEEN, scores, strict=True))
    found["reserve_shift"] += recovery
    found["poor_logit"] -= recovery
    for name in ("early_hazard", "late_hazard"):
        found[name] *= float(np.exp(hazard))
    for name in CUTS:
        found[name] -= rating
    return found


@dataclass(frozen=True)
class Predicted:
    """A target and the 90% band of what its study would print."""

    target: Target
    median: float
    low: float
    high: float

    @property
    def inside(self) -> bool:
        """Whether the printed figure lies in the band."""
        return self.low <= self.target.value <= self.high


def predicted(wanted: Sequence[Target], draws: Sequence[Mapping[str, float]]) -> list[Predicted]:
    """Targets of one or more cohorts as their studies would print them, with the sampling of their patients.

    draws: parameters of the model, one set a draw. What was not read of a cohort's severity is in the band.
    """
    names = tuple(dict.fromkeys(one.cohort for one in wanted))
    cases = cases_of(names)
    fixed = {name: one.value for name, one in parameters("human").items() if name not in FITTED}
    doubts = np.array([cohorts("stroke")[name].nihss_doubt for name in names])
    scores = ndtri(uniforms(SEED, "severity", 0, len(draws), len(names)))
    found = np.empty((len(draws), len(wanted)))
    for k, own in enumerate(draws):
        course = courses(cases, fixed | dict(own), Offsets.of_severity(doubts * scores[k]))
        found[k] = [_printed(one, course) for one in wanted]
    return [_band(one, found[:, i]) for i, one in enumerate(wanted)]


def _printed(one: Target, course: Courses) -> float:
    cohort = of_cohort(course, one.cohort)
    if one.statistic == "median_fall":
        return cohort.median_fall(one.day or 0.0)
    return float(statistic(one, cohort).value)


def compare() -> list[Predicted]:
    """Every target that the model has a statistic for, from the package's draws, as of a new cohort."""
    draws = draws_of("stroke", "human")
    if draws is None:
        raise SystemExit("no draws yet: python -m exodyn.calibration.stroke posterior --write")
    wanted = [one for one in targets("stroke") if one.statistic in FIGURES]
    return predicted(wanted, [draws.one(k) for k in range(draws.count)])


def _band(target: Target, shares: Floats) -> Predicted:
    """With the chance in n patients: binomial for a share, the printed error for a median."""
    places = uniforms(SEED, f"sampling {target.name}", 0, len(shares), 1)[:, 0]
    if target.statistic == "median_fall":
        printed = 100 * shares + target.se * ndtri(places)
    else:
        n = round(target.n)
        printed = 100 * np.asarray(binom.ppf(places, n, np.clip(shares, 0, 1))) / n
    low, median, high = np.quantile(printed, (0.05, 0.5, 0.95))
    return Predicted(target, float(median), float(low), float(high))


def figure(one: Target) -> str:
    """What a target is a percentage of, in words."""
    words = FIGURES[one.statistic].format(at=one.at, day=one.day)
    if one.entry_low is None and one.entry_high is None:
        return words
    if one.entry_high is None:
        return f"{words}, NIHSS {one.entry_low:g} or more at entry"
    return f"{words}, NIHSS {one.entry_low or 0:g}-{one.entry_high:g} at entry"


def show(found: Sequence[Predicted]) -> None:
    """The table of docs/stroke.md."""
    print("| cohort | figure, % | records | use | observed | predicted | 90% band | |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for one in found:
        t = one.target
        ids = " ".join(t.records)
        band = f"{one.low:.1f} to {one.high:.1f}"
        verdict = "inside" if one.inside else "**outside**"
        title = cohorts("stroke")[t.cohort].title
        figures = f"{t.value:.1f} | {one.median:.1f} | {band}"
        print(f"| {title} | {figure(t)} | {ids} | {t.use} | {figures} | {verdict} |")
    for use in dict.fromkeys(one.target.use for one in found):
        group = [one for one in found if one.target.use == use]
        print(f"{use}: {sum(one.inside for one in group)} of {len(group)} inside", file=sys.stderr)
