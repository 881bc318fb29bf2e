"""By which parameters of the model each lane is differentiated, and how a period hands its derivatives on.

A period that goes on from another starts at the states that this one reached, whose derivatives by the
parameter table are known. They are put into the model as

    x(start) = x_before + sum_j slope_xj (p_j - at_j)    at_j: the value of p_j, slope_xj = d x_before / d p_j

so that the engine's exact sensitivities by p_j go through the start. A lane whose parents depend on entries
of the table that it does not read itself gets directions of its own, parameters that are zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from exodyn.inference.petab.lanes import Lanes
from exodyn.inference.petab.model import Observed
from exodyn.inference.petab.problem import Problem
from exodyn.symbolic import Expr, Model, ParameterValue, Symbol, substitute, symbols, total

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Directions:
    """Names of model parameters, columns: their place among the model's own, -1 for directions added.

    entries: i64[lanes, directions], the entry of the parameter table that a direction follows in a lane, -1
    for none. model: with what is handed over put in.
    """

    model: Model
    names: tuple[str, ...]
    columns: Integers
    entries: Integers

    def handed(self, lane: int, slopes: Floats, parent: int) -> Floats:
        """Derivatives of states by the parent's directions, f64[states, directions], as by this lane's."""
        by_entry: dict[int, Floats] = {}
        for j, entry in enumerate(self.entries[parent]):
            if entry >= 0:
                by_entry[entry] = by_entry.get(entry, 0.0) + slopes[:, j]
        found = np.zeros_like(slopes)
        for j, entry in enumerate(self.entries[lane]):
            if entry >= 0 and entry in by_entry:
                found[:, j] = by_entry.pop(entry)
        return found


def directions(problem: Problem, observed: Observed, lanes: Lanes) -> Directions:
    """The directions that the estimated parameters of a problem need."""
    model = observed.model
    moves = {s.name for s in symbols(_dynamics(model))}
    estimated = np.array(
        [*(p.estimated for p in problem.parameters), *(True for _ in problem.derived), False]
    )
    follows = np.where(estimated[lanes.entries], lanes.entries, -1)
    columns = [k for k, p in enumerate(model.parameters) if p.name in moves and np.any(follows[:, k] >= 0)]
    own = follows[:, columns]
    more: list[list[int]] = []
    reach: list[set[int]] = []
    for lane in lanes.lanes:
        mine = set(own[lane.number].tolist()) - {-1}
        above = reach[lane.parent] if lane.parent >= 0 else set()
        more.append(sorted(above - mine))
        reach.append(mine | above)
    width = max(map(len, more))
    extra = np.array([row + [-1] * (width - len(row)) for row in more], dtype=np.int64)
    names = [model.parameters[k].name for k in columns] + [f"period.direction.{m}" for m in range(width)]
    chained = any(lane.parent >= 0 for lane in lanes.lanes)
    return Directions(
        _handing_over(model, names, len(columns)) if chained else model,
        tuple(names),
        np.array(columns + [-1] * width, dtype=np.int64),
        np.hstack([own, extra.reshape(len(own), width)]),
    )


def _dynamics(model: Model) -> list[Expr]:
    """All that decides on the course of the states."""
    found = [e for s in model.states for e in (s.rate, s.initial)]
    for event in model.events:
        found += [event.trigger, event.delay, *(value for _, value in event.assignments)]
    return found


def _handing_over(model: Model, names: Sequence[str], own: int) -> Model:
    """The model with ``at.j`` and ``slope.STATE.j`` for each direction j, in this order."""
    symbol = {p.name: p.symbol for p in model.parameters}
    added = [Symbol(name) for name in names[own:]]
    by = [symbol[name] for name in names[:own]] + added
    at = [Symbol(f"at.{j}") for j in range(len(by))]
    slopes = {s.name: [Symbol(f"slope.{s.name}.{j}") for j in range(len(by))] for s in model.states}
    put: dict[Symbol, Expr] = {
        symbol[f"{name}.before"]: symbol[f"{name}.before"]
        + total(slope * (p - a) for slope, p, a in zip(row, by, at, strict=True))
        for name, row in slopes.items()
    }
    starts = substitute([s.initial for s in model.states], put)
    new = [*added, *at, *(s for row in slopes.values() for s in row)]
    return replace(
        model,
        states=tuple(replace(s, initial=start) for s, start in zip(model.states, starts, strict=True)),
        parameters=(*model.parameters, *(ParameterValue(s, 0.0) for s in new)),
    )
