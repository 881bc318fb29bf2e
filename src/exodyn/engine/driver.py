"""The integration of an ensemble, as compiled code: one patient per lane, each with its own step size.

    drive(job, lanes)    until no patient is left: serve lanes that wait, then one step of all lanes

A lane waits when it stands at a stop (dose, breakpoint, event, end) or has no patient. Serving it is scalar
code; a step is vector code without branches between lanes, so a patient's numbers do not depend on its
neighbours. Stops are met exactly. An output at a stop is written after what happens there.
"""

from __future__ import annotations

from dataclasses import dataclass

from exodyn.engine.codes import FLOATS, INTEGERS, JOB, WAITING_EVENTS, Action, Cause, Phase
from exodyn.engine.emit import F64, I64, PTR, Function, Module, Type, Value, Variable
from exodyn.engine.events import write_events
from exodyn.engine.kernels import Kernels, Layout, Program
from exodyn.engine.rodas import Tableau

SAFETY = 0.9
LARGEST_GROWTH = 10.0
GROWTH_AFTER_JUMP = 1000.0
"""The first step after a jump is a guess; how good it was shows in its error."""
LARGEST_CUT = 0.2
REJECTIONS_IN_A_ROW = 60
ROUNDING = 10.0
"""Units in the last place by which the error estimate is off (its coefficients reach 165)."""
SAMPLES = 4
"""Instants inside a step at which the conditions of events are looked at (its end included)."""
BISECTIONS = 34
"""An event is located to 2^-34 of its step, and executed that much later, where it surely holds."""


@dataclass(frozen=True)
class Driver:
    """Writes the driving functions for the kernels of one program."""

    module: Module
    program: Program
    tableau: Tableau
    kind: Type
    kernels: Kernels
    attributes: str

    @property
    def layout(self) -> Layout:
        return self.kernels.layout

    @property
    def wide(self) -> Type:
        return self.kind.of("double")

    # -- access to memory

    def function(self, name: str, *extra: tuple[str, Type], internal: bool = True) -> Function:
        arguments = [("job", PTR), ("lanes", PTR), *extra]
        return Function(self.module, name, arguments, internal=internal, attributes=self.attributes)

    def job(self, f: Function, name: str) -> Value:
        kind = I64 if name in INTEGERS else F64 if name in FLOATS else PTR
        return f.load(kind, f["job"], JOB.index(name))

    def vector(self, f: Function, name: str, index: Value | int = 0) -> Value:
        return self.layout.load(f, f["lanes"], name, index)

    def set_vector(self, f: Function, name: str, value: Value, index: Value | int = 0) -> None:
        self.layout.store(f, f["lanes"], name, value, index)

    def _element(self, f: Function, name: str, row: Value | int) -> tuple[Value, Type]:
        kind = self.layout.types[name]
        return self.layout.address(f, f["lanes"], name, row), kind.element

    def get(self, f: Function, name: str, lane: Value, row: Value | int = 0) -> Value:
        """One lane's value of a lane array, as f64 or i64."""
        base, element = self._element(f, name, row)
        value = f.load(element, base, lane)
        return value.convert(F64) if element.is_float else value

    def set(
        self, f: Function, name: str, lane: Value, value: Value | float | int, row: Value | int = 0
    ) -> None:
        base, element = self._element(f, name, row)
        target = F64 if element.is_float else element
        f.store(f.coerce(value, target).convert(element), base, lane)

    def call(self, f: Function, name: str, *extra: Value) -> None:
        f.call(None, name, f["job"], f["lanes"], *extra)

    def kernel(self, f: Function, name: str, *extra: Value) -> None:
        f.call(None, name, f["lanes"], *extra)

    def u(self, f: Function, stage: int) -> Value:
        return self.layout.address(f, f["lanes"], "u", stage * self.program.moving)

    # -- memory of the driver itself

    def extend_layout(self) -> None:
        """Add what the driver remembers of each lane to the lanes' memory."""
        lanes, layout = self.kind.lanes, self.layout
        layout.add("growth", self.wide, 1)
        layout.add("proposed_h", self.wide, 1)
        layout.add("first_h", self.wide, 1)
        words = Type("i64", lanes)
        names = (
            "patient",
            "phase",
            "next_output",
            "next_action",
            "end_action",
            "steps",
            "rejected",
            "in_a_row",
        )
        for name in names:
            layout.add(name, words, 1)
        layout.add("remembered_h", self.wide, 1)
        layout.add("after_jump", self.wide, 1)
        if self.program.events:
            layout.add("changed_at", self.kind, 1)
            layout.add("waiting", words, 1)
            layout.add("draws", words, 1)
            layout.add("waiting_time", self.wide, WAITING_EVENTS)
            layout.add("waiting_event", words, WAITING_EVENTS)
            layout.add("waiting_value", self.wide, WAITING_EVENTS * max(1, len(self.program.assigned)))

    def write_all(self) -> None:
        self.extend_layout()
        self._fail()
        self._write_output()
        self._set_next_stop()
        if self.program.events:
            write_events(self)
        self._serve_stop()
        self._load_patient()
        self._start_patient()
        self._serve()
        self._drive()

    # -- one lane

    def _fail(self) -> None:
        """End a patient's integration: note cause and time; the values not yet written become NaN."""
        f = self.function("fail", ("lane", I64), ("cause", I64))
        lane = f["lane"]
        patient = self.get(f, "patient", lane)
        f.store(f["cause"], self.job(f, "cause"), patient)
        f.store(self.get(f, "t", lane), self.job(f, "failure_time"), patient)
        outputs, points = len(self.program.outputs), self.job(f, "points")
        row = (patient * points + self.get(f, "next_output", lane)) * outputs
        with f.loop((patient + 1) * points * outputs, start=row) as i:
            f.store(f.const(F64, float("nan")), self.job(f, "values"), i)
        self.call(f, "release", lane)
        f.finish()

        f = self.function("release", ("lane", I64))
        lane = f["lane"]
        patient = self.get(f, "patient", lane)
        f.store(self.get(f, "steps", lane), self.job(f, "steps"), patient)
        f.store(self.get(f, "rejected", lane), self.job(f, "rejected"), patient)
        self.set(f, "phase", lane, Phase.IDLE)
        self.set(f, "t_next_output", lane, float("inf"))
        # An idle lane goes on computing; zeros are harmless there.
        with f.loop(len(self.program.states)) as i:
            self.set(f, "y", lane, 0.0, i)
        with f.loop(self.program.moving) as i:
            self.set(f, "y_new", lane, 0.0, i)
        f.finish()

    def _write_output(self) -> None:
        """Copy the lane's column of `output` to the patient's next row, and find the time of the next one."""
        f = self.function("write_output", ("lane", I64))
        lane, outputs = f["lane"], len(self.program.outputs)
        points, point = self.job(f, "points"), self.get(f, "next_output", lane)
        row = (self.get(f, "patient", lane) * points + point) * outputs
        target = f.at(self.job(f, "values"), row, F64)
        for i in range(outputs):
            f.store(self.get(f, "output", lane, i), target, i)
        following = point + 1
        self.set(f, "next_output", lane, following)
        time = f.variable(F64, float("inf"))
        with f.when(following < points):
            time.set(f.load(F64, self.job(f, "times"), following))
        self.set(f, "t_next_output", lane, time.get())
        f.finish()

    def _set_next_stop(self) -> None:
        """The earliest of the end, the next action, the next breakpoint and the next waiting event."""
        f = self.function("set_next_stop", ("lane", I64))
        lane = f["lane"]
        t = self.get(f, "t", lane)
        stop = f.variable(F64, f.load(F64, self.job(f, "times"), self.job(f, "points") - 1))
        action = self.get(f, "next_action", lane)
        with f.when(action < self.get(f, "end_action", lane)):
            stop.set(f.minimum(f.load(F64, self.job(f, "action_time"), action), stop.get()))
        self._stop_at_breakpoints(f, lane, t, stop)
        if self.program.events:
            with f.loop(self.get(f, "waiting", lane)) as k:
                stop.set(f.minimum(self.get(f, "waiting_time", lane, k), stop.get()))
        self.set(f, "t_stop", lane, stop.get())
        f.finish()

    def _stop_at_breakpoints(self, f: Function, lane: Value, t: Value, stop: Variable) -> None:
        count = len(self.program.breakpoints) // 2
        if count:
            self.kernel(f, "find_breakpoints")
        for i in range(count):
            first, period = (self.get(f, "scratch", lane, k) for k in (i, count + i))
            with f.exact():
                later = first + (f.intrinsic("floor", (t - first) / period) + 1.0) * period
                later = f.select(later > t, later, later + period)
            instant = f.select(period > 0.0, later, first)
            stop.set(f.select((instant > t) & (instant < stop.get()), instant, stop.get()))

    def _serve_stop(self) -> None:
        """At a stop: actions due, then events, then the end or the way to the next stop."""
        f = self.function("serve_stop", ("lane", I64))
        lane = f["lane"]
        t = self.get(f, "t", lane)
        with f.forever() as loop:
            action = self.get(f, "next_action", lane)
            loop.leave_if(action >= self.get(f, "end_action", lane))
            loop.leave_if(f.load(F64, self.job(f, "action_time"), action) > t)
            self._act(f, lane, action)
            self.set(f, "next_action", lane, action + 1)
            self.set(f, "after_jump", lane, 1.0)
        self.set(f, "phase", lane, Phase.RUNNING)
        if self.program.events:
            self.call(f, "process_events", lane)
            with f.when(self.get(f, "phase", lane).eq(Phase.IDLE)):
                f.ret()
        end = f.load(F64, self.job(f, "times"), self.job(f, "points") - 1)
        with f.choose(t >= end) as otherwise:
            self._finish(f, lane)
            otherwise()
            self.call(f, "set_next_stop", lane)
            with f.when(self.get(f, "after_jump", lane) > 0.0):
                # The step that suited this patient after its last jump is a good guess.
                remembered, h = self.get(f, "remembered_h", lane), self.get(f, "h", lane)
                self.set(f, "h", lane, f.select(remembered > 0.0, remembered, h))
                self.set(f, "growth", lane, GROWTH_AFTER_JUMP)
        f.finish()

    def _finish(self, f: Function, lane: Value) -> None:
        """Write the outputs at the end itself, then let the patient go."""
        self.kernel(f, "observe_now")
        with f.forever() as loop:
            loop.leave_if(self.get(f, "next_output", lane) >= self.job(f, "points"))
            self.call(f, "write_output", lane)
        self.call(f, "release", lane)

    def _act(self, f: Function, lane: Value, action: Value) -> None:
        kind = f.load(I64, self.job(f, "action_kind"), action)
        target = f.load(I64, self.job(f, "action_target"), action)
        value = f.load(F64, self.job(f, "action_value"), action)
        with f.when(kind.eq(Action.ADD)):
            self.set(f, "y", lane, self.get(f, "y", lane, target) + value, target)
        if self.program.infusions:
            with f.when(kind.eq(Action.SET_INFUSION)):
                self.set(f, "infusion", lane, value, target)
        with f.when(kind >= Action.RESET):
            self.kernel(f, "initial")
            with f.loop(len(self.program.states)) as i, f.when(kind.eq(Action.RESET_ALL) | i.eq(target)):
                self.set(f, "y", lane, self.get(f, "scratch", lane, i), i)

    def _load_patient(self) -> None:
        """Take the next patient, if any, and put its parameters into the lane."""
        f = self.function("load_patient", ("lane", I64))
        lane = f["lane"]
        counter = self.job(f, "next_patient")
        patient = f.emit(I64, f"atomicrmw add ptr {counter.ref}, i64 1 monotonic")
        with f.when((patient < self.job(f, "patients")) & f.load(I64, self.job(f, "stop")).eq(0)):
            self.set(f, "patient", lane, patient)
            self.set(f, "phase", lane, Phase.AT_STOP)
            count = len(self.program.parameters)
            row = f.at(self.job(f, "parameters"), patient * count, F64)
            with f.loop(count) as i:
                self.set(f, "parameter", lane, f.load(F64, row, i), i)
            self.set(f, "t", lane, f.load(F64, self.job(f, "start"), patient))
            with f.loop(len(self.program.infusions)) as i:
                self.set(f, "infusion", lane, 0.0, i)
        f.finish()

    def _start_patient(self) -> None:
        """Initial values (found in `scratch`) and a clean memory for the lane's new patient."""
        f = self.function("start_patient", ("lane", I64))
        lane = f["lane"]
        patient = self.get(f, "patient", lane)
        with f.loop(len(self.program.states)) as i:
            self.set(f, "y", lane, self.get(f, "scratch", lane, i), i)
        for name, table in (("next_action", "first_action"), ("end_action", "last_action")):
            self.set(f, name, lane, f.load(I64, self.job(f, table), patient))
        for name in ("next_output", "steps", "rejected", "in_a_row"):
            self.set(f, name, lane, 0)
        self.set(f, "t_next_output", lane, f.load(F64, self.job(f, "times"), 0))
        self.set(f, "growth", lane, GROWTH_AFTER_JUMP)
        self.set(f, "h", lane, 0.0)
        self.set(f, "remembered_h", lane, 0.0)
        self.set(f, "after_jump", lane, 1.0)
        if self.program.events:
            self.set(f, "waiting", lane, 0)
            self.set(f, "draws", lane, 0)
            for k, event in enumerate(self.program.events):
                self.set(f, "trigger_before", lane, float(event.initial), k)
        f.finish()

    # -- all lanes

    def _serve(self) -> None:
        """New patients into idle lanes, then every lane that stands at a stop; returns the lanes in use."""
        lanes = self.kind.lanes
        f = Function(
            self.module,
            "serve",
            [("job", PTR), ("lanes", PTR)],
            I64,
            internal=True,
            attributes=self.attributes,
        )
        with f.forever() as again:
            fresh = f.variable(I64, 0)
            fresh.set(0)
            with f.loop(lanes) as lane, f.when(self.get(f, "phase", lane).eq(Phase.IDLE)):
                self.call(f, "load_patient", lane)
                with f.when(self.get(f, "phase", lane).eq(Phase.AT_STOP)):
                    fresh.set(fresh.get() | (f.const(I64, 1) << lane))
            with f.when(fresh.get().ne(0)):
                self.kernel(f, "prepare")
                self.kernel(f, "initial")
                self._for_each(f, fresh.get(), "start_patient")
            ended = f.variable(I64, 0)
            ended.set(0)
            with f.loop(lanes) as lane, f.when(self.get(f, "phase", lane).eq(Phase.AT_STOP)):
                self.call(f, "serve_stop", lane)
                with f.when(self.get(f, "phase", lane).eq(Phase.IDLE)):
                    ended.set(f.const(I64, 1))
            with f.when(fresh.get().ne(0)):
                self._first_steps(f, fresh.get())
            # Patients may end all at once, or at their first instant: look for others before giving up.
            again.leave_if((fresh.get() | ended.get()).eq(0))
        busy = f.variable(I64, 0)
        with f.loop(lanes) as lane:
            busy.set(busy.get() + self.get(f, "phase", lane).ne(Phase.IDLE).convert(I64))
        f.finish(busy.get())

    def _for_each(self, f: Function, lanes: Value, name: str) -> None:
        with f.loop(self.kind.lanes) as lane, f.when(((lanes >> lane) & 1).ne(0)):
            self.call(f, name, lane)

    def _first_steps(self, f: Function, fresh: Value) -> None:
        """A first step over which the states change by about a hundredth of themselves."""
        if self.program.moving:
            one = f.const(self.kind, 1.0)
            self.set_vector(f, "inverse_h_gamma", one)
            self.set_vector(f, "h_d", f.const(self.kind, 0.0))
            self.set_vector(f, "stage_time", self.vector(f, "t").convert(self.kind))
            self.kernel(f, "factor")
        rtol = self.job(f, "rtol").convert(self.kind.element).splat(self.kind.lanes)
        size, speed = f.variable(self.kind, 0.0), f.variable(self.kind, 0.0)
        size.set(0.0)
        speed.set(0.0)
        with f.loop(self.program.moving) as i:
            y = self.vector(f, "y", i)
            inverse = 1.0 / (self._atol(f, i) + rtol * f.intrinsic("fabs", y))
            size.set(f.maximum(f.intrinsic("fabs", y * inverse), size.get()))
            speed.set(f.maximum(f.intrinsic("fabs", self.vector(f, "u", i) * inverse), speed.get()))
        width = self.vector(f, "t_stop") - self.vector(f, "t")
        s, v = size.get().convert(self.wide), speed.get().convert(self.wide)
        guess = f.select((s > 1e-5) & (v > 1e-5), s * 0.01 / v, width * 1e-4)
        self.set_vector(f, "first_h", f.minimum(guess, width))
        with f.loop(self.kind.lanes) as lane, f.when(((fresh >> lane) & 1).ne(0)):
            self.set(f, "h", lane, self.get(f, "first_h", lane))

    def _atol(self, f: Function, i: Value) -> Value:
        return f.load(self.kind.element, self.job(f, "atol"), i).splat(self.kind.lanes)

    def _drive(self) -> None:
        f = self.function("drive", internal=False)
        lanes = self.kind.lanes
        with f.loop(lanes) as lane:
            self.set(f, "phase", lane, Phase.IDLE)
            self.set(f, "t_next_output", lane, float("inf"))
            self.set(f, "h", lane, 1.0)
            self.set(f, "t_stop", lane, float("inf"))
        waiting = f.variable(I64, 1)
        with f.forever():
            with f.when(waiting.get().ne(0)):
                busy = f.call(I64, "serve", f["job"], f["lanes"])
                with f.when(busy.eq(0)):
                    f.ret()
            self._step(f)
            waiting.set(self._judge(f))
        f.finish()

    def _step(self, f: Function) -> None:
        """One step of all lanes: `u` and `y_new`."""
        kind, tableau = self.kind, self.tableau
        t, h, stop = (self.vector(f, name) for name in ("t", "h", "t_stop"))
        largest = self.job(f, "largest_step").splat(kind.lanes)
        rest = stop - t
        h = f.minimum(h, largest)
        self.set_vector(f, "proposed_h", h)
        # The stop is met exactly; two equal steps are better than a long and a tiny one.
        reaches = h * 1.0000001 >= rest
        halves = (h * 2.0 > rest) & ~reaches
        with f.exact():
            h = f.select(reaches, rest, f.select(halves, rest * 0.5, h))
            t_new = f.select(reaches, stop, t + h)
        h = f.maximum(h, 1e-300 if kind.scalar == "double" else 1e-37)  # 1/h stays finite
        self.set_vector(f, "h", h)
        self.set_vector(f, "t_new", t_new)
        inverse = (1.0 / h).convert(kind)
        self.set_vector(f, "inverse_h", inverse)
        self.set_vector(f, "inverse_h_gamma", inverse * (1.0 / tableau.gamma))
        if not self.program.moving:
            return
        narrow = h.convert(kind)
        self._stage(f, 0, t, t_new, h, narrow)
        self.kernel(f, "factor")
        self.kernel(f, "solve", self.u(f, 0))
        for stage in range(1, tableau.stages):
            self._stage(f, stage, t, t_new, h, narrow)
            self.kernel(f, f"combine{stage}")
            self.kernel(f, "rhs", self.u(f, stage))
            self.kernel(f, "solve", self.u(f, stage))

    def _stage(self, f: Function, stage: int, t: Value, t_new: Value, h: Value, narrow: Value) -> None:
        """Time and h d_i of a stage, where the rates depend on time.

        The ends of a step count as inside it, by a few units in the last place: there a condition on time may
        change, and its two sides are rounded.
        """
        if not self.program.reads_time:
            return
        alpha = self.tableau.alpha[stage]
        inward, least = (1e-15, 1e-300) if self.kind.scalar == "double" else (5e-7, 1e-35)
        with f.exact():
            if alpha == 0.0:
                inside = t + (f.intrinsic("fabs", t) * inward + least)
            elif alpha == 1.0:
                inside = t_new - (f.intrinsic("fabs", t_new) * inward + least)
            else:
                inside = t + h * alpha
        self.set_vector(f, "stage_time", inside.convert(self.kind))
        self.set_vector(f, "h_d", narrow * self.tableau.d[stage])

    def _judge(self, f: Function) -> Value:
        """Accept or reject in each lane, write outputs that are due; returns whether a lane waits."""
        kind, wide = self.kind, self.wide
        mean_square = self._error(f).convert(wide)
        ok = mean_square <= 1.0
        h, t, t_new = (self.vector(f, name) for name in ("h", "t", "t_new"))
        factor = self._step_factor(f, f.maximum(mean_square - self._noise(f), mean_square * 1e-5))
        reached = t_new >= self.vector(f, "t_stop")
        if self.program.events:
            changed = self._locate_events(f, ok)
            reached = reached | changed
            t_new = self.vector(f, "t_new")
        self._outputs(f, ok, h, t, t_new)
        if self.program.events:
            self._truncate(f, changed)
        self._advance(f, ok)
        growth = self.vector(f, "growth")
        longer = h * f.minimum(factor, growth)
        # A step that was cut short says little: go on with what was meant.
        meant = self.vector(f, "proposed_h")
        longer = f.select(ok & (meant > longer), meant, longer)
        self._remember(f, ok, longer)
        self.set_vector(f, "t", f.select(ok, t_new, t))
        self.set_vector(f, "h", longer)
        self.set_vector(f, "growth", f.select(ok, f.const(wide, LARGEST_GROWTH), f.const(wide, 1.0)))
        words = Type("i64", kind.lanes)
        accepted = ok.convert(words)
        self.set_vector(f, "steps", self.vector(f, "steps") + accepted)
        self.set_vector(f, "rejected", self.vector(f, "rejected") + (1 - accepted))
        row = f.select(ok, f.const(words, 0), self.vector(f, "in_a_row") + 1)
        self.set_vector(f, "in_a_row", row)
        phase = self.vector(f, "phase")
        idle = phase.eq(Phase.IDLE)
        stopped = ok & reached & ~idle
        self.set_vector(f, "phase", f.select(stopped, f.const(words, Phase.AT_STOP), phase))
        stuck = (t + h).compare("le", t)
        limit = self.job(f, "most_steps").splat(kind.lanes)
        lost = ((row > REJECTIONS_IN_A_ROW) | (stuck & ~ok) | (self.vector(f, "steps") > limit)) & ~idle
        with f.when(f.any(lost)):
            self._lose(f, lost)
        return f.any(stopped | lost).convert(I64)

    def _lose(self, f: Function, lost: Value) -> None:
        with f.each(lost) as lane:
            too_many = self.get(f, "steps", lane) > self.job(f, "most_steps")
            small = f.select(too_many, f.const(I64, Cause.TOO_MANY_STEPS), Cause.STEP_TOO_SMALL)
            finite = f.variable(I64, 1)
            finite.set(1)
            with f.loop(self.program.moving) as i:
                error = self.get(f, "y_new", lane, i)
                finite.set(f.select((error - error).eq(0.0), finite.get(), f.const(I64, 0)))
            cause = f.select(finite.get().ne(0), small, f.const(I64, Cause.NOT_FINITE))
            self.call(f, "fail", lane, cause)

    def _error(self, f: Function) -> Value:
        """The mean square of the error estimate over its tolerance; also writes `y_new`."""
        kind, n = self.kind, self.program.moving
        if not n:
            return f.const(kind, 1e-30)
        rtol = self.job(f, "rtol").convert(kind.element).splat(kind.lanes)
        total = f.variable(kind, 0.0)
        total.set(0.0)
        last = self.tableau.stages - 1
        atol = self.job(f, "atol")
        with f.loop(n) as i:
            y, error = self.vector(f, "y", i), f.load(kind, self.u(f, last), i)
            new = self.vector(f, "stage", i) + error
            self.set_vector(f, "y_new", new, i)
            size = f.maximum(f.intrinsic("fabs", y), f.intrinsic("fabs", new))
            scale = f.load(kind.element, atol, i).splat(kind.lanes) + rtol * size
            ratio = error * f.rough_inverse(scale)
            total.set(total.get() + ratio * ratio)
        return total.get() * (1.0 / n)

    def _noise(self, f: Function) -> Value:
        """The mean square that rounding alone puts into the error estimate: it must not hold steps down."""
        epsilon = 2.0**-52 if self.kind.scalar == "double" else 2.0**-23
        ratio = (ROUNDING * epsilon) / self.job(f, "rtol")
        return (ratio * ratio).splat(self.kind.lanes)

    def _step_factor(self, f: Function, mean_square: Value) -> Value:
        """SAFETY / error^(1/order) within bounds; NaN cuts as much as is allowed.

        The power comes from the exponent bits read as a logarithm: off by less than a hundredth.
        """
        order = self.tableau.order
        one = 0x3FF0000000000000
        bits = (mean_square + 1e-30).bitcast(self.wide.integer).convert(self.wide)
        power = (one + one / (2.0 * order)) - bits * (1.0 / (2.0 * order))
        factor = power.convert(self.wide.integer).bitcast(self.wide) * SAFETY
        bounded = f.minimum(f.maximum(factor, LARGEST_CUT), GROWTH_AFTER_JUMP)
        return f.select(mean_square < 1e30, bounded, f.const(self.wide, LARGEST_CUT))

    def _outputs(self, f: Function, ok: Value, h: Value, t: Value, t_new: Value) -> None:
        """Write every output that lies in [t, t_new) of an accepted step."""
        following = self.vector(f, "t_next_output")
        with f.when(f.any(ok & (following < t_new))):
            if self.program.moving and not self.program.events:
                self.kernel(f, "dense")
            with f.forever() as loop:
                following = self.vector(f, "t_next_output")
                due = ok & (following < t_new)
                loop.leave_if(~f.any(due))
                theta = (following - t) / h
                inside = f.select(due, theta, f.const(self.wide, 0.0))
                self.set_vector(f, "theta", inside.convert(self.kind))
                self.set_vector(f, "t_new", f.select(due, following, t_new))
                self.kernel(f, "observe")
                with f.each(due) as lane:
                    self.call(f, "write_output", lane)
            self.set_vector(f, "t_new", t_new)

    def _advance(self, f: Function, ok: Value) -> None:
        with f.loop(self.program.moving) as i:
            self.set_vector(f, "y", f.select(ok, self.vector(f, "y_new", i), self.vector(f, "y", i)), i)

    def _remember(self, f: Function, ok: Value, longer: Value) -> None:
        """Keep the step length found by the first accepted step after a jump."""
        fresh = ok & (self.vector(f, "after_jump") > 0.0)
        kept = f.select(fresh, longer, self.vector(f, "remembered_h"))
        self.set_vector(f, "remembered_h", kept)
        zero = f.const(self.wide, 0.0)
        self.set_vector(f, "after_jump", f.select(ok, zero, self.vector(f, "after_jump")))

    # -- events inside a step

    def _locate_events(self, f: Function, ok: Value) -> Value:
        """Find the first instant of the step at which a trigger differs from before; cut t_new there."""
        kind = self.kind
        words = Type("i64", kind.lanes)
        t, h = self.vector(f, "t"), self.vector(f, "h")
        t_new = self.vector(f, "t_new")
        running = ok & self.vector(f, "phase").ne(Phase.IDLE)
        self.kernel(f, "dense")
        low, high = f.variable(kind, 0.0), f.variable(kind, 1.0)
        found = f.variable(words, 0)
        low.set(0.0)
        high.set(1.0)
        found.set(0)
        none = f.const(words, 0)
        for k in range(1, SAMPLES + 1):
            at = f.const(kind, k / SAMPLES)
            differs = self._differs(f, at, t, h) & running & found.get().eq(none)
            low.set(f.select(differs, f.const(kind, (k - 1) / SAMPLES), low.get()))
            high.set(f.select(differs, at, high.get()))
            found.set(found.get() | differs.convert(words))
        changed = found.get().ne(none)
        with f.when(f.any(changed)):
            steps = BISECTIONS if kind.scalar == "double" else BISECTIONS // 2
            with f.loop(steps):
                middle = (low.get() + high.get()) * 0.5
                differs = self._differs(f, middle, t, h)
                high.set(f.select(differs, middle, high.get()))
                low.set(f.select(differs, low.get(), middle))
            sure = f.minimum(high.get() + 2.0**-steps, f.const(kind, 1.0))
            self.set_vector(f, "changed_at", sure)
            instant = f.select(sure >= 1.0, t_new, t + sure.convert(self.wide) * h)
            self.set_vector(f, "t_new", f.select(changed, instant, t_new))
        return changed

    def _differs(self, f: Function, theta: Value, t: Value, h: Value) -> Value:
        """Whether any trigger at `theta` of the step has another value than at its start."""
        before = self.vector(f, "t_new")
        self.set_vector(f, "theta", theta)
        whole = theta >= 1.0
        self.set_vector(f, "t_new", f.select(whole, before, t + theta.convert(self.wide) * h))
        self.kernel(f, "triggers")
        self.set_vector(f, "t_new", before)
        result = f.const(self.kind.mask, 0)
        for k in range(len(self.program.triggers)):
            result = result | self.vector(f, "trigger", k).ne(self.vector(f, "trigger_before", k))
        return result

    def _truncate(self, f: Function, changed: Value) -> None:
        """Where an event cut the step, the new state is dense output at that instant."""
        n, H = self.program.moving, self.tableau.H
        with f.when(f.any(changed)):
            at = self.vector(f, "changed_at")
            rest = 1.0 - at
            with f.loop(n) as i:
                inner = self.vector(f, "dense", i + (len(H) - 1) * n)
                for m in reversed(range(len(H) - 1)):
                    inner = self.vector(f, "dense", i + m * n) + at * inner
                full = self.vector(f, "y_new", i)
                cut = rest * self.vector(f, "y", i) + at * (full + rest * inner)
                whole = at >= 1.0
                self.set_vector(f, "y_new", f.select(changed & ~whole, cut, full), i)
