"""Gradients and searches beside AMICI and pyPESTO: that all compute the same thing."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

import numpy as np
import pytest

from exodyn.bench.comparison import Comparison, ratios
from exodyn.bench.gradients import (
    PETAB,
    GradientProblem,
    beside,
    nominal,
    petab_objective,
    petab_program,
    stroke_fit,
    stroke_gradients,
    stroke_programs,
)
from exodyn.bench.matching import Series
from exodyn.bench.problem import stroke
from exodyn.bench.rows import gradients
from exodyn.bench.searches import Searches, StrokeObjective

PATIENTS = 3
without_amici = pytest.mark.skipif(
    not (find_spec("amici") and find_spec("pypesto")), reason="AMICI and pyPESTO are not installed"
)


@cache
def fit():  # type: ignore[no-untyped-def]
    return stroke_fit(stroke(PATIENTS))


@pytest.mark.slow
def test_our_ways_compute_the_same_gradients() -> None:
    problem = stroke_gradients(fit())
    assert problem.reference.shape == (PATIENTS, 41)
    for program in stroke_programs(fit()):
        if "directions, ensemble" not in program.name:
            assert np.all(problem.errors(program.load()(1e-6)[0]) < 1e-6), program.name


@pytest.mark.slow
@pytest.mark.parametrize("name", PETAB)
def test_gradients_of_petab_problems_are_differences(name: str) -> None:
    objective = petab_objective(name, 1e-10)
    place = beside(nominal(objective))
    _, slope = objective.gradient(place)
    for k in range(0, len(place), 4):
        step = np.eye(len(place))[k] * 1e-4
        difference = (objective(place + step) - objective(place - step)) / 2e-4
        assert difference == pytest.approx(slope[k], rel=1e-5, abs=1e-5 * np.abs(slope).max())
    assert petab_program(name).load()(1e-8)[0].shape == (1, len(place))


@pytest.mark.slow
def test_the_likelihood_of_the_stroke_problem_is_highest_at_its_own_parameters() -> None:
    objective = StrokeObjective(fit())
    own = np.log(fit().problem.parameters[0, fit().columns])
    best, slope = objective.gradient(own)
    assert -1e-6 < best <= 0.0 and np.abs(slope).max() < 1e-2
    assert objective(own + 0.1) < -1.0


@pytest.mark.peer
@pytest.mark.slow
@without_amici
def test_amici_computes_the_same_gradients() -> None:
    from exodyn.bench import amici_peer

    problem = stroke_gradients(fit())
    for program in amici_peer.stroke_programs(fit()):
        assert np.all(problem.errors(program.load()(1e-7)[0]) < 1e-3), program.name


def test_ratios_are_against_the_fastest_way_of_the_peer() -> None:
    errors = np.array([1e-4, 1e-6, 1e-8])
    problem = GradientProblem("toy", np.ones((1, 2)))

    def series(name: str, seconds: float) -> Series:
        return Series(name, 1, errors, errors, errors, np.full((2, 3), seconds))

    found = Comparison(
        "toy",
        problem,
        [
            series("exodyn adjoint, ensemble", 1e-4),
            series("AMICI forward", 4e-3),
            series("AMICI adjoint", 1e-3),
        ],
        [
            Searches("exodyn", np.array([1.0, 1.0]), np.array([0.0, -7.0])),
            Searches("AMICI + pyPESTO", np.array([3.0, 3.0]), np.array([-0.01, 0.0])),
        ],
    )
    result = ratios([found])
    assert np.allclose(result["amici_gradient_toy_adjoint_ensemble_1e-5"], 10.0)
    # ours: two seconds for the one search that found it; the peer's: six for two
    assert np.allclose(result["pypesto_optimum_toy"], 1.5)
    rows = gradients(found)
    assert {row["problem"] for row in rows} == {"toy, gradient", "toy, optimum"}
    assert [row["found"] for row in rows if "found" in row] == [1, 2]
