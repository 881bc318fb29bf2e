"""The edge: bytes of unknown origin become lines, cells and numbers, or one message with file and line."""

from __future__ import annotations

import codecs
import csv
import hashlib
import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NoReturn

import numpy as np

from exodyn.errors import InputError
from exodyn.product.instruments.measurement import Floats, Measurement

# The largest sample has 0.4 MB, a long cytometry run about 50 MB; more than this is a video or a mistake.
LARGEST = 100_000_000
# As text; its cells take some thirty times the room of the file.
LARGEST_TEXT = 15_000_000
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
# "1,000" is one in some countries and a thousand in others.
_EITHER = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_ONLY_DECIMAL = re.compile(r'"[+-]?(?:0\d*,\d+|\d+,(?:\d{1,2}|\d{4,}))"')
# What spreadsheets put before a table: empty lines, and a line that names the separator.
_BEFORE = re.compile(r'(?:[ \t\xa0]*|"?sep=.?"?)(?:\r\n|\n|\r)', re.IGNORECASE)
_UTF16 = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True)
class Source:
    """A file's name and bytes; what is derived from them is derived once."""

    name: str
    data: bytes

    @classmethod
    def of(cls, path: Path) -> Source:
        """The file at a path; raises InputError if it cannot be read or is too large."""
        try:
            if path.stat().st_size > LARGEST:
                raise InputError(
                    f"{path}: larger than {LARGEST // 1_000_000} MB; expected an export, not a raw video"
                )
            return cls(path.name, path.read_bytes())
        except OSError as problem:
            raise InputError(f"{path}: cannot be read: {problem.strerror or problem}") from None

    @cached_property
    def sha256(self) -> str:
        """Of the bytes."""
        return hashlib.sha256(self.data).hexdigest()

    @cached_property
    def text(self) -> str:
        """The file as text, from its first line with content on; empty where it is binary."""
        return self._text[0]

    @cached_property
    def _text(self) -> tuple[str, int]:
        """The text, and how many lines before it were passed over."""
        text = _decoded(self.data).rstrip("\x1a")
        if len(text) > LARGEST_TEXT:
            self.refuse(None, f"more than {LARGEST_TEXT // 1_000_000} million characters; expected an export")
        start = before = 0
        while found := _BEFORE.match(text, start):
            start, before = found.end(), before + 1
        return text[start:], before

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The text by lines, whatever ends them."""
        return tuple(re.split(r"\r\n|\n|\r", self.text))

    def starts_with(self, pattern: str, lines: int = 60) -> bool:
        """Whether the expression is found in the first lines, whatever its case."""
        return bool(re.search(pattern, "\n".join(self.lines[:lines])[:20_000], re.IGNORECASE | re.MULTILINE))

    def refuse(self, line: int | None, problem: str) -> NoReturn:
        """Raises InputError for a line of `lines`, counted from zero, or for the whole file."""
        place = "" if line is None else f", line {line + self._text[1] + 1}"
        raise InputError(f"{self.name}{place}: {problem}")

    def rows(self, delimiter: str) -> list[list[str]]:
        """The cells of all lines. A line's end closes its quote: a stray one costs one line, not all."""
        return [self.cells(line, delimiter) for line in self.lines]

    def cells(self, line: str, delimiter: str) -> list[str]:
        """The cells of one line, without the blanks around them."""
        if '"' not in line:
            return [cell.strip() for cell in line.split(delimiter)]
        try:
            return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [""])]
        except csv.Error as problem:
            self.refuse(self.lines.index(line), f"not readable as separated cells ({problem})")

    def delimiter_after(self, heading: str, said: str = "") -> str:
        """The character that follows a heading (an expression; said: in words) which all files have."""
        found = re.search(rf'(?:{heading})"?[ ]*([\t;,])', self.text, re.IGNORECASE)
        if found is None:
            self.refuse(
                None,
                f"no heading like '{said or heading}' followed by a comma, semicolon or tab",
            )
        return found.group(1)

    def places(self, row: Sequence[str], needed: Sequence[str]) -> dict[str, int]:
        """Where each heading of the first line stands; those needed must stand there once."""
        headings = [plain(cell) for cell in row]
        for name in needed:
            if headings.count(name) != 1:
                self.refuse(0, f"expected one column '{name}'")
        return {name: headings.index(name) for name in headings}

    def number(self, line: int, cell: str, delimiter: str, what: str) -> float:
        """A finite number with decimal point or comma; between commas, one that cannot mean thousands."""
        if delimiter == "," and _EITHER.fullmatch(cell) and not self._decimal_comma:
            self.refuse(line, f"{what}: {shown(cell)} may mean thousands; expected a decimal point")
        if not _NUMBER.fullmatch(cell):
            self.refuse(line, f"expected a number for {what}, found {shown(cell)}")
        value = float(cell.replace(",", "."))
        if not math.isfinite(value):
            self.refuse(line, f"{what} is out of range: {shown(cell)}")
        return value

    def factor(self, line: int | None, cell: str, what: str) -> float | None:
        """A factor of the header, such as a dilution; None where it is no number, for that is not 1."""
        if _EITHER.fullmatch(cell):
            self.refuse(line, f"{what}: {shown(cell)} may mean thousands; expected digits only")
        return finite(cell)

    @cached_property
    def _decimal_comma(self) -> bool:
        """Whether a quoted cell can only have a decimal comma: then all commas in cells are such."""
        return _ONLY_DECIMAL.search(self.text) is not None

    def numbers(self, lines: Sequence[int], cells: Sequence[str], delimiter: str, what: str) -> Floats:
        """One column, float64[len(cells)]; a mix of decimal points and commas is refused by line."""
        values = [self.number(line, cell, delimiter, what) for line, cell in zip(lines, cells, strict=True)]
        marks = {mark for cell in cells for mark in ".," if mark in cell}
        if len(marks) > 1:
            first = next(m for cell in cells for m in cell if m in marks)
            odd = next(
                line for line, cell in zip(lines, cells, strict=True) if (marks - {first}).pop() in cell
            )
            self.refuse(
                odd, f"{what}: decimal points and decimal commas in one column; expected '{first}' throughout"
            )
        return np.array(values)


@dataclass(frozen=True)
class Format:
    """One kind of file: how its content is known, and how it is read. ``reads`` raises InputError only.

    begins: how the first line of such a file starts (an expression); a second such line shows a mixed file.
    """

    name: str
    recognises: Callable[[Source], bool]
    reads: Callable[[Source], Measurement]
    begins: str = ""


def _decoded(data: bytes) -> str:
    """UTF-8, UTF-16 or latin-1 (with Windows' additions); what has many zero bytes is no text."""
    for mark, encoding in _UTF16:
        if data.startswith(mark):
            return data[2:].decode(encoding, errors="replace")
    if data.startswith(codecs.BOM_UTF8):
        data = data[3:]
    start = data[:2000]
    for (_, encoding), zeros in zip(_UTF16, (start[1::2], start[0::2]), strict=True):
        # In UTF-16 without a mark, every second byte of a Western text is zero.
        if len(zeros) > 3 and zeros.count(0) > 0.9 * len(zeros):
            return data.decode(encoding, errors="replace")
    if data.count(0) > len(data) / 100:
        return ""
    # ZetaView's profiles hold a few zero bytes between their lines.
    data = data.replace(b"\0", b"")
    for encoding in ("utf-8", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def plain(heading: str) -> str:
    """A heading without what varies between programs: case, spaces, superscripts, kinds of minus."""
    text = unicodedata.normalize("NFKC", heading).replace("−", "-")
    return re.sub(r"\s+", " ", text).strip().casefold()


def is_number(cell: str) -> bool:
    """Whether a cell is a number, with point or comma."""
    return _NUMBER.fullmatch(cell) is not None


def finite(cell: str) -> float | None:
    """A number of the header, with point or comma; None where the cell holds none, or may mean thousands."""
    value = float(cell.replace(",", ".")) if is_number(cell) and not _EITHER.fullmatch(cell) else math.nan
    return value if math.isfinite(value) else None


def shown(cell: str) -> str:
    """A cell in a message: quoted, in one line, shortened."""
    return repr(cell if len(cell) <= 40 else cell[:37] + "...")
