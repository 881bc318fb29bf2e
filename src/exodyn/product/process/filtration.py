"""Membranes: hindered passage by size, diafiltration and concentration as mass balances."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def steric(ratio: ArrayLike) -> Floats:
    """Share of a pore's area open to a sphere: (1 - l)², l = sphere over pore radius; 0 from 1 on."""
    return np.asarray(np.maximum(0.0, 1 - np.asarray(ratio, dtype=np.float64)) ** 2)


def drag(ratio: ArrayLike) -> Floats:
    """Renkin's slowing by the wall: 1 - 2.104 l + 2.09 l³ - 0.95 l⁵."""
    x = np.minimum(np.asarray(ratio, dtype=np.float64), 1.0)
    return np.asarray(1 - 2.104 * x + 2.09 * x**3 - 0.95 * x**5)


def renkin(ratio: ArrayLike) -> Floats:
    """Hindered diffusion relative to free, both factors (Renkin 1954)."""
    return steric(ratio) * drag(ratio)


def sieving(diameter_nm: ArrayLike, pore_nm: float, pore_gsd: float = 1.0) -> Floats:
    """Share that passes with the fluid, float64: steric in flow, phi (2 - phi), over log-normal pores.

    Pores are weighted by their flow (radius to the fourth). pore_gsd 1: all pores alike.
    """
    d = np.asarray(diameter_nm, dtype=np.float64)
    if pore_gsd <= 1.0:
        phi = steric(d / pore_nm)
        return np.asarray(phi * (2 - phi))
    sd = math.log(pore_gsd)
    nodes, weights = np.polynomial.hermite_e.hermegauss(41)
    # Weighting a log-normal by r⁴ shifts its logarithm by 4 sd².
    pores = pore_nm * np.exp(sd * nodes + 4 * sd * sd)
    phi = steric(d[..., None] / pores)
    return np.asarray(phi * (2 - phi) @ weights / weights.sum())


def diafiltration_left(sieving_coefficient: ArrayLike, volumes: float) -> Floats:
    """Share left after N diavolumes at constant volume: exp(-S N)."""
    return np.asarray(np.exp(-np.asarray(sieving_coefficient, dtype=np.float64) * volumes))


def sieving_from_left(left: float, volumes: float) -> float:
    """The S that leaves so much after N diavolumes."""
    return -math.log(left) / volumes


def concentration_recovery(retention: ArrayLike, factor: float) -> Floats:
    """Share kept on concentrating the volume by a factor: VCF^(R - 1); R = 1 - S."""
    return np.asarray(factor ** (np.asarray(retention, dtype=np.float64) - 1))
