"""Gradients of three problems, at the error that each achieves.

Three problems: the stroke model with 41 varied parameters, fitted to one patient's states, and two problems
of the PEtab benchmark collection.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from exodyn.bench.problem import Problem
from exodyn.bench.program import Floats, Program, Solve, ladder
from exodyn.bench.scaling import weekly
from exodyn.engine import Engine
from exodyn.inference.petab import read_problem
from exodyn.inference.petab.fit import RTOL, PetabObjective, objective

REFERENCE_RTOL = 1e-11
ENSEMBLE = 512
FEWER = 128
ONE_BY_ONE = 8
"""Patients that programs which take one at a time are given."""
LADDERS = {"adjoint": ladder(-2, -7), "directions": ladder(-2, -6)}
PETAB = ("Boehm_JProteomeRes2014", "Fujita_SciSignal2010")
PETAB_LADDER = ladder(-4, -10, 1)


@dataclass(frozen=True)
class GradientProblem:
    """A scalar objective with its gradient by the logarithms (or scaled values) of its parameters.

    reference: f64[cases, parameters], the exact gradients.
    """

    name: str
    reference: Floats

    def errors(self, values: Floats) -> Floats:
        """The largest error of each case's gradient, relative to its largest component, f64[cases]."""
        exact = self.reference[: len(values)]
        found = np.max(np.abs(values - exact), axis=1) / np.max(np.abs(exact), axis=1)
        return np.where(np.isfinite(found), found, np.inf)


@dataclass(frozen=True)
class Fit:
    """The stroke problem as one to be fitted: weekly values of all states, each patient's own data.

    Half the sum of squared residuals, in units of each state's peak; each patient's data are the (exact)
    course of the next one. varied: the names of the parameters that move.
    """

    problem: Problem
    varied: tuple[str, ...]

    @cached_property
    def data(self) -> Floats:
        """f64[patients, points, states]."""
        return np.roll(self.problem.reference, -1, axis=0)

    @cached_property
    def columns(self) -> list[int]:
        """The varied parameters as columns of the table."""
        return list(self.problem.varied)

    def engine(self) -> Engine:
        return Engine(self.problem.model, sensitivities=self.varied)

    def gradients(self, engine: Engine, cases: slice, rtol: float, directions: bool = False) -> Floats:
        """By the logarithms of the varied parameters, f64[patients, parameters]."""
        rows = np.arange(cases.start or 0, cases.stop) % len(self.data)
        data, table = self.data[rows], self.problem.parameters[rows]
        settings: dict[str, Any] = {"rtol": rtol, "atol": self.problem.atol(rtol)}
        where = (table, self.problem.times, self.problem.schedule)
        if directions:
            run = engine.run(*where, **settings)
            assert run.sensitivities is not None
            weights = (run.values - data) / self.problem.peak**2
            found = np.einsum("ito,itop->ip", weights, run.sensitivities)
        else:
            found = engine.gradient(
                lambda values: (values - data) / self.problem.peak**2, *where, **settings
            ).gradient
        return np.asarray(found * table[:, self.columns])


def stroke_fit(problem: Problem) -> Fit:
    """The fit of the stroke problem."""
    names = [p.name for p in problem.model.parameters]
    return Fit(weekly(problem), tuple(names[k] for k in problem.varied))


def stroke_gradients(fit: Fit) -> GradientProblem:
    """Its gradients at every patient's own parameters."""
    patients = len(fit.problem.parameters)
    exact = fit.gradients(fit.engine(), slice(patients), REFERENCE_RTOL)
    return GradientProblem(f"{fit.problem.name}, gradient", exact)


def stroke_programs(fit: Fit) -> list[Program]:
    """This engine: adjoint and directions, an ensemble in one call and patients one by one."""

    def program(name: str, together: bool, directions: bool) -> Program:
        def load() -> Solve:
            engine = fit.engine()
            patients = len(fit.problem.parameters)
            size = (FEWER if directions else ENSEMBLE) if together else 1
            cases = (
                [slice(0, size)] if together else [slice(k, k + 1) for k in range(min(patients, ONE_BY_ONE))]
            )

            def solve(rtol: float) -> tuple[Floats, float]:
                began = time.thread_time()
                found = [fit.gradients(engine, case, rtol, directions) for case in cases]
                seconds = time.thread_time() - began
                return np.concatenate(found)[:patients], seconds / len(cases) / size

            return solve

        return Program(name, load, LADDERS["directions" if directions else "adjoint"])

    return [
        program("exodyn adjoint, ensemble", True, False),
        program("exodyn adjoint, one patient", False, False),
        program("exodyn directions, ensemble", True, True),
        program("exodyn directions, one patient", False, True),
    ]


# -- problems in PEtab


def petab_file(name: str) -> Path:
    """The file of a problem."""
    return Path(str(files("exodyn.bench"))) / "petab" / name / f"{name}.yaml"


def petab_objective(name: str, rtol: float = RTOL) -> PetabObjective:
    """The objective that `exodyn fit` searches, with its information."""
    return objective(read_problem(petab_file(name)), rtol)


def nominal(objective: PetabObjective) -> Floats:
    """Scaled nominal values."""
    return np.array([one.scaled(one.start) for one in objective.free if one.start is not None])


def petab_gradients(name: str) -> GradientProblem:
    """The gradient a little off the nominal parameters, where no component is small by accident."""
    objective = petab_objective(name, min(PETAB_LADDER) * 0.01)
    return GradientProblem(name, objective.gradient(beside(nominal(objective)))[1][None, :])


def beside(x: Floats) -> Floats:
    """A point near x."""
    return x + 0.03 * np.cos(np.arange(len(x)))


def petab_program(name: str) -> Program:
    """This engine on a problem in PEtab."""

    def load() -> Solve:
        objectives = {rtol: petab_objective(name, rtol) for rtol in PETAB_LADDER}
        place = beside(nominal(objectives[PETAB_LADDER[0]]))

        def solve(rtol: float) -> tuple[Floats, float]:
            return timed(lambda: objectives[rtol].gradient(place)[1])

        return solve

    return Program("exodyn", load, PETAB_LADDER)


def timed(gradient: Callable[[], Floats], calls: int = 5) -> tuple[Floats, float]:
    """A gradient (as one row) and the median CPU seconds of a few calls."""
    gradient()
    seconds = []
    for _ in range(calls):
        began = time.thread_time()
        found = gradient()
        seconds.append(time.thread_time() - began)
    return found[None, :], float(np.median(seconds))
