"""FCS 2.0 to 3.1, the files of cytometers, read by FlowIO.

Events stay in the instrument's own units: a diameter needs beads of known size (`beads.calibrated`). Their
place in the file is that of the TEXT part; where the HEADER disagrees, the measurement says so.
"""

from __future__ import annotations

import io
import re
import struct
import warnings
from functools import partial

import flowio
import numpy as np

from exodyn.product.instruments.measurement import Events, Measurement, Replicate
from exodyn.product.instruments.source import Format, Source, finite, shown

# What FlowIO raises on damaged files, its own and those of the functions below it.
_DAMAGED = (
    flowio.exceptions.FlowIOException,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    EOFError,
    OverflowError,
    MemoryError,
    ZeroDivisionError,
    NotImplementedError,
    struct.error,
    re.error,
)


def recognises(source: Source) -> bool:
    """Whether the content is of this format."""
    return re.match(rb"FCS\d\.\d", source.data) is not None


def read(source: Source) -> Measurement:
    """The measurement; raises InputError that names the line where it can."""
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            opened = partial(flowio.FlowData, ignore_offset_discrepancy=True)
            file = opened(io.BytesIO(source.data), only_text=True)
            empty = file.event_count == 0
            if not empty:
                file = opened(io.BytesIO(source.data))
            channels = tuple(file.pnn_labels)
            values = np.zeros((0, len(channels))) if empty else file.as_array(preprocess=False)
    except _DAMAGED as problem:
        source.refuse(
            None, f"damaged, or no list of events ({type(problem).__name__}: {shown(str(problem))})"
        )
    if (len(values) == 0) != empty or len(set(channels)) != len(channels) or values.shape[1] != len(channels):
        source.refuse(
            None, f"expected events in channels of different names, found {shown(', '.join(channels))}"
        )
    if file.event_count != len(values):
        source.refuse(None, f"$TOT promises {file.event_count} events, the data hold {len(values)}")
    if not np.all(np.isfinite(values)):
        source.refuse(None, "an event holds a value that is no number")
    flags = [
        f"checked here: {shown(str(each.message))}"
        for each in caught
        if issubclass(each.category, UserWarning)
    ]
    if empty:
        flags.append("checked here: an empty measurement, no event was recorded")
    flags += _discrepancies(file)
    logarithmic = [each["pnn"] for each in file.channels.values() if any(each["pne"])]
    if logarithmic:
        flags.append(f"checked here: on a logarithmic scale: {', '.join(logarithmic)}")
    reported = {"events": float(len(values))}
    volume = finite(file.text.get("vol", "").strip())
    if volume is not None and volume > 0:
        reported["volume_nl"] = volume
        reported["events_per_ul"] = 1000 * len(values) / volume
    sample = file.text.get("smno", "").strip() or file.text.get("fil", "").strip() or source.name
    replicate = Replicate(
        source.name,
        sample,
        events=Events(channels, values),
        reported=reported,
        settings=file.text,
        flags=tuple(flags),
    )
    return Measurement(FORMAT.name, source.sha256, (replicate,))


def _discrepancies(file: flowio.FlowData) -> list[str]:
    """Where HEADER and TEXT name different bytes for the events; files above 99,999,999 bytes must have 0."""
    flags = []
    for name, header, key in (("start", "data_start", "begindata"), ("end", "data_stop", "enddata")):
        text = file.text.get(key)
        if file.version != "2.0" and text is not None and file.header[header] not in (0, int(text)):
            places = f"HEADER {file.header[header]}, TEXT {int(text)}"
            flags.append(f"checked here: {name} of the events: {places}; TEXT was used")
    return flags


FORMAT = Format("FCS", recognises, read)
