"""What was done to the particles of an arm, so that more act at the lesion: ligand, cargo, magnet, gel.

Physics where its inputs are given, the reported fold where nothing else is known (``contrasts.csv``); a fold
multiplies what the lesion takes up, not the dose.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from exodyn.delivery.words import lines
from exodyn.engine.random import uniforms
from exodyn.evidence import ParameterRecord
from exodyn.symbolic import ModelError
from exodyn.symbolic.units import factor

Floats = NDArray[np.float64]

REPORTED = "reported"
DRAWS = 400
"""Draws of a reported fold."""
FOLDS = {"ligand": "vs untargeted", "magnet": "magnet"}
"""What a table would call the contrast: the first line of ``contrasts.csv`` that is about it at a lesion."""
LIMIT = 288.0
"""mL/g/d: no lesion takes up more than its blood brings, some 0.2 mL/g/min after a stroke."""
INPUTS: Mapping[str, Mapping[str, str]] = {
    "ligand": {"influx": "mL/g/d", "targets": "Gparticles/g"},
    "magnet": {"moment": "A*m**2", "gradient": "T/m"},
    "gel": {"thickness": "cm", "diffusion": "cm**2/d", "erosion": "d"},
}
"""What the physics of each needs, in which unit.

ligand: blood-to-wall influx through free targets, and bound particles that halve it. magnet: magnetic moment
of a particle, gradient of the field. gel: thickness of the slab, diffusion in it, time constant of erosion.
"""


@dataclass(frozen=True)
class Engineering:
    """cargo: copies loaded into a particle. Others: "reported", or their inputs in the units of `INPUTS`."""

    cargo: float | None = None
    ligand: str | Mapping[str, float] | None = None
    magnet: str | Mapping[str, float] | None = None
    gel: Mapping[str, float] | None = None

    def __bool__(self) -> bool:
        return any(getattr(self, one.name) is not None for one in fields(self))

    def __str__(self) -> str:
        said = [f"{self.cargo:g} copies of cargo loaded per particle"] if self.cargo is not None else []
        for name in INPUTS:
            what = getattr(self, name)
            if what == REPORTED:
                fold, low, high = fold_band(name)
                said.append(
                    f"{name}: {fold:g}-fold at the lesion ({low:.2g} to {high:.2g}), a record, no physics"
                )
            elif what is not None:
                given = ", ".join(f"{key} {value:g} {INPUTS[name][key]}" for key, value in what.items())
                said.append(f"{name}: {given}")
        return "; ".join(said)

    def columns(self, known: Mapping[str, ParameterRecord]) -> dict[str, Floats]:
        """Parameters of the model that it sets, float64[DRAWS] or float64[1], in the model's units."""
        found: dict[str, Floats] = {}
        if self.cargo is not None:
            found["mirna_per_particle"] = np.array([self.cargo])
        for name in FOLDS:
            if getattr(self, name) == REPORTED:
                found["reported_fold"] = found.get("reported_fold", np.ones(1)) * _drawn_fold(name)
        if isinstance(self.ligand, Mapping):
            found["ligand_influx"] = np.array([self.ligand["influx"]])
            found["ligand_targets"] = np.array([self.ligand["targets"]])
        if isinstance(self.magnet, Mapping):
            pull = drift(self.magnet["moment"], self.magnet["gradient"], known)
            found["drift"] = np.array([pull])
        if self.gel is not None:
            found["gel_half_thickness"] = np.array([self.gel["thickness"] / 2])
            found["gel_diffusion"] = np.array([self.gel["diffusion"]])
            found["gel_k_erode"] = np.array([1 / self.gel["erosion"]])
        return found


NOTHING = Engineering()
"""Particles as they come."""


def drift(moment: float, gradient: float, known: Mapping[str, ParameterRecord]) -> float:
    """Speed (cm/d) at which a field of this gradient (T/m) pulls a particle of this moment (A m2) through
    plasma: force over Stokes' drag.
    """
    radius = known["size"].value * 1e-9 / 2
    drag = 6 * math.pi * known["plasma_viscosity"].value * radius
    return moment * gradient / drag * 100 * 86400


def read(said: Mapping[str, Any], route: str, known: Mapping[str, ParameterRecord]) -> Engineering:
    """The engineering that an arm's table describes. Raises ValueError, naming the key, if it cannot be."""
    found: dict[str, Any] = {"cargo": said.get("cargo")}
    for name, needed in INPUTS.items():
        if name not in said:
            continue
        if said[name] == REPORTED:
            found[name] = REPORTED
            continue
        if not isinstance(said[name], Mapping):
            raise ValueError(f'{name}: "{said[name]}", expected "{REPORTED}" or {{{", ".join(needed)}}}')
        missing = [key for key in needed if key not in said[name]]
        if missing:
            raise ValueError(f"{name}: '{missing[0]}' is missing; expected {', '.join(needed)}")
        found[name] = {key: _in(unit, said[name][key], f"{name}.{key}") for key, unit in needed.items()}
    if ("gel" in found) and not route.endswith("gel"):
        raise ValueError("gel: particles are given in a gel by the route 'intralesional gel' alone")
    _check(found, known)
    return Engineering(**found)


def _check(found: Mapping[str, Any], known: Mapping[str, ParameterRecord]) -> None:
    for name, keys in (("ligand", ("targets",)), ("gel", ("thickness", "erosion"))):
        for key in keys:
            if isinstance(found.get(name), Mapping) and found[name][key] == 0:
                raise ValueError(f"{name}.{key}: expected more than 0")
    if isinstance(ligand := found.get("ligand"), Mapping) and ligand["influx"] > LIMIT:
        raise ValueError(f"ligand.influx: {ligand['influx']:g} mL/g/d is more than blood brings ({LIMIT:g})")
    if isinstance(magnet := found.get("magnet"), Mapping):
        caught = drift(magnet["moment"], magnet["gradient"], known) * known["vessel_surface"].value / 4
        if caught > LIMIT:
            raise ValueError(
                f"magnet: this pull would catch {caught:.3g} mL/g/d, more than blood brings ({LIMIT:g})"
            )


def _in(unit: str, said: str, key: str) -> float:
    """A quantity such as "10 T/m" in a unit."""
    number, _, own = said.strip().partition(" ")
    try:
        value = float(number) * (factor(own.strip() or "1", unit) if float(number) else 1.0)
    except (ValueError, ModelError):
        raise ValueError(f"{key}: '{said}', expected a number in {unit} or a like unit") from None
    if not 0 <= value < math.inf:
        raise ValueError(f"{key}: '{said}', expected 0 or more")
    return value


def _reported(name: str) -> tuple[float, float]:
    """(median, sd of the log) of the fold that records give."""
    line = next(
        line
        for line in lines("contrasts")
        if re.search(line["about"], FOLDS[name]) and not line["words"] and re.search(line["organs"], "lesion")
    )
    return float(line["fold"]), float(line["fold_sd"])


def fold_band(name: str) -> tuple[float, float, float]:
    """Median and 90% interval of a reported fold."""
    fold, sd = _reported(name)
    return fold, fold * math.exp(-1.645 * sd), fold * math.exp(1.645 * sd)


def _drawn_fold(name: str) -> Floats:
    fold, sd = _reported(name)
    return np.asarray(fold * np.exp(sd * ndtri(uniforms(1, f"fold {name}", 0, DRAWS, 1)[:, 0])))
