"""Files of instruments, each format one module, told apart by content; all give one `Measurement`.

A new format is one module with a `Format`, one line below, its test and its sample.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from exodyn.product.instruments import (
    fcs,
    nanosight,
    nanosight_tracks,
    tables,
    trps,
    zetasizer,
    zetaview,
    zetaview_positions,
    zmes,
)
from exodyn.product.instruments.beads import Beads, calibrated
from exodyn.product.instruments.describe import Description, describe
from exodyn.product.instruments.measurement import Events, Histogram, Measurement, Replicate
from exodyn.product.instruments.source import Format, Source, shown

FORMATS: tuple[Format, ...] = (
    nanosight.FORMAT,
    nanosight_tracks.FORMAT,
    zetaview.FORMAT,
    zetaview_positions.FORMAT,
    zetasizer.FORMAT,
    zmes.FORMAT,
    trps.FORMAT,
    fcs.FORMAT,
    tables.FORMAT,  # the last: a plain table is what no program's own format claims
)
_BEGINS = [
    (each, re.compile(rf'\W*{each.begins}["\t;,: ]', re.IGNORECASE)) for each in FORMATS if each.begins
]


def read(path: str | Path) -> Measurement:
    """Reads one file of any known format; raises InputError that names the file and, if it can, the line."""
    return read_source(Source.of(Path(path)))


def read_source(source: Source) -> Measurement:
    """The same for bytes that are already here."""
    if not source.data.strip():
        source.refuse(None, "the file is empty")
    known = [format for format in FORMATS if format.recognises(source)]
    if not known:
        source.refuse(None, f"not a known format; expected one of {', '.join(each.name for each in FORMATS)}")
    _refuse_mixed(source, known[0])
    if len(known) > 1 and known[-1] is tables.FORMAT:
        known.pop()
    if len(known) > 1:
        source.refuse(None, f"mixed: it looks like {' and like '.join(each.name for each in known)}")
    with np.errstate(over="ignore", invalid="ignore"):
        measurement = known[0].reads(source)
        for replicate in measurement.replicates:
            values = [replicate.particles_per_ml or 0.0, *replicate.reported.values()]
            if replicate.histogram is not None:
                histogram = replicate.histogram
                values += [histogram.total, float(histogram.centres @ histogram.amounts), *histogram.edges]
            if not np.all(np.isfinite(values)):
                source.refuse(None, f"{shown(replicate.name)}: numbers too large to add up")
    return measurement


def _refuse_mixed(source: Source, format: Format) -> None:
    """Two files in one, of the same format or of two, are refused where the second begins."""
    format = next((each for each, begins in _BEGINS if begins.match(source.lines[0])), format)
    seen = False
    for number, line in enumerate(source.lines):
        for each, begins in _BEGINS:
            if not begins.match(line):
                continue
            # The tables of a Zetasizer export each have their line of headings.
            if each is not format or (seen and each is not zetasizer.FORMAT):
                source.refuse(number, f"a second file begins here ({each.name}); expected one")
            seen = True


__all__ = [
    "FORMATS",
    "Beads",
    "Description",
    "Events",
    "Format",
    "Histogram",
    "Measurement",
    "Replicate",
    "Source",
    "calibrated",
    "describe",
    "read",
    "read_source",
]
