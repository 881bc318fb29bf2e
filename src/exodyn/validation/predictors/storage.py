"""What is left after storage: numbers and findings in words of the tables of storage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import ndtr, ndtri

from exodyn.errors import InputError
from exodyn.evidence import Record, table_family
from exodyn.product.dose import Band
from exodyn.product.storage import Storage, kept
from exodyn.validation.answers import Answer, Floats, Given, Number, Skipped, Statement
from exodyn.validation.statistics import Chance
from exodyn.validation.words import lines

DRAWS = 999
ASSAY_CV = 0.15  # assumed: of a count or an activity, from day to day
REPEATS = 3.0  # assumed: measurements before and after, where n is not stated
SIGNIFICANT = 1.959963984540054
NUMBERS = ("loss", "loss_low", "loss_high", "remaining", "recovery")
SAME = ("preserved", "no_change")


class StorageTables:
    """Predicts rows of the parameter family that have the columns of storage."""

    name = "storage"

    def claims(self, one: Record) -> bool:
        """Whether it says at what temperature something was kept, and for how long."""
        return (
            table_family(one) == "parameter" and "temperature_c" in one.fields and "direction" in one.fields
        )

    def predict(self, wanted: Sequence[Record], given: Given) -> Mapping[str, Answer]:
        """Each row by what it says of its own storage."""
        return {one.id: _answer(one, given) for one in wanted}


STORAGE = StorageTables()


def _answer(one: Record, given: Given) -> Answer:
    reads = _reads(one)
    if isinstance(reads, Skipped):
        return reads
    stored = _storage(one)
    if isinstance(stored, Skipped):
        return stored
    band: Band = getattr(kept(stored), reads)
    left = _draws(band)
    basis = f"{reads} left after {stored.days:g} d at {stored.temperature_c:g} C, {stored.freeze_thaws} thaws"
    if one.value is not None:
        return _number(one, left, basis, given)
    error = ASSAY_CV * np.sqrt(2 / (one.n or REPEATS))
    change = np.log(np.clip(left, 1e-3, None))
    lower = ndtr((-change - SIGNIFICANT * error) / error)
    higher = ndtr((change - SIGNIFICANT * error) / error)
    match one.fields["direction"]:
        case "decrease":
            return Statement(float(np.mean(ndtr(-change / error))), basis, left)
        case "increase":
            return Statement(float(np.mean(ndtr(change / error))), basis, left)
        case direction if direction in SAME:
            return Statement(float(np.mean(1 - lower - higher)), basis, left, says="same")
    return Skipped(f"'{one.fields['direction']}': no direction of loss")


def _number(one: Record, left: Floats, basis: str, given: Given) -> Answer:
    if one.quantity not in NUMBERS or one.unit not in ("percent", "%"):
        return Skipped(f"'{one.quantity}': no readout of the storage model")
    error = ASSAY_CV * np.sqrt(2 / (one.n or REPEATS))
    measured = np.clip(left * np.exp(error * Chance(given.seed, one.id).normal(DRAWS)), 0.0, 1.0)
    share = measured if one.quantity in NUMBERS[3:] else 1 - measured
    return Number(100 * share, "logit", basis)


def _reads(one: Record) -> str | Skipped:
    text = one.fields.get("analyte", "").split(",")[0].strip()  # of several, what is named first
    for line in lines("storage"):
        if line.pattern.fullmatch(text):
            return line["reads"] or Skipped(line["note"])
    return Skipped(f"analyte '{text}': nothing that the storage model has")


def _storage(one: Record) -> Storage | Skipped:
    cells = one.fields
    try:
        temperature, days = float(cells["temperature_c"]), float(cells["time_days"])
        thaws = float(cells.get("freeze_thaw_cycles") or (1 if temperature < 0 else 0))
    except ValueError:
        return Skipped("temperature or time of storage not stated")
    text = f"{cells.get('excipient', '')}; {one.fields.get('condition', '')}"
    set_: dict[str, str] = {}
    for line in lines("media"):
        if line.pattern.fullmatch(text) and line["sets"] not in set_:
            set_[line["sets"]] = line["value"]
    try:
        return Storage(
            temperature,
            days,
            int(thaws),
            medium=set_.get("medium", "saline"),
            wall=set_.get("wall", "plain"),
            dried="dried" in set_,
        )
    except InputError as error:
        return Skipped(str(error))


def _places() -> Floats:
    return (np.arange(DRAWS) + 0.5) / DRAWS


def _draws(band: Band) -> Floats:
    """Draws of a share that has this band: normal on the log scale, each side with its own spread."""
    scores = np.asarray(ndtri(_places()))
    low, middle, high = (np.log(max(x, 1e-6)) for x in (band.lo90, band.median, band.hi90))
    below, above = (middle - low) / 1.645, (high - middle) / 1.645
    return np.asarray(np.exp(np.minimum(middle + np.where(scores < 0, below, above) * scores, 0.0)))
