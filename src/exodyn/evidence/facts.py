"""Facts about scales that both ends need: bounds, steps, important differences. Data, not model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from exodyn.evidence.table import DATA, STATUSES, EvidenceError, number, rows


@dataclass(frozen=True)
class ScaleFacts:
    """What a scale is. important: the smallest difference held to matter, None where none was read."""

    name: str
    title: str
    species: tuple[str, ...]
    unit: str
    low: float
    high: float
    step: float
    higher_is: str
    important: float | None
    source: str
    status: str
    note: str


def scale_facts(name: str) -> ScaleFacts:
    """The facts of a scale by its name, such as ``NIHSS``. Raises EvidenceError where it is not listed."""
    try:
        return _all()[name]
    except KeyError:
        raise EvidenceError(f"no scale '{name}'; there are {', '.join(_all())}") from None


@cache
def _all() -> Mapping[str, ScaleFacts]:
    found = {}
    for line, row in rows(DATA / "scales.csv"):
        place = f"scales.csv, line {line}"
        if row["higher_is"] not in ("worse", "better") or row["status"] not in STATUSES:
            raise EvidenceError(f"{place}: expected higher_is worse or better and a status")
        found[row["name"]] = ScaleFacts(
            name=row["name"],
            title=row["title"],
            species=tuple(row["species"].split()),
            unit=row["unit"],
            low=float(row["low"]),
            high=float(row["high"]),
            step=float(row["step"]),
            higher_is=row["higher_is"],
            important=number(row["important"], place),
            source=row["source"],
            status=row["status"],
            note=row["note"],
        )
    return MappingProxyType(found)
