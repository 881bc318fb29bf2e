"""One or few processes on their own, with what they read held constant."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exodyn.engine import Engine, Schedule
from exodyn.indications.stroke import parameters
from exodyn.symbolic import ParameterValue, Part, Process, Reads, Symbol, compose
from exodyn.symbolic.process import members


def run(
    parts: dict[str, type[Process] | Part],
    times: ArrayLike,
    *,
    species: str = "mouse",
    doses: Schedule | None = None,
    rtol: float = 1e-8,
    **given: float,
) -> dict[str, NDArray[np.float64]]:
    """States and quantities over times; `given` sets parameters and what no part gives, in their own unit."""
    values = {
        name: ParameterValue(Symbol(name), one.value, one.unit) for name, one in parameters(species).items()
    }
    units = {}
    for part in parts.values():
        process = part.process if isinstance(part, Part) else part
        units |= {m.name: m.unit for m in members(process)}
        for member in members(process):
            if isinstance(member, Reads) and member.name not in values:
                values[member.name] = ParameterValue(Symbol(member.name), 0.0, member.unit)
    for name, value in given.items():
        unit = units.get(name) or values[name].unit
        values[name] = ParameterValue(Symbol(name), value, unit)
    model = compose("alone", parts, values, time_unit="d")
    outputs = [s.name for s in model.states] + [r.name for r in model.readouts]
    result = Engine(model, outputs=outputs).run(
        patients=1, times=times, doses=doses or Schedule(), rtol=rtol, atol=1e-12
    )
    assert not result.failures
    return {name: result.values[0, :, i] for i, name in enumerate(outputs)}
