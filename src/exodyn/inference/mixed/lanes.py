"""Predictions of all observations of a table, for any number of replicates of its subjects in one engine run.

A segment of a subject's time is a lane of the engine; replicates are quadrature nodes, steps of a difference,
or simulated populations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from exodyn.engine import Dose, Engine, Reset, Schedule
from exodyn.errors import InputError, nearest
from exodyn.inference.mixed.event_table import DoseRecord, EventTable, Segment
from exodyn.inference.mixed.model import Dosing, MixedModel

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

RTOL = 1e-8
NOISE = 1e-3
"""The absolute tolerance is this part of the relative one times the largest dose."""
STEP = 1e-4
"""Relative step of the differences that stand for derivatives by dose times and rates."""
MOST_VALUES = 50_000_000
"""Numbers that one run may hold; more replicates come in several runs."""


class Lanes:
    """The compiled structure of a model over a table.

    parameters: the individual parameters that predictions depend on, in the order of every phi below.
    Raises InputError for an output or a compartment that the model does not have.
    """

    def __init__(self, model: MixedModel, table: EventTable, rtol: float = RTOL, threads: int = 1) -> None:
        self.model, self.table, self.rtol, self.threads = model, table, rtol, threads
        _refuse_changes(model, table)
        seen = table.observations
        self.outputs = tuple(dict.fromkeys(error.output for error in model.residuals))
        self.error_of = _error_of(model, table)
        self.output_of = np.array(
            [self.outputs.index(model.residuals[k].output) for k in self.error_of], dtype=np.int64
        )
        self.times, self.time_of = np.unique(seen.time, return_inverse=True)
        self.subject_of = np.array([s.subject for s in table.segments], dtype=np.int64)
        own = {p.name for p in model.structure.parameters}
        by_dose = {name for one in model.dosing for name in one.parameters}
        names = [one.name for one in model.individuals]
        self.parameters = tuple(name for name in names if name in own | by_dose)
        self._in_engine = {name: k for k, name in enumerate(self.parameters) if name in own}
        self._by_difference = [k for k, name in enumerate(self.parameters) if name in by_dose]
        self._scale = np.array([model.scale.get(name, 1.0) for name in self.parameters])
        self._dosing = {one.state: one for one in model.dosing}
        infused = {
            self._state(dose, segment)
            for segment in table.segments
            for dose in segment.doses
            if dose.infusion != "bolus"
        }
        inputs = [s.name for s in model.structure.states if s.name in infused]
        for segment in table.segments:
            for dose in segment.doses:
                self._state(dose, segment)
        self._fixed = None if self._by_difference else [self._schedule(s, None) for s in table.segments]
        self.engine = Engine(model.structure, list(self.outputs), inputs)
        self.start = min([0.0, *(d.time for s in table.segments for d in s.doses), *seen.time])
        largest = max([1e-300, *(d.amount for s in table.segments for d in s.doses)])
        starts = [abs(s.initial.value) for s in model.structure.states if s.initial.op == "const"]
        self._atol = rtol * NOISE * max([largest, *starts])

    # -- predictions

    def predict(self, phi: Floats) -> Floats:
        """Predictions f64[replicates, observations] of phi f64[replicates, subjects, parameters].

        NaN where the model could not be integrated.
        """
        f = np.empty((len(phi), len(self.table.observations)))
        for part in self._parts(len(phi), 1):
            f[part] = self._run(phi[part])
        return f

    def slopes(self, phi: Floats) -> tuple[Floats, Floats]:
        """Predictions, and their derivatives f64[replicates, observations, parameters] by phi."""
        replicates, _, count = phi.shape
        f = np.empty((replicates, len(self.table.observations)))
        by = np.empty((*f.shape, count))
        for part in self._parts(replicates, 1 + 2 * count):
            given = phi[part]
            steps = STEP * np.maximum(np.abs(given), 1e-12)
            moved = [given]
            for k in range(count):
                for sign in (1.0, -1.0):
                    other = given.copy()
                    other[:, :, k] += sign * steps[:, :, k]
                    moved.append(other)
            found = self._run(np.concatenate(moved)).reshape(1 + 2 * count, len(given), -1)
            f[part] = found[0]
            at = self.table.observations.subject
            for k in range(count):
                by[part, :, k] = (found[1 + 2 * k] - found[2 + 2 * k]) / (2 * steps[:, at, k])
        return f, by

    def _parts(self, replicates: int, times: int) -> Iterator[slice]:
        one = len(self.table.segments) * len(self.times) * len(self.outputs) * times
        size = max(1, MOST_VALUES // max(1, one))
        yield from (slice(k, min(k + size, replicates)) for k in range(0, replicates, size))

    def _run(self, phi: Floats) -> Floats:
        replicates, segments = len(phi), len(self.table.segments)
        lanes = (phi * self._scale)[:, self.subject_of, :].reshape(replicates * segments, -1)
        table = np.tile(self.engine.defaults, (len(lanes), 1))
        for name, k in self._in_engine.items():
            table[:, self.engine.parameters.index(name)] = lanes[:, k]
        schedules = self._fixed or [self._schedule(s, lanes) for s in self.table.segments]
        run = self.engine.run(
            table,
            self.times,
            schedules,
            np.tile(np.arange(segments), replicates),
            start=self.start,
            rtol=self.rtol,
            atol=self._atol,
            threads=self.threads,
        )
        seen = self.table.observations
        values = run.values.reshape(replicates, segments, len(self.times), len(self.outputs))
        return np.asarray(values[:, seen.segment, self.time_of, self.output_of])

    # -- doses

    def _schedule(self, segment: Segment, lanes: Floats | None) -> Schedule:
        doses = [self._dose(dose, segment, lanes) for dose in segment.doses]
        resets = () if segment.reset is None else (Reset(segment.reset),)
        return Schedule(doses, resets)

    def _dose(self, dose: DoseRecord, segment: Segment, lanes: Floats | None) -> Dose:
        state = self._state(dose, segment)
        own = self._dosing.get(state, Dosing(state))

        def value(name: str | None, default: float) -> float | Floats:
            if name is None:
                return default
            assert lanes is not None
            return lanes[:, self.parameters.index(name)]

        share = value(own.bioavailability, 1.0)
        rate: float | Floats | None = None
        duration: float | Floats | None = None
        if dose.infusion == "rate":
            rate = dose.rate
        elif dose.infusion == "estimated rate":
            rate = value(self._needed(own.rate, "rate", dose, state), 1.0)
        elif dose.infusion == "estimated duration":
            duration = value(self._needed(own.duration, "duration", dose, state), 1.0)
        return Dose(
            state,
            dose.amount,
            time=dose.time,
            rate=rate,
            duration=duration,
            lag=value(own.lag, 0.0),
            bioavailability=share,
            interval=dose.interval,
            count=dose.count,
            steady_state=dose.steady_state,
        )

    def _needed(self, name: str | None, kind: str, dose: DoseRecord, state: str) -> str:
        if name is None:
            code = -1 if kind == "rate" else -2
            raise InputError(
                f"{self.table.file}, line {dose.line}, column 'RATE': {code} asks for an estimated {kind} of "
                f"infusions into '{state}', which the model does not name"
            )
        return name

    def _state(self, dose: DoseRecord, segment: Segment) -> str:
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


def _refuse_changes(model: MixedModel, table: EventTable) -> None:
    for segment in table.segments:
        for name in segment.changes.keys() & set(model.covariates):
            raise InputError(
                f"{table.file}: covariate '{name}' changes within subject {table.subjects[segment.subject]}; "
                "covariates are constant within a subject here: use a column with its value at the start"
            )


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
