"""The inner loop of `stroke_course`: deficits and hazards at all nodes of all rows, and their reverse.

Written out and compiled because a posterior takes some fifty thousand gradients: as array expressions the
same formulas pass over memory forty times, and took four times as long.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Function = TypeVar("Function", bound=Callable[..., Any])

NODES = 3
"""Gauss-Legendre nodes between two days that are asked for; the later day follows them."""
STEP = NODES + 1
ENTRY = 0
"""Place of the entry among the nodes; days follow at each `STEP`."""
SCALARS = (
    "shock_share",
    "k_shock",
    "early_hazard",
    "early_slope",
    "late_hazard",
    "late_slope",
    "deficit_center",
)
"""Parameters that are the same for all rows, in the order of `scalars`."""


def compiled(function: Function) -> Function:
    """The function as machine code that lets other threads run."""
    return cast(Function, numba.njit(cache=True, nogil=True, fastmath=True)(function))


class Rows(NamedTuple):
    """What the inner loop takes of each row: a patient in one of the groups.

    reserve, injured (NIHSS at entry as it goes on), residue, older (what age and cohort make of a hazard):
    [rows]. The others: [rows, nodes], as in `stroke_course.Cases`.
    """

    reserve: Floats
    injured: Floats
    residue: Floats
    older: Floats
    silent: Floats
    gained: Floats
    curved: Floats
    faded: Floats
    leak: Floats
    width: Floats


class Solved(NamedTuple):
    """What `forward` finds and `backward` needs again, [rows, nodes].

    lost: share of the deficit at onset that is left. early, late: share of the ceiling that each hazard has.
    """

    shock: Floats
    lost: Floats
    early: Floats
    late: Floats


@compiled
def forward(scalars: Floats, of: Rows) -> tuple[Floats, Floats, Solved]:
    """Deficit at entry and on each day, [rows, 1 + days]; hazard since entry, [rows, days]; the rest."""
    reserve, injured, residue, older, silent, gained, curved, faded, leak, width = of
    share, k, early_ceiling, early_slope, late_ceiling, late_slope, center = scalars
    rows, nodes = silent.shape
    days = nodes // STEP
    deficits, hazards = np.empty((rows, 1 + days)), np.empty((rows, days))
    shock, lost = np.empty((rows, nodes)), np.empty((rows, nodes))
    early, late = np.empty((rows, nodes)), np.empty((rows, nodes))
    for row in range(rows):
        r = reserve[row]
        for i in range(nodes):
            shock[row, i] = math.exp(-k * faded[row, i])
            programme = r * gained[row, i] + r * (1 - r) * curved[row, i]
            lost[row, i] = (1 - share) * silent[row, i] * (1 - programme) + share * shock[row, i]
        factor = (injured[row] - residue[row]) / lost[row, ENTRY]
        total = 0.0
        for i in range(nodes):
            above = residue[row] + factor * lost[row, i] - center
            early[row, i] = 1 / (1 + math.exp(-early_slope * above))
            late[row, i] = 1 / (1 + math.exp(-late_slope * above))
            rate = early_ceiling * leak[row, i] * early[row, i] + late_ceiling * late[row, i]
            total += older[row] * width[row, i] * rate
            if i % STEP == 0:
                deficits[row, i // STEP] = above + center
            if i % STEP == 0 and i > 0:
                hazards[row, i // STEP - 1] = total
    return deficits, hazards, Solved(shock, lost, early, late)


@compiled
def backward(
    by_deficits: Floats, by_hazards: Floats, scalars: Floats, of: Rows, solved: Solved
) -> tuple[Floats, Floats, Floats]:
    """Derivatives by scalars, reserve [rows] and injured [rows], from those by deficits and hazards."""
    reserve, injured, residue, older, silent, gained, curved, faded, leak, width = of
    shock, lost, early, late = solved
    share, _, early_ceiling, early_slope, late_ceiling, late_slope, center = scalars
    rows, nodes = silent.shape
    by_scalars = np.zeros(len(SCALARS))
    by_reserve, by_injured = np.zeros(rows), np.empty(rows)
    by_lost = np.empty(nodes)
    for row in range(rows):
        r, at_entry = reserve[row], lost[row, ENTRY]
        missing = injured[row] - residue[row]
        pending = by_hazards[row].sum()
        by_factor, by_all = 0.0, 0.0
        for i in range(nodes):
            below = center - residue[row] - missing / at_entry * lost[row, i]
            by_rate = pending * width[row, i] * older[row]
            by_early = by_rate * leak[row, i]
            by_early_exponent = early_ceiling * by_early * early[row, i] * (1 - early[row, i])
            by_late_exponent = late_ceiling * by_rate * late[row, i] * (1 - late[row, i])
            by_scalars[2] += by_early * early[row, i]
            by_scalars[3] -= by_early_exponent * below
            by_scalars[4] += by_rate * late[row, i]
            by_scalars[5] -= by_late_exponent * below
            by_deficit = early_slope * by_early_exponent + late_slope * by_late_exponent
            by_scalars[6] -= by_deficit
            if i % STEP == 0:
                by_deficit += by_deficits[row, i // STEP]
            if i % STEP == 0 and i > 0:
                pending -= by_hazards[row, i // STEP - 1]
            by_factor += by_deficit * lost[row, i]
            by_all += by_deficit
            by_lost[i] = by_deficit * missing / at_entry
        by_lost[ENTRY] -= by_factor * missing / at_entry**2
        by_residue = by_all - by_factor / at_entry
        capped = residue[row] >= injured[row] / 2
        by_injured[row] = by_factor / at_entry + (0.5 * by_residue if capped else 0.0)
        for i in range(nodes):
            programme = r * gained[row, i] + r * (1 - r) * curved[row, i]
            by_scalars[0] += by_lost[i] * (shock[row, i] - silent[row, i] * (1 - programme))
            by_scalars[1] -= share * by_lost[i] * faded[row, i] * shock[row, i]
            by_programme = -(1 - share) * by_lost[i] * silent[row, i]
            by_reserve[row] += by_programme * (gained[row, i] + (1 - 2 * r) * curved[row, i])
    return by_scalars, by_reserve, by_injured
