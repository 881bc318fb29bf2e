"""Random reaction networks with everything that a model may hold, and random ways to run them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from toy import Floats, flat_model

from exodyn.engine import Dose, Reset, Schedule
from exodyn.symbolic import TIME, Expr, Model, ModelEvent, Symbol, const, exp, hill, sin, where

Draw = np.random.Generator
LAST = 20.0


@dataclass(frozen=True)
class Features:
    """What a random network holds beside mass action and saturation."""

    hill: bool = True
    timed: bool = False
    conditions: bool = False
    events: bool = False
    ties: bool = False


def random_features(draw: Draw) -> Features:
    flags = [bool(f) for f in draw.random(4) < 0.5]
    return Features(True, flags[0], flags[1], flags[2], flags[2] and flags[3])


def random_network(draw: Draw, states: int, features: Features) -> Model:
    """States that stay bounded: each is lost in proportion, and what makes it is bounded.

    The first state can be infused. With events there is also a state `level` that only events change.
    """
    x = [Symbol(f"x{i}") for i in range(states)]
    parameters: dict[Symbol, float] = {}

    def parameter(low: float, high: float) -> Symbol:
        symbol = Symbol(f"p{len(parameters)}")
        parameters[symbol] = float(np.exp(draw.uniform(np.log(low), np.log(high))))
        return symbol

    def some() -> Symbol:
        return x[int(draw.integers(states))]

    rates: dict[Symbol, Expr] = {s: parameter(0.05, 1.0) - parameter(0.1, 2.0) * s for s in x}
    for _ in range(states):
        a, b = some(), some()
        flow = parameter(0.05, 20.0) * a
        rates[a] = rates[a] - flow
        rates[b] = rates[b] + flow
        a, b = some(), some()
        rates[a] = rates[a] - parameter(0.1, 3.0) * a / (parameter(0.1, 3.0) + a)
        a, b = some(), some()
        rates[b] = rates[b] - parameter(0.01, 0.5) * a * b
    if features.hill:
        for _ in range(1 + states // 3):
            a, b = some(), some()
            rates[b] = rates[b] + parameter(0.1, 2.0) * hill(a, parameter(0.1, 2.0), parameter(0.6, 3.0))
    if features.timed:
        a = some()
        rates[a] = rates[a] + parameter(0.1, 1.0) * (1.0 + sin(parameter(0.3, 3.0) * TIME))
        a = some()
        rates[a] = rates[a] + parameter(0.1, 1.0) * exp(-parameter(0.1, 1.0) * TIME)
    if features.conditions:
        a, b = some(), some()
        rates[b] = rates[b] + where(a > parameter(0.2, 2.0), parameter(0.1, 1.0), 0.0)
        on, long = parameter(0.5, 15.0), parameter(0.1, 3.0)
        a = some()
        rates[a] = rates[a] + where((on <= TIME) & (on + long > TIME), parameter(0.1, 3.0), 0.0)
    start: dict[Symbol, Expr] = {s: parameter(0.05, 2.0) for s in x}
    events: list[ModelEvent] = []
    if features.events:
        level = Symbol("level")
        rates[level], start[level] = const(0.0), const(1.0)
        a, b = some(), some()
        rates[b] = rates[b] + 0.1 * level
        events.append(
            ModelEvent(
                "crossing",
                a > parameter(0.3, 1.5),
                ((b, 0.5 * b + 0.3 * a), (level, 2.0 - level)),
                delay=const(float(draw.choice([0.0, 0.3]))),
                persistent=bool(draw.random() < 0.5),
                values_at_trigger=bool(draw.random() < 0.5),
                initial=bool(draw.random() < 0.5),
            )
        )
        events.append(ModelEvent("alarm", parameter(1.0, 15.0) <= TIME, ((some(), parameter(0.1, 2.0)),)))
    if features.ties:
        a, at = some(), parameter(1.0, 15.0)
        for name, value in (("double", 2.0 * a), ("add", a + 0.7), ("halve", 0.5 * a + 0.1)):
            events.append(ModelEvent(name, at <= TIME, ((a, value),), priority=const(1.0)))
    readouts = {"sum": sum(x[1:], x[0]), "scaled": x[0] / (1.0 + x[-1])}
    return flat_model(rates, start, parameters, readouts, events)


def random_population(draw: Draw, model: Model, patients: int) -> Floats:
    """f64[patients, parameters], log-normal about the defaults."""
    middle = np.array([p.value for p in model.parameters])
    return middle * np.exp(0.3 * draw.standard_normal((patients, len(middle))))


def random_schedule(draw: Draw, patients: int) -> Schedule:
    """Boluses and infusions into x0, some with a value of its own for each patient, and resets."""

    def number(low: float, high: float) -> float | Floats:
        return draw.uniform(low, high, patients) if draw.random() < 0.4 else float(draw.uniform(low, high))

    doses = []
    for _ in range(int(draw.integers(0, 5))):
        time = number(0.0, LAST) if draw.random() < 0.6 else float(draw.integers(0, 20))
        repeats = int(draw.integers(1, 4))
        form = draw.choice(["bolus", "rate", "duration"])
        doses.append(
            Dose(
                "x0",
                number(0.1, 3.0),
                time,
                rate=number(0.3, 3.0) if form == "rate" else None,
                duration=number(0.1, 4.0) if form == "duration" else None,
                lag=number(0.0, 1.0) if draw.random() < 0.5 else 0.0,
                bioavailability=number(0.2, 1.0) if draw.random() < 0.5 else 1.0,
                interval=float(draw.uniform(0.5, 5.0)) if repeats > 1 else None,
                count=repeats,
            )
        )
    resets = [Reset(float(draw.uniform(1, 15)), "x0" if draw.random() < 0.5 else None)] * bool(
        draw.random() < 0.2
    )
    return Schedule(doses, resets)


def random_times(draw: Draw) -> Floats:
    """Whole days or any instants, sometimes one of them twice, the last one at the end."""
    if draw.random() < 0.5:
        return np.arange(0.0, LAST + 1.0)
    inner = np.sort(draw.uniform(0.0, LAST, int(draw.integers(0, 30))))
    return np.sort(np.concatenate([inner, inner[:1], [LAST]]))
