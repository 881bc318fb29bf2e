"""Traumatic brain injury: untreated animals recover as published, vesicles help most when given early."""

from functools import cache

import numpy as np
import pytest

from exodyn.engine import Dose, Engine, Schedule
from exodyn.engine.random import uniforms
from exodyn.evidence import record
from exodyn.indications import get_indication
from exodyn.indications.traumatic_brain_injury import SPECIES, TRAUMATIC_BRAIN_INJURY

PRODUCT, ROUTE = "adipose_msc_exosomes", "intravenous"
ANIMALS = 256


def draw(species: str, animals: int = ANIMALS) -> dict[str, np.ndarray]:
    spread = TRAUMATIC_BRAIN_INJURY.population(species).traits
    return {t.name: t.sample(uniforms(1, f"traits:{t.name}", 0, animals, 1)[:, 0]) for t in spread}


@cache
def engine(species: str, outputs: tuple[str, ...] = ("deficit", "hazard")) -> Engine:
    return Engine(TRAUMATIC_BRAIN_INJURY.model(species, PRODUCT, ROUTE), outputs=list(outputs))


def deficit(species: str, days: list[float], dose: float = 0.0, start: float = 1.0) -> np.ndarray:
    """Mean deficit of the same animals; dose in Gparticles per kg."""
    traits = draw(species)
    schedule = Schedule([Dose("blood", amount=dose * traits["weight"], time=start)]) if dose else Schedule()
    own = TRAUMATIC_BRAIN_INJURY.person(species, traits)
    run = engine(species).run(own, patients=ANIMALS, times=days, doses=schedule)
    return run.values[:, :, 0].mean(axis=0)


def test_it_is_listed() -> None:
    assert get_indication("traumatic_brain_injury") is TRAUMATIC_BRAIN_INJURY


@pytest.mark.parametrize("species", SPECIES)
def test_every_name_that_a_study_uses_exists(species: str) -> None:
    model = TRAUMATIC_BRAIN_INJURY.model(species, PRODUCT, ROUTE)
    outputs = {s.name for s in model.states} | {r.name for r in model.readouts}
    assert set(TRAUMATIC_BRAIN_INJURY.stoichiometry.values()) <= outputs
    assert {name for figure in TRAUMATIC_BRAIN_INJURY.figures.values() for name in figure} <= outputs
    traits = draw(species)
    assert set(TRAUMATIC_BRAIN_INJURY.person(species, traits)) <= {p.name for p in model.parameters}
    for scale in TRAUMATIC_BRAIN_INJURY.scales(species):
        assert set(scale.reads) <= outputs | set(traits)


def test_mice_lose_about_half_of_their_score_in_25_days() -> None:
    at_first, later = deficit("mouse", [1 / 24, 25.0])
    published = [1 + (record(change).value or 0) / (record(start).value or 1) for start, change in
                 (("NHA030", "NHA031"), ("NHA032", "NHA033"))]  # fmt: skip
    assert min(published) - 0.15 < later / at_first < max(published) + 0.15


@pytest.mark.parametrize("species", SPECIES)
def test_an_animal_has_its_score_on_day_1(species: str) -> None:
    traits = draw(species)
    assert deficit(species, [1.0])[0] == pytest.approx(
        traits["mnss"].mean(), rel=0.1
    )  # the share is the mean over draws


def test_an_early_dose_helps_most_and_every_one_helps() -> None:
    end = [35.0]
    untreated = deficit("rat", end)[0]
    after = {start: deficit("rat", end, 1250.0, start)[0] for start in (1.0, 4.0, 7.0, 14.0)}
    assert after[1.0] < after[4.0] < after[7.0] < after[14.0] < untreated


def test_the_torn_barrier_leaks_at_once_and_is_shut_within_weeks() -> None:
    leak = engine("rat", ("leak",)).run(patients=1, times=[0.01, 3.0, 7.0, 28.0]).values[0, :, 0]
    assert leak[0] == pytest.approx(1.0, abs=0.01)
    assert 0.7 < leak[1] < 1.5 and leak[3] < 0.1


def test_swine_come_back_to_nothing() -> None:
    day_1, day_30 = deficit("pig", [1.0, 30.0])
    assert day_30 < 0.05 * day_1


@pytest.mark.parametrize("species", SPECIES)
def test_two_years_without_treatment_are_steady(species: str) -> None:
    one_year, two_years = deficit(species, [365.0, 730.0])
    assert two_years == pytest.approx(one_year, abs=0.3)


@pytest.mark.parametrize("species", SPECIES)
def test_states_stay_in_their_range_for_random_parameters(species: str) -> None:
    known = {p: r for p, r in TRAUMATIC_BRAIN_INJURY.parameters(species).items() if r.low is not None}
    at = engine(species, ("dead", "rim", "connectivity", "vessels", "leak", "inflammation", "newborn"))
    own = TRAUMATIC_BRAIN_INJURY.person(species, draw(species))
    for name, one in known.items():
        assert one.low is not None and one.high is not None
        if name in at.parameters and name not in own:
            own[name] = one.low + (one.high - one.low) * uniforms(3, name, 0, ANIMALS, 1)[:, 0]
    doses = Schedule([Dose("blood", amount=1e4 * own["weight"], time=1.0)])
    values = at.run(own, patients=ANIMALS, times=[0.5, 3.0, 14.0, 90.0, 365.0], doses=doses).values
    dead, rim, connectivity, vessels, leak, inflammation, newborn = np.moveaxis(values, 2, 0)
    assert np.all((dead >= 0) & (dead + rim <= 1 + 1e-6) & (rim >= -1e-6))
    assert np.all((connectivity >= -1e-6) & (connectivity <= 1 + 1e-6))
    assert np.all((vessels > 0) & (vessels < 4)) and np.all((leak >= -1e-6) & (leak < 20))
    assert np.all(inflammation >= -1e-6) and np.all(newborn >= -1e-6)


@pytest.mark.parametrize("species", SPECIES)
def test_the_full_model_keeps_its_particles_and_its_ranges(species: str) -> None:
    full = TRAUMATIC_BRAIN_INJURY.full
    assert full is not None
    names = ("particles_accounted", "dead", "committed", "rim", "receptors", "clots", "synapses", "deficit")
    run = Engine(full.model(species, PRODUCT, ROUTE), outputs=list(names)).run(
        full.person(species, draw(species, 32)),
        patients=32,
        times=[2.0, 7.0, 35.0, 730.0],
        doses=Schedule([Dose("blood", amount=np.full(32, 300.0), time=1.0)]),
    )
    given, dead, committed, rim, receptors, clots, synapses, points = np.moveaxis(run.values, 2, 0)
    assert given == pytest.approx(np.full(given.shape, 300.0), rel=1e-8)
    for share in (dead, committed, rim, receptors, clots, synapses):
        assert np.all((share >= -1e-6) & (share <= 1 + 1e-6))
    assert np.all(dead + committed + rim <= 1 + 1e-6) and np.all(np.diff(points, axis=1) < 0.1)
