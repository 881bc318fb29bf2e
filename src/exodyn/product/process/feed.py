"""What goes in: species by size, density and amount, from `species.csv` and `feeds.csv`."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from exodyn.errors import InputError, nearest

Floats = NDArray[np.float64]
# Diameters, nm, of the bins that all balances run over; log steps of 7%.
DIAMETERS: Floats = np.geomspace(4.0, 1200.0, 85)


@dataclass(frozen=True)
class Species:
    """kind: vesicle, lipoprotein or protein. diameter: median by number, nm. density: kg/m3, low and high."""

    name: str
    kind: str
    diameter: float
    gsd: float
    density: tuple[float, float]

    def shares(self) -> Floats:
        """By number over DIAMETERS; they add up to 1."""
        found = np.exp(-0.5 * (np.log(DIAMETERS / self.diameter) / math.log(self.gsd)) ** 2)
        return np.asarray(found / found.sum())


@cache
def all_species() -> Mapping[str, Species]:
    """The species of `species.csv` by name."""
    return MappingProxyType(
        {
            row["name"]: Species(
                row["name"],
                row["kind"],
                float(row["diameter_nm"]),
                float(row["gsd"]),
                (float(row["density_low"]), float(row["density_high"])),
            )
            for row in table("species.csv")
        }
    )


@cache
def feed(name: str) -> Mapping[str, tuple[float, float]]:
    """Amount per mL of each species, low and high: particles, or micrograms of protein.

    Raises InputError with the nearest name.
    """
    rows = table("feeds.csv")
    names = {row["feed"] for row in rows}
    if name not in names:
        raise InputError(f"no feed '{name}'{nearest(name, names)}")
    return MappingProxyType(
        {
            row["species"]: (float(row["amount_low"]), float(row["amount_high"]))
            for row in rows
            if row["feed"] == name
        }
    )


def table(name: str) -> list[dict[str, str]]:
    """The rows of a table of this folder."""
    text = files("exodyn.product.process").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
