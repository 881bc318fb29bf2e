"""Ischaemic stroke in man, rat and mouse: the composed model, its population, scales and published course.

Time counts in days from onset. Person level: five groups of proportional recovery (van der Vliet 2020),
whose shares depend on the deficit at onset; age and weight; death as a cumulative hazard.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.special import expit, logit

from exodyn.evidence import ParameterRecord, Record, records
from exodyn.indications.composition import (
    EXPOSURE,
    Composition,
    Parts,
    animal,
    points,
    untreated_animals,
)
from exodyn.indications.contract import Point
from exodyn.repair import (
    CargoAction,
    Inflammation,
    Mortality,
    Neurogenesis,
    Plasticity,
    Survival,
    Vasculature,
    full,
)
from exodyn.scales import (
    BarthelIndex,
    FloatArray,
    FuglMeyerArm,
    RankinScale,
    Scale,
    SeverityScore,
    behaviour_tests,
)

NAME = "stroke"
SPECIES = ("human", "rat", "mouse")
GROUPS = (1, 2, 3, 4, 5)
DAYS_PER_WEEK = 7.0

REPAIR: Parts = {
    "cargo action": CargoAction,
    "survival": Survival,
    "inflammation": Inflammation,
    "vasculature": Vasculature,
    "neurogenesis": Neurogenesis,
    "plasticity": Plasticity,
    "mortality": Mortality,
}

COMPOSITION = Composition(NAME, SPECIES, lambda species: REPAIR, full=full.PARTS)
parameters, model, population = COMPOSITION.parameters, COMPOSITION.model, COMPOSITION.population

RODENT = (1.0, 3.0, 7.0, 14.0, 21.0, 28.0)
VISITS = {"human": (1.0, 7.0, 30.0, 90.0, 180.0, 365.0), "rat": RODENT, "mouse": RODENT}

_PUBLISHED = {"mRS": "mRS ", "NIHSS": "NIHSS total"}
"""Scale -> how the quantity of a record that is read by it begins."""

FIGURES = {
    "exposure": EXPOSURE,
    "tissue": ("dead", "inflammation", "tnf", "leak", "vessels", "newborn", "connectivity", "axons"),
}

_UNTREATED_ANIMALS = (
    "Numeric courses of untreated rodents were found in three studies only: how those of another study "
    "recover is drawn from a wide spread between studies, which is assumed."
)
REMARKS = {
    "any": (
        "Saturation of liver and spleen lengthens exposure at high doses; it cannot explain a weaker effect.",
    ),
    "human": (
        "No controlled human trial of vesicles in stroke has a result. The share of the rodent effect that "
        "holds in man is drawn from what other therapies teach (19 in 20 of this kind do not work in man); "
        "the best blinded trial of the parent cells was neutral.",
        "No human death rate by NIHSS was fitted to: predicted deaths above a baseline NIHSS of 20 (18% at "
        "90 days for 20, 30% for 25) rest on cohorts that were milder.",
    ),
    "rat": (_UNTREATED_ANIMALS,),
    "mouse": (_UNTREATED_ANIMALS,),
}


def person(
    species: str, traits: Mapping[str, FloatArray], known: Mapping[str, ParameterRecord] | None = None
) -> dict[str, FloatArray]:
    """Model parameters of each patient from its traits, arrays over patients; known: a study's parameters.

    Human: NIHSS at baseline sets the deficit at onset, the odds of the two groups that hardly recover and
    the mass of the lesion; the rank picks the group. Rodents: mNSS on day 1 sets the deficit at onset.
    """
    COMPOSITION.check("species", species, SPECIES)
    known = known or parameters(species)
    if species != "human":
        return animal(traits, known)
    own = {name: np.asarray(traits[name], dtype=np.float64) for name in traits if name in known}
    nihss = np.asarray(traits["nihss"], dtype=np.float64)
    shares = np.cumsum(group_shares(known, nihss), axis=0)
    group = np.minimum((shares <= traits["recovery_rank"]).sum(axis=0), len(GROUPS) - 1)
    reserve, recovery_time = recovery_groups(known)
    severity = nihss / known["baseline_share"].value
    return own | {
        "severity": severity,
        "residue": residue_of(known, severity, np.asarray(traits["residue_rank"], dtype=np.float64)),
        "reserve": reserve_of(known, reserve[group], np.asarray(traits["reserve_score"])),
        "recovery_time": recovery_time[group],
        "lesion_mass": known["lesion_mass_per_point"].value * nihss * traits["lesion_size"],
    }


def recovery_groups(known: Mapping[str, ParameterRecord]) -> tuple[FloatArray, FloatArray]:
    """Share regained (upper limb) and time constant (days) of the groups, worst first."""
    reserve = np.array([known[f"group_{k}_reserve"].value for k in GROUPS])
    weeks = np.array([known[f"group_{k}_time"].value for k in GROUPS])
    return reserve, DAYS_PER_WEEK * weeks


def reserve_of(known: Mapping[str, ParameterRecord], limb: FloatArray, score: FloatArray) -> FloatArray:
    """Share regained of the whole deficit, from that of the upper limb and the place within the group."""
    shift = known["reserve_shift"].value + known["reserve_sd"].value * score
    return np.asarray(expit(logit(limb) + shift))


def residue_of(known: Mapping[str, ParameterRecord], severity: FloatArray, rank: FloatArray) -> FloatArray:
    """Points that stay whatever recovers: exponentially spread, no more than half of a small deficit."""
    return np.minimum(-known["residue_mean"].value * np.log1p(-rank), severity / 2)


def group_shares(known: Mapping[str, ParameterRecord], nihss: FloatArray) -> FloatArray:
    """Share of each recovery group among patients of these NIHSS at baseline, float64[groups, patients]."""
    poor = expit(known["poor_logit"].value + known["poor_slope"].value * (nihss - known["poor_center"].value))
    worst, slow, fast = (known[name].value for name in ("worst_share", "slow_share", "fast_share"))
    good = 1 - poor
    return np.array([
        poor * worst,
        poor * (1 - worst),
        good * slow,
        good * (1 - slow) * (1 - fast),
        good * (1 - slow) * fast,
    ])  # fmt: skip


def scales(species: str, known: Mapping[str, ParameterRecord] | None = None) -> tuple[Scale, ...]:
    """Scales by which function is read; known: a study's parameters."""
    COMPOSITION.check("species", species, SPECIES)
    known = known or parameters(species)
    if species == "human":
        own = BarthelIndex.of(known), FuglMeyerArm.of(known)
        return SeverityScore.of("NIHSS", known), RankinScale.of(known), *own
    scores = (SeverityScore.of(name, known, rated_as="mNSS") for name in ("mNSS", "Longa"))
    return (*scores, *behaviour_tests(known))


def published(species: str) -> tuple[Point, ...]:
    """Untreated courses to draw beside the prediction; of man mRS at 90 and 365 d, and the fall of NIHSS."""
    COMPOSITION.check("species", species, SPECIES)
    if species != "human":
        return untreated_animals(NAME, species, scales(species))
    return points(records("natural_history_stroke"), _scale)


def _scale(one: Record) -> str:
    return next((name for name, start in _PUBLISHED.items() if one.quantity.startswith(start)), "")


STROKE = COMPOSITION.indication(
    title="Ischaemic stroke",
    person=person,
    scales=scales,
    visits=VISITS,
    published=published,
    figures=FIGURES,
    remarks=REMARKS,
)
