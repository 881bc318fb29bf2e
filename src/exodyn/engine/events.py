"""What happens at an instant at which events are triggered or due: the semantics of SBML L3V2, section 4.11.

Triggers are looked at again after every execution, since one event may trigger or cancel another. Of those
due, the highest priority goes first; equal priorities are drawn by lot, the lot being a function of seed,
patient and number of the draw, so that a run can be repeated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from exodyn.engine.codes import EXECUTIONS_AT_ONE_INSTANT, WAITING_EVENTS, Cause, Phase
from exodyn.engine.emit import F64, I64, PTR, Function, Value

if TYPE_CHECKING:
    from exodyn.engine.driver import Driver


def write_events(d: Driver) -> None:
    """Write `process_events` and its parts."""
    _remove_waiting(d)
    _note_triggers(d)
    _pick(d)
    _execute(d)
    _process(d)


def _remove_waiting(d: Driver) -> None:
    """Take entry `k` out of the lane's waiting executions, keeping the order of the others."""
    f = d.function("remove_waiting", ("lane", I64), ("k", I64))
    lane = f["lane"]
    last = d.get(f, "waiting", lane) - 1
    width = max(1, len(d.program.assigned))
    with f.loop(last, start=f["k"]) as i:
        for name in ("waiting_time", "waiting_event"):
            d.set(f, name, lane, d.get(f, name, lane, i + 1), i)
        with f.loop(width) as a:
            d.set(
                f, "waiting_value", lane, d.get(f, "waiting_value", lane, (i + 1) * width + a), i * width + a
            )
    d.set(f, "waiting", lane, last)
    f.finish()


def _note_triggers(d: Driver) -> None:
    """Compare all triggers with what they were: queue those that rose, cancel those that may be cancelled."""
    f = d.function("note_triggers", ("lane", I64))
    lane = f["lane"]
    d.kernel(f, "triggers_now")
    d.kernel(f, "jump")
    first_value = 0
    for k, event in enumerate(d.program.events):
        now, before = d.get(f, "trigger", lane, k), d.get(f, "trigger_before", lane, k)
        d.set(f, "trigger_before", lane, now, k)
        with f.when((now > 0.0) & (before <= 0.0)):
            delay = d.get(f, "delay", lane, k)
            with f.when(~(delay >= 0.0)):
                d.call(f, "fail", lane, f.const(I64, Cause.BAD_DELAY))
                f.ret()
            place = d.get(f, "waiting", lane)
            with f.when(place >= WAITING_EVENTS):
                d.call(f, "fail", lane, f.const(I64, Cause.TOO_MANY_WAITING))
                f.ret()
            d.set(f, "waiting_time", lane, d.get(f, "t", lane) + delay, place)
            d.set(f, "waiting_event", lane, k, place)
            width = max(1, len(d.program.assigned))
            for a in range(first_value, first_value + len(event.assignments)):
                d.set(f, "waiting_value", lane, d.get(f, "assigned", lane, a), place * width + a)
            d.set(f, "waiting", lane, place + 1)
        if not event.persistent:
            with f.when((now <= 0.0) & (before > 0.0)):
                _cancel(d, f, lane, k)
        first_value += len(event.assignments)
    for k in range(len(d.program.events), len(d.program.triggers)):
        d.set(f, "trigger_before", lane, d.get(f, "trigger", lane, k), k)
    f.finish()


def _cancel(d: Driver, f: Function, lane: Value, event: int) -> None:
    place = f.variable(I64, 0)
    place.set(0)
    with f.forever() as loop:
        loop.leave_if(place.get() >= d.get(f, "waiting", lane))
        with f.choose(d.get(f, "waiting_event", lane, place.get()).eq(event)) as otherwise:
            d.call(f, "remove_waiting", lane, place.get())
            otherwise()
            place.set(place.get() + 1)


def _pick(d: Driver) -> None:
    """The waiting execution that is due and goes first, -1 for none."""
    f = Function(
        d.module,
        "pick_event",
        [("job", PTR), ("lanes", PTR), ("lane", I64)],
        I64,
        internal=True,
        attributes=d.attributes,
    )
    lane = f["lane"]
    t = d.get(f, "t", lane)
    best, ties = f.variable(I64, -1), f.variable(I64, 0)
    lowest = float("-inf")
    priority = f.variable(F64, lowest)
    with f.loop(d.get(f, "waiting", lane)) as k, f.when(d.get(f, "waiting_time", lane, k) <= t):
        stated = d.get(f, "priority", lane, d.get(f, "waiting_event", lane, k))
        this = f.select(stated.unordered(), f.const(F64, lowest), stated)
        with f.choose((this > priority.get()) | (best.get() < 0)) as otherwise:
            best.set(k)
            priority.set(this)
            ties.set(1)
            otherwise()
            with f.when(this.eq(priority.get()) & (this > lowest)):
                ties.set(ties.get() + 1)
                lot = _lot(d, f, lane)
                best.set(f.select(lot * ties.get().convert(F64) < 1.0, k, best.get()))
    f.finish(best.get())


def _lot(d: Driver, f: Function, lane: Value) -> Value:
    """A uniform number in [0, 1): SplitMix64 of the draw's number (doi:10.1145/2660193.2660195)."""
    draws = d.get(f, "draws", lane)
    d.set(f, "draws", lane, draws + 1)
    number = f.load(I64, d.job(f, "number"), d.get(f, "patient", lane))
    z = d.job(f, "seed") + (number << 20) + draws + 1
    z = z * -7046029254386353131
    z = (z ^ (z >> 30)) * -4658895280553007687
    z = (z ^ (z >> 27)) * -7723592293110705685
    z = z ^ (z >> 31)
    return (z >> 11).convert(F64) * 2.0**-53


def _execute(d: Driver) -> None:
    """Assign what waiting execution `k` assigns and forget it."""
    f = d.function("execute_event", ("lane", I64), ("k", I64))
    lane, place = f["lane"], f["k"]
    index = {s: i for i, s in enumerate(d.program.states)}
    width = max(1, len(d.program.assigned))
    which = d.get(f, "waiting_event", lane, place)
    at = 0
    for k, event in enumerate(d.program.events):
        with f.when(which.eq(k)):
            for a, (target, _) in enumerate(event.assignments, start=at):
                if event.values_at_trigger:
                    value = d.get(f, "waiting_value", lane, place * width + a)
                else:
                    value = d.get(f, "assigned", lane, a)
                d.set(f, "y", lane, value, index[target])
        at += len(event.assignments)
    d.call(f, "remove_waiting", lane, place)
    f.finish()


def _process(d: Driver) -> None:
    f = d.function("process_events", ("lane", I64))
    lane = f["lane"]
    executed = f.variable(I64, 0)
    with f.forever() as loop:
        d.call(f, "note_triggers", lane)
        loop.leave_if(d.get(f, "phase", lane).eq(Phase.IDLE))
        chosen = f.call(I64, "pick_event", f["job"], f["lanes"], lane)
        loop.leave_if(chosen < 0)
        d.call(f, "execute_event", lane, chosen)
        executed.set(executed.get() + 1)
        with f.when(executed.get() > EXECUTIONS_AT_ONE_INSTANT):
            d.call(f, "fail", lane, f.const(I64, Cause.EVENT_CASCADE))
            f.ret()
    with f.when((executed.get() > 0) & d.get(f, "phase", lane).ne(Phase.IDLE)):
        d.set(f, "after_jump", lane, 1.0)
    f.finish()
