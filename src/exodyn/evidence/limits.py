"""Which values of a parameter or trait are possible at all, plausible or not.

``limits.csv`` lists those that may be negative, or must stay below or above more than that; every other one
is a rate, size or count: 0 or more. A line without limits allows any number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import inf
from types import MappingProxyType

from exodyn.evidence.facts import scale_facts
from exodyn.evidence.table import DATA, number, rows


@dataclass(frozen=True)
class Limits:
    """From `least` to `greatest`, in the quantity's own unit; above_least: `least` itself is impossible."""

    least: float = 0.0
    greatest: float = inf
    above_least: bool = False

    def allow(self, value: float) -> bool:
        """Whether a value is possible."""
        return self.least <= value <= self.greatest and not (self.above_least and value == self.least)

    def allow_bound(self, value: float) -> bool:
        """Whether a distribution may end here: at a limit it may, since no patient is drawn there."""
        return self.least <= value <= self.greatest

    def says(self, unit: str) -> str:
        """The limits in words, such as ``0 to 42 points``."""
        if self.greatest == inf:
            least = says(self.least, unit)
            return f"more than {least}" if self.above_least else f"{least} or more"
        return f"{'above ' if self.above_least else ''}{self.least:g} to {says(self.greatest, unit)}"


def says(value: float, unit: str) -> str:
    """A value in words; a number without a unit is of unit 1."""
    return f"{value:g}" if unit == "1" else f"{value:g} {unit}"


ANY = Limits(-inf, inf)
NOT_NEGATIVE = Limits()


def limits(name: str) -> Limits:
    """The limits of a parameter or trait."""
    return limits_by_name().get(name, NOT_NEGATIVE)


@cache
def limits_by_name() -> Mapping[str, Limits]:
    """The limits that are listed."""
    found = {}
    for line, row in rows(DATA / "limits.csv"):
        place = f"limits.csv, line {line}"
        above, least = number(row["above"], place), number(row["least"], place)
        greatest = number(row["greatest"], place)
        if row["scale"]:
            scale = scale_facts(row["scale"])
            least, greatest = scale.low, scale.high
        found[row["name"]] = Limits(
            least=next((one for one in (above, least) if one is not None), -inf),
            greatest=inf if greatest is None else greatest,
            above_least=above is not None,
        )
    return MappingProxyType(found)
