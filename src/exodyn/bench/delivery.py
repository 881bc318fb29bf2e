"""Delivery: spread from a point in tissue beside a peer, and the whole body beside the stroke model.

The spread is a partial differential equation on shells, a band of three diagonals. The peer is SciPy's LSODA
told of the band, with the same rates compiled by Numba; of its states it is spared the two that only collect.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from exodyn.bench.matching import Series, alternate
from exodyn.bench.problem import DOSE_TIMES, NOISE, REFERENCE_RTOL, VARIATION, Problem
from exodyn.bench.program import Floats, Program, Solve, ladder
from exodyn.bench.scaling import RTOL, TURNS, Pair, weekly
from exodyn.delivery import disposition
from exodyn.delivery.draws import draws
from exodyn.delivery.kinds import natural
from exodyn.delivery.setting import Setting
from exodyn.delivery.simulate import in_each_organ
from exodyn.delivery.tissue import sphere
from exodyn.engine import Dose, Engine, Schedule
from exodyn.engine.random import uniforms
from exodyn.symbolic import Model

RADIUS, SHELLS = 0.08, 80
"""cm around the point; the step of 10 um is a hundredth of what particles cover in a day."""
SPREAD_TIMES = np.linspace(0.0, 2.0, 25)
DOSED = "shell_1_amount"
ENSEMBLE = 1024
PEER_PATIENTS = 16
MOST_STEPS = 1_000_000
BODIES = 1024
"""Patients whose whole bodies are timed."""


@dataclass(frozen=True)
class Spread:
    """Patients whose diffusion and uptake differ. parameters: f64[patients, parameters]; reference:
    f64[patients, times, shells]; peak: f64[shells].
    """

    model: Model
    parameters: Floats
    reference: Floats
    peak: Floats

    @property
    def states(self) -> tuple[str, ...]:
        """Shells from the inside outward."""
        return tuple(f"shell_{k}_amount" for k in range(1, SHELLS + 1))

    name = "spread in tissue"

    def atol(self, rtol: float) -> Floats:
        """Absolute tolerances with a relative one, f64[shells]."""
        return rtol * NOISE * self.peak

    def errors(self, values: Floats) -> Floats:
        """Each patient's largest error after the dose, f64[patients]."""
        exact = self.reference[: len(values)]
        off = np.abs(values - exact) / np.maximum(np.abs(exact), NOISE * self.peak)
        return np.asarray(off[:, 1:].max(axis=(1, 2)))


def spread(patients: int = PEER_PATIENTS) -> Spread:
    """The problem, solved by this engine at `REFERENCE_RTOL`."""
    model = sphere(RADIUS, SHELLS)
    engine = Engine(model, outputs=[f"shell_{k}_amount" for k in range(1, SHELLS + 1)])
    table = np.tile(engine.defaults, (patients, 1))
    numbers = uniforms(1, "spread", 0, patients, 2)
    for k, what in enumerate(("diffusivity", "k_uptake")):
        factor = np.exp(2 * VARIATION * (numbers[:, k] - 0.5))
        for column, name in enumerate(engine.parameters):
            if name.endswith(what):
                table[:, column] *= factor
    exact = engine.run(table, SPREAD_TIMES, _dose(), rtol=REFERENCE_RTOL, atol=1e-18).values
    return Spread(model, table, exact, exact[:, 1:].max(axis=(0, 1)))


def compare_spread(repetitions: int, with_peer: bool) -> tuple[Spread, list[Series]]:
    """This engine and the peer, in turn."""
    problem = spread()
    programs = [Program("exodyn double", lambda: _ours(problem), ladder(-2, -6))]
    if with_peer:
        programs.append(Program("SciPy LSODA, banded", lambda: _lsoda(problem), ladder(-2, -7)))
    return problem, alternate(problem, programs, repetitions)


def whole_body(problem: Problem, repetitions: int, patients: int = BODIES) -> tuple[Pair, int]:
    """CPU time per patient and state: of the delivery model, and of the stroke model with the same doses and
    tolerance, reported weekly; and how many states the first has.
    """
    problem = weekly(problem)
    engine, table = bodies(patients)
    states = len(engine.model.states)
    schedule = Schedule([Dose("blood", problem.amount, time=t) for t in DOSE_TIMES])
    other = Engine(problem.model)
    people = np.tile(problem.parameters, (-(-patients // len(problem.parameters)), 1))
    atol = RTOL * NOISE * problem.amount
    runs = (
        lambda: engine.run(table, problem.times, schedule, rtol=RTOL, atol=atol),
        lambda: other.run(people, problem.times, problem.schedule, rtol=RTOL, atol=problem.atol(RTOL)),
    )
    sizes = patients * states, len(people) * len(problem.states)
    seconds = np.empty((TURNS * repetitions, 2))
    for k in range(len(seconds)):
        for which in (0, 1):
            began = time.thread_time()
            runs[which]()
            seconds[k, which] = (time.thread_time() - began) / sizes[which]
    return Pair(seconds[:, 0], seconds[:, 1], RTOL), states


def bodies(patients: int) -> tuple[Engine, Floats]:
    """The delivery model of man, and as many people, each with a draw of the disposition."""
    where = Setting("human", "vesicle", False, 100.0, 1e11, "unstated")
    sample = draws()
    numbers = np.zeros((len(sample), sample.between.shape[1]))
    own = natural(sample.new_study(where, numbers))
    engine = Engine(disposition("human"), outputs=["blood", "liver_held", "brain_held"])
    table = np.tile(engine.defaults, (patients, 1))
    columns = in_each_organ(own, engine.parameters)
    for name, values in columns.items():
        table[:, engine.parameters.index(name)] = np.resize(values, patients)
    return engine, table


def _dose() -> Schedule:
    return Schedule([Dose(DOSED, 1.0)])


def _ours(problem: Spread) -> Solve:
    engine = Engine(problem.model, outputs=problem.states)
    table = np.tile(problem.parameters, (ENSEMBLE // len(problem.parameters), 1))
    shells = dict(zip(problem.states, range(SHELLS), strict=True))

    def solve(rtol: float) -> tuple[Floats, float]:
        own = problem.atol(rtol)
        atol = np.array([own[shells[s.name]] if s.name in shells else rtol for s in problem.model.states])
        began = time.thread_time()
        run = engine.run(table, SPREAD_TIMES, _dose(), rtol=rtol, atol=atol)
        cost = (time.thread_time() - began) / len(table)
        return run.values[: len(problem.parameters)], cost

    return solve


def _lsoda(problem: Spread) -> Solve:
    from scipy.integrate import odeint

    from exodyn.bench.compiled import compile_model

    compiled = compile_model(problem.model)
    names = [s.name for s in problem.model.states]
    places = np.array([names.index(name) for name in problem.states])
    whole, slope = np.zeros(len(names)), np.empty(len(names))

    def band_of(constants: Floats) -> Floats:
        """The Jacobian, which is the same all along, as LSODA packs it: row 1 + i - j."""
        full = np.zeros((len(names), len(names)))
        compiled.jacobian(whole, constants, full)
        full = full[np.ix_(places, places)]
        packed = np.zeros((3, SHELLS))
        for i, j in zip(*np.nonzero(full), strict=True):
            packed[1 + i - j, j] = full[i, j]
        return packed

    start = np.zeros(SHELLS)
    start[0] = 1.0
    prepared = [(c := compiled.constants(row), band_of(c)) for row in problem.parameters]

    def course(constants: Floats, band: Floats, rtol: float) -> Floats:
        def rates(y: Any, t: float) -> Any:
            whole[places] = y
            compiled.rates(whole, constants, slope)
            return slope[places]

        def jacobian(y: Any, t: float) -> Any:
            return band

        atol: Any = problem.atol(rtol)  # the stubs know of numbers only
        given: Any = {"Dfun": jacobian, "ml": 1, "mu": 1, "rtol": rtol, "atol": atol, "mxstep": MOST_STEPS}
        return np.asarray(odeint(rates, start, SPREAD_TIMES, **given))

    def solve(rtol: float) -> tuple[Floats, float]:
        began = time.thread_time()
        found = [course(constants, band, rtol) for constants, band in prepared]
        return np.array(found), (time.thread_time() - began) / len(prepared)

    return solve
