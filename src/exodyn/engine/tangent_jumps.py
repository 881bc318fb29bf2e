"""What an instant at which something happens does to the derivatives by parameters.

At an instant T where the states jump from y to A(y, p) and the rates from f to F,

    s+ = A_y (s + f T') + A_p + A_t T' - F T'

where T' is the derivative of the instant itself: of a dose's time, of the instant at which a condition on
time turns, or of the root of a trigger g(y, t, p), T' = -(g_y s + g_p) / (g_y f + g_t). What happens at an
instant because of something else that happened there moves with that.
"""

from __future__ import annotations

from exodyn.engine.codes import Action
from exodyn.engine.emit import F64, I64, PTR, Value
from exodyn.engine.kernels import evaluate
from exodyn.engine.lanes import LaneFunction, Lanes
from exodyn.engine.tangent_kernels import Matrix, add_columns, contracted, matrix, needed
from exodyn.symbolic.expr import RELATIONS, Expr, Symbol, walk
from exodyn.symbolic.tangent import Partials

SAME_INSTANT = 1e-12
"""A condition on time whose instant is that near, relative to the clock, is the one that turns there."""


def write_tangent_jumps(w: Lanes) -> None:
    """Write what the service of a lane needs for derivatives (before the service itself)."""
    p, t = w.program, needed(w)
    evaluate(w, "slopes", "y", "stage_time", [("slope", p.rates)])
    _find_slopes(w)
    _shift(w)
    _start(w)
    if _reads_parameters(t.breakpoints):
        partials = matrix(w, "breakpoint_partial", t.breakpoints)
        evaluate(w, "breakpoint_partials", "y", "t", [(partials.name, partials.terms)])
        _turn(w)
    if p.events:
        _total(w, "crossing", t.conditions)
        for name, part in (("delay", t.delays), ("assigned", t.assigned)):
            _total(w, name, part)


def _reads_parameters(p: Partials) -> bool:
    return bool(p.by_parameter or p.by_state)


def _find_slopes(w: Lanes) -> None:
    """A lane's rates just before (0) or just after (1) this instant, into a row of `slopes_of_lane`."""
    f = w.service("find_slopes", ("lane", I64), ("after", I64), ("row", I64))
    lane, t = f["lane"], f.get("t", f["lane"])
    inward = f.intrinsic("fabs", t) * 1e-15 + 1e-300
    f.set("stage_time", lane, f.select(f["after"].ne(0), t + inward, t - inward))
    f.kernel("slopes")
    with f.loop(w.program.moving) as i:
        f.set("slopes_of_lane", lane, f.get("slope", lane, i), f["row"] * w.program.moving + i)
    f.finish()


def _shift(w: Lanes) -> None:
    """s += (rates before - rates after) T', with T' in `instant_dot`; finds the rates after."""
    p, count = w.program, len(needed(w).directions)
    f = w.service("shift", ("lane", I64))
    lane = f["lane"]
    f.serve("find_slopes", lane, f.const(I64, 1), f.const(I64, 1))
    with f.loop(count) as d:
        moved = f.get("instant_dot", lane, d)
        with f.when(moved.ne(0.0)), f.loop(p.moving) as i:
            jump = f.get("slopes_of_lane", lane, i) - f.get("slopes_of_lane", lane, i + p.moving)
            at = d * len(p.states) + i
            f.set("s", lane, f.get("s", lane, at) + jump * moved, at)
    f.finish()


def _start(w: Lanes) -> None:
    """The derivatives of initial values (found in `initial_dot`), of one state or (-1) of all."""
    p, t = w.program, needed(w)
    count = len(p.states)
    f = w.service("start_directions", ("lane", I64), ("state", I64))
    lane, state = f["lane"], f["state"]
    with f.loop(len(t.directions)) as d, f.loop(count) as i, f.when((state < 0) | state.eq(i)):
        f.set("s", lane, 0.0, d * count + i)
    entries = list(t.initial.by_parameter)
    if entries:
        rows = Value(f, PTR, w.module.table("initial_rows", I64, [d * count + i for i, d in entries]))
        states = Value(f, PTR, w.module.table("initial_states", I64, [i for i, _ in entries]))
        with (
            f.loop(len(entries)) as k,
            f.when((state < 0) | state.eq(f.load(I64, states, k))),
        ):
            f.set("s", lane, f.get("initial_dot", lane, k), f.load(I64, rows, k))
    f.finish()


def act_on_directions(w: Lanes, f: LaneFunction, lane: Value, action: Value, before: bool) -> None:
    """Before an action the rates are noted if its instant depends on parameters; after it they jump."""
    p, count = w.program, len(needed(w).directions)
    moves = f.load(I64, f.job("action_moves"), action).ne(0)
    if before:
        with f.when(moves):
            f.serve("find_slopes", lane, side(f, lane), f.const(I64, 0))
        return
    kind = f.load(I64, f.job("action_kind"), action)
    target = f.load(I64, f.job("action_target"), action)
    values = f.at(f.job("action_value_dot"), action * count, F64)
    times = f.at(f.job("action_time_dot"), action * count, F64)
    with f.loop(count) as d:
        f.set("instant_dot", lane, f.load(F64, times, d), d)
    with f.when(kind.eq(Action.ADD)), f.loop(count) as d:
        at = d * len(p.states) + target
        f.set("s", lane, f.get("s", lane, at) + f.load(F64, values, d), at)
    if p.infusions:
        with f.when(kind.eq(Action.SET_INFUSION)), f.loop(count) as d:
            f.set("infusion_dot", lane, f.load(F64, values, d), d * len(p.infusions) + target)
    with f.when(kind >= Action.RESET):
        f.kernel("initial_tangent")
        f.serve("start_directions", lane, f.select(kind.eq(Action.RESET_ALL), f.const(I64, -1), target))
    with f.when(moves):
        f.serve("shift", lane)
    f.set("arrived", lane, 0)


def _turn(w: Lanes) -> None:
    """Conditions on time that turn at this instant: the rates jump there."""
    p, t = w.program, needed(w)
    count, directions = len(p.breakpoints) // 2, len(t.directions)
    m = matrix(w, "breakpoint_partial", t.breakpoints)
    f = w.service("turn", ("lane", I64))
    lane = f["lane"]
    now = f.get("t", lane)
    found = f.variable(I64, 0)
    found.set(0)
    f.kernel("find_breakpoints")
    f.kernel("breakpoint_partials")
    for k in range(count):
        rows = (k, count + k)
        if not any(r in rows for r, _ in (*t.breakpoints.by_parameter, *t.breakpoints.by_state)):
            continue
        first, period = (f.get("scratch", lane, r) for r in rows)
        turns = f.intrinsic("rint", (now - first) / period)
        turns = f.select((period > 0.0) & (now > first), turns, f.const(F64, 0.0))
        instant = f.select(turns > 0.0, first + turns * period, first)
        here = f.intrinsic("fabs", now - instant) <= f.intrinsic("fabs", now) * SAME_INSTANT
        with f.when(here & found.get().eq(0)):
            found.set(1)
            with f.loop(directions) as d:
                f.set("instant_dot", lane, 0.0, d)
            for r, factor in ((k, f.const(F64, 1.0)), (count + k, turns)):
                for place, (row, q) in enumerate(t.breakpoints.by_parameter, start=m.first_by_parameter):
                    if row == r:
                        term = f.get(m.name, lane, place) * factor
                        f.set("instant_dot", lane, f.get("instant_dot", lane, q) + term, q)
                for (row, j), e in t.breakpoints.by_state.items():
                    if row == r:
                        slope = _of_lane(w, f, m, lane, (row, j), e)
                        with f.loop(directions) as d:
                            term = f.get("s", lane, d * len(p.states) + j) * slope * factor
                            f.set("instant_dot", lane, f.get("instant_dot", lane, d) + term, d)
    with f.when(found.get().ne(0)):
        f.serve("find_slopes", lane, f.const(I64, 0), f.const(I64, 0))
        f.serve("shift", lane)
        with f.loop(directions) as d:
            f.set("instant_dot", lane, 0.0, d)
    f.finish()


def _of_lane(w: Lanes, f: LaneFunction, m: Matrix, lane: Value, key: tuple[int, int], e: Expr) -> Value:
    """One lane's value of a partial derivative."""
    if key in m.places:
        return f.get(m.name, lane, m.places[key])
    return f.get(w.places[e][0], lane, w.places[e][1]) if isinstance(e, Symbol) else f.const(F64, e.value)


def _total(w: Lanes, name: str, part: Partials) -> None:
    """How terms change by each parameter (`NAME_dot`) and along the solution in time (`NAME_slope`)."""
    p, t = w.program, needed(w)
    m = matrix(w, f"{name}_partial", part)
    evaluate(w, f"{name}_partials", "y", "t", [(m.name, m.terms)])
    fn = w.kernel(f"{name}_directions")
    base, count = fn.address(m.name), len(t.directions)
    columns = [[j for r, j in part.by_state if r == row] for row in range(part.rows)]
    timed = {row: m.first_by_time + k for k, row in enumerate(part.by_time)}
    for row in range(part.rows):
        moving = [(j, fn.vector("slope", j)) for j in columns[row] if j < p.moving]
        slope = contracted(w, fn, m, base, row, moving) or fn.const(w.kind, 0.0)
        if row in timed:
            slope = slope + fn.vector(m.name, timed[row])
        fn.set_vector(f"{name}_slope", slope, row)
    with fn.loop(count) as d:
        for row in range(part.rows):
            x = [(j, fn.vector("s", d * len(p.states) + j)) for j in columns[row]]
            value = contracted(w, fn, m, base, row, x) or fn.const(w.kind, 0.0)
            fn.set_vector(f"{name}_dot", value, d + row * count)
        add_columns(w, fn, m, base, d, fn.address(f"{name}_dot", d), step=count)
    fn.finish()


def side(f: LaneFunction, lane: Value) -> Value:
    """0 where the lane has just arrived at the instant, 1 where something has happened there already."""
    return f.select(f.get("arrived", lane).eq(0), f.const(I64, 1), f.const(I64, 0))


def note_derivatives(w: Lanes, f: LaneFunction, lane: Value, event: int, place: Value) -> None:
    """What a triggered event will need: the derivatives of its time and of the values that it assigns.

    An event triggered by what happened at this instant moves with that (`instant_dot`); one whose trigger
    was met on the way moves with the root of the relation that turned.
    """
    count, assigned, total = len(needed(w).directions), _assigned(w, event), len(w.program.assigned)
    f.serve("find_slopes", lane, side(f, lane), f.const(I64, 0))
    for name in ("crossing", "delay", "assigned"):
        f.kernel(f"{name}_partials")
        f.kernel(f"{name}_directions")
    turned = f.variable(I64, -1)
    turned.set(-1)
    with f.when(f.get("arrived", lane).ne(0)):
        for r in reversed(_relations_of(w, event)):
            did = f.get("trigger", lane, r).ne(f.get("trigger_last", lane, r))
            turned.set(f.select(did, f.const(I64, r), turned.get()))
    root = f.variable(F64, 0.0)
    with f.loop(count) as d:
        root.set(f.get("instant_dot", lane, d))
        with f.when(turned.get() >= 0):
            change = f.get("crossing_dot", lane, turned.get() * count + d)
            speed = f.get("crossing_slope", lane, turned.get())
            root.set(f.select(change.eq(0.0), f.const(F64, 0.0), -change / speed))
        moved = root.get()
        later = f.get("delay_dot", lane, d + event * count) + f.get("delay_slope", lane, event) * moved
        f.set("waiting_dot", lane, moved + later, place * count + d)
        for a in assigned:
            value = f.get("assigned_dot", lane, d + a * count) + f.get("assigned_slope", lane, a) * moved
            f.set("waiting_value_dot", lane, value, (place * total + a) * count + d)


def _assigned(w: Lanes, event: int) -> range:
    """The numbers of an event's assignments among all."""
    first = sum(len(e.assignments) for e in w.program.events[:event])
    return range(first, first + len(w.program.events[event].assignments))


def _relations_of(w: Lanes, event: int) -> list[int]:
    """The relations of an event's trigger, as numbers of conditions that are watched."""
    watched = needed(w).watched
    below = walk([watched[event]])
    return [watched.index(n) for n in below if n.op in RELATIONS and n in watched]


def values_of_event(w: Lanes, f: LaneFunction, lane: Value, event: int, place: Value) -> None:
    """Before an event is executed: its `instant_dot`, the rates, and the derivatives of its values."""
    count, total = len(needed(w).directions), len(w.program.assigned)
    with f.loop(count) as d:
        f.set("instant_dot", lane, f.get("waiting_dot", lane, place * count + d), d)
    f.serve("find_slopes", lane, side(f, lane), f.const(I64, 0))
    at_trigger = w.program.events[event].values_at_trigger
    if not at_trigger:
        f.kernel("assigned_partials")
        f.kernel("assigned_directions")
    with f.loop(count) as d:
        for a in _assigned(w, event):
            if at_trigger:
                value = f.get("waiting_value_dot", lane, (place * total + a) * count + d)
            else:
                moved = f.get("instant_dot", lane, d)
                value = f.get("assigned_dot", lane, d + a * count) + f.get("assigned_slope", lane, a) * moved
            f.set("value_dot", lane, value, d + a * count)


def jump_of_event(w: Lanes, f: LaneFunction, lane: Value, event: int) -> None:
    """After an event is executed: the derivatives of what it assigned, and the jump of the rates."""
    p, count = w.program, len(needed(w).directions)
    index = {s: i for i, s in enumerate(p.states)}
    with f.loop(count) as d:
        for a, (target, _) in zip(_assigned(w, event), p.events[event].assignments, strict=True):
            value, i = f.get("value_dot", lane, d + a * count), index[target]
            if i < p.moving:
                value = value - f.get("slopes_of_lane", lane, i) * f.get("instant_dot", lane, d)
            f.set("s", lane, value, d * len(p.states) + i)
    f.serve("shift", lane)
    f.set("arrived", lane, 0)
