"""Untreated courses of animals and the effect of vesicles, as they are drawn on file."""

import numpy as np
import pytest

from exodyn.calibration import animals
from exodyn.evidence import draws_of, is_validation, record
from exodyn.evidence.table import DATA, rows
from exodyn.indications import get_indication

PAIRS = [(name, one) for name in animals.POOLS for one in get_indication(name).species if one != "human"]


def test_no_study_kept_for_validation_is_fitted_to() -> None:
    ids = [
        id for _, cells in rows(DATA / "population" / "animal_targets.csv") for id in cells["records"].split()
    ]
    ids += [id for pools in animals.POOLS.values() for id in pools]
    assert ids and not [id for id in ids if is_validation(record(id))]


@pytest.mark.parametrize(("name", "species"), PAIRS)
def test_draws_are_on_file_and_up_to_date(name: str, species: str) -> None:
    draws = draws_of(name, species)
    assert draws is not None and draws.count == animals.KEPT and draws.stale() == ""
    assert np.all(draws.values["efficacy"] >= 0)
    known = {f"population.{trait.name}.center" for trait in get_indication(name).population(species).traits}
    assert set(draws.values) <= known | set(get_indication(name).parameters(species))


def test_prior_draws_follow_their_laws() -> None:
    found = animals.prior("stroke", "rat", 4000)
    assert np.median(found["population.recovery_time.center"]) == pytest.approx(12, rel=0.03)
    assert np.std(np.log(found["population.recovery_time.center"])) == pytest.approx(0.5, rel=0.05)
    assert np.median(found["population.mnss.center"]) == pytest.approx(9.5, rel=0.03)
    assert 0 <= found["shock_share"].min() and found["shock_share"].max() <= 0.4


def test_the_pooled_effect_is_taken_down_by_what_studies_make_of_it() -> None:
    """On a straight curve the usual efficacy is the pooled effect over the inflation of all flaws."""
    curve = np.tile(-np.array(animals.EFFICACIES) / 10, (4000, 1))
    usual, study = animals.efficacies("stroke", curve)
    published = -10 * animals.published("stroke")[0]
    expected = published / (1.3 * np.exp(0.65 * 0.12 + 0.71 * 0.10))
    assert np.median(usual) == pytest.approx(expected, rel=0.05)
    assert np.std(study) > np.std(usual)
    assert np.mean(study == 0) > 0.02  # a study in which vesicles do nothing is possible


def test_more_of_it_does_more() -> None:
    draws = {key: column[:24] for key, column in animals.prior("traumatic_brain_injury", "rat", 24).items()}
    found = animals.effects("traumatic_brain_injury", "rat", draws)
    assert found.shape == (24, len(animals.EFFICACIES))
    assert np.all(found[:, 0] == 0) and np.all(np.diff(found, axis=1) <= 0)
    assert np.median(found[:, -1]) < -1
