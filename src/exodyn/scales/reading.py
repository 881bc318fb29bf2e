"""A severity score read by a rater: the deficit in the scale's points plus rater error, in steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.special import ndtri

from exodyn.evidence import ParameterRecord, ScaleFacts, scale_facts
from exodyn.scales.contract import FloatArray, dead


@dataclass(frozen=True)
class SeverityScore:
    """Reading = deficit + e, rounded to a step and held inside the bounds; NaN after death.

    e ~ N(0, (sd d / (d + h))^2): the rater's sd where the deficit d is large, and no error where there is
    nothing to score. Parameters: ``<name>_rater_sd`` and ``<name>_rater_half`` (the deficit h).
    """

    facts: ScaleFacts
    rater_sd: float
    rater_half: float
    reads: tuple[str, ...] = field(default=("deficit", "hazard"))

    @classmethod
    def of(cls, name: str, known: Mapping[str, ParameterRecord]) -> SeverityScore:
        """The scale with its rater error from parameters."""
        low = name.lower()
        return cls(scale_facts(name), known[f"{low}_rater_sd"].value, known[f"{low}_rater_half"].value)

    @property
    def name(self) -> str:
        return self.facts.name

    @property
    def unit(self) -> str:
        return self.facts.unit

    @property
    def low(self) -> float:
        return self.facts.low

    @property
    def high(self) -> float:
        return self.facts.high

    @property
    def step(self) -> float:
        return self.facts.step

    @property
    def higher_is(self) -> str:
        return self.facts.higher_is

    def draws(self, visits: int) -> int:
        """One column for death, one for the rater at each visit."""
        return 1 + visits

    def observe(self, readouts: Mapping[str, FloatArray], uniforms: FloatArray) -> FloatArray:
        """Readings, float64[patients, visits]; see `Scale.observe`."""
        deficit = np.maximum(readouts["deficit"], 0.0)
        error = self.rater_sd * deficit / (deficit + self.rater_half) * np.asarray(ndtri(uniforms[:, 1:]))
        steps = np.round((deficit + error - self.low) / self.step)
        reading = np.clip(self.low + steps * self.step, self.low, self.high)
        return np.where(dead(readouts["hazard"], uniforms[:, 0]), np.nan, reading)
