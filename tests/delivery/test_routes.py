"""Routes: closed forms of the depot, balance by every route, and the grade that outputs show."""

import numpy as np
import pytest

from alone import run
from exodyn.delivery import ROUTES, Blood, Body, Depot
from exodyn.engine import Dose, Engine, Schedule
from exodyn.indications import get_indication
from exodyn.symbolic import Part

DEPOT = {"body": Body, "blood": Blood, "depot": Part(Depot, "nose_", {"brain": "degraded"})}
ALONE = {"k_blood": 0.0, "weight": 0.02, "nose_to_brain": 0.0, "nose_to_lesion": 0.0, "lesion_share": 0.0}


def given(state: str) -> Schedule:
    return Schedule([Dose(state=state, amount=1.0, time=0.0)])


def test_a_depot_empties_as_one_exponential_and_blood_gets_its_share() -> None:
    times = np.array([0.01, 0.1, 1.0])
    found = run(DEPOT, times, doses=given("nose_depot"), nose_k_leave=7.0, nose_to_blood=0.3, **ALONE)
    assert found["nose_depot"] == pytest.approx(np.exp(-7.0 * times), rel=1e-6, abs=1e-11)
    assert found["blood"] == pytest.approx(0.3 * (1 - np.exp(-7.0 * times)), rel=1e-6)
    assert found["nose_depot"] + found["blood"] + found["degraded"] == pytest.approx(np.ones(3), rel=1e-9)


def test_a_sealed_depot_keeps_all() -> None:
    found = run(DEPOT, [100.0], doses=given("nose_depot"), nose_k_leave=0.0, **ALONE)
    assert found["nose_depot"] == pytest.approx([1.0], rel=1e-12)


@pytest.mark.parametrize("route", list(ROUTES))
@pytest.mark.parametrize("species", ["human", "mouse"])
def test_particles_are_conserved_by_every_route(species: str, route: str) -> None:
    model = get_indication("stroke").model(species, "adipose_msc_exosomes", route)
    engine = Engine(model, outputs=["particles_accounted", "lesion_entered"], optimise=False)
    doses = Schedule([Dose(state=ROUTES[route].state, amount=50.0, time=1.0, interval=2.0, count=2)])
    values = engine.run(patients=1, times=[1.5, 2.0, 4.0, 60.0], doses=doses, rtol=1e-4).values[0]
    assert values[:, 0] == pytest.approx([50.0, 50.0, 100.0, 100.0], rel=1e-8)
    assert values[-1, 1] > 0


def test_into_the_lesion_more_arrives_than_from_a_vein() -> None:
    arrived = {}
    for route in ("intracerebral", "intra-arterial", "intravenous"):
        model = get_indication("stroke").model("mouse", "adipose_msc_exosomes", route)
        engine = Engine(model, outputs=["lesion_entered"], optimise=False)
        values = engine.run(patients=1, times=[5.0], doses=given(ROUTES[route].state)).values
        arrived[route] = float(values[0, 0, 0])
    assert arrived["intracerebral"] > 10 * arrived["intra-arterial"] > 10 * arrived["intravenous"]


def test_every_route_says_how_well_it_is_known() -> None:
    assert all(route.grade for route in ROUTES.values())
    assert ["assumed" in route.grade for route in ROUTES.values()].count(False) == 1  # a vein
