"""A model as the engine and the printers take it: flat, in one unit system, every symbol defined once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from exodyn.errors import InputError
from exodyn.symbolic.expr import FALSE, TRUE, Expr, Symbol, const, substitute


class ModelError(InputError):
    """A model that cannot be: the message names the place, what was expected and the nearest valid name."""


@dataclass(frozen=True)
class StateVariable:
    """One state: d symbol / dt = rate, from `initial` on.

    `initial` is an expression of parameters (and, in order, of states whose initial values are known).
    `unit` is text as the units library reads it, empty where a model states none.
    """

    symbol: Symbol
    rate: Expr
    initial: Expr
    unit: str = ""
    meaning: str = ""

    @property
    def name(self) -> str:
        return self.symbol.name


@dataclass(frozen=True)
class ParameterValue:
    """A parameter: constant in time, varied from patient to patient where a population says so."""

    symbol: Symbol
    value: float
    unit: str = ""
    meaning: str = ""
    record: str = ""
    status: str = ""
    source: str = ""

    @property
    def name(self) -> str:
        return self.symbol.name


@dataclass(frozen=True)
class Readout:
    """A quantity computed from states, parameters and time, reported under its name."""

    name: str
    expression: Expr
    unit: str = ""
    meaning: str = ""


@dataclass(frozen=True)
class Event:
    """States jump when the trigger turns from false to true (the semantics of SBML L3V2).

    assignments: (state symbol, value) pairs; all values are computed before any is assigned.
    delay: time from trigger to execution, computed when the event is triggered.
    priority: of events due at one instant the highest goes first; equal ones in random order.
    initial: the trigger's value before time 0 (True: an event whose trigger holds at 0 does not fire then).
    persistent: False cancels a waiting execution when the trigger turns false again.
    values_at_trigger: assignment values are those at the trigger, not those at the execution.
    """

    name: str
    trigger: Expr
    assignments: tuple[tuple[Symbol, Expr], ...]
    delay: Expr = field(default_factory=lambda: const(0.0))
    priority: Expr | None = None
    initial: bool = True
    persistent: bool = True
    values_at_trigger: bool = True


@dataclass(frozen=True)
class Model:
    """States, parameters, readouts, events. Time is the symbol ``exodyn.symbolic.TIME``, from 0 on."""

    name: str
    states: tuple[StateVariable, ...]
    parameters: tuple[ParameterValue, ...] = ()
    readouts: tuple[Readout, ...] = ()
    events: tuple[Event, ...] = ()
    time_unit: str = ""

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for name in self.names():
            if name in seen:
                raise ModelError(f"model '{self.name}': the name '{name}' is defined twice")
            seen.add(name)

    def names(self) -> Iterator[str]:
        """States, parameters and readouts, in this order."""
        yield from (s.name for s in self.states)
        yield from (p.name for p in self.parameters)
        yield from (r.name for r in self.readouts)

    def state(self, name: str) -> StateVariable:
        return next(s for s in self.states if s.name == name)

    def parameter(self, name: str) -> ParameterValue:
        return next(p for p in self.parameters if p.name == name)

    def readout(self, name: str) -> Readout:
        return next(r for r in self.readouts if r.name == name)


def fix(model: Model, values: Mapping[Symbol, Expr]) -> Model:
    """The model without these states and parameters, each replaced by an expression wherever it stands."""
    roots = [e for s in model.states for e in (s.rate, s.initial)]
    roots += [r.expression for r in model.readouts]
    for event in model.events:
        roots += [event.trigger, event.delay, *(value for _, value in event.assignments)]
        roots += [event.priority] if event.priority is not None else []
    new = dict(zip(roots, substitute(roots, values), strict=True))
    return replace(
        model,
        states=tuple(
            replace(s, rate=new[s.rate], initial=new[s.initial])
            for s in model.states
            if s.symbol not in values
        ),
        parameters=tuple(p for p in model.parameters if p.symbol not in values),
        readouts=tuple(replace(r, expression=new[r.expression]) for r in model.readouts),
        events=tuple(
            replace(
                e,
                trigger=new[e.trigger],
                assignments=tuple((target, new[value]) for target, value in e.assignments),
                delay=new[e.delay],
                priority=new[e.priority] if e.priority is not None else None,
            )
            for e in model.events
        ),
    )


__all__ = [
    "FALSE",
    "TRUE",
    "Event",
    "Model",
    "ModelError",
    "ParameterValue",
    "Readout",
    "StateVariable",
    "fix",
]
