"""Programs beside each other at the error that they achieve, not at the tolerance that they were given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from exodyn.bench.program import Floats, Program


class Scored(Protocol):
    """What programs solve: it knows the error of each case."""

    def errors(self, values: Floats, /) -> Floats:
        """f64[cases], of the first cases or of all."""
        ...


@dataclass(frozen=True)
class Series:
    """What one program did.

    rtols: f64[k], loosest first; median, worst: f64[k], the error of the median
    patient and of the worst; seconds: f64[repetitions, k], CPU time per patient; patients: how many.
    """

    name: str
    patients: int
    rtols: Floats
    median: Floats
    worst: Floats
    seconds: Floats

    def at(self, target: float, errors: Floats) -> Floats:
        """CPU seconds per patient of each repetition where `errors` reach the target, NaN if they don't."""
        return np.array([at_error(errors, row, target) for row in self.seconds])


def at_error(errors: Floats, cost: Floats, target: float) -> float:
    """The cost at an error, by straight lines between the points in logarithms; NaN outside of them.

    Tolerances go from loose to tight. Where a tighter one errs more, the loose one was lucky: each point
    counts with the largest error at its own tolerance or any tighter one. One at which the program failed
    (its error is no finite number) is left out.
    """
    errors, cost = (np.asarray(x)[np.isfinite(errors)] for x in (errors, cost))
    if not errors.size:
        return float("nan")
    held = np.maximum.accumulate(errors[::-1])  # rising
    if not held[0] <= target <= held[-1]:
        return float("nan")
    return float(np.exp(np.interp(np.log(target), np.log(held), np.log(cost[::-1]))))


def alternate(problem: Scored, programs: Sequence[Program], repetitions: int) -> list[Series]:
    """Every program with each of its tolerances, one program after the other, then all over again."""
    errors: dict[str, list[Floats]] = {p.name: [] for p in programs}
    seconds: dict[str, list[list[float]]] = {p.name: [] for p in programs}
    for repetition in range(repetitions):
        for program in programs:
            solve = program.load()
            solve(program.rtols[0])  # the first call finds memory and files cold
            costs = []
            for rtol in program.rtols:
                values, cost = solve(rtol)
                costs.append(cost)
                if repetition == 0:
                    errors[program.name].append(problem.errors(values))
                del values  # or the next call is given memory that nobody has touched, which costs more
            seconds[program.name].append(costs)
    return [
        Series(
            p.name,
            len(errors[p.name][0]),
            np.array(p.rtols),
            np.median(errors[p.name], axis=1),
            np.max(errors[p.name], axis=1),
            np.array(seconds[p.name]),
        )
        for p in programs
    ]
