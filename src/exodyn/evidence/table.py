"""CSV files of evidence, read line by line: whatever is wrong is named with file, line and column."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from exodyn.errors import InputError, nearest

DATA = files("exodyn.evidence") / "data"
STATUSES = ("measured", "reported", "fitted", "assumed")


class EvidenceError(InputError):
    """A file breaks the rules of its table; the message names file, line, column and what was expected."""


@dataclass(frozen=True)
class Row:
    """One line of a table: its cells by column, and where it stands."""

    file: str
    line: int
    cells: Mapping[str, str]

    def text(self, column: str) -> str:
        """The text of a cell; empty where the table has no such column."""
        return self.cells.get(column, "").strip()

    def number(self, column: str) -> float | None:
        """The number in a cell, None where it is empty."""
        return number(self.text(column), self.place(column))

    def interval(self, column: str) -> tuple[float, ...]:
        """() for an empty cell, (x,) for a number, (low, high) for the text ``LOW to HIGH``."""
        text = self.text(column)
        ends = [number(part, self.place(column)) for part in text.split(" to ")] if text else []
        found = tuple(end for end in ends if end is not None)
        if len(found) > 2 or len(found) < len(ends) or (len(found) == 2 and found[0] > found[1]):
            raise EvidenceError(f"{self.place(column)}: '{text}', expected a number or LOW to HIGH")
        return found

    def choice(self, column: str, allowed: tuple[str, ...]) -> str:
        """The word in a cell, which must be one of those allowed."""
        text = self.text(column)
        if text not in allowed:
            hint = nearest(text, [word for word in allowed if word])
            raise EvidenceError(f"{self.place(column)}: '{text}' is not one of its words{hint}")
        return text

    def place(self, column: str) -> str:
        """File, line and column, as messages give them."""
        return f"{self.file}, line {self.line}, column '{column}'"


def number(text: str, place: str) -> float | None:
    """The number in a cell, None for an empty one. Raises EvidenceError with `place` for any other text."""
    if not text.strip():
        return None
    try:
        found = float(text.replace("\u2212", "-"))
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise EvidenceError(f"{place}: '{text}', expected a number or an empty cell")
    return found


def rows(file: Traversable | Path) -> Iterator[tuple[int, dict[str, str]]]:
    """(line number, cells by column) of a CSV file with one header line, by commas, semicolons or tabs.

    Raises EvidenceError for what is no such file: not UTF-8, an open quote, a line of another width, a column
    named twice.
    """
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except IsADirectoryError:
        raise EvidenceError(f"{file}: is a directory, expected a CSV file") from None
    except FileNotFoundError:
        raise EvidenceError(f"{file}: no such file, expected a CSV file") from None
    except UnicodeDecodeError as error:
        raise EvidenceError(f"{file.name}: byte {error.start} is not UTF-8, expected a CSV file") from None
    first = text.partition("\n")[0]
    reader = csv.DictReader(
        io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True
    )
    try:
        header = [name.strip() for name in reader.fieldnames or ()]
        reader.fieldnames = header
        if len(set(header)) < len(header):
            twice = next(name for name in header if header.count(name) > 1)
            raise EvidenceError(f"{file.name}, line 1: column '{twice}' stands there twice")
        for row in reader:
            if None in row or None in row.values():
                raise EvidenceError(f"{file.name}, line {reader.line_num}: expected {len(header)} cells")
            yield reader.line_num, row
    except csv.Error as error:
        raise EvidenceError(f"{file.name}, line {reader.line_num}: {error}, expected a CSV file") from None
