"""Exosome products as data: ``evidence/data/products.csv`` holds one line a product."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from exodyn.errors import InputError, nearest
from exodyn.evidence import product_rows


@dataclass(frozen=True)
class Product:
    """A vesicle product.

    particles_per_ug: particles per microgram of vesicle protein. diameter, diameter_sd: nm, by number.
    mirna_per_particle: copies of one abundant miRNA. factor_per_particle: copies of growth factor.
    potency: effect relative to the reference product at equal exposure. records: ids behind the numbers.
    """

    name: str
    title: str
    source: str
    particles_per_ug: float
    diameter: float
    diameter_sd: float
    mirna_per_particle: float
    factor_per_particle: float
    potency: float
    records: tuple[str, ...]
    status: str
    note: str

    def particles(self, amount: float, unit: str) -> float:
        """A dose in particles; units are particles (with SI prefix) or micrograms (ug, mg) of protein.

        Raises InputError for a negative or non-finite amount and for any other unit.
        """
        per_unit = {
            "particles": 1.0,
            "particle": 1.0,
            "Gparticles": 1e9,
            "ug": self.particles_per_ug,
            "mg": 1e3 * self.particles_per_ug,
        }
        if not 0.0 <= amount < float("inf"):
            raise InputError(f"dose {amount} {unit}: expected a number of 0 or more")
        if unit not in per_unit:
            raise InputError(
                f"dose unit '{unit}' of {self.name}: expected particles or ug{nearest(unit, per_unit)}"
                "; exodyn convert says what another unit is in particles"
            )
        return amount * per_unit[unit]


def _load() -> Mapping[str, Product]:
    found = {}
    for row in product_rows():
        found[row["name"]] = Product(
            name=row["name"],
            title=row["title"],
            source=row["source"],
            particles_per_ug=float(row["particles_per_ug"]),
            diameter=float(row["diameter_nm"]),
            diameter_sd=float(row["diameter_sd_nm"]),
            mirna_per_particle=float(row["mirna_per_particle"]),
            factor_per_particle=float(row["factor_per_particle"]),
            potency=float(row["potency"]),
            records=tuple(row["records"].split()),
            status=row["status"],
            note=row["note"],
        )
    return found


PRODUCTS: Mapping[str, Product] = _load()


def get_product(name: str) -> Product:
    """The product of that name. Raises InputError with the nearest one."""
    if name not in PRODUCTS:
        raise InputError(f"no product '{name}'{nearest(name, PRODUCTS)}")
    return PRODUCTS[name]
