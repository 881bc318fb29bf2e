"""Doses as a protocol states them, and as the engine executes them: instants at which something is done."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exodyn.engine.codes import Action
from exodyn.errors import InputError, nearest

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


LARGEST_COUNT = 100_000
"""Repeats of one dose; each is a row of a table."""
PER_PATIENT = ("amount", "time", "rate", "duration", "lag", "bioavailability")
"""What may differ between the patients who get a dose."""


@dataclass(frozen=True)
class Dose:
    """A dose into a state, as a bolus or an infusion, once or repeated.

    state: the state that receives it; time: of the first dose, in the model's time unit.
    amount: in the state's unit. rate (amount per time) or duration, not both, make it an infusion.
    lag: delay of each dose; bioavailability: the share that arrives (with `rate` it shortens the infusion,
    with `duration` it lowers the rate, as in NONMEM).
    interval, count: repeats. steady_state: as if doses every `interval` had been given for ever before.
    amount, time, rate, duration, lag and bioavailability may be arrays with one value per patient.
    """

    state: str
    amount: ArrayLike
    time: ArrayLike = 0.0
    rate: ArrayLike | None = None
    duration: ArrayLike | None = None
    lag: ArrayLike = 0.0
    bioavailability: ArrayLike = 1.0
    interval: float | None = None
    count: int = 1
    steady_state: bool = False

    def __post_init__(self) -> None:
        for name in PER_PATIENT:
            value = getattr(self, name)
            if value is not None and not np.all(np.isfinite(value)):
                raise ValueError(f"dose into '{self.state}': {name} is not a finite number")
        for name in ("amount", "lag", "bioavailability"):
            if np.any(np.asarray(getattr(self, name)) < 0):
                raise ValueError(f"dose into '{self.state}': {name} is negative")
        for name in ("rate", "duration"):
            value = getattr(self, name)
            if value is not None and np.any(np.asarray(value) <= 0):
                raise ValueError(f"dose into '{self.state}': {name} must be above 0")
        if self.rate is not None and self.duration is not None:
            raise ValueError(f"dose into '{self.state}': give rate or duration, not both")
        if not 1 <= self.count <= LARGEST_COUNT:
            raise ValueError(f"dose into '{self.state}': count {self.count}, expected 1 to {LARGEST_COUNT}")
        if self.interval is not None and not (math.isfinite(self.interval) and self.interval > 0):
            raise ValueError(f"dose into '{self.state}': interval must be above 0")
        if (self.count > 1 or self.steady_state) and self.interval is None:
            raise ValueError(f"dose into '{self.state}': repeats need an interval")


@dataclass(frozen=True)
class Reset:
    """Puts a state (None: all states, and ends infusions) back to its initial value."""

    time: float
    state: str | None = None

    def __post_init__(self) -> None:
        if not math.isfinite(self.time):
            raise ValueError(f"reset at time {self.time}: expected a finite number")


@dataclass(frozen=True)
class Schedule:
    """All that is done to a patient."""

    doses: Sequence[Dose] = ()
    resets: Sequence[Reset] = ()

    def infused(self) -> list[str]:
        """States that receive infusions."""
        return list(
            dict.fromkeys(d.state for d in self.doses if d.rate is not None or d.duration is not None)
        )

    @property
    def steady_state(self) -> bool:
        return any(d.steady_state for d in self.doses)


@dataclass
class Actions:
    """The instants of all patients in one table; patient i owns rows first[i] to last[i] - 1."""

    first: Integers
    last: Integers
    time: Floats = field(default_factory=lambda: np.zeros(0))
    kind: Integers = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    target: Integers = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    value: Floats = field(default_factory=lambda: np.zeros(0))


def expand(
    schedule: Schedule,
    patients: int,
    states: Mapping[str, int],
    infusions: Mapping[str, int],
    run_in: int = 0,
) -> Actions:
    """The actions of a schedule; patients share one table where nothing differs between them.

    states, infusions: the engine's index of each name. run_in: doses put before a steady-state dose.
    Raises InputError for a state that there is not, or that was not compiled to be infused.
    """
    _check_names(schedule, states, infusions)
    _check_sizes(schedule, patients)
    ends = [r.time for r in schedule.resets if r.state is None]
    columns: list[tuple[Floats, Action, int, Floats]] = []
    levels: dict[str, list[tuple[Floats, Floats, Floats]]] = {}
    for reset in schedule.resets:
        kind = Action.RESET if reset.state is not None else Action.RESET_ALL
        target = states[reset.state] if reset.state is not None else 0
        columns.append((_row(reset.time), kind, target, _row(0.0)))
    for dose in schedule.doses:
        before = run_in if dose.steady_state else 0
        for k in range(-before, dose.count):
            time = _row(dose.time) + _row(dose.lag) + k * (dose.interval or 0.0)
            amount = _row(dose.amount) * _row(dose.bioavailability)
            if dose.rate is None and dose.duration is None:
                columns.append((time, Action.ADD, states[dose.state], amount))
                continue
            if dose.duration is not None:
                duration = _row(dose.duration)
                rate = amount / duration
            else:
                rate = _row(dose.rate)  # type: ignore[arg-type]
                duration = amount / rate
            end = time + duration
            for reset_at in ends:
                end = np.where((time < reset_at) & (reset_at < end), reset_at, end)
            levels.setdefault(dose.state, []).append((time, end, rate))
    width = max(
        [
            1,
            *(max(t.size, v.size) for t, _, _, v in columns),
            *(t.size for p in levels.values() for q in p for t in q),
        ]
    )
    parts = [(np.broadcast_to(t, width), k, i, np.broadcast_to(v, width)) for t, k, i, v in columns]
    for state, pieces in levels.items():
        parts.extend(_infusion_levels(pieces, infusions[state], width))
    return _table(parts, patients, width)


def _check_names(schedule: Schedule, states: Mapping[str, int], infusions: Mapping[str, int]) -> None:
    for name in [d.state for d in schedule.doses] + [r.state for r in schedule.resets if r.state is not None]:
        if name not in states:
            raise InputError(
                f"a dose or reset of '{name}': the model has no such state{nearest(name, states)}"
            )
    for name in schedule.infused():
        if name not in infusions:
            raise InputError(
                f"an infusion into '{name}': name the state in Engine(inputs=...) to have it compiled"
            )


def _check_sizes(schedule: Schedule, patients: int) -> None:
    for dose in schedule.doses:
        for name in PER_PATIENT:
            size = np.size(getattr(dose, name))
            if size not in (1, patients):
                raise ValueError(
                    f"dose into '{dose.state}': {size} values of {name}, expected 1 or {patients}"
                )


def _row(value: ArrayLike) -> Floats:
    return np.atleast_1d(np.asarray(value, dtype=np.float64))


def _infusion_levels(
    pieces: list[tuple[Floats, Floats, Floats]], target: int, width: int
) -> list[tuple[Floats, Action, int, Floats]]:
    """Overlapping infusions as the instants at which their total rate changes."""
    starts, ends, rates = (np.stack([np.broadcast_to(p[i], width) for p in pieces]) for i in range(3))
    times = np.concatenate([starts, ends])
    steps = np.concatenate([rates, -rates])
    running = np.concatenate([np.ones_like(starts), -np.ones_like(ends)])
    order = np.argsort(times, axis=0, kind="stable")
    times, steps, running = (np.take_along_axis(a, order, axis=0) for a in (times, steps, running))
    level = np.cumsum(steps, axis=0)
    # When nothing runs the level is zero, not what rounding left.
    level[np.cumsum(running, axis=0) == 0] = 0.0
    return [(times[k], Action.SET_INFUSION, target, level[k]) for k in range(len(times))]


def _table(parts: list[tuple[Floats, Action, int, Floats]], patients: int, width: int) -> Actions:
    count = len(parts)
    shared = width == 1
    first = np.zeros(patients, dtype=np.int64) if shared else np.arange(patients, dtype=np.int64) * count
    if not count:
        return Actions(first, first.copy())
    # At one instant resets come first, then infusion rates, then boluses.
    rank = {Action.RESET_ALL: 0, Action.RESET: 1, Action.SET_INFUSION: 2, Action.ADD: 3}
    parts = sorted(parts, key=lambda p: rank[p[1]])
    time = np.stack([p[0] for p in parts], axis=1)
    order = np.argsort(time, axis=1, kind="stable")
    kind, target = (np.array([int(p[i]) for p in parts], dtype=np.int64)[order] for i in (1, 2))
    value = np.take_along_axis(np.stack([p[3] for p in parts], axis=1), order, axis=1)
    time = np.take_along_axis(time, order, axis=1)
    return Actions(first, first + count, time.ravel(), kind.ravel(), target.ravel(), value.ravel())


def join(tables: Sequence[Actions], of_patient: Integers) -> Actions:
    """One table for patients of several arms; tables[a] was expanded for all patients."""
    offsets = np.cumsum([0, *(t.time.size for t in tables)])[:-1]
    rows = np.arange(of_patient.size)
    first, last = (
        np.stack([getattr(t, name) + o for t, o in zip(tables, offsets, strict=True)])[of_patient, rows]
        for name in ("first", "last")
    )
    time, kind, target, value = (
        np.concatenate([getattr(t, name) for t in tables]) for name in ("time", "kind", "target", "value")
    )
    return Actions(first, last, time, kind, target, value)
