"""The words by which tables name organs, labels and particles, and what they stand for: files in
``data/``.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from exodyn.evidence import lowered

SHORT = 4
"""Letters of a word that must stand alone, but for the s of its plural."""


@cache
def lines(name: str) -> tuple[Mapping[str, str], ...]:
    """The lines of ``data/NAME.csv``."""
    text = (files("exodyn.delivery") / "data" / f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def find(name: str, said: str) -> Mapping[str, str] | None:
    """The first line of a file, one of whose `words` (parted by ``|``) stands in what was said; None if none.

    A line without words stands for everything that no line before it does.
    """
    text = lowered(said)
    return next((line for line, words in _patterns(name) if words.search(text)), None)


def find_first_said(name: str, said: str) -> Mapping[str, str]:
    """The line whose word is said first, else the line without words: of two labels the first counts."""
    text = lowered(said)
    places = [
        (match.start(), k)
        for k, (line, words) in enumerate(_patterns(name))
        if line["words"] and (match := words.search(text))
    ]
    return lines(name)[min(places)[1]] if places else next(line for line in lines(name) if not line["words"])


@cache
def _patterns(name: str) -> tuple[tuple[Mapping[str, str], re.Pattern[str]], ...]:
    """Each line with the pattern of its words: a word begins where one begins in the text, and a short one
    also ends there ("dio", a dye, is not in "radioiodine", nor "did" in "didn't").
    """
    return tuple(
        (line, re.compile("|".join(map(_pattern, line["words"].split("|"))))) for line in lines(name)
    )


def _pattern(word: str) -> str:
    if not word:
        return ""
    alone = len(word) <= SHORT and word[-1].isalnum()
    return rf"(?<![a-z0-9]){re.escape(word)}" + (r"(?!(?!s\b)[a-z])" if alone else "")
