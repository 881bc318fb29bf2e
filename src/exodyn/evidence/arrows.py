"""Cargo arrows: which cargo acts on what, by which record, and whether any record has a number."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from exodyn.evidence.parameters import record_ids
from exodyn.evidence.table import DATA, EvidenceError, number, rows


@dataclass(frozen=True)
class Arrow:
    """A cargo, its target, and what it acts on; sign: +1 raises, -1 lowers.

    parameter: what its strength is called in the full model, empty where it has no equation. quantitative:
    records that print a ratio; an arrow without one is off in the default model.
    """

    id: str
    cargo: str
    kind: str
    target: str
    acts_on: str
    sign: int
    parameter: str
    records: tuple[str, ...]
    quantitative: tuple[str, ...]
    reason: str


@cache
def arrows() -> tuple[Arrow, ...]:
    """The arrows of ``arrows.csv``. Raises EvidenceError for an unknown record or a sign that is none."""
    found = []
    for line, row in rows(DATA / "arrows.csv"):
        place = f"arrows.csv, line {line}"
        sign = number(row["sign"], place)
        if sign not in (1.0, -1.0):
            raise EvidenceError(f"{place}: sign '{row['sign']}', expected 1 or -1")
        texts = {
            name: row[name] for name in ("id", "cargo", "kind", "target", "acts_on", "parameter", "reason")
        }
        found.append(
            Arrow(
                **texts,
                sign=int(sign),
                records=record_ids(row["records"], place),
                quantitative=record_ids(row["quantitative"], place),
            )
        )
    return tuple(found)
