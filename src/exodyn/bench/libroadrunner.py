"""libroadrunner: SBML compiled by LLVM, integrated by CVODE.

Its best settings, found by trying (docs/benchmarks.md): rate rules, doses as events, stiff, one absolute
tolerance a state, parameters set by index, the MCJIT back end. Resetting the model is left out of its time.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import roadrunner

from exodyn.bench.problem import DAYS, Problem, with_doses
from exodyn.bench.program import Floats, Program, Solve, ladder
from exodyn.engine import build_program
from exodyn.symbolic import ParameterValue, evaluate
from exodyn.symbolic.sbml import sbml_text

RTOLS = ladder(-3, -7)


def programs(problem: Problem) -> list[Program]:
    """The SBML export; and one in which terms of parameters alone are parameters, computed beforehand.

    No setting does the latter: somebody rewrote the model by hand for speed.
    """
    varied = list(problem.varied)
    names = [p.name for p in problem.model.parameters]
    text, given, values = prepared(problem)
    return [
        Program(
            "libroadrunner",
            lambda: _solver(problem, problem.sbml, [names[k] for k in varied], problem.parameters[:, varied]),
            RTOLS,
        ),
        Program("libroadrunner, rewritten", lambda: _solver(problem, text, given, values), RTOLS),
    ]


def prepared(problem: Problem) -> tuple[str, list[str], Floats]:
    """The SBML with such parameters, their names with those of the varied ones, values by patient of all."""
    model = problem.model
    program = build_program(model, [s.symbol for s in model.states], [])
    rates = dict(zip(program.states, program.rates, strict=False))
    columns = [dict(zip(program.parameters, row, strict=True)) for row in problem.parameters]
    terms = np.array([evaluate(list(program.prepared_terms), known) for known in columns])
    added = [
        ParameterValue(symbol, float(value)) for symbol, value in zip(program.prepared, terms[0], strict=True)
    ]
    varied = list(problem.varied)
    names = [model.parameters[k].name for k in varied] + [p.name for p in added]
    states = tuple(replace(s, rate=rates.get(s.symbol, s.rate)) for s in model.states)
    rewritten = replace(model, states=states, parameters=(*model.parameters, *added))
    text = sbml_text(with_doses(rewritten, problem.dosed, problem.amount))
    return text, names, np.hstack([problem.parameters[:, varied], terms])


def _solver(problem: Problem, text: str, names: list[str], values: Floats) -> Solve:
    # Without this a second load of the same text is handed the code of the first.
    roadrunner.Config.setValue(roadrunner.Config.LOADSBMLOPTIONS_RECOMPILE, True)
    program: Any = roadrunner.RoadRunner(text)
    program.timeCourseSelections = list(problem.states)
    ids = list(program.model.getGlobalParameterIds())
    places = [ids.index(name) for name in names]
    integrator = program.integrator
    integrator.setValue("stiff", True)
    integrator.setValue("maximum_num_steps", 1_000_000)
    records = roadrunner.SelectionRecord
    start = records.TIME | records.RATE | records.FLOATING
    vector = [program.model.getStateVectorId(k) for k in range(len(problem.states))]
    order = [problem.states.index(name) for name in vector]

    def solve(rtol: float) -> tuple[Floats, float]:
        integrator.setValue("relative_tolerance", rtol)
        integrator.setValue("absolute_tolerance", problem.atol(rtol)[order].tolist())
        found, seconds = [], 0.0
        for row in values:
            began = time.thread_time()
            program.model.setGlobalParameterValues(places, row)
            seconds += time.thread_time() - began
            program.reset(start)
            began = time.thread_time()
            course = program.simulate(0.0, DAYS, len(problem.times))
            seconds += time.thread_time() - began
            found.append(np.array(course))
        return np.array(found), seconds / len(values)

    return solve
