"""Traumatic brain injury in rat, mouse and pig: the processes of stroke after a blow instead of an occlusion.

Time counts in days from the injury. A contusion has a wider rim of threatened tissue than an infarct, and no
vessel to reopen; inflammation, vessels, newborn neurons and rewiring answer alike. The deficit has the points
of the mNSS (0-18); the scores of mice (NSS, 0-10) and swine (0-32) take the same share of their own range.
"""

from __future__ import annotations

from collections.abc import Mapping

from exodyn.evidence import ParameterRecord
from exodyn.indications.composition import EXPOSURE, Composition, animal, untreated_animals
from exodyn.indications.contract import Point
from exodyn.indications.stroke import REPAIR
from exodyn.repair import full
from exodyn.scales import FloatArray, Scale, SeverityScore, behaviour_tests

NAME = "traumatic_brain_injury"
SPECIES = ("rat", "mouse", "pig")

SCORES = {"rat": ("mNSS",), "mouse": ("NSS", "mNSS"), "pig": ("NSS (swine)",)}
"""Severity scores of a species, the usual one first."""

COMPOSITION = Composition(NAME, SPECIES, lambda species: REPAIR, full=full.PARTS)
parameters, model, population = COMPOSITION.parameters, COMPOSITION.model, COMPOSITION.population

VISITS = {
    "rat": (1.0, 4.0, 7.0, 14.0, 21.0, 28.0, 35.0),
    "mouse": (1.0, 3.0, 7.0, 14.0, 21.0, 28.0),
    "pig": (1.0, 2.0, 3.0, 5.0, 7.0, 14.0, 30.0),
}

FIGURES = {
    "exposure": EXPOSURE,
    "tissue": ("dead", "inflammation", "tnf", "leak", "vessels", "newborn", "connectivity"),
}

REMARKS = {
    "any": (
        "Untreated courses with numbers were found of head-injured mice only; the rat's is the same share of "
        "its score, the pig's rests on animals given plasma.",
        "Learning in a water maze is read by the same deficit as movement: assumed.",
    ),
}


def person(
    species: str, traits: Mapping[str, FloatArray], known: Mapping[str, ParameterRecord] | None = None
) -> dict[str, FloatArray]:
    """Model parameters of each animal, arrays over animals: its score on day 1 sets the deficit at onset."""
    COMPOSITION.check("species", species, SPECIES)
    return animal(traits, known or parameters(species))


def scales(species: str, known: Mapping[str, ParameterRecord] | None = None) -> tuple[Scale, ...]:
    """Scales by which function is read; known: a study's parameters."""
    COMPOSITION.check("species", species, SPECIES)
    known = known or parameters(species)
    scores = tuple(SeverityScore.of(name, known, rated_as="mNSS") for name in SCORES[species])
    return (*scores, *behaviour_tests(known))


def published(species: str) -> tuple[Point, ...]:
    """Untreated courses to draw beside the prediction."""
    COMPOSITION.check("species", species, SPECIES)
    return untreated_animals(NAME, species, scales(species))


TRAUMATIC_BRAIN_INJURY = COMPOSITION.indication(
    title="Traumatic brain injury",
    person=person,
    scales=scales,
    visits=VISITS,
    published=published,
    figures=FIGURES,
    remarks=REMARKS,
)
