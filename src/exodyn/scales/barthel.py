"""Barthel index, 0-100 points, higher is better: what a patient does without help in daily life.

A reading of the same latent disability as the mRS (`scales.mrs`), with an error of its own. It is linear
between two anchors, `barthel_moderate` where mRS 2 parts from 3 and `barthel_severe` where 4 parts from 5;
who is better than that soon reaches its ceiling. NaN after death.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from exodyn.evidence import ParameterRecord, parameters, scale_facts
from exodyn.scales.contract import Described, FloatArray, dead
from exodyn.scales.mrs import RankinScale


@dataclass(frozen=True)
class BarthelIndex(Described):
    """The index with its anchors; build it from parameters with `BarthelIndex.of`."""

    rankin: RankinScale
    moderate: float
    severe: float
    rater_sd: float
    reads: tuple[str, ...] = ("deficit", "hazard", "age")

    @classmethod
    def of(cls, known: Mapping[str, ParameterRecord]) -> BarthelIndex:
        """The index with the parameters whose names start with ``barthel_`` and ``mrs_``."""
        moderate, severe, rater = (
            known[f"barthel_{one}"].value for one in ("moderate", "severe", "rater_sd")
        )
        return cls(scale_facts("Barthel"), RankinScale.of(known), moderate, severe, rater)

    def draws(self, visits: int) -> int:
        """One column for death, one for the person, one for the rater at each visit."""
        return 2 + visits

    def observe(self, readouts: Mapping[str, FloatArray], uniforms: FloatArray) -> FloatArray:
        """Readings, float64[patients, visits]; see `Scale.observe`."""
        disability = self.rankin.disability(readouts, uniforms[:, 1])
        first, last = self.rankin.cuts[2], self.rankin.cuts[4]
        slope = (self.severe - self.moderate) / (last - first)
        points = self.moderate + slope * (disability - first)
        points = points + self.rater_sd * np.asarray(ndtri(uniforms[:, 2:]))
        reading = np.clip(np.round(points / self.step) * self.step, self.low, self.high)
        return np.where(dead(readouts["hazard"], uniforms[:, 0]), np.nan, reading)


BARTHEL = BarthelIndex.of(parameters("human", "stroke"))
