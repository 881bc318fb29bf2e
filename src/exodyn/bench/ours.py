"""This engine, as a user calls it: one ensemble, all states stored."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

from exodyn.bench.problem import Problem
from exodyn.bench.program import Floats, Program, Solve, ladder
from exodyn.engine import Engine, Host, Precision, Schedule, this_host
from exodyn.symbolic import Model
from exodyn.symbolic.sbml import read_sbml

ENSEMBLE = 1024
"""The patients are integrated over and over in one call, this many in all: ensembles are what it is for."""
LADDERS: dict[Precision, tuple[float, ...]] = {"double": ladder(-2, -6), "single": ladder(-2, -4)}


def programs(problem: Problem) -> list[Program]:
    """Double and single precision, both with code for AVX2 alone, and the SBML file with doses as events."""
    found = [
        _program(problem, f"exodyn {precision}{place}", precision, host)
        for place, host in hosts().items()
        for precision in LADDERS
    ]
    found.append(Program("exodyn double, SBML", lambda: from_file(problem), LADDERS["double"]))
    return found


def hosts() -> dict[str, Host]:
    """This host, and the same without AVX-512 where it has that."""
    here = this_host()
    found = {"": here}
    if here.vector_bits == 512:
        off = ("avx512", "avx10", "amx")
        features = ",".join("-" + f[1:] if f[1:].startswith(off) else f for f in here.features.split(","))
        found[", AVX2"] = Host(here.triple, "haswell", features, 256)
    return found


def read_back(problem: Problem) -> tuple[Model, Floats]:
    """The model that this program's reader finds in the SBML file, and its parameters by patient."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.xml")
        path.write_text(problem.sbml, encoding="utf-8")
        model = read_sbml(path).model
    columns = [p.name for p in problem.model.parameters]
    return model, problem.parameters[:, [columns.index(p.name) for p in model.parameters]]


def _program(problem: Problem, name: str, precision: Precision, host: Host) -> Program:
    def load() -> Solve:
        engine = Engine(problem.model, precision=precision, host=host)
        return _solver(problem, engine, problem.parameters, problem.schedule)

    return Program(name, load, LADDERS[precision])


def from_file(problem: Problem) -> Solve:
    """The model read from the SBML file, doses as its events."""
    model, table = read_back(problem)
    return _solver(problem, Engine(model, problem.states), table, Schedule())


def _solver(problem: Problem, engine: Engine, parameters: Floats, schedule: Schedule) -> Solve:
    table = np.tile(parameters, (-(-ENSEMBLE // len(parameters)), 1))
    order = [problem.states.index(s.name) for s in engine.model.states]

    def solve(rtol: float) -> tuple[Floats, float]:
        began = time.thread_time()
        run = engine.run(table, problem.times, schedule, rtol=rtol, atol=problem.atol(rtol)[order])
        seconds = time.thread_time() - began
        return run.values[: len(parameters)].copy(), seconds / len(table)

    return solve
