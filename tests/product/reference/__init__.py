"""Reads a row of reference values (`area`, `quantity`, `inputs`) and computes what it asks for.

Rows are written for people: "n=10; content=0.95; confidence=0.95". A row that is not understood raises
`UnknownError`, which names what was missing, so that a file of other rows says what cannot be computed.
"""

from __future__ import annotations

from tests.product.reference import assays, batches, process
from tests.product.reference.row import Answer, Row, UnknownError, agrees

from exodyn.errors import InputError

AREAS = batches.AREAS | assays.AREAS | process.AREAS


def computed(row: Row) -> list[Answer]:
    """What the row asks for; raises UnknownError."""
    area = row.area.casefold().replace(" ", "_").replace("-", "_")
    if area not in AREAS:
        raise UnknownError(f"no area '{row.area}'")
    try:
        return AREAS[area](row)
    except (InputError, ValueError, LookupError, TypeError, ArithmeticError) as problem:
        raise UnknownError(f"{type(problem).__name__}: {problem}") from problem


__all__ = ["AREAS", "Row", "UnknownError", "agrees", "computed"]
