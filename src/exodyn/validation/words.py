"""The tables' words for what was read, in whom, given what, found how: data files, a line a word.

``evidence/data/validation/``: patterns are regular expressions without regard to case; named groups in them
are numbers that other cells of the line compute with.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from exodyn.evidence.table import DATA, EvidenceError, Row, rows

FOLDER = DATA / "validation"


@dataclass(frozen=True)
class Line:
    """A line of a file of words: its pattern and its cells."""

    pattern: re.Pattern[str]
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def serves(self, indication: str, species: str) -> bool:
        """Whether it is about this indication and species; an empty cell is about all."""
        about = ((self.cells["indication"], indication), (self.cells["species"], species))
        return all(not cell or name in cell.split() for cell, name in about)

    def number(self, column: str, found: re.Match[str]) -> float | None:
        """The number in a cell, computed from the groups that the pattern found; None where it is empty.

        A grade counts as its place (A is 1), a number in words as that number.
        """
        text = self.cells[column]
        groups = {name: _value(value) for name, value in found.groupdict().items() if value is not None}
        return float(arithmetic(text, groups)) if text else None


_IN_WORDS = {"one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0}


def _value(said: str) -> float:
    grade = "ABCDE".find(said.upper()) + 1 if len(said) == 1 else 0
    return float(grade) or _IN_WORDS.get(said.lower()) or float(said)


@cache
def lines(name: str) -> tuple[Line, ...]:
    """The lines of a file of words, in its order: the first that fits counts."""
    found = []
    for number, cells in rows(FOLDER / f"{name}.csv"):
        row = Row(f"{name}.csv", number, cells)
        try:
            pattern = re.compile(row.text("pattern"), re.IGNORECASE)
        except re.error as error:
            raise EvidenceError(f"{row.place('pattern')}: {error}") from None
        found.append(Line(pattern, {column: row.text(column) for column in cells}))
    return tuple(found)


_OPERATORS: Mapping[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def arithmetic(text: str, values: Mapping[str, Any]) -> Any:
    """The value of a sum, difference, product or quotient of numbers and names (values or arrays)."""

    def of(node: ast.AST) -> Any:
        match node:
            case ast.Constant(value=int() | float() as value):
                return float(value)
            case ast.Name(id=name) if name in values:
                return values[name]
            case ast.BinOp(left, op, right) if type(op) in _OPERATORS:
                return _OPERATORS[type(op)](of(left), of(right))
        raise EvidenceError(f"'{text}': expected numbers, {', '.join(values) or 'no names'} and + - * /")

    return of(ast.parse(text, mode="eval").body)
