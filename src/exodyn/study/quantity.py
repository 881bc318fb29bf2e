"""Numbers with units as a study file writes them: ``"36 h"``, ``"5e11 particles"``."""

from __future__ import annotations

import math
import re

from exodyn.errors import nearest

DAYS = {
    "s": 1 / 86400,
    "min": 1 / 1440,
    "h": 1 / 24,
    "d": 1.0,
    "week": 7.0,
    "month": 30.4375,  # a year of 365.25 days has twelve
    "year": 365.25,
}

_QUANTITY = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(\S.*?)?\s*")


def quantity(text: str) -> tuple[float, str]:
    """Split ``"5e11 particles"`` into number and unit; ValueError says what is wrong with it."""
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise ValueError(f"'{text}' is not a number with a unit")
    value = float(match[1])
    if not math.isfinite(value):
        raise ValueError(f"'{text}' is too large a number")
    if match[2] is None:
        raise ValueError(f"'{text}' has no unit")
    return value, match[2]


def days(text: str) -> float:
    """A time in days; ValueError says what is wrong with it and names the nearest unit."""
    value, unit = quantity(text)
    if unit not in DAYS:
        raise ValueError(f"'{unit}' is not a unit of time{nearest(unit, DAYS)}")
    return value * DAYS[unit]
