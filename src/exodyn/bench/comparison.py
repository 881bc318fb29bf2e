"""Gradients beside AMICI's and searches beside pyPESTO's, in the same run."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from exodyn.bench.gradients import (
    PETAB,
    GradientProblem,
    nominal,
    petab_gradients,
    petab_objective,
    petab_program,
    stroke_fit,
    stroke_gradients,
    stroke_programs,
)
from exodyn.bench.matching import Series, alternate
from exodyn.bench.problem import Problem
from exodyn.bench.program import Floats
from exodyn.bench.searches import Searches, StrokeObjective, our_searches

TARGETS = (1e-5, 1e-6)
"""Errors of a gradient at which programs are compared."""
TURNS = 3
"""How often gradients are measured, at most."""


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
        petab = petab_objective(name)
        own, places = our_searches(petab, name, nominal(petab))
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
