"""The functions of a compiled model: each takes the lanes' memory and works on all lanes at once.

    prepare    parameters -> terms of parameters alone
    initial    parameters -> initial state (into `scratch`)
    factor     y -> f, df/dt, and the factors of I/(gamma h) - J
    rhs        stage argument -> right-hand side of the stage's linear system
    solve      the linear system of one stage, in place
    observe    dense output -> what is reported
    triggers   dense output -> the conditions of events
    jump       y -> what events assign, their delays and priorities

They are many small functions because the instruction cache is small; see ``docs/decisions/engine.md``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from exodyn.engine.emit import I8, PTR, Function, Module, Type, Value
from exodyn.engine.lowering import Lowering, prepare, rewrite
from exodyn.engine.rodas import Tableau
from exodyn.engine.sparsity import Elimination, plan_elimination
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

ALIGN = 64
FIRST_LEVEL_CACHE = 32 * 1024
RECENT = 32
"""Results of a solve that are likely in a register still, of 32."""

SINGULAR = frozenset({"sqrt", "pow", "log", "log10", "asin", "acos", "acosh", "atanh"})
"""Operators whose derivative may be infinite where they are finite, or that stand in such a derivative."""
LARGEST_PARTIAL = 1e30
"""Larger partial derivatives count as infinite."""


@dataclass
class Layout:
    """Where each array of the lanes' memory starts, in bytes from its base."""

    size: int = 0
    offsets: dict[str, int] = field(default_factory=dict)
    types: dict[str, Type] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, kind: Type, count: int) -> None:
        self.offsets[name], self.types[name], self.counts[name] = self.size, kind, count
        self.size += -(-kind.bytes * count // ALIGN) * ALIGN

    def address(self, fn: Function, base: Value, name: str, index: Value | int = 0) -> Value:
        """The address of entry `index` of an array."""
        kind = self.types[name]
        if isinstance(index, int):
            return fn.at(base, self.offsets[name] + index * kind.bytes, I8)
        return fn.at(fn.at(base, self.offsets[name], I8), index, kind)

    def load(self, fn: Function, base: Value, name: str, index: Value | int = 0) -> Value:
        return fn.load(self.types[name], self.address(fn, base, name, index))

    def store(self, fn: Function, base: Value, name: str, value: Value, index: Value | int = 0) -> None:
        fn.store(value, self.address(fn, base, name, index))


@dataclass(frozen=True)
class Program:
    """A model made ready for code: every expression that a kernel needs, over numbered symbols.

    triggers: of the events, in their order, then the relations in them (see `_watched`).
    states: the `moving` ones first; the rest have rate 0 and change only by doses and events, so they take
    no part in the integration (and may well be NaN or infinite).
    breakpoints: first the instants, then as many periods (0: once).
    """

    states: tuple[Symbol, ...]
    moving: int
    parameters: tuple[Symbol, ...]
    infusions: tuple[Symbol, ...]
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

    @property
    def autonomous(self) -> bool:
        """Whether no rate has a derivative by time."""
        return not self.rates_by_time

    @property
    def reads_time(self) -> bool:
        """Whether a rate depends on time at all, be it by a condition or a floor, whose derivative is 0."""
        return bool(self.breakpoints) or TIME in symbols(self.rates)


def build_program(model: Model, outputs: Sequence[Expr], infused: Sequence[Symbol]) -> Program:
    """Differentiate, plan the elimination and take out what depends on parameters alone."""
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
    return Program(
        states=states,
        moving=len(moving),
        parameters=parameters,
        infusions=tuple(infusions[s] for s in infused),
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


def _finite(fn: Function, partial: Expr, value: Value) -> Value:
    """A partial derivative, 0 where it is infinite although the rate is not, as sqrt(x) has it at 0.

    The linear systems would otherwise have no solution but 0, and the state would stand still unnoticed. One
    step without this entry is of lower order, which its error estimate sees.
    """
    if not any(n.op in SINGULAR for n in walk([partial])):
        return value
    return fn.select(fn.intrinsic("fabs", value) < LARGEST_PARTIAL, value, fn.const(value.type, 0.0))


def lane_layout(program: Program, tableau: Tableau, kind: Type) -> Layout:
    """The memory of one group of lanes; what a step touches comes first and together."""
    n, wide = program.moving, kind.of("double")
    layout = Layout()
    for name, count in (
        ("inverse_h_gamma", 1),
        ("inverse_h", 1),
        ("h_d", 1),
        ("stage_time", 1),
        ("theta", 1),
        ("y", len(program.states)),
        ("stage", n),
        ("u", n * tableau.stages),
        ("factors", program.plan.entries),
        ("by_time", len(program.rates_by_time)),
        ("infusion", len(program.infusions)),
        ("parameter", len(program.parameters)),
        ("prepared", len(program.prepared)),
        ("y_new", n),
        ("dense", n * len(tableau.H)),
        ("output", len(program.outputs)),
        ("scratch", max(len(program.states), len(program.breakpoints))),
        ("trigger", len(program.triggers)),
        ("trigger_before", len(program.triggers)),
        ("delay", len(program.delays)),
        ("priority", len(program.priorities)),
        ("assigned", len(program.assigned)),
    ):
        layout.add(name, kind, count)
    for name in ("t", "h", "t_new", "t_stop", "t_next_output"):
        layout.add(name, wide, 1)
    return layout


class Kernels:
    """Writes the functions of one program into a module."""

    def __init__(
        self, module: Module, program: Program, tableau: Tableau, kind: Type, attributes: str
    ) -> None:
        self.module = module
        self.program = program
        self.tableau = tableau
        self.kind = kind
        self.attributes = attributes
        self.layout = lane_layout(program, tableau, kind)
        self._places = self._fixed_places()
        self._factor_places = program.plan.places()

    def _fixed_places(self) -> dict[Symbol, tuple[str, int]]:
        p = self.program
        groups = (("parameter", p.parameters), ("prepared", p.prepared), ("infusion", p.infusions))
        return {s: (name, i) for name, group in groups for i, s in enumerate(group)}

    def function(self, name: str, *extra: tuple[str, Type]) -> Function:
        return Function(
            self.module, name, [("lanes", PTR), *extra], internal=True, attributes=self.attributes
        )

    def leaves(self, fn: Function, moving: Callable[[int], Value], time: str) -> Callable[[Symbol], Value]:
        """Where a symbol's value is found: moving states as given, all else in the lanes' memory."""
        index = {s: i for i, s in enumerate(self.program.states)}
        base = fn["lanes"]

        def leaf(symbol: Symbol) -> Value:
            if symbol in index:
                i = index[symbol]
                return moving(i) if i < self.program.moving else self.layout.load(fn, base, "y", i)
            if symbol is TIME:
                return self.layout.load(fn, base, time).convert(self.kind)
            name, i = self._places[symbol]
            return self.layout.load(fn, base, name, i)

        return leaf

    def write_all(self) -> None:
        p = self.program
        self._evaluate("prepare", "y", "t", [("prepared", p.prepared_terms)])
        self._evaluate("initial", "y", "t", [("scratch", p.initial)])
        self._evaluate("find_breakpoints", "y", "t", [("scratch", p.breakpoints)])
        self._factor()
        self._rhs()
        self._solve()
        for stage in range(1, self.tableau.stages):
            self._combine(stage)
        self._dense()
        self._evaluate("observe", None, "t_new", [("output", p.outputs)])
        self._evaluate("observe_now", "y", "t", [("output", p.outputs)])
        if p.events:
            self._evaluate("triggers", None, "t_new", [("trigger", p.triggers)])
            self._evaluate("triggers_now", "y", "t", [("trigger", p.triggers)])
            parts = [("delay", p.delays), ("priority", p.priorities), ("assigned", p.assigned)]
            self._evaluate("jump", "y", "t", parts)

    def _evaluate(
        self, name: str, states: str | None, time: str, parts: Sequence[tuple[str, Sequence[Expr]]]
    ) -> None:
        """Terms at the states in an array, or (None) inside the last step at `theta`."""
        fn = self.function(name)
        base, layout = fn["lanes"], self.layout
        if states is None:
            theta = layout.load(fn, base, "theta")
            read: Callable[[int], Value] = lambda i: self._interpolated(fn, theta, i)  # noqa: E731
        else:
            read = lambda i: layout.load(fn, base, states, i)  # noqa: E731
        lower = Lowering(fn, self.kind, self.leaves(fn, read, time))
        lower.costly([e for _, terms in parts for e in terms])
        for array, terms in parts:
            for i, term in enumerate(terms):
                layout.store(fn, base, array, lower(term), i)
        fn.finish()

    def _interpolated(self, fn: Function, theta: Value, i: int) -> Value:
        base, layout, n = fn["lanes"], self.layout, self.program.moving
        y0 = layout.load(fn, base, "y", i)
        y1 = layout.load(fn, base, "y_new", i)
        inner = layout.load(fn, base, "dense", (len(self.tableau.H) - 1) * n + i)
        for m in reversed(range(len(self.tableau.H) - 1)):
            inner = layout.load(fn, base, "dense", m * n + i) + theta * inner
        rest = 1.0 - theta
        return rest * y0 + theta * (y1 + rest * inner)

    def _factor(self) -> None:
        """f and the factors, a row at a time: what a rate and its derivatives share is used while at hand."""
        p = self.program
        fn = self.function("factor")
        base, layout = fn["lanes"], self.layout
        read: Callable[[int], Value] = lambda i: layout.load(fn, base, "y", i)  # noqa: E731
        lower = Lowering(fn, self.kind, self.leaves(fn, read, "stage_time"))
        lower.costly([*p.rates, *p.rates_by_time, *p.jacobian.values()])

        def entry(i: int, j: int) -> Value | None:
            partial = p.jacobian.get((i, j))
            return None if partial is None else _finite(fn, partial, lower(partial))

        for k, row in enumerate(p.plan.order):
            value = lower(p.rates[row])
            if not p.autonomous:
                by_time = _finite(fn, p.rates_by_time[row], lower(p.rates_by_time[row]))
                layout.store(fn, base, "by_time", by_time, row)
                value = value + layout.load(fn, base, "h_d") * by_time
            layout.store(fn, base, "u", value, row)
            self._eliminate(fn, k, entry)
        fn.finish()

    def _eliminate(self, fn: Function, i: int, entry: Callable[[int, int], Value | None]) -> None:
        """Row i of the factors of J - I/(gamma h), the rows before it being known.

        Kept are U, and L and the inverse diagonal with their signs turned, so that `solve`, which needs the
        solution for the negative matrix, adds only.
        """
        base, layout, plan, places = fn["lanes"], self.layout, self.program.plan, self._factor_places
        row: dict[int, Value] = {}
        for j in (*plan.lower[i], i, *plan.upper[i]):
            value = entry(plan.order[i], plan.order[j])
            if value is not None:
                row[j] = value
        diagonal = layout.load(fn, base, "inverse_h_gamma")
        row[i] = row[i] - diagonal if i in row else -diagonal
        for k in plan.lower[i]:
            weight = row.pop(k) * layout.load(fn, base, "factors", places[k, k])
            layout.store(fn, base, "factors", weight, places[i, k])
            for j in plan.upper[k]:
                term = weight * layout.load(fn, base, "factors", places[k, j])
                row[j] = row[j] + term if j in row else term
        layout.store(fn, base, "factors", -1.0 / row[i], places[i, i])
        for j in plan.upper[i]:
            layout.store(fn, base, "factors", row[j], places[i, j])

    def _rhs(self) -> None:
        p = self.program
        fn = self.function("rhs", ("u", PTR))
        base, layout = fn["lanes"], self.layout
        read: Callable[[int], Value] = lambda i: layout.load(fn, base, "stage", i)  # noqa: E731
        lower = Lowering(fn, self.kind, self.leaves(fn, read, "stage_time"))
        lower.costly(p.rates)
        inverse_h = layout.load(fn, base, "inverse_h")
        for i, rate in enumerate(p.rates):
            value = fn.load(self.kind, fn["u"], i) * inverse_h + lower(rate)
            if not p.autonomous:
                value = value + layout.load(fn, base, "h_d") * layout.load(fn, base, "by_time", i)
            fn.store(value, fn["u"], i)
        fn.finish()

    def _solve(self) -> None:
        plan, places = self.program.plan, self._factor_places
        last = len(plan.order) - 1
        fn = self.function("solve", ("u", PTR))
        base, layout, u = fn["lanes"], self.layout, fn["u"]
        x: list[Value] = []
        # What was solved long ago is read from memory: no register is kept for it.
        far = {k for i in range(last + 1) for k in plan.lower[i] if i - k >= RECENT}

        def solved(k: int, at: int) -> Value:
            return x[k] if abs(at - k) < RECENT else fn.load(self.kind, u, plan.order[k])

        for i, pivot in enumerate(plan.order):
            value = fn.load(self.kind, u, pivot)
            for k in plan.lower[i]:
                value = value + layout.load(fn, base, "factors", places[i, k]) * solved(k, i)
            x.append(value)
            if last - i >= RECENT or i in far:
                fn.store(value, u, pivot)
        for i in reversed(range(last + 1)):
            value = x[i] if last - i < RECENT else fn.load(self.kind, u, plan.order[i])
            for j in plan.upper[i]:
                value = value + layout.load(fn, base, "factors", places[i, j]) * solved(j, i)
            x[i] = value * layout.load(fn, base, "factors", places[i, i])
            fn.store(x[i], u, plan.order[i])
        fn.finish()

    def _combine(self, stage: int) -> None:
        """The stage's argument and the weighted earlier stages, in one pass over the states.

        Where the stages do not fit the first-level cache, the part of the last sums that the first stages
        make is laid down while those are at hand, in the places of the last stages: fewer passes through
        slower memory, for which two more stores are a fair price.
        """
        tableau, n = self.tableau, self.program.moving
        fn = self.function(f"combine{stage}")
        layout, base = self.layout, fn["lanes"]
        first_chained = tableau.stages - tableau.chained
        chained = stage >= first_chained
        ahead = n * tableau.stages * self.kind.bytes > FIRST_LEVEL_CACHE
        known = first_chained - 1 if ahead else 0

        def u(j: int) -> Value:
            return layout.address(fn, base, "u", j * n)

        with fn.loop(n) as i:
            earlier = [fn.load(self.kind, u(j), i) for j in range(known if chained else 0, stage)]
            if chained:
                argument = layout.load(fn, base, "stage", i) + earlier[-1]
                start = fn.load(self.kind, u(stage), i) if ahead else None
                weighted = self._weighted(tableau.c[stage][known:], earlier, start)
            else:
                argument = self._weighted(tableau.a[stage], earlier, layout.load(fn, base, "y", i))
                weighted = self._weighted(tableau.c[stage], earlier, None)
            layout.store(fn, base, "stage", argument, i)
            fn.store(weighted, u(stage), i)
            if ahead and stage == known:
                for later in range(first_chained, tableau.stages):
                    fn.store(self._weighted(tableau.c[later][:known], earlier, None), u(later), i)
        fn.finish()

    def _weighted(self, weights: Sequence[float], terms: Sequence[Value], start: Value | None) -> Value:
        value = start
        for weight, term in zip(weights, terms, strict=True):
            value = term * weight if value is None else value + term * weight
        assert value is not None
        return value

    def _dense(self) -> None:
        """The coefficients of dense output, for the states that something reads inside a step."""
        p, n = self.program, self.program.moving
        fn = self.function("dense")
        base, layout = fn["lanes"], self.layout
        read = set(symbols([*p.outputs, *p.triggers]))
        needed = [i for i, s in enumerate(p.states[:n]) if s in read or p.events]
        for i in needed:
            stages = [layout.load(fn, base, "u", j * n + i) for j in range(self.tableau.stages)]
            for m, weights in enumerate(self.tableau.H):
                layout.store(fn, base, "dense", self._weighted(weights, stages, None), m * n + i)
        fn.finish()
