"""ZetaView position table (`..._11pos.txt`): one line a position in the cell, those marked X were used.

"Conc." is as measured in the cell, "Orig. Conc." of the sample; both have two digits. A removed position says
why (too few traces, drift, an outlier by Grubbs' test).
"""

from __future__ import annotations

import re

from exodyn.product.instruments.measurement import Measurement, Replicate
from exodyn.product.instruments.source import Format, Source, finite, plain

_BEGINS = r"Use[\"\t;, ]+Position"
_MEASURED, _ORIGINAL = "conc. (p./ml)", "orig. conc. (p./cm^3)"
_REPORTED = {"x50 (nm)": "d50", "peak ø (nm)": "mode", "no. of traces": "traces"}
_REPORTED |= {"av. no of particles": "particles_in_view", "drift (µm/s)": "drift_um_per_s"}
_SUMMARIES = ("mean", "st.dev.", "rel.st.dev.")


def recognises(source: Source) -> bool:
    """Whether the content is of this format."""
    return source.starts_with(rf"^\W*{_BEGINS}[\"\t;, ]", 1)


def read(source: Source) -> Measurement:
    """The measurement; raises InputError that names the line where it can."""
    delimiter = source.delimiter_after("use")
    rows = source.rows(delimiter)
    place = source.places(rows[0], ("position", _MEASURED, _ORIGINAL, "removal"))
    replicates: list[tuple[str, float, dict[str, float]]] = []
    unused: list[str] = []
    measured = original = 0.0
    for line, row in enumerate(rows[1:], start=1):
        if not any(row):
            continue
        # The last cell, the reason, is empty where a position was kept, and its separator may be missing.
        row = [*row, ""] if len(row) == len(rows[0]) - 1 else row
        if len(row) != len(rows[0]):
            source.refuse(line, f"expected {len(rows[0])} cells, found {len(row)}; the line is cut short")
        if plain(row[place["position"]]) in _SUMMARIES:
            continue
        place_in_cell = row[place["position"]].replace(",", ".")
        if plain(row[0]) != "x":
            unused.append(f"{place_in_cell} ({row[place['removal']] or 'no reason given'})")
            continue
        in_cell = source.number(line, row[place[_MEASURED]], delimiter, _MEASURED)
        of_sample = source.number(line, row[place[_ORIGINAL]], delimiter, _ORIGINAL)
        if in_cell < 0 or of_sample < 0:
            source.refuse(line, "a concentration below zero")
        measured, original = measured + in_cell, original + of_sample
        reported = {
            name: value
            for heading, name in _REPORTED.items()
            if heading in place and (value := finite(row[place[heading]])) is not None
        }
        replicates.append(
            (f"position {place_in_cell}", of_sample, reported | {"particles_per_ml_in_cell": in_cell})
        )
    flags = [f"instrument: positions not used: {', '.join(unused)}"] if unused else []
    if not replicates:
        flags.append("instrument: no position was used")
        empty = Replicate(source.name, _sample(source), flags=tuple(flags))
        return Measurement(FORMAT.name, source.sha256, (empty,), header=source.lines[0])
    dilution = float(f"{original / measured:.1e}") if measured > 0 else None
    flags.append(
        "checked here: concentrations have two digits, and the dilution is the ratio of the two columns; the "
        "file of sizes of the same measurement is more exact"
    )
    return Measurement(
        FORMAT.name,
        source.sha256,
        tuple(
            Replicate(name, _sample(source), None, None, found, dilution, reported)
            for name, found, reported in replicates
        ),
        flags=tuple(flags),
        header=source.lines[0],
    )


def _sample(source: Source) -> str:
    return re.sub(r"_\d+pos(\.\w+)?$", "", source.name)


FORMAT = Format("ZetaView positions", recognises, read, _BEGINS)
