"""ISNCSCI motor scores: arms (UEMS) and legs (LEMS) 0-50 points each, 0-100 in all; higher is better.

Sixteen trained examiners agree with an intraclass correlation of 0.97 and repeat a complete injury within 2
points, an incomplete one much worse (Marino 2008): error is none where nothing or everything moves and
largest half way, sd 2 s sqrt(x (1 - x)) of a share x of full strength. In acute care it is far larger
(limits of agreement of 37 points, TRACK-SCI 2024); studies are taken to train their examiners.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from exodyn.evidence import ParameterRecord, parameters, scale_facts
from exodyn.scales.contract import Described, FloatArray

LIMB_POINTS = 50.0


@dataclass(frozen=True)
class MotorScore(Described):
    """The sum of the limbs that `reads` names, each read with its own error, in whole points."""

    reads: tuple[str, ...]
    rater_sd: float

    @classmethod
    def of(cls, name: str, reads: tuple[str, ...], known: Mapping[str, ParameterRecord]) -> MotorScore:
        """The scale with its rater error from parameters."""
        return cls(scale_facts(name), reads, known["isncsci_rater_sd"].value)

    def draws(self, visits: int) -> int:
        """One column for death, which this scale does not see, then one for each limb and visit."""
        return 1 + visits * len(self.reads)

    def observe(self, readouts: Mapping[str, FloatArray], uniforms: FloatArray) -> FloatArray:
        """Readings, float64[patients, visits]; see `Scale.observe`."""
        total = np.zeros_like(readouts[self.reads[0]])
        visits = total.shape[1]
        for k, name in enumerate(self.reads):
            first = 1 + k * visits
            share = np.clip(readouts[name] / LIMB_POINTS, 0.0, 1.0)
            error = 2 * self.rater_sd * np.sqrt(share * (1 - share))
            error = error * np.asarray(ndtri(uniforms[:, first : first + visits]))
            total += np.clip(np.round(LIMB_POINTS * share + error), 0.0, LIMB_POINTS)
        return total


def motor_scores(known: Mapping[str, ParameterRecord]) -> tuple[MotorScore, ...]:
    """Arms, legs and both."""
    return (
        MotorScore.of("ISNCSCI motor", ("arms", "legs"), known),
        MotorScore.of("UEMS", ("arms",), known),
        MotorScore.of("LEMS", ("legs",), known),
    )


MOTOR, UEMS, LEMS = motor_scores(parameters("human"))
