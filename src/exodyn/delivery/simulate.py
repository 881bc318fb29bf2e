"""Courses of many settings at once: each is some lanes of one ensemble."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from exodyn.delivery.disposition import ORGANS, SPECIES, model
from exodyn.delivery.kinds import natural
from exodyn.delivery.observe import OUTPUTS, Course
from exodyn.delivery.routes import KNOWN
from exodyn.delivery.setting import Setting
from exodyn.engine import Dose, Engine, Schedule
from exodyn.evidence import parameters

Floats = NDArray[np.float64]

GRID = np.concatenate([[0.0], np.geomspace(0.25 / 1440, 120.0, 140)])
"""Days at which a course is kept, beside those asked for."""

PHYSIOLOGY = (
    *("weight", "flow_weight", "flow_at_weight", "blood_per_weight"),
    *(f"{organ}_mass_per_weight" for organ in ORGANS),
    *(f"{organ}_flow_share" for organ in ORGANS),
    "csf_k_leave",
)


@cache
def engine() -> Engine:
    """The model of disposition, compiled once: species differ by the parameters of a lane."""
    return Engine(model(SPECIES[0]), outputs=OUTPUTS)


def simulate(jobs: Sequence[tuple[Setting, Floats]], days: Floats = GRID, threads: int = 1) -> list[Course]:
    """The course after one dose at time 0 in each setting; scaled parameters as float64[lanes, parameters].

    Raises ArithmeticError where a lane could not be integrated.
    """
    lanes = [len(scaled) for _, scaled in jobs]
    own = natural(np.concatenate([scaled for _, scaled in jobs]))
    table = {
        name: np.repeat([parameters(setting.species)[name].value for setting, _ in jobs], lanes)
        for name in PHYSIOLOGY
    }
    table |= {name: column for name, column in own.items() if name not in ("loose", "background")}
    for name in ("size", "macrophages", "hidden"):
        table[name] = np.repeat([float(getattr(setting, name)) for setting, _ in jobs], lanes)
    amount = np.repeat([setting.particles / 1e9 for setting, _ in jobs], lanes)
    given = np.repeat([KNOWN[setting.route].state for setting, _ in jobs], lanes)
    bound, loose = amount * (1 - own["loose"]), amount * own["loose"]
    doses = [Dose(state, np.where(given == state, bound, 0.0)) for state in dict.fromkeys(given)]
    doses.append(Dose("free", loose))
    run = engine().run(
        in_each_organ(table, engine().parameters),
        days,
        Schedule(doses),
        patients=len(amount),
        rtol=1e-5,
        atol=1e-7,
        threads=threads,
    )
    if run.failures:
        first = run.failures[0]
        raise ArithmeticError(f"disposition: lane {first.patient} at day {first.time:g}: {first.cause}")
    percent = 100.0 * run.values / amount[:, None, None]
    ends = np.cumsum(lanes)
    return [
        Course(
            days,
            percent[at],
            own["free_space"][at],
            own["blood_left"][at],
            setting.species,
            setting.label,
            own["background"][at],
        )
        for (setting, _), at in zip(
            jobs, (slice(end - n, end) for n, end in zip(lanes, ends, strict=True)), strict=True
        )
    ]


def in_each_organ(table: Mapping[str, Floats], known: Sequence[str]) -> dict[str, Floats]:
    """The table with what is one for the whole body written for each organ that has it, of those known."""
    return {
        own: column
        for name, column in table.items()
        for own in (name, *(f"{organ}_{name}" for organ in ORGANS))
        if own in known
    }
