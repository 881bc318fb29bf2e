"""Records by area and indication."""

from __future__ import annotations

from collections.abc import Iterable

from exodyn.errors import nearest
from exodyn.evidence.record import Record
from exodyn.evidence.records import records, tables
from exodyn.evidence.table import EvidenceError
from exodyn.evidence.words import canonical_names, names, synonym


def select(area: str | None = None, indication: str | None = None) -> tuple[Record, ...]:
    """The records of an area (None: all) that are about an indication (None: any or none), in order of table.

    area: a table, such as "kinetics", or the word that several begin with, such as "outcomes".
    indication: our name, such as "tbi", or any of the tables' words for it.
    Raises EvidenceError for an unknown one, with the nearest.
    """
    found = tuple(one for table in _tables(area) for one in records(table))
    if indication is None:
        return found
    return about(found, indication)


def about(found: Iterable[Record], indication: str) -> tuple[Record, ...]:
    """Those of some records that are about an indication; words that are not known are about none.

    Raises EvidenceError for an unknown indication, with the nearest.
    """
    wanted = set(_indication(indication))
    return tuple(one for one in found if wanted & set(synonym("indication", one.indication) or ()))


def areas_of_records() -> tuple[str, ...]:
    """Every area: the tables, and the words that several begin with."""
    words = [table.split("_")[0] for table in tables()]
    return tuple(sorted({*tables(), *(word for word in words if words.count(word) > 1)}))


def _tables(area: str | None) -> tuple[str, ...]:
    if area is None or area in tables():
        return tables() if area is None else (area,)
    found = tuple(table for table in tables() if area in areas_of_records() and table.startswith(f"{area}_"))
    if not found:
        raise EvidenceError(f"no area '{area}' of evidence{nearest(area, areas_of_records())}")
    return found


def _indication(word: str) -> tuple[str, ...]:
    known = canonical_names("indication")
    plain = word.lower().replace(" ", "_").replace("-", "_")
    try:
        found = (plain,) if plain in known else names("indication", word)
    except EvidenceError:
        found = ()
    if not found:
        raise EvidenceError(f"no indication '{word}'{nearest(plain, known)}")
    return found
