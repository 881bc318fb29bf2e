"""Untreated courses of published stroke cohorts, smooth and with derivatives by every fitted parameter.

The engine solves the model once for the patients of a cohort. Of what it gives, nothing depends on the
fitted parameters: without cargo the programme of recovery obeys dS/dt = pace (target - S) with a target
that is linear in r and r (1 - r), so that S = r A(t) + r (1 - r) B(t); shock is exp(-k_shock I(t)); tissue,
inflammation, vessels and leak are the patient's own. From A, B, I, the silent share and the leak, every
deficit and hazard follows in closed form at any parameters, the hazard's integral by Gauss-Legendre
quadrature (`test_stroke_course` holds it to the engine). `Courses.pull` is the reverse of that: from the
derivatives of a likelihood by deficits, survival and weights to those by the parameters.

Each patient is taken once in each of five recovery groups with the group's probability as weight; what a
rater and fate do enters as probabilities. Patients are scrambled Sobol points.

A deficit that is read within hours of onset says less of the patient than one read at 24 h: vessels open or
strokes go on. So those who came in before 24 h have, from then on, that deficit times a lognormal factor of
their own, whose spread (`early_change`) fades with the square root of the time left to 24 h.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtri
from scipy.stats import qmc

from exodyn.calibration.stroke_nodes import NODES, SCALARS, STEP, Rows, Solved, backward, forward
from exodyn.engine import Engine
from exodyn.evidence import Cohort, cohorts
from exodyn.indications import stroke
from exodyn.indications.contract import Trait
from exodyn.study.population import sample

Floats = NDArray[np.float64]
Values = Mapping[str, float]
DAYS = (7.0, 14.0, 30.0, 90.0, 365.0)
AT = {day: (i + 1) * STEP for i, day in enumerate(DAYS)}
"""Place of each day among the nodes: the entry comes first, the end of each segment follows its nodes."""
LOG2_PATIENTS = 6
IMPORTANCE = (0, 3, 5, 1, 4, 2)
"""Sobol dimension of each of a patient's numbers: the first fill space best, so severity, the place within
the group and the early change have them. With this seed, figures of 64 patients are off by a third of the
sampling error of the cohorts (root mean square over five sets of parameters, against 1024), in another order
by two thirds.
"""
SEED = 2
BASELINE = 1.0
"""Days after onset at which the NIHSS sets the odds of the recovery groups, as in `stroke.person`."""
OUTPUTS = ("programme", "rim", "dead", "shock", "leak")
K_SHOCK = 0.005
"""Slow enough that shock, from whose logarithm its integral is read, stays far above rounding."""


@dataclass(frozen=True)
class Cases:
    """Patients of one or more cohorts and what the engine says of them.

    Rows are patients times recovery groups. cohort, group: int[rows]. nihss (entry), age, score, rank, rim,
    limb, share, change, ratio: float64[rows]; share is one over the patients of the cohort, change the normal
    score of the change before 24 h times how much of it is to come, ratio the mean deficit at 24 h over that
    at entry. silent, gained (A), curved (B), faded (I), leak, width (of each node, for integrals):
    float64[rows, nodes].
    """

    names: tuple[str, ...]
    cohort: NDArray[np.int64]
    group: NDArray[np.int64]
    nihss: Floats
    age: Floats
    score: Floats
    rank: Floats
    rim: Floats
    share: Floats
    change: Floats
    ratio: Floats
    limb: Floats
    silent: Floats
    gained: Floats
    curved: Floats
    faded: Floats
    leak: Floats
    width: Floats

    def rows(self, name: str) -> slice:
        """The rows of a cohort."""
        place = self.names.index(name)
        first, end = np.searchsorted(self.cohort, (place, place + 1))
        return slice(int(first), int(end))


@dataclass(frozen=True)
class Offsets:
    """How cohorts differ from each other beyond severity and age: recovery (log odds), hazard (log), rating;
    and by how much their severity was other than taken (log).

    float64[cohorts] each.
    """

    recovery: Floats
    hazard: Floats
    rating: Floats
    severity: Floats

    @staticmethod
    def none(cases: Cases) -> Offsets:
        """No differences."""
        return Offsets.of_severity(np.zeros(len(cases.names)))

    @staticmethod
    def of_severity(severity: Floats) -> Offsets:
        """None but of severity."""
        none = np.zeros(len(severity))
        return Offsets(none, none, none, severity)


@dataclass
class Slopes:
    """Derivatives of a log likelihood, gathered from its parts.

    deficit: [rows, 1 + days] (at entry first). survival: [rows, days]. weight, rating, nihss (at entry, where
    it is read): [rows]. values: by parameter.
    """

    deficit: Floats
    survival: Floats
    weight: Floats
    rating: Floats
    nihss: Floats
    values: dict[str, float] = field(default_factory=dict)

    @staticmethod
    def zeros(rows: int) -> Slopes:
        """None so far."""
        days = len(DAYS)
        return Slopes(np.zeros((rows, 1 + days)), np.zeros((rows, days)), *np.zeros((3, rows)))

    def add(self, name: str, slope: float) -> None:
        """One more part of the derivative by a parameter."""
        self.values[name] = self.values.get(name, 0.0) + float(slope)


@dataclass(frozen=True)
class Courses:
    """All cohorts at one set of parameters. Arrays run over rows (and nodes), as in `Cases`.

    nihss: [rows], at entry. residue: [rows], the part of the deficit that stays. deficit: [rows, 1 + days],
    at entry and on each day. survival: [rows, days], since entry. weight: [rows], of sum 1 in each cohort.
    The rest is kept for `pull`.
    """

    cases: Cases
    values: Values
    offsets: Offsets
    nihss: Floats
    residue: Floats
    deficit: Floats
    survival: Floats
    weight: Floats
    _scalars: Floats
    _of: Rows
    _solved: Solved
    _hazard: Floats
    _poor: Floats

    @property
    def lost(self) -> Floats:
        """Share of the deficit at onset that is left, [rows, nodes]."""
        return self._solved.lost

    def pull(self, slopes: Slopes) -> tuple[dict[str, float], Offsets]:
        """Derivatives by the parameters and by the offsets of cohorts, from those gathered in `slopes`."""
        v, c = self.values, self.cases
        by_hazard = -self.survival * slopes.survival
        by_scalars, by_reserve, by_injured = backward(
            slopes.deficit, by_hazard, self._scalars, self._of, self._solved
        )
        for name, slope in zip(SCALARS, by_scalars, strict=True):
            slopes.add(name, slope)
        reserve, injured = self._of.reserve, self._of.injured
        by_logit = by_reserve * reserve * (1 - reserve)
        slopes.add("reserve_shift", np.sum(by_logit))
        slopes.add("reserve_sd", np.sum(by_logit * c.score))
        by_poor = self._pull_weight(slopes)
        by_change = injured * (by_injured + v["poor_slope"] * c.ratio * by_poor)
        slopes.add("early_change", np.sum(by_change * c.change))
        by_older = (by_hazard * self._hazard).sum(axis=1)
        by_offset = (by_logit - by_poor, by_older, slopes.rating, by_change + slopes.nihss * self.nihss)
        return slopes.values, Offsets(*(self._by_cohort(each) for each in by_offset))

    def _pull_weight(self, slopes: Slopes) -> Floats:
        """Derivatives by the shares of the groups; returns those by the log odds of the poor, [rows]."""
        v, c, poor = self.values, self.cases, self._poor
        worst, other, slow, middle, fast = (c.group == k for k in range(5))
        scaled = slopes.weight * c.share
        in_poor, in_good = _in_poor(v, c.group), _in_good(v, c.group)
        slopes.add("worst_share", np.sum(scaled * poor * (1.0 * worst - other)))
        quick = (1 - v["fast_share"]) * middle + v["fast_share"] * fast
        slopes.add("slow_share", np.sum(scaled * (1 - poor) * (slow - quick)))
        slopes.add("fast_share", np.sum(scaled * (1 - poor) * (1 - v["slow_share"]) * (1.0 * fast - middle)))
        by_logit = scaled * (in_poor - in_good) * poor * (1 - poor)
        slopes.add("poor_logit", np.sum(by_logit))
        slopes.add("poor_slope", np.sum(by_logit * (self._of.injured * c.ratio - v["poor_center"])))
        return by_logit

    def _by_cohort(self, rows: Floats) -> Floats:
        return np.asarray(np.bincount(self.cases.cohort, rows, len(self.cases.names)), dtype=np.float64)


def courses(cases: Cases, values: Values, offsets: Offsets | None = None) -> Courses:
    """The cohorts at these parameters."""
    v, c = values, cases
    off = offsets or Offsets.none(cases)
    recovery = off.recovery[c.cohort]
    reserve = expit(c.limb + v["reserve_shift"] + recovery + v["reserve_sd"] * c.score)
    nihss = c.nihss * np.exp(off.severity[c.cohort])
    injured = nihss * np.exp(v["early_change"] * c.change)
    residue = np.minimum(-v["residue_mean"] * np.log1p(-c.rank), injured / 2)
    scalars = np.array([v[name] for name in SCALARS])
    of = Rows(
        reserve, injured, residue, _older(v, off, c), c.silent, c.gained, c.curved, c.faded, c.leak, c.width
    )
    deficit, hazard, solved = forward(scalars, of)
    poor = expit(v["poor_logit"] - recovery + v["poor_slope"] * (injured * c.ratio - v["poor_center"]))
    weight = c.share * (poor * _in_poor(v, c.group) + (1 - poor) * _in_good(v, c.group))
    survival = np.exp(-hazard)
    return Courses(c, v, off, nihss, residue, deficit, survival, weight, scalars, of, solved, hazard, poor)


def _older(v: Values, offsets: Offsets, c: Cases) -> Floats:
    """What age and the cohort make of a hazard."""
    return np.exp(v["age_slope"] * (c.age - v["age_center"]) + offsets.hazard[c.cohort])


def _in_poor(v: Values, group: NDArray[np.int64]) -> Floats:
    """Share of each row's group among the two that hardly recover, as in `stroke.group_shares`."""
    worst = v["worst_share"]
    return np.array([worst, 1 - worst, 0.0, 0.0, 0.0])[group]


def _in_good(v: Values, group: NDArray[np.int64]) -> Floats:
    """The same among the three that recover."""
    slow, fast = v["slow_share"], v["fast_share"]
    return np.array([0.0, 0.0, slow, (1 - slow) * (1 - fast), (1 - slow) * fast])[group]


@cache
def cases_of(names: tuple[str, ...], log2_patients: int = LOG2_PATIENTS) -> Cases:
    """The patients of cohorts of ``population/stroke_cohorts.csv``, one after the other."""
    found = [_cases(cohorts("stroke")[name], log2_patients) for name in names]
    rows = {name: np.concatenate([one[name] for one in found]) for name in found[0]}
    place = np.repeat(np.arange(len(names)), [len(one["nihss"]) for one in found])
    return Cases(names, place, rows.pop("group").astype(int), **rows)


def _cases(cohort: Cohort, log2_patients: int) -> dict[str, Floats]:
    """A cohort's rows, solved by the engine: severity, age, tissue at risk, place in the recovery group."""
    count = 2**log2_patients
    points = qmc.Sobol(6, rng=SEED).random_base2(log2_patients)[:, IMPORTANCE]
    severity = Trait("nihss", "points", "lognormal", "", cohort.nihss_median, cohort.nihss_sigma,
                     cohort.nihss_low, cohort.nihss_high)  # fmt: skip
    rim = next(t for t in stroke.population("human").traits if t.name == "rim_start").sample(points[:, 2])
    limb, recovery_time = stroke.recovery_groups(stroke.parameters("human"))
    groups = len(limb)
    times, width = _nodes(cohort.entry)
    own = {
        "rim_start": np.tile(rim, groups),
        "recovery_time": np.repeat(recovery_time, count),
        "k_shock": np.full(groups * count, K_SHOCK),
    }
    engine = Engine(stroke.model("human", "adipose_msc_exosomes", "intravenous"), outputs=list(OUTPUTS))

    def solve(reserve: float) -> dict[str, Floats]:
        rows = own | {"reserve": np.full(groups * count, reserve)}
        values = engine.run(rows, times=times, patients=groups * count, rtol=1e-6).values
        return dict(zip(OUTPUTS, np.moveaxis(values, 2, 0), strict=True))

    to_come = max(0.0, 1 - cohort.entry / BASELINE) ** 0.5
    much, little = 0.9, 0.4
    first, second = solve(much), solve(little)
    curved = (first["programme"] / much - second["programme"] / little) / (little - much)
    return {
        "group": np.repeat(np.arange(groups, dtype=float), count),
        "nihss": np.tile(severity.sample(points[:, 0]), groups),
        "age": np.tile(cohort.age_median + cohort.age_sd * ndtri(points[:, 1]), groups),
        "score": np.tile(ndtri(points[:, 3]), groups),
        "rank": np.tile(points[:, 4], groups),
        "rim": np.tile(rim, groups),
        "share": np.full(groups * count, 1 / count),
        "change": np.tile(to_come * ndtri(points[:, 5]), groups),
        "ratio": np.full(groups * count, deficit_ratio(cohort.entry)),
        "limb": np.repeat(logit(limb), count),
        "silent": first["rim"] + first["dead"],
        "gained": first["programme"] / much - (1 - much) * curved,
        "curved": curved,
        "faded": -np.log(first["shock"]) / K_SHOCK,
        "leak": first["leak"],
        "width": np.tile(width, (groups * count, 1)),
    }


@cache
def deficit_ratio(entry: float) -> float:
    """Mean deficit at 24 h over that at entry, of the default population at the parameters on file.

    The studies that a prediction is made for turn one into the other in the same way.
    """
    if entry == BASELINE:
        return 1.0
    traits = sample(stroke.population("human"), 1, 0, 64)
    times = sorted((entry, BASELINE))
    engine = Engine(stroke.model("human", "adipose_msc_exosomes", "intravenous"), outputs=["deficit"])
    run = engine.run(stroke.person("human", traits), times=times, patients=64, rtol=1e-4)
    deficit = run.values[:, :, 0].mean(axis=0)
    return float(deficit[times.index(BASELINE)] / deficit[times.index(entry)])


def _nodes(entry: float) -> tuple[Floats, Floats]:
    """Times at which the model is read, and how much of the time each stands for."""
    x, w = np.polynomial.legendre.leggauss(NODES)
    ends = np.array([entry, *DAYS])
    half = np.diff(ends)[:, None] / 2
    times = np.concatenate([ends[:-1, None] + half * (x + 1), ends[1:, None]], axis=1)
    width = np.concatenate([half * w, 0 * half], axis=1)
    return np.concatenate([[entry], times.ravel()]), np.concatenate([[0.0], width.ravel()])
