"""A model made ready for code: differentiated, ordered for elimination, and parted by what changes when."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from exodyn.engine.lowering import prepare, rewrite
from exodyn.engine.sparsity import Elimination, plan_elimination
from exodyn.engine.tangent import Sources, Tangent, build_tangent
from exodyn.symbolic.derivative import gradients
from exodyn.symbolic.expr import (
    RELATIONS,
    TIME,
    Expr,
    Symbol,
    absolute,
    const,
    substitute,
    symbols,
    walk,
    where,
)
from exodyn.symbolic.model import Event, Model


@dataclass(frozen=True)
class Program:
    """A model made ready for code: every expression that a kernel needs, over numbered symbols.

    triggers: of the events, in their order, then the relations in them (see `_watched`).
    states: the `moving` ones first; the rest have rate 0 and change only by doses and events, so they take
    no part in the integration (and may well be NaN or infinite).
    breakpoints: first the instants, then as many periods (0: once).
    infused: the state that each infusion goes into.
    tangent: what derivatives along parameters need, adjoint: what a gradient needs, where they are asked for.
    """

    states: tuple[Symbol, ...]
    moving: int
    parameters: tuple[Symbol, ...]
    infusions: tuple[Symbol, ...]
    infused: tuple[int, ...]
    prepared: tuple[Symbol, ...]
    prepared_terms: tuple[Expr, ...]
    initial: tuple[Expr, ...]
    rates: tuple[Expr, ...]
    rates_by_time: tuple[Expr, ...]
    jacobian: dict[tuple[int, int], Expr]
    outputs: tuple[Expr, ...]
    triggers: tuple[Expr, ...]
    delays: tuple[Expr, ...]
    priorities: tuple[Expr, ...]
    assigned: tuple[Expr, ...]
    breakpoints: tuple[Expr, ...]
    events: tuple[Event, ...]
    plan: Elimination
    tangent: Tangent | None = None
    adjoint: Tangent | None = None

    @property
    def autonomous(self) -> bool:
        """Whether no rate has a derivative by time."""
        return not self.rates_by_time

    @property
    def reads_time(self) -> bool:
        """Whether a rate depends on time at all, be it by a condition or a floor, whose derivative is 0."""
        return bool(self.breakpoints) or TIME in symbols(self.rates)


def build_program(
    model: Model, outputs: Sequence[Expr], infused: Sequence[Symbol], directions: Sequence[Symbol] = ()
) -> Program:
    """Differentiate, plan the elimination and take out what depends on parameters alone.

    directions: the parameters by which the solution is differentiated.
    """
    parameters = tuple(p.symbol for p in model.parameters)
    infusions = {s: Symbol(f"infusion_{s.name}") for s in infused}
    held = [s.symbol for s in model.states if s.symbol not in infusions and _is_zero(s.rate)]
    moving = [s for s in model.states if s.symbol not in held]
    states = (*(s.symbol for s in moving), *held)
    rates = [s.rate + infusions[s.symbol] if s.symbol in infusions else s.rate for s in moving]
    initial = _initial_values(model)

    by = gradients(rates, [*states[: len(moving)], TIME])
    index = {s: i for i, s in enumerate(states)}
    jacobian = {
        (i, index[s]): partial for i, row in enumerate(by) for s, partial in row.items() if s is not TIME
    }
    # A rate may also jump with time (floor, conditions), where its derivative is zero.
    timed = TIME in symbols(rates)
    rates_by_time = [row.get(TIME, const(0.0)) for row in by] if timed else []

    breakpoints = _breakpoints(model, {*parameters, *held})
    instants, periods = ([b[k] for b in breakpoints] for k in range(2))

    groups: list[list[Expr]] = [
        rates,
        rates_by_time,
        list(jacobian.values()),
        list(outputs),
        [where(condition, 1.0, 0.0) for condition in _watched(model)],
        [e.delay for e in model.events],
        [e.priority if e.priority is not None else const(-math.inf) for e in model.events],
        [value for e in model.events for _, value in e.assignments],
    ]
    flat = rewrite([e for g in groups for e in g], set(parameters))
    done = prepare(flat, set(parameters))
    parts: list[tuple[Expr, ...]] = []
    at = 0
    for group in groups:
        parts.append(done.roots[at : at + len(group)])
        at += len(group)
    tangent = None
    if directions:
        sources = Sources(
            [initial[s] for s in states], rates, jacobian, rates_by_time, outputs, _watched(model),
            groups[5], groups[7], [*instants, *periods], _switches(rates, {*parameters, *held}),
        )  # fmt: skip
        tangent = build_tangent(sources, states, parameters, directions)
    return Program(
        states=states,
        moving=len(moving),
        parameters=parameters,
        infusions=tuple(infusions[s] for s in infused),
        infused=tuple(index[s] for s in infused),
        prepared=done.symbols,
        prepared_terms=done.terms,
        initial=tuple(rewrite([initial[s] for s in states], set(parameters))),
        rates=parts[0],
        rates_by_time=parts[1],
        jacobian=dict(zip(jacobian, parts[2], strict=True)),
        outputs=parts[3],
        triggers=parts[4],
        delays=parts[5],
        priorities=parts[6],
        assigned=parts[7],
        breakpoints=tuple(rewrite([*instants, *periods], set(parameters))),
        events=model.events,
        plan=plan_elimination(len(moving), jacobian),
        tangent=tangent,
    )


def _watched(model: Model) -> list[Expr]:
    """The triggers of all events, then the relations that compound triggers are made of.

    A trigger such as ``a > 1 and a < 2`` may rise and fall within one step, between two looks at it. Its
    relations turn once each, and a step ends wherever one does. (Not at an equation, which holds for an
    instant only.)
    """
    triggers = [e.trigger for e in model.events]
    relations = [n for n in walk(triggers) if n.op in RELATIONS and n.op not in ("eq", "ne")]
    return [*triggers, *(n for n in relations if n not in triggers)]


def _is_zero(rate: Expr) -> bool:
    return rate.op == "const" and rate.value == 0.0


def _initial_values(model: Model) -> dict[Expr, Expr]:
    """Initial values in parameters alone: earlier states are put into later ones, time is 0."""
    known: dict[Expr, Expr] = {TIME: const(0.0)}
    for state in model.states:
        (known[state.symbol],) = substitute([state.initial], known)
    return known


def _breakpoints(model: Model, constants: set[Symbol]) -> list[tuple[Expr, Expr]]:
    """Instants, known from what is constant between stops, at which a rate or trigger may jump with time.

    A step must end there: what lies between two step ends cannot be seen otherwise. Each is the first instant
    and the period at which it returns (0: never), as of `rem(time, 24) < 1` or `floor(time)`.
    """
    roots = [s.rate for s in model.states] + [e.trigger for e in model.events]
    found: list[tuple[Expr, Expr]] = []
    for n in walk(roots):
        if n.op in RELATIONS:
            crossing = _crossing(n.args[0] - n.args[1], constants)
            periods = [p for inner in walk(n.args) if (p := _period(inner, constants)) is not None]
        elif (period := _period(n, constants)) is not None:
            crossing, periods = _crossing(n.args[0], constants), [period]
        else:
            continue
        if crossing is not None:
            found.extend((crossing, p) for p in periods or [const(0.0)])
    return list(dict.fromkeys(found))


def _switches(rates: Sequence[Expr], constants: set[Symbol]) -> list[Expr]:
    """Relations in the rates that turn in the course of time, but not at breakpoints."""
    found = [n for n in walk(rates) if n.op in RELATIONS and n.op not in ("eq", "ne")]
    return [
        n
        for n in found
        if not constants.issuperset(symbols([n])) and _crossing(n.args[0] - n.args[1], constants) is None
    ]


def _slope(of: Expr, constants: set[Symbol]) -> Expr | None:
    """The derivative by time if it is constant between stops and not zero by structure."""
    slope = gradients([of], [TIME])[0].get(TIME)
    return slope if slope is not None and constants.issuperset(symbols([slope])) else None


def _crossing(of: Expr, constants: set[Symbol]) -> Expr | None:
    """When a term that is linear in time is zero."""
    slope = _slope(of, constants)
    (start,) = substitute([of], {TIME: const(0.0)})
    return -start / slope if slope is not None and constants.issuperset(symbols([start])) else None


def _period(n: Expr, constants: set[Symbol]) -> Expr | None:
    """How often floor, ceil or rem of a term that is linear in time jumps."""
    if n.op not in ("floor", "ceil", "rem"):
        return None
    slope = _slope(n.args[0], constants)
    width = n.args[1] if n.op == "rem" else const(1.0)
    return absolute(width / slope) if slope is not None and constants.issuperset(symbols([width])) else None
