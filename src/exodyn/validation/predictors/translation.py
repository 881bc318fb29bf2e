"""Human rows of a table of translation, each from the animal rows of its therapy and over the bridge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from exodyn.evidence import Record, records, table_family
from exodyn.translation import NoEffectError, learn, predict
from exodyn.translation.therapies import is_human, therapies
from exodyn.validation.answers import Answer, Given, Measure, Number, Skipped

DRAWS = 2000


class Translation:
    """Animal rows are inputs; those of the evidence base serve a therapy for which the file has none."""

    name = "translation"

    def claims(self, one: Record) -> bool:
        """Rows of a table of translation."""
        return table_family(one) == self.name

    def predict(self, wanted: Sequence[Record], given: Given) -> Mapping[str, Answer]:
        """Answers by id; no human row of a therapy or of its kin is used for it."""
        return {one.id: _answer(one, given) for one in wanted}


def _answer(one: Record, given: Given) -> Answer:
    if not is_human(one):
        return Skipped("animal row: an input of the human predictions")
    name = one.fields["therapy"]
    animals = [row for row in _table(given.file) if row.fields["therapy"] == name and not is_human(row)]
    basis = "animal rows of the file"
    if not animals:
        known = records("translation")
        animals = [row for row in known if row.fields["therapy"] == name and not is_human(row)]
        basis = "animal rows of the evidence base" if animals else "no animal row: class and field alone"
    (therapy,) = therapies([*animals, one])
    try:
        found = predict(learn(), therapy, one)
    except NoEffectError as reason:
        return Skipped(str(reason))
    places = (np.arange(DRAWS) + 0.5) / DRAWS
    draws = np.array([found.effect.scaling.printed(q) for q in found.log_odds.quantiles(places)])
    measure: Measure = "log" if found.effect.scaling.logarithmic else "linear"
    chance = f"positive {found.positive:.2f}, neutral {found.neutral:.2f}, negative {found.negative:.2f}"
    return Number(draws, measure, f"{basis}; group {therapy.group}; chance of the result: {chance}")


def _table(file: Sequence[Record]) -> list[Record]:
    return [row for row in file if table_family(row) == Translation.name]


TRANSLATION = Translation()
