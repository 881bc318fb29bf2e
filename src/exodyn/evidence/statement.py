"""Which rows of a table of biodistribution make a statement, and of what kind."""

from __future__ import annotations

from typing import Literal

from exodyn.evidence.record import Record
from exodyn.evidence.words import lowered

Said = Literal["rank", "detected", "direction"]

_SAYS: tuple[tuple[Said, tuple[str, ...]], ...] = (
    ("rank", ("rank",)),
    ("detected", ("detect", "signal", "not detect", "undetect")),
    ("direction", ("direction",)),
)


def statement(one: Record) -> Said | None:
    """The kind of statement that a row makes; None for a number, such as a signal of 3e5 or its ratio 2.4.

    A rank is a whole number from 1, a detection 0 or 1, a direction -1, 0 or 1.
    """
    text = lowered(one.quantity)
    found = next((said for said, words in _SAYS if text.startswith(words)), None)
    if found is None or one.value is None:
        return found
    holds = {
        "rank": one.value >= 1 and one.value == int(one.value),
        "detected": one.value in (0.0, 1.0),
        "direction": one.value in (-1.0, 0.0, 1.0),
    }
    return found if holds[found] else None
