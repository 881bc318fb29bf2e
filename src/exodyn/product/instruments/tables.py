"""Plain tables that any instrument can be brought to.

Long: a column of sizes, one of values ("particles_per_ml", "count" or "percent"), and, if wanted, "sample",
"replicate" and "dilution", by which a concentration measured in the cell is multiplied here.
Wide: a column of sizes first, then a column of values for each replicate, named by its heading.
Without a column of sizes, each row is a replicate with its figures.
"""

from __future__ import annotations

import re

import numpy as np

from exodyn.product.instruments.measurement import Floats, Histogram, Measurement, Replicate, linear_edges
from exodyn.product.instruments.measurement import logarithmic_edges as by_factor
from exodyn.product.instruments.source import Format, Source, is_number, plain, shown

_SIZE = re.compile(
    r"(particle[_ ])?(size|diameter|bin[_ ]cent(er|re))[_ ]*[\(\[/]? ?(?P<unit>nm|um|[µμ]m)?[\)\]]?",
    re.IGNORECASE,
)
_NANOMETRES = {"nm": 1.0, "um": 1000.0, "µm": 1000.0, "μm": 1000.0}
_PER_ML = re.compile(r"(/ ?ml|/ ?cm3|per[_ ]ml|\bml-1|\bcm-3)\)?$")
_PER_NM = re.compile(r"(/ ?|per[_ ])nm\b")
_GROUPS = ("sample", "replicate", "dilution")


def recognises(source: Source) -> bool:
    """Whether the content is of this format."""
    return _delimiter(source) is not None


def _delimiter(source: Source) -> str | None:
    """The character that parts headings, which are no numbers, and the line below into as many cells."""
    lines = [line for line in source.lines if line.strip()]
    if len(lines) < 2:
        return None
    for delimiter in sorted("\t;,", key=lambda mark: -lines[0].count(mark)):
        headings, *first = (source.cells(line, delimiter) for line in lines[:2])
        if (
            len(headings) > 1
            and all(headings)
            and not any(map(is_number, headings))
            and all(len(row) == len(headings) for row in first)
            and any(is_number(cell) for row in first for cell in row)
        ):
            return delimiter
    return None


def read(source: Source) -> Measurement:
    """The measurement; raises InputError that names the line where it can."""
    delimiter = _delimiter(source)
    if delimiter is None:
        source.refuse(None, "no table with one line of headings")
    rows = source.rows(delimiter)
    start = next(line for line, row in enumerate(rows) if any(row))
    headings = rows[start]
    lines = [line for line in range(start + 1, len(rows)) if any(rows[line])]
    for line in lines:
        if len(rows[line]) != len(headings):
            source.refuse(line, f"expected {len(headings)} cells, found {len(rows[line])}")
    names = [plain(heading) for heading in headings]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        source.refuse(start, f"the heading {shown(twice)} occurs twice")
    table = _Table(source, rows, lines, headings, delimiter)
    size = next((i for i, name in enumerate(names) if _SIZE.fullmatch(name)), None)
    flags: tuple[str, ...] = ()
    if size is None:
        replicates = table.values(names)
        flags = ("checked here: no column of sizes, so no distribution",)
    elif any(name in _GROUPS for name in names):
        replicates = table.long(names, size)
    else:
        replicates = table.wide(size)
    if size is not None and not _SIZE.fullmatch(names[size])["unit"]:  # type: ignore[index]
        flags = (f"checked here: the heading '{headings[size]}' has no unit; read as nm",)
    return Measurement(FORMAT.name, source.sha256, tuple(replicates), flags=flags, header=source.lines[start])


class _Table:
    """Columns of a source as numbers and histograms."""

    def __init__(
        self, source: Source, rows: list[list[str]], lines: list[int], headings: list[str], delimiter: str
    ) -> None:
        self.source, self.rows, self.lines, self.headings = source, rows, lines, headings
        self.delimiter = delimiter

    def column(self, index: int, lines: list[int]) -> Floats:
        """One column as numbers."""
        cells = [self.rows[line][index] for line in lines]
        return self.source.numbers(lines, cells, self.delimiter, shown(self.headings[index]))

    def unit(self, index: int) -> str:
        """What the values of a column count."""
        name = plain(self.headings[index])
        if _PER_NM.search(name):
            self.source.refuse(
                self.lines[0] - 1, f"{shown(name)} is a density per nm; expected amounts in each bin"
            )
        if _PER_ML.search(name):
            return "particles/mL"
        if "%" in name or "percent" in name:
            return "%"
        return "particles" if re.search(r"\b(count|counts|particles|number)\b", name) else "not stated"

    def histogram(self, size: int, value: int, lines: list[int]) -> Histogram:
        """The histogram of some lines; refuses sizes that do not rise."""
        centres, amounts = self.column(size, lines), self.column(value, lines)
        found = _SIZE.fullmatch(plain(self.headings[size]))
        centres = centres * _NANOMETRES[(found and found["unit"]) or "nm"]
        wrong = np.diff(centres, prepend=0.0) <= 0
        if len(centres) < 2 or np.any(wrong):
            self.source.refuse(
                lines[int(np.argmax(wrong))], "sizes must be above zero and rise, two or more of them"
            )
        if np.any(amounts < 0):
            self.source.refuse(lines[int(np.argmin(amounts))], "an amount below zero")
        # Steps that grow with the size are classes by a factor.
        steps = np.diff(centres)
        edges = linear_edges(centres) if steps[-1] < 1.5 * steps[0] or len(steps) < 3 else by_factor(centres)
        return Histogram(edges, centres, amounts, self.unit(value))

    def replicate(self, name: str, sample: str, histogram: Histogram, dilution: float | None) -> Replicate:
        """A replicate of a histogram; a concentration is multiplied by its dilution."""
        flags = (
            ()
            if histogram.unit != "not stated"
            else (f"checked here: {name}: the unit of its values is not stated",)
        )
        if histogram.unit != "particles/mL":
            return Replicate(name, sample, histogram, dilution=None, flags=flags)
        histogram = histogram.times(dilution or 1.0)
        return Replicate(name, sample, histogram, None, histogram.total, dilution, flags=flags)

    def wide(self, size: int) -> list[Replicate]:
        """A replicate a column."""
        return [
            self.replicate(heading, heading, self.histogram(size, index, self.lines), None)
            for index, heading in enumerate(self.headings)
            if index != size
        ]

    def long(self, names: list[str], size: int) -> list[Replicate]:
        """A replicate for each sample and replicate named."""
        values = [i for i, name in enumerate(names) if i != size and name not in _GROUPS]
        if len(values) != 1:
            self.source.refuse(
                self.lines[0] - 1, f"expected one column of values beside sizes and {', '.join(_GROUPS)}"
            )
        groups: dict[tuple[str, str], list[int]] = {}
        for line in self.lines:
            groups.setdefault(
                (self.cell(line, names, "sample"), self.cell(line, names, "replicate")), []
            ).append(line)
        found = []
        for (sample, replicate), lines in groups.items():
            histogram = self.histogram(size, values[0], lines)
            name = " ".join(filter(None, (sample, replicate))) or self.source.name
            found.append(
                self.replicate(name, sample or self.source.name, histogram, self.dilution(names, lines))
            )
        return found

    def cell(self, line: int, names: list[str], name: str) -> str:
        """A cell by the name of its column; empty where there is no such column."""
        return self.rows[line][names.index(name)] if name in names else ""

    def dilution(self, names: list[str], lines: list[int]) -> float | None:
        """The one dilution of a replicate's lines."""
        if "dilution" not in names or not any(self.cell(line, names, "dilution") for line in lines):
            return None
        factors = self.column(names.index("dilution"), lines)
        wrong = (factors != factors[0]) | (factors < 1)
        if np.any(wrong):
            self.source.refuse(
                lines[int(np.argmax(wrong))], "a replicate has one dilution, 1 or more, on all its lines"
            )
        return float(factors[0])

    def values(self, names: list[str]) -> list[Replicate]:
        """A replicate a row: what is a number in all its rows is a figure, the rest are settings."""
        columns: dict[str, dict[int, float]] = {}
        for index, heading in enumerate(self.headings):
            filled = [line for line in self.lines if self.rows[line][index]]
            if filled and all(is_number(self.rows[line][index]) for line in filled):
                columns[heading] = dict(zip(filled, self.column(index, filled).tolist(), strict=True))
        if not columns:
            self.source.refuse(None, "no column of numbers")
        return [
            Replicate(
                f"row {line + 1}",
                self.cell(line, names, "sample") or self.source.name,
                reported={name: column[line] for name, column in columns.items() if line in column},
                settings={
                    heading: cell
                    for heading, cell in zip(self.headings, self.rows[line], strict=True)
                    if cell and heading not in columns
                },
            )
            for line in self.lines
        ]


FORMAT = Format("table (CSV)", recognises, read)
