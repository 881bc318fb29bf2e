"""The model of a problem: SBML with starts that conditions may set, and its observables as expressions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from exodyn.errors import InputError, nearest
from exodyn.inference.petab.formula import parse
from exodyn.inference.petab.later import Later, jumps_of, targets_of_later_periods, with_later_periods
from exodyn.inference.petab.problem import Observable, Problem
from exodyn.symbolic import TIME, Expr, Model, ParameterValue, Symbol, symbols
from exodyn.symbolic.expr import rebuild, walk
from exodyn.symbolic.sbml import SBMLModel, read_sbml

PLACEHOLDER = re.compile(r"(observable|noise)Parameter(\d+)(?:_(.*))?")


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
    armed: parts that are 1 where an event's trigger does not hold, by the parameter that hands them over.
    """

    model: Model
    readings: Mapping[str, Reading]
    table: Mapping[str, Symbol]
    parts: Mapping[Symbol, Expr]
    settable: frozenset[str]
    direct: frozenset[str]
    moving: frozenset[str]
    jumps: tuple[str, ...] = ()
    armed: Mapping[str, Symbol] = field(default_factory=dict)


def observed(problem: Problem) -> Observed:
    """The model with its observables. Raises InputError where a table names what there is not."""
    named = {name: None for periods in problem.experiments for p in periods for name in p.values}
    later, following = targets_of_later_periods(problem)
    settable_ids = dict.fromkeys([*named, *problem.parameter_names()])
    source = read_sbml(problem.model, settable_ids, changing=following, resized=later)
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
    for name in problem.parameter_names():
        if name in variables and name not in settable | direct:
            raise InputError(
                f"{problem.file}: parameter '{name}' is in the model, where a rule determines it"
            )
    table = {name: Symbol(name) for name in problem.parameter_names() if name not in variables}
    names = {**table, **variables, "time": TIME}
    continued = _continued(problem, source, settable, names)
    if continued is not None:
        model = continued.model
        direct |= {p.name for p in model.parameters} & table.keys()
    parts = _Parts({s.symbol for s in model.states})
    armed = {name: parts.add(part) for name, part in continued.armed.items()} if continued else {}
    used = dict.fromkeys(m.observable for m in problem.measurements)
    formulas = {n: _formula(o, o.formula, names, {}) for n, o in problem.observables.items()}
    readings = {name: _reading(problem.observables[name], formulas, names, parts) for name in used}
    moving = frozenset(s.name for s in model.states)
    jumps = continued.jumps if continued else ()
    return Observed(model, readings, table, parts.found, settable, direct, moving, jumps, armed)


def _continued(
    problem: Problem, source: SBMLModel, settable: frozenset[str], names: Mapping[str, Expr]
) -> Later | None:
    """The model with later periods, None where no experiment has any.

    Parameters of the table that formulas of the state read become parameters of the model.
    """
    jumps = jumps_of(problem, settable, names)
    if not any(len(periods) > 1 for periods in problem.experiments):
        return None
    known = {p.name for p in source.model.parameters} | source.variables.keys()
    read = {s.name: s for _, _, formula in jumps for s in symbols([formula])}
    extra = [
        ParameterValue(s, 0.0) for n, s in read.items() if n in problem.parameter_names() and n not in known
    ]
    model = replace(source.model, parameters=(*source.model.parameters, *extra))
    return with_later_periods(problem, model, source.variables, settable, jumps)


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
                    current, tuple(self.add(a) if inner[id(a)] else new[id(a)] for a in current.args)
                )
            )
        return self.add(formula) if inner[id(formula)] else new[id(formula)]

    def add(self, whole: Expr) -> Symbol:
        """The symbol that stands for a part."""
        if id(whole) not in self.symbols:
            symbol = Symbol(f"part {len(self.found)}")
            self.symbols[id(whole)] = symbol
            self.found[symbol] = whole
        return self.symbols[id(whole)]
