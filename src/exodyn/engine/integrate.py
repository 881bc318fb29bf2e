"""Integrating the patients of a case by compiled code, to steady state where doses ask for it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from exodyn.engine.case import Case, Floats, Integers
from exodyn.engine.codes import Cause
from exodyn.engine.lanes import TAPE_HEAD
from exodyn.engine.machine_code import CompiledModel
from exodyn.engine.program import Program
from exodyn.engine.schedule import Actions, expand, join

Arrays = dict[str, NDArray[np.generic]]

LARGEST_RUN_IN = 4096

_REASONS = {
    Cause.NOT_FINITE: "a rate or state is not a finite number",
    Cause.STEP_TOO_SMALL: "the step size became too small for the tolerance asked",
    Cause.TOO_MANY_STEPS: "too many steps",
    Cause.EVENT_CASCADE: "events trigger each other without end",
    Cause.TOO_MANY_WAITING: "too many delayed events are waiting",
    Cause.BAD_DELAY: "an event's delay is negative or not a number",
}


@dataclass(frozen=True)
class IntegrationFailure:
    """A patient that could not be integrated to the end: its number, the time reached and the cause."""

    patient: int
    time: float
    cause: str


@dataclass
class EnsembleRun:
    """What a run gives. values: f64[patients, points, outputs]; NaN from the failure of a patient on.

    steps, rejected: i64[patients]. single_error: in single precision, the largest difference from double
    among the patients that were checked, relative to each output's largest size; None if none was, infinite
    if one of them failed in one precision alone.
    thread_seconds: CPU time that each thread spent in compiled code.
    sensitivities: f64[patients, points, outputs, parameters asked for], d output / d parameter: the exact
    derivative of the solution that was computed, at the steps that were taken. None if none was asked for.
    """

    values: Floats
    steps: Integers
    rejected: Integers
    failures: list[IntegrationFailure] = field(default_factory=list)
    single_error: float | None = None
    thread_seconds: tuple[float, ...] = ()
    sensitivities: Floats | None = None


class Tape:
    """The steps of patients, f64[patients, room, row], and how many each has taken (it may be more).

    arrays, numbers: what the run that filled it was called with.
    """

    def __init__(self, patients: int, program: Program, room: int = 256) -> None:
        width = TAPE_HEAD + len(program.states) + len(program.infusions)
        self.room = room
        self.rows: Floats = np.empty((patients, room, width))
        self.recorded: Integers = np.zeros(patients, dtype=np.int64)
        self.arrays: Arrays = {}
        self.numbers: dict[str, float] = {}

    @property
    def longest(self) -> int:
        """Steps of the patient who took most."""
        return int(np.max(self.recorded, initial=0))


def integrate(compiled: CompiledModel, case: Case) -> EnsembleRun:
    """Integrate every patient of a case."""
    return _to_steady_state(compiled, case) if case.steady else integrate_once(compiled, case)


def integrate_once(
    compiled: CompiledModel, case: Case, run_in: int = 0, tape: Tape | None = None
) -> EnsembleRun:
    """Integrate; run_in doses (and as many intervals of time) are put before steady-state doses.

    With a tape the steps are kept there (by code that records them), and there are no sensitivities.
    """
    actions, starts = _actions(compiled, case, run_in)
    shape = case.patients, len(case.times), len(compiled.program.outputs)
    directions = len(compiled.directions) if tape is None else 0
    values, sensitivities = np.empty(shape), np.empty((*shape, directions))
    cause, steps, rejected = (np.zeros(case.patients, dtype=np.int64) for _ in range(3))
    failed_at = np.zeros(case.patients)
    dtype = np.float64 if compiled.precision == "double" else np.float32
    arrays: Arrays = {
        "next_patient": np.zeros(1, dtype=np.int64), "parameters": case.table, "start": starts,
        "times": case.times, "first_action": actions.first, "last_action": actions.last,
        "action_time": actions.time, "action_kind": actions.kind, "action_target": actions.target,
        "action_value": actions.value, "values": values, "cause": cause, "failure_time": failed_at,
        "number": case.number, "steps": steps, "rejected": rejected,
        "atol": np.maximum(case.atol, np.finfo(dtype).tiny).astype(dtype),
        "stop": np.zeros(1, dtype=np.int64), "sensitivities": sensitivities,
        "action_value_dot": np.ascontiguousarray(actions.value_dot),
        "action_time_dot": np.ascontiguousarray(actions.time_dot),
        "action_moves": np.any(actions.time_dot, axis=1).astype(np.int64),
    }  # fmt: skip
    numbers = {
        "patients": case.patients, "points": len(case.times), "rtol": case.how.rtol, "seed": case.how.seed,
        "largest_step": case.how.largest_step, "most_steps": case.how.most_steps,
        "room": tape.room if tape is not None else 0,
    }  # fmt: skip
    if tape is not None:
        arrays |= {"tape": tape.rows, "recorded": tape.recorded}
        tape.arrays, tape.numbers = arrays, numbers
    seconds = compiled.code.call("drive", arrays, numbers, case.threads)
    failures = [
        IntegrationFailure(int(case.number[i]), float(failed_at[i]), _REASONS[Cause(int(cause[i]))])
        for i in np.flatnonzero(cause)
    ]
    return EnsembleRun(
        values, steps, rejected, failures, None, seconds, sensitivities if directions else None
    )


def relative_difference(values: Floats, exact: Floats) -> Floats:
    """The largest difference of each patient, relative to each output's largest size.

    NaN on both sides is no difference, NaN on one side is an infinite one.
    """
    size = np.max(np.nan_to_num(np.abs(exact)), axis=1, keepdims=True, initial=0.0)
    off = np.nan_to_num(np.abs(values - exact) / np.where(size > 0, size, 1.0))
    off = np.where(np.isnan(values) == np.isnan(exact), off, np.inf)
    return np.asarray(np.max(off, axis=(1, 2), initial=0.0))


def _actions(compiled: CompiledModel, case: Case, run_in: int) -> tuple[Actions, Floats]:
    """What is done to each patient and when, and when each begins."""
    tables = [
        expand(
            s, case.patients, compiled.states, compiled.infusions, run_in, slopes, len(compiled.directions)
        )
        for s, slopes in zip(case.schedules, case.slopes, strict=True)
    ]
    actions = join(tables, case.of_patient)
    starts = np.full(case.patients, case.how.start)
    for arm, schedule in enumerate(case.schedules if run_in else ()):
        for d in (d for d in schedule.doses if d.steady_state):
            begin = np.asarray(d.time) + np.asarray(d.lag) - run_in * (d.interval or 0.0)
            starts = np.where(case.of_patient == arm, np.minimum(starts, begin), starts)
    owned = actions.last > actions.first
    if np.any(actions.time[actions.first[owned]] < starts[owned]):
        raise ValueError("a dose comes before the start")
    return actions, starts


def _to_steady_state(compiled: CompiledModel, case: Case) -> EnsembleRun:
    """Double the number of doses before until each patient's outputs change no more."""
    run_in = 16
    result = integrate_once(compiled, case, run_in)
    failures = {f.patient: f for f in result.failures}
    open_ = np.arange(case.patients)
    settled = np.zeros(case.patients, dtype=bool)
    while open_.size and run_in < LARGEST_RUN_IN:
        run_in *= 2
        longer = integrate_once(compiled, case.subset(open_), run_in)
        failures |= {f.patient: f for f in longer.failures}
        moved = relative_difference(result.values[open_], longer.values)
        # Values are those of a run without sensitivities, which may take longer to settle.
        unsettled = open_[~settled[open_]]
        result.values[unsettled] = longer.values[~settled[open_]]
        result.steps[open_], result.rejected[open_] = longer.steps, longer.rejected
        if result.sensitivities is not None and longer.sensitivities is not None:
            shape = len(open_), len(case.times), -1
            before, after = (x.reshape(shape) for x in (result.sensitivities[open_], longer.sensitivities))
            settled[open_] |= moved <= case.how.rtol
            moved = np.maximum(moved, relative_difference(before, after))
            result.sensitivities[open_] = longer.sensitivities
        open_ = open_[moved > case.how.rtol]
    late = (
        IntegrationFailure(int(case.number[i]), case.how.start, "no steady state was reached") for i in open_
    )
    failures = {f.patient: f for f in late} | failures  # who failed on the way has its own cause
    result.failures = sorted(failures.values(), key=lambda x: x.patient)
    return result
