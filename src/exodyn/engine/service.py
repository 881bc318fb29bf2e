"""What happens to one patient between steps: it is loaded, dosed, sent on to its next stop, and let go."""

from __future__ import annotations

from exodyn.engine.codes import Action, Phase
from exodyn.engine.emit import F64, I64, Value, Variable
from exodyn.engine.lanes import LaneFunction, Lanes
from exodyn.engine.tangent_jumps import act_on_directions

GROWTH_AFTER_JUMP = 1000.0
"""The first step after a jump is a guess; how good it was shows in its error."""


def write_service(w: Lanes) -> None:
    """Write `serve` and its parts (after `process_events`, if there are events)."""
    _fail(w)
    _write_output(w)
    _set_next_stop(w)
    _serve_stop(w)
    _load_patient(w)
    _start_patient(w)
    _serve(w)


def _fail(w: Lanes) -> None:
    """End a patient's integration: note cause and time; the values not yet written become NaN."""
    f = w.service("fail", ("lane", I64), ("cause", I64))
    lane = f["lane"]
    patient = f.get("patient", lane)
    f.store(f["cause"], f.job("cause"), patient)
    f.store(f.get("t", lane), f.job("failure_time"), patient)
    outputs, points = len(w.program.outputs), f.job("points")
    row = (patient * points + f.get("next_output", lane)) * outputs
    with f.loop((patient + 1) * points * outputs, start=row) as i:
        f.store(f.const(F64, float("nan")), f.job("values"), i)
    if w.program.tangent:
        count = len(w.program.tangent.directions)
        with f.loop((patient + 1) * points * outputs * count, start=row * count) as i:
            f.store(f.const(F64, float("nan")), f.job("sensitivities"), i)
    f.serve("release", lane)
    f.finish()

    f = w.service("release", ("lane", I64))
    lane = f["lane"]
    patient = f.get("patient", lane)
    f.store(f.get("steps", lane), f.job("steps"), patient)
    f.store(f.get("rejected", lane), f.job("rejected"), patient)
    f.set("phase", lane, Phase.IDLE)
    f.set("t_next_output", lane, float("inf"))
    # An idle lane goes on computing; zeros are harmless there.
    with f.loop(len(w.program.states)) as i:
        f.set("y", lane, 0.0, i)
    with f.loop(w.program.moving) as i:
        f.set("y_new", lane, 0.0, i)
    if w.program.tangent:
        for name in ("s", "s_new"):
            with f.loop(w.layout.counts[name]) as i:
                f.set(name, lane, 0.0, i)
    f.finish()


def _write_output(w: Lanes) -> None:
    """Copy the lane's column of `output` to the patient's next row, and find the time of the next one."""
    f = w.service("write_output", ("lane", I64))
    lane, outputs = f["lane"], len(w.program.outputs)
    points, point = f.job("points"), f.get("next_output", lane)
    row = (f.get("patient", lane) * points + point) * outputs
    target = f.at(f.job("values"), row, F64)
    for i in range(outputs):
        f.store(f.get("output", lane, i), target, i)
    if w.program.tangent:
        width = outputs * len(w.program.tangent.directions)
        derivatives = f.at(f.job("sensitivities"), (f.get("patient", lane) * points + point) * width, F64)
        with f.loop(width) as k:
            f.store(f.get("output_dot", lane, k), derivatives, k)
    following = point + 1
    f.set("next_output", lane, following)
    time = f.variable(F64, float("inf"))
    with f.when(following < points):
        time.set(f.load(F64, f.job("times"), following))
    f.set("t_next_output", lane, time.get())
    f.finish()


def _set_next_stop(w: Lanes) -> None:
    """The earliest of the end, the next action, the next breakpoint and the next waiting event."""
    f = w.service("set_next_stop", ("lane", I64))
    lane = f["lane"]
    t = f.get("t", lane)
    stop = f.variable(F64, f.load(F64, f.job("times"), f.job("points") - 1))
    action = f.get("next_action", lane)
    with f.when(action < f.get("end_action", lane)):
        stop.set(f.minimum(f.load(F64, f.job("action_time"), action), stop.get()))
    _stop_at_breakpoints(w, f, lane, t, stop)
    if w.program.events:
        with f.loop(f.get("waiting", lane)) as k:
            stop.set(f.minimum(f.get("waiting_time", lane, k), stop.get()))
    f.set("t_stop", lane, stop.get())
    f.finish()


def _stop_at_breakpoints(w: Lanes, f: LaneFunction, lane: Value, t: Value, stop: Variable) -> None:
    count = len(w.program.breakpoints) // 2
    if count:
        f.kernel("find_breakpoints")
    for i in range(count):
        first, period = (f.get("scratch", lane, k) for k in (i, count + i))
        with f.exact():
            later = first + (f.intrinsic("floor", (t - first) / period) + 1.0) * period
            later = f.select(later > t, later, later + period)
        instant = f.select(period > 0.0, later, first)
        stop.set(f.select((instant > t) & (instant < stop.get()), instant, stop.get()))


def _serve_stop(w: Lanes) -> None:
    """At a stop: actions due, then events, then the end or the way to the next stop."""
    f = w.service("serve_stop", ("lane", I64))
    lane = f["lane"]
    t = f.get("t", lane)
    tangent = w.program.tangent
    if tangent:
        with f.loop(len(tangent.directions)) as d:
            f.set("instant_dot", lane, 0.0, d)
        if "turn" in {g.name for g in w.module.functions}:
            with f.when(f.get("arrived", lane).ne(0)):
                f.serve("turn", lane)
    with f.forever() as loop:
        action = f.get("next_action", lane)
        loop.leave_if(action >= f.get("end_action", lane))
        loop.leave_if(f.load(F64, f.job("action_time"), action) > t)
        if tangent:
            act_on_directions(w, f, lane, action, before=True)
        _act(w, f, lane, action)
        if tangent:
            act_on_directions(w, f, lane, action, before=False)
        f.set("next_action", lane, action + 1)
        f.set("after_jump", lane, 1.0)
    f.set("phase", lane, Phase.RUNNING)
    if w.program.events:
        f.serve("process_events", lane)
        with f.when(f.get("phase", lane).eq(Phase.IDLE)):
            f.ret()
    if tangent:
        f.set("arrived", lane, 1)
    end = f.load(F64, f.job("times"), f.job("points") - 1)
    with f.choose(t >= end) as otherwise:
        _finish(w, f, lane)
        otherwise()
        f.serve("set_next_stop", lane)
        with f.when(f.get("after_jump", lane) > 0.0):
            # The step that suited this patient after its last jump is a good guess.
            remembered, h = f.get("remembered_h", lane), f.get("h", lane)
            f.set("h", lane, f.select(remembered > 0.0, remembered, h))
            f.set("growth", lane, GROWTH_AFTER_JUMP)
    f.finish()


def _finish(w: Lanes, f: LaneFunction, lane: Value) -> None:
    """Write the outputs at the end itself, then let the patient go."""
    f.kernel("observe_now")
    if w.program.tangent:
        f.kernel("observe_partials_now")
        f.kernel("observe_directions_now")
    with f.forever() as loop:
        loop.leave_if(f.get("next_output", lane) >= f.job("points"))
        f.serve("write_output", lane)
    if w.program.adjoint:
        f.serve("record", lane)
    f.serve("release", lane)


def _act(w: Lanes, f: LaneFunction, lane: Value, action: Value) -> None:
    kind = f.load(I64, f.job("action_kind"), action)
    target = f.load(I64, f.job("action_target"), action)
    value = f.load(F64, f.job("action_value"), action)
    with f.when(kind.eq(Action.ADD)):
        f.set("y", lane, f.get("y", lane, target) + value, target)
    if w.program.infusions:
        with f.when(kind.eq(Action.SET_INFUSION)):
            f.set("infusion", lane, value, target)
    with f.when(kind >= Action.RESET):
        f.kernel("initial")
        with f.loop(len(w.program.states)) as i, f.when(kind.eq(Action.RESET_ALL) | i.eq(target)):
            f.set("y", lane, f.get("scratch", lane, i), i)


def _load_patient(w: Lanes) -> None:
    """Take the next patient, if any, and put its parameters into the lane."""
    f = w.service("load_patient", ("lane", I64))
    lane = f["lane"]
    counter = f.job("next_patient")
    patient = f.emit(I64, f"atomicrmw add ptr {counter.ref}, i64 1 monotonic")
    with f.when((patient < f.job("patients")) & f.load(I64, f.job("stop")).eq(0)):
        f.set("patient", lane, patient)
        f.set("phase", lane, Phase.AT_STOP)
        count = len(w.program.parameters)
        row = f.at(f.job("parameters"), patient * count, F64)
        with f.loop(count) as i:
            f.set("parameter", lane, f.load(F64, row, i), i)
        f.set("t", lane, f.load(F64, f.job("start"), patient))
        with f.loop(len(w.program.infusions)) as i:
            f.set("infusion", lane, 0.0, i)
        if w.program.tangent:
            with f.loop(w.layout.counts["infusion_dot"]) as i:
                f.set("infusion_dot", lane, 0.0, i)
    f.finish()


def _start_patient(w: Lanes) -> None:
    """Initial values (found in `scratch`) and a clean memory for the lane's new patient."""
    f = w.service("start_patient", ("lane", I64))
    lane = f["lane"]
    patient = f.get("patient", lane)
    with f.loop(len(w.program.states)) as i:
        f.set("y", lane, f.get("scratch", lane, i), i)
    if w.program.tangent:
        f.serve("start_directions", lane, f.const(I64, -1))
        f.set("arrived", lane, 0)
    if w.program.adjoint:
        f.set("row", lane, 0)
    for name, table in (("next_action", "first_action"), ("end_action", "last_action")):
        f.set(name, lane, f.load(I64, f.job(table), patient))
    for name in ("next_output", "steps", "rejected", "in_a_row"):
        f.set(name, lane, 0)
    f.set("t_next_output", lane, f.load(F64, f.job("times"), 0))
    f.set("growth", lane, GROWTH_AFTER_JUMP)
    f.set("h", lane, 0.0)
    f.set("remembered_h", lane, 0.0)
    f.set("after_jump", lane, 1.0)
    if w.program.events:
        f.set("waiting", lane, 0)
        f.set("draws", lane, 0)
        for k, event in enumerate(w.program.events):
            f.set("trigger_before", lane, float(event.initial), k)
    f.finish()


def _serve(w: Lanes) -> None:
    """New patients into idle lanes, then every lane that stands at a stop; returns the lanes in use."""
    lanes = w.kind.lanes
    f = w.service("serve", result=I64)
    with f.forever() as again:
        fresh = f.variable(I64, 0)
        fresh.set(0)
        with f.loop(lanes) as lane, f.when(f.get("phase", lane).eq(Phase.IDLE)):
            f.serve("load_patient", lane)
            with f.when(f.get("phase", lane).eq(Phase.AT_STOP)):
                fresh.set(fresh.get() | (f.const(I64, 1) << lane))
        with f.when(fresh.get().ne(0)):
            f.kernel("prepare")
            f.kernel("initial")
            if w.program.tangent:
                f.kernel("prepare_tangent")
                f.kernel("initial_tangent")
            _for_each(w, f, fresh.get(), "start_patient")
        ended = f.variable(I64, 0)
        ended.set(0)
        with f.loop(lanes) as lane, f.when(f.get("phase", lane).eq(Phase.AT_STOP)):
            f.serve("serve_stop", lane)
            with f.when(f.get("phase", lane).eq(Phase.IDLE)):
                ended.set(f.const(I64, 1))
        with f.when(fresh.get().ne(0)):
            _first_steps(w, f, fresh.get())
        # Patients may end all at once, or at their first instant: look for others before giving up.
        again.leave_if((fresh.get() | ended.get()).eq(0))
    busy = f.variable(I64, 0)
    with f.loop(lanes) as lane:
        busy.set(busy.get() + f.get("phase", lane).ne(Phase.IDLE).convert(I64))
    f.finish(busy.get())


def _for_each(w: Lanes, f: LaneFunction, lanes: Value, name: str) -> None:
    with f.loop(w.kind.lanes) as lane, f.when(((lanes >> lane) & 1).ne(0)):
        f.serve(name, lane)


def _first_steps(w: Lanes, f: LaneFunction, fresh: Value) -> None:
    """A first step over which the states change by about a hundredth of themselves."""
    if w.program.moving:
        one = f.const(w.kind, 1.0)
        f.set_vector("inverse_h_gamma", one)
        f.set_vector("h_d", f.const(w.kind, 0.0))
        f.set_vector("stage_time", f.vector("t").convert(w.kind))
        f.kernel("factor")
    rtol = f.job("rtol").convert(w.kind.element).splat(w.kind.lanes)
    size, speed = f.variable(w.kind, 0.0), f.variable(w.kind, 0.0)
    size.set(0.0)
    speed.set(0.0)
    with f.loop(w.program.moving) as i:
        y = f.vector("y", i)
        inverse = 1.0 / (_atol(w, f, i) + rtol * f.intrinsic("fabs", y))
        size.set(f.maximum(f.intrinsic("fabs", y * inverse), size.get()))
        speed.set(f.maximum(f.intrinsic("fabs", f.vector("u", i) * inverse), speed.get()))
    width = f.vector("t_stop") - f.vector("t")
    s, v = size.get().convert(w.wide), speed.get().convert(w.wide)
    guess = f.select((s > 1e-5) & (v > 1e-5), s * 0.01 / v, width * 1e-4)
    f.set_vector("first_h", f.minimum(guess, width))
    with f.loop(w.kind.lanes) as lane, f.when(((fresh >> lane) & 1).ne(0)):
        f.set("h", lane, f.get("first_h", lane))


def _atol(w: Lanes, f: LaneFunction, i: Value) -> Value:
    return f.load(w.kind.element, f.job("atol"), i).splat(w.kind.lanes)
