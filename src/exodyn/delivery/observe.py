"""What a study would have measured: the label, where it was looked for, in percent of the dose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from exodyn.delivery.disposition import ORGANS
from exodyn.delivery.words import lines
from exodyn.evidence import ParameterRecord, parameters

Floats = NDArray[np.float64]

OUTPUTS = ("blood", "free", "excreted", *(f"{o}_held" for o in ORGANS), *(f"{o}_residue" for o in ORGANS))
_AT = {name: i for i, name in enumerate(OUTPUTS)}

STANDS_FOR = {"marrow": "rest", "olfactory": "brain", "lymph": "rest"}
"""Where a place is read that the model does not have apart."""
OF_REST = ("rest", "muscle", "gut", "cord")
"""What is left when liver, spleen, lung, kidney and brain were taken out."""
PERFUSED = 0.1
"""Share of the blood of an excised organ that perfusion leaves in it: assumed."""
URINE = 0.85
"""Share of the excreted label that leaves with urine: 18 of 21% of a siRNA label (Christensen 2014)."""


@dataclass(frozen=True)
class Course:
    """The course of particle and label in one species, in percent of the dose.

    days: float64[times]. values: float64[lanes, times, outputs], outputs in the order of `OUTPUTS`.
    free_space: float64[lanes], mL/kg. blood_left: float64[lanes], of the blood of an organ, in the excised
    one. label: its name in ``labels.csv``. background: float64[lanes], what tissue shows per gram of its own
    where the label is seen by light; lit: whether it is added.
    """

    days: Floats
    values: Floats
    free_space: Floats
    blood_left: Floats
    species: str
    label: str
    background: Floats
    lit: bool = False

    def in_light(self) -> Course:
        """The course as an image shows it, in which no animal without label was subtracted."""
        return replace(self, lit=True)

    def perfused(self) -> Course:
        """The course of organs that saline was run through before they were looked at."""
        return replace(self, blood_left=self.blood_left * PERFUSED)

    def per_gram(self, place: str, denser: float = 1.0) -> Floats:
        """Label per gram of an organ, per mL of blood or plasma; float64[lanes, times].

        denser: what a gram takes up relative to a gram of the whole place.
        """
        if place in ("blood", "plasma"):
            share = self._known["plasma_share"].value if place == "plasma" else 1.0
            return self.in_blood / share + self._free + self._shine
        organ = STANDS_FOR.get(place, place)
        tissue = self._of(f"{organ}_held") + self._residue(organ)
        blood = self._known[f"{organ}_blood_share"].value * self.blood_left[:, None] * self.in_blood
        return denser * tissue / self._mass(organ) + blood + self._free + self._shine

    def whole(self, place: str) -> Floats:
        """Label of a whole organ or compartment; float64[lanes, times]."""
        if place in ("urine", "faeces"):
            return self._sees_free * self._of("excreted") * (URINE if place == "urine" else 1 - URINE)
        if place == "excreta":
            return self.whole("urine") + self.whole("faeces")
        if place == "whole":
            return 100.0 - self._of("excreted")
        if place == "rest":
            parts = [self.per_gram(organ) * self._mass(organ) for organ in OF_REST]
            return np.asarray(np.sum(parts, axis=0))
        if place in ("blood", "plasma"):
            share = self._known["plasma_share"].value if place == "plasma" else 1.0
            return self.per_gram(place) * self._blood_volume * share
        return self.per_gram(place) * self._mass(STANDS_FOR.get(place, place))

    @cached_property
    def _known(self) -> Mapping[str, ParameterRecord]:
        return parameters(self.species)

    @property
    def _weight(self) -> float:
        return self._known["weight"].value

    @property
    def _blood_volume(self) -> float:
        return self._known["blood_per_weight"].value * self._weight

    @cached_property
    def in_blood(self) -> Floats:
        """Particles per mL of blood, without free label; float64[lanes, times]."""
        return self._of("blood") / self._blood_volume

    @cached_property
    def _free(self) -> Floats:
        return self._sees_free * self._of("free") / (self.free_space[:, None] * self._weight)

    @property
    def _shine(self) -> Floats:
        return self.lit * self.background[:, None]

    @property
    def _sees_free(self) -> float:
        return next(float(line["sees"]) for line in lines("labels") if line["label"] == self.label)

    def _of(self, output: str) -> Floats:
        return np.maximum(self.values[:, :, _AT[output]], 0.0)

    def _residue(self, organ: str) -> Floats:
        return self._sees_free * self._of(f"{organ}_residue")

    def _mass(self, organ: str) -> float:
        return self._known[f"{organ}_mass_per_weight"].value * self._weight
