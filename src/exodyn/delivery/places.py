"""Where a study looked: the place of the model that an organ's words stand for, and what is in it."""

from __future__ import annotations

import re

import numpy as np

from exodyn.delivery.observe import Course, Floats
from exodyn.delivery.unread import UnreadError
from exodyn.delivery.words import find
from exodyn.evidence import lowered, parameters

NO_MASS = ("urine", "faeces", "excreta", "whole")
WHOLE = ("liver", "spleen", "lung", "kidney", "brain", "gut", "muscle", "blood", "plasma", *NO_MASS)
"""Places whose amount the model has; of an organ that is a part of one, see ``parts.csv``."""
NOT_READ = ("cells", "csf", "tumour", "lesion", "nose", "thyroid")
PARTS = {"mouse": "mouse", "rat": "rat", "rabbit": "rat"}
"""Whose organ masses of ``parts.csv`` stand for a species; man's for all others."""
_AND = re.compile(r" ?(?:\+|&| and ) ?")
HEART = re.compile("heart|cardiac|myocard|ventric|atri[ua]", re.IGNORECASE)
DENSER = 6.0
"""What a gram of heart takes up relative to a gram of muscle, which has some 500 capillaries in a mm2 to the
heart's 3,000: assumed. Without it images of hearts would tell what the muscle of the whole body takes.
"""
_BRAIN = ("brain", "whole brain", "entire brain", "total brain")


def place_of(organ: str) -> str:
    """The place that an organ's name stands for. Raises UnreadError where the model has none."""
    found = find("organs", organ)
    if found is None or not organ.strip():
        raise UnreadError(f"organ '{organ}': the model has no such place")
    place = found["place"]
    if place in NOT_READ:
        raise UnreadError(f"organ '{organ}': {found['note'] or 'not in the model of tables'}")
    return place


def two_places(organ: str) -> tuple[str, bool]:
    """The intact place that an organ reads as, and whether it is injured so that more leaks into it."""
    found = find("organs", organ)
    if found is not None and found["place"] == "lesion":
        text = organ.casefold()
        nervous = ("brain", "isch", "infarct", "impact", "lesion", "hemat", "haemat", "hemisphere", "cortex")
        if "cord" in text or "spinal" in text:
            return "spinal cord", True
        return ("brain" if any(word in text for word in nervous) else "muscle"), True
    return organ, False


def per_gram(course: Course, organ: str, leak: Floats | None = None) -> Floats:
    """Label per gram or mL of an organ, float64[lanes, times]; of injured tissue with what leaks into it.

    Raises UnreadError where the model has no such place, or nothing that it is per gram of.
    """
    intact, leaks = two_places(organ)
    if leaks and leak is None:
        raise UnreadError(f"organ '{organ}': injured tissue")
    place = place_of(intact)
    if place in NO_MASS:
        raise UnreadError(f"organ '{organ}': how much of it there was is not known, so nothing per gram")
    heart = place == "muscle" and HEART.search(organ)
    curve = course.per_gram(place, DENSER) if heart else course.per_gram(place)
    return curve if leak is None or not leaks else curve * leak[:, None]


def whole(course: Course, organ: str) -> Floats:
    """Label of a whole organ, float64[lanes, times]. Raises UnreadError for a part of unknown mass."""
    several = _AND.split(lowered(organ))
    if len(several) > 1 and place_of(organ) not in NO_MASS:
        return np.asarray(sum(whole(course, each) for each in several))
    place = place_of(organ)
    part = find("parts", organ)
    if part is not None and part["words"]:
        grams = float(part[PARTS.get(course.species, "human")]) * parameters(course.species)["weight"].value
        return per_gram(course, organ) * grams
    text = organ.casefold()
    if place == "rest" and any(word in text for word in ("carcass", "remainder", "rest of")):
        return course.whole(place)
    if (place == "brain" and text.strip() not in _BRAIN) or place not in WHOLE:
        raise UnreadError(f"organ '{organ}': a part of the model's {place}, whose mass is not on file")
    one_of_two = place == "kidney" and re.search(r"\b(left|right|one)\b", text)
    return course.whole(place) / (2 if one_of_two else 1)


def light(course: Course, organ: str) -> Floats:
    """All light of an organ on a camera, which sees no deeper into a thick one.

    Its brightness, as the label per gram, over an area that grows with the 2/3 power of its mass. Assumed:
    organs of one shape and opaqueness.
    """
    return np.asarray(per_gram(course, organ) ** (1 / 3) * whole(course, organ) ** (2 / 3))
