"""Times that a paper reads off a course: of its peak or plateau, of its return, and while it differs.

What is compared is the mean course of an arm with the level of intact tissue.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from exodyn.validation import statistics as of
from exodyn.validation.answers import Answer, Floats, Given, Number, Skipped
from exodyn.validation.asking import Asked, Make
from exodyn.validation.between import between_draws
from exodyn.validation.follow import Followed
from exodyn.validation.statistics import REPEATS, Chance, repeated
from exodyn.validation.times import in_days

TIMES = tuple(np.concatenate([np.linspace(0.02, 3, 60), np.linspace(3.25, 60, 120)]).tolist())
"""Days at which a course is seen."""
DAYS = tuple(float(day) for day in range(1, 61))
"""Days on which an animal is rated until nothing is found."""
REACHED = 0.95  # of its highest value: what a paper calls the maximum of a course that stays there
DIFFERS = 0.1  # of its largest distance from intact tissue: less is within the error of a group of eight
RELATIVE_TO_INTACT = ("vessels", "axons", "progenitors")
"""Readouts that are 1 in intact tissue; others are 0 there."""


def intact(name: str) -> float:
    """The level of a readout in tissue without injury."""
    return 1.0 if name in RELATIVE_TO_INTACT else 0.0


def _peak(course: Floats, _: str) -> Floats:
    """Index of the highest value; of a course that stays at it, of when it is reached."""
    highest = course.max(axis=1, keepdims=True)
    stays = course[:, -1] > REACHED * highest[:, 0]
    return np.asarray(
        np.where(stays, np.argmax(course >= REACHED * highest, axis=1), np.argmax(course, axis=1))
    )


def _distance(course: Floats, name: str) -> Floats:
    far = np.abs(course - intact(name))
    return np.asarray(far / np.maximum(far.max(axis=1, keepdims=True), 1e-300))


def _return(course: Floats, name: str) -> Floats:
    """Index of the end of the first stretch that differs from intact tissue; the last where none ends."""
    differs = _distance(course, name) >= DIFFERS
    first = np.argmax(differs, axis=1)
    back = ~differs & (np.arange(course.shape[1]) > first[:, None])
    return np.asarray(np.where(back.any(axis=1), np.argmax(back, axis=1), course.shape[1] - 1))


def _of(index: Callable[[Floats, str], Floats]) -> Make:
    def make(asked: Asked, followed: Followed, given: Given) -> Answer:
        course = _mean_course(asked, followed)
        return _as_time(repeated(np.array(TIMES)[index(course, asked.reading.reads)]), asked, given)

    return make


def _while_it_differs(asked: Asked, followed: Followed, given: Given) -> Answer:
    """Any time at which the course differs from intact tissue, as a range of such times is printed."""
    differs = _distance(_mean_course(asked, followed), asked.reading.reads) >= DIFFERS
    place = Chance(given.seed, asked.record.id).uniform(REPEATS * len(differs)).reshape(-1, REPEATS)
    times = [
        np.array(TIMES)[row][(each * row.sum()).astype(int)] for row, each in zip(differs, place, strict=True)
    ]
    return _as_time(np.concatenate(times), asked, given)


def _to_best(asked: Asked, followed: Followed, given: Given) -> Answer:
    """Mean first day on which the scale finds nothing, of n animals; the last day of those it never does."""
    scale = asked.scale
    if scale is None:
        return Skipped(f"'{asked.record.quantity}': no scale of the model")
    values = followed.values[scale.name][asked.arm][:, :, [followed.times.index(day) for day in DAYS]]
    found = values == (scale.low if scale.higher_is == "worse" else scale.high)
    first = np.where(found.any(axis=2), np.array(DAYS)[np.argmax(found, axis=2)], DAYS[-1])
    alive = np.where(np.isnan(values[:, :, 0]), np.nan, first)
    chance = Chance(given.seed, asked.record.id)
    mean = of.mean(alive, asked.n, np.zeros(len(alive) * REPEATS), DAYS[0], DAYS[-1], chance)
    return _as_time(mean, asked, given)


def _mean_course(asked: Asked, followed: Followed) -> Floats:
    """float64[worlds, TIMES]."""
    columns = [followed.times.index(time) for time in TIMES]
    return np.asarray(np.nanmean(followed.values[asked.reading.reads][asked.arm][:, :, columns], axis=1))


def _as_time(days: Floats, asked: Asked, given: Given) -> Answer:
    unit = in_days(1.0, asked.record.unit)
    if unit is None:
        return Skipped(f"unit '{asked.record.unit}' is no time")
    draws = days * np.exp(between_draws("time", given, asked.record.id)) / unit
    return Number(draws, "log", asked.basis, "time")


COURSES: Mapping[str, Make] = {
    "time_of_peak": _of(_peak),
    "time_of_return": _of(_return),
    "time_while_different": _while_it_differs,
    "time_to_best": _to_best,
}
