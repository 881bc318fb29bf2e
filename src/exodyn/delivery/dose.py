"""A dose as a record prints it, in the units that its readings are converted with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from exodyn.evidence import parameters
from exodyn.evidence.units import registry, unit_in

if TYPE_CHECKING:
    import pint

SIRNA = 13_300.0
"""g/mol of a double strand of 21 bases: assumed where nmol of siRNA are printed and only mg were given."""
SKIN = 1.8, 70.0
"""m2 of skin of a man of so many kg; of others by the 2/3 power of their weight (Meeh)."""
_PER = re.compile(r"(?:/|\bper\b) ?(?P<number>\d+(?:\.\d+)?)? ?(?P<what>kg|g|m2|m\^2)\b", re.IGNORECASE)

_OF_WHAT = re.compile(r"^( ?[npumµ]?g) (?:particles?|vesicles?|exosomes?|evs?)\b", re.IGNORECASE)


def surface(weight: float) -> float:
    """m2 of skin at a weight in kg."""
    return float(SKIN[0] * (weight / SKIN[1]) ** (2 / 3))


def bodies(unit: str, weight: float) -> float:
    """How many of what a dose is printed per are in the body: kg, g, 20 g or m2; 1 where it is per animal."""
    per = _PER.search(unit)
    if per is None:
        return 1.0
    of_one = {"kg": weight, "g": 1000 * weight}.get(per["what"].casefold(), surface(weight))
    return of_one / float(per["number"] or 1)


def conversions(said: Mapping[str, str], species: str) -> Iterator[pint.Quantity[float]]:
    """What one injected dose is, in every unit that the cells of a record tell it in; 1 first."""
    yield registry().Quantity(1.0, "")
    try:
        value = float(said.get("dose_value") or "nan")
    except ValueError:
        return
    if not value > 0:
        return
    text = said.get("dose_unit", "")
    unit, _ = unit_in(_OF_WHAT.sub(r"\1", _PER.sub("", text)))
    if unit is None:
        return
    dose = value * bodies(text, parameters(species)["weight"].value) * unit / registry().Quantity(1.0, "ID")
    yield dose
    nucleic = re.search("sirna|oligo", f"{said.get('vesicle_source')} {said.get('label')}", re.IGNORECASE)
    if nucleic and dose.check("[mass]/[ID]"):
        yield dose / registry().Quantity(SIRNA, "g/mol")


def factor(have: str, want: pint.Quantity[float], said: Mapping[str, str], species: str) -> float | None:
    """What a number in a unit (of doses perhaps) is multiplied by to be in another; None where none does."""
    for dose in conversions(said, species):
        ratio = registry().Quantity(1.0, "") * registry().parse_expression(have) * dose / want
        if ratio.check(""):
            return float(ratio.to("").magnitude)
    return None
