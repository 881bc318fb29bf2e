"""The vector code of derivatives by parameters: one function each for all directions, called in a loop.

    prepare_tangent      parameters -> terms of parameters alone
    initial_tangent      parameters -> the derivatives of initial values
    stage_partials       a stage's argument -> the derivatives of the rates there
    second_partials      y -> the derivatives of the Jacobian's entries and of df/dt
    tangent_along        one direction: the derivatives of Jacobian and df/dt along it
    tangent_rhs          one direction: right-hand side of a stage
    tangent_step         every direction: its stages, the new derivatives, dense output
    observe_partials     dense output -> the derivatives of what is reported
    observe_directions   every direction: what is reported

The derivatives of the states along direction d are rows d * states to (d + 1) * states - 1 of `s`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from exodyn.engine.emit import I64, PTR, Value
from exodyn.engine.kernels import combine, evaluate, finite, leaves, weighted
from exodyn.engine.lanes import LaneFunction, Lanes
from exodyn.engine.lowering import Lowering
from exodyn.engine.tangent import Tangent
from exodyn.symbolic.expr import Expr, Symbol
from exodyn.symbolic.tangent import Partials

NEVER = 2.0
"""The part of a step at which no condition turned."""


@dataclass(frozen=True)
class Matrix:
    """A sparse matrix of partial derivatives and the array of the lanes' memory that it is computed into.

    First come the entries by state that change in time (`places`; the others are read where they are used),
    then all by parameter, one parameter after the other, then those by time.
    """

    name: str
    partials: Partials
    places: dict[tuple[int, int], int]

    @property
    def terms(self) -> list[Expr]:
        """What is computed, in the order of the array."""
        p = self.partials
        return [*(p.by_state[k] for k in self.places), *p.by_parameter.values(), *p.by_time.values()]

    @property
    def first_by_parameter(self) -> int:
        return len(self.places)

    @property
    def first_by_time(self) -> int:
        return len(self.places) + len(self.partials.by_parameter)


def matrix(w: Lanes, name: str, p: Partials) -> Matrix:
    """The matrix with the places of its entries."""
    changing = [k for k, e in p.by_state.items() if e.op != "const" and e not in w.places]
    return Matrix(name, p, {k: i for i, k in enumerate(changing)})


def needed(w: Lanes) -> Tangent:
    """The tangent of a program that has one."""
    found = w.program.tangent or w.program.adjoint
    assert found is not None
    return found


def add_columns(
    w: Lanes, f: LaneFunction, m: Matrix, base: Value, d: Value, target: Value, step: int = 1
) -> None:
    """target[step * row] += entry, for the rows that depend on parameter `d`; the entries begin at `base`."""
    rows = [r for r, _ in m.partials.by_parameter]
    if not rows:
        return
    count = len(needed(w).directions)
    firsts = [sum(p < q for _, p in m.partials.by_parameter) for q in range(count + 1)]
    first = Value(f, PTR, w.module.table(f"{m.name}_first", I64, firsts))
    row = Value(f, PTR, w.module.table(f"{m.name}_row", I64, [r * step for r in rows]))
    with f.loop(f.load(I64, first, d + 1), start=f.load(I64, first, d)) as k:
        at = f.load(I64, row, k)
        entry = f.load(w.kind, base, k + m.first_by_parameter)
        f.store(f.load(w.kind, target, at) + entry, target, at)


def write_partials(w: Lanes) -> None:
    """Write the kernels that evaluate partial derivatives."""
    t = needed(w)
    evaluate(w, "prepare_tangent", "y", "t", [("prepared_tangent", t.prepared_terms)])
    evaluate(w, "initial_tangent", "y", "t", [("initial_dot", list(t.initial.by_parameter.values()))])
    _stage_partials(w)
    _second_partials(w)
    outputs = matrix(w, "output_partial", t.outputs)
    evaluate(w, "observe_partials", None, "t_new", [(outputs.name, outputs.terms)])
    evaluate(w, "observe_partials_now", "y", "t", [(outputs.name, outputs.terms)])


def write_tangent_kernels(w: Lanes) -> None:
    """Write every kernel that directions need."""
    write_partials(w)
    _along(w)
    _rhs(w)
    for stage in range(1, w.tableau.stages):
        combine(w, stage, "tangent_combine", "stage_dot", "v")
    _step(w)
    outputs = matrix(w, "output_partial", needed(w).outputs)
    _observe(w, outputs, "observe_directions", inside=True)
    _observe(w, outputs, "observe_directions_now", inside=False)


def _stage_partials(w: Lanes) -> None:
    m = matrix(w, "rate_partial", needed(w).rates)
    fn = w.kernel("stage_partials", ("at", PTR))
    lower = Lowering(fn, w.kind, leaves(w, fn, lambda i: fn.vector("stage", i), "stage_time"))
    lower.costly(m.terms)
    for k, term in enumerate(m.terms):
        fn.store(finite(fn, term, lower(term)), fn["at"], k)
    fn.finish()


def stage_terms(w: Lanes) -> list[Expr]:
    """What is kept of each stage."""
    return matrix(w, "rate_partial", needed(w).rates).terms


def _second_partials(w: Lanes) -> None:
    fn = w.kernel("second_partials")
    lower = Lowering(fn, w.kind, leaves(w, fn, lambda i: fn.vector("y", i), "stage_time"))
    matrices = [matrix(w, "second", needed(w).jacobian), matrix(w, "by_time_partial", needed(w).by_time)]
    lower.costly([term for m in matrices for term in m.terms])
    for m in matrices:
        for k, term in enumerate(m.terms):
            fn.set_vector(m.name, finite(fn, term, lower(term)), k)
    fn.finish()


def entry(w: Lanes, f: LaneFunction, m: Matrix, base: Value, key: tuple[int, int]) -> Value:
    """An entry by state: from the array where it changes in time, else from where it is known."""
    if key in m.places:
        return f.load(w.kind, base, m.places[key])
    e = m.partials.by_state[key]
    return f.vector(*w.places[e]) if isinstance(e, Symbol) else f.const(w.kind, e.value)


def contracted(
    w: Lanes, f: LaneFunction, m: Matrix, base: Value, row: int, x: Sequence[tuple[int, Value]]
) -> Value | None:
    """The sum over states of entry times x; None if the row has no entry."""
    total: Value | None = None
    for j, value in x:
        if (row, j) in m.partials.by_state:
            e = m.partials.by_state[row, j]
            term = value if e.op == "const" and e.value == 1.0 else entry(w, f, m, base, (row, j)) * value
            total = term if total is None else total + term
    return total


def columns_of(m: Partials, row: int) -> list[int]:
    return [j for r, j in m.by_state if r == row]


def _along(w: Lanes) -> None:
    t = needed(w)
    fn = w.kernel("tangent_along", ("s", PTR), ("d", I64))
    for name, target, p in (
        ("second", "jacobian_dot", t.jacobian),
        ("by_time_partial", "by_time_dot", t.by_time),
    ):
        m, place = matrix(w, name, p), compressed(p)
        base = fn.address(name)
        for row, k in place.items():
            x = [(j, fn.load(w.kind, fn["s"], j)) for j in columns_of(p, row)]
            value = contracted(w, fn, m, base, row, x)
            fn.set_vector(target, value if value is not None else fn.const(w.kind, 0.0), k)
        renumbered = Partials(len(place), {}, {(place[r], d): e for (r, d), e in p.by_parameter.items()}, {})
        add_columns(w, fn, Matrix(name, renumbered, m.places), base, fn["d"], fn.address(target))
    fn.finish()


def compressed(p: Partials) -> dict[int, int]:
    """Numbers for the rows that depend on anything."""
    return {row: k for k, row in enumerate(p.dependent)}


def _rhs(w: Lanes) -> None:
    t, p = needed(w), w.program
    m = matrix(w, "rate_partial", t.rates)
    fn = w.kernel("tangent_rhs", ("at", PTR), ("u", PTR), ("s", PTR), ("v", PTR), ("d", I64))
    inverse_h = fn.vector("inverse_h")
    place, timed = compressed(t.jacobian), compressed(t.by_time)
    of_row: dict[int, list[tuple[int, int]]] = {}
    for row, k in place.items():
        i, j = t.entries[row]
        of_row.setdefault(i, []).append((j, k))
    for i in range(p.moving):
        value = fn.load(w.kind, fn["v"], i) * inverse_h
        x = [
            (j, fn.vector("stage_dot", j) if j < p.moving else fn.load(w.kind, fn["s"], j))
            for j in columns_of(t.rates, i)
        ]
        own = contracted(w, fn, m, fn["at"], i, x)
        if own is not None:
            value = value + own
        for j, k in of_row.get(i, []):
            value = value + fn.vector("jacobian_dot", k) * fn.load(w.kind, fn["u"], j)
        if i in timed:
            value = value + fn.vector("h_d") * fn.vector("by_time_dot", timed[i])
        fn.store(value, fn["v"], i)
    for k, i in enumerate(p.infused):
        rate = fn.vector("infusion_dot", fn["d"] * len(p.infusions) + k)
        fn.store(fn.load(w.kind, fn["v"], i) + rate, fn["v"], i)
    add_columns(w, fn, m, fn["at"], fn["d"], fn["v"])
    fn.finish()


def _step(w: Lanes) -> None:
    """The step that the states have just taken, along every direction."""
    t, p, tableau = needed(w), w.program, w.tableau
    n, count = p.moving, len(p.states)
    size = len(stage_terms(w))
    fn = w.kernel("tangent_step", ("dense", I64))
    with fn.loop(len(t.directions)) as d:
        s = fn.address("s", d * count)
        fn.kernel("tangent_along", s, d)
        with fn.loop(n) as i:
            fn.set_vector("stage_dot", fn.load(w.kind, s, i), i)
            fn.set_vector("v", fn.const(w.kind, 0.0), i)
        for stage in range(tableau.stages):
            v = fn.address("v", stage * n)
            if stage:
                fn.kernel(f"tangent_combine{stage}", s)
            if not p.autonomous:
                fn.set_vector("h_d", fn.vector("h").convert(w.kind) * tableau.d[stage])
            fn.kernel("tangent_rhs", fn.address("rate_partial", stage * size), fn.stage(stage), s, v, d)
            fn.kernel("solve", v)
        last = (tableau.stages - 1) * n
        with fn.loop(n) as i:
            fn.set_vector("s_new", fn.vector("stage_dot", i) + fn.vector("v", i + last), d * n + i)
        with fn.when(fn["dense"].ne(0)), fn.loop(n) as i:
            stages = [fn.vector("v", i + j * n) for j in range(tableau.stages)]
            for k, weights in enumerate(tableau.H):
                row = d * (len(tableau.H) * n) + (k * n) + i
                fn.set_vector("dense_dot", weighted(weights, stages, None), row)
    fn.finish()


def interpolated_dot(w: Lanes, f: LaneFunction, theta: Value, d: Value, i: Value | int) -> Value:
    """The derivative of moving state i along direction d inside the step, after its jumps up to there."""
    if not needed(w).switches:
        return inside_dot(w, f, theta, d, i)
    n, at, none = w.program.moving, f.vector("jump_theta"), f.const(w.kind, 0.0)
    jump = f.select(at < NEVER, f.vector("s_jump", d * n + i), none)
    # `s_new` has jumped already: the course without the jump ends that much before it.
    return inside_dot(w, f, theta, d, i) - theta * jump + f.select(theta >= at, jump, none)


def inside_dot(w: Lanes, f: LaneFunction, theta: Value, d: Value, i: Value | int) -> Value:
    """The same without jumps within the step."""
    n, degree = w.program.moving, len(w.tableau.H)
    first = f.vector("s", d * len(w.program.states) + i)
    last = f.vector("s_new", d * n + i)
    inner = f.vector("dense_dot", d * (degree * n) + ((degree - 1) * n) + i)
    for k in reversed(range(degree - 1)):
        inner = f.vector("dense_dot", d * (degree * n) + (k * n) + i) + theta * inner
    rest = 1.0 - theta
    return rest * first + theta * (last + rest * inner)


def _observe(w: Lanes, m: Matrix, name: str, inside: bool) -> None:
    """The derivative of every output along every direction; row output * directions + direction."""
    t, p = needed(w), w.program
    fn = w.kernel(name)
    theta = fn.vector("theta") if inside else None
    base, directions = fn.address(m.name), len(t.directions)
    read = sorted({j for _, j in m.partials.by_state})
    with fn.loop(directions) as d:
        s: dict[int, Value] = {}
        for j in read:
            if theta is not None and j < p.moving:
                s[j] = interpolated_dot(w, fn, theta, d, j)
            else:
                s[j] = fn.vector("s", d * len(p.states) + j)
        for o in range(m.partials.rows):
            value = contracted(w, fn, m, base, o, [(j, s[j]) for j in columns_of(m.partials, o)])
            fn.set_vector(
                "output_dot", value if value is not None else fn.const(w.kind, 0.0), d + o * directions
            )
        add_columns(w, fn, m, base, d, fn.address("output_dot", d), step=directions)
    fn.finish()
