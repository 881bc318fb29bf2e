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
from exodyn.evidence.words import known_words, lowered, plain, synonym

_SIGNED = re.compile(
    r"change|differ|delta|growth|gain|reduc|improve|minus|shift|index|asymmetr|against|potential"
)
_OF = re.compile(r" (?:of \w[\w ]*|\(\d+(?:\.\d+)? ?(?:-|–|to) ?\d+(?:\.\d+)?\))$")
_LITTLE_WORDS = frozenset(["of", "per", "in", "the", "or", "and", "to", "so", "as", "by", "from", "at", "no"])
_LEVEL = re.compile(r"^(mean|median)(?!.*change)")


def check(one: Record, peers: Peers) -> Iterator[Finding]:
    """The unit by itself, against the quantity, and the value against what the unit allows."""
    sentence = "claim" in one.fields or "effect_unit" in one.fields  # tells an effect, no unit of measure
    for word in (one.unit, one.fields.get("dose_unit", ""), one.time_unit):
        if word and not sentence and not _is_known(word):
            yield doubtful(f"'{word}' is no unit that is known")
    if "(printed " in one.unit:
        yield doubtful(f"the unit can only be {one.unit.replace(' (', ' and is ').rstrip(')')}")
    yield from _dose(one)
    yield from _scale(one)
    yield from _share(one)
    yield from _ratio(one)
    yield from _amount(one)
    yield from _kind(one)


def _is_known(word: str) -> bool:
    """Whether a unit is known, or any word of it: "points (0-18)", "ug siRNA/mL", "cells/mm2"."""
    said = plain(word)
    if any(synonym("unit", text) is not None for text in (word, said, _OF.sub("", said))):
        return True
    return unit_in(word)[0] is not None or any(
        each.casefold() in _words_of_units() for each in re.findall(r"%|[^\W\d_]+", said)
    )


@cache
def _words_of_units() -> frozenset[str]:
    words = (each for unit in known_words("unit") for each in re.findall(r"%|[^\W\d_]{2,}", unit))
    return frozenset(each.casefold() for each in words) - _LITTLE_WORDS


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


def _ratio(one: Record) -> Iterator[Finding]:
    """Ratios of odds, risks and hazards are above none, and so is their interval."""
    said = (synonym("unit", one.unit) or (one.unit,))[0].lower().replace("_", " ")
    if (
        not re.match(r"(?:odds|risk|hazard|rate) ratio|relative risk(?! reduction)|h\.?r$", said)
        or one.value is None
    ):
        return
    if one.value <= 0:
        yield impossible(f"a ratio of {one.value:g}, where there is none of 0 or less")
    elif len(one.spread) == 2 and one.spread[0] < 0:
        yield impossible(f"the interval of a ratio begins at {one.spread[0]:g}, below 0")


def _amount(one: Record) -> Iterator[Finding]:
    """A level in a unit of size, time or amount is not negative."""
    if one.value is None or one.value >= 0 or "scale" not in one.fields or not _LEVEL.match(statistic(one)):
        return
    if _SIGNED.search(f"{one.quantity} {statistic(one)} {one.unit}".lower()):
        return
    unit, _ = unit_in((synonym("unit", one.unit) or (one.unit,))[0])
    if unit is not None and not unit.dimensionless:
        yield impossible(f"{one.value:g} {one.unit} of '{one.quantity}' is less than nothing")


def _kind(one: Record) -> Iterator[Finding]:
    """Whether a parameter's unit is of the kind that its name calls for, by the data file of kinds."""
    if not ("parameter" in one.fields or "scale" in one.fields) or not one.unit:
        return
    if synonym("unit", one.unit) == ():
        return
    unit, _ = unit_in((synonym("unit", one.unit) or (one.unit,))[0])
    if unit is None or ("scale" in one.fields and unit.dimensionless):  # a share of it, or of the control's
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
