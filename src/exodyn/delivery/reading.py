"""Quantities as tables print them, read from a course: a number for each lane, in the record's unit."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import cache

import numpy as np

from exodyn.delivery.curve import of_curve
from exodyn.delivery.dose import factor
from exodyn.delivery.observe import Course, Floats
from exodyn.delivery.places import light, per_gram, place_of, two_places, whole
from exodyn.delivery.unread import UnreadError, UntimedError
from exodyn.delivery.words import find, lines
from exodyn.evidence import Record, lowered, parameters
from exodyn.evidence.units import per_volume, registry, unit_in

FLOOR = 1e-7
"""Percent of the dose per gram: a prediction below counts as this."""

_KEPT = re.compile(
    r"^whole body|(remaining|retained|retention|left) (in|by|of) (the )?(blood|plasma|body|circulation|organ)"
    r"|^(%|percent|fraction) in (blood|plasma|serum|circulation|liver|organ)"
)
"""A share that can only be of the dose."""
_SUV = re.compile(r"\bsuv|standardi[sz]ed uptake")
_SHARE = re.compile(
    r"(%|percent|fraction|share)( of)?( the)? (total|whole|all|summed|sum of|recovered|tissue|organ)\b"
    r"(?! (id\b|injected))|of total|relative distribution|(%|percent|share) distribution"
)
_RATIO = re.compile(
    r"\bratio\b|^[a-z ]+? (?:to|over|vs|per) (?:blood|plasma|serum|liver|muscle|brain|normal|background)$"
)
_NAMED = (
    re.compile(r"ratio (?:(?:of )?(?P<a>[a-z ]+?) )?(?:to|over|vs) (?P<b>[a-z ]+)"),
    re.compile(
        r"(?:(?P<a>[a-z ]+?) ?(?:to|over|vs|/|per|:) ?)?(?P<b>[a-z]+(?: (?:tissue|limb|brain|muscle))?) ratio"
    ),
    re.compile(r"^(?P<a>[a-z ]+?) (?:to|over|vs|per) (?P<b>[a-z]+)$"),
)
_ITSELF = re.compile(r"^(organ|tissue|target|lesion|auc|concentration|uptake|signal|)$")
_SOUND_SIDE = re.compile(
    r"contralat|normal|healthy|uninjured|unaffected|control|opposite|background|intact|sham"
)
_LIGHT = re.compile(r"\blight\b|radian|photon|total signal|total fluor")
_BRIGHT = re.compile(r"bright|mean intensity|per area|average")
_UNSAID = re.compile(r"signal|fluor|intensity|lumin")
_CHEST = re.compile(r"heart", re.IGNORECASE)
USUAL_ORGANS = ("liver", "spleen", "lung", "kidney", "heart", "brain")
"""What an image of excised organs shows, where a study does not name them."""


def days_of(one: Record) -> float:
    """Days after the dose at which a record was read. Raises UnreadError where it does not say."""
    if one.time is None or not one.time_unit.strip():
        raise UntimedError(f"{one.quantity}: no time of measurement")
    unit, _ = unit_in(one.time_unit.split()[0])
    if unit is None or not unit.check("[time]"):
        raise UnreadError(f"time in '{one.time_unit}': expected a unit of time, such as min, h, d")
    if one.time < 0:
        raise UnreadError(f"time {one.time:g} {one.time_unit}: before the dose")
    return float(one.time * unit.to("day").magnitude)


def at(course: Course, curve: Floats, day: float) -> Floats:
    """A curve float64[lanes, times] at one day, on straight lines in time; never below `FLOOR`."""
    k = int(np.clip(np.searchsorted(course.days, day), 1, len(course.days) - 1))
    left, right = course.days[k - 1], course.days[k]
    share = np.clip((day - left) / (right - left), 0.0, 1.0)
    return np.asarray(np.maximum((1 - share) * curve[:, k - 1] + share * curve[:, k], FLOOR))


def reading(
    one: Record,
    course: Course,
    sampled: Floats | None = None,
    leak: Floats | None = None,
    among: Sequence[str] = (),
) -> Floats:
    """What the record's quantity is in the course, float64[lanes]. Raises UnreadError, saying why.

    The words of the quantity say what is read and in which unit (of a table of parameters the unit stands
    apart). sampled: days at which a peak is seen. leak: what an injured place takes in, as a multiple of the
    intact one; None where injured tissue is not read. among: the organs whose sum a share is of.
    """
    text, organ = lowered(one.quantity), one.fields["organ"]
    if _RATIO.search(text) or ("/" in organ and "ratio" in text):
        return _ratio(text, organ, one, course, leak)
    if _SHARE.search(text):
        places = {place_of(o): o for o in (*USUAL_ORGANS, *among, organ)}
        shown = {o: at(course, _shown(text, o, course), days_of(one)) for o in places.values()}
        scale = 1.0 if text.startswith(("fraction", "share")) else 100.0
        return np.asarray(scale * shown[organ] / sum(shown.values()))
    found = of_curve(one, course, sampled)
    if found is not None:
        return found
    if _SUV.search(text):
        grams = 1000 * parameters(course.species)["weight"].value
        return at(course, per_gram(course, organ, leak), days_of(one)) / 100 * grams
    return _amount(one, course, leak)


def most(one: Record) -> float:
    """What a share of the dose, or of what organs show, cannot exceed; infinity for another quantity."""
    unit, _ = unit_in(one.quantity)
    if unit is None or _RATIO.search(lowered(one.quantity)):
        return math.inf
    if unit.check("[ID]") or (unit.check("") and _SHARE.search(lowered(one.quantity))):
        return 1.0 / float(
            (unit / registry().Quantity(1.0, "ID" if unit.check("[ID]") else "")).to("").magnitude
        )
    return math.inf


def _amount(one: Record, course: Course, leak: Floats | None) -> Floats:
    """A concentration, or the amount of a whole organ, in any unit that the dose can be converted to."""
    unit, others = unit_in(per_volume(f"{one.quantity} {one.unit}"))
    if unit is not None and unit.check("") and _KEPT.search(lowered(one.quantity)):
        unit = unit * registry().Quantity(1.0, "ID")
    if unit is None or ("[ID]" not in unit.dimensionality and (unit.check("") or _reason(one.quantity))):
        raise UnreadError(_reason(one.quantity) or f"quantity '{one.quantity}': no reading of the model")
    organ = one.fields["organ"]
    if "protein" in others:
        raise UnreadError(f"'{one.quantity}': how much protein a gram of {organ} gives is not known")
    found = factor("percent * ID / mL", unit, one.fields, course.species)
    if found is not None:
        return at(course, per_gram(course, organ, leak), days_of(one)) * found
    found = factor("percent * ID", unit, one.fields, course.species)
    if found is None:
        raise UnreadError(
            _reason(one.quantity)
            or f"quantity '{one.quantity}': no dose that its unit could be converted from"
        )
    return at(course, whole(course, organ), days_of(one)) * found


def _reason(quantity: str) -> str | None:
    """Why a quantity is none that the model reads; None where no line says so."""
    text = lowered(quantity)
    return next(
        (f"'{quantity}': {line['reason']}" for line, pattern in _unread() if pattern.search(text)), None
    )


@cache
def _unread() -> tuple[tuple[dict[str, str], re.Pattern[str]], ...]:
    return tuple((dict(line), re.compile(line["pattern"])) for line in lines("unread_words"))


def _ratio(text: str, organ: str, one: Record, course: Course, leak: Floats | None) -> Floats:
    """One place over another: amounts per gram, or what an image or a count of whole organs shows."""
    above, below = _two(text, organ)
    if text.startswith("auc"):
        ours, theirs = per_gram(course, above, leak), per_gram(course, below)
        return np.asarray(np.trapezoid(ours, course.days) / np.trapezoid(theirs, course.days))
    if re.search(r"delta|change|difference", text):
        raise UnreadError(f"'{one.quantity}': a difference between two times that the row does not name")
    day = days_of(one)
    if _SOUND_SIDE.search(below):
        if leak is None or not two_places(above)[1]:
            raise UnreadError(f"'{one.quantity}' of '{organ}': the model does not tell the two sides apart")
        return at(course, per_gram(course, above, leak), day) / at(
            course, per_gram(course, two_places(above)[0]), day
        )
    ours, theirs = (at(course, _shown(text, o, course, leak), day) for o in (above, below))
    unit, _ = unit_in(text)
    scale = float(unit.to("mL/g").magnitude) if unit is not None and unit.check("[volume]/[mass]") else 1.0
    return np.asarray(ours / theirs / scale)


def _two(text: str, organ: str) -> tuple[str, str]:
    """The two places that a ratio is of, by the organ's cell or by the quantity's words."""
    above, _, below = organ.partition("/")
    if below:
        return above, below
    for pattern in _NAMED:
        said = pattern.search(text)
        if said is None:
            continue
        above, below = (said["a"] or "").strip(), said["b"].strip()
        above = organ if _ITSELF.match(above) or find("organs", above) is None else above
        if find("organs", below) is not None or _SOUND_SIDE.search(below):
            return above, below
    raise UnreadError(f"'{text}' of '{organ}': expected two organs with a / between")


def _shown(text: str, organ: str, course: Course, leak: Floats | None = None) -> Floats:
    """What an organ shows in a study of this quantity, float64[lanes, times].

    Per gram, unless the words say light (all of it on a camera), or whole organs. Where they say a signal of
    either, half of the lanes take each. Light has the background that tissue shows without label.
    """
    course = course.in_light()
    if "whole" in text or "activity" in text or "counts" in text or text.endswith("recovered"):
        return whole(course, organ)
    if _LIGHT.search(text):
        return light(course, organ)
    if text == "organ ratio" and _CHEST.search(organ):
        return course.per_gram("blood")  # a region over the heart in an image shows the blood in it
    bright = per_gram(course, organ, leak)
    if _UNSAID.search(text) and not _BRIGHT.search(text):
        both = bright.copy()
        both[::2] = light(course, organ)[::2]
        return both
    return bright


def is_late(one: Record) -> bool:
    """Whether a half-life is that of a late phase by the words of its record."""
    return bool(re.search(r"second phase|terminal|\bbeta\b|slow phase|late phase", one.note + one.quantity))
