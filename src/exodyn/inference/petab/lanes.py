"""What is simulated: one lane for each period of an experiment, whatever measurements share it.

A lane has a value for each parameter of the model, a number or an entry of the parameter table, and goes on
from its parent's end where the experiment has an earlier period. Lanes of one depth, start and end run as the
patients of one ensemble.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from exodyn.inference.petab.later import CONTINUED, END, RESTING, jump_name
from exodyn.inference.petab.model import Observed
from exodyn.inference.petab.problem import STEADY, Period, Problem, Value

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass
class Lane:
    """One period's simulation. asked: all times that are asked for, inf for the steady state.

    taken: the time of the parent at which it goes on; end: that at which another goes on from it. resting: on
    the way to the steady state before all else. row: where its times begin among those of all lanes.
    """

    number: int
    depth: int
    parent: int
    start: float
    values: Mapping[str, Value]
    resting: bool = False
    asked: set[float] = field(default_factory=set)
    taken: float = math.nan
    end: float = STEADY
    row: int = 0

    @property
    def times(self) -> list[float]:
        return sorted(self.asked)

    @property
    def steady(self) -> bool:
        return STEADY in self.asked

    @property
    def last(self) -> float:
        """The last finite time."""
        return max((t for t in self.asked if math.isfinite(t)), default=self.start)


@dataclass(frozen=True)
class Lanes:
    """All lanes, parents first. row_of: for each measurement the row of its time among those of all lanes.

    lane_of: its lane. batches: the lanes that run together, in order of execution.
    constants: f64[lanes, model parameters]; entries: i64[lanes, model parameters], the place in the parameter
    table of what stands there instead, -1 for none.
    """

    lanes: tuple[Lane, ...]
    rows: int
    row_of: Integers
    lane_of: Integers
    batches: tuple[tuple[Lane, ...], ...]
    constants: Floats
    entries: Integers

    def table(self, values: Floats) -> Floats:
        """The parameters of all lanes for the values of the parameter table."""
        return np.where(self.entries >= 0, np.append(values, np.nan)[self.entries], self.constants)


def plan(problem: Problem, observed: Observed) -> Lanes:
    """The lanes that the measurements of a problem need."""
    lanes: list[Lane] = []
    found: dict[tuple[int, ...], Lane] = {}
    lane_of: list[Lane] = []
    for measurement in problem.measurements:
        lane = _lane(problem.experiments[measurement.experiment], measurement.time, lanes, found)
        lane.asked.add(measurement.time)
        lane_of.append(lane)
    rows = 0
    for lane in lanes:
        lane.row = rows
        rows += len(lane.asked)
    row_of = [
        lane.row + lane.times.index(m.time) for lane, m in zip(lane_of, problem.measurements, strict=True)
    ]
    constants, entries = _parameters(problem, observed, lanes)
    return Lanes(
        tuple(lanes), rows,
        np.array(row_of, dtype=np.int64), np.array([lane.number for lane in lane_of], dtype=np.int64),
        _batches(lanes), constants, entries,
    )  # fmt: skip


def _lane(
    periods: Sequence[Period], time: float, lanes: list[Lane], found: dict[tuple[int, ...], Lane]
) -> Lane:
    """The lane of the period in which a time lies; it and its parents are made where there are none."""
    parent: Lane | None = None
    before: Period | None = None
    path: tuple[int, ...] = ()
    for period in periods:
        if period.start > time:
            break
        path = (*path, id(period))
        if path not in found:
            lane = found[path] = Lane(
                len(lanes),
                len(path) - 1,
                parent.number if parent is not None else -1,
                period.start if math.isfinite(period.start) else 0.0,
                period.values,
                period.start == -math.inf,
            )
            lanes.append(lane)
            if parent is not None and before is not None:
                lane.taken = STEADY if before.start == -math.inf else period.start
                parent.asked.add(lane.taken)
                parent.end = lane.taken
        parent, before = found[path], period
    if parent is None:
        raise ValueError(f"a measurement at {time}, before the first period")
    return parent


def _batches(lanes: Sequence[Lane]) -> tuple[tuple[Lane, ...], ...]:
    groups: dict[tuple[int, float, float, bool], list[Lane]] = {}
    for lane in lanes:
        groups.setdefault((lane.depth, lane.start, lane.last, lane.steady), []).append(lane)
    return tuple(tuple(groups[key]) for key in sorted(groups))


def _parameters(problem: Problem, observed: Observed, lanes: Sequence[Lane]) -> tuple[Floats, Integers]:
    column = {p.name: i for i, p in enumerate(observed.model.parameters)}
    entry = problem.entries()
    names = problem.parameter_names()
    constants = np.tile([p.value for p in observed.model.parameters], (len(lanes), 1))
    entries = np.full(constants.shape, -1, dtype=np.int64)

    def put(lane: int, name: str, value: Value) -> None:
        k = column[name]
        if isinstance(value, str):
            entries[lane, k] = entry[value]
        else:
            constants[lane, k], entries[lane, k] = value, -1

    for lane in lanes:
        if lane.parent >= 0:
            if problem.persistent:
                constants[lane.number], entries[lane.number] = constants[lane.parent], entries[lane.parent]
                for name in observed.settable & observed.moving:
                    put(lane.number, f"{name}.set", 0.0)
                for name in observed.jumps:
                    put(lane.number, name, 0.0)
            put(lane.number, CONTINUED, 1.0)
        if END in column:
            put(lane.number, END, lane.end)
        if RESTING in column:
            put(lane.number, RESTING, float(lane.resting))
        # A state that the parameter table gives starts so; what goes on from another period keeps its own.
        given = observed.direct | observed.settable if lane.parent < 0 else observed.direct
        everywhere = {name: name for name in names if name in given}
        if lane.parent >= 0 and problem.persistent:
            everywhere = {}
        for name, value in {**everywhere, **lane.values}.items():
            if value in problem.of_state:
                put(lane.number, jump_name(name, problem.of_state.index(str(value))), 1.0)
            elif name in observed.settable:
                put(lane.number, f"{name}.set", 1.0)
                put(lane.number, f"{name}.start", value)
            else:
                put(lane.number, name, value)
    return constants, entries
