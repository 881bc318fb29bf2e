"""mRS, 0-6 points: how much help a patient needs; 6 is death.

An ordinal reading of a latent disability that grows with the logarithm of the deficit and with age, and
differs between patients of equal deficit (help at home, earlier illness, which function was lost):

    disability = ln(1 + deficit / 1 point) + a (age - 70) / 10 + person + rater,   mRS = cut points passed

Cut points and the sd of `person` are fitted to published distributions; the rater's sd is assumed, from the
agreement of two raters (kappa 0.72, weighted 0.82, structured interview).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.special import ndtri

from exodyn.errors import InputError
from exodyn.evidence import ParameterRecord, parameters, scale_facts
from exodyn.scales.contract import Described, FloatArray, dead


@dataclass(frozen=True)
class RankinScale(Described):
    """The scale with its cut points; build it from parameters with `RankinScale.of`."""

    cuts: tuple[float, ...]
    age_slope: float
    age_center: float
    person_sd: float
    rater_sd: float
    reads: tuple[str, ...] = field(default=("deficit", "hazard", "age"))

    @classmethod
    def of(cls, known: Mapping[str, ParameterRecord]) -> RankinScale:
        """The scale with the parameters whose names start with ``mrs_``. Raises InputError."""
        cuts = tuple(known[f"mrs_cut_{k}"].value for k in range(1, 6))
        if list(cuts) != sorted(cuts):
            shown = ", ".join(f"{cut:g}" for cut in cuts)
            raise InputError(f"mrs_cut_1 to mrs_cut_5 are {shown}, expected numbers that do not fall")
        return cls(
            facts=scale_facts("mRS"),
            cuts=cuts,
            age_slope=known["mrs_age"].value,
            age_center=known["mrs_age_center"].value,
            person_sd=known["mrs_person_sd"].value,
            rater_sd=known["mrs_rater_sd"].value,
        )

    def disability(self, readouts: Mapping[str, FloatArray], person: FloatArray) -> FloatArray:
        """Latent disability without rater error, float64[patients, visits]; person: in (0, 1), [patients]."""
        disability = np.log1p(np.maximum(readouts["deficit"], 0.0))
        disability = disability + self.age_slope * (readouts["age"] - self.age_center)
        return np.asarray(disability + self.person_sd * np.asarray(ndtri(person))[:, None])

    def draws(self, visits: int) -> int:
        """One column for death, one for the person, one for the rater at each visit."""
        return 2 + visits

    def observe(self, readouts: Mapping[str, FloatArray], uniforms: FloatArray) -> FloatArray:
        """Readings, float64[patients, visits]; see `Scale.observe`."""
        disability = self.disability(readouts, uniforms[:, 1])
        disability = disability + self.rater_sd * np.asarray(ndtri(uniforms[:, 2:]))
        passed = sum((disability > cut).astype(np.float64) for cut in self.cuts)
        return np.where(dead(readouts["hazard"], uniforms[:, 0]), self.high, passed)


MRS = RankinScale.of(parameters("human"))
