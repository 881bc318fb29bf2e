"""The model of a problem: SBML with starts that conditions may set, and its observables as expressions."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from exodyn.errors import InputError, nearest
from exodyn.inference.petab.formula import parse
from exodyn.inference.petab.problem import Observable, Problem
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
from exodyn.symbolic.expr import rebuild, walk
from exodyn.symbolic.sbml import read_sbml

PLACEHOLDER = re.compile(r"(observable|noise)Parameter(\d+)(?:_(.*))?")
CONTINUED = "period.continued"
"""The model's parameter that is 1 where a period goes on from the end of another."""


@dataclass(frozen=True)
class Reading:
    """An observable over symbols: of parts that depend on states alone, and of all else.

    parts: what the engine computes, under the symbols that stand for them in formula and noise.
    placeholders: symbols of the overrides that each measurement gives, by kind and number (from 1).
    """

    observable: Observable
    formula: Expr
    noise: Expr
    placeholders: Mapping[tuple[str, int], Symbol]


@dataclass(frozen=True)
class Observed:
    """The model of a problem and how it is observed.

    table: symbols for the parameters that are in the parameter table but not in the model.
    parts: state expressions by the symbol that stands for them in readings.
    settable: ids that have ``ID.set`` and ``ID.start``, of which `moving` are states; direct: ids that are
    parameters of the model. jumps: parameters that are 1 where a formula of the state before sets a state.
    """

    model: Model
    readings: Mapping[str, Reading]
    table: Mapping[str, Symbol]
    parts: Mapping[Symbol, Expr]
    settable: frozenset[str]
    direct: frozenset[str]
    moving: frozenset[str]
    jumps: tuple[str, ...] = ()


def observed(problem: Problem) -> Observed:
    """The model with its observables. Raises InputError where a table names what there is not."""
    named = {name: None for periods in problem.experiments for p in periods for name in p.values}
    source = read_sbml(problem.model, dict.fromkeys([*named, *problem.parameter_names()]))
    model = source.model
    parameters = {p.name for p in model.parameters}
    variables = {name: v.value for name, v in source.variables.items()}
    settable = frozenset(n for n in variables if f"{n}.start" in parameters)
    direct = frozenset(parameters & variables.keys()) - settable
    for name in named:
        if name not in settable | direct:
            why = "a rule determines it" if name in variables else "the model has no such id"
            hint = nearest(name, variables) if name not in variables else ""
            raise InputError(f"{problem.file}: a condition sets '{name}', but {why}{hint}")
    later = (
        {n for periods in problem.experiments for p in periods[1:] for n in p.values}
        if problem.persistent
        else set()
    )
    for name in later:
        if source.variables[name].kind == "compartment":
            raise InputError(
                f"{problem.file}: the size of '{name}' changes in a later period, which is not supported"
            )
    for name in problem.parameter_names():
        if name in variables and name not in settable | direct:
            raise InputError(
                f"{problem.file}: parameter '{name}' is in the model, where a rule determines it"
            )
    if model.events and any(p.start == -math.inf for periods in problem.experiments for p in periods):
        raise InputError(
            f"{problem.file}: preequilibration of a model with events is not supported: "
            f"when '{model.events[0].name}' happens there is not defined"
        )
    table = {name: Symbol(name) for name in problem.parameter_names() if name not in variables}
    names = {**table, **variables, "time": TIME}
    jumps = _jumps(problem, model, settable, names)
    if any(len(periods) > 1 for periods in problem.experiments):
        known = {p.name for p in model.parameters}
        read = {s.name for _, _, formula in jumps for s in symbols([formula])} & table.keys() - known
        extra = [ParameterValue(table[name], 0.0) for name in sorted(read)]
        model = _continued(replace(model, parameters=(*model.parameters, *extra)), settable, jumps)
        direct |= read
    parts = _Parts({s.symbol for s in model.states})
    used = dict.fromkeys(m.observable for m in problem.measurements)
    formulas = {n: _formula(o, o.formula, names, {}) for n, o in problem.observables.items()}
    readings = {name: _reading(problem.observables[name], formulas, names, parts) for name in used}
    moving = frozenset(s.name for s in model.states)
    asked = tuple(jump_name(target, number) for target, number, _ in jumps)
    return Observed(model, readings, table, parts.found, settable, direct, moving, asked)


def _reading(
    observable: Observable,
    formulas: Mapping[str, tuple[Expr, dict[tuple[str, int], Symbol]]],
    names: Mapping[str, Expr],
    parts: _Parts,
) -> Reading:
    formula, placeholders = formulas[observable.name]
    others = {n: f for n, (f, own) in formulas.items() if n == observable.name or not own}
    noise, placeholders = _formula(observable, observable.noise, {**others, **names}, placeholders)
    return Reading(observable, parts.take(formula), parts.take(noise), placeholders)


def _formula(
    observable: Observable,
    text: str,
    names: Mapping[str, Expr],
    given: Mapping[tuple[str, int], Symbol],
) -> tuple[Expr, dict[tuple[str, int], Symbol]]:
    """The expression of a formula and all placeholders so far."""
    placeholders = dict(given)

    def meaning(name: str) -> Expr:
        if name in names and name not in observable.placeholders:
            return names[name]
        if name in observable.placeholders:
            return placeholders.setdefault(observable.placeholders[name], Symbol(name))
        found = PLACEHOLDER.fullmatch(name)
        if found is not None and found[3] in (None, observable.name):
            return placeholders.setdefault((found[1], int(found[2])), Symbol(name))
        raise InputError(
            f"{observable.place}: observable '{observable.name}': unknown id '{name}'{nearest(name, names)}"
        )

    try:
        return parse(text, meaning), placeholders
    except InputError as error:
        place = "" if str(error).startswith(observable.place) else f"{observable.place}: "
        raise InputError(f"{place}{error}") from None


class _Parts:
    """Takes out of formulas the largest parts that depend on states alone: each is integrated once."""

    def __init__(self, states: set[Symbol]) -> None:
        self.states = states
        self.found: dict[Symbol, Expr] = {}
        self.symbols: dict[int, Symbol] = {}

    def take(self, formula: Expr) -> Expr:
        inner: dict[int, bool] = {}
        new: dict[int, Expr] = {}
        for current in walk([formula]):
            free = current.op in ("const", "true", "false")
            inner[id(current)] = (
                current in self.states
                if isinstance(current, Symbol)
                else not free and all(inner[id(a)] or a.op == "const" for a in current.args)
            )
            if current.is_condition:
                inner[id(current)] = False
            whole = inner[id(current)]
            new[id(current)] = (
                current
                if whole or not current.args
                else rebuild(
                    current, tuple(self._part(a) if inner[id(a)] else new[id(a)] for a in current.args)
                )
            )
        return self._part(formula) if inner[id(formula)] else new[id(formula)]

    def _part(self, whole: Expr) -> Symbol:
        if id(whole) not in self.symbols:
            symbol = Symbol(f"part {len(self.found)}")
            self.symbols[id(whole)] = symbol
            self.found[symbol] = whole
        return self.symbols[id(whole)]


def jump_name(target: str, number: int) -> str:
    """The model's parameter that is 1 where a period sets a state to the formula of this number."""
    return f"{target}.jump.{number}"


def _jumps(
    problem: Problem, model: Model, settable: frozenset[str], names: Mapping[str, Expr]
) -> list[tuple[str, int, Expr]]:
    """State, number of the formula and formula, of all that a period sets by the state before it."""
    found: dict[tuple[str, int], Expr] = {}
    states = {s.name for s in model.states} & settable
    for periods in problem.experiments:
        for number, period in enumerate(periods):
            for target, value in period.values.items():
                if value not in problem.of_state:
                    continue
                place = f"{problem.file}: a condition sets '{target}' to '{value}'"
                if number == 0:
                    raise InputError(f"{place}, but there is no state before its first period")
                if target not in states:
                    raise InputError(f"{place}: only a state can follow from the model's state")
                assert isinstance(value, str)

                def meaning(name: str, place: str = place) -> Expr:
                    if name not in names:
                        raise InputError(f"{place}: unknown id '{name}'{nearest(name, names)}")
                    return names[name]

                at = problem.of_state.index(value)
                found[target, at] = substitute([parse(value, meaning)], {TIME: const(period.start)})[0]
    return [(target, at, formula) for (target, at), formula in found.items()]


def _continued(model: Model, settable: frozenset[str], jumps: Sequence[tuple[str, int, Expr]]) -> Model:
    """The model whose states start at ``STATE.before`` where `CONTINUED` is 1, unless set or made to jump."""
    continued = Symbol(CONTINUED)
    ends: dict[Expr, Expr] = {s.symbol: Symbol(f"{s.name}.before") for s in model.states}
    added = [ParameterValue(continued, 0.0)]
    asked = {p.name: p.symbol for p in model.parameters if p.name.endswith(".set")}
    start = {p.name: p.symbol for p in model.parameters if p.name.endswith(".start")}
    states: list[StateVariable] = []
    known: dict[Expr, Expr] = {TIME: const(0.0)}
    for state in model.states:
        (initial,) = substitute([state.initial], known)
        known[state.symbol] = initial
        before = ends[state.symbol]
        assert isinstance(before, Symbol)
        added.append(ParameterValue(before, 0.0))
        kept = continued > 0.5
        if state.name in settable:
            kept = kept & ~(asked[f"{state.name}.set"] > 0.5)
        at = where(kept, before, initial)
        for target, number, formula in jumps:
            if target == state.name:
                (value,) = substitute([formula], ends)
                given: dict[Expr, Expr] = {
                    asked[f"{target}.set"]: const(1.0),
                    start[f"{target}.start"]: value,
                }
                jump = Symbol(jump_name(target, number))
                added.append(ParameterValue(jump, 0.0))
                at = where(jump > 0.5, substitute([initial], given)[0], at)
        states.append(replace(state, initial=at))
    return replace(model, states=tuple(states), parameters=(*model.parameters, *added))
