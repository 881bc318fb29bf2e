"""Doses as a protocol states them, and as the engine executes them: instants at which something is done."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exodyn.engine.codes import Action
from exodyn.errors import InputError, nearest
from exodyn.symbolic.derivative import gradients
from exodyn.symbolic.expr import Expr, Symbol, evaluate, symbols

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


Given: TypeAlias = ArrayLike | Expr
LARGEST_COUNT = 100_000
"""Repeats of one dose; each is a row of a table."""
NOTHING: NDArray[Any] = np.zeros(0)
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
    amount, time, rate, duration, lag and bioavailability may be arrays with one value per patient, or
    expressions of the model's parameters, by which sensitivities then differentiate.
    """

    state: str
    amount: Given
    time: Given = 0.0
    rate: Given | None = None
    duration: Given | None = None
    lag: Given = 0.0
    bioavailability: Given = 1.0
    interval: float | None = None
    count: int = 1
    steady_state: bool = False

    def __post_init__(self) -> None:
        numbers = {
            name: value
            for name in PER_PATIENT
            if (value := getattr(self, name)) is not None and not isinstance(value, Expr)
        }
        for name, value in numbers.items():
            if not np.all(np.isfinite(value)):
                raise ValueError(f"dose into '{self.state}': {name} is not a finite number")
            if name in ("amount", "lag", "bioavailability") and np.any(np.asarray(value) < 0):
                raise ValueError(f"dose into '{self.state}': {name} is negative")
            if name in ("rate", "duration") and np.any(np.asarray(value) <= 0):
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
    """All that is done to a patient.

    Given as tuples and with plain numbers, its table of actions is made once and kept.
    """

    doses: Sequence[Dose] = ()
    resets: Sequence[Reset] = ()

    def infused(self) -> list[str]:
        """States that receive infusions."""
        return list(
            dict.fromkeys(d.state for d in self.doses if d.rate is not None or d.duration is not None)
        )

    @cached_property
    def steady_state(self) -> bool:
        return any(d.steady_state for d in self.doses)

    @cached_property
    def fixed(self) -> bool:
        """Whether nothing in it can change or differ between patients."""
        numbers = (getattr(dose, name) for dose in self.doses for name in PER_PATIENT)
        return (
            isinstance(self.doses, tuple)
            and isinstance(self.resets, tuple)
            and all(value is None or isinstance(value, int | float) for value in numbers)
        )

    @cached_property
    def expansions(self) -> dict[Any, Actions]:
        """Tables made of a fixed schedule, by all that decides them."""
        return {}


@dataclass
class Actions:
    """The instants of all patients in one table; patient i owns rows first[i] to last[i] - 1.

    time_dot, value_dot: f64[actions, directions], the derivatives by parameters.
    """

    first: Integers
    last: Integers
    time: Floats = field(default_factory=lambda: np.zeros(0))
    kind: Integers = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    target: Integers = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    value: Floats = field(default_factory=lambda: np.zeros(0))
    time_dot: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    value_dot: Floats = field(default_factory=lambda: np.zeros((0, 0)))


@dataclass(frozen=True)
class Varied:
    """A number of each patient (f64[1] if it is the same for all) with its derivatives by parameters.

    value: f64[width]; dot: f64[width, directions].
    """

    value: Floats
    dot: Floats

    def __add__(self, other: Varied) -> Varied:
        return Varied(self.value + other.value, self.dot + other.dot)

    def __mul__(self, other: Varied) -> Varied:
        return Varied(
            self.value * other.value, self.dot * other.value[:, None] + self.value[:, None] * other.dot
        )

    def __truediv__(self, other: Varied) -> Varied:
        value = self.value / other.value
        return Varied(value, (self.dot - value[:, None] * other.dot) / other.value[:, None])

    def __neg__(self) -> Varied:
        return Varied(-self.value, -self.dot)

    def later(self, by: float) -> Varied:
        return Varied(self.value + by, self.dot)

    def where(self, condition: NDArray[np.bool_], other: float) -> Varied:
        """The other, fixed, number where the condition holds."""
        return Varied(np.where(condition, other, self.value), np.where(condition[:, None], 0.0, self.dot))

    def wide(self, width: int) -> Varied:
        """One number for each of `width` patients."""
        return Varied(
            np.broadcast_to(self.value, width), np.broadcast_to(self.dot, (width, self.dot.shape[1]))
        )


def expand(
    schedule: Schedule,
    patients: int,
    states: Mapping[str, int],
    infusions: Mapping[str, int],
    run_in: int = 0,
    derivatives: Mapping[tuple[int, str], Floats] | None = None,
    directions: int = 0,
) -> Actions:
    """The actions of a schedule; patients share one table where nothing differs between them.

    states, infusions: the engine's index of each name. run_in: doses put before a steady-state dose.
    derivatives: of what may differ by patient, f64[patients, directions], under (number of the dose, name).
    Raises InputError for a state that there is not, or that was not compiled to be infused.
    """
    if schedule.fixed:
        key = tuple(states.items()), tuple(infusions.items()), run_in, directions
        if key not in schedule.expansions:
            schedule.expansions[key] = _expand(schedule, 1, states, infusions, run_in, {}, directions)
        one = schedule.expansions[key]
        last = np.full(patients, one.time.size)
        return replace(one, first=np.zeros(patients, dtype=np.int64), last=last)
    return _expand(schedule, patients, states, infusions, run_in, derivatives or {}, directions)


def _expand(
    schedule: Schedule,
    patients: int,
    states: Mapping[str, int],
    infusions: Mapping[str, int],
    run_in: int,
    slopes: Mapping[tuple[int, str], Floats],
    directions: int,
) -> Actions:
    _check_names(schedule, states, infusions)
    _check_sizes(schedule, patients)
    none = np.zeros((1, directions))
    ends = [r.time for r in schedule.resets if r.state is None]
    columns: list[tuple[Varied, Action, int, Varied]] = []
    levels: dict[str, list[tuple[Varied, Varied, Varied]]] = {}
    for reset in schedule.resets:
        kind = Action.RESET if reset.state is not None else Action.RESET_ALL
        target = states[reset.state] if reset.state is not None else 0
        columns.append((Varied(_row(reset.time), none), kind, target, Varied(_row(0.0), none)))
    for number, dose in enumerate(schedule.doses):
        given = {
            name: Varied(_row(value), slopes.get((number, name), none))
            for name in PER_PATIENT
            if (value := getattr(dose, name)) is not None
        }
        before = run_in if dose.steady_state else 0
        amount = given["amount"] * given["bioavailability"]
        for k in range(-before, dose.count):
            time = (given["time"] + given["lag"]).later(k * (dose.interval or 0.0))
            if dose.rate is None and dose.duration is None:
                columns.append((time, Action.ADD, states[dose.state], amount))
                continue
            duration = given["duration"] if "duration" in given else amount / given["rate"]
            rate = given["rate"] if "rate" in given else amount / duration
            end = time + duration
            for reset_at in ends:
                end = end.where((time.value < reset_at) & (reset_at < end.value), reset_at)
            levels.setdefault(dose.state, []).append((time, end, rate))
    used = [v for t, _, _, value in columns for v in (t, value)]
    used += [v for pieces in levels.values() for piece in pieces for v in piece]
    width = max([1, *(v.value.size for v in used), *(len(v.dot) for v in used)])
    parts = [(t.wide(width), k, i, v.wide(width)) for t, k, i, v in columns]
    for state, pieces in levels.items():
        parts.extend(_infusion_levels(pieces, infusions[state], width))
    return _table(parts, patients, width, directions)


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
    pieces: list[tuple[Varied, Varied, Varied]], target: int, width: int
) -> list[tuple[Varied, Action, int, Varied]]:
    """Overlapping infusions as the instants at which their total rate changes."""
    starts, ends, rates = ([piece[i].wide(width) for piece in pieces] for i in range(3))
    times, steps = [*starts, *ends], [*rates, *(-r for r in rates)]
    running = np.repeat([1.0, -1.0], len(pieces))[:, None] * np.ones(width)
    order = np.argsort(np.stack([t.value for t in times]), axis=0, kind="stable")
    running = np.take_along_axis(running, order, axis=0)
    instants, level = _in_order(times, order), _in_order(steps, order)
    levels, dots = np.cumsum(level.value, axis=0), np.cumsum(level.dot, axis=0)
    # When nothing runs the level is zero, not what rounding left.
    over = np.cumsum(running, axis=0) == 0
    levels[over], dots[over] = 0.0, 0.0
    return [
        (
            Varied(instants.value[k], instants.dot[k]),
            Action.SET_INFUSION,
            target,
            Varied(levels[k], dots[k]),
        )
        for k in range(len(times))
    ]


def _in_order(columns: Sequence[Varied], order: Integers) -> Varied:
    """Columns stacked (a first axis before those of each), every patient's in an order of its own."""
    value = np.stack([c.value for c in columns])
    dot = np.stack([c.dot for c in columns])
    return Varied(
        np.take_along_axis(value, order, axis=0), np.take_along_axis(dot, order[:, :, None], axis=0)
    )


def _table(
    parts: list[tuple[Varied, Action, int, Varied]], patients: int, width: int, directions: int
) -> Actions:
    count = len(parts)
    shared = width == 1
    first = np.zeros(patients, dtype=np.int64) if shared else np.arange(patients, dtype=np.int64) * count
    if not count:
        return Actions(first, first.copy(), *4 * [NOTHING], *2 * [np.zeros((0, directions))])
    # At one instant resets come first, then infusion rates, then boluses.
    rank = {Action.RESET_ALL: 0, Action.RESET: 1, Action.SET_INFUSION: 2, Action.ADD: 3}
    parts = sorted(parts, key=lambda p: rank[p[1]])
    order = np.argsort(np.stack([p[0].value for p in parts]), axis=0, kind="stable")
    kind = np.array([int(p[1]) for p in parts], dtype=np.int64)[order.T]
    target = np.array([p[2] for p in parts], dtype=np.int64)[order.T]
    time, value = _in_order([p[0] for p in parts], order), _in_order([p[3] for p in parts], order)
    return Actions(
        first, first + count, time.value.T.ravel(), kind.ravel(), target.ravel(), value.value.T.ravel(),
        *(x.dot.swapaxes(0, 1).reshape(width * count, directions) for x in (time, value)),
    )  # fmt: skip


def join(tables: Sequence[Actions], of_patient: Integers) -> Actions:
    """One table for patients of several arms; tables[a] was expanded for all patients."""
    offsets = np.cumsum([0, *(t.time.size for t in tables)])[:-1]
    rows = np.arange(of_patient.size)
    first, last = (
        np.stack([getattr(t, name) + o for t, o in zip(tables, offsets, strict=True)])[of_patient, rows]
        for name in ("first", "last")
    )
    columns = ("time", "kind", "target", "value", "time_dot", "value_dot")
    return Actions(first, last, *(np.concatenate([getattr(t, name) for t in tables]) for name in columns))


def resolve(
    schedule: Schedule, values: Mapping[Symbol, Floats], directions: Sequence[Symbol]
) -> tuple[Schedule, dict[tuple[int, str], Floats]]:
    """The schedule with numbers for expressions, and their derivatives f64[patients, directions].

    values: of each parameter, f64[patients]. Raises InputError for an expression of anything else.
    """
    slopes: dict[tuple[int, str], Floats] = {}
    if schedule.fixed:
        return schedule, slopes
    doses = []
    for number, dose in enumerate(schedule.doses):
        found: dict[str, ArrayLike] = {}
        for name in PER_PATIENT:
            given = getattr(dose, name)
            if not isinstance(given, Expr):
                continue
            unknown = [s.name for s in symbols([given]) if s not in values]
            if unknown:
                raise InputError(
                    f"dose into '{dose.state}': {name} reads '{unknown[0]}', no parameter of the model"
                )
            by = gradients([given], directions)[0]
            size = len(next(iter(values.values()), np.zeros(1)))
            first, *rest = (np.broadcast_to(v, size) for v in evaluate([given, *by.values()], values))
            found[name] = np.array(first)
            if by:
                slopes[number, name] = np.zeros((size, len(directions)))
                for symbol, column in zip(by, rest, strict=True):
                    slopes[number, name][:, directions.index(symbol)] = column
        doses.append(replace(dose, **found) if found else dose)  # type: ignore[arg-type]
    return Schedule(doses, schedule.resets), slopes
