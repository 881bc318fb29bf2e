"""Reads a row of reference values (`area`, `quantity`, `inputs`) and computes what it asks for.

Rows are written for people: "n=10; content=0.95; confidence=0.95". A row that is not understood raises
`UnknownError`, which names what was missing, so that a file of other rows says what cannot be computed.
"""

from __future__ import annotations

from tests.product.reference import assays, batches, process
from tests.product.reference.row import Answer, Row, UnknownError, agrees

AREAS = batches.AREAS | assays.AREAS | process.AREAS


def computed(row: Row) -> list[Answer]:
    """What the row asks for; raises UnknownError."""
    if row.area not in AREAS:
        raise UnknownError(f"no area '{row.area}'")
    return AREAS[row.area](row)


__all__ = ["AREAS", "Row", "UnknownError", "agrees", "computed"]
