"""What a table cannot tell before any number is computed: refused, or remarked on."""

from __future__ import annotations

import numpy as np

from exodyn.errors import InputError
from exodyn.inference.mixed.event_table import EventTable
from exodyn.inference.mixed.model import MixedModel


def check_enough(model: MixedModel, table: EventTable) -> None:
    """Raise InputError where the table cannot determine any fit of the model."""
    if np.all(table.observations.censoring != 0):
        raise InputError(
            f"{table.file}: every measurement is censored: limits alone do not determine a fit of "
            f"{len(model.free)} parameters"
        )
    free = {one.name for one in model.free}
    varying = [one.name for one in model.individuals if {one.sd, one.occasion_sd} & free]
    groups = len(table.members or table.subjects)
    if varying and groups == 1:
        raise InputError(
            f"{table.file}: one subject does not tell how subjects differ: leave between and sd out of "
            f"{', '.join(varying)}, or give sd_fixed = true"
        )


def remarks(table: EventTable) -> list[str]:
    """What is strange about a table that can be read, in words."""
    found = list(table.remarks)
    seen = table.observations
    of = table.group()
    keys = list(zip(of, seen.segment, seen.time, seen.output, seen.value, seen.censoring, strict=True))
    first = {key: place for place, key in reversed(list(enumerate(keys)))}
    again = [
        line for place, (key, line) in enumerate(zip(keys, seen.line, strict=True)) if first[key] < place
    ]
    if again:
        found.append(
            f"{len(again)} measurements repeat another of the same subject, time and value (first in line "
            f"{again[0]}): each counts as a reading of its own"
        )
    for output in dict.fromkeys(seen.output):
        mine = np.array([o == output for o in seen.output]) & (seen.censoring == 0)
        if np.sum(mine) > 1 and np.ptp(seen.value[mine]) == 0:
            name = f" of DVID {output}" if output else ""
            found.append(f"all measurements{name} are {seen.value[mine][0]:g}: they hold no course to fit")
    return found
