"""What a check says of a record, and what it may look at beside it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Literal

from exodyn.evidence.facts import ScaleFacts, scale_facts
from exodyn.evidence.record import Record
from exodyn.evidence.words import synonym

Verdict = Literal["sound", "doubtful", "impossible", "unchecked"]


@dataclass(frozen=True)
class Finding:
    """One reason in words, and what it makes of the record."""

    verdict: Verdict
    reason: str


def sound(reason: str) -> Finding:
    return Finding("sound", reason)


def doubtful(reason: str) -> Finding:
    return Finding("doubtful", reason)


def impossible(reason: str) -> Finding:
    return Finding("impossible", reason)


@dataclass(frozen=True)
class Peers:
    """All the records that are checked together: those of one study are looked at side by side."""

    records: tuple[Record, ...]

    @cached_property
    def _by_study(self) -> Mapping[tuple[str, str], tuple[Record, ...]]:
        found: dict[tuple[str, str], list[Record]] = defaultdict(list)
        for one in self.records:
            found[one.table, one.study].append(one)
        return {key: tuple(them) for key, them in found.items()}

    def of_study(self, one: Record) -> tuple[Record, ...]:
        """The records of the same study in the same table, itself among them."""
        return self._by_study[one.table, one.study]

    @cached_property
    def _alike(self) -> dict[tuple[object, ...], dict[Hashable, list[Record]]]:
        return {}

    def alike(self, one: Record, key: Callable[[Record], Hashable]) -> Sequence[Record]:
        """The records of the same study and table with the same key, itself among them."""
        of_study = self._alike.get((key, one.table, one.study))
        if of_study is None:
            of_study = self._alike[key, one.table, one.study] = defaultdict(list)
            for peer in self.of_study(one):
                of_study[key(peer)].append(peer)
        return of_study[key(one)]


Check = Callable[[Record, Peers], Iterable[Finding]]


@dataclass(frozen=True)
class Printed:
    """A number as printed: any value that rounds to it, up or down, lies within half a last digit."""

    value: float
    half: float

    @classmethod
    def of(cls, text: str) -> Printed | None:
        """The printed number in a text such as ``3.20``; None where it is no plain number."""
        plain = re.fullmatch(r"\s*([-+]?\d+)(?:\.(\d*))?\s*", text)
        if plain is None:
            return None
        return cls(float(text), 0.5 * 10.0 ** -len(plain[2] or ""))

    def allows(self, exact: float) -> bool:
        """Whether an exact number may have been printed so."""
        return abs(exact - self.value) <= self.half * (1 + 1e-9) + 1e-12

    def near(self, exact: float) -> bool:
        """Whether it is off by less than a whole last digit, as when it was cut instead of rounded."""
        return abs(exact - self.value) < 2 * self.half + 1e-12


def statistic(one: Record) -> str:
    """What the table says the value is, in small letters."""
    return one.fields.get("statistic", "").lower()


def is_subject_count(one: Record) -> bool:
    """Whether n is a plain count of subjects, of at most a thousand million."""
    return one.n is not None and 1 <= one.n <= 1e9 and one.n == int(one.n)


@cache
def scale_of(text: str) -> ScaleFacts | None:
    """The scale that a text names as the thing read; None for a class or share of it, or another thing."""
    candidates = (
        text,
        re.sub(r"\s*\([^)]*\)$", "", text),
        re.split(r",| at | change| score| total", text)[0],
    )
    for candidate in candidates:
        found = synonym("scale", candidate.strip())
        if found is not None and len(found) == 1:
            return scale_facts(found[0])
    return None


def bounds_of(one: Record) -> tuple[str, float, float] | None:
    """(name, low, high) of the scale that is read in points, by its facts or by a unit ``points (0-21)``."""
    if synonym("unit", one.unit) not in (("points",), None) or "change" in one.unit:
        return None
    scale = scale_of(one.quantity)
    if scale is not None:
        return scale.name, scale.low, scale.high
    told = re.fullmatch(r"points \((\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)\)", one.unit)
    return (one.quantity, float(told[1]), float(told[2])) if told else None


def texts(one: Record, *columns: str) -> Iterator[str]:
    """The cells of some columns that are not empty."""
    yield from (one.fields[column] for column in columns if one.fields.get(column))
