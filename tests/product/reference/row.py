"""One row: its numbers by name, the figures that it asks for in the order in which it names them."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
COLUMNS = ("id", "area", "quantity", "inputs", "expected", "tolerance")
Answer = float | str
Figure = float | str | None | Sequence[float] | Callable[[], "Figure"]


class UnknownError(Exception):
    """The row asks for something that no function here is known to compute."""


class Row:
    """One row; `asks` is its quantity in lower case, `text` its inputs and quantity."""

    def __init__(self, fields: dict[str, str], *data: Path) -> None:
        """fields: by column; data: the folders in which the files that it names are looked for, in turn."""
        missing = [name for name in COLUMNS if fields.get(name) is None]
        if missing:
            raise ValueError(f"a row of reference values without {', '.join(missing)}: {fields}")
        self.id, self.area = fields["id"], fields["area"].strip()
        self.quantity, self.inputs = fields["quantity"].strip(), fields["inputs"].strip()
        self.expected, self.tolerance = fields["expected"].strip(), fields["tolerance"].strip()
        self.data = data
        self.asks = self.quantity.casefold()
        self.text = f"{self.inputs}; {self.quantity}"

    def get(self, *names: str) -> float | None:
        """The number that follows the first of these names, with or without an equals sign."""
        for name in names:
            found = re.search(rf"(?<![\w.]){name}\s*(?:=|:|\bof\b)?\s*({NUMBER})", self.text, re.IGNORECASE)
            if found:
                return float(found.group(1))
        return None

    def need(self, *names: str) -> float:
        value = self.get(*names)
        if value is None:
            raise UnknownError(f"no '{names[0]}' in the inputs")
        return value

    def before(self, *units: str) -> float | None:
        """The number in front of a unit."""
        for unit in units:
            found = re.search(rf"({NUMBER})\s*{unit}(?![\w/])", self.text)
            if found:
                return float(found.group(1))
        return None

    def needs_before(self, *units: str) -> float:
        value = self.before(*units)
        if value is None:
            raise UnknownError(f"no number in {units[0]} in the inputs")
        return value

    def has(self, *words: str) -> bool:
        return any(word in self.text.casefold() for word in words)

    def alpha(self, usual: float = 0.05) -> float:
        found = re.search(rf"\bat ({NUMBER})", self.quantity)
        return self.get("alpha") or (float(found.group(1)) if found else usual)

    def confidence(self, usual: float = 0.95) -> float:
        """Of an interval: "confidence=0.9" or "90%"."""
        found = re.search(rf"({NUMBER})\s?%", self.quantity)
        return self.get("confidence", "level") or (float(found.group(1)) / 100 if found else usual)

    def table(self) -> dict[str, list[str]]:
        """Columns of the data file that the inputs name."""
        found = re.search(r"[\w/.-]+\.csv", self.inputs)
        if not found:
            raise UnknownError("no data file in the inputs")
        name = Path(found.group()).name
        path = next((folder / name for folder in self.data if (folder / name).exists()), None)
        if path is None:
            raise UnknownError(f"no data file {name}")
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        return {name: [row[name] for row in rows] for name in rows[0]}

    def values(self) -> np.ndarray:
        """The numbers of a file's column, or those listed in the inputs."""
        if ".csv" in self.inputs:
            return floats(next(iter(self.table().values())))
        listed = re.sub(rf"\b[a-zA-Z_]+\s*=\s*{NUMBER}", "", self.inputs)
        return np.array([float(each) for each in re.findall(rf"(?<![\w.]){NUMBER}", listed)])

    def vector(self, *where: str) -> list[float]:
        """Numbers in brackets, or behind a word."""
        for text in (self.quantity, self.inputs):
            for pattern in (*(rf"{word}[^\d(\[+-]*([-\d.,;\s]+)" for word in where), r"\(([^()]*\d[^()]*)\)"):
                found = re.search(pattern, text, re.IGNORECASE)
                if found and re.search(NUMBER, found.group(1)):
                    return [float(each) for each in re.findall(NUMBER, found.group(1))]
        raise UnknownError("no vector of numbers in the inputs")

    def pick(self, figures: Mapping[str, Figure], asks: str | None = None) -> list[Answer]:
        """The figures asked for, in that order; their names are expressions, the longest match counts.

        Raises UnknownError if none is.
        """
        left = self.asks if asks is None else asks
        found: list[tuple[int, Figure]] = []
        for name in sorted(figures, key=lambda each: -_reach(each, left)):
            match = re.search(rf"(?<![\w.])(?:{name})(?!\w)", left)
            if match:
                found.append((match.start(), figures[name]))
                left = left[: match.start()] + " " * len(match.group()) + left[match.end() :]
        answers: list[Answer] = []
        for _, figure in sorted(found, key=lambda each: each[0]):
            value = figure() if callable(figure) else figure
            if value is None:
                raise UnknownError("a figure that these inputs do not give")
            answers += [value] if isinstance(value, float | int | str) else list(value)
        if not answers:
            raise UnknownError(f"no figure of that name: {', '.join(figures)}")
        return answers


def _reach(name: str, text: str) -> int:
    match = re.search(rf"(?<![\w.])(?:{name})(?!\w)", text)
    return len(match.group()) if match else -1


def floats(column: Sequence[str]) -> np.ndarray:
    return np.array(column, dtype=np.float64)


def agrees(row: Row, found: Sequence[Answer]) -> str:
    """Empty if all figures agree within the row's tolerance, else what differs."""
    if found and isinstance(found[0], str):
        return "" if found[0] == row.expected else f"found {found[0]!r}, expected {row.expected!r}"
    if "exactly" in row.expected:
        wanted = [1.0]
    else:
        # a hyphen between digits is a dash, not a sign: "0.80-1.25"
        wanted = [float(each) for each in re.findall(NUMBER, re.sub(r"(?<=\d)[-–](?=\d)", " ", row.expected))]
    if not wanted or len(wanted) != len(found):
        return f"found {len(found)} figures, expected {len(wanted)}"
    number = re.search(NUMBER, row.tolerance)
    within = float(number.group()) if number else 0.0
    within, relative = (within / 100, True) if "%" in row.tolerance else (within, "relative" in row.tolerance)
    for one, other in zip(found, wanted, strict=True):
        room = within * abs(other) if relative else within
        # a figure on the edge of its last digit: half a unit of rounding of the double itself
        if not math.isfinite(one) or abs(one - other) > room + 1e-12 * abs(other):
            return f"found {one!r}, expected {other!r} within {room:g}"
    return ""
