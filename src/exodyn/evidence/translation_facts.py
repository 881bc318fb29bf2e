"""What the tables of translation say in words, and what is believed before any therapy is read.

Each is a data file under ``data/translation``: a new word, kin or prior is a new line there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from exodyn.evidence.records import record
from exodyn.evidence.table import DATA, STATUSES, EvidenceError, Row, rows

LAWS = ("normal", "lognormal", "halfnormal", "beta")


@dataclass(frozen=True)
class PriorFact:
    """A prior: normal (mean, sd), lognormal (median, sd of the log), halfnormal (scale), beta (a, b)."""

    name: str
    law: str
    first: float
    second: float
    records: tuple[str, ...]
    status: str
    note: str


@dataclass(frozen=True)
class ScaleSpread:
    """Standard deviation between patients (or animals) on a scale, in its points."""

    sd: float
    records: tuple[str, ...]
    status: str
    note: str


def measure_of(unit: str) -> str:
    """What an effect's unit measures: "odds ratio", "smd", "points", ...; "" for words that are not known."""
    return _first("measures", "measure", unit)


def benefit_sign(unit: str, outcome: str) -> int:
    """+1 where a larger effect is a benefit, -1 where it is harm, 0 where neither text says so."""
    for text in (unit, outcome):
        if found := _first("directions", "benefit", text, boundary=False):
            return int(found)
    return 0


def group_of(therapy: str, kind: str) -> str:
    """The group of therapies that share a rate of success, from a therapy's name and class.

    What a therapy is given with ("oxygen with thrombectomy") is not the therapy.
    """
    return _first("groups", "group", f"{kind} {therapy.split(' with ')[0]}")


def families_of(therapy: str, kind: str) -> frozenset[str]:
    """Families of therapies whose human results tell of each other, beyond the same name."""
    text = f"{therapy} {kind}".lower()
    return frozenset(row.text("family") for row in _rows("kin") if row.text("words") in text)


def scale_spread(text: str) -> ScaleSpread | None:
    """The spread on the scale that a text names, None where it names none that is known."""
    for row in _rows("scale_spreads"):
        if row.text("words") in text.lower():
            sd = row.number("sd")
            assert sd is not None
            return ScaleSpread(sd, _ids(row), row.choice("status", STATUSES), row.text("note"))
    return None


@cache
def translation_priors() -> Mapping[str, PriorFact]:
    """The priors by name."""
    found = {}
    for row in _rows("priors"):
        first, second = row.number("first"), row.number("second")
        found[row.text("name")] = PriorFact(
            row.text("name"),
            row.choice("law", LAWS),
            float("nan") if first is None else first,
            0.0 if second is None else second,
            _ids(row),
            row.choice("status", STATUSES),
            row.text("note"),
        )
    return MappingProxyType(found)


@cache
def translation_truth() -> Mapping[str, bool]:
    """Record of the largest blinded trial or pool of a therapy -> whether it succeeded."""
    return MappingProxyType(
        {record(row.text("record")).id: row.text("succeeds") == "1" for row in _rows("truth")}
    )


def _first(file: str, column: str, text: str, boundary: bool = True) -> str:
    """The cell of the first line whose words stand in the text (at the start of a word)."""
    for row in _rows(file):
        words = re.escape(row.text("words"))
        if re.search(rf"\b{words}" if boundary and words else words, text.lower()):
            return row.text(column)
    return ""


def _ids(row: Row) -> tuple[str, ...]:
    return tuple(record(id).id for id in row.text("records").split())


@cache
def _rows(name: str) -> tuple[Row, ...]:
    file = DATA / "translation" / f"{name}.csv"
    found = tuple(Row(file.name, line, cells) for line, cells in rows(file))
    if not found:
        raise EvidenceError(f"{file.name}: no lines, expected some")
    return found
