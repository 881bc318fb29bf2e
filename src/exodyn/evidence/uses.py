"""Which of the model's numbers rest on a record."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from exodyn.evidence.parameters import areas
from exodyn.evidence.table import DATA, rows


def uses(id: str) -> tuple[str, ...]:
    """The lines of the model's data files that name a record, such as ``parameters/barrier.csv: k_leak``."""
    return tuple(f"{file}: {name}" for file, name, ids in _lines() if id in ids)


@cache
def _lines() -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    return tuple(
        (
            file,
            row.get("symbol") or row.get("name") or row.get("event") or row.get("cargo") or f"line {line}",
            tuple(row["records"].split()),
        )
        for file in _files()
        for line, row in rows(DATA / file)
        if row.get("records")
    )


def _files() -> Iterator[str]:
    yield from (f"parameters/{area}.csv" for area in areas("full"))
    yield from sorted(f"population/{f.name}" for f in (DATA / "population").iterdir())
    yield "products.csv"
    yield "safety.csv"
    yield "arrows.csv"
