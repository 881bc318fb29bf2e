"""Predictions of all observations of a table, for any number of replicates of its subjects in one engine run.

A segment of a subject's time is a lane of the engine; replicates are quadrature nodes, steps of a difference,
or simulated populations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from exodyn.engine import Dose, Engine, EnsembleRun, Reset, Schedule
from exodyn.errors import InputError, nearest
from exodyn.inference.mixed.event_table import DoseRecord, EventTable, Segment
from exodyn.inference.mixed.model import Dosing, MixedModel, subjects
from exodyn.inference.mixed.periods import Periods, periods
from exodyn.symbolic import TIME, Expr, Model, ParameterValue, Symbol, where
from exodyn.symbolic.model import fix

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

NOISE = 1e-3
"""The absolute tolerance is this part of the relative one times the largest dose."""
LEAST = 1e-300
"""The smallest lag, share, rate or duration of a dose."""
MOST_VALUES = 50_000_000
"""Numbers that one run may hold; more replicates come in several runs."""


class Lanes:
    """The compiled structure of a model over a table.

    parameters: the individual parameters that predictions depend on. copies: what the engine sees of them,
    one of each, or one a period for those that change; phi below is of these, f64[replicates, segments,
    copies]. parameter_of, i64[copies], and period_of, i64[segments, copies], say what each is.
    Raises InputError for an output or a compartment that the model does not have.
    """

    def __init__(self, model: MixedModel, table: EventTable, rtol: float, threads: int = 1) -> None:
        self.model, self.table, self.rtol, self.threads = model, table, rtol, threads
        seen = table.observations
        self.outputs = tuple(dict.fromkeys(error.output for error in model.residuals))
        self.error_of = _error_of(model, table)
        self.output_of = np.array(
            [self.outputs.index(model.residuals[k].output) for k in self.error_of], dtype=np.int64
        )
        self.times, self.time_of = np.unique(seen.time, return_inverse=True)
        self.subject_of = np.array([s.subject for s in table.segments], dtype=np.int64)
        self.written = subjects(model)
        self.periods = periods(table, self.written)
        by_dose = [name for one in model.dosing for name in one.parameters]
        structure = _with(model.structure, by_dose)
        known = {p.name for p in structure.parameters}
        self.parameters = tuple(one.name for one in model.individuals if one.name in known)
        structure, self.copies = _by_period(structure, self.parameters, self.periods)
        self.parameter_of = np.array([self.parameters.index(one.name) for one in self.copies], dtype=np.int64)
        self.period_of = self.periods.of[:, [one.period for one in self.copies]]
        self._symbols = {(one.name, one.period): one.symbol for one in self.copies}
        self._by_dose = [k for k, one in enumerate(self.copies) if one.name in by_dose]
        self._scale = np.array([model.scale.get(one.name, 1.0) for one in self.copies])
        self._dosing = {one.state: one for one in model.dosing}
        self._schedules = [self._schedule(k, s) for k, s in enumerate(table.segments)]
        infused = {name for schedule in self._schedules for name in schedule.infused()}
        inputs = [s.name for s in model.structure.states if s.name in infused]
        names = [one.symbol.name for one in self.copies]
        self._plain = Engine(structure, self.outputs, inputs)
        self._differentiated = Engine(structure, self.outputs, inputs, sensitivities=names)
        self._columns = [self._plain.parameters.index(name) for name in names]
        self._until = [
            k for k, name in enumerate(self._plain.parameters) if name.startswith(UNTIL.format(""))
        ]
        self.start = min([0.0, *(d.time for s in table.segments for d in s.doses), *seen.time])
        largest = max([1e-300, *(d.amount for s in table.segments for d in s.doses)])
        starts = [abs(s.initial.value) for s in model.structure.states if s.initial.op == "const"]
        self._atol = rtol * NOISE * max([largest, *starts])

    # -- predictions

    def predict(self, phi: Floats) -> Floats:
        """Predictions f64[replicates, observations] of phi.

        NaN where the model could not be integrated.
        """
        f = np.empty((len(phi), len(self.table.observations)))
        for part in self._parts(len(phi), 1):
            self._observed(self._run(self._plain, phi[part]).values, f[part])
        return f

    def slopes(self, phi: Floats, some: Booleans | None = None) -> tuple[Floats, Floats]:
        """Predictions, and their derivatives f64[replicates, observations, copies] by phi.

        some: the subjects wanted, bool[subjects]; others have NaN.
        """
        replicates, _, count = phi.shape
        f = np.full((replicates, len(self.table.observations)), np.nan)
        by = np.full((*f.shape, count), np.nan)
        for part in self._parts(replicates, 1 + count):
            run = self._run(self._differentiated, phi[part], some)
            assert run.sensitivities is not None
            for target, values in ((f, run.values), (by, run.sensitivities)):
                self._observed(values, target[part], some)
        return f, by * self._scale

    def _parts(self, replicates: int, times: int) -> Iterator[slice]:
        one = len(self.table.segments) * len(self.times) * len(self.outputs) * times
        size = max(1, MOST_VALUES // max(1, one))
        yield from (slice(k, min(k + size, replicates)) for k in range(0, replicates, size))

    def _run(self, engine: Engine, phi: Floats, some: Booleans | None = None) -> EnsembleRun:
        chosen = self._segments(some)
        lanes = (phi * self._scale)[:, chosen].reshape(len(phi) * len(chosen), -1)
        # A lane that cannot be is computed elsewhere, and has no result.
        bad = ~np.all(np.isfinite(lanes), axis=1) | ~np.all(lanes[:, self._by_dose] >= LEAST, axis=1)
        lanes[bad] = 1.0
        table = np.tile(engine.defaults, (len(lanes), 1))
        table[:, self._columns] = lanes
        if self._until:
            table[:, self._until] = np.tile(self.periods.until[chosen], (len(phi), 1))
        run = engine.run(
            table,
            self.times,
            [self._schedules[k] for k in chosen],
            np.tile(np.arange(len(chosen)), len(phi)),
            start=self.start,
            rtol=self.rtol,
            atol=self._atol,
            threads=self.threads,
        )
        run.values[bad] = np.nan
        return run

    def _observed(self, values: Floats, target: Floats, some: Booleans | None = None) -> None:
        """Put what belongs to the observations into target, f64[replicates, observations, ...]."""
        chosen = self._segments(some)
        place = np.full(len(self.table.segments), -1)
        place[chosen] = np.arange(len(chosen))
        lane = place[self.table.observations.segment]
        mine = np.flatnonzero(lane >= 0)
        by_lane = values.reshape(-1, len(chosen), *values.shape[1:])
        target[:, mine] = by_lane[:, lane[mine], self.time_of[mine], self.output_of[mine]]

    def _segments(self, some: Booleans | None) -> Integers:
        return np.arange(len(self.subject_of)) if some is None else np.flatnonzero(some[self.subject_of])

    # -- doses

    def _schedule(self, number: int, segment: Segment) -> Schedule:
        doses = tuple(self._dose(dose, self.periods.row[number][dose.row]) for dose in segment.doses)
        return Schedule(doses, () if segment.reset is None else (Reset(segment.reset),))

    def _dose(self, dose: DoseRecord, period: int) -> Dose:
        state = self._state(dose)
        own = self._dosing.get(state, Dosing(state))
        rate = duration = None
        if dose.infusion == "estimated rate":
            rate = self._symbol(self._needed(own.rate, "rate", dose, state), period)
        elif dose.infusion == "estimated duration":
            duration = self._symbol(self._needed(own.duration, "duration", dose, state), period)
        return Dose(
            state,
            dose.amount,
            time=dose.time,
            rate=dose.rate if dose.infusion == "rate" else rate,
            duration=duration,
            lag=0.0 if own.lag is None else self._symbol(own.lag, period),
            bioavailability=1.0 if own.bioavailability is None else self._symbol(own.bioavailability, period),
            interval=dose.interval,
            count=dose.count,
            steady_state=dose.steady_state,
        )

    def _symbol(self, name: str, period: int) -> Symbol:
        """What a dose of this period reads."""
        return self._symbols[name, period if (name, period) in self._symbols else 0]

    def _needed(self, name: str | None, kind: str, dose: DoseRecord, state: str) -> str:
        if name is None:
            code = -1 if kind == "rate" else -2
            raise InputError(
                f"{self.table.file}, line {dose.line}, column 'RATE': {code} asks for an estimated {kind} of "
                f"infusions into '{state}', which the model does not name"
            )
        return name

    def _state(self, dose: DoseRecord) -> str:
        names = [s.name for s in self.model.structure.states]
        known: Mapping[str, str] = {
            **{str(k + 1): name for k, name in enumerate(names)},
            **{name: name for name in names},
            **self.model.compartments,
        }
        if dose.compartment not in known:
            raise InputError(
                f"{self.table.file}, line {dose.line}, column 'CMT': the model has no compartment "
                f"'{dose.compartment}'{nearest(dose.compartment, known)}"
            )
        return known[dose.compartment]


@dataclass(frozen=True)
class Copy:
    """An individual parameter as the engine sees it, in one period where it changes, else in all."""

    name: str
    period: int
    symbol: Symbol


UNTIL = "until {}"
"""The engine's parameter that holds when a period ends."""


def _by_period(structure: Model, parameters: Sequence[str], found: Periods) -> tuple[Model, tuple[Copy, ...]]:
    """The structure in which every parameter that changes reads the value of the period at hand."""
    count = found.of.shape[1]
    ends = [Symbol(UNTIL.format(k)) for k in range(count - 1)]
    copies: list[Copy] = []
    swapped: dict[Symbol, Expr] = {}
    for name in parameters:
        symbol = structure.parameter(name).symbol
        if count == 1 or name not in found.changing:
            copies.append(Copy(name, 0, symbol))
            continue
        mine = [Copy(name, k, Symbol(f"{name}, period {k + 1}")) for k in range(count)]
        copies += mine
        at_hand: Expr = mine[-1].symbol
        for one, end in zip(reversed(mine[:-1]), reversed(ends), strict=True):
            at_hand = where(TIME <= end, one.symbol, at_hand)
        swapped[symbol] = at_hand
    if not swapped:
        return structure, tuple(copies)
    new = [one.symbol for one in copies if one.symbol.name not in {p.name for p in structure.parameters}]
    more = tuple(ParameterValue(symbol, 1.0) for symbol in [*new, *ends])
    changed = fix(structure, swapped)
    return replace(changed, parameters=changed.parameters + more), tuple(copies)


def _with(structure: Model, names: Sequence[str]) -> Model:
    """The structure with further parameters, which only doses read."""
    known = {p.name for p in structure.parameters}
    more = tuple(ParameterValue(Symbol(n), 1.0) for n in dict.fromkeys(names) if n not in known)
    return replace(structure, parameters=structure.parameters + more)


def _error_of(model: MixedModel, table: EventTable) -> Integers:
    """Which residual error each observation has."""
    known = {error.dvid: k for k, error in enumerate(model.residuals)}
    seen = table.observations
    if len(model.residuals) == 1 and len(set(seen.output)) == 1:
        return np.zeros(len(seen), dtype=np.int64)
    for name, line in zip(seen.output, seen.line, strict=True):
        if name not in known:
            raise InputError(
                f"{table.file}, line {line}, column 'DVID': no output of the model has the id "
                f"'{name}'{nearest(name, known)}"
            )
    return np.array([known[name] for name in seen.output], dtype=np.int64)
