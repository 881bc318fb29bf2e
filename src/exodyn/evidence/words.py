"""The tables' words for species, routes, units, sources and so on, and the names that they stand for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Literal

from exodyn.errors import nearest
from exodyn.evidence.table import DATA, EvidenceError, Row, rows

Kind = Literal["species", "route", "indication", "unit", "scale", "vesicle_source", "isolation"]
KINDS = ("species", "route", "indication", "unit", "scale", "vesicle_source", "isolation")


def names(kind: Kind, word: str) -> tuple[str, ...]:
    """The names that a word of the tables stands for, such as ``("mouse", "rat")`` for "rodent".

    () for an empty word and for one that stands for no name. Raises EvidenceError for an unknown word.
    """
    if not word:
        return ()
    known = _words()[kind]
    try:
        return known[word]
    except KeyError:
        raise EvidenceError(f"'{word}' is no known {kind}{nearest(word, known)}") from None


def synonym(kind: Kind, word: str) -> tuple[str, ...] | None:
    """The same for a word that need not be known, in small or capital letters; None where it is not."""
    known = _words()[kind]
    return known[word] if word in known else _folded(kind).get(word.casefold())


def names_in(kind: Kind, text: str) -> tuple[str, ...]:
    """The names that a text says, in the order in which it says them: ``("mouse",)`` for "nude mice".

    As `synonym`, where the whole text is a known word; else by the patterns of ``patterns.csv``.
    """
    known = synonym(kind, text.strip())
    if known is not None:
        return known
    said = unicodedata.normalize("NFKC", text).casefold()
    found = [(match.start(), name) for name, pattern in _patterns(kind) if (match := pattern.search(said))]
    return tuple(dict.fromkeys(name for _, name in sorted(found)))


_PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
        **dict.fromkeys("\u00a0\u2007\u2009\u202f", " "),
        **dict.fromkeys("\u2018\u2019\u2032", "'"),
        **dict.fromkeys("\u00b5\u03bc", "u"),
        "\u03b1": "a",
        "\u03b2": "b",
        "\u03b3": "g",
        "\u2264": "<=",
        "\u2265": ">=",
        "\u00b1": "+-",
        "\u00d7": "x",
    }
)


def plain(text: str) -> str:
    """A text with dashes, spaces, comparisons and Greek letters as a keyboard has them, single-spaced."""
    return " ".join(text.translate(_PLAIN).split())


def lowered(text: str) -> str:
    """The same in small letters, without superscripts and underlines: what patterns are held against."""
    found = unicodedata.normalize("NFKC", text).casefold().replace("\u03bc", "u").replace("\u2212", "-")
    return " ".join(found.replace("_", " ").split())


def known_words(kind: Kind) -> tuple[str, ...]:
    """All words of a kind that stand for a name or for none."""
    return tuple(_words()[kind])


@cache
def canonical_names(kind: Kind) -> tuple[str, ...]:
    """All names of a kind, sorted."""
    return tuple(sorted({name for found in _words()[kind].values() for name in found}))


@cache
def _folded(kind: Kind) -> Mapping[str, tuple[str, ...]]:
    return {word.casefold(): found for word, found in _words()[kind].items()}


@cache
def _patterns(kind: Kind) -> tuple[tuple[str, re.Pattern[str]], ...]:
    lines = (cells for _, cells in rows(DATA / "patterns.csv"))
    return tuple((row["canonical"], re.compile(row["pattern"])) for row in lines if row["kind"] == kind)


@cache
def _words() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    found: dict[str, dict[str, tuple[str, ...]]] = {kind: {} for kind in KINDS}
    for line, cells in rows(DATA / "words.csv"):
        row = Row("words.csv", line, cells)
        kind, word = row.choice("kind", KINDS), row.text("word")
        if word in found[kind]:
            raise EvidenceError(f"{row.place('word')}: '{word}' stands there twice")
        if not row.text("canonical") and not row.text("note"):
            raise EvidenceError(f"{row.place('note')}: expected why '{word}' stands for no name")
        found[kind][word] = tuple(
            name.replace("_", " ") if kind == "scale" else name for name in row.text("canonical").split()
        )
    for known in found.values():  # a name is a word for itself
        known |= {name: (name,) for them in tuple(known.values()) for name in them if name not in known}
    return MappingProxyType(found)
