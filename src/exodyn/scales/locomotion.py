"""A locomotor score of an animal's hind limbs: points left of the full score, as a rater sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.special import ndtri

from exodyn.evidence import ParameterRecord, scale_facts
from exodyn.scales.contract import Described, FloatArray


@dataclass(frozen=True)
class LocomotorScore(Described):
    """Reading = full score times the share of function that is left, plus e, in steps, inside the bounds.

    e ~ N(0, (2 sd sqrt(x (1 - x)))^2) of that share x: a paralysed and an intact limb are read without error.
    Parameter: ``<name>_rater_sd``.
    """

    rater_sd: float
    reads: tuple[str, ...] = field(default=("function",))

    @classmethod
    def of(cls, name: str, known: Mapping[str, ParameterRecord]) -> LocomotorScore:
        """The scale with its rater error from parameters."""
        return cls(scale_facts(name), known[f"{name.lower()}_rater_sd"].value)

    def draws(self, visits: int) -> int:
        """One column for death, which this scale does not see, one for the rater at each visit."""
        return 1 + visits

    def observe(self, readouts: Mapping[str, FloatArray], uniforms: FloatArray) -> FloatArray:
        """Readings, float64[patients, visits]; see `Scale.observe`."""
        share = np.clip(readouts["function"], 0.0, 1.0)
        error = 2 * self.rater_sd * np.sqrt(share * (1 - share)) * np.asarray(ndtri(uniforms[:, 1:]))
        steps = np.round((share * (self.high - self.low) + error) / self.step)
        return np.clip(self.low + steps * self.step, self.low, self.high)
