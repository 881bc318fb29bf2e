"""Put fitted values into the parameter files of the source tree."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

import exodyn

Fitted = Mapping[tuple[str, str], float]
"""(symbol, species as in the file) -> value."""
Ranges = Mapping[tuple[str, str], tuple[float, float]]


def write(fitted: Fitted, indication: str, ranges: Ranges | None = None, folder: Path | None = None) -> None:
    """Put values into the lines of an indication and of all, four digits; every other line stays as it is.

    ranges: where about 90% of a value lie, for those whose low and high are fitted too. folder: of the
    parameter files, the package's if None.
    """
    folder = folder or Path(exodyn.__file__).parent / "evidence" / "data" / "parameters"
    for file in sorted(folder.rglob("*.csv")):
        before = file.read_text(encoding="utf-8")
        after = _replaced(before, fitted, indication, ranges or {})
        if after != before:
            file.write_text(after, encoding="utf-8")


def _replaced(text: str, fitted: Fitted, indication: str, ranges: Ranges) -> str:
    """The text of a parameter file with these values in it."""
    lines = text.splitlines(keepends=True)
    reader = csv.reader(lines)
    header = next(reader)
    read = reader.line_num
    found = lines[:read]
    for cells in reader:
        row = dict(zip(header, cells, strict=True))
        key = row["symbol"], row["species"]
        if key in fitted and row["indication"] in ("any", indication):
            row["value"] = f"{fitted[key]:.4g}"
            if key in ranges:
                row["low"], row["high"] = (f"{end:.3g}" for end in ranges[key])
        same = list(row.values()) == cells
        found += lines[read : reader.line_num] if same else [_line(row)]
        read = reader.line_num
    return "".join(found)


def _line(row: Mapping[str, str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(row.values())
    return text.getvalue()
