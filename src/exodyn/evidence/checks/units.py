"""Values and units that cannot be: beyond a scale's bounds or the whole, a unit of another kind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from exodyn.evidence.checks.finding import Finding, Peers, bounds_of, doubtful, impossible, sound, statistic
from exodyn.evidence.checks.percentages import is_share
from exodyn.evidence.record import Record
from exodyn.evidence.table import DATA, rows
from exodyn.evidence.units import unit_in
from exodyn.evidence.words import lowered, synonym

_OF = re.compile(r" (?:of \w[\w ]*|\(\d+(?:\.\d+)? ?(?:-|–|to) ?\d+(?:\.\d+)?\))$")
_LEVEL = re.compile(r"^(mean|median)(?!.*change)")


def check(one: Record, peers: Peers) -> Iterator[Finding]:
    """The unit by itself, against the quantity, and the value against what the unit allows."""
    for word in (one.unit, one.fields.get("dose_unit", ""), one.time_unit):
        if word and "claim" not in one.fields and not _is_known(word):
            yield doubtful(f"'{word}' is no unit that the synonyms have")
    if "(printed " in one.unit:
        yield doubtful(f"the unit can only be {one.unit.replace(' (', ' and is ').rstrip(')')}")
    yield from _dose(one)
    yield from _scale(one)
    yield from _share(one)
    yield from _kind(one)


def _is_known(word: str) -> bool:
    """Whether a unit is known, also with what it is of: "points (0-18)", "patients of 210", "ug siRNA/mL"."""
    if any(synonym("unit", text) is not None for text in (word, _OF.sub("", word))):
        return True
    return unit_in(word)[0] is not None


def _dose(one: Record) -> Iterator[Finding]:
    """A dose of particles beyond all that is given: 1e6 to 1e14."""
    printed = one.fields.get("dose_particles", "")
    if not re.fullmatch(r"[\d.]+(?:e\+?\d+)?", printed):
        return
    if not 1e6 <= float(printed) <= 1e14:
        yield doubtful(
            f"a dose of {printed} particles is far from the field's 1e7 to 1e13: is the unit right?"
        )


def _scale(one: Record) -> Iterator[Finding]:
    bounds = bounds_of(one)
    if bounds is None or one.value is None or not _LEVEL.match(statistic(one)) or "differ" in statistic(one):
        return
    name, low, high = bounds
    if low <= one.value <= high:
        yield sound(f"{one.value:g} lies on {name}, {low:g} to {high:g}")
    else:
        yield impossible(f"{one.value:g} lies outside {name}, {low:g} to {high:g}")


def _share(one: Record) -> Iterator[Finding]:
    if one.value is None:
        return
    if statistic(one).startswith("relative reduction") and one.value > 100:
        yield impossible(f"a reduction by {one.value:g}% takes away more than there is")
    elif is_share(one) and one.n is None and not 0 <= one.value <= 100:
        yield impossible(f"a share of {one.value:g}%")


def _kind(one: Record) -> Iterator[Finding]:
    """Whether a parameter's unit is of the kind that its name calls for, by the data file of kinds."""
    if "parameter" not in one.fields or not one.unit:
        return
    if synonym("unit", one.unit) == ():
        return
    unit, _ = unit_in((synonym("unit", one.unit) or (one.unit,))[0])
    if unit is None:
        return
    for pattern, allowed in _kinds():
        if not re.search(pattern, lowered(one.quantity)):
            continue
        if any(
            unit.check(other.dimensionality) for text in allowed if (other := unit_in(text)[0]) is not None
        ):
            yield sound(f"{one.unit} is a unit of '{one.quantity}'")
        else:
            yield impossible(
                f"{one.unit} is no unit of '{one.quantity}', expected one like {', '.join(allowed)}"
            )
        return


@cache
def _kinds() -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((row["pattern"], tuple(row["units"].split())) for _, row in rows(DATA / "kinds_of_unit.csv"))
