"""What guidelines ask to be reported of a preparation, item by item, and the categories of markers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from exodyn.evidence.table import DATA, Row, rows

GUIDELINES = ("MISEV2023", "MIFlowCyt-EV", "EV-METRIC")
KINDS_OF_ITEM = ("mandatory", "if applicable", "encouraged")


@dataclass(frozen=True)
class Item:
    """One thing to report.

    needs: keys of a description that must be there, each ``table.key``. check: what has to hold beyond that,
    by name. applies: when it does, by name or ``table.key=value``; "" always. basis: where it was read.
    """

    guideline: str
    key: str
    item: str
    kind: str
    needs: tuple[str, ...]
    check: str
    applies: str
    why: str
    basis: str


@cache
def reporting_items() -> tuple[Item, ...]:
    """All items, in the order of their guidelines."""
    found = []
    for line, cells in rows(DATA / "reporting" / "items.csv"):
        row = Row("reporting/items.csv", line, cells)
        found.append(
            Item(
                row.choice("guideline", GUIDELINES),
                row.text("key"),
                row.text("item"),
                row.choice("kind", KINDS_OF_ITEM),
                tuple(row.text("needs").split()),
                row.text("check"),
                row.text("applies"),
                row.text("why"),
                row.text("basis"),
            )
        )
    return tuple(found)


@cache
def marker_categories() -> Mapping[str, int]:
    """Category 1 to 5 of a protein by MISEV, by name in capital letters; a family by how its names begin."""
    found = {}
    for line, cells in rows(DATA / "reporting" / "markers.csv"):
        row = Row("reporting/markers.csv", line, cells)
        found[row.text("marker").upper()] = int(row.choice("category", ("1", "2", "3", "4", "5")))
    return MappingProxyType(found)
