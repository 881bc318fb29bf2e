"""Times of the tables in days."""

from __future__ import annotations

import re

from exodyn.evidence import Record, plain, synonym

_NUMBER = r"\d+(?:\.\d+)?"
_STATED = re.compile(
    rf"time as stated: (?:{_NUMBER}(?: ?[a-z]+)?(?:, | and | to |-))*(?P<last>{_NUMBER}) ?(?P<unit>[a-z]+)"
)
_IN_WORDS = re.compile(
    rf"\b(?:at|within|by|after|day) (?:the )?(?P<number>{_NUMBER})(?:[ -](?P<unit>[a-z]+))?\b", re.IGNORECASE
)
_SINCE_INJURY = re.compile(
    r"(?P<unit>[a-z]+)(?: post[- ]?| after | since | from |[- ]post[- ])(?:the )?(?:\w+ )?"
    r"(?:injury|injuries|stroke|onset|occlusion|t?p?MCAO|ischa?emia|reperfusion|SCI|TBI|CCI|contusion|trauma"
    r"|surgery|operation|randomi[sz]ation)?",
    re.IGNORECASE,
)
DAYS = {"min": 1 / 1440, "h": 1 / 24, "d": 1.0, "week": 7.0, "month": 30.4375, "year": 365.25}


def in_days(value: float | None, unit: str) -> float | None:
    """A time in days; None where it is not stated or its unit is no unit of time."""
    if value is None or not unit.strip():
        return None
    found = synonym("unit", plain(unit).rstrip(".")) or ()
    return value * DAYS[found[0]] if len(found) == 1 and found[0] in DAYS else None


def time_of(one: Record) -> float | None:
    """When a record was read, in days from injury, onset or dose; None where that is not stated.

    Of several times that a note states the last counts. A time from another origin (months of age, days after
    the last dose) is no such time.
    """
    if one.time is None:
        found = _STATED.search(one.note)
        return in_days(float(found["last"]), found["unit"]) if found else None
    if same := _SINCE_INJURY.fullmatch(plain(one.time_unit)):
        return in_days(one.time, same["unit"])
    if re.search(r" (?:after|of|since) ", one.time_unit):
        return None
    return in_days(one.time, one.time_unit)


def time_in_words(text: str) -> float | None:
    """The time that a text names, such as "at 90 days" or "at day 7", in days; None where it names none."""
    found = _IN_WORDS.search(plain(text))
    if found is None:
        return None
    by_day = found.group().casefold().startswith("day ")
    return float(found["number"]) if by_day else in_days(float(found["number"]), found["unit"] or "")
