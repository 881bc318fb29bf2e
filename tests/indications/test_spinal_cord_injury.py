"""The model of cord injury: its people, its limbs, its signs, its physical range."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from exodyn.engine import Dose, Engine, Schedule
from exodyn.engine.random import uniforms
from exodyn.errors import InputError
from exodyn.evidence import draws_of, record
from exodyn.evidence.limits import limits
from exodyn.indications.spinal_cord_injury import SPINAL_CORD_INJURY, arms_above, legs_above, silent_left
from exodyn.study import Study

PRODUCT, ROUTE = "adipose_msc_exosomes", "intravenous"
NAME = SPINAL_CORD_INJURY.name
ROOT = Path(__file__).parents[2]


def draw(species: str, patients: int, seed: int = 1, **fixed: float) -> dict[str, np.ndarray]:
    spread = SPINAL_CORD_INJURY.population(species).traits
    found = {t.name: t.sample(uniforms(seed, f"traits:{t.name}", 0, patients, 1)[:, 0]) for t in spread}
    return found | {name: np.full(patients, value) for name, value in fixed.items()}


def run(
    species: str,
    traits: Mapping[str, np.ndarray],
    days: list[float],
    outputs: list[str],
    dose: float = 0.0,
    at: float = 1.0,
) -> dict[str, np.ndarray]:
    patients = len(next(iter(traits.values())))
    engine = Engine(SPINAL_CORD_INJURY.model(species, PRODUCT, ROUTE), outputs=outputs)
    own = {k: v for k, v in SPINAL_CORD_INJURY.person(species, traits).items() if k in engine.parameters}
    doses = Schedule([Dose(state="blood", amount=dose, time=at)]) if dose else Schedule()
    values = engine.run(own, patients=patients, times=days, doses=doses, rtol=1e-4).values
    return {name: values[:, :, k] for k, name in enumerate(outputs)}


@pytest.mark.parametrize("species", SPINAL_CORD_INJURY.species)
def test_every_name_that_a_study_uses_exists(species: str) -> None:
    model = SPINAL_CORD_INJURY.model(species, PRODUCT, ROUTE)
    outputs = {s.name for s in model.states} | {r.name for r in model.readouts}
    assert set(SPINAL_CORD_INJURY.stoichiometry.values()) <= outputs
    assert {name for figure in SPINAL_CORD_INJURY.figures.values() for name in figure} <= outputs
    traits = draw(species, 10)
    assert set(SPINAL_CORD_INJURY.person(species, traits)) <= {p.name for p in model.parameters}
    for scale in SPINAL_CORD_INJURY.scales(species):
        assert set(scale.reads) <= outputs | set(traits)
    with pytest.raises(InputError, match="did you mean 'human'"):
        SPINAL_CORD_INJURY.model("humans", PRODUCT, ROUTE)


@pytest.mark.parametrize("route", SPINAL_CORD_INJURY.routes("human"))
def test_particles_of_every_route_are_accounted_for(route: str) -> None:
    state, amount = SPINAL_CORD_INJURY.dose("human", PRODUCT, route, 1e12, "particles")
    engine = Engine(SPINAL_CORD_INJURY.model("human", PRODUCT, route), outputs=["particles_accounted"])
    doses = Schedule([Dose(state=state, amount=amount, time=1.0)])
    found = engine.run(patients=1, times=[1.01, 5.0, 30.0], doses=doses, rtol=1e-8).values
    assert found == pytest.approx(amount, rel=1e-9)


def test_the_level_says_which_limbs_are_intact() -> None:
    assert arms_above(np.array([3.0, 4.0, 6.0, 9.0])) == pytest.approx([0, 0, 20, 50])
    assert legs_above(np.array([0.0, 0.3, 0.99])) == pytest.approx([0, 10, 40])
    thoracic = draw("human", 500, paraplegia=1.0, lumbar_rank=0.0, ais=1.0)
    assert np.all(SPINAL_CORD_INJURY.person("human", thoracic)["upper_severity"] == 0)


def test_scores_at_the_first_examination_do_not_depend_on_what_returns() -> None:
    """The deficit at onset is solved for, so that the score of that day is the one drawn.

    Not for the few who regain nearly all within days: their deficit at onset would have no bound.
    """
    traits = draw("human", 300, ais=3.0, paraplegia=0.0)
    fast = traits | {"pace_score": traits["pace_score"] - 1}
    first, second = (run("human", t, [14.0], ["legs"])["legs"] for t in (traits, fast))
    assert np.median(np.abs(first - second)) < 1.0  # the clock of recovery is a day off at day 14
    assert np.quantile(np.abs(first - second), 0.9) < 3.0


def test_what_the_rim_leaves_silent_is_what_its_rates_say() -> None:
    """To the last digit where phagocytes kill none of it, and they do little."""
    engine = Engine(SPINAL_CORD_INJURY.model("human", PRODUCT, ROUTE), outputs=["silent"])
    own = {"k_die_inflamed": np.array([0.0, 0.5])}
    alone, inflamed = engine.run(own, patients=2, times=[30.0], rtol=1e-8).values[:, 0, 0]
    expected = silent_left(SPINAL_CORD_INJURY.parameters("human"))
    assert alone == pytest.approx(expected, abs=1e-6)
    assert alone < inflamed < expected + 0.003


def test_worse_grades_are_weaker_and_recover_less() -> None:
    means = []
    for grade in (1.0, 2.0, 3.0, 4.0):
        found = run("human", draw("human", 800, ais=grade, paraplegia=0.0), [14.0, 365.0], ["legs"])["legs"]
        means.append(found.mean(axis=0))
    first, year = np.array(means).T
    assert np.all(np.diff(year) > 0)
    assert first[0] < 5 < first[2] < first[3]
    assert np.all(year > first)


def test_two_years_untreated_end_steady() -> None:
    traits = draw("human", 500)
    found = run("human", traits, [365.0, 730.0, 731.0], ["arms", "legs", "inflammation", "vessels"])
    for limb in ("arms", "legs"):
        yearly = np.abs(found[limb][:, 2] - found[limb][:, 1]) * 365
        assert np.median(yearly) < 1.0
    assert np.abs(found["vessels"][:, 1] - 1).max() < 0.01
    assert found["inflammation"][:, 1].max() < 0.01


def test_vesicles_move_motor_scores_up_and_hardly_in_man() -> None:
    traits = draw("human", 300, ais=3.0, paraplegia=0.0)
    usual = traits | {"carry_over": np.full(300, 0.05)}
    whole = traits | {"carry_over": np.full(300, 1.0)}
    none, little, much = (
        run("human", t, [182.0], ["legs"], dose)["legs"].mean()
        for t, dose in ((usual, 0.0), (usual, 1000.0), (whole, 1000.0))
    )
    assert none < little < much


@pytest.mark.parametrize("name", ["cord_injury_mouse", "cord_trial"])
def test_the_article_s_studies_can_be_read(name: str) -> None:
    study = Study.load(ROOT / "examples" / f"{name}.toml")
    assert study.indication.name == NAME


def test_animals_follow_the_figures_that_were_read() -> None:
    """Untreated rats have a BBB of 0 to 1 on day 1 and 4.5 at day 7 (NAT121), and level in weeks."""
    found = 21 * run("rat", draw("rat", 500), [1.0, 7.0, 35.0, 84.0], ["function"])["function"].mean(axis=0)
    assert 0 <= found[0] <= 1
    assert found[1] == pytest.approx(record("NAT121").value, abs=0.5)
    assert found[3] - found[2] < 1.0


def test_the_efficacy_of_stroke_gives_the_pooled_effect_in_cord() -> None:
    """No figure of cord injury was fitted to. Pools of rats and mice; times of doses as in their designs."""
    gains = {}
    for species, scale, dose in (("rat", 21.0, 300.0), ("mouse", 9.0, 30.0)):
        traits = draw(species, 300)
        none = run(species, traits, [28.0], ["function"])["function"].mean()
        times = (0.02, 0.125, 1.0)
        treated = [run(species, traits, [28.0], ["function"], dose, at)["function"].mean() for at in times]
        gains[species] = [scale * float(one - none) for one in treated]
    assert min(gains["rat"]) < (record("SCI009").value or 0) < max(gains["rat"])
    assert 0 < max(gains["mouse"]) < record("SCI010").spread[1]


def test_draws_are_of_this_release_and_of_registries_that_differ() -> None:
    draws = draws_of(NAME, "human")
    assert draws is not None
    assert draws.stale() == ""
    known = SPINAL_CORD_INJURY.parameters("human")
    spread = draws.values["recovery_c_legs"].std()
    assert spread > known["between_recovery"].value / 2
    for name, column in draws.values.items():
        if name.startswith("population."):
            continue
        assert np.all((column >= limits(name).least) & (column <= limits(name).greatest)), name
