"""What the tables of translation say in words, and what is believed before any therapy is read.

Each is a data file under ``data/translation``: a new word, kin or prior is a new line there. Patterns are
regular expressions without regard to case, tried in order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from exodyn.evidence.records import record
from exodyn.evidence.table import DATA, STATUSES, EvidenceError, Row, rows
from exodyn.evidence.words import plain

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


@dataclass(frozen=True)
class Measure:
    """What an effect's unit measures, "odds ratio", "smd", "difference", ...; "" where there is no unit.

    control: percent of the control arm, where the unit prints it beside that of the treated.
    """

    name: str
    control: float | None = None


EVENTS = frozenset(
    {
        "odds ratio",
        "log odds ratio",
        "risk ratio",
        "log risk ratio",
        "relative reduction",
        "risk difference",
        "share beside control",
    }
)
"""Measures of how many patients something happens to; the others are of how much there is of it."""


def measure_of(unit: str) -> Measure:
    """What an effect's unit measures."""
    found = _first("measures", unit)
    if found is None:
        return Measure("")
    row, match = found
    control = match.groupdict().get("control")
    return Measure(row.text("measure"), None if control is None else float(control))


def benefit_sign(unit: str, outcome: str, measure: str) -> int:
    """+1 where a larger effect is a benefit, -1 where it is harm, 0 where neither text says so.

    What the unit says outright comes first, then what is counted or read, by its words or the outcome's.
    """
    kinds = ("any",), ("event" if measure in EVENTS else "amount",)
    for kind in kinds:
        for text in (unit, outcome):
            if found := _first("directions", text, kind):
                return int(found[0].text("benefit"))
    return 0


def is_adverse(unit: str, outcome: str, measure: str) -> bool:
    """Whether it is a harm of the treatment that is counted, of which its benefit says nothing."""
    return measure in EVENTS and _first("adverse", f"{outcome} {unit}") is not None


def group_of(therapy: str, kind: str) -> str:
    """The group of therapies that share a rate of success, from a therapy's name and class.

    What a therapy is given with ("oxygen with thrombectomy") is not the therapy.
    """
    found = _first("groups", f"{kind} {therapy.split(' with ')[0]}")
    assert found is not None  # the last line fits all
    return found[0].text("group")


def families_of(therapy: str, kind: str) -> frozenset[str]:
    """Families of therapies whose human results tell of each other, beyond the same name."""
    text = plain(f"{therapy} {kind}")
    return frozenset(row.text("family") for row, pattern in _rows("kin") if pattern.search(text))


def scale_spread(text: str) -> ScaleSpread | None:
    """The spread on the scale that a text names, None where it names none that is known."""
    found = _first("scale_spreads", text)
    if found is None:
        return None
    row, _ = found
    sd = row.number("sd")
    assert sd is not None
    return ScaleSpread(sd, _ids(row), row.choice("status", STATUSES), row.text("note"))


@cache
def translation_priors() -> Mapping[str, PriorFact]:
    """The priors by name."""
    found = {}
    for row in _lines("priors"):
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
        {record(row.text("record")).id: row.text("succeeds") == "1" for row in _lines("truth")}
    )


def _first(file: str, text: str, of: tuple[str, ...] = ()) -> tuple[Row, re.Match[str]] | None:
    """The first line whose pattern stands in the text, and where; of: only lines of these kinds."""
    for row, pattern in _rows(file):
        if (not of or row.text("of") in of) and (found := pattern.search(plain(text))):
            return row, found
    return None


def _ids(row: Row) -> tuple[str, ...]:
    return tuple(record(id).id for id in row.text("records").split())


@cache
def _rows(name: str) -> tuple[tuple[Row, re.Pattern[str]], ...]:
    """Lines with their patterns, in the order in which they are tried."""
    found = []
    for row in _lines(name):
        try:
            found.append((row, re.compile(row.text("pattern"), re.IGNORECASE)))
        except re.error as error:
            raise EvidenceError(f"{row.place('pattern')}: {error}") from None
    return tuple(found)


@cache
def _lines(name: str) -> tuple[Row, ...]:
    file = DATA / "translation" / f"{name}.csv"
    found = tuple(Row(file.name, line, cells) for line, cells in rows(file))
    if not found:
        raise EvidenceError(f"{file.name}: no lines, expected some")
    return found
