"""What a dose is: any reported one as a distribution over particles, and back into every other unit.

The spread is that of a laboratory and a preparation that we know nothing of but the source and the isolation
(`dose_ratio`); a measured batch takes most of it away (`dose_batch`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from exodyn.errors import InputError, nearest
from exodyn.evidence import Kind, canonical_names, conversion, synonym
from exodyn.product import dose_ratio
from exodyn.product.dose_batch import Amount, Batch
from exodyn.product.dose_ratio import Mixture, Ratio
from exodyn.product.dose_text import Dose, Quantity, parse
from exodyn.product.exosomes import PRODUCTS, Product

Array = NDArray[np.float64]
LEVEL = (0.05, 0.5, 0.95)
_DRAWS = 8191
MOST: dict[Quantity, float] = {"particles": 1e18, "ug_protein": 1e9, "cell_equivalents": 1e15, "mL": 1e6}
"""No dose is more: a kilogram of vesicles or of protein, a tonne of cells, a cubic metre."""


class TooMuchError(InputError):
    """A dose that is larger than any can be."""


@dataclass(frozen=True)
class Band:
    """Median and the ends of the 90% interval."""

    median: float
    lo90: float
    hi90: float


@dataclass(frozen=True)
class Conversion:
    """A dose in all units, with what was assumed and the records behind it; per kg if the dose is."""

    dose: Dose
    particles: Band
    ug_protein: Band
    cell_equivalents: Band
    assumptions: tuple[str, ...]
    records: tuple[str, ...]


def convert(text: str, source: str = "", isolation: str = "", batch: Batch | None = None) -> Conversion:
    """The dose in a text, in every unit.

    source, isolation: words of the records' for the cell or fluid and the method, "" where not known; a batch
    may state its own. A product's name as source stands for its own particles per ug, as studies count them.
    Raises InputError for what cannot be converted, with the way out; TooMuchError for a slip of the pen.
    """
    dose = parse(text)
    _refuse_too_much(dose)
    batch = batch or Batch("")
    product = PRODUCTS.get(source)
    source = _agreed("vesicle_source", product.source if product else source, dose.source, batch.source)
    isolation = _agreed("isolation", isolation, batch.isolation)
    named = {"vesicle_source": _named("vesicle_source", source), "isolation": _named("isolation", isolation)}
    per_ug = _ratio("per_ug", named, batch, product)
    per_cell = _ratio("per_cell", named, batch)
    bands = _bands(dose, batch, per_ug, per_cell)
    return Conversion(
        dose,
        *bands,
        (*_assumptions(dose, named, (source, isolation), batch, product, per_ug, per_cell),),
        tuple(one.id for ratio in _RATIOS for one in dose_ratio.observations(ratio)),
    )


def _refuse_too_much(dose: Dose) -> None:
    """Raises TooMuchError above `MOST`, of what is stated or of what the stated volume holds."""
    stated = [(dose.quantity, dose.amount)]
    if dose.concentration:
        stated.append((dose.concentration[0], dose.amount * dose.concentration[1]))
    for quantity, amount in stated:
        if not amount <= MOST[quantity]:
            what = quantity.replace("_", " ")
            raise TooMuchError(
                f"dose '{dose.text}': {amount:.3g} {what} are no dose;"
                f" expected at most {MOST[quantity]:.0e} {what}"
            )


_RATIOS: tuple[Ratio, Ratio] = ("per_ug", "per_cell")


def ratio_band(ratio: Ratio, source: str = "", isolation: str = "") -> Band:
    """Particles per ug or per cell of a new laboratory; source, isolation: any word of the records'."""
    named = (_named("vesicle_source", source), _named("isolation", isolation))
    return _band(dose_ratio.predict(ratio, *named))


def _ratio(ratio: Ratio, named: Mapping[str, str], batch: Batch, product: Product | None = None) -> Mixture:
    """The ratio in a batch: what its own measurements leave of what other laboratories found."""
    found = dose_ratio.predict(ratio, named["vesicle_source"], named["isolation"])
    below = batch.protein if ratio == "per_ug" else batch.cells
    if batch.particles and below:
        error = math.hypot(batch.particles.error, below.error)
        return found.measured(batch.particles.value - below.value, error)
    if product:
        number = {symbol: one.value for symbol, one in conversion().items()}
        error = math.hypot(_percent(number["count_stated"]), _percent(number["protein_error"]))
        return Mixture(np.ones(1), np.full(1, math.log10(product.particles_per_ug)), np.full(1, error))
    if ratio == "per_ug" and batch.diameter:
        return _sized(found, batch.diameter)
    return found


def _sized(per_ug: Mixture, diameter: Amount) -> Mixture:
    """Protein goes with the volume of a vesicle, so its diameter, once measured, is no longer unknown.

    What a microgram can hold at most is then known as well.
    """
    known = conversion()
    between = known["diameter_between"].value ** 2
    gain = between / (between + diameter.error**2)
    usual = math.log10(known["vesicle_diameter"].value) + 0.5 * known[
        "diameter_spread"
    ].value ** 2 / math.log(10)
    most = dose_ratio.ceiling(10**diameter.value)
    return per_ug.shifted(-3 * gain * (diameter.value - usual), 9 * between * gain, most)


def _bands(dose: Dose, batch: Batch, per_ug: Mixture, per_cell: Mixture) -> tuple[Band, Band, Band]:
    """Particles, protein, cell equivalents."""
    if dose.amount == 0.0:
        return Band(0.0, 0.0, 0.0), Band(0.0, 0.0, 0.0), Band(0.0, 0.0, 0.0)
    even = _even()
    a, b = per_ug.quantile(even[:, 0]), per_cell.quantile(even[:, 1])
    noise = _normal()
    number = {symbol: one.value for symbol, one in conversion().items()}
    quantity, amount = dose.quantity, dose.amount
    particles: Array | None = None
    protein: Array | None = None
    cells: Array | None = None
    if quantity == "mL":
        if dose.concentration is not None:
            quantity, amount = dose.concentration[0], amount * dose.concentration[1]
            if amount == 0.0:
                return Band(0.0, 0.0, 0.0), Band(0.0, 0.0, 0.0), Band(0.0, 0.0, 0.0)
        else:
            volume = math.log10(amount)
            # Each measured amount with its own error; what was not measured follows by the ratios below.
            measured = (batch.particles, batch.protein, batch.cells)
            particles, protein, cells = (
                None if one is None else volume + one.value + one.error * noise[:, at]
                for at, one in enumerate(measured)
            )
            if particles is None and protein is None and cells is None:
                raise InputError(
                    f"dose '{dose.text}': a volume alone cannot be converted; state its concentration"
                    " ('50 uL of 1e9/mL') or give the batch (--batch FILE)"
                )
    if quantity == "particles":
        error = batch.particles.error if batch.particles else _percent(number["count_stated"])
        nominal = np.full(len(even), math.log10(amount))
        particles, protein, cells = nominal + error * noise[:, 0], nominal - a, nominal - b
    elif quantity == "ug_protein":
        protein = np.full(len(even), math.log10(amount))
    elif quantity == "cell_equivalents":
        cells = np.full(len(even), math.log10(amount))
    if particles is None:
        particles = protein + a if protein is not None else np.asarray(cells) + b
    if protein is None:
        protein = particles - a
    if cells is None:
        cells = particles - b
    return _of(particles), _of(protein), _of(cells)


def _of(logs: Array) -> Band:
    low, middle, high = (float(f"{10.0**x:.4g}") for x in np.quantile(logs, LEVEL))
    return Band(middle, low, high)


def _band(mixture: Mixture) -> Band:
    low, middle, high = (float(f"{10.0**x:.3g}") for x in mixture.quantile(np.array(LEVEL)))
    return Band(middle, low, high)


@cache
def _even() -> Array:
    return dose_ratio.even(_DRAWS, 5)


@cache
def _normal() -> Array:
    from scipy.special import ndtri

    return np.asarray(ndtri(_even()[:, 2:]), dtype=np.float64)


def _percent(cv: float) -> float:
    return math.sqrt(math.log1p((cv / 100) ** 2)) / math.log(10)


def _agreed(kind: Kind, *words: str) -> str:
    """The first word stated. Raises InputError where another one is of another kind of cell or method."""
    stated = [word for word in words if word.strip()]
    if len({_named(kind, word) for word in stated}) > 1:
        what = "source" if kind == "vesicle_source" else "isolation"
        raise InputError(
            f"{what} is stated as {' and as '.join(map(repr, stated))}; expected one that holds for all"
        )
    return stated[0] if stated else ""


def _named(kind: Kind, word: str) -> str:
    """The name of a source or isolation; "" for an empty word. Raises InputError with the nearest one."""
    if not word.strip():
        return ""
    spelt = " ".join(word.split())
    spellings = [
        one + end for one in (spelt, spelt.replace("_", " "), spelt.replace("-", " ")) for end in ("", "s")
    ]
    found = next((names for one in spellings if (names := synonym(kind, one))), None)
    if not found:
        what = "source" if kind == "vesicle_source" else "isolation"
        raise InputError(f"{what} '{word}' is not known{nearest(word, canonical_names(kind))}")
    return found[0]


def _assumptions(
    dose: Dose,
    named: Mapping[str, str],
    words: tuple[str, str],
    batch: Batch,
    product: Product | None,
    per_ug: Mixture,
    per_cell: Mixture,
) -> list[str]:
    found = []
    for ratio, mixture, what in (
        ("per_ug", per_ug, "particles per ug of protein"),
        ("per_cell", per_cell, "particles per cell and harvest"),
    ):
        band = _band(mixture)
        rest = [one.id for one in dose_ratio.observations(ratio)]  # type: ignore[arg-type]
        below = batch.protein if ratio == "per_ug" else batch.cells
        basis = "measured in the batch" if batch.particles and below else f"{', '.join(rest)} and a prior"
        if product and ratio == "per_ug" and not (batch.particles and below):
            basis = f"of the product {product.name}, {product.status}"
        found.append(f"{band.median:.3g} {what}, 90% interval {band.lo90:.3g} to {band.hi90:.3g} ({basis})")
    for (kind, name), word in zip(named.items(), words, strict=True):
        what = "source" if kind == "vesicle_source" else "isolation"
        told = any(
            name and name in ((one.source,) if what == "source" else (one.isolation, one.below))
            for ratio in _RATIOS
            for one in dose_ratio.observations(ratio)
        )
        if not name:
            found.append(f"{what} not stated: what differs between them is in the interval")
        elif told:
            found.append(f"{what} '{word}' is taken as {name.replace('_', ' ')}, which records tell of")
        else:
            found.append(
                f"{what} '{word}' is taken as {name.replace('_', ' ')}, which no calibration record tells of:"
                " what differs between them is in the interval"
            )
    found.append("the intervals hold what differs between laboratories, counters and protein assays")
    if dose.quantity == "ug_protein":
        found.append("micrograms are total protein of the preparation by the stated assay, taken as exact")
    if dose.quantity == "particles" or (dose.concentration and dose.concentration[0] == "particles"):
        found.append(
            "a stated count is one laboratory's; another one counts the same vesicles differently (PRD052)"
        )
    if dose.quantity == "cell_equivalents":
        found.append(
            "a cell equivalent is what one cell gives off in one harvest of 24 to 72 h, after isolation"
        )
    if dose.per_kg:
        found.append("all amounts are per kg of body weight, as the dose")
    if batch.name:
        found += [f"batch {batch.name}: {line}" for line in batch.says]
        found += _batch_flags(dose, batch)
    return found


def _batch_flags(dose: Dose, batch: Batch) -> list[str]:
    found = []
    if batch.particles and not batch.protein:
        found.append("the batch has no protein: give protein_ug_per_ml to pin micrograms down")
    if (
        batch.particles
        and batch.protein
        and batch.particles.value - batch.protein.value > dose_ratio.ceiling()
    ):
        found.append(
            f"the batch's particles per ug are more than a ug of the smallest vesicles holds"
            f" ({10 ** dose_ratio.ceiling():.2g}): not all are vesicles, or protein was missed"
        )
    if dose.concentration:
        found.append("the dose states its own concentration, which is used instead of the batch's")
    return found
