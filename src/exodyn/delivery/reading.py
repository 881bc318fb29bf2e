"""Quantities as tables print them, read from a course: a number for each lane, in the record's unit."""

from __future__ import annotations

import re

import numpy as np

from exodyn.delivery.nca import half_lives, mean_residence_time
from exodyn.delivery.observe import Course, Floats
from exodyn.delivery.words import find
from exodyn.evidence import Record, parameters

HOURS = {
    "min": 1 / 60,
    "h": 1.0,
    "hours": 1.0,
    "hour": 1.0,
    "d": 24.0,
    "days": 24.0,
    "day": 24.0,
    "wk": 168.0,
    "weeks": 168.0,
    "week": 168.0,
    "s": 1 / 3600,
}
"""Time units of the tables, in hours."""
SIRNA = 13_300.0
"""g/mol of a double strand of 21 bases: assumed where nmol of siRNA are printed and only mg were given."""
FLOOR = 1e-7
"""Percent of the dose per gram: a prediction below counts as this."""

_OF_DOSE = r"^(percent|%)[ _]?(of[ _])?(id|dose|injected)"
WHOLE = re.compile(_OF_DOSE, re.IGNORECASE)
PER_GRAM = re.compile(_OF_DOSE + r"[ _a-z]*?([ _]per[ _]|/)(g|ml|gram|cc)\b", re.IGNORECASE)
"""Asked before `WHOLE`, which it is a part of."""


MASS = re.compile(r"^(?:concentration_)?(pg|ng|ug|mg)(?:_eq)?_per_(g|mL|kg|L)$", re.IGNORECASE)
SUV = re.compile(r"^suv(_mean)?$|standardi[sz]ed_uptake", re.IGNORECASE)
TO_BLOOD = re.compile(
    r"(?:_to_|_over_|_per_)(blood|plasma|serum)(?:_ratio)?$|(blood|plasma|serum)_ratio$", re.IGNORECASE
)
GRAMS = {"pg": 1e-12, "ng": 1e-9, "ug": 1e-6, "mg": 1e-3}
PER = {"g": 1.0, "ml": 1.0, "kg": 1e-3, "l": 1e-3}
"""Grams of tissue, or mL, in the unit that an amount is printed per, inverted."""


class UnreadError(Exception):
    """The model has no reading of a quantity; the message says why."""


class UntimedError(UnreadError):
    """The record does not say when it was measured."""


def place_of(organ: str) -> str:
    """The place that an organ's name stands for. Raises UnreadError where the model has none."""
    found = find("organs", organ)
    if found is None or not organ.strip():
        raise UnreadError(f"organ '{organ}': the model has no such place")
    place = found["place"]
    if place in ("cells", "csf", "tumour", "lesion", "nose"):
        raise UnreadError(f"organ '{organ}': {found['note'] or 'not in this model'}")
    return place


def per_gram(course: Course, place: str) -> Floats:
    """Label per gram or mL of a place, float64[lanes, times]. Raises UnreadError where it has no mass."""
    if place in ("urine", "faeces", "whole"):
        raise UnreadError(f"{place}: how much of it there was is not known, so nothing per gram")
    return course.per_gram(place)


def days_of(one: Record) -> float:
    """Days after the dose at which a record was read. Raises UnreadError where it does not say."""
    if one.time is None or one.time_unit not in HOURS:
        raise UntimedError(f"{one.quantity}: no time of measurement")
    return one.time * HOURS[one.time_unit] / 24


def reading(one: Record, course: Course) -> Floats:
    """What the record's quantity is in the course, float64[lanes]. Raises UnreadError, saying why."""
    quantity = one.quantity.strip()
    organ = one.fields["organ"]
    if PER_GRAM.match(quantity):
        return at(course, per_gram(course, place_of(organ)), days_of(one))
    if WHOLE.match(quantity):
        place = place_of(organ)
        return at(course, course.whole(place), days_of(one))
    if quantity == "concentration_nmol_eq_per_L":
        return (
            at(course, per_gram(course, place_of(organ)), days_of(one))
            * _nmol_of_dose(one, course)
            / 100
            * 1000
        )
    if found := MASS.match(quantity):
        curve = per_gram(course, place_of(organ))
        return at(course, curve, days_of(one)) / 100 * _dose_in(found[1], one, course) / PER[found[2].lower()]
    if SUV.match(quantity):
        grams = 1000 * parameters(course.species)["weight"].value
        return at(course, per_gram(course, place_of(organ)), days_of(one)) / 100 * grams
    if (found := TO_BLOOD.search(quantity)) and not quantity.startswith("AUC"):
        beside = "blood" if "blood" in found[0].lower() else "plasma"
        ours, theirs = (at(course, per_gram(course, p), days_of(one)) for p in (place_of(organ), beside))
        return np.asarray(ours / theirs)
    if quantity in ("half_life", "mean_residence_time"):
        place = place_of(organ)
        curve = per_gram(course, place)
        per_hour = HOURS.get(one.time_unit)
        if per_hour is None:
            raise UnreadError(f"{quantity}: no unit of time")
        if quantity == "mean_residence_time":
            return mean_residence_time(course.days, curve) * 24 / per_hour
        return half_lives(course.days, curve, late=is_late(one)) * 24 / per_hour
    if quantity == "organ_ratio":
        day = days_of(one)
        above, below = (at(course, per_gram(course, _seen_in_image(o)), day) for o in _two(organ))
        return np.asarray(above / below)
    if quantity == "organ_ratio_light":
        day = days_of(one)
        above, below = (at(course, _light(course, _whole_organ(o)), day) for o in _two(organ))
        return np.asarray(above / below)
    if quantity == "organ_ratio_brightness":
        day = days_of(one)
        above, below = (at(course, per_gram(course, place_of(o)), day) for o in _two(organ))
        return np.asarray(above / below)
    if quantity == "organ_ratio_whole":
        day = days_of(one)
        above, below = (at(course, course.whole(_whole_organ(o)), day) for o in _two(organ))
        return np.asarray(above / below)
    if quantity == "organ_ratio_signal":
        raise UnreadError("organ_ratio_signal: whether of the whole organ or per gram is not stated")
    if quantity.startswith("AUC_ratio_to_blood"):
        ours, blood = per_gram(course, place_of(organ)), course.per_gram("blood")
        return np.asarray(np.trapezoid(ours, course.days) / np.trapezoid(blood, course.days))
    if quantity == "time_of_peak":
        per_hour = HOURS.get(one.time_unit)
        if per_hour is None:
            raise UnreadError("time_of_peak: no unit of time")
        curve = per_gram(course, place_of(organ))
        return np.asarray(np.maximum(course.days[np.argmax(curve, axis=1)], 1 / 1440) * 24 / per_hour)
    raise UnreadError(f"quantity '{quantity}': no reading of the model")


def _two(organ: str) -> tuple[str, str]:
    above, _, below = organ.partition("/")
    if not below:
        raise UnreadError(f"organ_ratio of '{organ}': expected two organs with a / between")
    return above, below


def _whole_organ(organ: str) -> str:
    """The place of an organ that is the whole of it: a heart is not all muscle, nor a bone all marrow."""
    place = place_of(organ)
    if place not in ("liver", "spleen", "lung", "kidney", "brain"):
        raise UnreadError(
            f"organ '{organ}': a part of the model's {place}, whose whole amount is no reading of it"
        )
    return place


def _light(course: Course, place: str) -> Floats:
    """All light of an organ on a camera, which sees no deeper into a thick one.

    Its brightness, as the label per gram, over an area that grows with the 2/3 power of its mass. Assumed:
    organs of one shape and opaqueness.
    """
    return np.asarray(course.per_gram(place) ** (1 / 3) * course.whole(place) ** (2 / 3))


def _seen_in_image(organ: str) -> str:
    """Ratios come from images, where a region over the heart shows the blood in it."""
    return "blood" if "heart" in organ.casefold() else place_of(organ)


def at(course: Course, curve: Floats, day: float) -> Floats:
    """A curve float64[lanes, times] at one day, on straight lines in time; never below `FLOOR`."""
    k = int(np.clip(np.searchsorted(course.days, day), 1, len(course.days) - 1))
    left, right = course.days[k - 1], course.days[k]
    share = np.clip((day - left) / (right - left), 0.0, 1.0)
    return np.asarray(np.maximum((1 - share) * curve[:, k - 1] + share * curve[:, k], FLOOR))


def is_late(one: Record) -> bool:
    """Whether a half-life is that of a late phase by the words of its record."""
    return bool(re.search(r"second phase|terminal|\bbeta\b|slow phase|late phase", one.note + one.quantity))


def _dose_in(unit: str, one: Record, course: Course) -> float:
    """The dose in a unit of mass, where the record gives it as one."""
    said = one.fields.get("dose_unit", "").casefold()
    grams = next((g for name, g in GRAMS.items() if said.startswith(name)), None)
    if grams is None or not one.fields.get("dose_value"):
        raise UnreadError(f"{one.quantity}: no dose in mg to convert from")
    weight = parameters(course.species)["weight"].value
    scale = weight if "/kg" in said else 1000 * weight if "/g" in said else 1.0
    return float(one.fields["dose_value"]) * grams * scale / GRAMS[unit.lower()]


def _nmol_of_dose(one: Record, course: Course) -> float:
    if not re.search("sirna|oligo", f"{one.fields['vesicle_source']} {one.fields['label']}", re.IGNORECASE):
        raise UnreadError("nmol: the molar mass of what was given is not known")
    if one.fields["dose_unit"] != "mg/kg" or not one.fields["dose_value"]:
        raise UnreadError("nmol: no dose in mg/kg")
    grams = float(one.fields["dose_value"]) * 1e-3 * parameters(course.species)["weight"].value
    return grams / SIRNA * 1e9
