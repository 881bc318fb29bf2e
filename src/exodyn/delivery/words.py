"""The words by which tables name organs, labels and particles, and what they stand for: files in
``data/``.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def lines(name: str) -> tuple[Mapping[str, str], ...]:
    """The lines of ``data/NAME.csv``."""
    text = (files("exodyn.delivery") / "data" / f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def find(name: str, said: str) -> Mapping[str, str] | None:
    """The first line of a file, one of whose `words` (parted by ``|``) stands in what was said; None if none.

    A line without words stands for everything that no line before it does.
    """
    text = said.casefold()
    return next((line for line in lines(name) if any(word in text for word in _words(line))), None)


def find_first_said(name: str, said: str) -> Mapping[str, str]:
    """The line whose word is said first, else the line without words: of two labels the first counts."""
    text = said.casefold()
    places = [
        (min(text.find(word) for word in _words(line) if word in text), k)
        for k, line in enumerate(lines(name))
        if line["words"] and any(word in text for word in _words(line))
    ]
    return lines(name)[min(places)[1]] if places else next(line for line in lines(name) if not line["words"])


def _words(line: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(line["words"].split("|"))
