"""Size exclusion: who enters the beads, when it leaves, how wide its peak is."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]


def ogston(radius_nm: ArrayLike, fibre_nm: float, gel_share: float) -> Floats:
    """Share of the beads open to a sphere: exp(-phi (1 + rs / rf)²) (Ogston 1958)."""
    ratio = np.asarray(radius_nm, dtype=np.float64) / fibre_nm
    return np.asarray(np.exp(-gel_share * (1 + ratio) ** 2))


def partition(elution: float, void: float, total: float) -> float:
    """Kav = (Ve - V0) / (Vt - V0)."""
    return (elution - void) / (total - void)


def elution(kav: ArrayLike, void: float, total: float) -> Floats:
    """Ve = V0 + Kav (Vt - V0)."""
    return np.asarray(void + np.asarray(kav, dtype=np.float64) * (total - void))


def plates_from_half_width(volume: float, half_width: float) -> float:
    """N = 8 ln 2 (Ve / w)², w the width at half height; 5.545 is the customary rounding of 8 ln 2."""
    return 5.545 * (volume / half_width) ** 2


def plates_from_base_width(volume: float, width: float) -> float:
    """N = 16 (Ve / W)², W the width between the tangents at the base."""
    return 16 * (volume / width) ** 2


def peak_sd(volume: float, plates: float) -> float:
    """sigma = Ve / sqrt(N)."""
    return volume / math.sqrt(plates)


def resolution(first: float, second: float, width1: float, width2: float) -> float:
    """2 (V2 - V1) / (W1 + W2), base widths."""
    return 2 * (second - first) / (width1 + width2)


def collected(volume: ArrayLike, plates: float, start: float, end: float, load: float = 0.0) -> Floats:
    """Share of a peak at `volume` collected from start to end; a load (same unit) adds its square / 12."""
    v = np.asarray(volume, dtype=np.float64)
    sd = np.sqrt(v * v / plates + load * load / 12)
    return np.asarray(special.ndtr((end - v) / sd) - special.ndtr((start - v) / sd))
