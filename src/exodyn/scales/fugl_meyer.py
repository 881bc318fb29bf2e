"""Fugl-Meyer assessment of the arm, 0-66 points, higher is better: recovery of the limb is what it measures.

What the arm loses grows with the NIHSS and differs between patients of equal NIHSS. Of that a patient regains
the share of one of five groups (van der Vliet 2020), as the same programme of rewiring goes on that the model
has for the whole deficit: FM = 66 (1 - lost (1 - r p)), r the limb's share, p how far the programme has come.
The error of a rater is largest half way and none at either end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit, ndtri

from exodyn.evidence import ParameterRecord, parameters, scale_facts
from exodyn.scales.contract import Described, FloatArray, dead

LEAST = 1e-6


@dataclass(frozen=True)
class FuglMeyerArm(Described):
    """The scale with its numbers; build it from parameters with `FuglMeyerArm.of`."""

    half: float
    person_sd: float
    rater_sd: float
    reserve_shift: float
    reserve_sd: float
    reads: tuple[str, ...] = ("connectivity", "target", "hazard", "nihss", "reserve_score")

    @classmethod
    def of(cls, known: Mapping[str, ParameterRecord]) -> FuglMeyerArm:
        """The scale with the parameters whose names start with ``fma_``, and those of recovery groups."""
        half, person, rater = (known[f"fma_{one}"].value for one in ("half", "person_sd", "rater_sd"))
        shift, spread = known["reserve_shift"].value, known["reserve_sd"].value
        return cls(scale_facts("FMA-UE"), half, person, rater, shift, spread)

    def draws(self, visits: int) -> int:
        """One column for death, one for the person, one for the rater at each visit."""
        return 2 + visits

    def points(self, readouts: Mapping[str, FloatArray], person: FloatArray) -> FloatArray:
        """Without rater error, float64[patients, visits]; person: standard normal, [patients]."""
        odds = np.log(np.maximum(readouts["nihss"], LEAST) / self.half) + self.person_sd * person[:, None]
        target = np.clip(readouts["target"], LEAST, 1 - LEAST)
        moved = self.reserve_shift + self.reserve_sd * readouts["reserve_score"]
        regained = expit(logit(target) - moved) * np.clip(readouts["connectivity"] / target, 0.0, 1.0)
        return np.asarray(self.high * (1 - expit(odds) * (1 - regained)))

    def observe(self, readouts: Mapping[str, FloatArray], uniforms: FloatArray) -> FloatArray:
        """Readings, float64[patients, visits]; see `Scale.observe`."""
        scores = np.asarray(ndtri(uniforms[:, 1:]))
        points = self.points(readouts, scores[:, 0])
        share = points / self.high
        error = 2 * np.sqrt(share * (1 - share)) * self.rater_sd * scores[:, 1:]
        reading = np.clip(np.round((points + error) / self.step) * self.step, self.low, self.high)
        return np.where(dead(readouts["hazard"], uniforms[:, 0]), np.nan, reading)


FUGL_MEYER = FuglMeyerArm.of(parameters("human", "stroke"))
