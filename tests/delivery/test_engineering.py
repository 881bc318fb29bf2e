"""Engineering: what is read and refused, closed forms of ligand and magnet, folds with an interval."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from alone import run
from exodyn.delivery import Blood, Body, Engineering, Lesion
from exodyn.delivery.doubt import columns
from exodyn.delivery.engineering import drift, read
from exodyn.engine import Dose, Schedule
from exodyn.evidence import parameters
from exodyn.symbolic import Part

IN_BRAIN = {"organ_mass": "brain_mass", "neuraxis_mass": "brain_mass"}
LESION = {"body": Body, "blood": Blood, "lesion": Part(Lesion, reads=IN_BRAIN)}
KNOWN = parameters("mouse", "stroke")
MAGNET = {"moment": "1.2e-18 A*m**2", "gradient": "10 T/m"}


def influx(amount: float = 0.0, **given: float) -> float:
    """Influx of a lesion with so many particles on its wall."""
    doses = Schedule([Dose(state="lesion_wall", amount=amount, time=0.0)])
    return float(run(LESION, [1e-9], doses=doses, **given)["influx"][0])


def test_a_reported_fold_multiplies_what_the_lesion_takes_up() -> None:
    doses = Schedule([Dose(state="blood", amount=1.0, time=0.0)])
    one, five = (
        run(LESION, [1e-6], doses=doses, leak=1.0, reported_fold=x)["lesion_entered"][0] for x in (1.0, 5.0)
    )
    assert five / one == pytest.approx(5.0, rel=1e-3)


def test_a_ligands_influx_halves_when_as_many_are_bound_as_its_targets_say() -> None:
    given = {"ki_wall": 0.5, "ligand_influx": 3.0, "ligand_targets": 2.0, "lesion_mass": 0.1}
    assert influx(**given) == pytest.approx(3.5)
    assert influx(0.2, **given) == pytest.approx(0.5 + 1.5, rel=1e-6)
    assert influx(2e6, **given) == pytest.approx(0.5, rel=1e-6)


def test_a_magnet_catches_by_stokes_drag_and_surface() -> None:
    """1.2e-17 N on a sphere of 100 nm in 1.2 mPa s: 10.6 nm/s, 0.0917 cm/d, a quarter of 100 cm2/g."""
    speed = drift(1.2e-18, 10.0, KNOWN)
    assert speed == pytest.approx(1.2e-17 / (6 * np.pi * 1.2e-3 * 50e-9) * 100 * 86400)
    assert influx(ki_wall=0.0, drift=speed) == pytest.approx(speed * 100 / 4)


def test_units_are_converted_and_reported_folds_drawn_about_their_median() -> None:
    said = {
        "ligand": {"influx": "2 uL/g/min", "targets": "1e8 particles/g"},
        "magnet": "reported",
        "cargo": 50,
    }
    found = read(said, "intravenous", KNOWN).columns(KNOWN)
    assert found["ligand_influx"] == pytest.approx([2.88])
    assert found["ligand_targets"] == pytest.approx([0.1])
    assert found["mirna_per_particle"] == pytest.approx([50.0])
    assert np.median(found["reported_fold"]) == pytest.approx(5.1, rel=0.1)
    low, high = np.quantile(found["reported_fold"], [0.05, 0.95])
    assert low < 2 < 10 < high


def test_a_gel_sets_its_own_parameters() -> None:
    said = {"gel": {"thickness": "2 mm", "diffusion": "0", "erosion": "48 h"}}
    found = read(said, "intralesional gel", KNOWN).columns(KNOWN)
    assert {name: float(value[0]) for name, value in found.items()} == pytest.approx(
        {"gel_half_thickness": 0.1, "gel_diffusion": 0.0, "gel_k_erode": 0.5}
    )


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"magnet": {"moment": "1 A*m**2"}}, r"magnet: 'gradient' is missing; expected moment, gradient"),
        ({"magnet": "repotred"}, r'magnet: "repotred", expected "reported" or {moment, gradient}'),
        ({"magnet": {**MAGNET, "gradient": "10 furlong"}}, r"magnet.gradient: '10 furlong', expected .* T/m"),
        ({"magnet": {**MAGNET, "gradient": "-1 T/m"}}, "expected 0 or more"),
        ({"magnet": {**MAGNET, "moment": "1 A*m**2"}}, "more than blood brings"),
        ({"ligand": {"influx": "1e9 mL/g/d", "targets": "1 particles/g"}}, "more than blood brings"),
        ({"ligand": {"influx": "1 mL/g/d", "targets": "0 particles/g"}}, "expected more than 0"),
        ({"gel": {"thickness": "1 mm", "diffusion": "0", "erosion": "5 d"}}, "route 'intralesional gel'"),
    ],
)
def test_what_cannot_be_is_refused(said: Mapping[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read(said, "intravenous", KNOWN)


def test_particles_as_they_come_are_not_engineered() -> None:
    assert not Engineering()
    assert Engineering(cargo=0.0)
    assert str(Engineering(magnet="reported")).startswith("magnet: 5.1-fold at the lesion (1.6 to 16)")


def test_draws_of_delivery_hold_the_record_and_its_ends() -> None:
    found = columns("mouse", KNOWN)
    for name in ("ki_wall", "ki_leak", "k_uptake", "needle_to_lesion"):
        one = KNOWN[name]
        assert np.median(found[name]) == pytest.approx(one.value, rel=0.1)
    low, high = np.quantile(found["ki_leak"], [0.05, 0.95])
    assert (low, high) == pytest.approx((KNOWN["ki_leak"].low, KNOWN["ki_leak"].high), rel=0.25)
    assert np.all(found["needle_to_lesion"] + found["needle_to_blood"] <= 1.0 + 1e-12)
