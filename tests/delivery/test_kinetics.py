"""Kinetic parameters of carriers in man, foretold from rodents and rabbits alone."""

import numpy as np
import pytest

from exodyn.delivery import calibrate
from exodyn.delivery.kinetics import forecast_kinetics, is_kinetic
from exodyn.delivery.predict import Forecast
from exodyn.evidence import Record, records


@pytest.fixture(scope="module")
def in_man() -> list[tuple[Record, Forecast]]:
    wanted = [r for r in records("kinetics") if r.species == "human" and r.value and is_kinetic(r)]
    found = []
    for study in dict.fromkeys(r.study for r in wanted):
        own = [r for r in wanted if r.study == study]
        answers = forecast_kinetics(own)
        found += [(r, f) for r in own if isinstance(f := answers[r.id], Forecast)]
    return found


def test_no_human_number_was_fitted_to() -> None:
    assert "human" not in {t.setting.species for t in calibrate.targets()}


def test_man_from_rodents(in_man: list[tuple[Record, Forecast]]) -> None:
    """Half-lives, clearances, volumes, areas and peaks of liposomes and lipid nanoparticles."""
    inside = [
        np.quantile(f.draws, 0.05) <= r.value <= np.quantile(f.draws, 0.95) for r, f in in_man if r.value
    ]
    folds = [abs(np.log(np.median(f.draws) / r.value)) for r, f in in_man if r.value]
    assert len(folds) > 60
    assert np.mean(inside) > 0.8
    assert np.exp(np.mean(folds)) < 3


@pytest.mark.parametrize(
    ("parameter", "condition", "is_one"),
    [
        ("clearance", "PEG-liposome, rat male, 8 mg/kg, day 1", True),
        ("blood half-life", "Expi293F EVs, iv", True),
        ("lipid nanoparticle clearance by liver", "bare LNP-mRNA", True),
        ("elimination half-life in brain tissue", "liposome, convection-enhanced delivery", False),
        ("t1/2 beta", "125I-labelled B16BL6 melanoma cell exosomes, tail vein", True),
        ("AUC0-inf", "HEK293T sEVs, 1e10 particles iv", True),
        ("accumulation ratio, area under curve", "liposome", False),
        ("tumour delivery at 24 h", "PEG nanoparticle", False),
        ("vascular share of tissue volume, heart", "PBPK for liposomes", False),
        ("CSF turnover time", "table of spinal delivery", False),
    ],
)
def test_which_records_are_kinetics_of_a_carrier(parameter: str, condition: str, is_one: bool) -> None:
    like = records("kinetics")[0]
    fields = {**like.fields, "parameter": parameter, "condition": condition}
    from dataclasses import replace

    assert is_kinetic(replace(like, quantity=parameter, species="rat", fields=fields)) is is_one


def test_residence_and_volume_of_vesicles_in_the_mouse() -> None:
    """125I on vesicles leaves plasma within hours and spreads in millilitres (KIN009 to KIN012), not days."""
    own = [r for r in records("kinetics") if r.study == "KimDH2019_ref26"]
    answers = forecast_kinetics(own)
    for one in own:
        found = answers[one.id]
        assert isinstance(found, Forecast) and one.value
        low, middle, high = np.quantile(found.draws, [0.05, 0.5, 0.95])
        assert low <= one.value <= high
        assert abs(np.log(middle / one.value)) < np.log(8)
