"""Which parameters decide what a study predicts of its typical patient: Sobol's indices.

Parameters vary independently, each by what data left of it: the posterior's draws where there are any, else
the range of its record. Those that make a patient of its traits, and where a calibrated population lies, are
among them; all samples run together in the ensemble engine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from exodyn.engine import Engine
from exodyn.evidence import ParameterRecord
from exodyn.evidence.draws import explanations
from exodyn.indications import Trait
from exodyn.inference.sobol import Indices, Spread, indices
from exodyn.study import Study
from exodyn.study.ensemble import Ensemble
from exodyn.study.population import typical
from exodyn.study.protocol import WEIGHT
from exodyn.study.uncertainty import TRAITS, model_columns, with_parameters

Floats = NDArray[np.float64]

NORMAL_90 = 1.6448536269514722
RTOL = 1e-6
"""Tolerance of the integration: a difference between arms may be small beside what both have in common."""
HELD = ("population.carry_over.center",)
"""The share of the rodent effect that holds in man multiplies every effect and is almost none in most draws:
it would decide all and leave nothing to be told of the rest.
"""
EDGE = 1e-3
ENDS = (0.05, 0.95)
"""Where a parameter is tried for whether it makes a difference to the typical patient."""


@dataclass(frozen=True)
class Range:
    """A parameter over what its sources leave: the middle 90% of a lognormal, or even where it may be 0."""

    record: ParameterRecord
    within: tuple[float, float] = (-math.inf, math.inf)

    def ppf(self, probability: Floats) -> Floats:
        """Values at these probabilities, none that is impossible, none beyond `within`."""
        low, high = self.record.low, self.record.high
        assert low is not None and high is not None
        if low <= 0:
            values = low + (high - low) * probability
        else:
            middle, spread = np.log(low * high) / 2, np.log(high / low) / (2 * NORMAL_90)
            values = np.exp(middle + spread * ndtri(np.clip(probability, 1e-9, 1 - 1e-9)))
        limits = self.record.limits
        return np.clip(np.clip(values, limits.least, limits.greatest), *self.within)


@dataclass(frozen=True)
class Drawn:
    """A parameter as data left it: quantiles of the posterior's draws, float64[draws]."""

    draws: Floats

    def ppf(self, probability: Floats) -> Floats:
        """Values at these probabilities."""
        return np.asarray(np.quantile(self.draws, probability))


def inputs(study: Study) -> dict[str, Spread]:
    """What the prediction for the typical patient may hang on; no number that the study sets itself.

    Parameters of the models, and of those that make a patient of its traits or place the population the ones
    that make a difference to the typical patient: a grade that is not its own does not.
    """
    own = {one.name for one in study.overrides} | {_center(name) for name in study.changed_traits}
    of_models = _of_models(study)
    ranges = {
        name: Range(one) for name, one in study.indication.parameters(study.species).items() if _ranged(one)
    }
    placed = {
        _center(one.name): replace(ranges[one.name], within=_bounds(one))
        for one in study.population.traits
        if one.name in ranges and one.name != WEIGHT
    }
    found: dict[str, Spread] = {**ranges, **placed}
    if (draws := study.uncertainty.used) is not None:
        found |= {name: Drawn(column) for name, column in draws.values.items() if np.ptp(column) > 0}
    more = {name: one for name, one in found.items() if name not in {*of_models, *own, *HELD}}
    return of_models | {name: more[name] for name in _of_patients(study, more)}


def _of_models(study: Study) -> dict[str, Spread]:
    """Parameters of the study's models that are the same for every patient."""
    made = study.person(typical(study.population))
    own = {one.name for one in study.overrides}
    records = study.indication.parameters(study.species)
    columns = model_columns(study)
    found: dict[str, Spread] = {}
    for parameter in (one for model in study.models for one in model.parameters):
        name = parameter.name
        if name in made or name in explanations().values or study.set_by(name, own) is not None:
            continue  # weight and half effect of a way go together: apart they say nothing
        record = records.get(name)
        if name in columns:
            if np.ptp(columns[name]) > 0:
                found[name] = Drawn(columns[name])
        elif record is not None and _ranged(record) and record.unit == parameter.unit:
            found[name] = Range(record)
    return found


def _of_patients(study: Study, varied: Mapping[str, Spread]) -> list[str]:
    """Which of these make a difference to what the typical patient is to the model."""
    ends = {name: one.ppf(np.array(ENDS)) for name, one in varied.items()}
    found = []
    for name, (low, high) in ends.items():
        one, other = (_typical(study, {name: float(value)})[1] for value in (low, high))
        if any(np.any(one[each] != other[each]) for each in one):
            found.append(name)
    return found


def _bounds(trait: Trait) -> tuple[float, float]:
    """Where the center of a trait may lie: between the ends of a bounded one."""
    if trait.kind != "bounded" or trait.low is None or trait.high is None:
        return -math.inf, math.inf
    edge = EDGE * (trait.high - trait.low)
    return trait.low + edge, trait.high - edge


def _center(trait: str) -> str:
    return f"{TRAITS}{trait}.center"


def _ranged(record: ParameterRecord) -> bool:
    return record.low is not None and record.high is not None and record.low < record.high


def _typical(study: Study, given: Mapping[str, float]) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Traits of the typical patient of a study with these parameters, and what it is to the model."""
    units = {name: one.unit for name, one in study.indication.parameters(study.species).items()}
    if (draws := study.uncertainty.used) is not None:
        units |= draws.units
    units |= {one.name: one.unit for model in study.models for one in model.parameters}
    units |= {_center(one.name): one.unit for one in study.population.traits}
    changed = with_parameters(study, given, units, "sensitivity")
    traits = typical(changed.population)
    return traits, changed.person(traits)


@dataclass(frozen=True)
class Question:
    """A number that a study predicts of its typical patient: a readout on a day, alone or against control."""

    readout: str
    day: float
    arm: int
    control: int | None

    def says(self, study: Study) -> str:
        """In words."""
        name = study.arms[self.arm].name
        what = f"{self.readout} on day {self.day:g}, {name}"
        return what if self.control is None else f"{what} against {study.arms[self.control].name}"


def questions(study: Study) -> tuple[Question, ...]:
    """At the last visit: what the first scale reads, under control, and what each other arm does to it.

    A scale of several limbs reads each of them: the readouts that share the unit of its first.
    """
    reads = study.scales[0].reads
    model = study.models[0]
    units = {one.name: one.unit for one in model.states} | {one.name: one.unit for one in model.readouts}
    day = study.visits[-1]
    others = [arm for arm in range(len(study.arms)) if arm != study.control]
    return tuple(
        Question(readout, day, arm, control)
        for readout in reads
        if readout in units and units[readout] == units[reads[0]]
        for arm, control in ((study.control, None), *((arm, study.control) for arm in others))
    )


def sensitivity(study: Study, asked: Question, samples: int = 256, threads: int = 1) -> Indices:
    """Which parameters decide the answer, each over what data left of it, in the typical patient."""
    varied = inputs(study)
    return indices(predictor(study, asked, varied, threads), varied, samples, study.seed)


def predictor(
    study: Study, asked: Question, varied: Mapping[str, Spread], threads: int = 1
) -> Callable[[Floats], Floats]:
    """The answer as a function of parameters, float64[varied, points] -> float64[points]."""
    ensemble = Ensemble(study)
    names = tuple(varied)
    by_patient = [names.index(name) for name in _of_patients(study, varied)]

    def run(arm: int, values: Floats, traits: Mapping[str, Floats], person: Mapping[str, Floats]) -> Floats:
        engine = Engine(study.models[arm], outputs=[asked.readout])
        given = {**dict(zip(names, values, strict=True)), **person}
        found = engine.run(
            {name: column for name, column in given.items() if name in engine.parameters},
            patients=values.shape[1],
            times=[asked.day],
            doses=ensemble.schedule(arm, traits),
            rtol=min(study.rtol, RTOL),
            threads=threads,
        )
        return found.values[:, 0, 0]

    def answer(values: Floats) -> Floats:
        rows, own = np.unique(values[by_patient].T, axis=0, return_inverse=True)
        made = [_typical(study, dict(zip((names[i] for i in by_patient), row, strict=True))) for row in rows]
        traits, person = (
            {name: np.concatenate([one[k][name] for one in made])[own] for name in made[0][k]} for k in (0, 1)
        )
        found = run(asked.arm, values, traits, person)
        return found if asked.control is None else found - run(asked.control, values, traits, person)

    return answer
