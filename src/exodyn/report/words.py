"""Numbers and regimens in words, the same in the page and on the terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from exodyn.evidence.safety import UNKNOWN
from exodyn.indications import Trait
from exodyn.product import Product
from exodyn.product.dose import ratio_band
from exodyn.study import Dosing
from exodyn.study.tally import Grid

ROLES = {
    "given": "particles given",
    "at_lesion": "particles that reached the lesion",
    "cargo_per_cell": "cargo copies per target cell at their most",
    "endogenous_per_cell": "copies that such a cell has of its own",
}


def number(value: float | int | None, digits: int = 3) -> str:
    """A number with so many significant digits; an en dash where there is none."""
    if value is None or math.isnan(value):
        return "–"
    if value == 0:
        return "0"
    if math.isinf(value):
        return "infinity" if value > 0 else "-infinity"
    if isinstance(value, int) or (value == int(value) and abs(value) < 1e6):
        return f"{int(value)}"
    if 1e-3 <= abs(value) < 1e6:
        places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
        return f"{value:.{places}f}"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def plain(value: float | None, digits: int = 4) -> str:
    """A number as somebody would write it down, without trailing zeros."""
    return (
        "–"
        if value is None
        else f"{value:.{digits}g}".replace("e+", "e").replace("e0", "e").replace("e-0", "e-")
    )


def bounds(low: float | None, high: float | None) -> str:
    """Two bounds, either of which may be open."""
    return "–" if low is None and high is None else f"{plain(low)} to {plain(high)}"


def interval(low: float | None, high: float | None) -> str:
    """Two ends of an interval."""
    return "–" if low is None or high is None else f"{number(low)} to {number(high)}"


def regimen(dosing: Dosing | None) -> str:
    """What an arm is given."""
    if dosing is None:
        return "no treatment"
    days = ", ".join(plain(time) for time in dosing.times[:6]) + (", …" if len(dosing.times) > 6 else "")
    many = f"{len(dosing.times)} doses of " if len(dosing.times) > 1 else ""
    way = f"over {plain(dosing.infusion * 24)} h" if dosing.infusion else "as a bolus"
    product = dosing.product.replace("_", " ")
    said = f"{many}{plain(dosing.amount)} {dosing.unit} of {product}, {dosing.route}, {way}, on day {days}"
    return f"{said}; {dosing.engineering}" if dosing.engineering else said


def product(one: Product) -> str:
    """Size and content of a product, what that rests on, and what micrograms are elsewhere."""
    other = ratio_band("per_ug", one.source)
    low, high = plain(other.lo90, 2), plain(other.hi90, 2)
    return (
        f"{plain(one.diameter)} nm (sd {plain(one.diameter_sd)} nm), "
        f"{plain(one.particles_per_ug)} particles per ug of protein, "
        f"{plain(one.mirna_per_particle)} copies of an abundant miRNA per particle ({one.status}); "
        f"a microgram of {one.source} vesicles from elsewhere holds {low} to {high}"
        " particles (90% interval)"
    )


def distribution(trait: Trait) -> str:
    """How a trait is spread over the population."""
    unit = "" if trait.unit in ("", "1") else f" {trait.unit}"
    cut = "" if trait.low is None and trait.high is None else f", {bounds(trait.low, trait.high)}"
    if trait.kind == "constant":
        return f"{plain(trait.center)}{unit}"
    if trait.kind == "uniform":
        return f"uniform, {bounds(trait.low, trait.high)}{unit}"
    of = {"lognormal": "of the logarithm", "bounded": "of the logit", "normal": ""}[trait.kind]
    middle = "mean" if trait.kind == "normal" else "median"
    return f"{trait.kind}, {middle} {plain(trait.center)}{unit}, sd {plain(trait.spread)} {of}".rstrip() + cut


def stoichiometry_line(roles: Mapping[str, float]) -> str:
    """How many particles were given and arrived, what that is per cell, beside the cell's own copies."""
    return "; ".join(f"{ROLES[role]} {number(value)}" for role, value in roles.items())


def safety_line(events: Sequence[Mapping[str, Any]]) -> str:
    """What adverse events an arm should expect, in one line."""
    each = ", ".join(f"{one['event']} {one['events_low']} to {one['events_high']}" for one in events)
    return (
        f"of {events[0]['patients']} patients, with events put down to the product (90% of new trials): "
        f"{each}; {UNKNOWN}: not known. For research use only."
    )


def value_on(grid: Grid, value: float | None) -> str:
    """A value of a scale, by its name where its levels have names."""
    return plain(value) if value is None else grid.name_of(value) or plain(value)


def row_at_visit(row: Mapping[str, Any], draws: bool) -> tuple[str, ...]:
    """A summary row's cells for a table of one visit; ±: Monte Carlo error. draws: show their band."""
    spread = f"{number(row['mean'])} ({number(row['sd'])})"
    return (
        scale(row),
        row["arm"],
        str(row["n"]),
        spread,
        number(row["change"]),
        difference(row),
        *([over_draws(row)] if draws else []),
    )


def scale(row: Mapping[str, Any]) -> str:
    """A summary row's scale with its unit, where that is not the scale's own points or grades."""
    return row["scale"] if row["unit"] in ("points", "grade") else f"{row['scale']}, {row['unit']}"


def difference(row: Mapping[str, Any]) -> str:
    """A mean difference to control and its Monte Carlo error; nothing for the control itself."""
    if row["difference"] is None:
        return ""
    return with_error(row["difference"], row["difference_mc_error"])


def with_error(value: float | None, error: float | None) -> str:
    """A mean to the second digit of its Monte Carlo error."""
    if value is None or error is None or not 1e-4 < error < 1e4:
        return f"{number(value)} ± {number(error, 2)}"
    places = max(0, 1 - math.floor(math.log10(error)))
    return f"{value:.{places}f} ± {error:.{places}f}"


def over_draws(row: Mapping[str, Any]) -> str:
    """The band of a difference over posterior draws, or that it cannot be told."""
    if row["difference"] is None:
        return ""
    low, high = row.get("difference_parameter_p05"), row.get("difference_parameter_p95")
    return "more patients needed" if low is None or high is None else interval(low, high)
