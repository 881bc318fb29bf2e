"""Light scattered by a sphere: Mie's series (Bohren and Huffman 1983, chapter 4), SciPy's Bessel functions.

A vesicle counts as a homogeneous sphere of an effective refractive index, as the field's calibrations do
(van der Pol et al. 2014, J Thromb Haemost 12:1182).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
Complex = NDArray[np.complex128]

WATER, VESICLE, SILICA, POLYSTYRENE = 1.33, 1.39, 1.46, 1.59  # refractive indices, visible light
_DIRECTIONS = 24


def coefficients(size: float, ratio: float) -> tuple[Complex, Complex]:
    """a_n, b_n; size: pi d n_medium / wavelength; ratio: particle over medium index."""
    terms = int(size + 4 * size ** (1 / 3) + 3)
    n = np.arange(1, terms + 1)
    inside = ratio * size

    def riccati(x: float) -> tuple[Floats, Floats]:
        j = special.spherical_jn(n, x)
        return x * j, j + x * special.spherical_jn(n, x, derivative=True)

    psi, psi_slope = riccati(size)
    psi_in, psi_in_slope = riccati(inside)
    y = special.spherical_yn(n, size)
    xi = psi + 1j * size * y
    xi_slope = psi_slope + 1j * (y + size * special.spherical_yn(n, size, derivative=True))
    a = (ratio * psi_in * psi_slope - psi * psi_in_slope) / (ratio * psi_in * xi_slope - xi * psi_in_slope)
    b = (psi_in * psi_slope - ratio * psi * psi_in_slope) / (psi_in * xi_slope - ratio * xi * psi_in_slope)
    return np.asarray(a, np.complex128), np.asarray(b, np.complex128)


def amplitudes(size: float, ratio: float, cosine: Floats) -> tuple[Complex, Complex]:
    """S1 (light polarised across the plane of scattering) and S2 (in it) at the angles' cosines."""
    a, b = coefficients(size, ratio)
    before, now = np.zeros_like(cosine), np.ones_like(cosine)
    s1, s2 = np.zeros(cosine.shape, np.complex128), np.zeros(cosine.shape, np.complex128)
    for i in range(len(a)):
        n = i + 1
        tau = n * cosine * now - (n + 1) * before
        factor = (2 * n + 1) / (n * (n + 1))
        s1 += factor * (a[i] * now + b[i] * tau)
        s2 += factor * (a[i] * tau + b[i] * now)
        before, now = now, ((2 * n + 1) * cosine * now - (n + 1) * before) / n
    return s1, s2


def efficiency(size: float, ratio: float) -> float:
    """Scattering efficiency, all directions."""
    a, b = coefficients(size, ratio)
    n = np.arange(1, len(a) + 1)
    return float(2 / size**2 * ((2 * n + 1) * (np.abs(a) ** 2 + np.abs(b) ** 2)).sum())


def collected(
    diameter_nm: Floats,
    index: float,
    wavelength_nm: float,
    angle: float,
    aperture: float,
    medium: float = WATER,
) -> Floats:
    """Cross-section in nm² scattered into an objective at an angle (degrees), unpolarised light, float64.

    aperture: numerical; the cone is averaged over directions around its axis.
    """
    wave = 2 * math.pi * medium / wavelength_nm
    half = math.asin(min(1.0, aperture / medium))
    # Directions spread evenly over the cone's cap: a spiral.
    steps = (np.arange(_DIRECTIONS) + 0.5) / _DIRECTIONS
    away = np.arccos(1 - steps * (1 - math.cos(half)))
    around = math.pi * (1 + math.sqrt(5)) * np.arange(_DIRECTIONS)
    axis = math.radians(angle)
    cosine = np.cos(away) * math.cos(axis) - np.sin(away) * np.cos(around) * math.sin(axis)
    solid = 2 * math.pi * (1 - math.cos(half))
    found = []
    for d in np.atleast_1d(np.asarray(diameter_nm, dtype=np.float64)):
        s1, s2 = amplitudes(wave * d / 2, index / medium, cosine)
        found.append(solid * float((np.abs(s1) ** 2 + np.abs(s2) ** 2).mean()) / (2 * wave**2))
    return np.array(found)
