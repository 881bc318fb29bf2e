"""Parameters of preparations that cannot be below zero, above the whole, or colder than it gets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from exodyn.evidence.checks.finding import Finding, Peers, doubtful, impossible, sound
from exodyn.evidence.record import Record
from exodyn.evidence.words import lowered, synonym

_PART = re.compile(
    r"^(loss|lost|share|fraction|purity|viability|efficiency|encapsul|adsor)|(share|fraction|purity)$"
)
_LEFT = re.compile(r"^(recovery|remaining|retention|retained|yield)$")
_AMOUNT = re.compile(
    r"cop(y|ies)|particles|concentration|protein(?!.*corr)|\bsize|diameter|yield|recovery|remaining|count|cells|dose"
    r"|\bmass\b|volume|half[- ]?li|process time|spin (time|force)|cutoff|detection limit"
)
_SIGNED = re.compile(r"change|differ|zeta|potential|log|slope|corr|temperature|charge|effect|shift|exponent")
COLDEST = -273.15
MOST_LEFT = 150.0
"""Percent of what there was that counts before and after may make of it."""


def check(one: Record, peers: Peers) -> Iterator[Finding]:
    """A row of a table of parameters, storage, production or cargo."""
    if "parameter" not in one.fields:
        return
    yield from _kept(one)
    if one.value is None:
        return
    said, unit = lowered(one.quantity), " ".join(synonym("unit", one.unit) or ())
    whole = {"percent": 100.0, "fraction": 1.0}.get(unit)
    if whole is not None and (_PART.search(said) or _LEFT.search(said)) and not _SIGNED.search(said):
        share = 100 * one.value / whole
        what = f"{said} of {one.value:g} {one.unit}"
        if 0 <= share <= 100:
            yield sound(what)
        elif share > 100 and _LEFT.search(said) and share <= MOST_LEFT:
            yield doubtful(f"{what}: more than there was, by the error of two counts")
        elif share < 0 and said.startswith("loss"):
            yield doubtful(f"{what}: a gain, by the error of two counts")
        else:
            yield impossible(f"{what}: {'below zero' if share < 0 else 'more than there was'}")
    elif one.value < 0 and _AMOUNT.search(said) and not _SIGNED.search(said):
        yield impossible(f"{said} of {one.value:g} {one.unit}: below zero")


def _kept(one: Record) -> Iterator[Finding]:
    """For how long, how cold and how often thawed something was kept."""
    least = {"temperature_c": COLDEST, "time_days": 0.0, "freeze_thaw_cycles": 0.0}
    for column, low in least.items():
        text = one.fields.get(column, "").strip()
        if re.fullmatch(r"[-+]?\d+(\.\d+)?(e[-+]?\d+)?", text) and float(text) < low:
            yield impossible(f"{column} of {text}: nothing is below {low:g}")
