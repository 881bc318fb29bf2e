"""Published untreated cohorts beside the model: who was in them, what they did, what the model predicts.

Each patient is taken once in each of the five recovery groups with the group's probability as weight, and
death, disability and their spread enter as probabilities: predictions are smooth in the parameters and
carry little Monte Carlo noise, which the fit needs. What a study draws one by one has the same mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from exodyn.engine import Engine
from exodyn.engine.random import uniforms
from exodyn.evidence import Cohort, ParameterRecord, Target, cohorts, targets
from exodyn.indications.contract import Trait
from exodyn.indications.stroke import group_shares, model, population, recovery_groups, reserve_of, residue_of
from exodyn.scales import NIHSS, FloatArray

DAYS = (7.0, 14.0, 30.0, 90.0, 365.0)
SEED = 20
HALF_POINT = 0.5  # the least deficit that a rater would score
COURSE = (
    "shock_share",
    "k_shock",
    "early_hazard",
    "early_slope",
    "late_hazard",
    "late_slope",
    "deficit_center",
)
"""Fitted parameters of the model itself; they stand in the unit of their record."""

Known = Mapping[str, ParameterRecord]


@dataclass(frozen=True)
class Course:
    """A cohort as predicted. Arrays run over patients times groups; `weight` sums to 1.

    By day: reading (NIHSS as rated), unrounded (before it is put into whole points, since the median of
    ratios of small whole numbers jumps; day 0 is entry), survival since entry, latent (disability without
    person and rater). entry: NIHSS as rated at entry.
    """

    weight: FloatArray
    poor: FloatArray
    entry: FloatArray
    reading: dict[float, FloatArray]
    unrounded: dict[float, FloatArray]
    survival: dict[float, FloatArray]
    latent: dict[float, FloatArray]
    cuts: FloatArray
    latent_sd: float

    def rankin(self, day: float) -> FloatArray:
        """Probability of each mRS 0-6 in each row, [rows, 7]."""
        passed = ndtr((self.latent[day][:, None] - self.cuts) / self.latent_sd)
        alive = -np.diff(
            np.concatenate([np.ones_like(passed[:, :1]), passed, np.zeros_like(passed[:, :1])], 1)
        )
        survival = self.survival[day][:, None]
        return np.concatenate([survival * alive, 1 - survival], axis=1)

    def statistic(self, target: Target) -> float:
        """What the model says a target should be, in its unit."""
        day = target.day or 0.0
        at = target.at or 0.0
        match target.statistic:
            case "median_fall":
                return self.median(100 * (1 - self.unrounded[day] / self.unrounded[0.0]), self.survival[day])
            case "rankin":
                return 100 * self.mean(self.rankin(day)[:, int(at)])
            case "rankin_at_most":
                low, high = target.entry_low or 0.0, target.entry_high or NIHSS.high
                counted = (self.entry >= low) & (self.entry <= high)
                return 100 * self.mean(self.rankin(day)[:, : int(at) + 1].sum(axis=1), counted)
            case "reading_at_most":
                return 100 * self.mean(self.reading[day] <= at, self.survival[day])
            case "fall_at_least":
                fall = 100 * (1 - self.reading[day] / self.entry)
                return 100 * self.mean(fall >= at, self.survival[day])
            case "death":
                return 100 * self.mean(1 - self.survival[day])
            case "good_groups":
                return 100 * self.mean(1 - self.poor)
            case "correlation":
                return self.correlation(day)
        raise ValueError(f"target '{target.name}': no statistic '{target.statistic}'")

    def median(self, value: FloatArray, where: FloatArray) -> float:
        """Weighted median over rows."""
        order = np.argsort(value)
        weight = np.cumsum((self.weight * where)[order])
        return float(value[order][np.searchsorted(weight, weight[-1] / 2)])

    def correlation(self, day: float) -> float:
        """Correlation of NIHSS at entry with mRS."""
        scores = np.arange(7.0)
        chance = self.rankin(day)
        x, y = self.entry, chance @ scores
        mean_x, mean_y = self.mean(x), self.mean(y)
        spread_y = self.mean(chance @ scores**2) - mean_y**2
        return float(
            self.mean((x - mean_x) * (y - mean_y)) / np.sqrt(self.mean((x - mean_x) ** 2) * spread_y)
        )

    def mean(self, value: ArrayLike, where: ArrayLike = 1.0) -> float:
        """Weighted mean over rows; `where` weighs rows further."""
        weight = self.weight * np.asarray(where, dtype=np.float64)
        return float(weight @ np.asarray(value, dtype=np.float64) / weight.sum())


@cache
def _engine() -> Engine:
    return Engine(model("human", "adipose_msc_exosomes", "intravenous"), outputs=["deficit", "hazard"])


def predict(known: Known, cohort: Cohort, patients: int = 400) -> Course:
    """The untreated course of a cohort under these parameters."""
    draws = uniforms(SEED, f"cohort {cohort.name}", 0, patients, 6 + len(DAYS))
    severity = Trait("nihss", "points", "lognormal", "", cohort.nihss_median, cohort.nihss_sigma,
                     cohort.nihss_low, cohort.nihss_high)  # fmt: skip
    nihss = severity.sample(draws[:, 0])
    age = cohort.age_median + cohort.age_sd * ndtri(draws[:, 1])
    rim = next(t for t in population("human").traits if t.name == "rim_start").sample(draws[:, 2])
    reserve, recovery_time = recovery_groups(known)
    groups = len(reserve)
    rows = groups * patients

    def per_group(value: FloatArray) -> FloatArray:
        return np.tile(value, groups)

    own: dict[str, FloatArray] = {name: np.array(known[name].value) for name in COURSE}
    own |= {
        "severity": per_group(nihss),
        "age": per_group(age),
        "rim_start": per_group(rim),
        "reserve": reserve_of(known, np.repeat(reserve, patients), per_group(ndtri(draws[:, 3]))),
        "recovery_time": np.repeat(recovery_time, patients),
    }
    times = np.array([cohort.entry, *DAYS])
    own["residue"] = residue_of(known, own["severity"], per_group(draws[:, 4]))
    # The deficit is linear in that at onset: one short run tells which onset gives the NIHSS at entry.
    first = _engine().run(own, times=times[:1], patients=rows, rtol=1e-3).values[:, 0, 0]
    entry, stays = own["severity"], own["residue"]
    own["severity"] = stays + (entry - stays) ** 2 / (first - stays)
    values = _engine().run(own, times=times, patients=rows, rtol=1e-3).values
    deficit, hazard = np.maximum(values[:, :, 0], 0.0), values[:, :, 1]

    sd, half = known["nihss_rater_sd"].value, known["nihss_rater_half"].value
    noise = np.tile(ndtri(draws[:, 5:]), (groups, 1))
    scored = np.maximum(deficit + sd * deficit / (deficit + half) * noise, 0.0)
    rated: FloatArray = np.clip(np.round(scored), NIHSS.low, NIHSS.high)
    disability = (
        np.log1p(deficit) + (known["mrs_age"].value * (own["age"] - known["mrs_age_center"].value))[:, None]
    )
    shares = group_shares(known, nihss)
    days = dict(enumerate(DAYS, 1))
    return Course(
        weight=shares.ravel() / patients,
        poor=np.repeat([1.0, 1.0, 0.0, 0.0, 0.0], patients),
        entry=np.maximum(rated[:, 0], 1.0),  # who scores nothing is not in a cohort
        reading={d: rated[:, i] for i, d in days.items()},
        unrounded={0.0: np.maximum(scored[:, 0], HALF_POINT)} | {d: scored[:, i] for i, d in days.items()},
        survival={d: np.exp(hazard[:, 0] - hazard[:, i]) for i, d in days.items()},
        latent={d: disability[:, i] for i, d in days.items()},
        cuts=np.array([known[f"mrs_cut_{k}"].value for k in range(1, 6)]),
        latent_sd=float(np.hypot(known["mrs_person_sd"].value, known["mrs_rater_sd"].value)),
    )


@dataclass(frozen=True)
class Comparison:
    """A target and what the model says."""

    target: Target
    predicted: float

    @property
    def inside(self) -> bool:
        """Whether the prediction lies in the target's 95% interval."""
        return self.target.low <= self.predicted <= self.target.high


def compare(
    known: Known, uses: tuple[str, ...] = ("fit", "check"), patients: int = 400
) -> tuple[Comparison, ...]:
    """Every target of these uses beside the model's prediction under these parameters."""
    wanted = [t for t in targets("stroke") if t.use in uses]
    courses = {name: predict(known, cohorts("stroke")[name], patients) for name in {t.cohort for t in wanted}}
    return tuple(Comparison(t, courses[t.cohort].statistic(t)) for t in wanted)
