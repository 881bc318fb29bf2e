"""Values and units that cannot be: beyond a scale's bounds or the whole, a unit of another kind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from exodyn.evidence.checks.finding import Finding, Peers, bounds_of, doubtful, impossible, sound, statistic
from exodyn.evidence.checks.percentages import is_share
from exodyn.evidence.record import Record
from exodyn.evidence.table import DATA, rows
from exodyn.evidence.words import synonym

if TYPE_CHECKING:
    import pint

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
    """Whether a unit is known, also with what it is of: "points (0-18)", "patients of 210", "% of rats"."""
    return any(synonym("unit", text) is not None for text in (word, _OF.sub("", word)))


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
    organ = one.fields.get("organ")
    if organ is not None and re.fullmatch(r"percent_(ID|of_dose.*)", one.quantity):
        if 0 <= one.value <= 100:
            yield sound(f"{one.value:g}% of the dose in {organ}")
        elif -5 <= one.value < 0:
            yield doubtful(f"{one.value:g}% of the dose in {organ}: below zero after taking off a background")
        else:
            yield impossible(f"{one.value:g}% of the dose in {organ}")
    elif statistic(one).startswith("relative reduction") and one.value > 100:
        yield impossible(f"a reduction by {one.value:g}% takes away more than there is")
    elif is_share(one) and one.n is None and not 0 <= one.value <= 100:
        yield impossible(f"a share of {one.value:g}%")


def _kind(one: Record) -> Iterator[Finding]:
    """Whether a parameter's unit is of the kind that its name calls for, by the data file of kinds."""
    if "parameter" not in one.fields or not one.unit:
        return
    unit = synonym("unit", one.unit)
    if not unit:
        return
    for pattern, allowed in _kinds():
        if not re.search(pattern, one.quantity, re.IGNORECASE):
            continue
        if unit[0] in allowed or any(_same_kind(unit[0], other) for other in allowed):
            yield sound(f"{one.unit} is a unit of '{one.quantity}'")
        else:
            yield impossible(
                f"{one.unit} is no unit of '{one.quantity}', expected one like {', '.join(allowed)}"
            )
        return


@cache
def _kinds() -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((row["pattern"], tuple(row["units"].split())) for _, row in rows(DATA / "kinds_of_unit.csv"))


@cache
def _same_kind(unit: str, other: str) -> bool:
    registry = _registry()
    try:
        return registry.parse_units(unit).dimensionality == registry.parse_units(other).dimensionality
    except Exception:  # noqa: BLE001  pint raises of many kinds; a word that it cannot read is of no kind
        return False


@cache
def _registry() -> pint.UnitRegistry[float]:
    import pint

    return pint.UnitRegistry()
