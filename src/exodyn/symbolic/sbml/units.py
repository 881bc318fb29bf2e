"""Unit definitions of SBML as text that the units library reads."""

from __future__ import annotations

import math
from html import escape

import libsbml

PREFIX = {
    -15: "femto", -12: "pico", -9: "nano", -6: "micro", -3: "milli", -2: "centi", -1: "deci", 0: "",
    3: "kilo", 6: "mega", 9: "giga",
}  # fmt: skip
TIMES_A_SECOND = {60.0: "minute", 3600.0: "hour", 86400.0: "day", 604800.0: "week", 31557600.0: "year"}
NAMES = {"metre": "meter", "litre": "liter", "item": "", "dimensionless": "", "avogadro": ""}


def unit_text(model: libsbml.Model, unit_id: str) -> str:
    """The unit with this id, e.g. ``nanomole/liter``; empty where it is unset, or cannot be said in words."""
    if not unit_id:
        return ""
    definition = model.getUnitDefinition(unit_id)
    if definition is None:
        known = libsbml.UnitKind_forName(unit_id) != libsbml.UNIT_KIND_INVALID
        return NAMES.get(unit_id, unit_id) if known else ""
    above: list[str] = []
    below: list[str] = []
    for unit in definition.getListOfUnits():
        name = _name(unit)
        if name is None:
            return ""
        exponent = unit.getExponentAsDouble()
        if name and exponent:
            power = "" if abs(exponent) == 1 else f"**{abs(exponent):g}"
            (above if exponent > 0 else below).append(name + power)
    if not above and not below:
        return ""
    return "/".join(["*".join(above) or "1", *below])


def _name(unit: libsbml.Unit) -> str | None:
    """One factor without its exponent: None where it has no name, empty where it is a plain number 1."""
    kind = str(libsbml.UnitKind_toString(unit.getKind()))
    size = unit.getMultiplier() * 10.0 ** unit.getScale()
    if kind == "second" and size in TIMES_A_SECOND:
        return TIMES_A_SECOND[size]
    if kind == "kilogram":
        kind, size = "gram", size * 1e3
    power = round(math.log10(size)) if size > 0 else 0
    if power not in PREFIX or not math.isclose(size, 10.0**power, rel_tol=1e-12):
        return None
    name = NAMES.get(kind, kind)
    if not name:
        return "" if power == 0 else None
    return PREFIX[power] + name


KINDS = {
    "meter": "metre", "kilogram": "kilogram", "second": "second", "mole": "mole", "kelvin": "kelvin",
    "ampere": "ampere", "candela": "candela",
}  # fmt: skip
"""Base units of the units library that SBML has; what is counted (particles, cells) is an item there."""


def unit_definition(name: str, text: str) -> str:
    """The unit definition that says a unit in base units of SBML."""
    from exodyn.symbolic.units import base

    scale, powers = base(text)
    factor = float(f"{scale:.14g}")
    kinds = sorted((-power, KINDS.get(word, "item")) for word, power in powers) or [(-1.0, "dimensionless")]
    # The first unit, one with a positive power if there is any, takes up the factor.
    first = -kinds[0][0]
    factors = [
        (factor ** (1.0 / first) if k == 0 else 1.0, kind, -power) for k, (power, kind) in enumerate(kinds)
    ]
    listed = "".join(
        f'<unit kind="{kind}" exponent="{power:g}" scale="0" multiplier="{multiplier!r}"/>'
        for multiplier, kind, power in factors
    )
    head = f'<unitDefinition id="{name}" name="{escape(text)}">'
    return f"{head}<listOfUnits>{listed}</listOfUnits></unitDefinition>"
