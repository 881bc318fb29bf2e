"""Conditions on states in the rates: a step goes over the instant at which one turns, the derivatives jump.

Where a condition turns at T, the rates jump from f to F, and s+ = s + (f - F) T' as at any such instant
(`tangent_jumps`). No step ends there: step control meets the jump of the rates by steps so short that it does
not matter where within the step the derivatives jump. T is found on dense output; a step from whose start to
whose end a condition has the same value counts as one in which it did not turn.
"""

from __future__ import annotations

from exodyn.engine.codes import Phase
from exodyn.engine.emit import Value
from exodyn.engine.kernels import evaluate
from exodyn.engine.lanes import LaneFunction, Lanes
from exodyn.engine.tangent_kernels import (
    NEVER,
    add_columns,
    columns_of,
    contracted,
    inside_dot,
    matrix,
    needed,
)

BISECTIONS = 40


def write_switches(w: Lanes) -> None:
    """Write the kernels that conditions in the rates need."""
    t, p = needed(w), w.program
    sides = matrix(w, "switch_partial", t.switch_sides)
    evaluate(w, "switches", None, "t_new", [("switch", t.switches)])
    evaluate(w, "switch_slopes", None, "t_new", [("slope", p.rates)])
    jumps = ("switch_jump", list(t.switch_jumps.values()))
    evaluate(w, "switch_partials", None, "t_new", [(sides.name, sides.terms), jumps])


def find_turned(w: Lanes, f: LaneFunction, ok: Value, end: Value) -> Value:
    """The conditions before the step; whether any lane has one that differs at `end`, a part of the step."""
    f.kernel("dense")
    _look(w, f, f.const(w.kind, 0.0))
    with f.loop(len(needed(w).switches)) as r:
        f.set_vector("switch_before", f.vector("switch", r), r)
    _look(w, f, end)
    running = ok & f.vector("phase").ne(Phase.IDLE)
    found = f.const(w.kind.mask, 0)
    for k in range(len(needed(w).switches)):
        turned = running & f.vector("switch", k).ne(f.vector("switch_before", k))
        f.set_vector("switch_turned", turned.convert(w.kind), k)
        found = found | turned
    f.set_vector("jump_theta", f.const(w.kind, NEVER))
    return f.any(found)


def _look(w: Lanes, f: LaneFunction, theta: Value, kernel: str = "switches") -> None:
    """Call a kernel at a part of the step."""
    before = f.vector("t_new")
    f.set_vector("theta", theta)
    f.set_vector("t_new", f.vector("t") + theta.convert(w.wide) * f.vector("h"))
    f.kernel(kernel)
    f.set_vector("t_new", before)


def jump_at_switches(w: Lanes, f: LaneFunction, end: Value) -> None:
    """Add the jumps to `s_new`, and keep them in `s_jump` for what is reported between."""
    t, n = needed(w), w.program.moving
    count = len(t.directions)
    with f.loop(count * n) as i:
        f.set_vector("s_jump", f.const(w.kind, 0.0), i)
    for r in range(len(t.switches)):
        turned = f.vector("switch_turned", r) > 0.0
        with f.when(f.any(turned)):
            _cross(w, f, r, turned, end)
    with f.loop(count * n) as i:
        has = f.vector("jump_theta") < NEVER
        jump = f.select(has, f.vector("s_jump", i), f.const(w.kind, 0.0))
        f.set_vector("s_new", f.vector("s_new", i) + jump, i)


def _cross(w: Lanes, f: LaneFunction, r: int, turned: Value, end: Value) -> None:
    t, p = needed(w), w.program
    m = matrix(w, "switch_partial", t.switch_sides)
    low, high = f.variable(w.kind, 0.0), f.variable(w.kind, 1.0)
    low.set(0.0)
    high.set(end)
    before = f.vector("switch_before", r)
    with f.loop(BISECTIONS):
        middle = (low.get() + high.get()) * 0.5
        _look(w, f, middle)
        differs = f.vector("switch", r).ne(before)
        high.set(f.select(differs, middle, high.get()))
        low.set(f.select(differs, low.get(), middle))
    _look(w, f, low.get(), "switch_slopes")
    _look(w, f, high.get(), "switch_partials")
    base, columns = f.address(m.name), columns_of(t.switch_sides, r)
    slopes = [(j, f.vector("slope", j)) for j in columns if j < p.moving]
    speed = contracted(w, f, m, base, r, slopes) or f.const(w.kind, 0.0)
    timed = list(t.switch_sides.by_time)
    if r in timed:
        speed = speed + f.vector(m.name, m.first_by_time + timed.index(r))
    # The rates jump by their difference between true and false; f - F is that if the condition was true.
    sign = f.select(turned, before * 2.0 - 1.0, f.const(w.kind, 0.0))
    theta = high.get()
    with f.loop(len(t.directions)) as d:
        x = [
            (j, inside_dot(w, f, theta, d, j) if j < p.moving else f.vector("s", d * len(p.states) + j))
            for j in columns
        ]
        with f.loop(len(t.switches)) as other:
            f.set_vector("switch_change", f.const(w.kind, 0.0), other)
        f.set_vector("switch_change", contracted(w, f, m, base, r, x) or f.const(w.kind, 0.0), r)
        add_columns(w, f, m, base, d, f.address("switch_change"))
        change = f.vector("switch_change", r)
        root = f.select(change.eq(0.0) | speed.eq(0.0), f.const(w.kind, 0.0), -change / speed) * sign
        for k, (other_r, row) in enumerate(t.switch_jumps):
            if other_r == r:
                at = d * p.moving + row
                jump = f.vector("s_jump", at) + f.vector("switch_jump", k) * root
                f.set_vector("s_jump", f.select(turned, jump, f.vector("s_jump", at)), at)
    f.set_vector("jump_theta", f.select(turned, theta, f.vector("jump_theta")))
