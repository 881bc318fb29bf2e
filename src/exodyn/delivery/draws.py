"""Draws of the fitted coefficients: data of a release; what a new study may be like under each."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from exodyn.delivery.kinds import STUDY, coefficients, design
from exodyn.delivery.setting import Setting
from exodyn.delivery.words import lines

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Draws:
    """coefficients: float64[draws, coefficients]; between: float64[draws, study], sds of what differs between
    studies; residual: float64[draws], sd of the logarithm of a single number of a study.
    """

    coefficients: Floats
    between: Floats
    residual: Floats

    def __len__(self) -> int:
        return len(self.residual)

    def new_study(self, setting: Setting, differences: Floats) -> Floats:
        """Scaled parameters of a study not seen before, float64[draws, parameters].

        differences: standard normal float64[draws, study]; zeros give a study like the middle one.
        """
        constant, A, B = design(setting)
        return constant + self.coefficients @ A.T + (self.between * differences) @ B.T


@cache
def draws_sha256() -> str:
    """Hash of ``data/draws.csv``."""
    return hashlib.sha256((files("exodyn.delivery") / "data" / "draws.csv").read_bytes()).hexdigest()


@cache
def draws() -> Draws:
    """The draws of this release, from ``data/draws.csv``."""
    rows = lines("draws")
    table: Mapping[str, Floats] = {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}
    return Draws(
        np.column_stack([table[c.name] for c in coefficients()]),
        np.column_stack([table[f"sd_{name}"] for name in STUDY]),
        table["sd_residual"],
    )
