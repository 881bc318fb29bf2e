"""Tables of tab-separated values, cell by cell: whatever is wrong is said with file, line and column."""

from __future__ import annotations

import csv
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from exodyn.errors import InputError, nearest

MISSING = frozenset({"", "nan", "na", "n/a", "#n/a", "none", "null"})
"""Words (in small letters) for a cell without content."""


@dataclass(frozen=True)
class Row:
    """One line of a table; columns that the file does not have are empty."""

    file: Path
    line: int
    cells: Mapping[str, str]

    def text(self, column: str) -> str:
        """The cell's text, empty where nothing is stated."""
        found = self.cells.get(column, "").strip()
        return "" if found.lower() in MISSING else found

    def required(self, column: str) -> str:
        found = self.text(column)
        if not found:
            raise self.error(column, "is empty")
        return found

    def number(self, column: str) -> float:
        """The cell as a number (also inf); NaN where it is empty."""
        found = self.text(column)
        value = as_number(found) if found else math.nan
        if value is None:
            raise self.error(column, f"'{found}' is not a number")
        return value

    def one_of(self, column: str, valid: Sequence[str], default: str) -> str:
        found = self.text(column) or default
        if found not in valid:
            raise self.error(column, f"'{found}'{nearest(found, valid)}")
        return found

    def error(self, column: str, message: str) -> InputError:
        return InputError(f"{self.file}, line {self.line}, {column}: {message}")


def as_number(text: str) -> float | None:
    """The number that a text states, None where it states none."""
    try:
        return float(text) if "_" not in text else None
    except ValueError:
        return None


def read_table(file: Path, required: Collection[str]) -> list[Row]:
    """The rows of a file. Raises InputError where it cannot be read or lacks a required column."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            return list(_rows(file, stream, required))
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not UTF-8 text (byte {error.start})") from None
    except csv.Error as error:
        raise InputError(f"{file}: {error}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{file}: cannot be read: {reason.lower()}") from None


def _rows(file: Path, stream: Iterator[str], required: Collection[str]) -> Iterator[Row]:
    reader = csv.reader(stream, delimiter="\t")
    header = [name.strip() for name in next(reader, [])]
    if not any(header):
        raise InputError(f"{file}: the table is empty; expected columns {', '.join(required)}")
    for name in required:
        if name not in header:
            hint = "" if len(header) > 1 else " (columns are separated by tabs)"
            raise InputError(f"{file}, line 1: no column '{name}'{hint}; columns are {', '.join(header)}")
    named = [name for name in header if name]
    for name in named:
        if named.count(name) > 1:
            raise InputError(f"{file}, line 1: the column '{name}' stands there twice")
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        if any(cell.strip() for cell in cells[len(header) :]):
            raise InputError(
                f"{file}, line {reader.line_num}: {len(cells)} cells in a table of {len(header)} columns"
            )
        yield Row(file, reader.line_num, dict(zip(header, cells, strict=False)))


def once(rows: Iterable[Row], column: str) -> None:
    """Raise InputError where two rows have the same id in a column."""
    seen: dict[str, Row] = {}
    for row in rows:
        name = row.required(column)
        if name in seen:
            raise row.error(column, f"'{name}' stands already in line {seen[name].line}")
        seen[name] = row


def known_name(row: Row, column: str, name: str, valid: Mapping[str, object]) -> str:
    """The name. Raises InputError where it is not valid."""
    if name not in valid:
        raise row.error(column, f"there is no '{name}'{nearest(name, valid)}")
    return name
