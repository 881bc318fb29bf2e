"""Motor scores of untreated cohorts in closed form: raw moments and their derivatives.

A cohort is a fixed sample of patients (a Sobol sequence through the normal scores of
`exodyn.indications.spinal_cord_injury.person`), so that its moments are smooth in what is estimated:

    score(t) = 50 - D g(t) / g(exam),   D = (50 - intact) (1 - preserved),
    g(t) = 1 - r (1 - exp(-c(t) / tau)),  at the exam no less than a twentieth of the deficit at onset,

with c(t) the clock of recovery, what inflammation and vessels make of the calendar for all patients alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtri
from scipy.stats import qmc

from exodyn.engine import Engine
from exodyn.indications.spinal_cord_injury import (
    ARMS,
    FULL,
    GRADES,
    LEAST_LEFT,
    LEGS,
    LUMBAR_LEVELS,
    PARAPLEGIC_LEGS,
    POINTS_A_LEVEL,
    SPINAL_CORD_INJURY,
    arms_above,
    parameters,
    silent_left,
    start_name,
)

Floats = NDArray[np.float64]
Slopes = dict[str, Floats]
"""Derivatives by parameter."""
Value = tuple[Floats, Slopes]

WEEKS = (2.0, 4.0, 12.0, 26.0, 52.0)
PATIENTS = 256
SCORES = ("level", "arms", "legs", "arms_recovery", "legs_recovery", "pace")


@cache
def sampled() -> Mapping[str, Floats]:
    """Standard normal scores of the patients, by what they are of: float64[patients]."""
    points = qmc.Sobol(len(SCORES), rng=np.random.default_rng(1)).random(PATIENTS)
    return dict(zip(SCORES, np.asarray(ndtri(points)).T, strict=True))


@cache
def clock() -> Floats:
    """The clock of recovery in days at the weeks, float64[weeks, 1]: 1 - S/r = exp(-clock/tau)."""
    share, tau = 0.5, 70.0
    model = SPINAL_CORD_INJURY.model("human", "adipose_msc_exosomes", "intravenous")
    own = {"lower_reserve": np.array([share]), "lower_recovery_time": np.array([tau])}
    run = Engine(model, outputs=["lower_programme"]).run(
        own, patients=1, times=[7 * week for week in WEEKS], rtol=1e-8
    )
    return np.asarray(-tau * np.log1p(-run.values[0] / share))


@dataclass(frozen=True)
class Place:
    """Which patients: a grade, a pair of limbs, and whether the injury is lumbar."""

    grade: str
    limb: str
    lumbar: bool = False


PLACES = (
    *(Place(grade, limb) for grade in GRADES for limb in (ARMS, LEGS, PARAPLEGIC_LEGS)),
    *(Place(grade, PARAPLEGIC_LEGS, lumbar=True) for grade in ("a", "b")),
)


@dataclass(frozen=True)
class Courses:
    """Scores of every place at the weeks, float64[places, weeks, patients], and what moves them.

    by: derivatives of the score by four quantities of a patient: log odds of what is preserved, of what
    returns, log of the time constant, points above the level. weights: for each of these its derivatives by
    parameters, float64[places, patients, parameters], with their names by place ("" where there is none).
    """

    score: Floats
    by: tuple[Floats, ...]
    weights: tuple[Floats, ...]
    names: tuple[tuple[tuple[str, ...], ...], ...]

    def moment(self, power: int) -> list[Value]:
        """Mean of a power of the score at each week, by place."""
        value = (self.score**power).mean(axis=2)
        return self._values(value, power * self.score ** (power - 1))

    def crossed(self) -> dict[str, Value]:
        """Mean product of arms and legs in tetraplegia at each week, by grade."""
        other = np.zeros_like(self.score)
        arms = [PLACES.index(Place(grade, ARMS)) for grade in GRADES]
        legs = [PLACES.index(Place(grade, LEGS)) for grade in GRADES]
        other[arms], other[legs] = self.score[legs], self.score[arms]
        found = self._values((self.score * other).mean(axis=2), other)
        return {
            grade: (found[i][0], added(found[i][1], found[j][1]))
            for grade, i, j in zip(GRADES, arms, legs, strict=True)
        }

    def _values(self, value: Floats, factor: Floats) -> list[Value]:
        factor = factor / self.score.shape[2]
        slopes = [(by * factor) @ weight for by, weight in zip(self.by, self.weights, strict=True)]
        found = []
        for place in range(len(PLACES)):
            own: Slopes = {}
            for slope, names in zip(slopes, self.names, strict=True):
                for k, name in enumerate(names[place]):
                    if name:
                        each = slope[place, :, k]
                        own[name] = own[name] + each if name in own else each
            found.append((value[place], own))
        return found


def added(*slopes: Slopes) -> Slopes:
    """Derivatives of a sum."""
    found: Slopes = {}
    for each in slopes:
        for name, slope in each.items():
            found[name] = found[name] + slope if name in found else slope
    return found


def courses(own: Mapping[str, float]) -> Courses:
    """Scores of the sample of patients at every place."""
    z = sampled()

    def of(name: Callable[[Place], str]) -> Floats:
        return np.array([own[name(place)] for place in PLACES])[:, None]

    along = own["start_recovery"]
    beside = np.sqrt(1 - along**2)
    start, by_limbs_start = _start_scores(own)
    fresh, by_limbs_recovery = _fresh_scores(own)
    intact, inside = _intact(own)
    recovery = along * start + beside * fresh
    start_sd, recovery_sd = of(lambda p: f"start_sd_{p.grade}"), of(lambda p: f"recovery_sd_{p.grade}")
    preserved = expit(of(lambda p: start_name(p.grade, p.limb)) + start_sd * start)
    share = expit(of(lambda p: f"recovery_{p.grade}_{p.limb}") + recovery_sd * recovery)[:, None, :]
    pace = of(lambda p: f"pace_{p.grade}")

    ratio = clock() / (pace * np.exp(own["pace_sd"] * z["pace"]))[:, None, :]
    fade = np.exp(-ratio)
    left = 1 - share * (1 - fade)
    least = LEAST_LEFT / silent_left(parameters("human"))
    whole = np.maximum(left[:, :1], least)
    deficit = ((FULL - intact) * (1 - preserved))[:, None, :]
    relative = left / whole
    by_left = -deficit / whole
    moved = relative * (left[:, :1] > least)
    by_share = by_left * (-(1 - fade) + moved * (1 - fade[:, :1]))
    by = (
        relative * deficit * preserved[:, None, :],
        by_share * share * (1 - share),
        by_left * share * (ratio * fade - moved * (ratio * fade)[:, :1]),
        relative * (1 - preserved)[:, None, :],
    )
    one, pace_score = np.ones_like(start), np.broadcast_to(z["pace"], start.shape)
    level = np.broadcast_to(z["level"], start.shape)
    weights = (
        np.stack([one, start, start_sd * by_limbs_start], axis=2),
        np.stack(
            [
                one,
                recovery,
                recovery_sd * (start - along / beside * fresh),
                recovery_sd * along * by_limbs_start,
                recovery_sd * beside * by_limbs_recovery,
            ],
            axis=2,
        ),
        np.stack([one / pace, pace_score], axis=2),
        np.stack([inside, inside * level], axis=2),
    )
    return Courses(FULL - deficit * relative, by, weights, _names())


@cache
def _names() -> tuple[tuple[tuple[str, ...], ...], ...]:
    """The parameters that `weights` are of, by quantity and place."""

    def limbs_start(place: Place) -> str:
        return f"limbs_start_{place.grade}" if place.limb == LEGS else ""

    def limbs_recovery(place: Place) -> str:
        return "" if place.limb == ARMS else "limbs_recovery"

    def level(place: Place, name: str) -> str:
        return name if place.limb == ARMS else ""

    return (
        tuple((start_name(p.grade, p.limb), f"start_sd_{p.grade}", limbs_start(p)) for p in PLACES),
        tuple(
            (
                f"recovery_{p.grade}_{p.limb}",
                f"recovery_sd_{p.grade}",
                "start_recovery",
                limbs_start(p),
                limbs_recovery(p),
            )
            for p in PLACES
        ),
        tuple((f"pace_{p.grade}", "pace_sd") for p in PLACES),
        tuple((level(p, "cervical_mean"), level(p, "cervical_sd")) for p in PLACES),
    )


def _start_scores(own: Mapping[str, float]) -> tuple[Floats, Floats]:
    """Normal scores of what is preserved, [places, patients], and derivatives by the limbs' correlation."""
    z = sampled()
    found, slopes = np.empty((len(PLACES), PATIENTS)), np.zeros((len(PLACES), PATIENTS))
    for k, place in enumerate(PLACES):
        found[k] = z["arms"] if place.limb == ARMS else z["legs"]
        if place.limb == LEGS:
            found[k], slopes[k] = _together(own[f"limbs_start_{place.grade}"], z["arms"], z["legs"])
    return found, slopes


def _fresh_scores(own: Mapping[str, float]) -> tuple[Floats, Floats]:
    """The same of what returns, beside what goes with what is preserved."""
    z = sampled()
    legs, slope = _together(own["limbs_recovery"], z["arms_recovery"], z["legs_recovery"])
    arms = np.array([place.limb == ARMS for place in PLACES])[:, None]
    return np.where(arms, z["arms_recovery"], legs), np.where(arms, 0.0, slope)


def _together(shared: float, first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """A score that correlates with the first, and its derivative by the correlation."""
    beside = np.sqrt(1 - shared**2)
    return shared * first + beside * second, first - shared / beside * second


def _intact(own: Mapping[str, float]) -> tuple[Floats, Floats]:
    """Points above the level, [places, patients], and derivatives by the level of tetraplegia."""
    score = sampled()["level"]
    arms = arms_above(own["cervical_mean"] + own["cervical_sd"] * score)
    moved = np.where((arms > 0) & (arms < FULL), POINTS_A_LEVEL, 0.0)
    rank = np.argsort(np.argsort(score)) / PATIENTS
    legs = POINTS_A_LEVEL * np.floor(LUMBAR_LEVELS * rank)
    is_arms = np.array([place.limb == ARMS for place in PLACES])[:, None]
    is_lumbar = np.array([place.lumbar for place in PLACES])[:, None]
    return np.where(is_arms, arms, np.where(is_lumbar, legs, 0.0)), np.where(is_arms, moved, 0.0)
