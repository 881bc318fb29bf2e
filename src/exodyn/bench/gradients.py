"""Gradients beside AMICI's, at the error that each achieves, and searches for the optimum beside pyPESTO's.

Three problems: the stroke model with 41 varied parameters, fitted to one patient's states, and two problems
of the PEtab benchmark collection.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from exodyn.bench.matching import Series, alternate
from exodyn.bench.problem import Problem
from exodyn.bench.program import Floats, Program, Solve, ladder
from exodyn.bench.scaling import weekly
from exodyn.engine import Engine
from exodyn.inference.objective import Impossible
from exodyn.inference.optimise import search
from exodyn.inference.parameters import Free
from exodyn.inference.petab import Compiled, read_problem
from exodyn.inference.petab.objective import nominal
from exodyn.inference.petab.scale import on_scale

TARGETS = (1e-5, 1e-6)
"""Errors of a gradient at which programs are compared."""
REFERENCE_RTOL = 1e-11
ENSEMBLE = 512
FEWER = 128
ONE_BY_ONE = 8
"""Patients that programs which take one at a time are given."""
LADDERS = {"adjoint": ladder(-2, -7), "directions": ladder(-2, -6)}
PETAB = ("Boehm_JProteomeRes2014", "Fujita_SciSignal2010")
PETAB_LADDER = ladder(-4, -10, 1)
SEED = 7
STARTS = {"stroke": 2, "Boehm_JProteomeRes2014": 20, "Fujita_SciSignal2010": 3}
FACTORS = {"stroke": 1.5, "Boehm_JProteomeRes2014": 10.0, "Fujita_SciSignal2010": 10.0}
"""Searches start off by up to this factor from the values that made the data, or the published ones."""
BOUNDS = 4.0
"""Those on the stroke model are bounded by this factor to either side."""
SAME = 0.1
"""Searches that end within this of the best log-likelihood have found the optimum."""
SEARCH_RTOL = 1e-6
TURNS = 3
"""How often gradients are measured, at most."""


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


class PetabObjective:
    """Log-likelihood and gradient by the scaled parameters that are estimated."""

    def __init__(self, name: str, rtol: float) -> None:
        problem = read_problem(petab_file(name))
        self._values = nominal(problem)
        self._estimated = [k for k, p in enumerate(problem.parameters) if p.estimated]
        self.parameters = [problem.parameters[k] for k in self._estimated]
        self._compiled = Compiled(problem, gradient=True, optimise=True, rtol=rtol)
        self.free = tuple(
            Free(p.name, p.lower, p.upper, p.scale, self._values[k])
            for k, p in zip(self._estimated, self.parameters, strict=True)
        )

    def __call__(self, x: Floats) -> float:
        """The log-likelihood."""
        return self.gradient(x)[0]

    def gradient(self, x: Floats) -> tuple[float, Floats]:
        """The log-likelihood and its gradient by x."""
        values = self._values.copy()
        values[self._estimated] = [one.value(v) for one, v in zip(self.free, x, strict=True)]
        try:
            outcome, slopes = self._compiled.gradient(values)
        except Impossible:
            return -math.inf, np.zeros(len(x))
        own = [
            on_scale(p, values[k], slopes[k]) for k, p in zip(self._estimated, self.parameters, strict=True)
        ]
        return outcome.llh, np.array(own)

    @property
    def nominal(self) -> Floats:
        """Scaled nominal values."""
        return np.array(
            [one.scaled(self._values[k]) for one, k in zip(self.free, self._estimated, strict=True)]
        )


def petab_gradients(name: str) -> GradientProblem:
    """The gradient a little off the nominal parameters, where no component is small by accident."""
    objective = PetabObjective(name, min(PETAB_LADDER) * 0.01)
    return GradientProblem(name, objective.gradient(beside(objective.nominal))[1][None, :])


def beside(x: Floats) -> Floats:
    """A point near x."""
    return x + 0.03 * np.cos(np.arange(len(x)))


def petab_program(name: str) -> Program:
    """This engine on a problem in PEtab."""

    def load() -> Solve:
        objectives = {rtol: PetabObjective(name, rtol) for rtol in PETAB_LADDER}
        place = beside(objectives[PETAB_LADDER[0]].nominal)

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


# -- searches


@dataclass(frozen=True)
class Searches:
    """Searches of one program. seconds: f64[starts], CPU; ended: f64[starts], log-likelihoods."""

    engine: str
    seconds: Floats
    ended: Floats

    def seconds_per_optimum(self, best: float) -> float:
        """All the time over the searches that found the optimum; NaN if none did."""
        found = int(np.sum(self.ended > best - SAME))
        return float(np.sum(self.seconds) / found) if found else float("nan")


class StrokeObjective:
    """The log-likelihood of one patient's data by the logarithms of the varied parameters."""

    def __init__(self, fit: Fit) -> None:
        self._fit, self._engine = fit, fit.engine()
        own = fit.problem.parameters[0]
        self.free = tuple(
            Free(name, own[k] / BOUNDS, own[k] * BOUNDS, "log", own[k])
            for name, k in zip(fit.varied, fit.columns, strict=True)
        )
        self._data = fit.problem.reference[:1]

    def __call__(self, x: Floats) -> float:
        """The log-likelihood."""
        return self.gradient(x)[0]

    def gradient(self, x: Floats) -> tuple[float, Floats]:
        """The log-likelihood and its gradient by x."""
        problem = self._fit.problem
        table = problem.parameters[:1].copy()
        table[0, self._fit.columns] = np.exp(x)
        off = np.zeros_like(self._data)

        def weights(values: Floats) -> Floats:
            off[:] = (values - self._data) / problem.peak
            return np.asarray(-off / problem.peak)

        found = self._engine.gradient(
            weights, table, problem.times, problem.schedule,
            rtol=SEARCH_RTOL, atol=problem.atol(SEARCH_RTOL),
        )  # fmt: skip
        if found.failures:
            return -math.inf, np.zeros(len(x))
        return -0.5 * float(np.sum(off**2)), np.asarray(found.gradient[0] * np.exp(x))


def starts(name: str, middle: Floats, low: Floats, high: Floats, scales: Sequence[str]) -> Floats:
    """Where searches begin, f64[starts, parameters]: the same for every program."""
    draw = np.random.default_rng(SEED)
    off = math.log(FACTORS[name]) / np.array([math.log(10.0) if s == "log10" else 1.0 for s in scales])
    moved = np.where(np.array(scales) == "lin", 0.0, off)
    return np.clip(middle + moved * draw.uniform(-1.0, 1.0, (STARTS[name], len(middle))), low, high)


def our_searches(objective: Any, name: str, middle: Floats) -> tuple[Searches, Floats]:
    """This engine's searches, and where they began."""
    low, high = np.array([one.bounds for one in objective.free]).T
    places = starts(name, middle, low, high, [one.scale for one in objective.free])
    seconds, ended = [], []
    for place in places:
        began = time.thread_time()
        ended.append(search(objective, place).log_density)
        seconds.append(time.thread_time() - began)
    return Searches("exodyn", np.array(seconds), np.array(ended)), places


# -- all of it


@dataclass(frozen=True)
class Comparison:
    """A problem's series of gradients, and its searches."""

    name: str
    problem: GradientProblem
    series: list[Series]
    searches: list[Searches]


def compare(
    problem: Problem, repetitions: int, peer: bool, report: Callable[[str], None]
) -> Iterator[Comparison]:
    """Measure the stroke model and the two problems in PEtab."""
    turns = min(TURNS, repetitions)
    report("gradients on the stroke model")
    fit = stroke_fit(problem)
    programs = stroke_programs(fit)
    objective = StrokeObjective(fit)
    middle = np.array([one.scaled(one.start) for one in objective.free if one.start is not None])
    if peer:
        from exodyn.bench import amici_peer

        programs += amici_peer.stroke_programs(fit)
    gradients = stroke_gradients(fit)
    series = alternate(gradients, programs, turns)
    report("searches for the optimum of the stroke model")
    own, places = our_searches(objective, "stroke", middle)
    others = [amici_peer.stroke_searches(fit, places)] if peer else []
    yield Comparison("stroke", gradients, series, [own, *others])
    for name in PETAB:
        report(f"gradients and searches of {name}")
        programs = [petab_program(name)]
        if peer:
            programs += amici_peer.petab_programs(name)
        gradients = petab_gradients(name)
        series = alternate(gradients, programs, turns)
        petab = PetabObjective(name, SEARCH_RTOL)
        own, places = our_searches(petab, name, petab.nominal)
        others = [amici_peer.petab_searches(name, places)] if peer else []
        yield Comparison(name, gradients, series, [own, *others])


def ratios(found: Sequence[Comparison]) -> dict[str, Floats]:
    """How many times faster than the fastest of AMICI's ways, f64[repetitions] each, and f64[1] to optima."""
    result: dict[str, Floats] = {}
    for comparison in found:
        for target in TARGETS:
            peers = [s.at(target, s.median) for s in comparison.series if s.name.startswith("AMICI")]
            peers = [p for p in peers if np.all(np.isfinite(p))]
            if not peers:
                continue
            best = min(peers, key=lambda p: float(np.median(p)))
            for s in comparison.series:
                key = f"{s.name.removeprefix('exodyn').strip(' ')}"
                own = s.at(target, s.median)
                if s.name.startswith("exodyn") and np.all(np.isfinite(own)):
                    name = "_".join(
                        ["amici_gradient", comparison.name, *key.replace(",", "").split(), f"{target:.0e}"]
                    )
                    result[name.replace("e-0", "e-")] = best / own
        best_end = max(float(np.max(s.ended)) for s in comparison.searches)
        own_time, *other = (s.seconds_per_optimum(best_end) for s in comparison.searches)
        if other and math.isfinite(other[0]) and math.isfinite(own_time):
            result[f"pypesto_optimum_{comparison.name}"] = np.array([other[0] / own_time])
    return result
