"""Which place an organ takes among those that a study ranks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from exodyn.delivery.observe import Course, Floats
from exodyn.delivery.places import light, per_gram, place_of, whole
from exodyn.delivery.reading import at
from exodyn.delivery.unread import UnreadError
from exodyn.evidence import Record, lowered

if TYPE_CHECKING:
    from exodyn.delivery.predict import Study

COMPARED_WITH = ("liver", "spleen", "lung", "kidney")
"""What an organ is ranked among where its study names no other."""
_PER_GRAM = re.compile(r"per (g\b|gram)|/ ?g\b|mgy|\bsuv|concentration|radiance|brightness")
_WHOLE = re.compile(r"per organ|whole organ|total|% of (the )?dose(?! per)|%id\b(?!/)")
IMAGED = ("dye", "enzyme", "unstated")
"""Labels whose organs are ranked in images."""


def ranked(one: Record, study: Study, day: float) -> tuple[Floats, float]:
    """Draws of the organ's amount per gram, and the probability that it takes its place among the others.

    Images rank by brightness or by all light of an organ, counters per gram or by organ: where the words of
    the record do not say which, the mean of both ways. Raises UnreadError where there is no other organ.
    """
    where = study.setting(one)
    organ, own_rank = one.fields["organ"], one.value or 1.0
    place_of(organ)
    others = _others(one, study)
    course = study.course(where)
    ahead = sum(rank < own_rank for rank in others.values())
    if not others:
        others = {o: np.inf for o in COMPARED_WITH if o != place_of(organ)}
        ahead = int(own_rank) - 1
    chances = []
    for way in _ways(one, study, where.label):
        own = _amount(way, course, organ, day)
        amounts = (_amount(way, course, o, day) for o, rank in others.items() if rank != own_rank)
        told = [amount for amount in amounts if amount is not None]
        if own is not None and told:
            above = np.sum([amount > own for amount in told], axis=0)
            chances.append(float(np.mean(above == ahead)))
    if not chances:
        raise UnreadError("rank: no other organ to compare with")
    return at(course, per_gram(course, organ), day), float(np.mean(chances))


def _others(one: Record, study: Study) -> Mapping[str, float]:
    """The other organs that the study ranks of that product and time, and those that a tie is above."""
    same = [
        r
        for r in study.records
        if lowered(r.quantity).startswith("rank")
        and r.value
        and (r.time, r.route, r.species) == (one.time, one.route, one.species)
        and all(r.fields[c] == one.fields[c] for c in ("vesicle_source", "label", "health"))
    ]
    found = {r.fields["organ"]: r.value for r in same if r.fields["organ"] != one.fields["organ"] and r.value}
    if found and all(rank == one.value for rank in found.values()):
        tied = {place_of(o) for o in (*found, one.fields["organ"])}
        found |= {o: (one.value or 1.0) + 1 for o in COMPARED_WITH if o not in tied}
    return found


def _ways(one: Record, study: Study, label: str) -> tuple[str, ...]:
    said = lowered(" ".join([one.quantity, one.note, one.where]))
    if _PER_GRAM.search(said) or any(
        "mGy" in r.quantity for r in study.records
    ):  # radiation dose is per mass
        return ("per gram",)
    if _WHOLE.search(said):
        return ("whole",)
    return ("per gram", "light") if label in IMAGED else ("per gram", "whole")


def _amount(way: str, course: Course, organ: str, day: float) -> Floats | None:
    """What an organ shows at a day; None where the model has no such organ, or no mass of it."""
    read = {"per gram": per_gram, "light": light, "whole": whole}[way]
    try:
        return at(course, read(course, organ), day)
    except UnreadError:
        return None
