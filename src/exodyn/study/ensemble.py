"""Virtual patients run through the model, a chunk at a time.

A patient's result depends on the seed and the patient's number alone. Every arm follows the same patients
with the same traits, the same fate and the same rater, so that arms differ by treatment and nothing else:
a difference to control is each patient against itself, and needs far fewer patients than two groups of
different people would. A trial, whose arms hold different people, is another question.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from exodyn.delivery import AMOUNTS
from exodyn.engine import Dose, Engine, Schedule
from exodyn.errors import InputError
from exodyn.study import population, tables
from exodyn.study.accuracy import balance_error, largest
from exodyn.study.by_draw import DrawSums, sum_up
from exodyn.study.protocol import PER_WEIGHT, WEIGHT, Dosing
from exodyn.study.rating import Rating
from exodyn.study.study import Study
from exodyn.study.tally import Codes, ScaleTally, differences, tally
from exodyn.study.uncertainty import groups, model_columns
from exodyn.symbolic import Model

if TYPE_CHECKING:
    import pyarrow as pa

    from exodyn.engine import EnsembleRun

Floats = NDArray[np.float64]

SAMPLE = 256
"""Patients whose whole courses are always kept: figures draw their bands from these."""

MINUTES_AROUND_DOSE = -0.01, 0.0, 2.0, 5.0, 15.0, 30.0, 60.0, 120.0, 240.0, 480.0, 960.0, 1920.0, 3840.0
EVEN_POINTS = 121

FIRST_ATOL = 1e-9  # of the typical patient that tells how large each state becomes
SMALLEST_ATOL = 1e-14


@dataclass(frozen=True)
class Failure:
    """A patient whose integration failed in one arm: values from `time` (days) on are missing."""

    patient: int
    arm: str
    time: float
    cause: str


@dataclass(frozen=True)
class Chunk:
    """What a range of patients gave: counts by scale, failures, and the tables that the study keeps.

    by_draw: sums by scale and posterior draw, none where there are no draws.
    single_error: in single precision, the largest difference from double among the patients checked,
    relative to each readout's largest size. balance_error: the largest relative error of the mass balance
    over treated arms, patients and visits.
    """

    first: int
    tallies: dict[str, ScaleTally]
    by_draw: dict[str, DrawSums]
    failures: tuple[Failure, ...]
    tables: dict[str, pa.Table]
    single_error: float | None
    balance_error: float | None


class Ensemble:
    """The compiled models of a study's arms, ready to run any range of its patients."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.scales = study.scales
        self.names = [arm.name for arm in study.arms]
        self.times = course_times(study)
        self.doses = [_dose(study, arm.dosing) for arm in study.arms]
        self.outputs = [outputs_of(study, model) for model in study.models]
        self.units = {name: unit for outputs in self.outputs for name, unit in outputs.items()}
        self.engines = self._compiled()
        self.draws = study.uncertainty.used
        self.by_draw = [study.of_draw(k) for k in range(self.draws.count)] if self.draws else [study]
        self.rating = Rating(study, self.by_draw)
        self.grids = self.rating.grids
        self.columns = model_columns(study)
        self.engineered = [
            arm.dosing.engineering.columns(study.parameters) if arm.dosing else {} for arm in study.arms
        ]
        with np.errstate(all="ignore"):  # as in `chunk`
            self.atol = self._tolerances()

    def _compiled(self) -> list[Engine]:
        """An engine for each arm, shared by arms with one model; all states come after the outputs."""
        models = self.study.models
        made: dict[int, Engine] = {}
        for arm, model in enumerate(models):
            if id(model) not in made:
                infused = {
                    dose[0]
                    for dose, other, its in zip(self.doses, self.study.arms, models, strict=True)
                    if dose and other.dosing and other.dosing.infusion and its is model
                }
                outputs = [*self.outputs[arm], *(state.name for state in model.states)]
                made[id(model)] = Engine(model, outputs, sorted(infused), self.study.precision)
        return [made[id(model)] for model in models]

    def _tolerances(self) -> list[Floats]:
        """Absolute tolerance of each state by arm: a thousandth of rtol times its peak in a typical patient.

        A state that stays at zero in one arm has the tolerance of the arm where it does not.
        """
        traits = population.typical(self.study.population)
        person = self.study.person(traits)
        peaks: dict[str, float] = {}
        for arm, model in enumerate(self.study.models):
            run = self._run(arm, traits, person, self.times, 1, np.full(len(model.states), FIRST_ATOL))
            states = run.values[0, :, len(self.outputs[arm]) :]
            for state, column in zip(model.states, states.T, strict=True):
                peak = float(np.nanmax(np.abs(column), initial=0.0))
                peaks[state.name] = max(peaks.get(state.name, 0.0), peak)
        scale = self.study.rtol * 1e-3
        return [
            np.array([max(scale * peaks[state.name], SMALLEST_ATOL) for state in model.states])
            for model in self.study.models
        ]

    def tolerances(self) -> dict[str, float]:
        """Absolute tolerance by state, over the models of all arms."""
        pairs = zip(self.study.models, self.atol, strict=True)
        return {
            state.name: float(value)
            for model, atol in pairs
            for state, value in zip(model.states, atol, strict=True)
        }

    def about(self) -> dict[str, Any]:
        """What of the engine decides the last bits of a result, as JSON values."""
        kind = self.engines[0].kind
        return {"precision": self.study.precision, "lanes": kind.lanes, "cpu": self.engines[0].host.cpu}

    def chunk(self, first: int, patients: int, threads: int) -> Chunk:
        """Run patients `first` to `first + patients - 1` in every arm."""
        study = self.study
        with np.errstate(all="ignore"):  # what is not finite ends as a failure with patient and cause
            return self._chunk(study, first, patients, threads)

    def _chunk(self, study: Study, first: int, patients: int, threads: int) -> Chunk:
        traits = self._traits(first, patients)
        person = self._person(traits, first)
        runs = [
            self._run(arm, traits, person, study.visits, threads, self.atol[arm], first)
            for arm in range(len(study.arms))
        ]
        readings = self._observe(runs, traits, first)
        codes = {name: found[:, 0] for name, found in readings.items()}
        to_control = {name: differences(found, study.control) for name, found in readings.items()}
        kept = {}
        if study.keep != "summary":
            read = {name: self.grids[name].values(found) for name, found in codes.items()}
            units = self.units | {scale.name: scale.unit for scale in self.scales}
            columns = self._columns(runs) | read
            kept["patients"] = tables.by_patient(
                first, traits, {t.name: t.unit for t in study.population.traits}
            )
            kept["readouts"] = tables.by_time(first, self.names, study.visits, columns, units)
        in_sample = patients if study.keep == "trajectories" else min(max(SAMPLE - first, 0), patients)
        if in_sample:
            kept["trajectories"] = self._courses(first, in_sample, traits, person, threads)
        return Chunk(
            first,
            {name: tally(self.grids[name], found, to_control[name]) for name, found in codes.items()},
            self._by_draw(codes, to_control, first),
            tuple(self._failures(runs)),
            kept,
            self._single_error(first, traits, person),
            self._balance_error(runs, traits),
        )

    def _traits(self, first: int, patients: int) -> dict[str, Floats]:
        """Traits of the patients, each from the population of its draw."""
        if not self.study.uncertainty.patients:
            made = [population.typical(one.population) for one in self.by_draw]
            own = (first + np.arange(patients)) % len(made)
            return {name: np.array([one[name][0] for one in made])[own] for name in made[0]}
        ranks = population.ranks(self.study.population, self.study.seed, first, patients)
        traits = population.traits(self.study.population, ranks)
        for own, study in groups(self.by_draw, first, patients):
            if study.population != self.study.population:
                theirs = {name: rank[own] for name, rank in ranks.items()}
                for name, column in population.traits(study.population, theirs).items():
                    traits[name][own] = column
        return traits

    def _person(self, traits: Mapping[str, Floats], first: int) -> dict[str, Floats]:
        """Model parameters of each patient: from its traits, and from its posterior draw."""
        patients = len(next(iter(traits.values())))
        found = {name: of_patients(column, first, patients) for name, column in self.columns.items()}
        for own, study in groups(self.by_draw, first, patients):
            for name, values in study.person({name: column[own] for name, column in traits.items()}).items():
                found.setdefault(name, np.empty(patients))[own] = values
        return found

    def _run(
        self,
        arm: int,
        traits: Mapping[str, Floats],
        person: Mapping[str, Floats],
        times: tuple[float, ...],
        threads: int,
        atol: Floats,
        first: int = 0,
    ) -> EnsembleRun:
        engine = self.engines[arm]
        patients = len(next(iter(traits.values())))
        parameters = np.tile(engine.defaults, (patients, 1))
        engineered = self.engineered[arm]
        for column, name in enumerate(engine.parameters):
            if name in engineered:
                parameters[:, column] = of_patients(engineered[name], first, patients)
            elif name in person:
                parameters[:, column] = person[name]
        return engine.run(
            parameters,
            np.array(times),
            doses=self.schedule(arm, traits),
            rtol=self.study.rtol,
            atol=atol,
            threads=threads,
            first_patient=first,
        )

    def schedule(self, arm: int, traits: Mapping[str, Floats]) -> Schedule:
        """The doses of an arm; those per kg are each patient's own."""
        dosing, dose = self.study.arms[arm].dosing, self.doses[arm]
        if dosing is None or dose is None:
            return Schedule()
        state, amount = dose
        each = amount * traits[WEIGHT] if dosing.unit.endswith(PER_WEIGHT) else amount
        if not np.all(np.isfinite(each) & (each >= 0)):
            raise InputError(
                f"doses per kg: '{WEIGHT}' is negative or infinite in some patients; bound it by low and high"
            )
        duration = dosing.infusion or None
        return Schedule([Dose(state, amount=each, time=time, duration=duration) for time in dosing.times])

    def _observe(self, runs: list[EnsembleRun], traits: Mapping[str, Floats], first: int) -> dict[str, Codes]:
        """Readings of every scale, as steps, int32[arms, raters, patients, visits] by scale."""
        return {
            scale.name: self.rating.codes(
                index, [self._what(scale.reads, arm, run, traits) for arm, run in enumerate(runs)], first
            )
            for index, scale in enumerate(self.scales)
        }

    def _what(
        self, names: tuple[str, ...], arm: int, run: EnsembleRun, traits: Mapping[str, Floats]
    ) -> dict[str, Floats]:
        """What a rater sees: readouts of the model, and traits, which stay as they are."""
        outputs = list(self.outputs[arm])
        visits = run.values.shape[1]
        return {
            name: run.values[:, :, outputs.index(name)]
            if name in outputs
            else np.repeat(traits[name][:, None], visits, axis=1)
            for name in names
        }

    def _by_draw(
        self, codes: Mapping[str, Codes], to_control: Mapping[str, Codes], first: int
    ) -> dict[str, DrawSums]:
        if self.draws is None:
            return {}
        return {
            name: sum_up(found, to_control[name], self.draws.count, first) for name, found in codes.items()
        }

    def _failures(self, runs: list[EnsembleRun]) -> list[Failure]:
        return [
            Failure(one.patient, arm.name, float(one.time), str(one.cause))
            for arm, run in zip(self.study.arms, runs, strict=True)
            for one in run.failures
        ]

    def _single_error(
        self, first: int, traits: Mapping[str, Floats], person: Mapping[str, Floats]
    ) -> float | None:
        """How far single precision is off double in the patients that the engine checks, over whole courses.

        At the visits alone, what has long left the body would be measured against next to nothing.
        """
        if self.study.precision == "double":
            return None
        patients = len(next(iter(traits.values())))
        errors = []
        for number in range(-first % SAMPLE, patients, SAMPLE):
            one = slice(number, number + 1)
            own = {name: column[one] for name, column in traits.items()}
            its = {name: column[one] for name, column in person.items()}
            for arm in range(len(self.study.arms)):
                errors.append(
                    self._run(arm, own, its, self.times, 1, self.atol[arm], first + number).single_error
                )
        return largest(errors)

    def _balance_error(self, runs: list[EnsembleRun], traits: Mapping[str, Floats]) -> float | None:
        """How much of what the schedules gave is missing, or too much, at the visits of treated arms."""
        visits = np.array(self.study.visits)
        return largest(
            balance_error(
                run.values[:, :, list(self.outputs[arm]).index(self.study.indication.balance)],
                self.schedule(arm, traits),
                visits,
            )
            for arm, run in enumerate(runs)
            if self.doses[arm]
        )

    def _courses(
        self,
        first: int,
        patients: int,
        traits: Mapping[str, Floats],
        person: Mapping[str, Floats],
        threads: int,
    ) -> pa.Table:
        few = {name: column[:patients] for name, column in traits.items()}
        theirs = {name: column[:patients] for name, column in person.items()}
        arms = range(len(self.study.arms))
        runs = [self._run(arm, few, theirs, self.times, threads, self.atol[arm], first) for arm in arms]
        return tables.by_time(first, self.names, self.times, self._columns(runs), self.units)

    def _columns(self, runs: list[EnsembleRun]) -> dict[str, Floats]:
        """Outputs as float64[arms, patients, times] by name; NaN in an arm whose model has no such output."""
        nothing = np.full(runs[0].values.shape[:2], np.nan)
        places = [{name: place for place, name in enumerate(outputs)} for outputs in self.outputs]
        return {
            name: np.stack(
                [
                    run.values[:, :, place[name]] if name in place else nothing
                    for run, place in zip(runs, places, strict=True)
                ]
            )
            for name in self.units
        }


def of_patients(column: Floats, first: int, patients: int) -> Floats:
    """Each patient's own draw of a column: number i has draw i modulo the number of draws."""
    return column[(first + np.arange(patients)) % len(column)]


def outputs_of(study: Study, model: Model) -> dict[str, str]:
    """What is computed of a model, unit by name: readouts, and the states that scales and figures read."""
    indication = study.indication
    wanted = {name for scale in study.scales for name in scale.reads}
    wanted |= {name for names in indication.figures.values() for name in names}
    wanted |= {*indication.stoichiometry.values(), indication.balance, *AMOUNTS.values()}
    states = {state.name: state.unit for state in model.states if state.name in wanted}
    return {readout.name: readout.unit for readout in model.readouts} | states


def course_times(study: Study) -> tuple[float, ...]:
    """Points of a whole course: even ones, the visits, and some around each of the first doses."""
    end = study.visits[-1]
    points = {*np.linspace(0.0, end, EVEN_POINTS).tolist(), *study.visits}
    doses = sorted({time for arm in study.arms if arm.dosing for time in arm.dosing.times})
    for time in doses[:20]:
        points |= {time + minutes / 1440 for minutes in MINUTES_AROUND_DOSE}
    return tuple(sorted(point for point in points if 0.0 <= point <= end))


def _dose(study: Study, dosing: Dosing | None) -> tuple[str, float] | None:
    """(state that is dosed, amount in the model's unit, per kg where the study says so)."""
    if dosing is None:
        return None
    unit = dosing.unit.removesuffix(PER_WEIGHT)
    return study.indication.dose(study.species, dosing.product, dosing.route, dosing.amount, unit)
