"""Spinning: Stokes' settling in a rotor, and what of each size ends in the pellet.

Swinging bucket: particles run along the radius of a straight tube. Fixed angle: they run across the tube and
slide down its wall (both after Livshits et al. 2015, Sci Rep 5:17319). Closed forms without diffusion and
convection; losses on walls and by resuspension come on top.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exodyn.errors import InputError, nearest
from exodyn.product.process.feed import table

Floats = NDArray[np.float64]
GRAVITY = 9.80665  # m/s2, standard
SVEDBERG = 1e-13  # s
_TUBE_POINTS = 64


@dataclass(frozen=True)
class Rotor:
    """Radii in mm of meniscus and bottom, highest speed in rpm, tube angle from the axis (90: swings out).

    tube_mm: inner diameter of the tube, for fixed angles.
    """

    name: str
    r_min: float
    r_max: float
    max_rpm: float
    angle: float = 90.0
    tube_mm: float | None = None

    def __post_init__(self) -> None:
        if not 0 < self.r_min < self.r_max:
            raise InputError(
                f"rotor {self.name}: radii {self.r_min} to {self.r_max} mm; expected 0 < rmin < rmax"
            )

    @property
    def swings(self) -> bool:
        """Whether the buckets swing out."""
        return self.angle >= 90.0


@cache
def rotors() -> Mapping[str, Rotor]:
    """The rotors of `rotors.csv` by name."""
    return MappingProxyType(
        {
            row["name"]: Rotor(
                row["name"],
                float(row["r_min_mm"]),
                float(row["r_max_mm"]),
                float(row["max_rpm"]),
                float(row["angle"]),
                float(row["tube_mm"]) if row["tube_mm"] else None,
            )
            for row in table("rotors.csv")
        }
    )


def rotor(name: str) -> Rotor:
    """Raises InputError with the nearest name."""
    if name not in rotors():
        raise InputError(f"no rotor '{name}'{nearest(name, rotors())}")
    return rotors()[name]


def angular_speed(rpm: float) -> float:
    """rad/s."""
    return rpm * 2 * math.pi / 60


def k_factor(rpm: float, r_max: float, r_min: float) -> float:
    """1e13 ln(rmax / rmin) / (3600 w²): hours to clear a particle of 1 S; radii in any one unit."""
    return math.log(r_max / r_min) / SVEDBERG / (3600 * angular_speed(rpm) ** 2)


def relative_force(rpm: float, radius_mm: float) -> float:
    """w² r over g."""
    return angular_speed(rpm) ** 2 * radius_mm * 1e-3 / GRAVITY


def rpm_for(force: float, radius_mm: float) -> float:
    """The speed that gives so many g at a radius."""
    return math.sqrt(force * GRAVITY / (radius_mm * 1e-3)) * 60 / (2 * math.pi)


def sedimentation(diameter_nm: ArrayLike, density: ArrayLike, fluid: float, viscosity: float) -> Floats:
    """s = d² (rho - rho_f) / (18 eta) in s; densities in kg/m3, viscosity in Pa s. Negative: it floats."""
    d = np.asarray(diameter_nm, dtype=np.float64) * 1e-9
    return np.asarray(d * d * (np.asarray(density) - fluid) / (18 * viscosity))


def clearing_time(s: float, k: float) -> float:
    """Hours until the slowest particle of s seconds has reached the bottom: k / S."""
    return k / (s / SVEDBERG)


def cut_off(
    density: float, fluid: float, viscosity: float, rpm: float, r_max: float, r_min: float, seconds: float
) -> float:
    """The smallest diameter, nm, that is all pelleted; infinite where nothing sinks."""
    if not density > fluid or not seconds > 0:
        return math.inf
    squared = (
        18 * viscosity * math.log(r_max / r_min) / ((density - fluid) * angular_speed(rpm) ** 2 * seconds)
    )
    return math.sqrt(squared) * 1e9


def pelleted(s: ArrayLike, rpm: float, r_max: float, r_min: float, seconds: float) -> Floats:
    """Share pelleted in one spin from an even start along the radius: 0 for what floats, at most 1.

    A particle reaches the bottom if it starts beyond rmax exp(-s w² t).
    """
    gone = -np.expm1(-np.maximum(np.asarray(s, dtype=np.float64), 0.0) * angular_speed(rpm) ** 2 * seconds)
    return np.asarray(np.minimum(1.0, r_max / (r_max - r_min) * gone))


def pelleted_fixed_angle(
    s: ArrayLike, rpm: float, r_max: float, r_min: float, seconds: float, angle: float, tube_mm: float
) -> Floats:
    """The same across a slanted tube, averaged over its height.

    A horizontal cut of the tube is an ellipse of length L = D / cos(angle) along the radius, angle from the
    rotor's axis. L is short beside the radius r of its middle, so all move by s w² t r; who meets the outer
    wall slides down it. That is what a shift by the share x of L moves out of an ellipse:
    2/pi (asin x + x sqrt(1 - x²)) (Livshits et al. 2015, supplement).
    """
    moved = np.maximum(np.asarray(s, dtype=np.float64), 0.0) * angular_speed(rpm) ** 2 * seconds
    length = min(tube_mm / math.cos(math.radians(angle)), r_max - r_min)
    nodes, weights = np.polynomial.legendre.leggauss(_TUBE_POINTS)
    middle = (r_min + r_max) / 2 + nodes * (r_max - r_min - length) / 2
    x = np.minimum(1.0, moved[..., None] * middle / length)
    return np.asarray((np.arcsin(x) + x * np.sqrt(1 - x * x)) @ weights / math.pi)


def pelleted_in(
    one: Rotor,
    diameter_nm: ArrayLike,
    density: ArrayLike,
    fluid: float,
    viscosity: float,
    rpm: float,
    seconds: float,
) -> Floats:
    """Share pelleted by diameter in a rotor."""
    s = sedimentation(diameter_nm, density, fluid, viscosity)
    if one.swings or one.tube_mm is None:
        return pelleted(s, rpm, one.r_max, one.r_min, seconds)
    return pelleted_fixed_angle(s, rpm, one.r_max, one.r_min, seconds, one.angle, one.tube_mm)
