"""Rows of the translation table gathered by therapy, and which therapies tell of each other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from exodyn.evidence import Record, families_of, group_of

_COMMON_WORDS = frozenset(
    {
        "early",
        "with",
        "late",
        "acute",
        "inhibitor",
        "agonist",
        "antagonist",
        "receptor",
        "factor",
        "injury",
        "stroke",
    }
)


@dataclass(frozen=True)
class Therapy:
    """A therapy with its animal and human rows; families: kin beyond its name; group: who shares its odds."""

    name: str
    group: str
    families: frozenset[str]
    animals: tuple[Record, ...]
    humans: tuple[Record, ...]

    def is_kin(self, other: Therapy) -> bool:
        """Whether the human results of one would give away the other's."""
        return bool(self.families & other.families) or bool(_words(self.name) & _words(other.name))


def therapies(rows: Sequence[Record]) -> tuple[Therapy, ...]:
    """The therapies of a table, in its order. Raises KeyError for rows of another table."""
    names = dict.fromkeys(row.fields["therapy"] for row in rows)
    return tuple(therapy_of([row for row in rows if row.fields["therapy"] == name]) for name in names)


def therapy_of(rows: Sequence[Record]) -> Therapy:
    """The therapy that rows of the translation table tell of; the first says its name and class."""
    name, kind = rows[0].fields["therapy"], rows[0].fields["class"]
    return Therapy(
        name,
        group_of(name, kind),
        families_of(name, kind),
        tuple(row for row in rows if not is_human(row)),
        tuple(row for row in rows if is_human(row)),
    )


def is_human(row: Record) -> bool:
    """Whether a row of the translation table tells of patients."""
    return row.fields["side"] == "human"


def is_early(row: Record) -> bool:
    """Whether a human row comes from an early trial or a subgroup, whose gains seldom last."""
    text = f"{row.fields.get('phase', '')} {row.quantity} {row.fields.get('quality_notes', '')}".lower()
    phases = [int(digit) for digit in re.findall(r"\d", row.fields.get("phase", ""))]
    return (bool(phases) and max(phases) < 3) or "subgroup" in text or "post hoc" in text


def is_open(row: Record) -> bool:
    """Whether patients and doctors of a human row knew who was treated."""
    text = row.fields.get("quality_notes", "").lower()
    return "open" in text and "blinded assess" not in text and "double blind" not in text


def _words(name: str) -> frozenset[str]:
    return frozenset(word for word in re.findall(r"[a-z0-9-]{4,}", name.lower())) - _COMMON_WORDS
