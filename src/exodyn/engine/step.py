"""One step of all lanes, each over its own length: stages, error, outputs, the next length."""

from __future__ import annotations

from exodyn.engine.codes import Cause, Phase
from exodyn.engine.emit import I64, Value
from exodyn.engine.events import locate_events, truncate_at_events
from exodyn.engine.lanes import LaneFunction, Lanes
from exodyn.engine.service import GROWTH_AFTER_JUMP
from exodyn.engine.tangent_kernels import stage_terms
from exodyn.engine.tangent_switches import find_turned, jump_at_switches

SAFETY = 0.9
LARGEST_GROWTH = 10.0
LARGEST_CUT = 0.2
REJECTIONS_IN_A_ROW = 60
ROUNDING = 10.0
"""Units in the last place by which the error estimate is off (its coefficients reach 165)."""


def take_step(w: Lanes, f: LaneFunction) -> None:
    """One step of all lanes: `u` and `y_new`."""
    kind = w.kind
    t, h, stop = (f.vector(name) for name in ("t", "h", "t_stop"))
    largest = f.job("largest_step").splat(kind.lanes)
    rest = stop - t
    h = f.minimum(h, largest)
    f.set_vector("proposed_h", h)
    # The stop is met exactly; two equal steps are better than a long and a tiny one.
    reaches = h * 1.0000001 >= rest
    halves = (h * 2.0 > rest) & ~reaches
    with f.exact():
        h = f.select(reaches, rest, f.select(halves, rest * 0.5, h))
        t_new = f.select(reaches, stop, t + h)
    h = f.maximum(h, 1e-300 if kind.scalar == "double" else 1e-37)  # 1/h stays finite
    f.set_vector("h", h)
    f.set_vector("t_new", t_new)
    set_lengths(w, f, h)
    if w.program.moving:
        take_stages(w, f, t, t_new, h, partials=w.program.tangent is not None)


def set_lengths(w: Lanes, f: LaneFunction, h: Value) -> None:
    """What the kernels need of the length of the step."""
    inverse = (1.0 / h).convert(w.kind)
    f.set_vector("inverse_h", inverse)
    f.set_vector("inverse_h_gamma", inverse * (1.0 / w.tableau.gamma))


def take_stages(w: Lanes, f: LaneFunction, t: Value, t_new: Value, h: Value, partials: bool) -> None:
    """All stages of a step into `u`, if asked with the derivatives of the rates at each."""
    narrow = h.convert(w.kind)
    _stage(w, f, 0, t, t_new, h, narrow)
    if partials:
        with f.loop(w.program.moving) as i:
            f.set_vector("stage", f.vector("y", i), i)
        f.kernel("second_partials")
        f.kernel("stage_partials", f.address("rate_partial"))
    f.kernel("factor")
    f.kernel("solve", f.stage(0))
    for stage in range(1, w.tableau.stages):
        _stage(w, f, stage, t, t_new, h, narrow)
        f.kernel(f"combine{stage}")
        if partials:
            f.kernel("stage_partials", f.address("rate_partial", stage * len(stage_terms(w))))
        f.kernel("rhs", f.stage(stage))
        f.kernel("solve", f.stage(stage))


def _stage(w: Lanes, f: LaneFunction, stage: int, t: Value, t_new: Value, h: Value, narrow: Value) -> None:
    """Time and h d_i of a stage, where the rates depend on time.

    The ends of a step count as inside it, by a few units in the last place: there a condition on time may
    change, and its two sides are rounded.
    """
    if not w.program.reads_time:
        return
    alpha = w.tableau.alpha[stage]
    inward, least = (1e-15, 1e-300) if w.kind.scalar == "double" else (5e-7, 1e-35)
    with f.exact():
        if alpha == 0.0:
            inside = t + (f.intrinsic("fabs", t) * inward + least)
        elif alpha == 1.0:
            inside = t_new - (f.intrinsic("fabs", t_new) * inward + least)
        else:
            inside = t + h * alpha
    f.set_vector("stage_time", inside.convert(w.kind))
    f.set_vector("h_d", narrow * w.tableau.d[stage])


def judge_step(w: Lanes, f: LaneFunction) -> Value:
    """Accept or reject in each lane, write outputs that are due; returns whether a lane waits."""
    mean_square = _error(w, f).convert(w.wide)
    ok = mean_square <= 1.0
    h, t, t_new = (f.vector(name) for name in ("h", "t", "t_new"))
    reached = t_new >= f.vector("t_stop")
    if w.program.events:
        changed = locate_events(w, f, ok)
        reached = reached | changed
        t_new = f.vector("t_new")
    if w.program.tangent and w.program.moving:
        with f.when(f.any(ok)):
            inside = f.any(ok & (f.vector("t_next_output") < t_new))
            end = f.const(w.kind, 1.0)
            if w.program.events:
                inside = inside | f.any(changed)
                end = f.select(changed, f.vector("changed_at"), end)
            if w.program.tangent.switches:
                turned = find_turned(w, f, ok, end)
                f.kernel("tangent_step", (inside | turned).convert(I64))
                with f.when(turned):
                    jump_at_switches(w, f, end)
            else:
                f.kernel("tangent_step", inside.convert(I64))
    if w.program.adjoint:
        with f.each(ok & f.vector("phase").ne(Phase.IDLE)) as lane:
            f.serve("record", lane)
    _outputs(w, f, ok, h, t, t_new)
    if w.program.events:
        truncate_at_events(w, f, changed)
    _advance(w, f, ok)
    f.set_vector("t", f.select(ok, t_new, t))
    f.set_vector("h", _next_length(w, f, ok, mean_square))
    _count(w, f, ok)
    stuck = (t + h <= t) & ~ok
    return _lanes_that_wait(w, f, ok & reached, stuck)


def _next_length(w: Lanes, f: LaneFunction, ok: Value, mean_square: Value) -> Value:
    """The length that the error asks for, within bounds; after a rejection no longer than the step was."""
    factor = _step_factor(w, f, f.maximum(mean_square - _noise(w, f), mean_square * 1e-5))
    longer = f.vector("h") * f.minimum(factor, f.vector("growth"))
    # A step that was cut short says little: go on with what was meant.
    meant = f.vector("proposed_h")
    longer = f.select(ok & (meant > longer), meant, longer)
    _remember(w, f, ok, longer)
    f.set_vector("growth", f.select(ok, f.const(w.wide, LARGEST_GROWTH), f.const(w.wide, 1.0)))
    return longer


def _count(w: Lanes, f: LaneFunction, ok: Value) -> None:
    words = w.kind.of("i64")
    accepted = ok.convert(words)
    f.set_vector("steps", f.vector("steps") + accepted)
    f.set_vector("rejected", f.vector("rejected") + (1 - accepted))
    f.set_vector("in_a_row", f.select(ok, f.const(words, 0), f.vector("in_a_row") + 1))


def _lanes_that_wait(w: Lanes, f: LaneFunction, at_stop: Value, stuck: Value) -> Value:
    """Mark the lanes that stand at a stop, give up those that cannot go on; whether there is any."""
    words, phase = w.kind.of("i64"), f.vector("phase")
    busy = phase.ne(Phase.IDLE)
    at_stop = at_stop & busy
    f.set_vector("phase", f.select(at_stop, f.const(words, Phase.AT_STOP), phase))
    too_many = f.vector("steps") > f.job("most_steps").splat(w.kind.lanes)
    lost = ((f.vector("in_a_row") > REJECTIONS_IN_A_ROW) | stuck | too_many) & busy
    with f.when(f.any(lost)):
        _lose(w, f, lost)
    return f.any(at_stop | lost).convert(I64)


def _lose(w: Lanes, f: LaneFunction, lost: Value) -> None:
    with f.each(lost) as lane:
        too_many = f.get("steps", lane) > f.job("most_steps")
        small = f.select(too_many, f.const(I64, Cause.TOO_MANY_STEPS), Cause.STEP_TOO_SMALL)
        finite = f.variable(I64, 1)
        finite.set(1)
        with f.loop(w.program.moving) as i:
            error = f.get("y_new", lane, i)
            finite.set(f.select((error - error).eq(0.0), finite.get(), f.const(I64, 0)))
        cause = f.select(finite.get().ne(0), small, f.const(I64, Cause.NOT_FINITE))
        f.serve("fail", lane, cause)


def _error(w: Lanes, f: LaneFunction) -> Value:
    """The mean square of the error estimate over its tolerance; also writes `y_new`."""
    kind, n = w.kind, w.program.moving
    if not n:
        return f.const(kind, 1e-30)
    rtol = f.job("rtol").convert(kind.element).splat(kind.lanes)
    total = f.variable(kind, 0.0)
    total.set(0.0)
    last = w.tableau.stages - 1
    atol = f.job("atol")
    with f.loop(n) as i:
        y, error = f.vector("y", i), f.load(kind, f.stage(last), i)
        new = f.vector("stage", i) + error
        f.set_vector("y_new", new, i)
        size = f.maximum(f.intrinsic("fabs", y), f.intrinsic("fabs", new))
        scale = f.load(kind.element, atol, i).splat(kind.lanes) + rtol * size
        ratio = error * f.rough_inverse(scale)
        total.set(total.get() + ratio * ratio)
    return total.get() * (1.0 / n)


def _noise(w: Lanes, f: LaneFunction) -> Value:
    """The mean square that rounding alone puts into the error estimate: it must not hold steps down."""
    epsilon = 2.0**-52 if w.kind.scalar == "double" else 2.0**-23
    ratio = (ROUNDING * epsilon) / f.job("rtol")
    return (ratio * ratio).splat(w.kind.lanes)


def _step_factor(w: Lanes, f: LaneFunction, mean_square: Value) -> Value:
    """SAFETY / error^(1/order) within bounds; NaN cuts as much as is allowed.

    The power comes from the exponent bits read as a logarithm: off by less than a hundredth.
    """
    order = w.tableau.order
    one = 0x3FF0000000000000
    bits = (mean_square + 1e-30).bitcast(w.wide.integer).convert(w.wide)
    power = (one + one / (2.0 * order)) - bits * (1.0 / (2.0 * order))
    factor = power.convert(w.wide.integer).bitcast(w.wide) * SAFETY
    bounded = f.minimum(f.maximum(factor, LARGEST_CUT), GROWTH_AFTER_JUMP)
    return f.select(mean_square < 1e30, bounded, f.const(w.wide, LARGEST_CUT))


def _outputs(w: Lanes, f: LaneFunction, ok: Value, h: Value, t: Value, t_new: Value) -> None:
    """Write every output that lies in [t, t_new) of an accepted step."""
    following = f.vector("t_next_output")
    with f.when(f.any(ok & (following < t_new))):
        if w.program.moving and not w.program.events:
            f.kernel("dense")
        with f.forever() as loop:
            following = f.vector("t_next_output")
            due = ok & (following < t_new)
            loop.leave_if(~f.any(due))
            theta = (following - t) / h
            inside = f.select(due, theta, f.const(w.wide, 0.0))
            f.set_vector("theta", inside.convert(w.kind))
            f.set_vector("t_new", f.select(due, following, t_new))
            f.kernel("observe")
            if w.program.tangent:
                f.kernel("observe_partials")
                f.kernel("observe_directions")
            with f.each(due) as lane:
                f.serve("write_output", lane)
        f.set_vector("t_new", t_new)


def _advance(w: Lanes, f: LaneFunction, ok: Value) -> None:
    with f.loop(w.program.moving) as i:
        f.set_vector("y", f.select(ok, f.vector("y_new", i), f.vector("y", i)), i)
    if w.program.tangent:
        n, states = w.program.moving, len(w.program.states)
        with f.loop(len(w.program.tangent.directions)) as d, f.loop(n) as i:
            before = f.vector("s", d * states + i)
            f.set_vector("s", f.select(ok, f.vector("s_new", d * n + i), before), d * states + i)


def _remember(w: Lanes, f: LaneFunction, ok: Value, longer: Value) -> None:
    """Keep the step length found by the first accepted step after a jump."""
    fresh = ok & (f.vector("after_jump") > 0.0)
    kept = f.select(fresh, longer, f.vector("remembered_h"))
    f.set_vector("remembered_h", kept)
    zero = f.const(w.wide, 0.0)
    f.set_vector("after_jump", f.select(ok, zero, f.vector("after_jump")))
