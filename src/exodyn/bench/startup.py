"""From starting Python to the first patient's result, each in a process of its own."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from exodyn.bench.problem import DAYS, Problem
from exodyn.bench.program import Floats
from exodyn.engine.cache import VARIABLE

OURS = f"""
import numpy as np
from exodyn.engine import Engine
from exodyn.indications import get_indication
stroke = get_indication("stroke")
model = stroke.model("human", stroke.products("human")[0], stroke.routes("human")[0])
run = Engine(model).run(times=np.linspace(0, {DAYS}, {DAYS + 1}))
assert not run.failures
"""
PEER = f"""
import sys
import roadrunner
roadrunner.RoadRunner(sys.argv[1]).simulate(0, {DAYS}, {DAYS + 1})
"""


@dataclass(frozen=True)
class Start:
    """CPU and wall seconds of each repetition, f64[repetitions]."""

    name: str
    cpu: Floats
    wall: Floats


def first_results(problem: Problem, repetitions: int, peer: bool) -> list[Start]:
    """This program with nothing in its cache, with its code there, and (peer) libroadrunner with the SBML."""
    found: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        sbml = Path(folder, "model.xml")
        sbml.write_text(problem.sbml, encoding="utf-8")
        for k in range(repetitions):
            own = {**os.environ, VARIABLE: str(Path(folder, str(k)))}
            for name in ("exodyn double", "exodyn double, cached"):
                found.setdefault(name, []).append(_run([OURS], own))
            if peer:
                found.setdefault("libroadrunner", []).append(_run([PEER, str(sbml)], dict(os.environ)))
    return [Start(name, *np.array(times).T) for name, times in found.items()]


def _run(arguments: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """CPU and wall seconds of a Python program."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-c", *arguments], env=environment, check=True, capture_output=True)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, wall
