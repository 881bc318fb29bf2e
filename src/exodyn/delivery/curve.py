"""What a study computes of a curve: half-lives, residence, clearance, volume, area, peak and influx."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from exodyn.delivery.dose import factor, surface
from exodyn.delivery.nca import followed, half_lives
from exodyn.delivery.observe import Course, Floats
from exodyn.delivery.places import per_gram, place_of, whole
from exodyn.delivery.unread import UnreadError
from exodyn.delivery.words import lines
from exodyn.evidence import Record, lowered, parameters
from exodyn.evidence.units import per_volume, unit_in

if TYPE_CHECKING:
    import pint

FIRST_SAMPLE = 5 / 1440, 3 / 24
"""Days after the dose begins at which a peak is seen: a sample at minutes, or the end of an infusion
(log-uniform).
"""
LAST_SAMPLE = 48 / 24
"""Days that an area in an organ is drawn to, where its end is not printed: assumed."""
REGRESSED = np.array([1.0, 2.0, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0]) / 1440
"""Days after the dose that influx is regressed over (Banks 2020 drew to 10 to 60 minutes)."""
LEAST = 1e-4
"""mL per gram, or that a day: a regression that finds less, or an outflow, counts as this."""

_END = r"(?P<end>\d+(?:\.\d+)?)[ _]?(?P<unit>h|hr|hours?|min|d|days?)?"
_RANGE = re.compile(rf"\(?\b0[ _]?(?:-|to|–|→|,|[ _])[ _]?(?:{_END}|inf\w*|∞|last|tau|t)\b\)?|(tau|inf)\b")
_PER_DOSE = re.compile(
    r"over dose|/ ?dose|per dose|dose[- ]normali|\)/\((mg|ug|g)/kg\)|per (mg|ug|g) per kg", re.IGNORECASE
)


@cache
def _words() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((line["reads"], re.compile(line["pattern"], re.IGNORECASE)) for line in lines("curve_words"))


def asked(quantity: str) -> str | None:
    """Which reading of a curve a quantity's words ask for; None for none."""
    text = lowered(quantity)
    return next((reads for reads, pattern in _words() if pattern.search(text)), None)


def of_curve(one: Record, course: Course, sampled: Floats | None) -> Floats | None:
    """The record's quantity as a study computes it of a curve, float64[lanes]; None where it asks for none.

    Raises UnreadError for a unit that is none of the quantity's.
    """
    reads = asked(one.quantity)
    if reads is None:
        return None
    unit = _unit(one, reads)
    organ = one.fields["organ"].strip() or ("brain" if reads in ("influx", "vascular space") else "plasma")
    if reads in ("influx", "vascular space") or (reads == "clearance" and not _is_blood(organ)):
        return _of_uptake(reads, organ, unit, one, course)
    curve, days = per_gram(course, organ), course.days
    if reads in ("area", "peak"):
        values = _area(one, days, curve) if reads == "area" else _peak(one, course, curve, sampled)
        return np.asarray(values * _concentration(one, course, unit, "*d" if reads == "area" else ""))
    if reads in ("half-life", "late half-life", "elimination rate", "time of peak"):
        times = (
            _time_of_peak(days, curve, sampled) if reads == "time of peak" else _half_life(one, days, curve)
        )
        if reads == "elimination rate":
            return np.asarray(np.log(2) / times * _factor("1/d", unit, one, course))
        return np.asarray(times * _factor("d", unit, one, course))
    area, moment = followed(days, curve, tail=not re.search(r"\blast\b", lowered(one.quantity)))
    values, have = {
        "mean residence time": (moment / area, "d"),
        "clearance": (100.0 / area, "mL/d"),
        "central volume": (100.0 / curve[:, 1], "mL"),
        "steady volume": (100.0 * moment / area**2, "mL"),
    }[reads]
    return np.asarray(values * _factor(have, unit, one, course))


def _of_uptake(reads: str, organ: str, unit: pint.Quantity[float], one: Record, course: Course) -> Floats:
    """Influx and vascular space of an organ per gram, and the uptake clearance of a whole one."""
    slope, intercept = _regressed(course, per_gram(course, organ))
    if reads == "vascular space":
        return intercept * _factor("mL/g", unit, one, course)
    if reads == "clearance":
        grams = whole(course, organ)[:, 1] / per_gram(course, organ)[:, 1]
        return np.asarray(slope * grams * _factor("mL/d", unit, one, course))
    return slope * _factor("mL/g/d", unit, one, course)


def _unit(one: Record, reads: str) -> pint.Quantity[float]:
    """The unit that a record prints the reading in: its own cell, else the words after the quantity's name,
    else the unit of its time.
    """
    pattern = next(pattern for name, pattern in _words() if name == reads)
    words = _RANGE.sub(" ", pattern.sub(" ", one.quantity.replace("_", " ")))
    tissue = reads in ("area", "peak")
    for text in (one.unit, words, one.time_unit):
        unit, _ = unit_in(per_volume(text) if tissue and not _PER_DOSE.search(text) else text)
        if unit is not None:
            return unit
    raise UnreadError(f"'{one.quantity}': no unit of its {reads}")


def _factor(have: str, want: pint.Quantity[float], one: Record, course: Course) -> float:
    """What a number in a unit, of the whole body, is multiplied by to be in another, perhaps per kg or m2."""
    weight = parameters(course.species)["weight"].value
    for per, size in (("", 1.0), (" / kg", weight), (" / m**2", surface(weight))):
        found = factor(have + per, want, one.fields, course.species)
        if found is not None:
            return found / size
    raise UnreadError(f"'{one.quantity}': {want.units:~} is none of its units, expected one like {have}")


def _concentration(one: Record, course: Course, want: pint.Quantity[float], times: str) -> float:
    """From percent of the dose per mL (of tissue, a gram) to the unit of a concentration."""
    if _PER_DOSE.search(f"{one.quantity} {one.unit}"):
        found = factor("kg/mL" + times, want, {}, course.species)
        if found is not None:
            return found * parameters(course.species)["weight"].value / 100
    for per in ("percent*ID/mL", "percent/mL"):
        found = factor(per + times, want, one.fields, course.species)
        if found is not None:
            return found
    raise UnreadError(f"'{one.quantity}': no dose that {want.units:~} could be converted from")


def _half_life(one: Record, days: Floats, curve: Floats) -> Floats:
    """Half-lives of each curve after its peak, in days."""
    peak = 1 + np.argmax(curve[:, 1:], axis=1)
    late = asked(one.quantity) != "half-life" or "second phase" in one.note or "terminal" in one.note
    risen = np.where(np.arange(len(days)) < peak[:, None], curve.max(axis=1, keepdims=True), curve)
    half = half_lives(days, risen, late)
    return np.maximum(half if late else half + days[1] - days[peak], 1e-5)


def _time_of_peak(days: Floats, curve: Floats, sampled: Floats | None) -> Floats:
    """Days of the highest value, or of the first sample where that is highest."""
    peak = 1 + np.argmax(curve[:, 1:], axis=1)
    return np.where(peak > 1, days[peak], FIRST_SAMPLE[0] if sampled is None else sampled)


def _area(one: Record, days: Floats, curve: Floats) -> Floats:
    """Area of each curve, to the end that it prints; of blood, without one, as a study can follow it."""
    until = _RANGE.search(lowered(one.quantity))
    last = LAST_SAMPLE
    if until is None or not until["end"]:
        if _is_blood(one.fields["organ"] or "plasma"):
            return followed(days, curve, tail=not re.search(r"\blast\b", lowered(one.quantity)))[0]
    else:
        unit, _ = unit_in(until["unit"] or "h")
        last = float(until["end"]) * (float(unit.to("day").magnitude) if unit is not None else 1.0)
    kept = days <= last
    return np.asarray(np.trapezoid(curve[:, kept], days[kept]))


def _peak(one: Record, course: Course, curve: Floats, sampled: Floats | None) -> Floats:
    """The highest value that a study sees: of blood, that of its first sample or a later one."""
    if not _is_blood(one.fields["organ"] or "plasma") or sampled is None:
        return np.asarray(curve[:, 1:].max(axis=1))
    seen = np.array([np.interp(day, course.days, c) for day, c in zip(sampled, curve, strict=True)])
    return np.asarray(np.maximum(seen, curve[:, course.days > max(FIRST_SAMPLE)].max(axis=1)))


def _is_blood(organ: str) -> bool:
    return place_of(organ) in ("blood", "plasma")


def _regressed(course: Course, curve: Floats) -> tuple[Floats, Floats]:
    """Slope (mL/g/d) and intercept (mL/g) of an organ over serum against exposure over serum (Patlak)."""
    serum = course.per_gram("plasma")
    steps = (serum[:, 1:] + serum[:, :-1]) / 2 * np.diff(course.days)
    exposure = np.pad(np.cumsum(steps, axis=1), ((0, 0), (1, 0)))

    def at(values: Floats) -> Floats:
        return np.array([np.interp(REGRESSED, course.days, lane) for lane in values])

    now = np.maximum(at(serum), 1e-12)
    x, y = at(exposure) / now, at(curve) / now
    dx = x - x.mean(axis=1, keepdims=True)
    slope = (dx * y).sum(axis=1) / np.maximum((dx**2).sum(axis=1), 1e-300)
    intercept = y.mean(axis=1) - slope * x.mean(axis=1)
    return np.maximum(slope, LEAST), np.maximum(intercept, LEAST)
