"""The processes at full size: rest, limits, published directions, and the mechanisms that can be left out."""

import numpy as np
import pytest

from exodyn.delivery import Barrier
from exodyn.engine import Dose, Engine, Schedule
from exodyn.indications.stroke import STROKE
from exodyn.repair import Survival, full
from exodyn.report.processes import alone, course, known_of
from exodyn.symbolic import Part

DAYS = np.array([0.125, 0.5, 1, 2, 3, 5, 7, 11, 14, 21, 28, 90])
PRODUCT, ROUTE = "adipose_msc_exosomes", "intravenous"


def at(found: np.ndarray, day: float) -> float:
    return float(found[np.flatnonzero(DAYS == day)[0]])


def run(parts: dict, **given: float) -> dict[str, np.ndarray]:
    return course(alone(parts, known_of("mouse"), given), DAYS)


# Inflammation

INJURED = {"survival": Survival, "inflammation": full.Inflammation}


def test_intact_tissue_stays_calm() -> None:
    found = run(INJURED, damage_per_death=0.0)
    assert found["inflammation"] == pytest.approx(np.zeros(len(DAYS)), abs=1e-9)
    assert found["il10"] == pytest.approx(np.full(len(DAYS), 0.006))
    assert found["tgfb"] == pytest.approx(np.ones(len(DAYS)))


def test_tnf_leads_and_repair_follows() -> None:
    """TNF peaks within the first day, is down to a third at day 5 (NHS020-NHS022); repair comes later."""
    found = run(INJURED)
    assert DAYS[np.argmax(found["tnf"])] in (0.5, 1.0)
    assert at(found["tnf"], 5) < 0.5 * found["tnf"].max()
    for later in ("reparative", "il10", "tgfb"):
        assert DAYS[np.argmax(found[later])] in (2.0, 3.0, 5.0)


def test_efferocytosis_ends_the_signal_sooner() -> None:
    slow = run(INJURED, k_efferocytosis=0.0)
    assert at(run(INJURED)["damage"], 5) < at(slow["damage"], 5)


def test_il10_given_holds_tnf_down() -> None:
    assert run(INJURED, il10_given=5.0)["tnf"].max() < 0.5 * run(INJURED)["tnf"].max()


# Survival


def test_lesion_and_rim_add_up_and_apoptosis_is_later() -> None:
    found = run({"survival": full.Survival})
    assert np.all(np.diff(found["dead"]) >= 0)
    assert found["committed"].max() > 0
    fast = run({"survival": full.Survival}, apoptotic_share=0.0)
    assert at(found["dead"], 1) < at(fast["dead"], 1)
    assert at(found["dead"], 90) == pytest.approx(at(fast["dead"], 90), rel=1e-5)


# Vasculature

FRONT = {"vasculature": full.Vasculature, "barrier": Barrier}


def test_one_of_two_cells_becomes_the_tip_and_blocking_notch_makes_both() -> None:
    found = run(FRONT)
    assert at(found["dll4"], 7) > 50 * at(found["dll4_next"], 7)
    blocked = run(FRONT, notch_gain=-1.0)
    assert at(blocked["dll4_next"], 7) == pytest.approx(at(blocked["dll4"], 7), rel=1e-3)
    assert at(blocked["sprouts"], 7) > 2 * at(found["sprouts"], 7)


def test_vessels_are_fewer_first_and_more_later_and_intact_ones_stay() -> None:
    """NHS027: lower than normal at days 1 and 3, higher at days 14 and 21 (rat)."""
    vessels = run(FRONT)["vessels"]
    assert at(vessels, 1) < 1
    assert at(vessels, 3) < 1
    assert at(vessels, 14) > 1.05
    assert at(vessels, 21) > 1.05
    still = run(FRONT, hypoxia_start=0.0, vessels_start=1.0)
    assert still["vessels"] == pytest.approx(np.ones(len(DAYS)), abs=2e-2)


def test_clots_lower_the_flow_and_keep_hypoxia() -> None:
    assert at(run(FRONT, clots=0.3)["hypoxia"], 7) > at(run(FRONT)["hypoxia"], 7)


# Neurogenesis


def test_the_dividing_share_goes_from_the_intact_to_the_stroke_one() -> None:
    """20 to 31% (MEC005, MEC006), output 1.92-fold with the shorter cycle."""
    found = run({"neurogenesis": full.Neurogenesis}, dead=1.0)
    assert at(found["active"], 90) == pytest.approx(0.31, rel=1e-4)
    assert at(found["progenitors"], 90) == pytest.approx((0.31 / 15.3) / (0.20 / 19), rel=1e-4)
    rest = run({"neurogenesis": full.Neurogenesis}, dead=0.0)
    assert rest["active"] == pytest.approx(np.full(len(DAYS), 0.2))
    assert rest["neuroblasts"] == pytest.approx(np.zeros(len(DAYS)))


@pytest.mark.parametrize("ligand", ["fgf2_given", "wnt_given"])
def test_ligands_wake_stem_cells(ligand: str) -> None:
    parts = {"neurogenesis": full.Neurogenesis}
    plain, more = run(parts, dead=0.5), run(parts, dead=0.5, **{ligand: 10.0})
    assert at(more["active"], 14) > 1.1 * at(plain["active"], 14)


# Plasticity


def test_calm_recovery_is_proportional() -> None:
    found = run(
        {"plasticity": full.Plasticity},
        silent=1.0,
        perfusion=1.0,
        newborn=1.0,
        reserve=0.86,
        recovery_time=20.0,
    )
    assert found["connectivity"] == pytest.approx(0.86 * (1 - np.exp(-DAYS / 20)), rel=1e-5)


def test_fast_synapses_are_the_brake_of_the_default_model() -> None:
    found = run({"plasticity": full.Plasticity}, inflammation=0.3, k_synapse=1e3)
    assert at(found["synapses"], 28) == pytest.approx(1 / (1 + 2 * 0.3), rel=1e-4)


def test_without_brakes_axons_sprout_more() -> None:
    found = run({"plasticity": full.Plasticity}, unbraked=0.6, silent=1.0, perfusion=1.0, newborn=1.0)
    assert at(found["axon_sprouts"], 90) == pytest.approx(1.5 / 0.9, rel=1e-4)


# Cargo


def test_half_of_the_targets_silencing_at_as_many_copies_as_its_own() -> None:
    found = run({"mirna": Part(full.KnockDown, "mir_21_")}, released=100.0, mir_21_per_particle=10.0)
    assert found["mir_21_share"] == pytest.approx(np.full(len(DAYS), 0.5))


def test_a_native_dose_does_nothing_by_number_in_the_whole_model() -> None:
    model = STROKE.full.model("mouse", PRODUCT, ROUTE)
    dose = Schedule([Dose(state="blood", amount=30.0, time=1.0)])
    run = Engine(model, outputs=["mir_124_share", "arrow_calming"]).run(
        patients=1, times=[2.0, 7.0], doses=dose
    )
    assert run.values.max() < 1e-4


# High dose


def test_each_mechanism_is_off_at_zero_and_takes_from_the_effect_when_strong() -> None:
    """Far above any assumed size, so that each can be seen; the sizes themselves are not known."""
    indication = STROKE.full
    engine = Engine(indication.model("mouse", PRODUCT, ROUTE), outputs=["deficit"])
    dose = Schedule([Dose(state="blood", amount=100.0, time=1.0)])
    high = ("desensitisation", "complement", "clotting", "opposing cargo")
    off = {indication.mechanisms[name]: 0.0 for name in high}
    strong = {
        "desensitisation": {"receptor_cost": 3.0, "k_receptor": 0.02},
        "complement": {"complement_signal": 50.0, "complement_half": 1.0},
        "clotting": {"k_clot": 20.0, "k_lysis": 0.02, "clot_half": 10.0},
        "opposing cargo": {"scar_max": 100.0, "scar_half": 1e-4},
    }

    def deficit(given: dict[str, float]) -> float:
        return float(engine.run(given, patients=1, times=[7.0], doses=dose, rtol=1e-6).values[0, 0, 0])

    without = deficit(off)
    for name in high:
        assert deficit(off | strong[name]) > without + 0.02, name


# The whole model


@pytest.mark.parametrize("species", STROKE.species)
def test_the_untreated_course_is_near_that_of_the_default_model(species: str) -> None:
    """Not fitted: half a point of the scale at day 28 and later, for the typical patient."""
    courses = [
        Engine(one.model(species, PRODUCT, ROUTE), outputs=["deficit", "tnf", "newborn"])
        .run(patients=1, times=[1.0, 28.0, 90.0, 365.0], rtol=1e-6)
        .values[0]
        for one in (STROKE, STROKE.full)
    ]
    assert courses[1][:, 0] == pytest.approx(courses[0][:, 0], abs=0.5)
    assert courses[1][0, 1] == pytest.approx(1.0, abs=0.05)
    assert courses[1][2, 2] == pytest.approx(1.0, rel=1e-3)


def test_figures_of_the_full_model_exist_in_it() -> None:
    model = STROKE.full.model("human", PRODUCT, ROUTE)
    outputs = {s.name for s in model.states} | {r.name for r in model.readouts}
    assert {name for figure in STROKE.full.figures.values() for name in figure} <= outputs
    assert set(STROKE.full.mechanisms.values()) <= {p.name for p in model.parameters}
