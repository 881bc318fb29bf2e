"""A severity score read by a rater: the deficit in the scale's points plus rater error, in steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.special import ndtri

from exodyn.evidence import ParameterRecord, scale_facts
from exodyn.scales.contract import Described, FloatArray, dead


@dataclass(frozen=True)
class SeverityScore(Described):
    """Reading = deficit + e, rounded to a step and held inside the bounds; NaN after death.

    e ~ N(0, (sd d / (d + h))^2): the rater's sd where the deficit d is large, and no error where there is
    nothing to score. Parameters: ``<name>_rater_sd`` and ``<name>_rater_half`` (the deficit h). A score of
    another range than the deficit's takes the same share of its own (`weight` points for one of the deficit).
    """

    rater_sd: float
    rater_half: float
    weight: float = 1.0
    reads: tuple[str, ...] = field(default=("deficit", "hazard"))

    @classmethod
    def of(cls, name: str, known: Mapping[str, ParameterRecord], rated_as: str = "") -> SeverityScore:
        """The scale with its rater error from parameters.

        rated_as: the score in whose points the deficit is and whose rater error holds; its own where empty.
        """
        facts, known_as = scale_facts(name), rated_as or name
        low = known_as.lower()
        weight = facts.high / scale_facts(known_as).high
        return cls(facts, known[f"{low}_rater_sd"].value, known[f"{low}_rater_half"].value, weight)

    def draws(self, visits: int) -> int:
        """One column for death, one for the rater at each visit."""
        return 1 + visits

    def observe(self, readouts: Mapping[str, FloatArray], uniforms: FloatArray) -> FloatArray:
        """Readings, float64[patients, visits]; see `Scale.observe`."""
        deficit = np.maximum(readouts["deficit"], 0.0)
        error = self.rater_sd * deficit / (deficit + self.rater_half) * np.asarray(ndtri(uniforms[:, 1:]))
        steps = np.round((self.weight * (deficit + error) - self.low) / self.step)
        reading = np.clip(self.low + steps * self.step, self.low, self.high)
        return np.where(dead(readouts["hazard"], uniforms[:, 0]), np.nan, reading)
