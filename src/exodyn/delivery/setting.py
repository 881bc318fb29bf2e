"""The setting of a biodistribution record: what was given to whom, and by what it was seen."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from exodyn.delivery.disposition import SPECIES
from exodyn.delivery.dose import bodies
from exodyn.delivery.words import find, find_first_said, lines
from exodyn.evidence import Record, lowered, names_in, parameters, synonym
from exodyn.product.dose import ratio_band

USUAL_SIZE = 100.0
"""nm, where none is stated."""
USUAL_DOSE = {"vesicle": 1e10}
USUAL_SYNTHETIC_DOSE = 1e11
"""Particles in a mouse where no dose is stated: below what macrophages saturate at, so that its size is no
matter.
"""
MOST = 1e20
"""Particles of a dose: some 50 kg of vesicles."""
SMALLEST, LARGEST = 5.0, 1000.0
"""nm: a size outside is taken as this."""

COATED = re.compile(
    r"\bm?peg|pegyl|stealth|doxil|caelyx|onivyde|poloxamer|pluronic|-peg\b|polyethylene", re.IGNORECASE
)

LARGE_SIZE = 250.0
"""nm, of large vesicles whose size is not stated: assumed."""
_LARGE = re.compile(
    r"\blarge (s?evs?|extracellular|vesicle)|\bl-?evs?\b|microvesicle|microparticle|apoptotic"
)
HIDES = 0.7
"""Share of vesicles that a "don't eat me" signal, a coat of polymer or of albumin hides: assumed."""
_HIDDEN = re.compile(r"cd47|don.?t[- ]eat|\bm?peg(?!.?(precip|8000|6000))|pegyl|albumin[- ]bind")
_MACROPHAGES = (
    (
        re.compile(
            r"(macrophage|kupffer|phagocyte|mps)s?[- ]deplet|deplet\w* of (macrophage|kupffer)|clodronat"
        ),
        0.1,
    ),
    (re.compile(r"(?<!-)\bdepleted\b|gdcl|gadolinium chloride"), 0.1),
    (re.compile(r"preload|pre-?inject|pre-?treat\w* with (empty )?lipos|blockade|fucoidan|dextran sul"), 0.5),
)
"""Words of the animals' state, and what is left of their macrophages' uptake: as in contrasts.csv."""
_MARKED = re.compile(r"comparator|none: ?synthetic|^synthetic|not ev\b")
_NATURAL = re.compile(
    r"exosom|(?<!lamellar )vesicle|\bs?evs?\b|\bexos?\b|\bmscs?\b|hek ?-?293|expi293|\bcells?\b|-derived"
    r"|melanoma|carcinoma|macrophage|dendritic|fibroblast|erythrocyte|platelet|astrocyte|microglia|\bmilk\b|serum"
)
_CLOAKED = re.compile(r"(membrane|vesicle|exosome|cell)[- ](coated|camouflaged|cloaked|wrapped)")
_COUNT = re.compile(
    r"(?:(?:x ?)?(?:1e|10\^?)(?P<power>\d+) |(?P<factor>\d[\d.]*e?\d*) )?"
    r"\b(?:particles?|exosomes?|s?evs?|(?:nano|micro)?vesicles?|liposomes?|nanoparticles?|p(?=/))"
)
_MASS_UNIT = re.compile(r"(ng|ug|mcg|mg|g)\b")
_GRAMS = {"ng": 1e-9, "ug": 1e-6, "mcg": 1e-6, "mg": 1e-3, "g": 1.0}


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
    named = names_in("species", species)
    names = [name for name in named if name in SPECIES]
    if not names:
        if named or species.strip() not in ("several", ""):
            return f"species '{species}': no physiology of it (there is {', '.join(SPECIES)})"
        names, assumed = ["mouse"], ["several species or none stated: taken as mouse"]
    ways = names_in("route", route)
    if not ways:
        if route.strip() and synonym("route", route.strip()) is None:
            return f"route '{route}': not known which"
        ways = ("intravenous",)
        assumed.append("route not stated, or several: taken as intravenous")
    particle = kind_of_particle(said["vesicle_source"])
    if particle is None:
        return f"'{said['vesicle_source']}': what kind of particle that is is not known"
    kind = particle["kind"]
    if kind in ("cell", "protein", "other"):
        return f"'{said['vesicle_source']}': {particle['reason'].lower()}"
    label = find_first_said("labels", said["label"])
    if not said["label"].strip():
        assumed.append("label not stated")
    size = _number(said.get("size_nm"))
    if size is None:
        large = kind == "vesicle" and _LARGE.search(lowered(said["vesicle_source"]))
        size = LARGE_SIZE if large else USUAL_SIZE
        assumed.append(f"size not stated: {size:g} nm")
    size = min(max(size, SMALLEST), LARGEST)
    coated = bool(COATED.search(said["vesicle_source"])) and kind in ("lipid", "polymer", "solid")
    weight = parameters(names[0])["weight"].value
    amount = _particles(_number(said.get("dose_value")), said.get("dose_unit", ""), particle, size, weight)
    if amount is not None and amount > MOST:
        return f"a dose of {said['dose_value']} {said['dose_unit']}: {amount:.0e} particles are more than any"
    if amount is None:
        amount = USUAL_DOSE.get(kind, USUAL_SYNTHETIC_DOSE) * (weight / 0.025)
        assumed.append("dose not stated: below saturation")
    macrophages = next(
        (left for pattern, left in _MACROPHAGES if pattern.search(lowered(said["health"]))), 1.0
    )
    hides = kind == "vesicle" and _HIDDEN.search(lowered(said["vesicle_source"]))
    return Setting(
        species=names[0],
        kind=kind,
        coated=coated,
        size=size,
        particles=amount,
        label=label["label"],
        route=ways[0],
        macrophages=macrophages,
        hidden=HIDES if hides else 0.0,
        assumed=tuple(assumed),
    )


def kind_of_particle(source: str) -> Mapping[str, str] | None:
    """The line of ``particles.csv`` for what a source names; None where it names no known particle.

    What calls itself a vesicle or names cells or a fluid is one, whatever it carries; so is what names no
    particle at all, unless the table marks it as a comparator or synthetic.
    """
    text = lowered(source)
    vesicle = lines("particles")[-1]
    marked = bool(_MARKED.search(text))
    if _NATURAL.search(text) and not marked and not _CLOAKED.search(text):
        cell = find("particles", text)
        return cell if cell is not None and cell["kind"] == "cell" else vesicle
    found = find("particles", text)
    assert found is not None  # the last line has no words and fits all
    if found is vesicle and marked and not _NATURAL.search(text):
        return None
    return found


def _particles(
    value: float | None, unit: str, particle: Mapping[str, str], size: float, weight: float
) -> float | None:
    """Particles of a dose as printed; None where it is not stated or cannot be converted."""
    if value is None or value <= 0:
        return None
    said = lowered(unit)
    if (counted := _COUNT.search(said)) and not _MASS_UNIT.match(said):
        power = counted["power"]
        value *= float(f"1e{power}") if power else float(counted["factor"] or 1)
        return value * bodies(said, weight)
    if not (found := _MASS_UNIT.match(said)):
        return None
    grams = _GRAMS[found[1]]
    mass = value * grams
    mass *= bodies(said, weight)
    if "protein" in said or particle["kind"] == "vesicle":
        return mass / 1e-6 * per_microgram()
    if not any(word in said for word in ("particle", "lipid", "iron", "fe", "polymer")):
        mass *= float(particle["per_cargo"])
    return mass / _mass_of_one(particle, size)


@cache
def per_microgram() -> float:
    """Vesicles per ug of protein in the middle of what laboratories find; `exodyn convert` has the band."""
    return ratio_band("per_ug").median


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
