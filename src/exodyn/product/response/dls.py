"""Dynamic light scattering: what it weighs, and what that makes of a number distribution.

A particle counts by the light it scatters (backwards, 173 degrees), about d⁶ when small; the Z-average is the
harmonic mean diameter so weighted (ISO 22412).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exodyn.product.response import light

Floats = NDArray[np.float64]
_WAVELENGTH, _ANGLE, _APERTURE = 633.0, 173.0, 0.02


def weights(diameter_nm: ArrayLike, index: float = light.VESICLE) -> Floats:
    """Scatter by diameter, any unit."""
    return light.collected(np.asarray(diameter_nm, dtype=np.float64), index, _WAVELENGTH, _ANGLE, _APERTURE)


def z_average(diameter_nm: ArrayLike, number: ArrayLike, index: float = light.VESICLE) -> float:
    """nm, of a distribution by number."""
    d, n = np.asarray(diameter_nm, dtype=np.float64), np.asarray(number, dtype=np.float64)
    intensity = n * weights(d, index)
    return float(intensity.sum() / (intensity / d).sum())


def intensity_from_number(diameter_nm: ArrayLike, number: ArrayLike, index: float = light.VESICLE) -> Floats:
    """Shares by intensity."""
    intensity = np.asarray(number, dtype=np.float64) * weights(diameter_nm, index)
    return np.asarray(intensity / intensity.sum())


def number_from_intensity(
    diameter_nm: ArrayLike, intensity: ArrayLike, index: float = light.VESICLE
) -> Floats:
    """Shares by number; an error of 1% at large sizes becomes all of the small ones, so never a count."""
    number = np.asarray(intensity, dtype=np.float64) / weights(diameter_nm, index)
    return np.asarray(number / number.sum())
