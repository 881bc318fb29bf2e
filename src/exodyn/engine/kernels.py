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

from collections.abc import Callable, Sequence

from exodyn.engine.emit import PTR, Value
from exodyn.engine.lanes import LaneFunction, Lanes
from exodyn.engine.lowering import Lowering
from exodyn.symbolic.expr import TIME, Expr, Symbol, symbols, walk

FIRST_LEVEL_CACHE = 32 * 1024
RECENT = 32
"""Results of a solve that are likely in a register still, of 32."""

SINGULAR = frozenset({"sqrt", "pow", "log", "log10", "asin", "acos", "acosh", "atanh"})
"""Operators whose derivative may be infinite where they are finite, or that stand in such a derivative."""
LARGEST_PARTIAL = 1e30
"""Larger partial derivatives count as infinite."""


def write_kernels(w: Lanes) -> None:
    """Write every kernel that the program needs."""
    p = w.program
    evaluate(w, "prepare", "y", "t", [("prepared", p.prepared_terms)])
    evaluate(w, "initial", "y", "t", [("scratch", p.initial)])
    evaluate(w, "find_breakpoints", "y", "t", [("scratch", p.breakpoints)])
    _factor(w)
    _rhs(w)
    _solve(w)
    for stage in range(1, w.tableau.stages):
        combine(w, stage)
    _dense(w)
    evaluate(w, "observe", None, "t_new", [("output", p.outputs)])
    evaluate(w, "observe_now", "y", "t", [("output", p.outputs)])
    if p.events:
        evaluate(w, "triggers", None, "t_new", [("trigger", p.triggers)])
        evaluate(w, "triggers_now", "y", "t", [("trigger", p.triggers)])
        parts = [("delay", p.delays), ("priority", p.priorities), ("assigned", p.assigned)]
        evaluate(w, "jump", "y", "t", parts)


def leaves(
    w: Lanes, fn: LaneFunction, moving: Callable[[int], Value], time: str
) -> Callable[[Symbol], Value]:
    """Where a symbol's value is found: moving states as given, all else in the lanes' memory."""
    index = {s: i for i, s in enumerate(w.program.states)}

    def leaf(symbol: Symbol) -> Value:
        if symbol in index:
            i = index[symbol]
            return moving(i) if i < w.program.moving else fn.vector("y", i)
        if symbol is TIME:
            return fn.vector(time).convert(w.kind)
        name, i = w.places[symbol]
        return fn.vector(name, i)

    return leaf


def finite(fn: LaneFunction, partial: Expr, value: Value) -> Value:
    """A partial derivative, 0 where it is infinite although the rate is not, as sqrt(x) has it at 0.

    The linear systems would otherwise have no solution but 0, and the state would stand still unnoticed. One
    step without this entry is of lower order, which its error estimate sees.
    """
    if not any(n.op in SINGULAR for n in walk([partial])):
        return value
    return fn.select(fn.intrinsic("fabs", value) < LARGEST_PARTIAL, value, fn.const(value.type, 0.0))


def evaluate(
    w: Lanes, name: str, states: str | None, time: str, parts: Sequence[tuple[str, Sequence[Expr]]]
) -> None:
    """Terms at the states in an array, or (None) inside the last step at `theta`."""
    fn = w.kernel(name)
    if states is None:
        theta = fn.vector("theta")
        read: Callable[[int], Value] = lambda i: _interpolated(w, fn, theta, i)  # noqa: E731
    else:
        read = lambda i: fn.vector(states, i)  # noqa: E731
    lower = Lowering(fn, w.kind, leaves(w, fn, read, time))
    lower.costly([e for _, terms in parts for e in terms])
    for array, terms in parts:
        for i, term in enumerate(terms):
            fn.set_vector(array, lower(term), i)
    fn.finish()


def _interpolated(w: Lanes, fn: LaneFunction, theta: Value, i: int) -> Value:
    n = w.program.moving
    y0 = fn.vector("y", i)
    y1 = fn.vector("y_new", i)
    inner = fn.vector("dense", (len(w.tableau.H) - 1) * n + i)
    for m in reversed(range(len(w.tableau.H) - 1)):
        inner = fn.vector("dense", m * n + i) + theta * inner
    rest = 1.0 - theta
    return rest * y0 + theta * (y1 + rest * inner)


def _factor(w: Lanes) -> None:
    """f and the factors, a row at a time: what a rate and its derivatives share is used while at hand."""
    p = w.program
    fn = w.kernel("factor")
    read: Callable[[int], Value] = lambda i: fn.vector("y", i)  # noqa: E731
    lower = Lowering(fn, w.kind, leaves(w, fn, read, "stage_time"))
    lower.costly([*p.rates, *p.rates_by_time, *p.jacobian.values()])

    def entry(i: int, j: int) -> Value | None:
        partial = p.jacobian.get((i, j))
        return None if partial is None else finite(fn, partial, lower(partial))

    for k, row in enumerate(p.plan.order):
        value = lower(p.rates[row])
        if not p.autonomous:
            by_time = finite(fn, p.rates_by_time[row], lower(p.rates_by_time[row]))
            fn.set_vector("by_time", by_time, row)
            value = value + fn.vector("h_d") * by_time
        fn.set_vector("u", value, row)
        _eliminate(w, fn, k, entry)
    fn.finish()


def _eliminate(w: Lanes, fn: LaneFunction, i: int, entry: Callable[[int, int], Value | None]) -> None:
    """Row i of the factors of J - I/(gamma h), the rows before it being known.

    Kept are U, and L and the inverse diagonal with their signs turned, so that `solve`, which needs the
    solution for the negative matrix, adds only.
    """
    plan, places = w.program.plan, w.factor_places
    row: dict[int, Value] = {}
    for j in (*plan.lower[i], i, *plan.upper[i]):
        value = entry(plan.order[i], plan.order[j])
        if value is not None:
            row[j] = value
    diagonal = fn.vector("inverse_h_gamma")
    row[i] = row[i] - diagonal if i in row else -diagonal
    for k in plan.lower[i]:
        weight = row.pop(k) * fn.vector("factors", places[k, k])
        fn.set_vector("factors", weight, places[i, k])
        for j in plan.upper[k]:
            term = weight * fn.vector("factors", places[k, j])
            row[j] = row[j] + term if j in row else term
    fn.set_vector("factors", -1.0 / row[i], places[i, i])
    for j in plan.upper[i]:
        fn.set_vector("factors", row[j], places[i, j])


def _rhs(w: Lanes) -> None:
    p = w.program
    fn = w.kernel("rhs", ("u", PTR))
    read: Callable[[int], Value] = lambda i: fn.vector("stage", i)  # noqa: E731
    lower = Lowering(fn, w.kind, leaves(w, fn, read, "stage_time"))
    lower.costly(p.rates)
    inverse_h = fn.vector("inverse_h")
    for i, rate in enumerate(p.rates):
        value = fn.load(w.kind, fn["u"], i) * inverse_h + lower(rate)
        if not p.autonomous:
            value = value + fn.vector("h_d") * fn.vector("by_time", i)
        fn.store(value, fn["u"], i)
    fn.finish()


def _solve(w: Lanes) -> None:
    plan, places = w.program.plan, w.factor_places
    last = len(plan.order) - 1
    fn = w.kernel("solve", ("u", PTR))
    u = fn["u"]
    x: list[Value] = []
    # What was solved long ago is read from memory: no register is kept for it.
    far = {k for i in range(last + 1) for k in plan.lower[i] if i - k >= RECENT}

    def solved(k: int, at: int) -> Value:
        return x[k] if abs(at - k) < RECENT else fn.load(w.kind, u, plan.order[k])

    for i, pivot in enumerate(plan.order):
        value = fn.load(w.kind, u, pivot)
        for k in plan.lower[i]:
            value = value + fn.vector("factors", places[i, k]) * solved(k, i)
        x.append(value)
        if last - i >= RECENT or i in far:
            fn.store(value, u, pivot)
    for i in reversed(range(last + 1)):
        value = x[i] if last - i < RECENT else fn.load(w.kind, u, plan.order[i])
        for j in plan.upper[i]:
            value = value + fn.vector("factors", places[i, j]) * solved(j, i)
        x[i] = value * fn.vector("factors", places[i, i])
        fn.store(x[i], u, plan.order[i])
    fn.finish()


def combine(w: Lanes, stage: int, name: str = "combine", argument: str = "stage", stages: str = "u") -> None:
    """The stage's argument and the weighted earlier stages, in one pass over the states.

    argument, stages: the arrays that hold them. Those of a direction start from a vector that is passed.

    Where the stages do not fit the first-level cache, the part of the last sums that the first stages
    make is laid down while those are at hand, in the places of the last stages: fewer passes through
    slower memory, for which two more stores are a fair price.
    """
    tableau, n = w.tableau, w.program.moving
    own = name == "combine"
    fn = w.kernel(f"{name}{stage}") if own else w.kernel(f"{name}{stage}", ("start", PTR))
    begin = fn.address("y") if own else fn["start"]

    def at(k: int) -> Value:
        return fn.address(stages, k * n)

    first_chained = tableau.stages - tableau.chained
    chained = stage >= first_chained
    ahead = n * tableau.stages * w.kind.bytes > FIRST_LEVEL_CACHE
    known = first_chained - 1 if ahead else 0

    with fn.loop(n) as i:
        earlier = [fn.load(w.kind, at(j), i) for j in range(known if chained else 0, stage)]
        if chained:
            value = fn.vector(argument, i) + earlier[-1]
            start = fn.load(w.kind, at(stage), i) if ahead else None
            later = weighted(tableau.c[stage][known:], earlier, start)
        else:
            value = weighted(tableau.a[stage], earlier, fn.load(w.kind, begin, i))
            later = weighted(tableau.c[stage], earlier, None)
        fn.set_vector(argument, value, i)
        fn.store(later, at(stage), i)
        if ahead and stage == known:
            for k in range(first_chained, tableau.stages):
                fn.store(weighted(tableau.c[k][:known], earlier, None), at(k), i)
    fn.finish()


def weighted(weights: Sequence[float], terms: Sequence[Value], start: Value | None) -> Value:
    value = start
    for weight, term in zip(weights, terms, strict=True):
        value = term * weight if value is None else value + term * weight
    assert value is not None
    return value


def _dense(w: Lanes) -> None:
    """The coefficients of dense output, for the states that something reads inside a step."""
    p, n = w.program, w.program.moving
    fn = w.kernel("dense")
    read = set(symbols([*p.outputs, *p.triggers]))
    everything = p.events or (p.tangent and p.tangent.switches)
    needed = [i for i, s in enumerate(p.states[:n]) if s in read or everything]

    def coefficients(i: Value | int) -> None:
        stages = [fn.load(w.kind, fn.stage(j), i) for j in range(w.tableau.stages)]
        for m, weights in enumerate(w.tableau.H):
            fn.store(weighted(weights, stages, None), fn.address("dense", m * n), i)

    if len(needed) == n:
        with fn.loop(n) as state:
            coefficients(state)
    else:
        for i in needed:
            coefficients(i)
    fn.finish()
