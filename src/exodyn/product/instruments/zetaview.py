"""ZetaView text: one table of linear bins, a row of -1, one table of logarithmic bins.

Both tables list the same particles, so the first is read and the second only checks it. Concentrations are
those in the cell: the sample's are that times the dilution and the correction factor.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from exodyn.product.instruments.measurement import Floats, Histogram, Measurement, Replicate, linear_edges
from exodyn.product.instruments.source import Format, Source, finite, is_number, plain, shown

_TITLE, _TABLE = "sizedistribution", "size/nm"
_HEADING = r'[\r\n][ "]*size ?/ ?nm'
_CONCENTRATIONS = ("concentration/cm-3", "concentration/cm^-3", "concentration/ml-1", "concentration/ml^-1")
_ZETA = "Zeta Potential / mV"
_NEVER = "1904-01-01"  # the zero of the program's clock


def recognises(source: Source) -> bool:
    """Whether the content is of this format."""
    return source.starts_with(r'^\W*ZetaView S/N|^\W*Software["\t;,:]*.{0,3}ZetaView')


def read(source: Source) -> Measurement:
    """The measurement; raises InputError that names the line where it can."""
    if not re.search(_HEADING, source.text, re.IGNORECASE):
        return _profile(source)
    delimiter = source.delimiter_after(_HEADING, "Size / nm")
    rows = source.rows(delimiter)
    start = next((i for i, row in enumerate(rows) if _close(row[0]) == _TABLE), None)
    if start is None:
        source.refuse(None, "the heading 'Size / nm' must begin a line")
    table = _columns(source, rows, start, delimiter)
    settings = _settings(rows[:start])
    dilution = _factor(source, settings, "Dilution")
    correction = _factor(source, settings, "Concentration Correction Factor")
    flags = _flags(settings)
    if correction is None:
        flags.append("checked here: no concentration correction factor in the file; none was applied")
    reported = {
        name: value
        for name, heading in (("d50", "Median Number (D50)"), ("traces", "Number of Traces"))
        if (value := finite(settings.get(heading, "").split(" ")[0])) is not None
    }
    if table is None:
        flags.append("checked here: an empty measurement, no particle was traced")
        histogram, total = None, 0.0
    else:
        if abs(table.again - table.counted) > 0.01 * table.counted:
            both = f"{table.counted:g} and {table.again:g}"
            flags.append(f"checked here: the tables list {both} particles; expected the same")
        reported["particles_counted"] = table.counted
        in_cell = Histogram(linear_edges(table.centres), table.centres, table.amounts, "particles/mL")
        reported["particles_per_ml_in_cell"] = in_cell.total
        histogram = in_cell.times((dilution or 1.0) * (correction or 1.0))
        total = histogram.total
    sample = settings.get("Sample", "") or source.name
    replicate = Replicate(
        source.name, sample, histogram, None, total, dilution, reported, settings, tuple(flags)
    )
    header = "\n".join(source.lines[:start])
    return Measurement(FORMAT.name, source.sha256, (replicate,), header=header)


@dataclass(frozen=True)
class _Table:
    """The linear table: centres in nm, particles/cm³ in the cell, particles counted here and in the other."""

    centres: Floats
    amounts: Floats
    counted: float
    again: float


def _columns(source: Source, rows: list[list[str]], start: int, delimiter: str) -> _Table | None:
    """The table whose headings are in line `start`; None where no particle was traced."""
    headings = [_close(cell) for cell in rows[start]]
    density = next((i for i, heading in enumerate(headings) if heading in _CONCENTRATIONS), None)
    if density is None or "number" not in headings:
        source.refuse(
            start, f"expected columns 'Number' and 'Concentration / cm-3', found {shown(' '.join(headings))}"
        )
    count = headings.index("number")
    linear, logarithmic = _parts(source, rows, start, delimiter, len(list(filter(None, headings))))
    if not linear:
        return None

    def column(index: int, lines: list[int]) -> Floats:
        values = source.numbers(lines, [rows[line][index] for line in lines], delimiter, headings[index])
        if values.min() < 0:
            source.refuse(lines[int(np.argmin(values))], f"{headings[index]} is below zero")
        return values

    centres = column(0, linear)
    if len(centres) < 2 or np.any(np.diff(centres) <= 0):
        source.refuse(linear[0], "sizes of the first table must rise")
    counted = float(column(count, linear).sum())
    again = float(column(count, logarithmic).sum()) if logarithmic else counted
    return _Table(_unrounded(centres), column(density, linear), counted, again)


def _parts(
    source: Source, rows: list[list[str]], start: int, delimiter: str, width: int
) -> tuple[list[int], list[int]]:
    """The lines of the linear and of the logarithmic table; a row of -1 or a second heading parts them."""
    tables: list[list[int]] = [[]]
    for line in range(start + 1, len(rows)):
        row = rows[line]
        if not any(row):
            continue
        if _close(row[0]) == _TABLE:
            tables.append([])
        elif not is_number(row[0]):
            if _close(row[0]) != _TITLE:
                break
        elif len(row) < width or not all(row[:width]):
            source.refuse(line, f"expected {width} cells, found {len(row)}; the line is cut short")
        elif source.number(line, row[0], delimiter, "size") < 0:
            tables.append([])
        else:
            tables[-1].append(line)
    if len(tables) == 1:
        source.refuse(len(rows) - 1, "the file ends inside the first table: no row of -1 follows it")
    return tables[0], next(filter(None, tables[1:]), [])


def _profile(source: Source) -> Measurement:
    """A zeta profile: no sizes and no count, but a zeta potential."""
    if not re.search(rf'[\r\n][ "]*{_ZETA}:', source.text, re.IGNORECASE):
        source.refuse(
            None, "no table 'Size / nm' and no zeta potential; the file is cut short, or another kind"
        )
    settings = _settings(source.rows(source.delimiter_after(f"{_ZETA}:")))
    names = {"zeta_potential_mv": _ZETA, "zeta_fwhm_mv": "ZP Distribution (SL 1/2) FWHM / mV"}
    reported = {
        name: value
        for name, key in names.items()
        if (value := finite(settings.get(key, "").split(" ")[0])) is not None
    }
    flags = (
        "checked here: a zeta profile holds no size distribution and no concentration",
        *_flags(settings),
    )
    sample = settings.get("Sample", "") or source.name
    replicate = Replicate(source.name, sample, reported=reported, settings=settings, flags=flags)
    return Measurement(FORMAT.name, source.sha256, (replicate,), header=source.text)


def _close(heading: str) -> str:
    """A heading without the spaces, which differ between versions."""
    return plain(heading).replace(" ", "")


def _unrounded(centres: Floats) -> Floats:
    """Sizes are printed with four digits (5997.5 as 5.997E+3): the regular grid behind them, if any."""
    grid = centres[0] + (centres[1] - centres[0]) * np.arange(len(centres))
    return grid if np.all(np.abs(grid - centres) <= 0.0005 * centres) else centres


def _settings(rows: list[list[str]]) -> dict[str, str]:
    """Keys end with a colon (the dilution's with two); a line can hold several, each with its values."""
    settings: dict[str, str] = {}
    for row in rows:
        key = ""
        for cell in row:
            if cell.endswith(":") and not (key and not settings[key] and len(cell) < 3):
                key = cell.rstrip(":")
                settings.setdefault(key, "")
            elif key and cell:
                settings[key] = f"{settings[key]} {cell}".strip()
    return settings


def _factor(source: Source, settings: dict[str, str], name: str) -> float | None:
    """A factor as written; None where it is missing or not a number, for that is not 1."""
    cell = settings.get(name, "").split(" ")[0]
    value = source.factor(None, cell, f"'{name}'")
    if value is None:
        return None
    if not 0 < value < 1e12:
        source.refuse(None, f"'{name}' must lie between 0 and 1e12, found {shown(cell)}")
    return value


def _flags(settings: dict[str, str]) -> list[str]:
    flags = []
    for name in ("Particle Drift Check Result", "Cell Check Result"):
        result = settings.get(name, "")
        if result and "good" not in result.casefold():
            flags.append(f"instrument: {name}: {result}")
    if any(_NEVER in value for value in settings.values()):
        flags.append("instrument: a check is dated 1904-01-01, so it was never made")
    light = settings.get("Filter Wavelength nm", "Scatter")
    if re.search(r"\d", light):
        flags.append(f"instrument: fluorescence (filter {light} nm): unlabelled particles were not counted")
    return flags


FORMAT = Format("ZetaView text", recognises, read, "ZetaView S/N")
