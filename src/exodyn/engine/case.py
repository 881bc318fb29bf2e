"""What one call of the engine is asked for: patients, times, doses and how to integrate, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exodyn.engine.machine_code import CompiledModel
from exodyn.engine.schedule import PER_PATIENT, Schedule, resolve
from exodyn.errors import InputError, nearest

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

Parameters = ArrayLike | Mapping[str, ArrayLike]
"""f64[patients, parameters], or values by name over the defaults."""

MOST_STEPS = 1_000_000


class Options(TypedDict, total=False):
    """How to integrate; defaults in `Integration`.

    patients: how many, where parameters are given by name. start: the time at which all begin.
    rtol, atol: relative tolerance, and absolute one: a number, or one a state in the model's order.
    threads: how many; seed: of random numbers. first_patient: the number of the first patient in the whole of
    a run that comes in chunks. largest_step: no step is longer; most_steps: a patient may take.
    """

    patients: int | None
    start: float
    rtol: float
    atol: ArrayLike
    threads: int
    seed: int
    first_patient: int
    largest_step: float
    most_steps: int


@dataclass(frozen=True)
class Integration:
    """`Options` with their defaults, checked."""

    patients: int | None = None
    start: float = 0.0
    rtol: float = 1e-4
    atol: ArrayLike = 1e-8
    threads: int = 1
    seed: int = 0
    first_patient: int = 0
    largest_step: float = np.inf
    most_steps: int = MOST_STEPS

    def __post_init__(self) -> None:
        if not 1e-14 <= self.rtol < 1:
            raise ValueError(f"rtol {self.rtol}: expected 1e-14 to 1")
        if not np.all(np.asarray(self.atol) > 0):
            raise ValueError("atol must be above 0")
        if not np.isfinite(self.start):
            raise ValueError(f"start {self.start}: expected a finite number")
        if self.threads < 1:
            raise ValueError(f"threads {self.threads}: expected 1 or more")
        if not self.largest_step > 0:
            raise ValueError(f"largest_step {self.largest_step}: expected a number above 0")
        if self.most_steps < 1:
            raise ValueError(f"most_steps {self.most_steps}: expected 1 or more")


@dataclass(frozen=True)
class Case:
    """One call, checked.

    table: f64[patients, parameters]; number: i64[patients], of each in the whole of a run. of_patient:
    i64[patients], the schedule of each. slopes: by schedule, the derivatives of (dose, field) by the engine's
    directions. atol: one a moving state of the program.
    """

    table: Floats
    times: Floats
    schedules: list[Schedule]
    slopes: list[dict[tuple[int, str], Floats]]
    of_patient: Integers
    number: Integers
    atol: Floats
    how: Integration

    @property
    def patients(self) -> int:
        """How many."""
        return len(self.table)

    @property
    def threads(self) -> int:
        """No more than there are patients."""
        return max(1, min(self.how.threads, self.patients))

    @property
    def steady(self) -> bool:
        """Whether a dose stands for doses that had been given for ever."""
        return any(s.steady_state for s in self.schedules)

    def subset(self, chosen: Integers) -> Case:
        """The same for some of the patients."""
        return replace(
            self,
            table=np.ascontiguousarray(self.table[chosen]),
            schedules=[_subset(s, chosen) for s in self.schedules],
            slopes=[{k: v[chosen] for k, v in slopes.items()} for slopes in self.slopes],
            of_patient=self.of_patient[chosen],
            number=self.number[chosen],
        )


def case_of(
    compiled: CompiledModel,
    parameters: Parameters | None,
    times: ArrayLike,
    doses: Schedule | Sequence[Schedule],
    arms: ArrayLike | None,
    how: Integration,
) -> Case:
    """What is asked of a model.

    Raises ValueError for a shape or number that cannot be, InputError for an unknown parameter.
    """
    table = _table(compiled, parameters, how.patients)
    schedules = [doses] if isinstance(doses, Schedule) else list(doses)
    columns = {p.symbol: table[:, k] for k, p in enumerate(compiled.model.parameters)}
    resolved = [resolve(s, columns, compiled.directions) for s in schedules]
    return Case(
        table,
        _checked_times(times, how.start),
        [s for s, _ in resolved],
        [slopes for _, slopes in resolved],
        _checked_arms(arms, len(table), len(schedules)),
        how.first_patient + np.arange(len(table), dtype=np.int64),
        _tolerances(compiled, how.atol),
        how,
    )


def _table(compiled: CompiledModel, parameters: Parameters | None, patients: int | None) -> Floats:
    names = compiled.parameters
    if parameters is None or isinstance(parameters, Mapping):
        given = {k: np.asarray(v, dtype=np.float64) for k, v in (parameters or {}).items()}
        count = patients if patients is not None else max([1, *(v.size for v in given.values())])
        table = np.tile(compiled.defaults, (count, 1))
        for name, values in given.items():
            if name not in names:
                raise InputError(f"no parameter '{name}'{nearest(name, tuple(names))}")
            if values.size not in (1, count):
                raise ValueError(f"parameter '{name}': {values.size} values for {count} patients")
            table[:, names[name]] = values
        return table
    table = np.ascontiguousarray(parameters, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] != len(names):
        raise ValueError(f"parameters: shape {table.shape}, expected (patients, {len(names)})")
    if patients not in (None, len(table)):
        raise ValueError(f"parameters of {len(table)} patients, but patients={patients}")
    return table


def _tolerances(compiled: CompiledModel, atol: ArrayLike) -> Floats:
    states, program = compiled.model.states, compiled.program
    given = np.broadcast_to(np.asarray(atol, dtype=np.float64), (len(states),))
    by_name = dict(zip((s.name for s in states), given, strict=True))
    return np.array([by_name[s.name] for s in program.states[: program.moving]])


def _checked_arms(arms: ArrayLike | None, patients: int, schedules: int) -> Integers:
    given = np.zeros(patients, dtype=np.int64) if arms is None else np.asarray(arms, dtype=np.int64)
    if given.shape != (patients,):
        raise ValueError(f"arms: shape {given.shape}, expected one number for each of {patients} patients")
    if np.any((given < 0) | (given >= schedules)):
        raise ValueError(f"arms: expected 0 to {schedules - 1}, one for each schedule")
    return given


def _checked_times(times: ArrayLike, start: float) -> Floats:
    points = np.ascontiguousarray(times, dtype=np.float64)
    if points.ndim != 1 or not points.size or not np.all(np.isfinite(points)):
        raise ValueError("times: expected one or more finite numbers")
    if np.any(np.diff(points) < 0) or points[0] < start:
        raise ValueError("times: expected increasing numbers, none before the start")
    return points


def _subset(schedule: Schedule, chosen: Integers) -> Schedule:
    def pick(value: ArrayLike | None) -> ArrayLike | None:
        return value if value is None or np.size(value) == 1 else np.asarray(value)[chosen]

    doses = [replace(d, **{n: pick(getattr(d, n)) for n in PER_PATIENT}) for d in schedule.doses]  # type: ignore[arg-type]
    return Schedule(doses, schedule.resets)
