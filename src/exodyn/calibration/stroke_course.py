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
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtri
from scipy.stats import qmc

from exodyn.engine import Engine
from exodyn.evidence import Cohort, cohorts
from exodyn.indications import stroke
from exodyn.indications.contract import Trait

Floats = NDArray[np.float64]
Values = Mapping[str, float]
DAYS = (7.0, 14.0, 30.0, 90.0, 180.0, 365.0)
NODES = 3
"""Gauss-Legendre nodes between two days."""
SEGMENTS = 1 + len(DAYS)
ENTRY = NODES
AT = {day: (i + 2) * (NODES + 1) - 1 for i, day in enumerate(DAYS)}
SEEN = [ENTRY, *AT.values()]
"""Places of the entry and of each day among the nodes: the end of each segment follows its nodes."""
BEFORE = np.array(
    [[i // (NODES + 1) <= k for k in range(SEGMENTS)] for i in range(SEGMENTS * (NODES + 1))], float
)
"""Which nodes lie before entry and before each day, [nodes, 1 + days]."""
LOG2_PATIENTS = 6
SEED = 20
OUTPUTS = ("programme", "rim", "dead", "shock", "leak")
K_SHOCK = 0.005
"""Slow enough that shock, from whose logarithm its integral is read, stays far above rounding."""


@dataclass(frozen=True)
class Cases:
    """Patients of one or more cohorts and what the engine says of them.

    Rows are patients times recovery groups. cohort, group: int[rows]. nihss, age, score, rank, rim, limb,
    share: float64[rows]; share is one over the patients of the cohort. silent, gained (A), curved (B),
    faded (I), leak, width (of each node, for integrals): float64[rows, nodes].
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
    """How cohorts differ from each other beyond severity and age: recovery (log odds), hazard (log), rating.

    float64[cohorts] each.
    """

    recovery: Floats
    hazard: Floats
    rating: Floats

    @staticmethod
    def none(cases: Cases) -> Offsets:
        """No differences."""
        return Offsets(*np.zeros((3, len(cases.names))))


@dataclass
class Slopes:
    """Derivatives of a log likelihood, gathered from its parts.

    deficit: [rows, 1 + days] (at entry first). survival: [rows, days]. weight, rating: [rows]. values: by
    parameter. recovery, hazard: [rows], filled by `Courses.pull`.
    """

    deficit: Floats
    survival: Floats
    weight: Floats
    rating: Floats
    values: dict[str, float] = field(default_factory=dict)

    @staticmethod
    def zeros(rows: int) -> Slopes:
        """None so far."""
        days = len(DAYS)
        return Slopes(np.zeros((rows, 1 + days)), np.zeros((rows, days)), np.zeros(rows), np.zeros(rows))

    def add(self, name: str, slope: float) -> None:
        """One more part of the derivative by a parameter."""
        self.values[name] = self.values.get(name, 0.0) + float(slope)


@dataclass(frozen=True)
class Courses:
    """All cohorts at one set of parameters. Arrays run over rows (and nodes), as in `Cases`.

    deficit: [rows, 1 + days], at entry and on each day. survival: [rows, days], since entry. weight: [rows],
    of sum 1 in each cohort. lost: [rows, nodes], share of the deficit at onset that is left. The rest is kept
    for `pull`.
    """

    cases: Cases
    values: Values
    offsets: Offsets
    deficit: Floats
    survival: Floats
    weight: Floats
    _reserve: Floats
    _programme: Floats
    _shock: Floats
    lost: Floats
    _residue: Floats
    _course: Floats
    _early: Floats
    _late: Floats
    _hazard: Floats
    _poor: Floats

    def pull(self, slopes: Slopes) -> tuple[dict[str, float], Offsets]:
        """Derivatives by the parameters and by the offsets of cohorts, from those gathered in `slopes`."""
        v, c = self.values, self.cases
        by_hazard = np.concatenate(
            [
                (self.survival * slopes.survival).sum(axis=1, keepdims=True),
                -self.survival * slopes.survival,
            ],
            axis=1,
        )
        hazard = (by_hazard * self._hazard).sum(axis=1)
        by_rate = (by_hazard @ BEFORE.T) * c.width * self._older[:, None]
        by_deficit = np.zeros_like(self._course)
        for name, share, scale in (("early", self._early, c.leak), ("late", self._late, None)):
            by_share = by_rate * scale if scale is not None else by_rate
            slopes.add(f"{name}_hazard", np.sum(by_share * share))
            by_exponent = -v[f"{name}_hazard"] * by_share * share * (1 - share)
            slopes.add(f"{name}_slope", np.sum(by_exponent * (v["deficit_center"] - self._course)))
            slopes.add("deficit_center", v[f"{name}_slope"] * np.sum(by_exponent))
            by_deficit -= v[f"{name}_slope"] * by_exponent
        by_deficit[:, SEEN] += slopes.deficit
        missing = c.nihss - self._residue
        at_entry = self.lost[:, ENTRY]
        by_factor = (by_deficit * self.lost).sum(axis=1)
        by_residue = by_deficit.sum(axis=1) - by_factor / at_entry
        by_lost = by_deficit * (missing / at_entry)[:, None]
        by_lost[:, ENTRY] -= by_factor * missing / at_entry**2
        capped = self._residue < c.nihss / 2
        slopes.add("residue_mean", np.sum(by_residue * -np.log1p(-c.rank) * capped))
        shock = v["shock_share"]
        slopes.add("shock_share", np.sum(by_lost * (self._shock - c.silent * (1 - self._programme))))
        slopes.add("k_shock", -shock * np.sum(by_lost * c.faded * self._shock))
        r = self._reserve
        by_programme = -(1 - shock) * by_lost * c.silent
        by_reserve = (by_programme * c.gained).sum(axis=1) + (1 - 2 * r) * (by_programme * c.curved).sum(
            axis=1
        )
        by_logit = by_reserve * r * (1 - r)
        slopes.add("reserve_shift", np.sum(by_logit))
        slopes.add("reserve_sd", np.sum(by_logit * c.score))
        recovery = by_logit - self._pull_weight(slopes)
        return slopes.values, Offsets(*(self._by_cohort(each) for each in (recovery, hazard, slopes.rating)))

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
        slopes.add("poor_slope", np.sum(by_logit * (c.nihss - v["poor_center"])))
        return by_logit

    @property
    def _older(self) -> Floats:
        return _older(self.values, self.offsets, self.cases)

    def _by_cohort(self, rows: Floats) -> Floats:
        return np.asarray(np.bincount(self.cases.cohort, rows, len(self.cases.names)), dtype=np.float64)


def courses(cases: Cases, values: Values, offsets: Offsets | None = None) -> Courses:
    """The cohorts at these parameters."""
    v, c = values, cases
    off = offsets or Offsets.none(cases)
    recovery = off.recovery[c.cohort]
    reserve = expit(c.limb + v["reserve_shift"] + recovery + v["reserve_sd"] * c.score)
    r = reserve[:, None]
    programme = r * c.gained + r * (1 - r) * c.curved
    shock = np.exp(-v["k_shock"] * c.faded)
    lost = (1 - v["shock_share"]) * c.silent * (1 - programme) + v["shock_share"] * shock
    residue = np.minimum(-v["residue_mean"] * np.log1p(-c.rank), c.nihss / 2)
    # The deficit is linear in that at onset, which is the one that gives the NIHSS at entry.
    deficit = residue[:, None] + ((c.nihss - residue) / lost[:, ENTRY])[:, None] * lost
    early = expit(v["early_slope"] * (deficit - v["deficit_center"]))
    late = expit(v["late_slope"] * (deficit - v["deficit_center"]))
    rate = v["early_hazard"] * c.leak * early + v["late_hazard"] * late
    hazard = _older(v, off, c)[:, None] * ((rate * c.width) @ BEFORE)
    poor = expit(v["poor_logit"] - recovery + v["poor_slope"] * (c.nihss - v["poor_center"]))
    weight = c.share * (poor * _in_poor(v, c.group) + (1 - poor) * _in_good(v, c.group))
    survival = np.exp(hazard[:, :1] - hazard[:, 1:])
    return Courses(
        c, v, off, deficit[:, SEEN], survival, weight,
        reserve, programme, shock, lost, residue, deficit, early, late, hazard, poor,
    )  # fmt: skip


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
    points = qmc.Sobol(5, rng=SEED).random_base2(log2_patients)
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
        "limb": np.repeat(logit(limb), count),
        "silent": first["rim"] + first["dead"],
        "gained": first["programme"] / much - (1 - much) * curved,
        "curved": curved,
        "faded": -np.log(first["shock"]) / K_SHOCK,
        "leak": first["leak"],
        "width": np.tile(width, (groups * count, 1)),
    }


def _nodes(entry: float) -> tuple[Floats, Floats]:
    """Times at which the model is read, and how much of the time each stands for."""
    x, w = np.polynomial.legendre.leggauss(NODES)
    ends = np.array([0.0, entry, *DAYS])
    half = np.diff(ends)[:, None] / 2
    times = np.concatenate([ends[:-1, None] + half * (x + 1), ends[1:, None]], axis=1)
    return times.ravel(), np.concatenate([half * w, 0 * half], axis=1).ravel()
