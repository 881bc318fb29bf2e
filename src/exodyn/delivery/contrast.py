"""What a direction or fold compares: the words of a record become two settings, places or times."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache

from exodyn.delivery.disposition import SPECIES
from exodyn.delivery.routes import KNOWN
from exodyn.delivery.setting import Setting, kind_of_particle
from exodyn.delivery.unread import UnreadError
from exodyn.delivery.words import find, lines
from exodyn.evidence import Record, lowered, names_in
from exodyn.evidence.units import unit_in

EARLY_HOURS, LATE_HOURS = 1.0, 24.0
"""What a change with time is read between, where the row names no times: assumed."""
_AGAINST = re.compile(r"\b(?:vs\.?|versus|against|over|than|relative to|compared (?:to|with)) (?P<what>.+)$")
_WITH_TIME = re.compile(r"(with|over) time|vs (earl|later?\b|baseline)")
_AT_TIME = re.compile(r"(?P<time>\d+(?:\.\d+)?) ?(?P<unit>s|min|h|hr|hours?|d|days?|weeks?)\b")


@dataclass(frozen=True)
class Side:
    """One side of a comparison: in which setting, where, and by which record's time."""

    setting: Setting
    organ: str
    record: Record


@dataclass(frozen=True)
class Contrast:
    """Two sides, and what beside them differs: a factor with the sd of its logarithm, and why."""

    ours: Side
    other: Side
    fold: float
    fold_sd: float
    reason: str

    @property
    def apart(self) -> bool:
        """Whether the sides are two products, which differ as two studies do."""
        return self.ours.setting.kind != self.other.setting.kind


def contrast(one: Record, where: Setting) -> Contrast:
    """What the record compares. Raises UnreadError where the model does not know."""
    quantity, organ = lowered(one.quantity), one.fields["organ"]
    said = lowered(" ; ".join([one.fields["vesicle_source"], one.fields["health"], one.study, one.note]))
    here = Side(where, organ, one)
    what = _AGAINST.search(quantity)
    other = _other_side(what["what"].strip(), here) if what is not None else None
    if other is not None:
        return Contrast(here, *other)
    if _WITH_TIME.search(quantity):
        early, late = (replace(one, time=hours, time_unit="h") for hours in (EARLY_HOURS, LATE_HOURS))
        mine = late if one.time is None else one
        return Contrast(Side(where, organ, mine), Side(where, organ, early), 1.0, 0.0, "The same, earlier")
    for line, about, words, organs in _lines():
        if about.search(quantity) and words.search(said) and organs.search(lowered(organ)):
            ours, theirs = (replace(here, setting=_changed(where, line[side])) for side in ("ours", "other"))
            return Contrast(ours, theirs, float(line["fold"]), float(line["fold_sd"]), line["reason"])
    raise UnreadError(
        f"{one.quantity}: the model does not know what is compared, or has nothing that differs"
    )


def _other_side(what: str, here: Side) -> tuple[Side, float, float, str] | None:
    """The side that words name outright: another route, species, time, product or place; None where none."""
    where = here.setting
    ways = [name for name in names_in("route", what) if name in KNOWN and KNOWN[name].depot != "gel"]
    if ways:
        return replace(here, setting=where.changed(route=ways[0])), 1.0, 0.0, "The same by another route"
    animals = [name for name in names_in("species", what) if name in SPECIES]
    if animals:
        return replace(here, setting=where.changed(species=animals[0])), 1.0, 0.0, f"The same in {animals[0]}"
    time = _AT_TIME.fullmatch(what)
    if time is not None and unit_in(time["unit"])[0] is not None:
        then = replace(here.record, time=float(time["time"]), time_unit=time["unit"])
        return replace(here, record=then), 1.0, 0.0, "The same at another time"
    particle = kind_of_particle(f"{what} (comparator)")
    if particle is not None and particle["kind"] not in ("vesicle", "cell", "protein", "other", where.kind):
        coated = bool(re.search(r"\bpeg|stealth", what)) and particle["kind"] != "lnp"
        other = where.changed(kind=particle["kind"], coated=coated, hidden=0.0)
        return replace(here, setting=other), 1.0, 0.0, f"A {particle['kind']} particle of the same size"
    organ = find("organs", what)
    if organ is not None and organ["place"] not in ("cells", "lesion", "tumour", "nose", "thyroid", "csf"):
        same = find("organs", here.organ)
        if same is None or same["place"] != organ["place"]:
            return replace(here, organ=what), 1.0, 0.0, "The same in another organ"
    return None


@cache
def _lines() -> tuple[tuple[dict[str, str], re.Pattern[str], re.Pattern[str], re.Pattern[str]], ...]:
    return tuple(
        (dict(line), re.compile(line["about"]), re.compile(line["words"]), re.compile(line["organs"]))
        for line in lines("contrasts")
    )


def _changed(where: Setting, changes: str) -> Setting:
    """The setting with changes such as ``macrophages=0.1 hidden=0``."""
    values: dict[str, float | str] = {}
    for change in changes.split():
        name, _, value = change.partition("=")
        values[name] = value if isinstance(getattr(where, name), str) else float(value)
    return where.changed(**values) if values else where
