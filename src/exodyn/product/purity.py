"""Particles per microgram of protein, and whether such a figure is possible at all."""

from __future__ import annotations

import math
from dataclasses import dataclass

FG_PER_UG = 1e9
# Soluble protein in a vesicle by mass, one third, and the density of vesicles: assumed round figures of the
# checks in the field (a 50 nm vesicle of 1.10 g/mL weighs 0.072 fg).
DENSITY = 1.10
PROTEIN_SHARE = (0.1, 0.6)


def protein_per_particle(particles_per_ug: float) -> float:
    """fg."""
    return FG_PER_UG / particles_per_ug


def particle_mass(diameter_nm: float, density: float = DENSITY) -> float:
    """fg of a sphere; density in g/mL."""
    return math.pi / 6 * (diameter_nm * 1e-7) ** 3 * density * 1e15


def inner_share(diameter_nm: float, bilayer_nm: float = 4.0) -> float:
    """Of a vesicle's volume, the share inside its bilayer: what can hold soluble cargo."""
    return max(0.0, 1 - 2 * bilayer_nm / diameter_nm) ** 3


def most_particles_per_ug(diameter_nm: float, density: float = DENSITY, protein_share: float = 1.0) -> float:
    """Particles that one microgram of protein makes if so much of their mass is protein."""
    return FG_PER_UG / (particle_mass(diameter_nm, density) * protein_share)


@dataclass(frozen=True)
class Purity:
    """protein_share: of a particle's mass, if all protein were in particles; above 1 there is other protein.

    verdict: "plausible", "protein besides vesicles" or "too many particles" (counts that are no vesicles, or
    protein underestimated), with the words that say why.
    """

    particles_per_ug: float
    protein_share: float
    verdict: str
    reason: str


def purity(particles: float, protein_ug: float, mean_cube_nm3: float, density: float = DENSITY) -> Purity:
    """Mass balance; mean_cube_nm3: the mean of the cubed diameter, for mass goes with it.

    The usual share of protein, 10 to 60% of a vesicle's mass, is assumed; it flags, it does not reject.
    """
    ratio = particles / protein_ug
    mass = particle_mass(mean_cube_nm3 ** (1 / 3), density)
    share = protein_per_particle(ratio) / mass
    low, high = PROTEIN_SHARE
    said = f"{100 * share:.3g}% of a particle's mass of {mass:.3g} fg"
    if share > high:
        verdict, reason = (
            "protein besides vesicles",
            f"protein is {said}; vesicles hold up to {100 * high:g}%",
        )
    elif share < low:
        reason = (
            f"protein is {said}; expected {100 * low:g}% or more: not all are vesicles, or protein was missed"
        )
        verdict = "too many particles"
    else:
        verdict, reason = "plausible", f"protein is {said}"
    return Purity(ratio, share, verdict, reason)


def mean_cube(edges: object, amounts: object) -> float:
    """nm³ by number, of a histogram whose amounts lie evenly in their bins."""
    import numpy as np

    e, a = np.asarray(edges, dtype=np.float64), np.asarray(amounts, dtype=np.float64)
    cubes = (e[1:] ** 4 - e[:-1] ** 4) / (4 * np.diff(e))
    return float(a @ cubes / a.sum())
