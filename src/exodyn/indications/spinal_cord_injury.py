"""Spinal cord injury in man, rat and mouse: the composed model, its population, scales and published course.

Time counts in days from the injury. A patient's motor scores follow from the level, above which limbs are
intact; from the grade (AIS), which tells how much of what lies below is preserved at the first examination
and how much of the rest returns, each spread between patients; and from the time that recovery takes. Arms
and legs recover apart, each by the process of plasticity that stroke has too. No neurons are born in a cord,
and no record has deaths by severity: neurogenesis and mortality are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtri

from exodyn.evidence import ParameterRecord
from exodyn.indications.composition import EXPOSURE, Composition, Parts
from exodyn.indications.contract import Point
from exodyn.repair import CargoAction, Hindlimbs, Inflammation, Limbs, Plasticity, Survival, Vasculature
from exodyn.scales import FloatArray, ImpairmentScale, LocomotorScore, Scale, motor_scores
from exodyn.symbolic import Part

NAME = "spinal_cord_injury"
SPECIES = ("human", "rat", "mouse")

GRADES = ("a", "b", "c", "d")
"""AIS grades at the first examination; a trait has them as 1 to 4."""
ARMS, LEGS, PARAPLEGIC_LEGS = "arms", "legs", "paraplegia"
"""Pairs of limbs whose course has parameters of its own: of tetraplegia two, of paraplegia the legs."""
FULL = 50.0
"""Points of a pair of limbs."""
FIRST_ARM, LAST_ARM = 4.0, 9.0
"""Segments: a level of C4 leaves no key muscle of the arms, one of T1 all; ten points each."""
LUMBAR_LEVELS = 5
POINTS_A_LEVEL = 10.0
LEAST_LEFT = 0.05
"""Share of the deficit at onset that is left at the first examination, at the least."""

_SHARED: Parts = {
    "cargo action": CargoAction,
    "survival": Survival,
    "inflammation": Inflammation,
    "vasculature": Vasculature,
}
_OF_MAN: Parts = {
    "arms' plasticity": Part(Plasticity, "upper_"),
    "legs' plasticity": Part(Plasticity, "lower_"),
    "limbs": Limbs,
}

_OF_ANIMALS: Parts = {"plasticity": Plasticity, "hind limbs": Hindlimbs}


def repair(species: str) -> Parts:
    """The processes beside delivery: in man arms and legs recover apart."""
    return {**_SHARED, **(_OF_MAN if species == "human" else _OF_ANIMALS)}


COMPOSITION = Composition(NAME, SPECIES, repair, organ="cord")
parameters, model, population = COMPOSITION.parameters, COMPOSITION.model, COMPOSITION.population

VISITS = {
    "human": (14.0, 28.0, 84.0, 182.0, 365.0),
    "rat": (1.0, 7.0, 14.0, 21.0, 28.0, 42.0),
    "mouse": (1.0, 7.0, 14.0, 21.0, 28.0, 42.0),
}

FIGURES = {
    "exposure": EXPOSURE,
    "tissue": ("dead", "inflammation", "tnf", "leak", "vessels", "damage"),
}

_UNTREATED_ANIMALS = (
    "No weekly means of untreated animals were read: their course is assumed from a BBB of 4.5 at day 7."
)
REMARKS = {
    "human": (
        "No controlled trial of vesicles in cord injury has a result: the one published had nine patients "
        "and no control. The share of the rodent effect that holds in man is drawn from what other therapies "
        "teach: 19 in 20 of this kind do not work in man.",
        "Untreated patients gain: by a year a tenth to a third of complete injuries are incomplete. A gain "
        "against the first examination, or against older patients, is no effect.",
        "All figures that the untreated course was fitted to are of one registry (EMSCI); how much "
        "registries differ is assumed.",
    ),
    "rat": (_UNTREATED_ANIMALS,),
    "mouse": (
        "BBB was made for rats: raters disagree when they use it on mice (Basso 2006), whose scale is BMS. "
        "The model reads it in mice all the same, with twice the error.",
        _UNTREATED_ANIMALS,
    ),
}


def person(
    species: str, traits: Mapping[str, FloatArray], known: Mapping[str, ParameterRecord] | None = None
) -> dict[str, FloatArray]:
    """Model parameters of each patient from its traits, arrays over patients; known: a study's parameters.

    The level says which limbs are intact, the grade how what lies below is preserved at the first examination
    and recovers; the deficit at onset is what recovery until then has left as was seen.
    """
    COMPOSITION.check("species", species, SPECIES)
    known = known or parameters(species)
    own = {name: np.asarray(traits[name], dtype=np.float64) for name in traits if name in known}
    if species != "human":
        return own
    grade = np.clip(np.round(traits["ais"]), 1, len(GRADES)).astype(int) - 1
    paraplegic = np.asarray(traits["paraplegia"]) >= 0.5
    arms_intact, legs_intact = _intact(
        known, grade, paraplegic, np.asarray(traits["level_rank"]), np.asarray(traits["lumbar_rank"])
    )
    tau = _by_grade(known, "pace_{}", grade) * np.exp(known["pace_sd"].value * traits["pace_score"])
    found = own | {"legs_intact": legs_intact, "upper_recovery_time": tau, "lower_recovery_time": tau}
    start_arms, start_legs = _scores(known, traits, grade, paraplegic)
    for limb, intact, start, name in (
        (np.full(len(grade), ARMS), arms_intact, start_arms, "recovery_score"),
        (np.where(paraplegic, PARAPLEGIC_LEGS, LEGS), legs_intact, start_legs, "legs_recovery_score"),
    ):
        side = "upper" if name == "recovery_score" else "lower"
        score = _recovery_score(known, traits, start, side)
        spread = _by_grade(known, "start_sd_{}", grade)
        preserved = expit(_by_limb(known, start_name, grade, limb) + spread * start)
        spread = _by_grade(known, "recovery_sd_{}", grade)
        share = expit(_by_limb(known, "recovery_{}_{}".format, grade, limb) + spread * score)
        seen = (FULL - intact) * (1 - preserved)
        if side == "upper":
            seen = np.where(paraplegic, 0.0, seen)
        left = silent_left(known) * (1 + share * np.expm1(-np.asarray(traits["exam"]) / tau))
        found[f"{side}_reserve"] = share
        found[f"{side}_severity"] = seen / np.maximum(left, LEAST_LEFT)
    return found | {"lesion_mass": known["lesion_mass"].value * np.asarray(traits["lesion_size"])}


def _intact(
    known: Mapping[str, ParameterRecord],
    grade: NDArray[np.int64],
    paraplegic: NDArray[np.bool_],
    rank: FloatArray,
    lumbar_rank: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Points of arms and legs above the level."""
    level = known["cervical_mean"].value + known["cervical_sd"].value * np.asarray(ndtri(rank))
    arms = arms_above(level)
    share = np.array([known[f"lumbar_share_{g}"].value if g in ("a", "b") else 0.0 for g in GRADES])[grade]
    lumbar = np.clip(1 - (1 - lumbar_rank) / np.maximum(share, 1e-9), 0.0, 1.0)
    return np.where(paraplegic, 0.0, arms), np.where(paraplegic, legs_above(lumbar), 0.0)


def silent_left(known: Mapping[str, ParameterRecord]) -> float:
    """Share of the region that does not work once the rim is decided, phagocytes left aside (0.002 more)."""
    die, save = known["k_die"].value, known["k_save"].value
    return 1 - known["rim_start"].value * save / (die + save)


def arms_above(level: FloatArray) -> FloatArray:
    """Points of the arms above a level of tetraplegia in segments, C4 = 4."""
    return np.asarray(POINTS_A_LEVEL * np.clip(level - FIRST_ARM, 0.0, LAST_ARM - FIRST_ARM))


def legs_above(rank: FloatArray) -> FloatArray:
    """Points of the legs above the level, by the place 0 to 1 among lumbar levels (L1: none, L5: forty)."""
    return np.asarray(POINTS_A_LEVEL * np.minimum(np.floor(LUMBAR_LEVELS * rank), LUMBAR_LEVELS - 1))


def start_name(grade: str, limb: str) -> str:
    """Parameter of what is preserved below the level. Complete motor injuries (A, B) leave the legs nothing,
    whatever the level, by the definition of the grades: legs of tetraplegia and paraplegia share a value.
    """
    same = grade in ("a", "b") and limb == PARAPLEGIC_LEGS
    return f"start_{grade}_{LEGS if same else limb}"


def _scores(
    known: Mapping[str, ParameterRecord],
    traits: Mapping[str, FloatArray],
    grade: NDArray[np.int64],
    paraplegic: NDArray[np.bool_],
) -> tuple[FloatArray, FloatArray]:
    """Normal scores of what arms and legs preserve; in tetraplegia they go together as was fitted."""
    arms, beside = np.asarray(traits["start_score"]), np.asarray(traits["legs_score"])
    shared = _by_grade(known, "limbs_start_{}", grade)
    return arms, np.where(paraplegic, beside, shared * arms + np.sqrt(1 - shared**2) * beside)


def _recovery_score(
    known: Mapping[str, ParameterRecord], traits: Mapping[str, FloatArray], start: FloatArray, side: str
) -> FloatArray:
    """Normal score of the share regained, which goes with what is preserved and, in legs, with the arms'."""
    own = np.asarray(traits["recovery_score"])
    if side == "lower":
        shared = known["limbs_recovery"].value
        own = shared * own + np.sqrt(1 - shared**2) * np.asarray(traits["legs_recovery_score"])
    along = known["start_recovery"].value
    return np.asarray(along * start + np.sqrt(1 - along**2) * own)


def _by_grade(known: Mapping[str, ParameterRecord], name: str, grade: NDArray[np.int64]) -> FloatArray:
    found: FloatArray = np.array([known[name.format(g)].value for g in GRADES])
    return found[grade]


def _by_limb(
    known: Mapping[str, ParameterRecord],
    name: Callable[[str, str], str],
    grade: NDArray[np.int64],
    limb: NDArray[np.str_],
) -> FloatArray:
    found = np.zeros(len(grade))
    for k, g in enumerate(GRADES):
        for one in (ARMS, LEGS, PARAPLEGIC_LEGS):
            found[(grade == k) & (limb == one)] = known[name(g, one)].value
    return found


def scales(species: str, known: Mapping[str, ParameterRecord] | None = None) -> tuple[Scale, ...]:
    """Scales by which function is read; known: a study's parameters."""
    COMPOSITION.check("species", species, SPECIES)
    known = known or parameters(species)
    if species == "human":
        return (*motor_scores(known), ImpairmentScale.of(known))
    bbb = LocomotorScore.of("BBB", known)
    return (bbb,) if species == "rat" else (LocomotorScore.of("BMS", known), bbb)


def published(species: str) -> tuple[Point, ...]:
    """None: courses are published by grade and level, and a study's population need be neither."""
    COMPOSITION.check("species", species, SPECIES)
    return ()


SPINAL_CORD_INJURY = COMPOSITION.indication(
    title="Spinal cord injury",
    person=person,
    scales=scales,
    visits=VISITS,
    published=published,
    figures=FIGURES,
    remarks=REMARKS,
)
