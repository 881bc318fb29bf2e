"""Human rows of a table of translation, each from the animal rows of its therapy and over the bridge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from exodyn.evidence import Record, plain, records, synonym, table_family
from exodyn.translation import Ends, NoEffectError, learn, predict, predict_end
from exodyn.translation.therapies import Therapy, is_human, therapy_of
from exodyn.validation.answers import Answer, Given, Measure, Number, Skipped, Statement
from exodyn.validation.kinds import kind_of

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
    therapy, basis = _with_animals(one, given)
    basis = f"{basis}; group {therapy.group}"
    if kind_of(one) == "statement":
        return _end(one, therapy, basis)
    try:
        found = predict(learn(), therapy, one)
    except NoEffectError as reason:
        return Skipped(str(reason))
    places = (np.arange(DRAWS) + 0.5) / DRAWS
    draws = np.array([found.effect.scaling.printed(q) for q in found.log_odds.quantiles(places)])
    measure: Measure = "log" if found.effect.scaling.shape.logarithmic else "linear"
    if found.effect.assumed:
        basis += f"; assumed: {', '.join(found.effect.assumed)}"
    return Number(draws, measure, f"{basis}; chance of the result: {_says(found.ends)}")


def _end(one: Record, therapy: Therapy, basis: str) -> Answer:
    """A row that tells how its trial ended and prints no number, or 1 for a success and 0 for none."""
    ends = predict_end(learn(), therapy, one)
    said = one.fields["primary_result"] if one.value is None else ("positive" if one.value else "no success")
    probability = {
        "positive": ends.positive,
        "neutral": ends.neutral,
        "negative": ends.negative,
        "no success": 1 - ends.positive,
    }[said]
    return Statement(probability, f"{basis}; {_says(ends)}", better=said == "positive", says=said)


def _says(ends: Ends) -> str:
    return f"positive {ends.positive:.2f}, neutral {ends.neutral:.2f}, negative {ends.negative:.2f}"


def _with_animals(one: Record, given: Given) -> tuple[Therapy, str]:
    """The therapy of a human row with its animal rows, and where these are from.

    Those of the file under its name come first, then those of the same therapy under another one: first of
    the file, then of the evidence base, in its indication.
    """
    therapy, name = therapy_of([one]), _folded(one)
    of_file = [row for row in given.file if table_family(row) == Translation.name and not is_human(row)]
    of_base = [row for row in records("translation") if not is_human(row)]
    places = (
        ([row for row in of_file if _folded(row) == name], "animal rows of the file"),
        (_of_kin(one, therapy, of_file), "animal rows of the file, of kin"),
        ([row for row in of_base if _folded(row) == name], "animal rows of the evidence base"),
        (_of_kin(one, therapy, of_base), "animal rows of the evidence base, of kin"),
    )
    for animals, basis in places:
        if animals:
            return replace(therapy, animals=tuple(animals)), basis
    return therapy, "no animal row: class and field alone"


def _of_kin(one: Record, therapy: Therapy, animals: Sequence[Record]) -> list[Record]:
    about = synonym("indication", one.indication)
    return [
        row
        for row in animals
        if about and synonym("indication", row.indication) == about and therapy.is_kin(therapy_of([row]))
    ]


def _folded(one: Record) -> str:
    return plain(one.fields["therapy"]).casefold()


TRANSLATION = Translation()
