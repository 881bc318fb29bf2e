"""The tables of published numbers, and which studies are held back for validation."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType

from exodyn.errors import nearest
from exodyn.evidence.record import Record
from exodyn.evidence.schemas import schema_of
from exodyn.evidence.table import DATA, EvidenceError, Row, rows


@cache
def tables() -> tuple[str, ...]:
    """Names of the tables of records."""
    return tuple(sorted(f.name[:-4] for f in (DATA / "records").iterdir() if f.name.endswith(".csv")))


@cache
def records(table: str) -> tuple[Record, ...]:
    """The records of a table, in its order. Raises EvidenceError for a table or line that is wrong."""
    if table not in tables():
        raise EvidenceError(f"no table '{table}' of records{nearest(table, tables())}")
    return read_records(DATA / "records" / f"{table}.csv")


def read_records(file: Traversable | Path) -> tuple[Record, ...]:
    """The records of a file in any of the schemas, which its header tells apart; more columns do no harm.

    Raises EvidenceError for a file of no schema, a cell that its column does not allow, or an id given twice.
    """
    found: dict[str, Record] = {}
    schema = None
    for line, cells in rows(file):
        cells = {column.casefold(): cell for column, cell in cells.items()}
        schema = schema or schema_of(cells.keys(), file.name)
        row = Row(file.name, line, cells)
        one = schema.record(file.name.removesuffix(".csv"), row)
        if one.id in found:
            raise EvidenceError(f"{row.place('id')}: '{one.id}' stands there twice")
        found[one.id] = one
    if schema is None:
        raise EvidenceError(f"{file.name}: no records, expected a header and a line for each record")
    return tuple(found.values())


def record(id: str) -> Record:
    """The record of an id, such as ``NHS001``. Raises EvidenceError where there is none."""
    try:
        return _by_id()[id]
    except KeyError:
        raise EvidenceError(f"no record '{id}'{nearest(id, _by_id())}") from None


def all_records() -> tuple[Record, ...]:
    """The records of all tables."""
    return tuple(_by_id().values())


def is_validation(one: Record) -> bool:
    """Whether a record is held back for validation: its study, or a paper of its source, is so in any table.

    What its own table says counts first. A study is compared by name and by paper, since tables spell names
    differently; a review, whose identifier covers several studies, holds back only those named.
    """
    if one.split:
        return one.split == "validation"
    studies, papers = _held_back()
    return _name(one.study) in studies or bool(one.papers & papers) or "validation study" in one.note


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
    """Names of the studies and identifiers of the papers that are held back."""
    held = [one for one in all_records() if one.split == "validation"]
    papers = frozenset(paper for one in held for paper in one.papers)
    return frozenset(_name(one.study) for one in held), papers - _reviews(all_records())


def _reviews(found: Iterable[Record]) -> frozenset[str]:
    """Identifiers of papers that stand behind both splits, or behind three studies or more."""
    studies, splits = defaultdict(set), defaultdict(set)
    for one in found:
        for paper in one.papers:
            studies[paper].add(_name(one.study))
            splits[paper].add(one.split)
    return frozenset(p for p in studies if len(studies[p]) > 2 or {"calibration", "validation"} <= splits[p])


def _name(study: str) -> str:
    """A study's name as compared: small letters and digits alone."""
    return re.sub(r"[^a-z0-9]", "", study.lower())


@cache
def product_rows() -> tuple[Mapping[str, str], ...]:
    """The lines of the product table."""
    found = []
    for _, row in rows(DATA / "products.csv"):
        for id in row["records"].split():
            record(id)
        found.append(MappingProxyType(row))
    return tuple(found)
