"""One arm of a study as a model that stands alone: the typical patient, with the doses in the equations."""

from __future__ import annotations

import dataclasses

from exodyn.study import population
from exodyn.study.protocol import PER_WEIGHT, WEIGHT
from exodyn.study.study import Study
from exodyn.symbolic import TIME, Model, ModelEvent, const, where


def standalone(study: Study, arm: int) -> Model:
    """The model of an arm for the patient with median traits; boluses are events, infusions rates."""
    traits = population.typical(study.population)
    person = study.person(traits)
    model = study.models[arm]
    parameters = tuple(
        dataclasses.replace(p, value=float(person[p.name][0])) if p.name in person else p
        for p in model.parameters
    )
    model = dataclasses.replace(model, parameters=parameters)
    dosing = study.arms[arm].dosing
    if dosing is None:
        return model
    unit = dosing.unit.removesuffix(PER_WEIGHT)
    name, amount = study.indication.dose(study.species, dosing.product, dosing.route, dosing.amount, unit)
    if dosing.unit.endswith(PER_WEIGHT):
        amount *= float(traits[WEIGHT][0])
    give = _infuse if dosing.infusion else _inject
    for number, time in enumerate(dosing.times, 1):
        model = give(model, name, amount, time, dosing.infusion, number)
    return model


def _inject(model: Model, name: str, amount: float, time: float, _: float, number: int) -> Model:
    state = model.state(name).symbol
    event = ModelEvent(f"dose_{number}", TIME >= time, ((state, state + amount),), initial=False)
    return dataclasses.replace(model, events=(*model.events, event))


def _infuse(model: Model, name: str, amount: float, time: float, duration: float, number: int) -> Model:
    flow = where(TIME < time, const(0.0), where(TIME < time + duration, const(amount / duration), const(0.0)))
    states = tuple(
        dataclasses.replace(state, rate=state.rate + flow) if state.name == name else state
        for state in model.states
    )
    return dataclasses.replace(model, states=states)
