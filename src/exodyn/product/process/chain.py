"""A process from feed to product: yield, purity and size cut, with intervals from what is uncertain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exodyn.product.process import centrifuge
from exodyn.product.process.feed import DIAMETERS, Species, all_species, feed
from exodyn.product.process.steps import (
    Draw,
    Filter,
    Precipitate,
    SizeExclusion,
    Spin,
    Step,
    TangentialFlow,
)

Floats = NDArray[np.float64]
DRAWS = 400


@dataclass(frozen=True)
class Product:
    """Draws of one process, float64[DRAWS] each.

    recovery: share kept by species. particles_per_ug: vesicles per microgram of protein, other particles not
    counted. lipoproteins: particles per vesicle. counted: per mL of feed, above the counter's limit, whatever
    they are. cut: (lower, upper) diameters of vesicles that half are kept of, relative to the best kept.
    """

    recovery: Mapping[str, Floats]
    particles_per_ug: Floats
    lipoproteins: Floats
    counted: Floats
    cut: tuple[float | None, float | None]

    def band(self, values: Floats) -> tuple[float, float, float]:
        """5%, median and 95%."""
        low, middle, high = (float(q) for q in np.quantile(values, (0.05, 0.5, 0.95)))
        return low, middle, high


def produce(
    steps: Sequence[Step], feed_name: str = "medium", counter_limit_nm: float = 60.0, seed: int = 1
) -> Product:
    """Runs DRAWS throws of feed and handling through the steps."""
    random = np.random.default_rng(seed)
    amounts = feed(feed_name)
    species = [all_species()[name] for name in amounts]
    density = {one.name: random.uniform(*one.density, (DRAWS, 1)) for one in species}
    draws = [Draw(random.random((DRAWS, 1)), density) for _ in steps]
    shares = {one.name: kept(steps, one, draws) for one in species}
    recovery = {one.name: shares[one.name] @ one.shares() for one in species}
    left = {
        one.name: shares[one.name] * one.shares() * _between(random, amounts[one.name]) for one in species
    }

    def total(kind: str, sizes: slice | NDArray[np.bool_] = slice(None)) -> Floats:
        parts = [left[one.name][:, sizes].sum(axis=1) for one in species if one.kind == kind]
        return np.asarray(np.sum(parts, axis=0)) if parts else np.zeros(DRAWS)

    vesicles = total("vesicle")
    seen = DIAMETERS >= counter_limit_nm
    return Product(
        recovery,
        # Vesicles carry protein of their own.
        vesicles / (total("protein") + vesicles * VESICLE_PROTEIN_UG),
        total("lipoprotein") / vesicles,
        total("vesicle", seen) + total("lipoprotein", seen),
        _cut(shares["vesicle"].mean(axis=0)),
    )


def _between(random: np.random.Generator, low_high: tuple[float, float]) -> Floats:
    """Throws even on the log scale, float64[DRAWS, 1]."""
    low, high = low_high
    return np.asarray(low * (high / low) ** random.random((DRAWS, 1)))


# A third of the mass of a 90 nm sphere of 1.10 g/mL, 0.42 fg; assumed.
VESICLE_PROTEIN_UG = 0.14e-9


def kept(steps: Sequence[Step], species: Species, draws: Sequence[Draw]) -> Floats:
    """Share of each size after all steps, float64[throws, DIAMETERS]."""
    share = np.ones((len(draws[0].place), len(DIAMETERS)))
    for step, draw in zip(steps, draws, strict=True):
        share = share * step.kept(species, draw)
    return share


def _cut(by_size: Floats) -> tuple[float | None, float | None]:
    above = np.flatnonzero(by_size >= by_size.max() / 2)
    low = None if above[0] == 0 else float(DIAMETERS[above[0]])
    high = None if above[-1] == len(DIAMETERS) - 1 else float(DIAMETERS[above[-1]])
    return low, high


def _spin(name: str, force: float, minutes: float, keep: str) -> Spin:
    rotor = centrifuge.rotor(name)
    return Spin(rotor, centrifuge.rpm_for(force, rotor.r_max), minutes, keep)


def _cleared() -> list[Step]:
    """The customary clearing spins (production.csv PRD020 to PRD022)."""
    return [
        _spin("Type 45 Ti", 2_000, 20, "supernatant"),
        _spin("Type 45 Ti", 10_000, 30, "supernatant"),
    ]


def processes() -> Mapping[str, Sequence[Step]]:
    """The processes that are compared, as they are customary (production.csv PRD020 to PRD025, PRD033)."""
    pellet, wash = _spin("Type 45 Ti", 100_000, 120, "pellet"), _spin("Type 45 Ti", 100_000, 120, "pellet")
    return {
        "UC": [*_cleared(), pellet, wash],
        "UC + SEC": [*_cleared(), pellet, SizeExclusion()],
        "SEC": [_spin("Type 45 Ti", 2_000, 20, "supernatant"), SizeExclusion()],
        "TFF": [Filter(), TangentialFlow()],
        "TFF + SEC": [Filter(), TangentialFlow(), SizeExclusion()],
        "precipitation": [_spin("Type 45 Ti", 2_000, 20, "supernatant"), Precipitate()],
    }
