"""What is left of a preparation after storage: particles, their cargo and their function.

Particles are lost to the wall of the tube and in the bulk. The wall takes what diffuses to it,

    share = 1 - exp(-2 (area / volume) sqrt(D t / pi)),

the flux to an absorbing plane, let saturate; nothing in it is fitted. The bulk loss is first order as long as
it lasts, faster by a factor of Q10 for ten degrees. Frozen, nothing diffuses; each thaw takes its share.
Function goes on its own: numbers can stay while function falls. Most rates are assumed brackets
(``storage.csv``), so the bands are wide; they are for planning a stability study, not instead of one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from exodyn.errors import InputError, nearest
from exodyn.evidence import ParameterRecord, storage_numbers
from exodyn.product.dose import Band
from exodyn.product.dose_ratio import even
from exodyn.product.process.diffusion import diffusion_coefficient

Array = NDArray[np.float64]
Medium = Literal["saline", "protein", "cryoprotectant"]
MEDIA = ("saline", "protein", "cryoprotectant")
WALLS = ("plain", "low-binding")
_DRAWS = 2047


@dataclass(frozen=True)
class Storage:
    """How a preparation was kept.

    wetted_area_cm2: of the wall, a 2 mL tube's where None. medium: "protein" blocks the wall,
    "cryoprotectant" (sugar, albumin) helps in a thaw. dried: freeze-dried, then kept dry.
    """

    temperature_c: float
    days: float
    freeze_thaws: int = 0
    medium: str = "saline"
    wall: str = "plain"
    volume_ml: float = 0.5
    wetted_area_cm2: float | None = None
    diameter_nm: float = 110.0
    dried: bool = False

    def __post_init__(self) -> None:
        """Raises InputError for a value that is not possible."""
        for name in ("days", "volume_ml", "diameter_nm", "freeze_thaws"):
            value = getattr(self, name)
            least = 0.0 if name in ("days", "freeze_thaws") else 1e-9
            if not least <= value < math.inf:
                raise InputError(f"storage: {name} {value}, expected a number of 0 or more")
        if not -273.15 < self.temperature_c < 100:
            raise InputError(f"storage: temperature_c {self.temperature_c}, expected -200 to 100")
        if self.medium not in MEDIA:
            raise InputError(f"storage: medium '{self.medium}'{nearest(self.medium, MEDIA)}")
        if self.wall not in WALLS:
            raise InputError(f"storage: wall '{self.wall}'{nearest(self.wall, WALLS)}")

    @property
    def frozen(self) -> bool:
        """Whether it is stored below freezing."""
        return self.temperature_c < 0


@dataclass(frozen=True)
class Kept:
    """Shares that are left, 0 to 1, with 90% bands; on_wall: median share of all particles on the wall."""

    particles: Band
    cargo: Band
    function: Band
    on_wall: float


def kept(storage: Storage) -> Kept:
    """What is left, against the preparation before it was stored."""
    wall = wall_share(storage)
    bulk = _bulk(storage)
    particles = (1 - wall) * bulk
    cargo = particles * np.exp(-_warmed(_drawn("cargo_rate", 4), storage) * storage.days)
    function = particles * _function(storage)
    return Kept(_band(particles), _band(cargo), _band(function), wall)


def wall_share(storage: Storage) -> float:
    """The share of particles that the wall has taken."""
    if storage.frozen or storage.dried or storage.medium == "protein" or storage.wall == "low-binding":
        return 0.0
    kelvin = storage.temperature_c + 273.15
    area = storage.wetted_area_cm2 if storage.wetted_area_cm2 is not None else _wetted(storage.volume_ml)
    diffusion = float(diffusion_coefficient(storage.diameter_nm, kelvin, viscosity(kelvin)))
    reach = 100 * math.sqrt(diffusion * 86400 * storage.days / math.pi)  # cm
    return 1 - math.exp(-2 * area / storage.volume_ml * reach)


def viscosity(kelvin: float) -> float:
    """Of water, Pa s (Vogel's formula, within 2.5% from 0 to 100 C; recalled)."""
    return float(2.414e-5 * 10.0 ** (247.8 / (kelvin - 140)))


def _wetted(volume_ml: float) -> float:
    """cm2 of the bottom and wall of a tube that a volume touches."""
    radius = storage_numbers()["tube_diameter"].value / 20
    return math.pi * radius**2 + 2 * volume_ml / radius


def _bulk(storage: Storage) -> Array:
    if storage.dried:
        return 1 - _drawn("drying_loss", 5)
    protected = storage.medium == "cryoprotectant"
    thaws = (1 - _drawn("thaw_loss_protected" if protected else "thaw_loss", 2)) ** storage.freeze_thaws
    if storage.frozen:
        return thaws
    rate = _warmed(_drawn("bulk_loss_protein" if storage.medium == "protein" else "bulk_loss", 0), storage)
    lasts = np.minimum(storage.days, _drawn("bulk_loss_lasts", 1))
    return np.asarray(thaws * np.exp(-rate * lasts), dtype=np.float64)


def _function(storage: Storage) -> Array:
    """Of the particles that are left."""
    thaws = (1 - _drawn("function_thaw_loss", 7)) ** storage.freeze_thaws
    if storage.dried:
        return np.asarray(thaws, dtype=np.float64)
    if not storage.frozen:
        rate = _warmed(_drawn("function_rate", 6), storage)
    else:  # a straight line in the logarithm through -20 and -80 C, and level beyond
        upper, lower = _drawn("function_rate_20", 6), _drawn("function_rate_80", 6)
        way = min(max((-20 - storage.temperature_c) / 60, 0.0), 1.0)
        rate = np.asarray(upper ** (1 - way) * lower**way, dtype=np.float64)
    return np.asarray(thaws * np.exp(-rate * storage.days), dtype=np.float64)


def _warmed(rate: Array, storage: Storage) -> Array:
    """A rate at 4 C brought to the temperature; 0 when frozen or dry."""
    if storage.frozen or storage.dried:
        return np.zeros_like(rate)
    return np.asarray(rate * _drawn("q10", 3) ** ((storage.temperature_c - 4) / 10), dtype=np.float64)


def _drawn(symbol: str, axis: int) -> Array:
    """Draws of a number over its 90% range, log-normal; a share stays below 1."""
    from scipy.special import ndtri

    one: ParameterRecord = storage_numbers()[symbol]
    if one.low is None or one.high is None:
        return np.full(_DRAWS, one.value)
    spread = math.log(one.high / one.low) / (2 * 1.6449)
    most = 1.0 if symbol.endswith("loss") or symbol.endswith("protected") else math.inf
    return np.minimum(one.value * np.exp(spread * ndtri(even(_DRAWS, 8)[:, axis])), most)


def _band(shares: Array) -> Band:
    low, middle, high = np.quantile(shares, (0.05, 0.5, 0.95))
    return Band(float(middle), float(low), float(high))
