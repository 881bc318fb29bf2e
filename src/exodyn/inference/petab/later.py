"""The model of a problem whose experiments have several periods: what a later period starts from.

A later period goes on from the end of the one before, which lanes hand over as parameters: ``STATE.before``,
and for each event ``EVENT.armed``. At its start, in this order (PEtab version 2, "Detailed semantics"):

1. formulas of the state are evaluated with the values before;
2. they and the numbers of the condition are assigned. A concentration stays one where the size of its
   compartment is set, as an amount does (an event of the model would keep the amount of both);
3. events whose triggers hold now and did not before are executed.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from exodyn.errors import InputError, nearest
from exodyn.inference.petab.formula import parse
from exodyn.inference.petab.problem import Problem
from exodyn.symbolic import (
    TIME,
    Expr,
    Model,
    ParameterValue,
    StateVariable,
    Symbol,
    const,
    substitute,
    symbols,
    where,
)
from exodyn.symbolic.model import Event
from exodyn.symbolic.sbml import Variable

CONTINUED = "period.continued"
"""The model's parameter that is 1 where a period goes on from the end of another."""
END = "period.end"
"""The model's parameter for the time at which the next period begins: events at it belong there."""
RESTING = "period.resting"
"""The model's parameter that is 1 on the way to the steady state before all else."""
JUST_BEFORE = 1e-12
"""Triggers are noted this part of the time before a period ends, so that one at the end itself is not yet."""

Jump = tuple[str, int, Expr]
"""State, number of the formula among those of the state, and formula."""


@dataclass(frozen=True)
class Later:
    """The model with what is handed over.

    jumps: parameters that are 1 where a formula of the state before sets a state; armed: by the parameter of
    each event, what is 1 where its trigger does not hold.
    """

    model: Model
    jumps: tuple[str, ...]
    armed: Mapping[str, Expr]


def jump_name(target: str, number: int) -> str:
    """The model's parameter that is 1 where a period sets a state to the formula of this number."""
    return f"{target}.jump.{number}"


def targets_of_later_periods(problem: Problem) -> tuple[set[str], set[str]]:
    """Ids that a later period sets, and those of them that follow from the state before."""
    changes = [c for periods in problem.experiments for p in periods[1:] for c in p.values.items()]
    return {name for name, _ in changes}, {name for name, value in changes if value in problem.of_state}


def jumps_of(problem: Problem, settable: Collection[str], names: Mapping[str, Expr]) -> list[Jump]:
    """All that periods set by the state before them. Raises InputError where there is none."""
    found: dict[tuple[str, int], Expr] = {}
    for periods in problem.experiments:
        for number, period in enumerate(periods):
            for target, value in period.values.items():
                if value not in problem.of_state:
                    continue
                place = f"{problem.file}: a condition sets '{target}' to '{value}'"
                if number == 0:
                    raise InputError(f"{place}, but there is no state before its first period")
                if target not in settable:
                    raise InputError(f"{place}: that is determined by the model")
                assert isinstance(value, str)

                def meaning(name: str, place: str = place) -> Expr:
                    if name not in names:
                        raise InputError(f"{place}: unknown id '{name}'{nearest(name, names)}")
                    return names[name]

                at = problem.of_state.index(value)
                found[target, at] = substitute([parse(value, meaning)], {TIME: const(period.start)})[0]
    return [(target, at, formula) for (target, at), formula in found.items()]


def with_later_periods(
    problem: Problem,
    model: Model,
    variables: Mapping[str, Variable],
    settable: Collection[str],
    jumps: Sequence[Jump],
) -> Later:
    """The model whose states start at ``STATE.before`` where `CONTINUED` is 1, unless set or made to jump.

    Raises InputError where an event of the model might wait from one period into the next.
    """
    resized = targets_of_later_periods(problem)[0]
    handed = _Handed()
    start = _Start(model, variables, settable, jumps, resized, handed)
    states = {s.name: replace(s, initial=start.of(s)) for s in _sizes_first(model, variables)}
    events, armed = _with_memory(problem, model.events, handed)
    return Later(
        replace(
            model,
            states=tuple(states[s.name] for s in model.states),
            parameters=(*model.parameters, *handed.parameters.values()),
            events=events,
        ),
        tuple(jump_name(target, number) for target, number, _ in jumps),
        armed,
    )


class _Handed:
    """The parameters that lanes hand over, made where they are first asked for."""

    def __init__(self) -> None:
        self.parameters: dict[str, ParameterValue] = {}

    def __call__(self, name: str, first: float = 0.0) -> Symbol:
        """The parameter's symbol. first: its value where nothing is handed over."""
        return self.parameters.setdefault(name, ParameterValue(Symbol(name), first)).symbol


def _sizes_first(model: Model, variables: Mapping[str, Variable]) -> list[StateVariable]:
    """States, those of compartments first: amounts in them follow from their sizes."""

    def other(state: StateVariable) -> bool:
        return state.name not in variables or variables[state.name].kind != "compartment"

    return sorted(model.states, key=other)


@dataclass
class _Start:
    """Where each state starts; `known` fills with the starts found so far."""

    model: Model
    variables: Mapping[str, Variable]
    settable: Collection[str]
    jumps: Sequence[Jump]
    resized: Collection[str]
    handed: _Handed

    def __post_init__(self) -> None:
        self.known: dict[Expr, Expr] = {TIME: const(0.0)}
        self.before: dict[Expr, Expr] = {s.symbol: self.handed(f"{s.name}.before") for s in self.model.states}
        parameters = {p.name: p.symbol for p in self.model.parameters}
        self.asked = {n: parameters[f"{n}.set"] for n in self.settable}
        self.given = {n: parameters[f"{n}.start"] for n in self.settable}

    def of(self, state: StateVariable) -> Expr:
        first, kept = substitute([state.initial], self.known)[0], self._kept(state)
        if state.name in self.settable:
            kept = where(self.asked[state.name] > 0.5, self._held(state, self.given[state.name]), kept)
        for target, number, formula in self.jumps:
            if target == state.name:
                value = substitute([formula], self.before)[0]
                kept = where(self.handed(jump_name(target, number)) > 0.5, self._held(state, value), kept)
        start = where(self.handed(CONTINUED) > 0.5, kept, first)
        self.known[state.symbol] = start
        return start

    def _kept(self, state: StateVariable) -> Expr:
        """What the state was, its concentration if that is what its id means."""
        before = self.before[state.symbol]
        variable = self.variables.get(state.name)
        size = self._size(state)
        if size is None or variable is None or variable.compartment not in self.resized:
            return before
        return before / substitute([size], self.before)[0] * substitute([size], self.known)[0]

    def _held(self, state: StateVariable, value: Expr) -> Expr:
        """What the state holds where its id has this value."""
        size = self._size(state)
        return value if size is None else value * substitute([size], self.known)[0]

    def _size(self, state: StateVariable) -> Expr | None:
        """The size of the compartment, for a concentration that is held as an amount."""
        variable = self.variables.get(state.name)
        if variable is None or variable.quantity != "concentration" or variable.value is state.symbol:
            return None
        return self.variables[variable.compartment].value


def _with_memory(
    problem: Problem, events: Iterable[Event], handed: _Handed
) -> tuple[tuple[Event, ...], dict[str, Expr]]:
    """Events that know at the start of a period whether their triggers held before, and how to tell it.

    Each is there twice: the one where ``EVENT.armed`` is 1 executes at the start if its trigger holds.
    """
    found: list[Event] = []
    armed: dict[str, Expr] = {}
    for number, event in enumerate(events):
        if not (event.delay.op == "const" and event.delay is const(0.0)):
            raise InputError(
                f"{problem.file}: event '{event.name}' has a delay: what waits when a period ends is not "
                "handed over to the next, so experiments of several periods are not supported with it"
            )
        name = f"{event.name}.{number}.armed"
        going = event.trigger & (TIME < handed(END, math.inf))
        (earlier,) = substitute([event.trigger], {TIME: TIME * (1.0 - JUST_BEFORE)})
        armed[name] = where(earlier, 0.0, 1.0)
        if TIME in symbols([event.trigger]) and not problem.persistent:
            # Version 1 knows no time in preequilibration, and AMICI 1.0.1 executes no such event there.
            resting = handed(RESTING) > 0.5
            going = going & ~resting
            armed[name] = where(resting, 0.0 if event.initial else 1.0, armed[name])
        fresh = handed(name, 0.0 if event.initial else 1.0) > 0.5
        found.append(replace(event, trigger=going & ~fresh, initial=True))
        found.append(replace(event, trigger=going & fresh, initial=False))
    return tuple(found), armed
