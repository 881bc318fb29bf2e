"""Running a model for many patients: compile once, integrate each patient on its own."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Literal

import llvmlite
import numpy as np
from numpy.typing import ArrayLike, NDArray

from exodyn.engine import cache as code_cache
from exodyn.engine.codes import FLOATS, JOB, Cause
from exodyn.engine.driver import write_driver
from exodyn.engine.emit import Module, Type
from exodyn.engine.lanes import TAPE_HEAD, Lanes
from exodyn.engine.native import OPTIONS, PASSES, Host, Loaded, compile_object, this_host
from exodyn.engine.program import Program, build_program
from exodyn.engine.rodas import RODAS5P
from exodyn.engine.schedule import PER_PATIENT, Actions, Schedule, expand, join, resolve
from exodyn.errors import InputError, nearest
from exodyn.symbolic.expr import Expr, Symbol
from exodyn.symbolic.model import Model, Readout

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
NOTHING = Schedule()
Precision = Literal["double", "single"]

SINGLE_RTOL = 1e-4
"""The tightest tolerance that single precision can keep: its error levels off near 2e-5."""
CHECKED_PATIENT = 256
"""In single precision every patient whose number is a multiple of this is integrated in double as well."""
MOST_STEPS = 1_000_000
LARGEST_RUN_IN = 4096
GRADIENTS_AT_ONCE = 512
"""Patients whose steps are on the tape at one time."""

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


@dataclass
class EnsembleGradient:
    """What a gradient gives.

    gradient: f64[patients, parameters asked for], the derivative of each patient's weighted sum of outputs,
    NaN for a patient that failed. values, steps, failures, thread_seconds: as of a run.
    """

    gradient: Floats
    values: Floats
    steps: Integers
    failures: list[IntegrationFailure] = field(default_factory=list)
    thread_seconds: tuple[float, ...] = ()


class Engine:
    """A model compiled for this host.

    outputs: names of states or readouts, readouts or expressions; all states by default.
    inputs: states that may be infused. precision: "single" doubles the lanes.
    optimise: False compiles ten times faster to slower code, which is sooner done for a single patient.
    sensitivities: parameters by which every run differentiates its outputs, through starts, doses, events and
    conditions on time; in double precision only. The values are those of a run without, to the bit.
    Raises KeyError for a name that the model does not have.
    """

    def __init__(
        self,
        model: Model,
        outputs: Sequence[str | Readout | Expr] | None = None,
        inputs: Sequence[str] = (),
        precision: Precision = "double",
        host: Host | None = None,
        optimise: bool = True,
        sensitivities: Sequence[str] = (),
    ) -> None:
        if sensitivities and precision != "double":
            raise ValueError("sensitivities are computed in double precision only")
        self.model = model
        self.host = host or this_host()
        self.precision: Precision = precision
        self.outputs = tuple(outputs) if outputs is not None else tuple(s.name for s in model.states)
        self.inputs = tuple(inputs)
        self.kind = Type(precision_type(precision), self.host.lanes(precision_type(precision)))
        infused = [_state(model, name) for name in inputs]
        self.sensitivities = tuple(sensitivities)
        self._directions = tuple(_parameter(model, name) for name in sensitivities)
        outputs_of = [_expression(model, o) for o in self.outputs]
        self.program = build_program(model, outputs_of, infused, self._directions)
        self.parameters = tuple(p.name for p in model.parameters)
        self.defaults: Floats = np.array([p.value for p in model.parameters], dtype=np.float64)
        self._states = {s.name: i for i, s in enumerate(self.program.states)}
        self._infusions = {name: i for i, name in enumerate(self.inputs)}
        self._double: Engine | None = None
        self._optimise = optimise
        self._code = _compiled(self.program, self.kind, self.host, optimise)
        self.code_bytes = self._code.bytes
        self._adjoint: _Code | None = None

    def run(
        self,
        parameters: ArrayLike | Mapping[str, ArrayLike] | None = None,
        times: ArrayLike = (0.0, 1.0),
        doses: Schedule | Sequence[Schedule] = NOTHING,
        arms: ArrayLike | None = None,
        *,
        patients: int | None = None,
        start: float = 0.0,
        rtol: float = 1e-4,
        atol: ArrayLike = 1e-8,
        threads: int = 1,
        seed: int = 0,
        first_patient: int = 0,
        largest_step: float = np.inf,
        most_steps: int = MOST_STEPS,
    ) -> EnsembleRun:
        """Integrate every patient over `times` (increasing; f64[points]).

        parameters: f64[patients, parameters], or values by name over the defaults (with `patients`).
        doses: one schedule, or one an arm with `arms` i64[patients].
        atol: absolute tolerance, one number or one a state (in the model's order).
        first_patient: the number of the first patient in the whole of a run that comes in chunks.
        Results of a patient depend on its own inputs and number alone, not on threads or chunks.
        """
        case = self._case(
            parameters, times, doses, arms, patients, start, rtol, atol, threads, seed, first_patient,
            largest_step, most_steps,
        )  # fmt: skip
        run = self._integrate(case)
        if self.precision == "single":
            run.single_error = self._check_single(case, run)
        return run

    def gradient(
        self,
        weights: ArrayLike | Callable[[Floats], ArrayLike],
        parameters: ArrayLike | Mapping[str, ArrayLike] | None = None,
        times: ArrayLike = (0.0, 1.0),
        doses: Schedule | Sequence[Schedule] = NOTHING,
        arms: ArrayLike | None = None,
        *,
        patients: int | None = None,
        start: float = 0.0,
        rtol: float = 1e-4,
        atol: ArrayLike = 1e-8,
        threads: int = 1,
        seed: int = 0,
        first_patient: int = 0,
        largest_step: float = np.inf,
        most_steps: int = MOST_STEPS,
    ) -> EnsembleGradient:
        """Integrate as `run` does, and differentiate the weighted sum of each patient's outputs.

        weights: f64[patients, points, outputs], or what gives them for the values of that shape (in which
        NaN marks what could not be computed): the derivative of a scalar objective by the outputs makes the
        result that objective's gradient. A weight of 0 leaves an output out.
        By an adjoint of the steps that were taken, which costs a few runs however many parameters there are;
        where events or instants depend on parameters, by the directions of `run`.
        """
        case = self._case(
            parameters, times, doses, arms, patients, start, rtol, atol, threads, seed, first_patient,
            largest_step, most_steps,
        )  # fmt: skip
        if not self.sensitivities:
            raise ValueError("name the parameters in Engine(sensitivities=...) to have gradients by them")
        shape = len(case.table), len(case.times), len(self.outputs)
        if not callable(weights) and np.shape(weights) != shape:
            raise ValueError(f"weights: shape {np.shape(weights)}, expected {shape}")
        parts = [
            self._part_of_gradient(case.subset(part), weights, part)
            for part in np.array_split(np.arange(len(case.table)), -(-len(case.table) // GRADIENTS_AT_ONCE))
        ]
        return EnsembleGradient(
            np.concatenate([p.gradient for p in parts]),
            np.concatenate([p.values for p in parts]),
            np.concatenate([p.steps for p in parts]),
            [f for p in parts for f in p.failures],
            tuple(s for p in parts for s in p.thread_seconds),
        )

    def _part_of_gradient(
        self, case: _Case, weights: ArrayLike | Callable[[Floats], ArrayLike], part: Integers
    ) -> EnsembleGradient:
        back = self._adjoint_serves(case)
        tape = _Tape(len(case.table), self.program) if back else None
        run = self._run(case, 0, tape) if back else self._integrate(case)
        if tape is not None and tape.longest > tape.room:
            tape = _Tape(len(case.table), self.program, tape.longest)
            run = self._run(case, 0, tape)
        given = weights(run.values) if callable(weights) else np.asarray(weights, dtype=np.float64)[part]
        weight = np.ascontiguousarray(given, dtype=np.float64)
        if weight.shape != run.values.shape:
            raise ValueError(f"weights: shape {weight.shape}, expected {run.values.shape}")
        gradient = np.full((len(case.table), len(self.sensitivities)), np.nan)
        seconds = run.thread_seconds
        if tape is not None:
            tape.arrays |= {
                "weights": weight, "gradients": gradient, "next_patient": np.zeros(1, dtype=np.int64)
            }  # fmt: skip
            threads = max(1, min(case.threads, len(case.table)))
            seconds += _drive(self._code_of_adjoint(), "back", tape.arrays, tape.numbers, threads)
        elif run.sensitivities is not None:
            used = np.where(weight[..., None] != 0.0, run.sensitivities, 0.0)
            gradient = np.einsum("ito,itop->ip", weight, used)
        return EnsembleGradient(gradient, run.values, run.steps, run.failures, seconds)

    def _adjoint_serves(self, case: _Case) -> bool:
        """Whether nothing happens at instants that depend on states or parameters."""
        moves = any(name in ("time", "lag", "duration", "rate") for s in case.slopes for _, name in s)
        timed = any(d.rate is not None for s in case.schedules for d in s.doses)
        of = self.program.tangent
        shifts = of is not None and bool(of.breakpoints.count or of.switches)
        amounts = any(case.slopes) and timed  # of an infusion by rate: when it ends
        return not (self.program.events or moves or amounts or shifts) and not any(
            s.steady_state for s in case.schedules
        )

    def _code_of_adjoint(self) -> _Code:
        if self._adjoint is None:
            program = replace(self.program, tangent=None, adjoint=self.program.tangent)
            self._adjoint = _compiled(program, self.kind, self.host, self._optimise)
        return self._adjoint

    # -- checks of what comes in

    def _case(
        self,
        parameters: ArrayLike | Mapping[str, ArrayLike] | None,
        times: ArrayLike,
        doses: Schedule | Sequence[Schedule],
        arms: ArrayLike | None,
        patients: int | None,
        start: float,
        rtol: float,
        atol: ArrayLike,
        threads: int,
        seed: int,
        first_patient: int,
        largest_step: float,
        most_steps: int,
    ) -> _Case:
        table = self._table(parameters, patients)
        points = _checked_times(times, start)
        tolerance = self._tolerances(rtol, atol)
        _check_limits(threads, largest_step, most_steps)
        schedules = [doses] if isinstance(doses, Schedule) else list(doses)
        of_patient = _checked_arms(arms, len(table), len(schedules))
        number = first_patient + np.arange(len(table), dtype=np.int64)
        symbols = {p.symbol: table[:, k] for k, p in enumerate(self.model.parameters)}
        resolved = [resolve(s, symbols, self._directions) for s in schedules]
        schedules, slopes = [s for s, _ in resolved], [d for _, d in resolved]
        return _Case(
            table, points, schedules, slopes, of_patient, number, start, rtol, tolerance, threads, seed,
            largest_step, most_steps,
        )  # fmt: skip

    def _table(self, parameters: ArrayLike | Mapping[str, ArrayLike] | None, patients: int | None) -> Floats:
        if parameters is None or isinstance(parameters, Mapping):
            given = {k: np.asarray(v, dtype=np.float64) for k, v in (parameters or {}).items()}
            count = patients if patients is not None else max([1, *(v.size for v in given.values())])
            table = np.tile(self.defaults, (count, 1))
            for name, values in given.items():
                if name not in self.parameters:
                    raise InputError(f"no parameter '{name}'{nearest(name, self.parameters)}")
                if values.size not in (1, count):
                    raise ValueError(f"parameter '{name}': {values.size} values for {count} patients")
                table[:, self.parameters.index(name)] = values
            return table
        table = np.ascontiguousarray(parameters, dtype=np.float64)
        if table.ndim != 2 or table.shape[1] != len(self.parameters):
            raise ValueError(f"parameters: shape {table.shape}, expected (patients, {len(self.parameters)})")
        if patients not in (None, len(table)):
            raise ValueError(f"parameters of {len(table)} patients, but patients={patients}")
        return table

    def _tolerances(self, rtol: float, atol: ArrayLike) -> Floats:
        if not 1e-14 <= rtol < 1:
            raise ValueError(f"rtol {rtol}: expected 1e-14 to 1")
        if self.precision == "single" and rtol < SINGLE_RTOL:
            raise ValueError(f"rtol {rtol}: single precision keeps {SINGLE_RTOL} at best; use double")
        given = np.broadcast_to(np.asarray(atol, dtype=np.float64), (len(self.model.states),))
        if not np.all(given > 0):
            raise ValueError("atol must be above 0")
        by_name = dict(zip((s.name for s in self.model.states), given, strict=True))
        return np.array([by_name[s.name] for s in self.program.states[: self.program.moving]])

    # -- running

    def _integrate(self, case: _Case) -> EnsembleRun:
        steady = any(s.steady_state for s in case.schedules)
        return self._steady_run(case) if steady else self._run(case, 0)

    def _run(self, case: _Case, run_in: int, tape: _Tape | None = None) -> EnsembleRun:
        """Integrate; run_in doses (and as many intervals of time) are put before steady-state doses.

        With a tape the steps are kept there, and there are no sensitivities.
        """
        patients = len(case.table)
        count = len(self._directions)
        tables = [
            expand(s, patients, self._states, self._infusions, run_in, slopes, count)
            for s, slopes in zip(case.schedules, case.slopes, strict=True)
        ]
        actions = join(tables, case.of_patient)
        starts = np.full(patients, case.start)
        if run_in:
            for arm, schedule in enumerate(case.schedules):
                early = [d for d in schedule.doses if d.steady_state]
                for d in early:
                    begin = np.asarray(d.time) + np.asarray(d.lag) - run_in * (d.interval or 0.0)
                    starts = np.where(case.of_patient == arm, np.minimum(starts, begin), starts)
        _check_actions(actions, starts)
        shape = patients, len(case.times), len(self.outputs)
        forward = count > 0 and tape is None
        values, sensitivities = np.empty(shape), np.empty((*shape, count if forward else 0))
        cause = np.zeros(patients, dtype=np.int64)
        failed_at = np.zeros(patients)
        steps, rejected = (np.zeros(patients, dtype=np.int64) for _ in range(2))
        dtype = np.float64 if self.precision == "double" else np.float32
        atol = np.maximum(case.atol, np.finfo(dtype).tiny).astype(dtype)
        arrays = {
            "next_patient": np.zeros(1, dtype=np.int64), "parameters": case.table, "start": starts,
            "times": case.times, "first_action": actions.first, "last_action": actions.last,
            "action_time": actions.time, "action_kind": actions.kind, "action_target": actions.target,
            "action_value": actions.value, "values": values, "cause": cause, "failure_time": failed_at,
            "number": case.number, "steps": steps, "rejected": rejected, "atol": atol,
            "stop": np.zeros(1, dtype=np.int64), "sensitivities": sensitivities,
            "action_value_dot": np.ascontiguousarray(actions.value_dot),
            "action_time_dot": np.ascontiguousarray(actions.time_dot),
            "action_moves": np.any(actions.time_dot, axis=1).astype(np.int64),
        }  # fmt: skip
        if tape is not None:
            arrays |= {"tape": tape.rows, "recorded": tape.recorded}
        numbers = {
            "patients": patients, "points": len(case.times), "rtol": case.rtol, "seed": case.seed,
            "largest_step": case.largest_step, "most_steps": case.most_steps,
            "room": tape.room if tape is not None else 0,
        }  # fmt: skip
        code = self._code if tape is None else self._code_of_adjoint()
        threads = max(1, min(case.threads, patients))
        seconds = _drive(code, "drive", arrays, numbers, threads)
        if tape is not None:
            tape.arrays, tape.numbers = arrays, numbers
        failures = [
            IntegrationFailure(int(case.number[i]), float(failed_at[i]), _REASONS[Cause(int(cause[i]))])
            for i in np.flatnonzero(cause)
        ]
        derivatives = sensitivities if forward else None
        return EnsembleRun(
            values, steps, rejected, failures, thread_seconds=seconds, sensitivities=derivatives
        )

    def _steady_run(self, case: _Case) -> EnsembleRun:
        """Double the number of doses before until each patient's outputs change no more."""
        if self.program.reads_time:
            raise ValueError(f"model '{self.model.name}': rates depend on time, so there is no steady state")
        run_in = 16
        result = self._run(case, run_in)
        failures = {f.patient: f for f in result.failures}
        open_ = np.arange(len(case.table))
        settled = np.zeros(len(case.table), dtype=bool)
        while open_.size and run_in < LARGEST_RUN_IN:
            run_in *= 2
            longer = self._run(case.subset(open_), run_in)
            failures |= {f.patient: f for f in longer.failures}
            moved = _relative_difference(result.values[open_], longer.values)
            # Values are those of a run without sensitivities, which may take longer to settle.
            unsettled = open_[~settled[open_]]
            result.values[unsettled] = longer.values[~settled[open_]]
            result.steps[open_], result.rejected[open_] = longer.steps, longer.rejected
            if result.sensitivities is not None and longer.sensitivities is not None:
                shape = len(open_), len(case.times), -1
                before, after = (
                    x.reshape(shape) for x in (result.sensitivities[open_], longer.sensitivities)
                )
                settled[open_] |= moved <= case.rtol
                moved = np.maximum(moved, _relative_difference(before, after))
                result.sensitivities[open_] = longer.sensitivities
            open_ = open_[moved > case.rtol]
        late = (
            IntegrationFailure(int(case.number[i]), case.start, "no steady state was reached") for i in open_
        )
        failures = {f.patient: f for f in late} | failures  # who failed on the way has its own cause
        result.failures = sorted(failures.values(), key=lambda x: x.patient)
        return result

    def _check_single(self, case: _Case, run: EnsembleRun) -> float | None:
        chosen = np.flatnonzero(case.number % CHECKED_PATIENT == 0)
        if not chosen.size:
            return None
        if self._double is None:
            self._double = Engine(self.model, self.outputs, self.inputs, "double", self.host)
        exact = self._double._integrate(case.subset(chosen)).values
        return float(np.max(_relative_difference(run.values[chosen], exact)))


def _drive(
    code: _Code,
    name: str,
    arrays: dict[str, NDArray[np.generic]],
    numbers: dict[str, float],
    threads: int,
) -> tuple[float, ...]:
    """Call a compiled function in so many threads; the CPU seconds of each."""
    function = code.loaded.function(name)
    job = np.zeros(len(JOB), dtype=np.int64)
    for i, word in enumerate(JOB):
        if word in arrays:
            job[i] = arrays[word].ctypes.data
        elif word in FLOATS:
            job[i : i + 1].view(np.float64)[0] = numbers[word]
        elif word in numbers:
            job[i : i + 1].view(np.uint64)[0] = int(numbers[word]) % 2**64

    def work() -> float:
        began = time.thread_time()
        memory = np.zeros(code.lane_bytes + 4096, dtype=np.uint8)
        aligned = -(-memory.ctypes.data // 4096) * 4096
        function(job.ctypes.data, aligned)
        return time.thread_time() - began

    if threads == 1:
        return (work(),)
    with ThreadPoolExecutor(threads) as pool:
        waiting = [pool.submit(work) for _ in range(threads)]
        try:
            return tuple(w.result() for w in waiting)
        except BaseException:
            arrays["stop"][0] = 1
            raise


class _Tape:
    """The steps of patients, f64[patients, room, row], and how many each has taken (it may be more)."""

    def __init__(self, patients: int, program: Program, room: int = 256) -> None:
        width = TAPE_HEAD + len(program.states) + len(program.infusions)
        self.room = room
        self.rows: Floats = np.empty((patients, room, width))
        self.recorded: Integers = np.zeros(patients, dtype=np.int64)
        self.arrays: dict[str, NDArray[np.generic]] = {}
        self.numbers: dict[str, float] = {}

    @property
    def longest(self) -> int:
        return int(np.max(self.recorded, initial=0))


@dataclass(frozen=True)
class _Case:
    """One call of `run`, checked."""

    table: Floats
    times: Floats
    schedules: list[Schedule]
    slopes: list[dict[tuple[int, str], Floats]]
    of_patient: Integers
    number: Integers
    start: float
    rtol: float
    atol: Floats
    threads: int
    seed: int
    largest_step: float
    most_steps: int

    def subset(self, chosen: Integers) -> _Case:
        schedules = [_subset(s, chosen) for s in self.schedules]
        return replace(
            self,
            table=np.ascontiguousarray(self.table[chosen]),
            schedules=schedules,
            slopes=[{k: v[chosen] for k, v in slopes.items()} for slopes in self.slopes],
            of_patient=self.of_patient[chosen],
            number=self.number[chosen],
        )


def _relative_difference(values: Floats, exact: Floats) -> Floats:
    """The largest difference of each patient, relative to each output's largest size.

    NaN on both sides is no difference, NaN on one side is an infinite one.
    """
    size = np.max(np.nan_to_num(np.abs(exact)), axis=1, keepdims=True, initial=0.0)
    off = np.nan_to_num(np.abs(values - exact) / np.where(size > 0, size, 1.0))
    off = np.where(np.isnan(values) == np.isnan(exact), off, np.inf)
    return np.asarray(np.max(off, axis=(1, 2), initial=0.0))


def _subset(schedule: Schedule, chosen: Integers) -> Schedule:
    def pick(value: ArrayLike | None) -> ArrayLike | None:
        return value if value is None or np.size(value) == 1 else np.asarray(value)[chosen]

    doses = [replace(d, **{n: pick(getattr(d, n)) for n in PER_PATIENT}) for d in schedule.doses]  # type: ignore[arg-type]
    return Schedule(doses, schedule.resets)


def precision_type(precision: Precision) -> str:
    """The scalar that a precision computes in."""
    return {"double": "double", "single": "float"}[precision]


def write_module(program: Program, kind: Type, host: Host) -> tuple[str, int]:
    """The LLVM text of a program for a vector type, and the bytes of memory that its lanes need."""
    module = Module(has_rough_inverse=host.vector_bits == 512)
    lanes = Lanes(module, program, RODAS5P, kind, host.attributes)
    write_driver(lanes)
    return module.text(), lanes.layout.size


@dataclass(frozen=True)
class _Code:
    """A compiled program: its functions, their size and the bytes of memory that its lanes need."""

    loaded: Loaded
    bytes: int
    lane_bytes: int


def _compiled(program: Program, kind: Type, host: Host, optimise: bool) -> _Code:
    text, lane_bytes = write_module(program, kind, host)
    parts = (
        llvmlite.__version__,
        host.triple,
        host.cpu,
        host.features,
        str((optimise, PASSES, OPTIONS)),
        text,
    )
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    image = code_cache.load(key)
    if image is None:
        image = compile_object(text, host, optimise)
        code_cache.store(key, image)
    return _Code(Loaded(image), len(image), lane_bytes)


def _state(model: Model, name: str) -> Symbol:
    for state in model.states:
        if state.name == name:
            return state.symbol
    raise KeyError(f"model '{model.name}' has no state '{name}' to be infused")


def _parameter(model: Model, name: str) -> Symbol:
    for parameter in model.parameters:
        if parameter.name == name:
            return parameter.symbol
    raise KeyError(f"model '{model.name}' has no parameter '{name}' to differentiate by")


def _expression(model: Model, output: str | Readout | Expr) -> Expr:
    if isinstance(output, Expr):
        return output
    if isinstance(output, Readout):
        return output.expression
    for state in model.states:
        if state.name == output:
            return state.symbol
    for readout in model.readouts:
        if readout.name == output:
            return readout.expression
    raise KeyError(f"model '{model.name}' has no state or readout '{output}'")


def _check_limits(threads: int, largest_step: float, most_steps: int) -> None:
    if threads < 1:
        raise ValueError(f"threads {threads}: expected 1 or more")
    if not largest_step > 0:
        raise ValueError(f"largest_step {largest_step}: expected a number above 0")
    if most_steps < 1:
        raise ValueError(f"most_steps {most_steps}: expected 1 or more")


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
    if not np.isfinite(start):
        raise ValueError(f"start {start}: expected a finite number")
    if np.any(np.diff(points) < 0) or points[0] < start:
        raise ValueError("times: expected increasing numbers, none before the start")
    return points


def _check_actions(actions: Actions, starts: Floats) -> None:
    owned = actions.last > actions.first
    if np.any(actions.time[actions.first[owned]] < starts[owned]):
        raise ValueError("a dose comes before the start")
