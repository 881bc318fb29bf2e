"""What this engine's cost does with a second thread, and with a model four times as large."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from exodyn.bench.problem import DOSE_TIMES, Problem
from exodyn.bench.program import Floats
from exodyn.engine import Dose, Engine, EnsembleRun, Schedule
from exodyn.symbolic import copies

RTOL = 10**-3.5
"""Both are measured at this tolerance, which gives errors near 1e-3."""
COPIES = 4
TURNS = 3
"""These are short: they are repeated so many times as often as the rest."""
THREADED_TIMES_OVER = 32
WEEK = 7
COPIED_TIMES_OVER = 2


@dataclass(frozen=True)
class Pair:
    """Two measurements, alternating: seconds f64[turns] per patient (and state)."""

    one: Floats
    other: Floats
    error: float

    @property
    def ratio(self) -> Floats:
        return self.one / self.other


def two_threads(problem: Problem, repetitions: int) -> Pair:
    """CPU time per patient with one thread, and with two: that of the busier one and of what isn't shared."""
    # With results by the day the system would be asked for new memory in every turn, at a cost that varies.
    problem = weekly(problem)
    engine, doses = Engine(problem.model), problem.schedule
    table = np.tile(problem.parameters, (THREADED_TIMES_OVER, 1))
    atol = problem.atol(RTOL)

    def measure(threads: int) -> tuple[float, EnsembleRun]:
        began = time.thread_time()
        run = engine.run(table, problem.times, doses, rtol=RTOL, atol=atol, threads=threads)
        own = time.thread_time() - began
        # This thread only waits while others work; alone it does the work itself.
        return (own if threads == 1 else own + max(run.thread_seconds)) / len(table), run

    seconds = np.empty((TURNS * repetitions, 2))
    for k in range(len(seconds)):
        seconds[k] = [measure(threads)[0] for threads in (1, 2)]
    _, run = measure(2)
    error = float(np.median(problem.errors(run.values[: len(problem.parameters)])))
    return Pair(seconds[:, 0], seconds[:, 1], error)


def weekly(problem: Problem) -> Problem:
    """The same, reported once a week."""
    return replace(
        problem,
        name=f"{problem.name}, weekly",
        times=problem.times[::WEEK],
        reference=problem.reference[:, ::WEEK],
    )


def four_copies(problem: Problem, repetitions: int, alike: bool) -> Pair:
    """CPU time per patient and state: of four copies of the model as one model, and of the model itself.

    alike: all four have one patient's parameters, so that both take the same steps and only the size of the
    model differs. Otherwise four patients share their steps, and the neediest sets their length.
    """
    states = len(problem.states)
    engines = Engine(copies(problem.model, COPIES)), Engine(problem.model)
    single = np.tile(problem.parameters, (COPIED_TIMES_OVER, 1))
    own = [np.roll(single, 0 if alike else k, axis=0) for k in range(COPIES)]
    tables = np.hstack(own), single
    doses = [
        Dose(f"{problem.dosed}_{k}", problem.amount, time=t) for k in range(1, COPIES + 1) for t in DOSE_TIMES
    ]
    schedules = Schedule(doses), problem.schedule
    atol = np.tile(problem.atol(RTOL), COPIES), problem.atol(RTOL)
    sizes = states * COPIES, states

    def measure(which: int) -> tuple[float, EnsembleRun]:
        began = time.thread_time()
        run = engines[which].run(tables[which], problem.times, schedules[which], rtol=RTOL, atol=atol[which])
        return (time.thread_time() - began) / len(single) / sizes[which], run

    seconds = np.empty((TURNS * repetitions, 2))
    for k in range(len(seconds)):
        seconds[k] = [measure(which)[0] for which in (0, 1)]
    _, run = measure(0)
    error = float(np.median(problem.errors(run.values[: len(problem.parameters), :, :states])))
    return Pair(seconds[:, 0], seconds[:, 1], error)
