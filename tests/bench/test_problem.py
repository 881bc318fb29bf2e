"""The problem: what its error measure counts, and that all programs solve the same thing."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from exodyn.bench import libroadrunner, ours
from exodyn.bench.compiled import compile_model
from exodyn.bench.measurement import all_programs, missing_peers
from exodyn.bench.problem import DOSE_TIMES, NOISE, Problem, stroke
from exodyn.symbolic import evaluate, gradients

PATIENTS = 3


@cache
def problem() -> Problem:
    return stroke(PATIENTS)


def test_the_patients_differ_as_it_says() -> None:
    assert len(problem().varied) == 41
    assert np.all(np.ptp(problem().parameters[:, problem().varied], axis=0) > 0)


def test_the_reference_has_no_error() -> None:
    assert np.all(problem().errors(problem().reference) == 0)


def test_an_error_is_relative_to_the_state_or_to_a_part_of_its_peak() -> None:
    values = problem().reference.copy()
    state = problem().states.index("vegf")
    values[1, 50, state] *= 1.02
    expected = 0.02 * abs(problem().reference[1, 50, state])
    expected /= max(abs(problem().reference[1, 50, state]), NOISE * problem().peak[state])
    assert problem().errors(values) == pytest.approx([0, expected, 0])


def test_the_dosed_state_counts_but_for_the_instants_of_doses() -> None:
    values = problem().reference.copy()
    dosed = problem().states.index(problem().dosed)
    values[:, [int(t) for t in DOSE_TIMES], dosed] += problem().amount
    assert np.all(problem().errors(values) == 0)
    values[0, int(DOSE_TIMES[0]) + 1, dosed] += problem().amount
    assert problem().errors(values)[0] > 0.1


def test_the_sbml_file_is_the_same_problem() -> None:
    model, table = ours.read_back(problem())
    assert {s.name for s in model.states} == set(problem().states)
    assert len(model.events) == len(DOSE_TIMES)
    assert table.shape == (PATIENTS, len(model.parameters))
    values, _ = ours.from_file(problem())(1e-9)
    assert problem().errors(values).max() < 1e-6


@pytest.mark.peer
def test_the_compiled_jacobian_is_the_derivative_of_the_rates() -> None:
    model, row = problem().model, problem().parameters[1]
    compiled = compile_model(model)
    y = np.abs(problem().reference[1, 9]) + 1e-3
    known = dict(zip((p.symbol for p in model.parameters), row, strict=True))
    known |= dict(zip((s.symbol for s in model.states), y, strict=True))
    constants = compiled.constants(row)
    slope, matrix = np.empty(len(y)), np.zeros((len(y), len(y)))
    compiled.rates(y, constants, slope)
    compiled.jacobian(y, constants, matrix)
    assert slope == pytest.approx(evaluate([s.rate for s in model.states], known), rel=1e-11, abs=1e-14)
    by = gradients([s.rate for s in model.states], [s.symbol for s in model.states])
    for i, partials in enumerate(by):
        exact = [partials.get(s.symbol) for s in model.states]
        numbers = [evaluate([e], known)[0] if e is not None else 0.0 for e in exact]
        assert matrix[i] == pytest.approx(numbers, rel=1e-11, abs=1e-14)


@pytest.mark.peer
@pytest.mark.slow
def test_every_program_comes_to_the_same_solution() -> None:
    assert missing_peers() == []
    for program in all_programs(problem(), []):
        values, seconds = program.load()(program.rtols[-1])
        assert problem().errors(values).max() < 300 * program.rtols[-1], program.name
        assert 0 < seconds < 10, program.name


@pytest.mark.peer
def test_the_rewritten_sbml_is_the_same_problem() -> None:
    _, rewritten = libroadrunner.programs(problem())
    values, _ = rewritten.load()(1e-9)
    assert problem().errors(values).max() < 1e-6
