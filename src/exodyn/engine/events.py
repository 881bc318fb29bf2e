"""What happens at an instant at which events are triggered or due: the semantics of SBML L3V2, section 4.11.

Triggers are looked at again after every execution, since one event may trigger or cancel another. Of those
due, the highest priority goes first; equal priorities are drawn by lot, the lot being a function of seed,
patient and number of the draw, so that a run can be repeated.
"""

from __future__ import annotations

from exodyn.engine.codes import EXECUTIONS_AT_ONE_INSTANT, WAITING_EVENTS, Cause, Phase
from exodyn.engine.emit import F64, I64, Value
from exodyn.engine.lanes import LaneFunction, Lanes
from exodyn.engine.tangent_jumps import jump_of_event, note_derivatives, values_of_event
from exodyn.engine.tangent_kernels import interpolated_dot

SAMPLES = 4
"""Instants inside a step at which the conditions of events are looked at (its end included)."""
BISECTIONS = 34
"""An event is located to 2^-34 of its step, and executed that much later, where it surely holds."""


def write_events(w: Lanes) -> None:
    """Write `process_events` and its parts."""
    _remove_waiting(w)
    _note_triggers(w)
    _pick(w)
    _execute(w)
    _process(w)


def _remove_waiting(w: Lanes) -> None:
    """Take entry `k` out of the lane's waiting executions, keeping the order of the others."""
    f = w.service("remove_waiting", ("lane", I64), ("k", I64))
    lane = f["lane"]
    last = f.get("waiting", lane) - 1
    width = max(1, len(w.program.assigned))
    with f.loop(last, start=f["k"]) as i:
        for name in ("waiting_time", "waiting_event"):
            f.set(name, lane, f.get(name, lane, i + 1), i)
        with f.loop(width) as a:
            f.set("waiting_value", lane, f.get("waiting_value", lane, (i + 1) * width + a), i * width + a)
        if w.program.tangent:
            count = len(w.program.tangent.directions)
            for name, many in (
                ("waiting_dot", count),
                ("waiting_value_dot", len(w.program.assigned) * count),
            ):
                with f.loop(many) as d:
                    f.set(name, lane, f.get(name, lane, (i + 1) * many + d), i * many + d)
    f.set("waiting", lane, last)
    f.finish()


def _note_triggers(w: Lanes) -> None:
    """Compare all triggers with what they were: queue those that rose, cancel those that may be cancelled."""
    f = w.service("note_triggers", ("lane", I64))
    lane = f["lane"]
    f.kernel("triggers_now")
    f.kernel("jump")
    first_value = 0
    if w.program.tangent:
        with f.loop(len(w.program.triggers)) as i:
            f.set("trigger_last", lane, f.get("trigger_before", lane, i), i)
    for k, event in enumerate(w.program.events):
        now, before = f.get("trigger", lane, k), f.get("trigger_before", lane, k)
        f.set("trigger_before", lane, now, k)
        with f.when((now > 0.0) & (before <= 0.0)):
            delay = f.get("delay", lane, k)
            with f.when(~(delay >= 0.0)):
                f.serve("fail", lane, f.const(I64, Cause.BAD_DELAY))
                f.ret()
            place = f.get("waiting", lane)
            with f.when(place >= WAITING_EVENTS):
                f.serve("fail", lane, f.const(I64, Cause.TOO_MANY_WAITING))
                f.ret()
            f.set("waiting_time", lane, f.get("t", lane) + delay, place)
            f.set("waiting_event", lane, k, place)
            width = max(1, len(w.program.assigned))
            for a in range(first_value, first_value + len(event.assignments)):
                f.set("waiting_value", lane, f.get("assigned", lane, a), place * width + a)
            if w.program.tangent:
                note_derivatives(w, f, lane, k, place)
            f.set("waiting", lane, place + 1)
        if not event.persistent:
            with f.when((now <= 0.0) & (before > 0.0)):
                _cancel(w, f, lane, k)
        first_value += len(event.assignments)
    for k in range(len(w.program.events), len(w.program.triggers)):
        f.set("trigger_before", lane, f.get("trigger", lane, k), k)
    f.finish()


def _cancel(w: Lanes, f: LaneFunction, lane: Value, event: int) -> None:
    place = f.variable(I64, 0)
    place.set(0)
    with f.forever() as loop:
        loop.leave_if(place.get() >= f.get("waiting", lane))
        with f.choose(f.get("waiting_event", lane, place.get()).eq(event)) as otherwise:
            f.serve("remove_waiting", lane, place.get())
            otherwise()
            place.set(place.get() + 1)


def _pick(w: Lanes) -> None:
    """The waiting execution that is due and goes first, -1 for none."""
    f = w.service("pick_event", ("lane", I64), result=I64)
    lane = f["lane"]
    t = f.get("t", lane)
    best, ties = f.variable(I64, -1), f.variable(I64, 0)
    lowest = float("-inf")
    priority = f.variable(F64, lowest)
    with f.loop(f.get("waiting", lane)) as k, f.when(f.get("waiting_time", lane, k) <= t):
        stated = f.get("priority", lane, f.get("waiting_event", lane, k))
        this = f.select(stated.unordered(), f.const(F64, lowest), stated)
        with f.choose((this > priority.get()) | (best.get() < 0)) as otherwise:
            best.set(k)
            priority.set(this)
            ties.set(1)
            otherwise()
            with f.when(this.eq(priority.get()) & (this > lowest)):
                ties.set(ties.get() + 1)
                lot = _lot(w, f, lane)
                best.set(f.select(lot * ties.get().convert(F64) < 1.0, k, best.get()))
    f.finish(best.get())


def _lot(w: Lanes, f: LaneFunction, lane: Value) -> Value:
    """A uniform number in [0, 1), a function of the seed, the patient's number and the draw's."""
    draws = f.get("draws", lane)
    f.set("draws", lane, draws + 1)
    number = f.load(I64, f.job("number"), f.get("patient", lane))
    z = _mixed(_mixed(f.job("seed")) + (number << 20) + draws)
    return (z >> 11).convert(F64) * 2.0**-53


def _mixed(z: Value) -> Value:
    """SplitMix64, by which neighbouring numbers have nothing in common (doi:10.1145/2660193.2660195)."""
    z = z * -7046029254386353131
    z = (z ^ (z >> 30)) * -4658895280553007687
    z = (z ^ (z >> 27)) * -7723592293110705685
    return z ^ (z >> 31)


def _execute(w: Lanes) -> None:
    """Assign what waiting execution `k` assigns and forget it."""
    f = w.service("execute_event", ("lane", I64), ("k", I64))
    lane, place = f["lane"], f["k"]
    index = {s: i for i, s in enumerate(w.program.states)}
    width = max(1, len(w.program.assigned))
    which = f.get("waiting_event", lane, place)
    at = 0
    for k, event in enumerate(w.program.events):
        with f.when(which.eq(k)):
            if w.program.tangent:
                values_of_event(w, f, lane, k, place)
            for a, (target, _) in enumerate(event.assignments, start=at):
                if event.values_at_trigger:
                    value = f.get("waiting_value", lane, place * width + a)
                else:
                    value = f.get("assigned", lane, a)
                f.set("y", lane, value, index[target])
            if w.program.tangent:
                jump_of_event(w, f, lane, k)
        at += len(event.assignments)
    f.serve("remove_waiting", lane, place)
    f.finish()


def _process(w: Lanes) -> None:
    f = w.service("process_events", ("lane", I64))
    lane = f["lane"]
    executed = f.variable(I64, 0)
    with f.forever() as loop:
        f.serve("note_triggers", lane)
        loop.leave_if(f.get("phase", lane).eq(Phase.IDLE))
        chosen = f.call(I64, "pick_event", f["job"], f["lanes"], lane)
        loop.leave_if(chosen < 0)
        f.serve("execute_event", lane, chosen)
        executed.set(executed.get() + 1)
        with f.when(executed.get() > EXECUTIONS_AT_ONE_INSTANT):
            f.serve("fail", lane, f.const(I64, Cause.EVENT_CASCADE))
            f.ret()
    with f.when((executed.get() > 0) & f.get("phase", lane).ne(Phase.IDLE)):
        f.set("after_jump", lane, 1.0)
    f.finish()


def locate_events(w: Lanes, f: LaneFunction, ok: Value) -> Value:
    """Find the first instant of the step at which a trigger differs from before; cut t_new there."""
    kind = w.kind
    words = kind.of("i64")
    t, h = f.vector("t"), f.vector("h")
    t_new = f.vector("t_new")
    running = ok & f.vector("phase").ne(Phase.IDLE)
    f.kernel("dense")
    low, high = f.variable(kind, 0.0), f.variable(kind, 1.0)
    found = f.variable(words, 0)
    low.set(0.0)
    high.set(1.0)
    found.set(0)
    none = f.const(words, 0)
    for k in range(1, SAMPLES + 1):
        at = f.const(kind, k / SAMPLES)
        differs = _differs(w, f, at, t, h) & running & found.get().eq(none)
        low.set(f.select(differs, f.const(kind, (k - 1) / SAMPLES), low.get()))
        high.set(f.select(differs, at, high.get()))
        found.set(found.get() | differs.convert(words))
    changed = found.get().ne(none)
    with f.when(f.any(changed)):
        steps = BISECTIONS if kind.scalar == "double" else BISECTIONS // 2
        with f.loop(steps):
            middle = (low.get() + high.get()) * 0.5
            differs = _differs(w, f, middle, t, h)
            high.set(f.select(differs, middle, high.get()))
            low.set(f.select(differs, low.get(), middle))
        sure = f.minimum(high.get() + 2.0**-steps, f.const(kind, 1.0))
        f.set_vector("changed_at", sure)
        instant = f.select(sure >= 1.0, t_new, t + sure.convert(w.wide) * h)
        f.set_vector("t_new", f.select(changed, instant, t_new))
    return changed


def _differs(w: Lanes, f: LaneFunction, theta: Value, t: Value, h: Value) -> Value:
    """Whether any trigger at `theta` of the step has another value than at its start."""
    before = f.vector("t_new")
    f.set_vector("theta", theta)
    whole = theta >= 1.0
    f.set_vector("t_new", f.select(whole, before, t + theta.convert(w.wide) * h))
    f.kernel("triggers")
    f.set_vector("t_new", before)
    result = f.const(w.kind.mask, 0)
    for k in range(len(w.program.triggers)):
        result = result | f.vector("trigger", k).ne(f.vector("trigger_before", k))
    return result


def truncate_at_events(w: Lanes, f: LaneFunction, changed: Value) -> None:
    """Where an event cut the step, the new state is dense output at that instant."""
    n, H = w.program.moving, w.tableau.H
    with f.when(f.any(changed)):
        at = f.vector("changed_at")
        rest = 1.0 - at
        with f.loop(n) as i:
            inner = f.vector("dense", i + (len(H) - 1) * n)
            for m in reversed(range(len(H) - 1)):
                inner = f.vector("dense", i + m * n) + at * inner
            full = f.vector("y_new", i)
            cut = rest * f.vector("y", i) + at * (full + rest * inner)
            whole = at >= 1.0
            f.set_vector("y_new", f.select(changed & ~whole, cut, full), i)
        if w.program.tangent:
            with f.loop(len(w.program.tangent.directions)) as d, f.loop(n) as i:
                inside = interpolated_dot(w, f, at, d, i)
                full = f.vector("s_new", d * n + i)
                f.set_vector("s_new", f.select(changed & ~(at >= 1.0), inside, full), d * n + i)
