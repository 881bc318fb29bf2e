"""What a study says: arms with their dosing, visits, patients. Times are days after the injury."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from exodyn.delivery.engineering import NOTHING, Engineering

Precision: TypeAlias = Literal["double", "single"]

PER_WEIGHT = "/kg"
WEIGHT = "weight"  # the trait, in kg, that a dose per kg is multiplied by


@dataclass(frozen=True)
class Dosing:
    """A regimen: the same dose at each of `times`, as a bolus or, if `infusion` is above 0, over that long.

    amount and unit are as the study writes them ("5e11 particles"); times and infusion in days. engineering:
    what was done to the particles.
    """

    product: str
    route: str
    amount: float
    unit: str
    times: tuple[float, ...]
    infusion: float = 0.0
    engineering: Engineering = NOTHING


@dataclass(frozen=True)
class Arm:
    """A treatment arm; without dosing, an untreated one."""

    name: str
    dosing: Dosing | None = None


@dataclass(frozen=True)
class Override:
    """A parameter that the study sets itself, and why."""

    name: str
    value: float
    unit: str
    status: str
    reason: str
