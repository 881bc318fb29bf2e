"""Blood and organs: closed forms at low dose, saturation at high dose."""

import numpy as np
import pytest

from alone import run
from exodyn.delivery import Blood, Body, Organ, Phagocytes
from exodyn.engine import Dose, Engine, Schedule
from exodyn.evidence import record
from exodyn.indications import get_indication
from exodyn.symbolic import Part

BLOOD = {"body": Body, "blood": Blood}
WITH_LIVER = {**BLOOD, "liver": Part(Phagocytes, "liver_")}
MINUTE = 1 / 1440


def bolus(amount: float) -> Schedule:
    return Schedule([Dose(state="blood", amount=amount, time=0.0)])


@pytest.fixture(scope="module")
def mouse() -> Engine:
    model = get_indication("stroke").model("mouse", "adipose_msc_exosomes", "intravenous")
    return Engine(model, outputs=["blood", "liver", "spleen", "lung_held", "particles_accounted"])


def test_breakdown_alone_is_exponential() -> None:
    times = np.linspace(0.01, 0.5, 8)
    found = run(BLOOD, times, doses=bolus(2.0), cl_blood=34.0, weight=0.02)
    assert found["blood"] == pytest.approx(2.0 * np.exp(-34.0 / 1.7 * times), rel=1e-6)
    assert found["blood"] + found["degraded"] == pytest.approx(np.full(8, 2.0), rel=1e-12)


def test_an_organ_cannot_take_more_than_its_flow_brings() -> None:
    """Well-stirred organ: uptake clearance far above the flow clears the flow; far below it, itself."""
    times = np.array([0.001])
    fixed = {"cl_blood": 0.0, "k_release": 0.0, "half_filling": 1e9, "weight": 0.02, "liver_flow": 100.0}
    for clearance, expected in ((1e7, 100.0), (0.1, 0.1)):
        found = run(WITH_LIVER, times, doses=bolus(1.0), liver_clearance=clearance, **fixed)
        assert -np.log(found["blood"]) / times * 1.7 == pytest.approx([expected], rel=2e-3)


def test_uptake_is_half_of_its_maximum_at_half_filling() -> None:
    fixed = {"cl_blood": 0.0, "k_release": 0.0, "weight": 0.02, "liver_flow": 1e9, "half_filling": 60.0}
    at_once = np.array([1e-9])
    maximum = run(WITH_LIVER, at_once, doses=bolus(1e7), **fixed)["liver_uptake"]
    half = run(WITH_LIVER, at_once, doses=bolus(60.0 * 1.7), **fixed)["liver_uptake"]
    assert half / maximum == pytest.approx([0.5], rel=1e-4)


def test_an_organ_returns_or_digests_all_it_took() -> None:
    parts = {**BLOOD, "lung": Part(Organ, "lung_")}
    found = run(parts, [50.0], doses=bolus(1.0))
    assert found["degraded"] == pytest.approx([1.0], rel=1e-9)


def test_fitted_clearances_give_what_they_were_fitted_to(mouse: Engine) -> None:
    half_life = (record("KIN015").value or 0.0) * MINUTE
    values = mouse.run(patients=1, times=[half_life, 4 / 24], doses=bolus(1.0), rtol=1e-8).values[0]
    assert values[0, 0] == pytest.approx(0.5, rel=2e-3)
    organs = [(record(id).value or 0.0) / 100 for id in ("BIO001", "BIO002", "BIO003")]
    assert values[1, 1:4] == pytest.approx(organs, rel=2e-3)


def test_fractions_do_not_depend_on_a_small_dose(mouse: Engine) -> None:
    times = [0.005, 0.05, 0.5]
    small, half = (
        mouse.run(patients=1, times=times, doses=bolus(d), rtol=1e-9, atol=1e-14).values[0] / d
        for d in (1e-6, 5e-7)
    )
    assert small[:, :4] == pytest.approx(half[:, :4], rel=1e-6)


def test_a_high_dose_fills_the_liver_and_stays_longer_in_blood(mouse: Engine) -> None:
    """1e14 particles against 1e9: longer half-life, smaller share of the liver and spleen."""
    times = np.linspace(0, 0.2, 401)[1:]
    low, high = (
        mouse.run(patients=1, times=times, doses=bolus(d), rtol=1e-7).values[0] / d for d in (1.0, 1e5)
    )
    half_life = [times[np.argmax(v[:, 0] < 0.5)] for v in (low, high)]
    assert half_life[1] > 1.5 * half_life[0]
    assert high[:, 1].max() < 0.5 * low[:, 1].max()
    assert high[:, 2].max() < 0.5 * low[:, 2].max()


def test_saturation_begins_near_the_threshold_of_synthetic_particles(mouse: Engine) -> None:
    """Uptake by a mouse liver is proportional to dose below 1e11 particles, not at 1e12 (Ouyang 2020)."""
    threshold = (record("KIN037").value or 0.0) / 1e9
    early = [0.002]
    small, tenth, full = (
        mouse.run(patients=1, times=early, doses=bolus(d), rtol=1e-7).values[0, 0, 1] / d
        for d in (1e-3, threshold / 10, threshold)
    )
    assert tenth > 0.9 * small
    assert full < 0.7 * small


def test_vesicles_stay_longer_in_a_larger_body() -> None:
    """Held back (Driedonks 2022, direction): longer circulation in primates than in mice."""
    ind = get_indication("stroke")
    left = []
    for species in ind.species:
        engine = Engine(ind.model(species, "adipose_msc_exosomes", "intravenous"), outputs=["blood"])
        left.append(float(engine.run(patients=1, times=[0.02], doses=bolus(1.0), rtol=1e-6).values[0, 0, 0]))
    assert left[0] > 2 * left[1]  # human, mouse
