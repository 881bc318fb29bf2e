"""Steps of a process: what share of each size of each species stays in the product.

Physics where it is enough (Stokes in a rotor, sieving, exclusion); handling (wall, resuspension, fluid left
in a pellet) as ranges that a record or an assumption gives. `Draw` is one throw of what is uncertain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import special

from exodyn.product.process import centrifuge, columns, filtration
from exodyn.product.process.feed import DIAMETERS, Species

Floats = NDArray[np.float64]
Range = tuple[float, float]

# Kept by hand and wall. Two spins of UC keep 20.6% of the vesicles where Stokes pellets most of them, and
# ultrafiltration 60.9% (one data set, production.csv PRD032 and PRD033); the ranges around them are assumed.
PELLET_RECOVERED: Range = (0.4, 0.85)
MEMBRANE_RECOVERED: Range = (0.5, 0.75)
COLUMN_RECOVERED: Range = (0.6, 0.95)
# Fluid left with a pellet, share of the tube: assumed.
FLUID_LEFT: Range = (0.003, 0.02)
# Of what a column should hold back, the share that smears into the void; assumed.
TAIL: Range = (0.002, 0.02)
# Sepharose CL-2B: share and radius (nm) of the fibres, so that 70 nm is excluded; assumed.
GEL_SHARE, FIBRE = 0.02, 2.5
# Pore (diameter, nm) of a 500 kDa membrane: passes protein with S = 0.77 (PRD034).
PORE_500 = 25.0


@dataclass(frozen=True)
class Draw:
    """Throws of what is uncertain in a step, all at once.

    place: where in each range a throw lies, 0 to 1, float64[throws, 1]. density: of species, kg/m3, likewise.
    """

    place: Floats
    density: Mapping[str, Floats]

    def of(self, low_high: Range) -> Floats:
        """The throws of a range."""
        return low_high[0] + (low_high[1] - low_high[0]) * self.place


class Step(Protocol):
    """A step of a process."""

    @property
    def name(self) -> str:
        """As a table of steps shows it."""

    def kept(self, species: Species, draw: Draw) -> Floats:
        """Share that stays in the product, 0 to 1, float64[throws, DIAMETERS] or what broadcasts to it."""


@dataclass(frozen=True)
class Spin:
    """A spin; the pellet is the product (`keep` "pellet") or thrown away ("supernatant")."""

    rotor: centrifuge.Rotor
    rpm: float
    minutes: float
    keep: str = "pellet"
    fluid: float = 1005.0
    viscosity: float = 1.55e-3
    recovered: Range = PELLET_RECOVERED
    fluid_left: Range = FLUID_LEFT

    @property
    def name(self) -> str:
        """As a table of steps shows it."""
        force = centrifuge.relative_force(self.rpm, self.rotor.r_max)
        return f"{self.rotor.name}, {force:,.0f} g, {self.minutes:g} min, {self.keep} kept"

    def kept(self, species: Species, draw: Draw) -> Floats:
        """See `Step`."""
        density = draw.density[species.name]
        pelleted = centrifuge.pelleted_in(
            self.rotor, DIAMETERS, density, self.fluid, self.viscosity, self.rpm, self.minutes * 60
        )
        if self.keep == "supernatant":
            return 1 - pelleted
        left = draw.of(self.fluid_left)
        return np.asarray(draw.of(self.recovered) * pelleted + left * (1 - pelleted))


@dataclass(frozen=True)
class Filter:
    """Dead-end through pores; the filtrate is the product."""

    pore_nm: float = 220.0
    recovered: Range = (0.8, 1.0)

    @property
    def name(self) -> str:
        """As a table of steps shows it."""
        return f"filter, {self.pore_nm:g} nm"

    def kept(self, species: Species, draw: Draw) -> Floats:
        """See `Step`."""
        # A dead-end filter ends with all fluid through: what fits a pore comes out, sooner or later.
        passes = special.ndtr((self.pore_nm - DIAMETERS) / (0.1 * self.pore_nm))
        return np.asarray(draw.of(self.recovered) * passes)


@dataclass(frozen=True)
class TangentialFlow:
    """Concentration, then diafiltration at constant volume; what the membrane holds back is the product."""

    cutoff_kda: float = 500.0
    concentration: float = 10.0
    diavolumes: float = 6.0
    pore_gsd: float = 1.1
    recovered: Range = MEMBRANE_RECOVERED

    @property
    def name(self) -> str:
        """As a table of steps shows it."""
        return f"tangential flow, {self.cutoff_kda:g} kDa, {self.diavolumes:g} diavolumes"

    def kept(self, species: Species, draw: Draw) -> Floats:
        """See `Step`."""
        # The size of a globular molecule goes with the cube root of its mass.
        pore = PORE_500 * (self.cutoff_kda / 500) ** (1 / 3)
        passes = filtration.sieving(DIAMETERS, pore, self.pore_gsd)
        concentrated = filtration.concentration_recovery(1 - passes, self.concentration)
        washed = filtration.diafiltration_left(passes, self.diavolumes)
        return np.asarray(draw.of(self.recovered) * concentrated * washed)


@dataclass(frozen=True)
class SizeExclusion:
    """A column; volumes in shares of the bed; the fractions around the void are the product."""

    void: float = 0.32
    total: float = 0.95
    start: float = 0.26
    end: float = 0.47
    plates: float = 350.0
    load: float = 0.05
    recovered: Range = COLUMN_RECOVERED

    @property
    def name(self) -> str:
        """As a table of steps shows it."""
        return "size exclusion, fractions around the void"

    def kept(self, species: Species, draw: Draw) -> Floats:
        """See `Step`."""
        kav = columns.ogston(DIAMETERS / 2, FIBRE, GEL_SHARE)
        volume = columns.elution(kav, self.void, self.total)
        peak = columns.collected(volume, self.plates, self.start, self.end, self.load)
        return np.asarray(draw.of(self.recovered) * np.maximum(peak, draw.of(TAIL)))


@dataclass(frozen=True)
class Gradient:
    """Spun to equilibrium in a density gradient; a window of densities is the product."""

    low: float = 1080.0
    high: float = 1160.0
    width: float = 12.0
    recovered: Range = PELLET_RECOVERED

    @property
    def name(self) -> str:
        """As a table of steps shows it."""
        return f"density gradient, {self.low / 1000:.2f} to {self.high / 1000:.2f} g/mL"

    def kept(self, species: Species, draw: Draw) -> Floats:
        """See `Step`."""
        density = draw.density[species.name]
        inside = special.ndtr((self.high - density) / self.width) - special.ndtr(
            (self.low - density) / self.width
        )
        return np.asarray(draw.of(self.recovered) * inside)


@dataclass(frozen=True)
class Precipitate:
    """Polymer, then a short spin: nearly all that is larger than the mesh comes down, with some protein."""

    mesh_nm: float = 15.0
    recovered: Range = (0.6, 0.95)
    protein: Range = (0.02, 0.2)

    @property
    def name(self) -> str:
        """As a table of steps shows it."""
        return "precipitation with a polymer"

    def kept(self, species: Species, draw: Draw) -> Floats:
        """See `Step`."""
        down = special.ndtr(np.log(DIAMETERS / self.mesh_nm) / 0.3)
        return np.asarray(draw.of(self.protein) * (1 - down) + draw.of(self.recovered) * down)
