"""How libroadrunner is fastest on the problem of `exodyn bench`: one setting changed at a time.

python benchmarks/roadrunner_settings.py
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import roadrunner

from exodyn.bench.problem import DAYS, DOSE_TIMES, Problem, stroke, with_doses
from exodyn.symbolic.sbml import sbml_text

PATIENTS = 32
REPETITIONS = 7
RTOLS = (1e-4, 1e-6)
EDGES = (0, *map(int, DOSE_TIMES), DAYS)
Config = roadrunner.Config
PASSES = [name for name in dir(Config) if name.startswith("LOADSBMLOPTIONS_OPTIMIZE_")]
Solve = Callable[[float], tuple[np.ndarray, float]]


def solver(
    problem: Problem,
    text: str,
    *,
    backend: str = "MCJIT",
    level: str = "NONE",
    passes: bool = False,
    by_hand: bool = False,
    settings: dict[str, Any] | None = None,
    selections: int | None = None,
) -> Solve:
    """libroadrunner with one way of compiling and running; by_hand stops it at each dose."""
    Config.setValue(Config.LOADSBMLOPTIONS_RECOMPILE, True)
    Config.setValue(Config.LLVM_BACKEND, getattr(Config, backend))
    Config.setValue(Config.LLJIT_OPTIMIZATION_LEVEL, getattr(Config, level))
    for name in PASSES:
        Config.setValue(getattr(Config, name), passes)
    program = roadrunner.RoadRunner(text)
    program.timeCourseSelections = list(problem.states[:selections])
    ids = list(program.model.getGlobalParameterIds())
    varied = list(problem.varied)
    places = [ids.index(problem.model.parameters[k].name) for k in varied]
    dosed = [ids.index(problem.dosed)]
    integrator = program.integrator
    for key, value in {"stiff": True, "maximum_num_steps": 1_000_000, **(settings or {})}.items():
        integrator.setValue(key, value)
    start = (
        roadrunner.SelectionRecord.TIME
        | roadrunner.SelectionRecord.RATE
        | roadrunner.SelectionRecord.FLOATING
    )

    def course() -> np.ndarray:
        if not by_hand:
            return np.array(program.simulate(0.0, DAYS, DAYS + 1))
        parts = []
        for begin, end in pairwise(EDGES):
            parts.append(np.array(program.simulate(begin, end, end - begin + 1))[bool(parts) :])
            if end < DAYS:
                (held,) = program.model.getGlobalParameterValues(dosed)
                program.model.setGlobalParameterValues(dosed, [held + problem.amount])
        return np.concatenate(parts)

    def solve(rtol: float) -> tuple[np.ndarray, float]:
        integrator.setValue("relative_tolerance", rtol)
        integrator.setValue("absolute_tolerance", problem.atol(rtol).tolist())
        found, seconds = [], 0.0
        for row in problem.parameters[:, varied]:
            program.model.setGlobalParameterValues(places, row)
            program.reset(start)
            began = time.thread_time()
            found.append(course())
            seconds += time.thread_time() - began
        return np.array(found), seconds / len(found)

    return solve


def main() -> None:
    problem = stroke(PATIENTS)
    text = problem.sbml
    undosed = sbml_text(replace(problem.model, readouts=()))
    dosed = with_doses(problem.model, problem.dosed, problem.amount)
    everything = sbml_text(replace(dosed, readouts=problem.model.readouts))
    ways = {
        "as in exodyn bench": solver(problem, text),
        "with readouts in the file": solver(problem, everything),
        "LLVM passes on": solver(problem, text, passes=True),
        "LLJIT": solver(problem, text, backend="LLJIT"),
        "LLJIT, aggressive": solver(problem, text, backend="LLJIT", level="AGGRESSIVE"),
        "stopped at doses by hand": solver(problem, undosed, by_hand=True),
        "first step 1e-4 d": solver(problem, text, settings={"initial_time_step": 1e-4}),
        "BDF order at most 4": solver(problem, text, settings={"maximum_bdf_order": 4}),
        "3 selections": solver(problem, text, selections=3),
    }
    for rtol in RTOLS:
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        errors: dict[str, float] = {}
        for _ in range(REPETITIONS):
            for name, solve in ways.items():
                values, cost = solve(rtol)
                seconds[name].append(1e6 * cost)
                if values.shape[2] == len(problem.states):
                    errors[name] = float(np.median(problem.errors(values)))
        for name, costs in seconds.items():
            error = f"{errors[name]:.1e}" if name in errors else ""
            spread = f"({min(costs):.0f}-{max(costs):.0f})"
            print(f"{rtol:.0e}  {name:28} {np.median(costs):6.0f} µs {spread}  {error}")


if __name__ == "__main__":
    main()
