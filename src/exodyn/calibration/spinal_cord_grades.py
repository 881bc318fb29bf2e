"""What parts the AIS grades, drawn given the motor course: conversions within a year in the EMSCI registry.

Motor scores tell nothing of sensation and little of where a grade begins, so that these few parameters are
drawn after the course and given it: candidates from the ranges on file, one taken by its likelihood.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from exodyn.engine.random import uniforms
from exodyn.evidence import ParameterRecord, record
from exodyn.indications.contract import Trait
from exodyn.indications.spinal_cord_injury import FULL, parameters, person, population, silent_left
from exodyn.scales import ImpairmentScale

Floats = NDArray[np.float64]

YEAR = 365.0
PATIENTS = 1000
CANDIDATES = 100
DRAWN = (
    "ais_any_motion",
    "ais_half_strength",
    "ais_normal",
    "ais_sensory_share",
    "ais_misgraded",
    "ais_slip",
)
OVERLAP = 0.5
"""Weight of a patient: the two papers print the same registry, so that many patients stand in both."""


@dataclass(frozen=True)
class Conversions:
    """How many of a grade had which grade after a year: percent of n by grades, 1 to 5, with its record."""

    grade: int
    n: float
    percent: Mapping[tuple[int, ...], str]


# Spiess's 49 patients of grade D are left out: their percentages are no counts of 49 (a consistency check).
CONVERSIONS = (
    Conversions(1, 139, {(2,): "NAT011", (3, 4, 5): "NAT012"}),
    Conversions(1, 161, {(2,): "NAT017", (3, 4, 5): "NAT018"}),
    Conversions(3, 46, {(1,): "NAT032", (2,): "NAT033", (4,): "NAT035", (5,): "NAT036"}),
    Conversions(3, 43, {(1,): "NAT042", (2,): "NAT043", (4,): "NAT045", (5,): "NAT046"}),
    Conversions(4, 32, {(3,): "NAT049", (5,): "NAT051"}),
)


@cache
def _patients(grade: int) -> Mapping[str, Floats]:
    found = {}
    for trait in population("human").traits:
        shown = Trait("ais", "grade", "constant", center=float(grade)) if trait.name == "ais" else trait
        found[trait.name] = shown.sample(uniforms(1, f"grades:{trait.name}", 0, PATIENTS, 1)[:, 0])
    return found


def at_a_year(known: Mapping[str, ParameterRecord], grade: int) -> dict[str, Floats]:
    """What the AIS reads of untreated patients of a grade after a year, each float64[patients, 1]."""
    traits = _patients(grade)
    own = person("human", traits, known)
    silent = silent_left(known)

    def score(side: str) -> Floats:
        gone = -np.expm1(-YEAR / own[f"{side}_recovery_time"])
        return np.maximum(FULL - own[f"{side}_severity"] * silent * (1 - own[f"{side}_reserve"] * gone), 0.0)

    legs = score("lower")
    intact = own["legs_intact"]
    found = {
        "arms": score("upper"),
        "legs": legs,
        "legs_below": np.maximum(legs - intact, 0.0) / (FULL - intact),
        "days": np.full(PATIENTS, YEAR),
        **{name: traits[name] for name in ("ais", "exam", "sensory_rank", "grading_rank")},
    }
    return {name: column[:, None] for name, column in found.items()}


def drawn(known: Mapping[str, ParameterRecord], number: int) -> dict[str, float]:
    """The parameters of grades that go with one draw of the motor course."""
    seen = {grade: at_a_year(known, grade) for grade in {one.grade for one in CONVERSIONS}}
    places = uniforms(1, "grades:candidates", number * CANDIDATES, CANDIDATES, len(DRAWN))
    candidates = [_candidate(place) for place in places]
    weights = np.array([_log_likelihood(known, seen, one) for one in candidates])
    total = np.cumsum(np.exp(weights - weights.max()))
    chosen = np.searchsorted(total, total[-1] * uniforms(1, "grades:chosen", number, 1, 1)[0, 0])
    return candidates[int(min(chosen, CANDIDATES - 1))]


def _candidate(places: Floats) -> dict[str, float]:
    """One point of the ranges on file, evenly on the logarithm."""
    known = parameters("human")
    found = {}
    for name, place in zip(DRAWN, places, strict=True):
        low, high = known[name].low, known[name].high
        assert low and high
        found[name] = float(low * (high / low) ** place)
    return found


def _log_likelihood(
    known: Mapping[str, ParameterRecord], seen: Mapping[int, Mapping[str, Floats]], own: Mapping[str, float]
) -> float:
    scale = ImpairmentScale.of(dict(known) | {n: replace(known[n], value=v) for n, v in own.items()})
    places = uniforms(1, "grades:slip", 0, PATIENTS, scale.draws(1))
    read = {grade: scale.observe(columns, places)[:, 0] for grade, columns in seen.items()}
    total = 0.0
    for one in CONVERSIONS:
        rest = 1.0
        chance = 1.0
        for grades, id in one.percent.items():
            share = (record(id).value or 0.0) / 100
            predicted = float(np.isin(read[one.grade], grades).mean())
            total += OVERLAP * one.n * share * np.log(max(predicted, 1e-3))
            rest, chance = rest - share, chance - predicted
        total += OVERLAP * one.n * rest * np.log(max(chance, 1e-3))
    return total
