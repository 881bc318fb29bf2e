"""The integration of an ensemble, as compiled code: one patient per lane, each with its own step size.

    drive(job, lanes)    until no patient is left: serve lanes that wait, then one step of all lanes

A lane waits when it stands at a stop (dose, breakpoint, event, end) or has no patient. Serving it is scalar
code; a step is vector code without branches between lanes, so a patient's numbers do not depend on its
neighbours. Stops are met exactly. An output at a stop is written after what happens there.
"""

from __future__ import annotations

from exodyn.engine.adjoint import write_adjoint, write_record
from exodyn.engine.codes import Phase
from exodyn.engine.emit import I64
from exodyn.engine.events import write_events
from exodyn.engine.kernels import write_kernels
from exodyn.engine.lanes import Lanes
from exodyn.engine.service import write_service
from exodyn.engine.step import judge_step, take_step
from exodyn.engine.tangent_jumps import write_tangent_jumps
from exodyn.engine.tangent_kernels import write_tangent_kernels
from exodyn.engine.tangent_switches import write_switches


def write_driver(w: Lanes) -> None:
    """Write all functions of a program; `drive` is the one to call."""
    write_kernels(w)
    if w.program.tangent:
        write_tangent_kernels(w)
        write_tangent_jumps(w)
        if w.program.tangent.switches:
            write_switches(w)
    if w.program.adjoint:
        write_record(w)
    if w.program.events:
        write_events(w)
    write_service(w)
    _drive(w)
    if w.program.adjoint:
        write_adjoint(w)


def _drive(w: Lanes) -> None:
    f = w.service("drive", internal=False)
    lanes = w.kind.lanes
    with f.loop(lanes) as lane:
        f.set("phase", lane, Phase.IDLE)
        f.set("t_next_output", lane, float("inf"))
        f.set("h", lane, 1.0)
        f.set("t_stop", lane, float("inf"))
    waiting = f.variable(I64, 1)
    with f.forever():
        with f.when(waiting.get().ne(0)):
            busy = f.call(I64, "serve", f["job"], f["lanes"])
            with f.when(busy.eq(0)):
                f.ret()
        take_step(w, f)
        waiting.set(judge_step(w, f))
    f.finish()
