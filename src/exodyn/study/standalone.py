"""One arm of a study as a model that stands alone: the typical patient, with the doses in the equations."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from exodyn.study import population
from exodyn.study.protocol import PER_WEIGHT, WEIGHT
from exodyn.study.study import Study
from exodyn.symbolic import TIME, Expr, Model, ModelEvent, ParameterValue, Symbol, const, where


def standalone(study: Study, arm: int) -> Model:
    """The model of an arm for the patient with median traits; boluses are events, infusions rates."""
    return _dosed(_typical(study, arm), _doses(study, arm, const(1.0)))


def joint(study: Study, arms: Mapping[int, str]) -> Model:
    """One model for arms that share theirs, for the patient with median traits.

    arms: for each arm the name of the parameter that is 1 where its doses are given and 0 elsewhere.
    """
    model = _typical(study, next(iter(arms)))
    doses: list[_Dose] = []
    for arm, name in arms.items():
        switch = Symbol(name)
        meaning = f"1 where the doses of arm '{study.arms[arm].name}' are given"
        parameter = ParameterValue(switch, 0.0, "1", meaning)
        model = dataclasses.replace(model, parameters=(*model.parameters, parameter))
        doses += _doses(study, arm, switch)
    return _dosed(model, doses)


@dataclasses.dataclass(frozen=True)
class _Dose:
    """duration: 0 for a bolus."""

    state: str
    time: float
    duration: float
    amount: Expr


def _typical(study: Study, arm: int) -> Model:
    model = study.models[arm]
    person = study.person(population.typical(study.population)) | _engineered(study, arm)
    parameters = tuple(
        dataclasses.replace(p, value=float(person[p.name][0])) if p.name in person else p
        for p in model.parameters
    )
    return dataclasses.replace(model, parameters=parameters)


def _engineered(study: Study, arm: int) -> dict[str, NDArray[np.float64]]:
    """Parameters that the arm's engineering sets, at their medians."""
    dosing = study.arms[arm].dosing
    found = dosing.engineering.columns(study.parameters) if dosing else {}
    return {name: np.array([np.median(values)]) for name, values in found.items()}


def _doses(study: Study, arm: int, share: Expr) -> list[_Dose]:
    """The doses of an arm, each times `share`."""
    dosing = study.arms[arm].dosing
    if dosing is None:
        return []
    unit = dosing.unit.removesuffix(PER_WEIGHT)
    name, amount = study.indication.dose(study.species, dosing.product, dosing.route, dosing.amount, unit)
    if dosing.unit.endswith(PER_WEIGHT):
        amount *= float(population.typical(study.population)[WEIGHT][0])
    return [_Dose(name, time, dosing.infusion, share * amount) for time in dosing.times]


def _dosed(model: Model, doses: Sequence[_Dose]) -> Model:
    """The model with doses. Boluses at one instant are one event: of several each would undo the others."""
    boluses: dict[tuple[str, float], Expr] = {}
    for dose in doses:
        if dose.duration:
            model = _infuse(model, dose)
        else:
            place = dose.state, dose.time
            boluses[place] = boluses[place] + dose.amount if place in boluses else dose.amount
    for number, ((name, time), amount) in enumerate(boluses.items(), 1):
        model = _inject(model, name, amount, time, number)
    return model


def _inject(model: Model, name: str, amount: Expr, time: float, number: int) -> Model:
    state = model.state(name).symbol
    event = ModelEvent(f"dose_{number}", TIME >= time, ((state, state + amount),), initial=False)
    return dataclasses.replace(model, events=(*model.events, event))


def _infuse(model: Model, dose: _Dose) -> Model:
    begin, end = dose.time, dose.time + dose.duration
    rate = dose.amount / dose.duration
    flow = where(TIME < begin, const(0.0), where(TIME < end, rate, const(0.0)))
    states = tuple(
        dataclasses.replace(state, rate=state.rate + flow) if state.name == dose.state else state
        for state in model.states
    )
    return dataclasses.replace(model, states=states)
