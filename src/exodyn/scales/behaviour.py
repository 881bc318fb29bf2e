"""Tests of behaviour in rodents: rotarod, foot faults, adhesive removal, hanging wire, water maze.

Each reads the same latent deficit as the severity score, as far as the test is sensitive to it; that
cognition goes with it is assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.special import ndtri

from exodyn.evidence import ParameterRecord, scale_facts
from exodyn.scales.contract import Described, FloatArray, dead

TESTS = ("rotarod", "foot fault", "adhesive removal", "hanging wire", "water maze")
DEFICIT = "mNSS"
"""The score in whose points the deficit is."""
LEAST_LEVEL = 0.1
"""Share of the test's range below which its spread between trials falls no further."""


@dataclass(frozen=True)
class BehaviourTest(Described):
    """Level = intact + (worst - intact) s (1 + h) / (s + h), s the deficit's share of its range.

    A small h is a test that fails at a small deficit, a large one falls in a line. Animals differ from each
    other and each from trial to trial, half of the variance each: sd cv * level, held inside the bounds and
    NaN after death. Parameters: ``<name>_intact``, ``_worst``, ``_half`` (h), ``_cv``.
    """

    intact: float
    worst: float
    half: float
    cv: float
    reads: tuple[str, ...] = field(default=("deficit", "hazard"))

    @classmethod
    def of(cls, name: str, known: Mapping[str, ParameterRecord]) -> BehaviourTest:
        """The test with its numbers from parameters."""
        key = name.replace(" ", "_")
        intact, worst, half, cv = (known[f"{key}_{what}"].value for what in ("intact", "worst", "half", "cv"))
        return cls(scale_facts(name), intact, worst, half, cv)

    def draws(self, visits: int) -> int:
        """One column for death, one for the animal, one for the trial at each visit."""
        return 2 + visits

    def level(self, deficit: FloatArray, half: FloatArray | None = None) -> FloatArray:
        """What an animal of this deficit does on average; half: other values of it, to broadcast."""
        h = self.half if half is None else half
        share = np.clip(deficit / scale_facts(DEFICIT).high, 0.0, 1.0)
        return np.asarray(self.intact + (self.worst - self.intact) * share * (1 + h) / (share + h))

    def observe(self, readouts: Mapping[str, FloatArray], uniforms: FloatArray) -> FloatArray:
        """Readings, float64[patients, visits]; see `Scale.observe`."""
        level = self.level(readouts["deficit"])
        scores = np.asarray(ndtri(uniforms[:, 1:]))
        error = self.cv * (scores[:, :1] + scores[:, 1:]) / np.sqrt(2.0)
        spread = np.maximum(level, LEAST_LEVEL * abs(self.worst - self.intact))
        steps = np.round((level + error * spread - self.low) / self.step)
        reading = np.clip(self.low + steps * self.step, self.low, self.high)
        return np.where(dead(readouts["hazard"], uniforms[:, 0]), np.nan, reading)


def behaviour_tests(known: Mapping[str, ParameterRecord]) -> tuple[BehaviourTest, ...]:
    """The tests that a species has numbers for."""
    return tuple(BehaviourTest.of(name, known) for name in TESTS if f"{name.replace(' ', '_')}_cv" in known)
