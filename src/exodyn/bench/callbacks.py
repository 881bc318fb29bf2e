"""Solvers that call back to Python for rates and Jacobian, both compiled by Numba: CVODE and SciPy's.

Each integrates from dose to dose. Its best settings, found by trying (docs/benchmarks.md): CVODE by
scikit-sundae with a dense matrix and the Jacobian given; SciPy's `odeint` (LSODA), whose loop is compiled,
with no array made in a callback. `solve_ivp` loops in Python.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from scipy.integrate import odeint, solve_ivp

from exodyn.bench.compiled import Compiled, compile_model
from exodyn.bench.problem import DAYS, DOSE_TIMES, Problem
from exodyn.bench.program import Floats, Program, Solve, ladder

MOST_STEPS = 1_000_000
EDGES = (0.0, *DOSE_TIMES, float(DAYS))
QUICK, SLOW = 64, 8
"""How many of the patients are integrated by solvers that take some, and some fifty, milliseconds each."""

Segment = Callable[[Floats, Floats], Floats]
"""From times (first and last included) and the state at the first to f64[points, states]."""


def scipy_programs(problem: Problem) -> list[Program]:
    """SciPy's solvers for stiff systems."""
    compiled = compile_model(problem.model)
    return [
        Program("SciPy LSODA", lambda: _odeint(problem, compiled), ladder(-2.5, -6)),
        Program("SciPy BDF", lambda: _solve_ivp(problem, compiled, "BDF"), ladder(-3, -7, 1)),
        Program("SciPy Radau", lambda: _solve_ivp(problem, compiled, "Radau"), ladder(-2, -6, 1)),
    ]


def sundials_programs(problem: Problem) -> list[Program]:
    """CVODE called from Python."""
    from sksundae.cvode import CVODE

    compiled = compile_model(problem.model)
    constants = _constants(problem, compiled)

    def rates(t: float, y: Floats, out: Floats) -> None:
        compiled.rates(y, constants, out)

    def jacobian(t: float, y: Floats, slope: Floats, out: Floats) -> None:
        compiled.jacobian(y, constants, out)

    def load() -> Solve:
        def segment(rtol: float) -> Segment:
            solver: Any = CVODE(
                rates, jacfn=jacobian, rtol=rtol, atol=problem.atol(rtol), max_num_steps=MOST_STEPS
            )

            def integrate(times: Floats, y: Floats) -> Floats:
                found: Floats = solver.solve(times, y).y
                # Of two times it reports all steps in between.
                return found if len(times) > 2 else found[[0, -1]]

            return integrate

        return _from_dose_to_dose(problem, compiled, constants, segment, QUICK)

    return [Program("scikit-sundae CVODE", load, ladder(-3.5, -7))]


def _odeint(problem: Problem, compiled: Compiled) -> Solve:
    constants = _constants(problem, compiled)
    size = len(problem.states)
    slope, matrix = np.empty(size), np.zeros((size, size))

    def rates(y: Any, t: float) -> Any:
        compiled.rates(y, constants, slope)
        return slope

    def jacobian(y: Any, t: float) -> Any:
        compiled.jacobian(y, constants, matrix)
        return matrix

    def segment(rtol: float) -> Segment:
        atol: Any = problem.atol(rtol)  # the stubs know of numbers only
        return lambda times, y: odeint(
            rates, y, times, Dfun=jacobian, rtol=rtol, atol=atol, mxstep=MOST_STEPS
        )

    return _from_dose_to_dose(problem, compiled, constants, segment, QUICK)


def _solve_ivp(
    problem: Problem, compiled: Compiled, method: Literal["BDF", "Radau"], patients: int = SLOW
) -> Solve:
    constants = _constants(problem, compiled)
    size = len(problem.states)

    def rates(t: float, y: Any) -> Any:
        slope = np.empty(size)  # it keeps what it is given
        compiled.rates(y, constants, slope)
        return slope

    def jacobian(t: float, y: Any) -> Any:
        matrix = np.zeros((size, size))
        compiled.jacobian(y, constants, matrix)
        return matrix

    def segment(rtol: float) -> Segment:
        atol = problem.atol(rtol)

        def integrate(times: Floats, y: Floats) -> Floats:
            ends = (times[0], times[-1])
            with np.errstate(invalid="ignore"):  # BDF computes with memory that it has not yet set
                found = solve_ivp(rates, ends, y, method, times, jac=jacobian, rtol=rtol, atol=atol)
            return np.asarray(found.y.T)

        return integrate

    return _from_dose_to_dose(problem, compiled, constants, segment, patients)


def radau(problem: Problem, rtol: float, patients: int) -> Floats:
    """A second opinion on the reference, by a method and a program that have nothing in common with it."""
    values, _ = _solve_ivp(problem, compile_model(problem.model), "Radau", patients)(rtol)
    return values


def _constants(problem: Problem, compiled: Compiled) -> Floats:
    """The array that a patient's constants are put into; what is compiled reads them there."""
    constants = compiled.constants(problem.parameters[0])
    compiled.rates(compiled.initial(problem.parameters[0]), constants, np.empty(len(problem.states)))
    return constants


def _from_dose_to_dose(
    problem: Problem,
    compiled: Compiled,
    constants: Floats,
    segment: Callable[[float], Segment],
    patients: int,
) -> Solve:
    rows = problem.parameters[:patients]
    prepared = [(compiled.constants(row), compiled.initial(row)) for row in rows]
    spans = [problem.times[(problem.times >= a) & (problem.times <= b)] for a, b in pairwise(EDGES)]
    dosed = problem.states.index(problem.dosed)

    def solve(rtol: float) -> tuple[Floats, float]:
        integrate = segment(rtol)
        found, seconds = [], 0.0
        for values, start in prepared:
            began = time.thread_time()
            constants[:] = values
            y, parts = start, [start[np.newaxis]]
            for times in spans:
                course = integrate(times, y)
                parts.append(course[1:])
                y = course[-1].copy()
                y[dosed] += problem.amount
            found.append(np.concatenate(parts))
            seconds += time.thread_time() - began
        return np.array(found), seconds / len(prepared)

    return solve
