"""The objective of a PEtab problem: log-likelihood and log prior at given parameters."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exodyn.errors import InputError, MachineError
from exodyn.inference.objective import Impossible
from exodyn.inference.petab.directions import directions
from exodyn.inference.petab.formula import parse
from exodyn.inference.petab.lanes import plan
from exodyn.inference.petab.likelihood import Outcome, groups, information, likelihood
from exodyn.inference.petab.model import observed
from exodyn.inference.petab.problem import Parameter, Problem
from exodyn.inference.petab.read import read_problem
from exodyn.inference.petab.scale import log_prior, on_scale
from exodyn.inference.petab.simulate import RTOL, Course, Simulator
from exodyn.symbolic import Symbol, gradients
from exodyn.symbolic import evaluate as evaluate_formulas

Floats = NDArray[np.float64]


class Compiled:
    """A problem made ready to be evaluated.

    optimise: compile longer to code that runs faster. gradient: whether derivatives are wanted.
    """

    def __init__(
        self,
        problem: Problem,
        gradient: bool = False,
        optimise: bool = False,
        rtol: float = RTOL[0],
        threads: int = 1,
    ) -> None:
        self.problem = problem
        model = observed(problem)
        self.lanes = plan(problem, model)
        self.groups = groups(problem, model, self.lanes)
        self.directions = directions(problem, model, self.lanes) if gradient else None
        self.derived = Derived(problem)
        self.estimated = np.array([p.estimated for p in problem.parameters])
        self.moved = np.append(self.estimated, np.ones(len(problem.derived), dtype=np.bool_))
        typical = (self.derived.extend(values) for values in _typical(problem))
        self.simulator = Simulator(model, self.lanes, typical, optimise, rtol, threads, self.directions)

    def outcome(self, values: Floats) -> Outcome:
        """The likelihood for values of all parameters of the table. Raises Impossible."""
        return self._evaluate(self.derived.extend(values), gradient=False)[0]

    def gradient(self, values: Floats) -> tuple[Outcome, Floats]:
        """The likelihood, and its derivative by each value of the table; zero where it is not estimated."""
        if self.directions is None:
            raise ValueError("compiled without gradient")
        outcome, course = self._evaluate(self.derived.extend(values), gradient=True)
        found = outcome.by_entry.copy()
        by_direction = self.simulator.back(course, outcome.by_part)
        follows = self.directions.entries >= 0
        np.add.at(found, self.directions.entries[follows], by_direction[follows])
        found = np.where(self.moved, found, 0.0) @ self.derived.slopes(values)
        _check_finite(found[self.estimated])
        return outcome, np.where(self.estimated, found, 0.0)

    @property
    def information_size(self) -> int:
        """How many derivatives `information` computes."""
        outputs = self.simulator.parts + len(self.simulator.states)
        return self.lanes.rows * outputs * len(self.moved)

    def information(self, values: Floats) -> tuple[Outcome, Floats, Floats]:
        """The likelihood, its derivative by each value of the table, and the Fisher information of the data.

        The last is f64[values, values], zero where a parameter is not estimated. By the directions one by
        one, which costs more than `gradient` the more parameters there are.
        """
        if self.directions is None:
            raise ValueError("compiled without gradient")
        table = self.derived.extend(values)
        outcome, course = self._evaluate(table, gradient=True)
        by_entry = self.simulator.forward(course, len(table))
        parts = course.rows[:, : self.simulator.parts]
        slopes = outcome.by_entry + np.einsum("rp,rpe->e", outcome.by_part, by_entry)
        known = information(self.groups, parts, table, by_entry)
        through = self.derived.slopes(values)[self.moved][:, self.estimated]
        of = np.ix_(self.estimated, self.estimated)
        by_value, whole = np.zeros(len(values)), np.zeros((len(values), len(values)))
        by_value[self.estimated] = slopes[self.moved] @ through
        whole[of] = through.T @ known[np.ix_(self.moved, self.moved)] @ through
        _check_finite(by_value)
        _check_finite(whole)
        return outcome, by_value, whole

    def _evaluate(self, values: Floats, gradient: bool) -> tuple[Outcome, Course]:
        course = self.simulator.run(values)
        parts = course.rows[:, : self.simulator.parts]
        outcome = likelihood(self.groups, parts, values, len(self.problem.measurements), gradient)
        if not math.isfinite(outcome.llh):
            raise Impossible(self._first_without_density(outcome))
        return outcome, course

    def _first_without_density(self, outcome: Outcome) -> str:
        number = int(np.argmin(np.isfinite(outcome.densities)))
        measurement = self.problem.measurements[number]
        return (
            f"{measurement.place}: no likelihood of '{measurement.observable}' at time {measurement.time:g}, "
            f"which is simulated as {outcome.simulated[number]:g} with noise {outcome.sigma[number]:g}"
        )


def _check_finite(derivatives: Floats) -> None:
    if not np.all(np.isfinite(derivatives)):
        raise Impossible("a derivative is not a finite number")


class Derived:
    """Values that are formulas of parameters: behind those of the parameter table, in order."""

    def __init__(self, problem: Problem) -> None:
        self.symbols = {name: Symbol(name) for name in problem.parameter_names()}
        self.formulas = [parse(text, self.symbols.__getitem__) for text in problem.derived]
        self.gradients = gradients(self.formulas, self.symbols.values())

    def extend(self, values: Floats) -> Floats:
        """The parameter table with the derived values behind it."""
        known = dict(zip(self.symbols.values(), values, strict=True))
        return np.append(values, evaluate_formulas(self.formulas, known))

    def slopes(self, values: Floats) -> Floats:
        """Derivatives of the extended table by the parameters, f64[extended, parameters]."""
        known = dict(zip(self.symbols.values(), values, strict=True))
        found = np.eye(len(values) + len(self.formulas), len(values))
        for row, by in zip(found[len(values) :], self.gradients, strict=True):
            for i, symbol in enumerate(self.symbols.values()):
                if symbol in by:
                    row[i] = float(evaluate_formulas([by[symbol]], known)[0])
        return found


def _typical(problem: Problem) -> Iterator[Floats]:
    """Values at which the sizes of states are looked for: the nominal ones, then those between the bounds."""
    middle = np.array([_middle(p) for p in problem.parameters])
    stated = np.array([p.nominal for p in problem.parameters])
    yield np.where(np.isnan(stated), middle, stated)
    yield middle


def _middle(parameter: Parameter) -> float:
    """Halfway between the bounds on the parameter's scale; the nominal value where that is nowhere."""
    low, high = parameter.lower, parameter.upper
    if parameter.estimated and math.isfinite(high - low):
        if parameter.scale == "lin":
            return 0.5 * (low + high)
        if low > 0:
            return math.sqrt(low * high)
    return 1.0 if math.isnan(parameter.nominal) else parameter.nominal


def nominal(problem: Problem) -> Floats:
    """Nominal values of all parameters. Raises InputError where one has none."""
    for parameter in problem.parameters:
        if math.isnan(parameter.nominal):
            raise InputError(f"{parameter.place}: parameter '{parameter.name}' has no nominal value")
    return np.array([p.nominal for p in problem.parameters])


def evaluate(path: str | Path, gradient: bool = False) -> dict[str, Any]:
    """The objective of a problem at its nominal parameters.

    "llh" and "chi2" without priors, "log_prior" (-inf where a prior excludes a nominal value), "points" and
    "missing" measurements, and with `gradient` the derivative of llh by each estimated parameter on its own
    scale. Raises InputError, or MachineError where the simulation fails.
    """
    problem = read_problem(path)
    values = nominal(problem)
    outcome, slopes = _at_best_tolerance(Compiled(problem, gradient), values)
    prior = math.fsum(log_prior(p, v)[0] for p, v in zip(problem.parameters, values, strict=True))
    result: dict[str, Any] = {
        "llh": outcome.llh,
        "chi2": outcome.chi2,
        "log_prior": prior,
        "points": len(problem.measurements),
        "missing": problem.missing,
    }
    if slopes is not None:
        result["gradient"] = {
            p.name: on_scale(p, value, float(slope))
            for p, value, slope in zip(problem.parameters, values, slopes, strict=True)
            if p.estimated
        }
    return result


def _at_best_tolerance(compiled: Compiled, values: Floats) -> tuple[Outcome, Floats | None]:
    """At the tightest tolerance that can be met."""
    reasons: list[str] = []
    for rtol in RTOL:
        compiled.simulator.rtol = rtol
        try:
            if compiled.directions is None:
                return compiled.outcome(values), None
            return compiled.gradient(values)
        except Impossible as reason:
            reasons.append(str(reason))
    raise MachineError(f"{compiled.problem.file}: {reasons[-1]}")
