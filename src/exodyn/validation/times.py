"""Times of the tables in days."""

from __future__ import annotations

import re

from exodyn.evidence import EvidenceError, Record, names

_NUMBER = r"\d+(?:\.\d+)?"
_STATED = re.compile(
    rf"time as stated: (?:{_NUMBER}(?: ?[a-z]+)?(?:, | and | to |-))*(?P<last>{_NUMBER}) ?(?P<unit>[a-z]+)"
)
DAYS = {"min": 1 / 1440, "h": 1 / 24, "d": 1.0, "week": 7.0, "month": 30.4375, "year": 365.25}


def in_days(value: float | None, unit: str) -> float | None:
    """A time in days; None where it is not stated or its unit is no unit of time."""
    if value is None or not unit.strip():
        return None
    try:
        found = names("unit", unit.strip())
    except EvidenceError:
        return None
    return value * DAYS[found[0]] if len(found) == 1 and found[0] in DAYS else None


def time_of(one: Record) -> float | None:
    """When a record was read, in days from injury, onset or dose; None where that is not stated.

    Of several times that a note states the last counts. A time from another origin (months of age, days after
    the last dose) is no such time.
    """
    if one.time is None:
        found = _STATED.search(one.note)
        return in_days(float(found["last"]), found["unit"]) if found else None
    if " after " in one.time_unit or " of " in one.time_unit or " since " in one.time_unit:
        return None
    return in_days(one.time, one.time_unit)
