"""By which parameters of the model the lanes of a problem are differentiated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exodyn.inference.petab.lanes import Lanes
from exodyn.inference.petab.model import Observed
from exodyn.inference.petab.problem import Problem
from exodyn.symbolic import Expr, Model, symbols

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Directions:
    """Names of model parameters, and i64[lanes, directions] the entry of the parameter table (or of what is
    derived from it) that each is in each lane, -1 for none that is estimated.
    """

    names: tuple[str, ...]
    entries: Integers


def directions(problem: Problem, observed: Observed, lanes: Lanes) -> Directions:
    """The directions that the estimated parameters of a problem need: those that move states."""
    parameters = observed.model.parameters
    moves = {s.name for s in symbols(_dynamics(observed.model))}
    estimated = np.array(
        [*(p.estimated for p in problem.parameters), *(True for _ in problem.derived), False]
    )
    follows = np.where(estimated[lanes.entries], lanes.entries, -1)
    columns = [k for k, p in enumerate(parameters) if p.name in moves and np.any(follows[:, k] >= 0)]
    return Directions(tuple(parameters[k].name for k in columns), follows[:, columns])


def _dynamics(model: Model) -> list[Expr]:
    """All that decides on the course of the states."""
    found = [e for s in model.states for e in (s.rate, s.initial)]
    for event in model.events:
        found += [event.trigger, event.delay, *(value for _, value in event.assignments)]
    return found
