"""How far a treatment can reach: what studies find beyond the mechanism is no more than that.

Three limits, none of them fitted. Tissue that is dead when vesicles come stays dead: what there is to find of
a lesion is the share of it that is open at the first dose. Vesicles without their cargo differ between
studies as much less as they do less. And no animal is better than an intact one: where untreated animals
have recovered, there is nothing left to gain.
"""

from __future__ import annotations

import math

import numpy as np

from exodyn.scales import BehaviourTest, Scale
from exodyn.validation import statistics as of
from exodyn.validation.answers import Floats
from exodyn.validation.asking import Asked
from exodyn.validation.follow import Followed
from exodyn.validation.statistics import repeated

DEATH = "dead"
USUAL_START = 3 / 24
"""First dose, in days, where published studies found a smaller lesion: the median of the calibration records
that say when (STR025 3 h, STR035 4 h, STR036 2 h). Those at 24 h found none (TBI019, TBI020)."""
SETTLED = 7.0
"""Day on which it is decided what dies: lesions are largest at 48 to 72 h (NHS094, NHS095)."""

LEAST_CV = 0.1
"""Sd of a score between animals of one study relative to its mean, at its least (NHA001 to NHA003: 0.1)."""


def times(asked: Asked) -> tuple[float, ...]:
    """Days at which untreated animals must be seen to tell what is open."""
    start = _start(asked)
    return () if start is None else (start, USUAL_START, SETTLED)


def share(asked: Asked, followed: Followed) -> Floats | float:
    """Share of what studies usually find that this treatment can have, 0 to 1; of a lesion float64[draws]."""
    potency = min(asked.study.potency, 1.0)
    start = _start(asked)
    if start is None:
        return potency
    dead = {day: of.moments(followed.at(DEATH, 0, day))[0] for day in (start, USUAL_START, SETTLED)}
    usual = np.maximum(dead[SETTLED] - dead[USUAL_START], 1e-9)
    return repeated(potency * np.clip((dead[SETTLED] - dead[start]) / usual, 0.0, 1.0))


def _start(asked: Asked) -> float | None:
    """First dose of a record about tissue that dies, None of any other and where it is not stated."""
    dosing = asked.study.dosing
    stated = asked.record.fields.get("first_dose_time", "").strip()
    return dosing.times[0] if dosing and stated and asked.reading.reads == DEATH else None


def room(asked: Asked, followed: Followed) -> Floats | float:
    """Standardised benefit that would make treated animals intact, float64[draws].

    Infinite of tissue, and of a pool, whose studies were read at times of their own.
    The spread is the least that a study may have: `LEAST_CV` of what is lost, half a step of the scale.
    """
    scale = asked.scale
    if scale is None or asked.is_pool:
        return math.inf
    control, _ = of.moments(followed.at(scale.name, 0, asked.time))
    lost = np.nan_to_num(np.abs(control - _intact(scale)))
    return repeated(lost / np.maximum(LEAST_CV * lost, scale.step / 2))


def _intact(scale: Scale) -> float:
    if isinstance(scale, BehaviourTest):
        return scale.intact
    return scale.low if scale.higher_is == "worse" else scale.high
