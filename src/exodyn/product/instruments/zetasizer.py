"""Zetasizer (Nano software 7 and 8): text exports of size and zeta records.

The user picks the columns, so all are found by heading. One file can hold two tables of the same records, and
one table the same heading twice, once empty: the first value that is not empty counts. Sizes are weighted by
intensity.
"""

from __future__ import annotations

import re

import numpy as np

from exodyn.product.instruments.measurement import Histogram, Measurement, Replicate, logarithmic_edges
from exodyn.product.instruments.source import Format, Source, finite, plain, shown

_REPORTED = {
    "z-average (d.nm)": "z_average",
    "z-ave (d.nm)": "z_average",
    "pdi": "pdi",
    "intensity mean (d.nm)": "intensity_mean",
    "volume mean (d.nm)": "volume_mean",
    "number mean (d.nm)": "number_mean",
    "intercept": "intercept",
    "derived count rate (kcps)": "derived_count_rate_kcps",
    "zeta potential (mv)": "zeta_potential_mv",
    "zp (mv)": "zeta_potential_mv",
    "zeta deviation (mv)": "zeta_deviation_mv",
    "conductivity (ms/cm)": "conductivity_ms_per_cm",
    "cond (ms/cm)": "conductivity_ms_per_cm",
}
_WEIGHTINGS = {"intensities": "intensity", "volumes": "volume", "numbers": "number"}
_ARRAY = re.compile(r"(?P<name>.+)\[(?P<index>\d{1,5})\](?P<unit>.*)")


def recognises(source: Source) -> bool:
    """Whether the content is of this format."""
    return source.starts_with(r'^\W*(record["\t;, ]+)?type["\t;, ]+sample name["\t;, ]', 1)


def read(source: Source) -> Measurement:
    """The measurement; raises InputError that names the line where it can."""
    delimiter = source.delimiter_after("sample name")
    rows = source.rows(delimiter)
    records: dict[tuple[str, str], Replicate] = {}
    headings: list[str] = []
    header: list[str] = []
    for line, row in enumerate(rows):
        if not any(row):
            continue
        first = plain(row[0])
        if first in ("record", "type") and "sample name" in map(plain, row):
            headings = [plain(cell) for cell in row]
            header.append(source.lines[line])
            continue
        if len(row) < len(headings):
            source.refuse(line, f"expected {len(headings)} cells, found {len(row)}; the line is cut short")
        record = _record(source, line, row, headings, delimiter)
        key = (record.name, record.settings.get("measurement date and time", str(line)))
        known = records.get(key)
        records[key] = record if known is None else _joined(known, record)
    if not records:
        source.refuse(None, "no record below the headings")
    return Measurement(
        FORMAT.name,
        source.sha256,
        tuple(_checked(each) for each in _named(records)),
        header="\n".join(header),
    )


def _record(source: Source, line: int, row: list[str], headings: list[str], delimiter: str) -> Replicate:
    settings: dict[str, str] = {}
    arrays: dict[str, dict[int, str]] = {}
    for heading, cell in zip(headings, row, strict=False):
        array = _ARRAY.fullmatch(heading)
        if array:
            name = f"{array['name'].strip()}{array['unit']}"
            cells = arrays.setdefault(name, {})
            if int(array["index"]) in cells:
                source.refuse(line, f"the heading {shown(heading)} occurs twice")
            cells[int(array["index"])] = cell
        elif heading and cell and not settings.get(heading):
            settings[heading] = cell
    kind = settings.get("type", "")
    if kind not in ("Size", "Zeta"):
        source.refuse(line, f"expected a record of type Size or Zeta, found {shown(kind)}")
    name = settings.get("sample name", "")
    reported: dict[str, float] = {}
    for heading, figure in _REPORTED.items():
        value = finite(settings.get(heading, ""))
        if value is not None:
            reported.setdefault(figure, value)
    histogram = _histogram(source, line, arrays, delimiter) if kind == "Size" else None
    return Replicate(name, name, histogram, reported=reported, settings=settings)


def _histogram(
    source: Source, line: int, arrays: dict[str, dict[int, str]], delimiter: str
) -> Histogram | None:
    """The classes of one record: diameters (or radii) and the percentage in each."""
    found = next((name for name in arrays if name.startswith("sizes")), None)
    weighting = next((w for w in _WEIGHTINGS for name in arrays if name.split(" (")[0] == w), None)
    if found is None or weighting is None:
        return None
    if found not in ("sizes (d.nm)", "sizes (r.nm)"):
        source.refuse(line, f"sizes must be in d.nm or r.nm, found '{found}'")
    sizes = arrays[found]
    amounts = next(cells for name, cells in arrays.items() if name.split(" (")[0] == weighting)
    if sizes.keys() != amounts.keys() or len(sizes) < 2:
        source.refuse(line, f"{len(sizes)} sizes but {len(amounts)} {weighting}; expected as many")
    order = sorted(sizes)
    if not any(sizes[i] or amounts[i] for i in order):
        return None
    lines = [line] * len(order)
    centres = source.numbers(lines, [sizes[i] for i in order], delimiter, "size")
    centres = centres * (2 if "r.nm" in found else 1)
    shares = source.numbers(lines, [amounts[i] for i in order], delimiter, weighting)
    if np.any(np.diff(centres) <= 0) or centres[0] <= 0:
        source.refuse(line, "sizes must be above zero and rise")
    if np.any(shares < 0):
        source.refuse(line, f"{weighting} below zero")
    return Histogram(logarithmic_edges(centres), centres, shares, "%", _WEIGHTINGS[weighting])


def _joined(first: Replicate, second: Replicate) -> Replicate:
    """One record that two tables describe; what the first says stands."""
    return Replicate(
        first.name,
        first.sample,
        first.histogram or second.histogram,
        reported={**second.reported, **first.reported},
        settings={**second.settings, **first.settings},
    )


def _named(records: dict[tuple[str, str], Replicate]) -> list[Replicate]:
    """Repeats are called 'NAME 1', 'NAME 2' by the program: NAME is the sample where two share it."""
    stems = [re.sub(r" \d+$", "", name) for name, _ in records]
    return [
        Replicate(
            each.name,
            stem if stems.count(stem) > 1 else each.name,
            each.histogram,
            reported=each.reported,
            settings=each.settings,
        )
        for stem, each in zip(stems, records.values(), strict=True)
    ]


def _checked(record: Replicate) -> Replicate:
    flags = []
    if record.settings["type"] == "Size":
        if "z_average" not in record.reported:
            flags.append("checked here: the export has no Z-average")
        if record.histogram is None:
            flags.append("checked here: the export has no size distribution")
        elif abs(record.histogram.total - 100) > 1:
            flags.append(f"checked here: the distribution adds up to {record.histogram.total:.4g}%, not 100%")
    status = record.settings.get("measurement status", "Complete")
    if status != "Complete":
        flags.append(f"instrument: measurement status: {status}")
    return Replicate(
        record.name,
        record.sample,
        record.histogram,
        reported=record.reported,
        settings=record.settings,
        flags=tuple(flags),
    )


FORMAT = Format("Zetasizer text export", recognises, read, r'(Record["\t;, ]+)?Type["\t;, ]+Sample Name')
