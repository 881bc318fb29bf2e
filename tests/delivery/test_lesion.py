"""Barrier, lesion and cargo alone."""

import numpy as np
import pytest

from alone import run
from exodyn.delivery import Barrier, Blood, Body, Cargo, Lesion
from exodyn.engine import Dose, Schedule
from exodyn.symbolic import Part

IN_BRAIN = {"organ_mass": "brain_mass", "neuraxis_mass": "brain_mass"}
LESION = {"body": Body, "blood": Blood, "lesion": Part(Lesion, reads=IN_BRAIN)}
DOSE = Schedule([Dose(state="blood", amount=1.0, time=0.0)])


def test_the_barrier_settles_where_opening_and_closing_meet() -> None:
    found = run({"barrier": Barrier}, [200.0], damage=0.5, k_open=0.4, k_close=0.2)
    assert found["leak"] == pytest.approx([1.0], rel=1e-6)


def test_the_barrier_stays_shut_without_damage_and_is_sealed_by_full_action() -> None:
    assert run({"barrier": Barrier}, [10.0])["leak"] == pytest.approx([0.0])
    assert run({"barrier": Barrier}, [10.0], damage=1.0, sealing=1.0)["leak"] == pytest.approx([0.0])


def test_tnf_opens_the_barrier_further() -> None:
    without, with_tnf = (run({"barrier": Barrier}, [2.0], damage=0.5, tnf=t)["leak"][0] for t in (0.0, 1.0))
    assert with_tnf > without


def test_an_open_barrier_lets_more_in() -> None:
    """Direction: vesicles reach injured tissue (Lankford 2018: injured cord yes, intact cord no)."""
    shut, opened = (run(LESION, [1.0], doses=DOSE, leak=x)["lesion_entered"][0] for x in (0.0, 1.0))
    assert opened > 2 * shut > 0


def test_a_healthy_brain_holds_far_less_than_a_percent() -> None:
    times = np.linspace(0.001, 1, 200)
    found = run(LESION, times, doses=DOSE, leak=0.0)
    assert (found["organ_wall"] + found["lesion_wall"]).max() < 0.01


def test_a_barrier_that_lets_nothing_through_keeps_the_lesion_empty() -> None:
    """However open it leaks, and however long vesicles circulate."""
    found = run(LESION, [0.1, 1.0, 30.0], doses=DOSE, leak=1.0, ki_wall=0.0, ki_leak=0.0, k_blood=0.0)
    assert found["lesion_entered"] == pytest.approx(np.zeros(3), abs=1e-15)
    assert found["blood"] == pytest.approx(np.ones(3), rel=1e-12)


def test_every_vesicle_that_entered_leaves_or_is_digested() -> None:
    found = run(LESION, [180.0], doses=DOSE, leak=1.0)
    left = sum(found[name] for name in ("lesion_wall", "lesion_fluid", "lesion_cells", "organ_wall", "blood"))
    assert left == pytest.approx([0.0], abs=1e-9)
    assert found["degraded"] == pytest.approx([1.0], rel=1e-9)


def test_mirna_settles_at_supply_over_loss() -> None:
    found = run(
        {"cargo": Cargo},
        [100.0],
        lesion_cells=2.0,
        lesion_mass=0.1,
        cell_density=0.2,
        spleen_mass=0.1,
        escape=0.01,
    )
    expected = 0.01 * 0.00825 * 8.05 * 2.0 / 0.02 / 0.489
    assert found["mirna"] == pytest.approx([expected], rel=1e-4)


def test_no_uptake_no_cargo() -> None:
    found = run({"cargo": Cargo}, [10.0], spleen_mass=0.1)
    for name in ("mirna", "factor", "contact", "peripheral"):
        assert found[name] == pytest.approx([0.0])
