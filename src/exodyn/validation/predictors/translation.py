"""Human rows of a table of translation, each from the animal rows of its therapy and over the bridge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

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

    def __init__(self) -> None:
        self._read: tuple[Sequence[Record], Animals] | None = None

    def claims(self, one: Record) -> bool:
        """Rows of a table of translation."""
        return table_family(one) == self.name

    def predict(self, wanted: Sequence[Record], given: Given) -> Mapping[str, Answer]:
        """Answers by id; no human row of a therapy or of its kin is used for it."""
        if self._read is None or self._read[0] is not given.file:  # once a file, not once a study
            self._read = given.file, Animals(given.file)
        return {one.id: _answer(one, self._read[1]) for one in wanted}


def _answer(one: Record, of_file: Animals) -> Answer:
    if not is_human(one):
        return Skipped("animal row: an input of the human predictions")
    therapy, basis = _with_animals(one, of_file, _of_base())
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


class Animals:
    """Animal rows of a table by the name of their therapy, and by therapy and indication for its kin."""

    def __init__(self, rows: Sequence[Record]) -> None:
        self.by_name: dict[str, list[Record]] = {}
        for row in rows:
            if table_family(row) == Translation.name and not is_human(row):
                self.by_name.setdefault(_folded(row), []).append(row)
        self.therapies = [
            (therapy_of(them), _indication(them[0]))
            for own in self.by_name.values()
            for them in _by_indication(own)
        ]

    def of(self, one: Record) -> tuple[Record, ...]:
        """Those under the therapy's own name."""
        return tuple(self.by_name.get(_folded(one), ()))

    def of_kin(self, one: Record, therapy: Therapy) -> tuple[Record, ...]:
        """Those of the same therapy under another name, in its indication."""
        about = _indication(one)
        return tuple(
            row
            for other, theirs in self.therapies
            if about and theirs == about and therapy.is_kin(other)
            for row in other.animals
        )


def _by_indication(rows: Sequence[Record]) -> list[list[Record]]:
    found: dict[tuple[str, ...], list[Record]] = {}
    for row in rows:
        found.setdefault(_indication(row), []).append(row)
    return list(found.values())


def _with_animals(one: Record, of_file: Animals, of_base: Animals) -> tuple[Therapy, str]:
    """The therapy of a human row with its animal rows, and where these are from.

    Those of the file under its name come first, then those of the same therapy under another one: first of
    the file, then of the evidence base, in its indication.
    """
    therapy = therapy_of([one])
    places = (
        (of_file.of(one), "animal rows of the file"),
        (of_file.of_kin(one, therapy), "animal rows of the file, of kin"),
        (of_base.of(one), "animal rows of the evidence base"),
        (of_base.of_kin(one, therapy), "animal rows of the evidence base, of kin"),
    )
    for animals, basis in places:
        if animals:
            return replace(therapy, animals=animals), basis
    return therapy, "no animal row: class and field alone"


def _indication(one: Record) -> tuple[str, ...]:
    return synonym("indication", one.indication) or ()


def _folded(one: Record) -> str:
    return plain(one.fields["therapy"]).casefold()


@cache
def _of_base() -> Animals:
    return Animals(records("translation"))


TRANSLATION = Translation()
