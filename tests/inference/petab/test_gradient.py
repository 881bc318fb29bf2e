"""Gradients of PEtab problems against differences of their likelihoods."""

from __future__ import annotations

import csv
import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from exodyn.inference.petab import Compiled, evaluate, read_problem
from exodyn.inference.petab.objective import nominal
from exodyn.inference.petab.problem import Parameter, Problem
from exodyn.inference.petab.scale import on_scale

CONVERSION = Path(__file__).parents[2] / "data" / "petab" / "conversion" / "problem.yaml"
RTOL = 1e-12


def moved(parameter: Parameter, value: float, by: float) -> float:
    """The value after a step on the parameter's own scale (lin: relative to its size)."""
    if parameter.scale == "lin":
        return value + by * max(abs(value), 1e-3)
    return value * (10**by if parameter.scale == "log10" else math.exp(by))


def difference(compiled: Compiled, values: np.ndarray, number: int, step: float) -> float:
    """d llh / d scaled parameter by a five-point difference."""
    parameter = compiled.problem.parameters[number]

    def at(by: float) -> float:
        changed = values.copy()
        changed[number] = moved(parameter, values[number], by)
        return compiled.outcome(changed).llh

    found = (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step)
    return found / (max(abs(values[number]), 1e-3) if parameter.scale == "lin" else 1.0)


def check(
    problem: Problem, steps: tuple[float, ...], most: int = 99, tolerance: float = 1e-5, away: float = 0.0
) -> None:
    """Of several steps the difference that fits best counts: each has its own noise and curvature.

    away: how far from the nominal point: at an optimum a gradient is the small rest of large terms.
    """
    values = nominal(problem)
    places = zip(problem.parameters, values, np.random.default_rng(0).normal(size=len(values)), strict=True)
    values = np.array([moved(p, v, away * z) if p.estimated else v for p, v, z in places])
    exact = Compiled(problem, gradient=True, rtol=RTOL)
    _, slopes = exact.gradient(values)
    plain = Compiled(problem, rtol=RTOL)
    estimated = [i for i, p in enumerate(problem.parameters) if p.estimated]
    largest = max(abs(on_scale(problem.parameters[i], values[i], slopes[i])) for i in estimated)
    for i in np.random.default_rng(1).permutation(estimated)[:most]:
        parameter = problem.parameters[i]
        ours = on_scale(parameter, values[i], slopes[i])
        errors = [abs(difference(plain, values, i, step) - ours) for step in steps]
        assert min(errors) <= tolerance * (abs(ours) + 1e-3 * largest), (problem.file, parameter.name)


def test_every_feature_at_once():
    """Steady states before and after, a state set again, scales, noise, placeholders."""
    check(read_problem(CONVERSION), (1e-3,), tolerance=1e-8)


def test_values_are_those_without_gradient():
    plain, with_gradient = evaluate(CONVERSION), evaluate(CONVERSION, gradient=True)
    assert with_gradient["llh"] == plain["llh"]
    estimated = [p.name for p in read_problem(CONVERSION).parameters if p.estimated]
    assert list(with_gradient["gradient"]) == estimated


def test_a_parameter_of_the_period_before_alone(tmp_path):
    """What only the first period reads reaches the second through its start."""
    folder = shutil.copytree(CONVERSION.parent, tmp_path / "conversion")
    conditions = folder / "conditions.tsv"
    conditions.write_text(conditions.read_text().replace("before all\t0.3\t", "before all\tk1_rest\t"))
    parameters = folder / "parameters.tsv"
    parameters.write_text(parameters.read_text() + "k1_rest\tlog10\t0.01\t10\t0.3\t1\t\t\n")
    check(read_problem(folder / "problem.yaml"), (1e-3,), tolerance=1e-8)


def test_start_at_a_steady_state_that_parameters_move(tmp_path):
    """The states rest at the nominal point from the beginning; their derivatives do not."""
    folder = shutil.copytree(CONVERSION.parent, tmp_path / "conversion")
    conditions = folder / "conditions.tsv"
    # A = 1, B = k1 / k2 = 0.5 with k1 = k2 / 2
    conditions.write_text(
        conditions.read_text().replace("before all\t0.3\t\t0.5", "before all\t0.275\t1\t0.5")
    )
    check(read_problem(folder / "problem.yaml"), (1e-3,), tolerance=1e-8)


def test_suite_gradients(shared_cases):
    for file in sorted((shared_cases / "petab" / "suite").glob("*/_*.yaml")):
        if "solution" not in file.name:
            check(read_problem(file), (1e-3,), away=0.02)


@pytest.mark.slow
def test_benchmark_gradients(shared_cases):
    folder = shared_cases / "petab" / "benchmark"
    for row in csv.DictReader((folder / "index.csv").open()):
        # Crauste's pathogen grows without bound a ten-thousandth away from the nominal point.
        brittle = row["problem"].startswith("Crauste")
        steps = (1e-9, 3e-9, 1e-8) if brittle else (1e-2, 1e-3, 1e-4)
        problem = read_problem(folder / row["problem"] / row["yaml"])
        check(problem, steps, most=6, tolerance=1e-3 if brittle else 1e-5, away=0.0 if brittle else 0.02)


def test_information_is_that_of_differences_of_what_is_simulated():
    """In the small problem that has every feature: periods, steady states, transformations, both noises."""
    problem = read_problem(CONVERSION)
    values = nominal(problem)
    compiled = Compiled(problem, gradient=True, rtol=RTOL)
    outcome, slopes, information = compiled.information(values)
    np.testing.assert_allclose(slopes, compiled.gradient(values)[1], rtol=1e-8, atol=1e-8)
    estimated = [i for i, p in enumerate(problem.parameters) if p.estimated]
    of = [problem.observables[m.observable] for m in problem.measurements]
    unit = np.array([{"lin": 0.0, "log": 1.0, "log10": math.log(10.0)}[o.transformation] for o in of])
    known = np.array([2.0 if o.distribution == "normal" else 1.0 for o in of])

    def seen(at: np.ndarray) -> np.ndarray:
        found = compiled.outcome(at)
        logs = np.log(np.maximum(found.simulated, 1e-300)) / np.where(unit > 0, unit, 1.0)
        return np.array([np.where(unit > 0, logs, found.simulated), found.sigma])

    by = np.zeros((2, len(of), len(values)))
    for i in estimated:
        step = np.zeros(len(values))
        step[i] = 1e-5 * max(abs(values[i]), 1e-3)
        by[..., i] = (seen(values + step) - seen(values - step)) / (2 * step[i])
    by /= outcome.sigma[:, None]
    expected = by[0].T @ by[0] + (by[1] * known[:, None]).T @ by[1]
    np.testing.assert_allclose(information, expected, rtol=1e-6, atol=1e-6 * np.abs(expected).max())


def test_the_likelihood_is_one_function_of_the_parameters():
    """Whatever was computed before: the tolerances of states come from the problem alone."""
    problem = read_problem(CONVERSION)
    values = nominal(problem)
    elsewhere = np.array(
        [moved(p, v, 0.3) if p.estimated else v for p, v in zip(problem.parameters, values, strict=True)]
    )
    one, two = (Compiled(problem, rtol=1e-6) for _ in range(2))
    one.outcome(elsewhere)
    assert one.outcome(values).llh == two.outcome(values).llh
