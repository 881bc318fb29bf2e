"""The cells of an event table: a text file with a header, whose every complaint names line and column."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np

from exodyn.errors import InputError, nearest

COLUMNS = (
    "ID", "TIME", "AMT", "RATE", "EVID", "CMT", "II", "ADDL", "SS", "DV", "MDV", "DVID", "OCC",
    "CENS", "LIMIT", "BLQ", "LLOQ",
)  # fmt: skip
"""The columns with a meaning of their own; any other may be a covariate."""
DATES = ("DATE", "DAT1", "DAT2", "DAT3")
"""Columns with the date or number of the day."""
MARKS = ("C", "IGNORE")
"""Columns in which C marks a row to be left out."""
MISSING = ("", ".", "NA", "na", "NaN", "nan")
MOST_BYTES = 500_000_000
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


@dataclass(frozen=True)
class Rows:
    """The cells of a file by the columns' names (reserved ones in capitals), and the line of each row.

    left_out: rows that a C marks, and lines of comment.
    """

    file: str
    names: tuple[str, ...]
    cells: Mapping[str, list[str]]
    lines: list[int]
    left_out: int = 0

    def complain(self, row: int, column: str, message: str) -> NoReturn:
        raise InputError(f"{self.file}, line {self.lines[row]}, column '{column}': {message}")

    def missing(self, row: int, column: str) -> bool:
        return column not in self.cells or self.cells[column][row] in MISSING

    def number(self, row: int, column: str, default: float | None = None) -> float:
        """The number of a cell; the default, where there is one, for a missing one."""
        if self.missing(row, column):
            if default is None:
                self.complain(row, column, "is empty, expected a number")
            return default
        text = self.cells[column][row]
        value = float(text) if NUMBER.fullmatch(text) else np.nan
        if not np.isfinite(value):
            self.complain(row, column, f"'{text}', expected a number")
        return value

    def whole(self, row: int, column: str, valid: Sequence[int] | None = None) -> int:
        """The whole number of a cell, 0 for a missing one."""
        value = self.number(row, column, 0.0)
        if value != int(value) or (valid and int(value) not in valid):
            expected = f"one of {', '.join(map(str, valid))}" if valid else "a whole number"
            self.complain(row, column, f"'{self.cells[column][row]}', expected {expected}")
        return int(value)


def read_rows(path: Path, columns: Mapping[str, str]) -> Rows:
    file = path.name
    try:
        data = path.read_bytes() if not path.is_dir() else None
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    if data is None:
        raise InputError(f"{path}: is a directory, expected an event table")
    if len(data) > MOST_BYTES:
        raise InputError(f"{path}: {len(data) / 1e6:.0f} MB, expected at most {MOST_BYTES / 1e6:.0f} MB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: byte {error.start} is not UTF-8, expected a table as text") from None
    if "\0" in text:
        raise InputError(f"{file}: holds a zero byte, expected a table as text")
    rows: list[list[str]] = []
    lines, comments = [], 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    try:
        for row in reader:
            cells = row[0].split() if len(row) == 1 else [cell.strip() for cell in row]
            if cells and cells[0].startswith("#") and rows:
                comments += 1
            elif any(cells):
                cells[0] = cells[0].removeprefix("#").strip() if not rows else cells[0]
                rows.append(cells)
                lines.append(reader.line_num)
    except csv.Error as error:
        raise InputError(f"{file}, line {reader.line_num}: {error}") from None
    if len(rows) < 2:
        raise InputError(f"{file}: expected a header line and rows below it")
    names = _names(file, rows[0], columns)
    for row, line in zip(rows[1:], lines[1:], strict=True):
        if len(row) != len(names):
            raise InputError(f"{file}, line {line}: {len(row)} cells, the header has {len(names)}")
    marks = [k for k, name in enumerate(names) if name in MARKS]
    kept = [n for n in range(1, len(rows)) if not any(rows[n][k].upper() == "C" for k in marks)]
    if not kept:
        raise InputError(f"{file}: every row is marked to be left out")
    return Rows(
        file,
        names,
        {name: [rows[n][k] for n in kept] for k, name in enumerate(names)},
        [lines[n] for n in kept],
        len(rows) - 1 - len(kept) + comments,
    )


def _separator(text: str) -> str:
    """What stands between the cells: comma, semicolon or tab; for white space a sign that no text has."""
    first = text.lstrip().split("\n", 1)[0]
    found = max(",;\t", key=first.count)
    return found if found in first else "\x1f"


def _names(file: str, header: list[str], columns: Mapping[str, str]) -> tuple[str, ...]:
    renamed = {}
    for name, own in columns.items():
        if name not in COLUMNS:
            raise InputError(f"columns: no column has the meaning '{name}'{nearest(name, COLUMNS)}")
        if own not in header:
            raise InputError(f"{file}, line 1: no column '{own}' for {name}{nearest(own, header)}")
        renamed[own] = name
    names = [
        renamed.get(name, name.upper() if name.upper() in COLUMNS + DATES + MARKS else name)
        for name in header
    ]
    for name in names:
        if not name:
            raise InputError(f"{file}, line 1: column {names.index(name) + 1} has no name")
        if names.count(name) > 1:
            raise InputError(f"{file}, line 1: column '{name}' stands there twice")
    for name in ("ID", "TIME", "DV"):
        if name not in names:
            raise InputError(f"{file}, line 1: no column {name}{nearest(name, names)}")
    return tuple(names)
