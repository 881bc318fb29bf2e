"""Published numbers: one line of a table is one record, with its source, status and split."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType

DATA = files("exodyn.evidence") / "data"
STATUSES = ("measured", "reported", "fitted", "assumed")
SPREAD_KINDS = ("", "none", "sd", "sem", "cv_percent", "ci95", "iqr", "range", "unknown")

_ATTRIBUTES = frozenset(
    ["id", "study", "value", "spread", "spread_kind", "n", "time", "time_unit", "source", "where", "status"]
)
_DOI = re.compile(r"10\.\d{4,9}/[^\s;,)\]]+")


class EvidenceError(ValueError):
    """A data file breaks its own rules; the message names the file, the line and what was expected."""


@dataclass(frozen=True)
class Record:
    """One published number; `fields` holds the columns of its table that have no attribute here.

    value: None where the source gives no plain number. spread: (low, high) for intervals, else
    (spread,) or (). split: "calibration", "validation" or "" (applies to neither).
    """

    id: str
    table: str
    study: str
    quantity: str
    value: float | None
    unit: str
    spread: tuple[float, ...]
    spread_kind: str
    n: float | None
    time: float | None
    time_unit: str
    source: str
    where: str
    status: str
    split: str
    note: str
    fields: Mapping[str, str]

    @property
    def dois(self) -> frozenset[str]:
        """The DOIs in its source, in lower case."""
        return frozenset(d.rstrip(".").lower() for d in _DOI.findall(self.source))


@cache
def tables() -> tuple[str, ...]:
    """Names of the tables of records."""
    return tuple(sorted(f.name[:-4] for f in (DATA / "records").iterdir() if f.name.endswith(".csv")))


@cache
def records(table: str) -> tuple[Record, ...]:
    """The records of a table, in its order. Raises EvidenceError for a table or line that is wrong."""
    if table not in tables():
        raise EvidenceError(f"no table '{table}' of records; there are {', '.join(tables())}")
    return tuple(_record(table, line, row) for line, row in rows(DATA / "records" / f"{table}.csv"))


def record(id: str) -> Record:
    """The record of an id, such as ``NHS001``. Raises EvidenceError where there is none."""
    try:
        return _by_id()[id]
    except KeyError:
        raise EvidenceError(f"no record '{id}'") from None


def is_validation(one: Record) -> bool:
    """Whether a record is held back for validation: its study, or a paper with its DOI, is so in any table.

    A study is compared by name and by DOI, since tables spell names differently.
    """
    studies, dois = _held_back()
    return one.study in studies or bool(one.dois & dois) or "validation study" in one.note


def rows(file: Traversable) -> Iterator[tuple[int, dict[str, str]]]:
    """(line number, row) of a CSV file with one header line."""
    reader = csv.DictReader(file.read_text(encoding="utf-8").splitlines(keepends=True), strict=True)
    for row in reader:
        if None in row or None in row.values():
            width = len(reader.fieldnames or ())
            raise EvidenceError(f"{file.name}, line {reader.line_num}: expected {width} cells")
        yield reader.line_num, row


@cache
def _by_id() -> Mapping[str, Record]:
    found: dict[str, Record] = {}
    for table in tables():
        for one in records(table):
            if one.id in found:
                raise EvidenceError(
                    f"record id '{one.id}' stands in '{found[one.id].table}' and in '{table}'"
                )
            found[one.id] = one
    return MappingProxyType(found)


@cache
def _held_back() -> tuple[frozenset[str], frozenset[str]]:
    held = [one for table in tables() for one in records(table) if one.split == "validation"]
    # One review's DOI covers several studies: a DOI is held back only where no calibration record has it.
    free = {d for table in tables() for one in records(table) if one.split == "calibration" for d in one.dois}
    return frozenset(one.study for one in held), frozenset(d for one in held for d in one.dois) - free


def _record(table: str, line: int, row: dict[str, str]) -> Record:
    place = f"{table}.csv, line {line}"
    quantity = row.get("parameter") or row.get("quantity") or row.get("outcome") or row.get("scale") or ""
    unit = row.get("unit") or row.get("scale_unit") or row.get("effect_unit") or ""
    if row["status"] not in STATUSES:
        raise EvidenceError(f"{place}: status '{row['status']}', expected one of {', '.join(STATUSES)}")
    kind = row.get("spread_kind", "")
    if kind not in SPREAD_KINDS:
        raise EvidenceError(f"{place}: spread_kind '{kind}', expected one of {', '.join(SPREAD_KINDS)}")
    return Record(
        id=row["id"],
        table=table,
        study=row["study"],
        quantity=quantity,
        value=number(row.get("value", row.get("effect", "")), place),
        unit=unit,
        spread=_spread(row, place),
        spread_kind=kind,
        n=number(row.get("n", row.get("n_subjects", "")), place),
        time=number(row.get("time", ""), place),
        time_unit=row.get("time_unit", ""),
        source=row["source"],
        where=row["where"],
        status=row["status"],
        split=row.get("split", ""),
        note=row["note"],
        fields=MappingProxyType({k: v for k, v in row.items() if k not in _ATTRIBUTES}),
    )


def _spread(row: dict[str, str], place: str) -> tuple[float, ...]:
    if row.get("ci_low") and row.get("ci_high"):
        return (float(row["ci_low"]), float(row["ci_high"]))
    text = row.get("spread", "")
    parts = [number(part, place) for part in text.split(" to ")] if text else []
    return tuple(p for p in parts if p is not None)


def number(text: str, place: str) -> float | None:
    """The number in a cell, None for an empty one. Raises EvidenceError with `place` for any other text."""
    if not text.strip():
        return None
    try:
        return float(text)
    except ValueError:
        raise EvidenceError(f"{place}: '{text}', expected a number or an empty cell") from None


@cache
def product_rows() -> tuple[Mapping[str, str], ...]:
    """The lines of the product table."""
    found = []
    for _, row in rows(DATA / "products.csv"):
        for id in row["records"].split():
            record(id)
        found.append(MappingProxyType(row))
    return tuple(found)
