"""The setting of a biodistribution record: what was given to whom, and by what it was seen."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from exodyn.delivery.disposition import SPECIES
from exodyn.delivery.words import find, find_first_said
from exodyn.evidence import Record, parameters
from exodyn.evidence.words import synonym

USUAL_SIZE = 100.0
"""nm, where none is stated."""
USUAL_DOSE = {"vesicle": 1e10}
USUAL_SYNTHETIC_DOSE = 1e11
"""Particles in a mouse where no dose is stated: below what macrophages saturate at, so that its size is no
matter.
"""
SMALLEST, LARGEST = 5.0, 1000.0
"""nm: a size outside is taken as this."""

COATED = re.compile(r"\bpeg|pegyl|stealth|poloxamer|pluronic|-peg\b|polyethylene", re.IGNORECASE)


@dataclass(frozen=True)
class Setting:
    """What a record says was given, with the usual where it says nothing.

    kind: vesicle, lnp, lipid, polymer or solid; coated: with a dense polymer. size: nm. particles: of the
    dose. label: a line of ``labels.csv``. macrophages, hidden: as the parameters of these names, other than 1
    and 0 where the animals or the particle were changed.
    """

    species: str
    kind: str
    coated: bool
    size: float
    particles: float
    label: str
    route: str = "intravenous"
    macrophages: float = 1.0
    hidden: float = 0.0
    assumed: tuple[str, ...] = ()

    def changed(self, **values: float | str | bool) -> Setting:
        """The setting with other values."""
        return replace(self, **values)  # type: ignore[arg-type]


def setting(one: Record) -> Setting | str:
    """The setting of a record, or why the model has none for it."""
    return described(one.fields, one.species, one.route)


def described(said: Mapping[str, str], species: str, route: str) -> Setting | str:
    """The setting that the cells of a record describe (columns of a biodistribution table)."""
    assumed: list[str] = []
    names = [name for name in synonym("species", species) or () if name in SPECIES]
    if not names:
        if species.strip() not in ("several", ""):
            return f"species '{species}': no physiology of it (there is {', '.join(SPECIES)})"
        names, assumed = ["mouse"], ["several species or none stated: taken as mouse"]
    particle = find("particles", particle_words(said["vesicle_source"]))
    assert particle is not None
    kind = particle["kind"]
    if kind in ("cell", "protein"):
        return f"'{said['vesicle_source']}': {particle['reason'].lower()}"
    label = find_first_said("labels", said["label"])
    if not said["label"].strip():
        assumed.append("label not stated")
    size = _number(said.get("size_nm"))
    if size is None:
        size = USUAL_SIZE
        assumed.append(f"size not stated: {USUAL_SIZE:g} nm")
    size = min(max(size, SMALLEST), LARGEST)
    coated = bool(COATED.search(said["vesicle_source"])) and kind in ("lipid", "polymer", "solid")
    weight = parameters(names[0])["weight"].value
    amount = _particles(_number(said.get("dose_value")), said.get("dose_unit", ""), particle, size, weight)
    if amount is None:
        amount = USUAL_DOSE.get(kind, USUAL_SYNTHETIC_DOSE) * (weight / 0.025)
        assumed.append("dose not stated: below saturation")
    depleted = bool(re.search(r"deplet|clodronat", said["health"], re.IGNORECASE))
    ways = synonym("route", route) or ()
    return Setting(
        species=names[0],
        kind=kind,
        coated=coated,
        size=size,
        particles=amount,
        label=label["label"],
        route=ways[0] if ways else "intravenous",
        macrophages=0.1 if depleted else 1.0,
        assumed=tuple(assumed),
    )


def particle_words(source: str) -> str:
    """What tells the kind of a particle; a source that does not call itself synthetic is a vesicle."""
    text = source.casefold()
    synthetic = re.search(r"comparator|none: synthetic|^synthetic|liposom|lipid nanop|nanoparticle$", text)
    exosomes = re.search(r"exosom|vesicle|\bevs?\b", text) and "multilamellar" not in text
    return text if synthetic and not (exosomes and "comparator" not in text) else ""


def _particles(
    value: float | None, unit: str, particle: Mapping[str, str], size: float, weight: float
) -> float | None:
    """Particles of a dose as printed; None where it is not stated or cannot be converted."""
    if value is None or value <= 0:
        return None
    said = unit.casefold().strip()
    if "particle" in said and "/" not in said:
        return value
    if "particles/kg" in said or "particles per kg" in said:
        return value * weight
    grams = next(
        (g for word, g in (("ug", 1e-6), ("µg", 1e-6), ("mg", 1e-3), ("ng", 1e-9)) if word in said), None
    )
    if grams is None:
        return None
    mass = value * grams
    if "/kg" in said:
        mass *= weight
    elif "/g" in said or "per g" in said:
        mass *= 1000 * weight
    if "protein" in said or particle["kind"] == "vesicle":
        return mass / 1e-6 * 2e9  # a preparation of usual purity has some 2e9 vesicles per ug of protein
    if not any(word in said for word in ("particle", "lipid", "iron", "fe", "polymer")):
        mass *= float(particle["per_cargo"])
    return mass / _mass_of_one(particle, size)


def _mass_of_one(particle: Mapping[str, str], size: float) -> float:
    """Grams of one particle of this diameter (nm)."""
    volume = math.pi / 6 * size**3
    if particle["shell_nm"]:
        inner = max(size - 2 * float(particle["shell_nm"]), 0.0)
        volume -= math.pi / 6 * inner**3
    return volume * 1e-21 * float(particle["density"])


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None
