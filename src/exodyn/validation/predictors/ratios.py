"""Records that state particles per microgram of protein or per cell, or protein per cell or particle."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from exodyn.evidence import Kind, Record, record, synonym, table_family
from exodyn.product.dose_ratio import Observation, Ratio, even, observations, predict
from exodyn.validation.answers import Answer, Given, Number, Skipped
from exodyn.validation.kinds import kind_of

DRAWS = 2047
HARVEST = 48.0  # h that a yield per cell is collected over, where a record states a rate

_PARTICLES = r"(?:particles?|vesicles?|EVs?|exosomes?)"
_MASS = r"(?P<mass>ug|µg|μg|mg|ng)(?: (?:of )?(?:EV |vesicle )?protein)?"
_CELLS = r"(?P<number>1e6 |10\^6 |million |1e9 )?(?:producer )?cells?"
_TIME = r"(?: ?(?:/|per) ?(?P<time>day|d|24 ?h|48 ?h|h|harvest))?"
_PER = r" ?(?:/|per) ?"
_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(text, re.IGNORECASE))
    for name, text in (
        ("per_ug", _PARTICLES + _PER + _MASS),
        ("per_cell", _PARTICLES + _PER + _CELLS + _TIME),
        ("protein_per_cell", _MASS + _PER + _CELLS + _TIME),
        ("protein_per_particle", r"(?P<mass>fg|ag|ng)(?: protein)?" + _PER + _PARTICLES),
    )
)
_MICROGRAMS = {"ug": 1.0, "µg": 1.0, "μg": 1.0, "mg": 1e3, "ng": 1e-3, "fg": 1e-9, "ag": 1e-12}
_NUMBERS = {"": 1.0, "1e6": 1e6, "10^6": 1e6, "million": 1e6, "1e9": 1e9}
_HOURS = {"": HARVEST, "harvest": HARVEST, "h": 1.0, "d": 24.0, "day": 24.0, "24h": 24.0, "48h": 48.0}
_LIMIT = re.compile(r"\blimit|threshold|purity (?:if|between)|end of|\bif (?:above|below)\b", re.IGNORECASE)
_YIELD = re.compile(r"per.(?:producer.)?cell|yield|harvest|releas|secret|produc", re.IGNORECASE)
_DEPENDS_ON = re.compile(r"kupffer|recipient|target|uptake|taken up|dose", re.IGNORECASE)


class Ratios:
    """A new preparation of a new laboratory; its own study, and the same fact elsewhere, are left out."""

    name = "ratios"

    def claims(self, one: Record) -> bool:
        """Whether its unit is such a ratio, and of what cells give, not of what they take up."""
        form = _form(one.unit)
        if table_family(one) != "parameter" or form is None:
            return False
        if form[0] != "per_cell" and form[0] != "protein_per_cell":
            return True
        return bool(_YIELD.search(one.quantity)) and not _DEPENDS_ON.search(one.quantity)

    def predict(self, wanted: Sequence[Record], given: Given) -> Mapping[str, Answer]:
        """Answers by id."""
        return {one.id: _answer(one) for one in wanted}


def _answer(one: Record) -> Answer:
    said = f"{one.quantity} {one.fields.get('condition', '')} {one.fields.get('process_step', '')}"
    if kind_of(one) != "number":
        return Skipped("a finding in words about a ratio")
    if _LIMIT.search(said) or one.fields.get("process_step") == "purity":
        return Skipped("a limit that its authors set, no preparation")
    found = _form(one.unit)
    assert found is not None
    form, unit = found
    source, isolation = _name("vesicle_source", one, "source_cell"), _name("isolation", one, "method")
    both = even(DRAWS, 2)
    points: dict[Ratio, NDArray[np.float64]] = {"per_ug": both[:, 0], "per_cell": both[:, 1]}

    def log10(ratio: Ratio) -> NDArray[np.float64]:
        known = [each for each in observations(ratio) if not _same(each, one)]
        return predict(ratio, source, isolation, known).quantile(points[ratio])

    micrograms = _MICROGRAMS[(unit.get("mass") or "ug").lower()]
    cells = _NUMBERS[(unit.get("number") or "").strip().lower()]
    hours = _HOURS[(unit.get("time") or "").replace(" ", "").lower()]
    match form:
        case "per_ug":
            draws = 10 ** log10("per_ug") * micrograms
        case "per_cell":
            draws = 10 ** log10("per_cell") * cells * hours / HARVEST
        case "protein_per_cell":
            draws = 10 ** (log10("per_cell") - log10("per_ug")) * cells * hours / HARVEST / micrograms
        case _:
            draws = 10 ** -log10("per_ug") / micrograms
    basis = f"of {source or 'an unknown source'} by {isolation or 'an unknown isolation'}"
    if unit.get("time"):
        basis += f"; a harvest of {HARVEST:g} h assumed"
    return Number(draws, "log", basis + "; exodyn convert, without this study")


def _form(unit: str) -> tuple[str, Mapping[str, str | None]] | None:
    """Which ratio a unit is of, and the parts of the unit."""
    for name, pattern in _FORMS:
        found = pattern.fullmatch(unit.strip())
        if found:
            return name, found.groupdict()
    return None


def _name(kind: Kind, one: Record, column: str) -> str:
    """The one name that a record's word stands for; "" for none, several, or a word that is not known."""
    found = synonym(kind, one.fields.get(column, "")) or ()
    return found[0] if len(found) == 1 else ""


def _same(known: Observation, one: Record) -> bool:
    """Whether an observation is of the record's study, or the same fact on file in another table."""
    other = record(known.id)
    return known.study == one.study or other.source == one.source


RATIOS = Ratios()
