"""Izon qNano (TRPS): the legacy file of blockades, a row an event.

A blockade's height goes with the particle's volume, but only beads of known size, run in the same pore at the
same stretch and pressure, say by what factor. Without them there is no diameter and no concentration.
"""

from __future__ import annotations

import numpy as np

from exodyn.product.instruments.measurement import Events, Measurement, Replicate
from exodyn.product.instruments.source import Format, Source, plain

_NEEDED = ("starttime", "duration", "magnitude", "baseline")
UNCALIBRATED = ("checked here: no calibration in the file, so no diameter and no concentration",)


def recognises(source: Source) -> bool:
    """Whether the content is of this format."""
    return all(name in plain(source.lines[0]) for name in (*_NEEDED, "fwhm"))


def read(source: Source) -> Measurement:
    """The measurement; raises InputError that names the line where it can."""
    delimiter = source.delimiter_after("starttime")
    rows = source.rows(delimiter)
    place = source.places(rows[0], _NEEDED)
    lines = [line for line, row in enumerate(rows) if line and any(row)]
    if not lines:
        source.refuse(None, "no event in the file")
    for line in lines:
        if len(rows[line]) < len(rows[0]):
            source.refuse(
                line, f"expected {len(rows[0])} cells, found {len(rows[line])}; the line is cut short"
            )
    columns = [
        source.numbers(lines, [rows[line][place[name]] for line in lines], delimiter, name)
        for name in _NEEDED
    ]
    starts, _, magnitudes, _ = columns
    if np.any(np.diff(starts) < 0):
        source.refuse(lines[int(np.argmax(np.diff(starts) < 0)) + 1], "events must follow in time")
    seconds = float(starts[-1])
    reported = {
        "events": float(len(lines)),
        "seconds": seconds,
        "median_magnitude": float(np.median(magnitudes)),
    }
    if seconds > 0:
        reported["events_per_minute"] = 60 * len(lines) / seconds
    events = Events(_NEEDED, np.column_stack(columns))
    replicate = Replicate(source.name, source.name, None, events, reported=reported, flags=UNCALIBRATED)
    return Measurement(FORMAT.name, source.sha256, (replicate,), header=source.lines[0])


FORMAT = Format("Izon TRPS blockades", recognises, read, "StartTime")
