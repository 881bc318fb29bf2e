"""The gradient of a weighted sum of outputs, for any number of parameters at the price of a few runs.

A run writes the start of every step to a tape. Then each patient goes back over its steps, last one first:
the stages are computed anew, which gives the same bits, and the step's derivative is applied from the left.
With the new value y1 = y + sum_j m_j u_j and its adjoint l, stage by stage from the last,

    v_i  = (I / (gamma h) - J)^-T ub_i              one solve with the same factors, transposed
    Yb_i = f_x(Y_i)^T v_i                           to the stage's argument
    p_b += f_p(Y_i)^T v_i                           to the parameters
    G   += v_i u_i^T                                to the Jacobian's entries, differentiated once a step
    ub_j = m_j l + sum_{i>j} (c_ij / h) v_i + a_ij Yb_i

What it computes equals what the directions of `tangent` give, to rounding, without anything by direction.
Events, and instants that depend on parameters, are left to those.
"""

from __future__ import annotations

from exodyn.engine.codes import Action, Phase
from exodyn.engine.emit import F64, I64, PTR, Value
from exodyn.engine.kernels import RECENT, weighted
from exodyn.engine.lanes import TAPE_HEAD, LaneFunction, Lanes
from exodyn.engine.step import set_lengths, take_stages
from exodyn.engine.tangent_kernels import (
    Matrix,
    compressed,
    entry,
    matrix,
    needed,
    stage_terms,
    write_partials,
)


def write_record(w: Lanes) -> None:
    """Write `record`: a row of the tape for one lane."""
    p = w.program
    f = w.service("record", ("lane", I64))
    lane = f["lane"]
    patient, row = f.get("patient", lane), f.get("row", lane)
    f.set("row", lane, row + 1)
    f.store(row + 1, f.job("recorded"), patient)
    with f.when(row < f.job("room")):
        width = TAPE_HEAD + len(p.states) + len(p.infusions)
        at = f.at(f.job("tape"), (patient * f.job("room") + row) * width, F64)
        for k, name in enumerate(("t", "t_new", "h")):
            f.store(f.get(name, lane), at, k)
        for name, count, first in _rows(w):
            with f.loop(count) as i:
                f.store(f.get(name, lane, i), at, i + first)
    f.finish()


def _rows(w: Lanes) -> list[tuple[str, int, int]]:
    """What a row of the tape holds after its head: array, length, place."""
    states = len(w.program.states)
    return [("y", states, TAPE_HEAD), ("infusion", len(w.program.infusions), TAPE_HEAD + states)]


def write_adjoint(w: Lanes) -> None:
    """Write `back`, the function to call, and its parts."""
    write_partials(w)
    _solve_transposed(w)
    for stage in range(w.tableau.stages):
        _gather(w, stage)
    _stage_back(w)
    _step_back(w)
    _outputs_back(w, inside=True)
    _outputs_back(w, inside=False)
    _load_back(w)
    _read_row(w)
    _weigh(w)
    _step_over(w)
    _back(w)


# -- one step of all lanes


def _solve_transposed(w: Lanes) -> None:
    """The transposed system of one stage, in place: what `solve` does, in the reverse order."""
    plan, places = w.program.plan, w.factor_places
    size = len(plan.order)
    fn = w.kernel("solve_transposed", ("u", PTR))
    u = fn["u"]
    uppers: list[list[int]] = [[] for _ in range(size)]
    lowers: list[list[int]] = [[] for _ in range(size)]
    for i in range(size):
        for j in plan.upper[i]:
            uppers[j].append(i)
        for j in plan.lower[i]:
            lowers[j].append(i)
    x: list[Value] = []

    def known(k: int, at: int) -> Value:
        return x[k] if abs(at - k) < RECENT else fn.load(w.kind, u, plan.order[k])

    for i in range(size):
        value = fn.load(w.kind, u, plan.order[i])
        for k in uppers[i]:
            value = value + fn.vector("factors", places[k, i]) * known(k, i)
        x.append(value * fn.vector("factors", places[i, i]))
        fn.store(x[i], u, plan.order[i])
    for i in reversed(range(size)):
        value = x[i] if size - 1 - i < RECENT else fn.load(w.kind, u, plan.order[i])
        for k in lowers[i]:
            value = value + fn.vector("factors", places[k, i]) * known(k, i)
        x[i] = value
        fn.store(value, u, plan.order[i])
    fn.finish()


def _gather(w: Lanes, stage: int) -> None:
    """The adjoint of a stage's solution, from the stages after it and from what is reported."""
    tableau, n = w.tableau, w.program.moving
    fn = w.kernel(f"gather{stage}")
    inverse_h = fn.vector("inverse_h")
    # The arguments of chained stages are the one before and the solution before: equal weights are summed.
    plain = tableau.stages - tableau.chained
    with fn.loop(n) as i:
        total = fn.vector("lambda", i)
        for k in reversed(range(max(stage + 1, plain), tableau.stages)):
            total = total + fn.vector("argument_back", i + k * n)
        if stage < plain - 1:
            total = (total + fn.vector("argument_back", i + (plain - 1) * n)) * tableau.a[plain - 1][stage]
        for k in range(stage + 1, plain - 1):
            total = total + fn.vector("argument_back", i + k * n) * tableau.a[k][stage]
        later = range(stage + 1, tableau.stages)
        if later:
            v = [fn.vector("v", i + k * n) for k in later]
            total = total + inverse_h * weighted([tableau.c[k][stage] for k in later], v, None)
        for m, weights in enumerate(tableau.H):
            total = total + fn.vector("dense_back", i + m * n) * weights[stage]
        fn.set_vector("v", total, i + stage * n)
    fn.finish()


def _stage_back(w: Lanes) -> None:
    """Solve, and hand on to the stage's argument, the parameters and the Jacobian's entries."""
    t, p = needed(w), w.program
    m = matrix(w, "rate_partial", t.rates)
    fn = w.kernel("stage_back", ("at", PTR), ("u", PTR), ("v", PTR), ("argument", PTR))
    rows: dict[int, list[int]] = {}
    for i, j in t.rates.by_state:
        rows.setdefault(j, []).append(i)
    for j in range(len(p.states)):
        total = None
        for i in rows.get(j, []):
            e = t.rates.by_state[i, j]
            value = fn.load(w.kind, fn["v"], i)
            if not (e.op == "const" and e.value == 1.0):
                value = entry(w, fn, m, fn["at"], (i, j)) * value
            total = value if total is None else total + value
        if j < p.moving:
            fn.store(total if total is not None else fn.const(w.kind, 0.0), fn["argument"], j)
        elif total is not None:
            fn.set_vector("lambda", fn.vector("lambda", j) + total, j)
    by: dict[int, Value] = {}
    for k, (i, d) in enumerate(t.rates.by_parameter, start=m.first_by_parameter):
        term = fn.load(w.kind, fn["at"], k) * fn.load(w.kind, fn["v"], i)
        by[d] = by[d] + term if d in by else term
    for d, value in by.items():
        fn.set_vector("gradient", fn.vector("gradient", d) + value, d)
    for row, k in compressed(t.jacobian).items():
        i, j = t.entries[row]
        term = fn.load(w.kind, fn["v"], i) * fn.load(w.kind, fn["u"], j)
        fn.set_vector("jacobian_back", fn.vector("jacobian_back", k) + term, k)
    for i, k in compressed(t.by_time).items():
        term = fn.vector("h_d") * fn.load(w.kind, fn["v"], i)
        fn.set_vector("by_time_back", fn.vector("by_time_back", k) + term, k)
    for k, i in enumerate(p.infused):
        fn.set_vector("infusion_back", fn.vector("infusion_back", k) + fn.load(w.kind, fn["v"], i), k)
    fn.finish()


def _step_back(w: Lanes) -> None:
    """The adjoint of the step's start, of all stages and of the Jacobian there; into `lambda`."""
    t, p, tableau = needed(w), w.program, w.tableau
    n, size = p.moving, len(stage_terms(w))
    fn = w.kernel("step_back")
    for name in ("jacobian_back", "by_time_back"):
        with fn.loop(w.layout.counts[name]) as i:
            fn.set_vector(name, fn.const(w.kind, 0.0), i)
    for stage in reversed(range(tableau.stages)):
        fn.kernel(f"gather{stage}")
        v = fn.address("v", stage * n)
        fn.kernel("solve_transposed", v)
        if not p.autonomous:
            fn.set_vector("h_d", fn.vector("h").convert(w.kind) * tableau.d[stage])
        argument = fn.address("argument_back", stage * n)
        fn.kernel("stage_back", fn.address("rate_partial", stage * size), fn.stage(stage), v, argument)
    with fn.loop(n) as i:
        total = fn.vector("lambda", i) + fn.vector("start_back", i)
        for stage in range(tableau.stages):
            total = total + fn.vector("argument_back", i + stage * n)
        fn.set_vector("lambda", total, i)
    fn.kernel("second_back")
    fn.finish()

    fn = w.kernel("second_back")
    for name, weights, part in (
        ("second", "jacobian_back", t.jacobian),
        ("by_time_partial", "by_time_back", t.by_time),
    ):
        m, place = matrix(w, name, part), compressed(part)
        for key in part.by_state:
            row, j = key
            term = entry(w, fn, m, fn.address(name), key) * fn.vector(weights, place[row])
            fn.set_vector("lambda", fn.vector("lambda", j) + term, j)
        for k, (row, d) in enumerate(part.by_parameter, start=m.first_by_parameter):
            term = fn.vector(name, k) * fn.vector(weights, place[row])
            fn.set_vector("gradient", fn.vector("gradient", d) + term, d)
    fn.finish()


def _outputs_back(w: Lanes, inside: bool) -> None:
    """From the weights of outputs, inside the step or at its start, to states and parameters."""
    t, p, tableau = needed(w), w.program, w.tableau
    m: Matrix = matrix(w, "output_partial", t.outputs)
    fn = w.kernel("outputs_back" if inside else "outputs_back_now")
    base, n = fn.address(m.name), p.moving
    theta = fn.vector("theta") if inside else None
    for j in sorted({j for _, j in t.outputs.by_state}):
        total = None
        for o in [r for r, k in t.outputs.by_state if k == j]:
            e = t.outputs.by_state[o, j]
            value = fn.vector("weight", o)
            if not (e.op == "const" and e.value == 1.0):
                value = entry(w, fn, m, base, (o, j)) * value
            total = value if total is None else total + value
        assert total is not None
        if theta is None or j >= n:
            fn.set_vector("lambda", fn.vector("lambda", j) + total, j)
            continue
        rest = 1.0 - theta
        fn.set_vector("start_back", fn.vector("start_back", j) + rest * total, j)
        inner = theta * total
        fn.set_vector("lambda", fn.vector("lambda", j) + inner, j)
        inner = rest * inner
        for k in range(len(tableau.H)):
            fn.set_vector("dense_back", fn.vector("dense_back", j + k * n) + inner, j + k * n)
            inner = theta * inner
    for k, (o, d) in enumerate(t.outputs.by_parameter, start=m.first_by_parameter):
        term = fn.vector(m.name, k) * fn.vector("weight", o)
        fn.set_vector("gradient", fn.vector("gradient", d) + term, d)
    fn.finish()


# -- one lane


def _load_back(w: Lanes) -> None:
    """Take the next patient that was integrated to its end, and stand at that."""
    p = w.program
    f = w.service("load_back", ("lane", I64))
    lane = f["lane"]
    counter = f.job("next_patient")
    with f.forever() as loop:
        patient = f.emit(I64, f"atomicrmw add ptr {counter.ref}, i64 1 monotonic")
        f.set("patient", lane, patient)
        loop.leave_if((patient >= f.job("patients")) | f.load(I64, f.job("stop")).ne(0))
        rows = f.load(I64, f.job("recorded"), patient)
        whole = f.load(I64, f.job("cause"), patient).eq(0) & (rows <= f.job("room"))
        with f.when(whole):
            f.set("phase", lane, Phase.RUNNING)
            row = f.at(f.job("parameters"), patient * len(p.parameters), F64)
            with f.loop(len(p.parameters)) as i:
                f.set("parameter", lane, f.load(F64, row, i), i)
            f.set("row", lane, rows - 1)
            f.set("next_output", lane, f.job("points") - 1)
            f.set("next_action", lane, f.load(I64, f.job("last_action"), patient) - 1)
            f.set("end_action", lane, f.load(I64, f.job("first_action"), patient))
            for name in ("lambda", "gradient", "infusion_back"):
                with f.loop(w.layout.counts[name]) as i:
                    f.set(name, lane, 0.0, i)
            f.serve("read_row", lane)
            f.ret()
    f.finish()


def _read_row(w: Lanes) -> None:
    """Put the lane where it stood at the start of a step."""
    f = w.service("read_row", ("lane", I64))
    lane, p = f["lane"], w.program
    width = TAPE_HEAD + len(p.states) + len(p.infusions)
    row = f.get("patient", lane) * f.job("room") + f.get("row", lane)
    at = f.at(f.job("tape"), row * width, F64)
    for k, name in enumerate(("t", "t_new", "h")):
        f.set(name, lane, f.load(F64, at, k))
    for name, count, first in _rows(w):
        with f.loop(count) as i:
            f.set(name, lane, f.load(F64, at, i + first), i)
    f.finish()


def _weigh(w: Lanes) -> None:
    """The weights of the lane's last output that is left."""
    f = w.service("weigh", ("lane", I64))
    lane, outputs = f["lane"], len(w.program.outputs)
    point = f.get("next_output", lane)
    at = f.at(f.job("weights"), (f.get("patient", lane) * f.job("points") + point) * outputs, F64)
    with f.loop(outputs) as i:
        f.set("weight", lane, f.load(F64, at, i), i)
    f.set("next_output", lane, point - 1)
    f.finish()


def _step_over(w: Lanes) -> None:
    """Undo the actions at the start of the lane's step, last one first, and go on to the step before.

    Before the first step are the initial values; then the patient is done.
    """
    p, t = w.program, needed(w)
    count = len(t.directions)
    f = w.service("undo_actions", ("lane", I64))
    lane = f["lane"]
    with f.forever() as loop:
        action = f.get("next_action", lane)
        loop.leave_if(action < f.get("end_action", lane))
        loop.leave_if(f.load(F64, f.job("action_time"), action) < f.get("t", lane))
        f.set("next_action", lane, action - 1)
        kind = f.load(I64, f.job("action_kind"), action)
        target = f.load(I64, f.job("action_target"), action)
        values = f.at(f.job("action_value_dot"), action * count, F64)
        with f.when(kind.eq(Action.ADD)), f.loop(count) as d:
            term = f.load(F64, values, d) * f.get("lambda", lane, target)
            f.set("gradient", lane, f.get("gradient", lane, d) + term, d)
        if p.infusions:
            with f.when(kind.eq(Action.SET_INFUSION)):
                with f.loop(count) as d:
                    term = f.load(F64, values, d) * f.get("infusion_back", lane, target)
                    f.set("gradient", lane, f.get("gradient", lane, d) + term, d)
                f.set("infusion_back", lane, 0.0, target)
        with f.when(kind >= Action.RESET):
            f.serve("back_to_start", lane, f.select(kind.eq(Action.RESET_ALL), f.const(I64, -1), target))
    f.finish()

    f = w.service("back_to_start", ("lane", I64), ("state", I64))
    lane, state = f["lane"], f["state"]
    f.kernel("initial_tangent")
    for k, (first, q) in enumerate(t.initial.by_parameter):
        with f.when((state < 0) | state.eq(first)):
            term = f.get("initial_dot", lane, k) * f.get("lambda", lane, first)
            f.set("gradient", lane, f.get("gradient", lane, q) + term, q)
    with f.loop(len(p.states)) as i, f.when((state < 0) | state.eq(i)):
        f.set("lambda", lane, 0.0, i)
    f.finish()

    f = w.service("leave", ("lane", I64))
    lane = f["lane"]
    f.serve("back_to_start", lane, f.const(I64, -1))
    to = f.at(f.job("gradients"), f.get("patient", lane) * count, F64)
    with f.loop(count) as d:
        f.store(f.get("gradient", lane, d), to, d)
    f.set("phase", lane, Phase.IDLE)
    for name in ("y", "lambda"):
        with f.loop(len(p.states)) as j:
            f.set(name, lane, 0.0, j)
    f.finish()

    f = w.service("step_over", ("lane", I64))
    lane = f["lane"]
    f.serve("undo_actions", lane)
    row = f.get("row", lane) - 1
    f.set("row", lane, row)
    with f.choose(row >= 0) as otherwise:
        f.serve("read_row", lane)
        otherwise()
        f.serve("leave", lane)
    f.finish()


def _back(w: Lanes) -> None:
    """Every patient back from its end to its start."""
    p = w.program
    f = w.service("back", internal=False)
    lanes = w.kind.lanes
    with f.loop(lanes) as lane:
        f.set("phase", lane, Phase.IDLE)
        f.set("h", lane, 1.0)
        f.set("t", lane, 0.0)
        f.set("t_new", lane, 1.0)
    with f.forever() as steps:
        _serve_back(w, f)
        busy = f.vector("phase").ne(Phase.IDLE)
        steps.leave_if(~f.any(busy))
        if p.moving:
            set_lengths(w, f, f.vector("h"))
            take_stages(w, f, f.vector("t"), f.vector("t_new"), f.vector("h"), partials=True)
            with f.loop(p.moving) as i:
                last = f.vector("stage", i) + f.vector("u", i + (w.tableau.stages - 1) * p.moving)
                f.set_vector("y_new", last, i)
                f.set_vector("start_back", f.const(w.kind, 0.0), i)
            with f.loop(w.layout.counts["dense_back"]) as i:
                f.set_vector("dense_back", f.const(w.kind, 0.0), i)
        _due(w, f, busy, now=False)
        if p.moving:
            f.kernel("step_back")
        with f.each(busy) as lane:
            f.serve("step_over", lane)
    f.finish()


def _serve_back(w: Lanes, f: LaneFunction) -> None:
    """New patients into idle lanes; each begins with the outputs and the actions at its end."""
    words = w.kind.of("i64")
    with f.forever() as again:
        fresh = f.variable(words, 0)
        fresh.set(0)
        with f.loop(w.kind.lanes) as lane, f.when(f.get("phase", lane).eq(Phase.IDLE)):
            f.serve("load_back", lane)
            with f.when(f.get("phase", lane).ne(Phase.IDLE)):
                fresh.set(fresh.get().with_lane(lane, 1))
        new = fresh.get().ne(0)
        again.leave_if(~f.any(new))
        f.kernel("prepare")
        f.kernel("prepare_tangent")
        _due(w, f, new, now=True)
        with f.each(new) as lane:
            f.serve("step_over", lane)


def _due(w: Lanes, f: LaneFunction, among: Value, now: bool) -> None:
    """Every output at or after the start of the lane's step, in reverse order."""
    suffix = "_now" if now else ""
    found = f.variable(I64, 0)
    if not now and w.program.moving:
        found.set(0)
        with f.each(among) as lane:
            found.set(found.get() | _is_due(f, lane).convert(I64))
        with f.when(found.get().ne(0)):
            f.kernel("dense")
    with f.forever() as loop:
        found.set(0)
        with f.loop(len(w.program.outputs)) as i:
            f.set_vector("weight", f.const(w.kind, 0.0), i)
        f.set_vector("theta", f.const(w.kind, 0.0))
        before = f.vector("t_new")
        with f.each(among) as lane, f.when(_is_due(f, lane)):
            if not now:
                time = f.load(F64, f.job("times"), f.get("next_output", lane))
                f.set("theta", lane, (time - f.get("t", lane)) / f.get("h", lane))
                f.set("t_new", lane, time)
            f.serve("weigh", lane)
            found.set(f.const(I64, 1))
        with f.when(found.get().ne(0)):
            f.kernel(f"observe_partials{suffix}")
            f.kernel(f"outputs_back{suffix}")
        f.set_vector("t_new", before)
        loop.leave_if(found.get().eq(0))


def _is_due(f: LaneFunction, lane: Value) -> Value:
    point = f.get("next_output", lane)
    inside = f.select(point < 0, f.const(I64, 0), point)
    return (point >= 0) & (f.load(F64, f.job("times"), inside) >= f.get("t", lane))
