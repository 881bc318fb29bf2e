"""Which particles an instrument detects, by size and refractive index.

An instrument of light sees a particle whose collected scatter exceeds a threshold; one of pores, a volume.
The threshold is that of a reference particle detected half of the time; a log-normal spread of signals makes
it soft. Numbers are in `instruments.csv` with their sources.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from exodyn.errors import InputError, nearest
from exodyn.product.response import light

Floats = NDArray[np.float64]
_WORDS = ("name", "kind", "source", "steps", "status")
_TABLE = np.geomspace(10.0, 3000.0, 140)


@dataclass(frozen=True)
class Instrument:
    """kind: "light" (threshold on scatter) or "volume" (threshold on volume).

    half_at: nm of the reference particle of index `reference` that is detected half of the time. half_at_sd:
    its sd between days and machines, log. spread: sd of log signal of equal particles. calibration_sd: sd of
    log counts between days and machines. steps: independent steps of a track (0: sizes are not from tracks).
    probe_pl: volume in which particles must be alone (0: counted otherwise).
    """

    name: str
    kind: str
    wavelength_nm: float
    angle: float
    aperture: float
    half_at: float
    reference: float
    half_at_sd: float
    spread: float
    calibration_sd: float
    steps: int
    probe_pl: float
    source: str

    def detects(
        self, diameter_nm: ArrayLike, index: float = light.VESICLE, half_at: float | None = None
    ) -> Floats:
        """Probability by diameter, float64; index: refractive, of the particles (no matter for volume)."""
        d = np.asarray(diameter_nm, dtype=np.float64)
        at = self.half_at if half_at is None else half_at
        if self.kind == "volume":
            return np.asarray(special.ndtr(3 * (np.log(d) - math.log(at)) / self.spread))
        signal = np.interp(np.log(d), np.log(_TABLE), self._log_signal(index))
        threshold = np.interp(math.log(at), np.log(_TABLE), self._log_signal(self.reference))
        return np.asarray(special.ndtr((signal - threshold) / self.spread))

    def limit(self, index: float = light.VESICLE) -> float:
        """The diameter, nm, of particles of that index that is detected half of the time."""
        fine = np.geomspace(10, 2000, 2000)
        return float(fine[int(np.argmax(self.detects(fine, index) >= 0.5))])

    def _log_signal(self, index: float) -> Floats:
        # steps of 0.005 in the index: finer ones change nothing and cost a table each
        return _log_signal(round(index * 200) / 200, self.wavelength_nm, self.angle, self.aperture)


@cache
def _log_signal(index: float, wavelength: float, angle: float, aperture: float) -> Floats:
    return np.asarray(np.log(light.collected(_TABLE, index, wavelength, angle, aperture)))


def _load() -> Mapping[str, Instrument]:
    text = files("exodyn.product.response").joinpath("instruments.csv").read_text(encoding="utf-8")
    found = {}
    for row in csv.DictReader(text.splitlines()):
        numbers = {
            name: float(row[name])
            for name in row
            if name not in ("name", "kind", "source", "steps", "status")
        }
        found[row["name"]] = Instrument(
            name=row["name"], kind=row["kind"], steps=int(row["steps"]), source=row["source"], **numbers
        )
    return MappingProxyType(found)


INSTRUMENTS: Mapping[str, Instrument] = _load()


def instrument(name: str) -> Instrument:
    """Raises InputError with the nearest name."""
    if name not in INSTRUMENTS:
        raise InputError(f"no instrument '{name}'{nearest(name, INSTRUMENTS)}")
    return INSTRUMENTS[name]
