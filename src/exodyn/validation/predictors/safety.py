"""Patients with an adverse event of vesicles, from other trials of them: of a table of safety or outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from exodyn.evidence import Record, safety, table_family
from exodyn.validation.answers import Answer, Given, Number, Skipped
from exodyn.validation.regimen import product_of


class Safety:
    """Each trial is predicted without its own study; what it reports is a share of what happens."""

    name = "safety"

    def claims(self, one: Record) -> bool:
        """Rows of a table of safety, and of outcomes those that count an event of vesicles in patients."""
        if table_family(one) == "outcome":
            given = product_of(one.fields.get("vesicle_source", ""))
            return isinstance(given, str) and safety.trial(one) is not None
        return table_family(one) == self.name

    def predict(self, wanted: Sequence[Record], given: Given) -> Mapping[str, Answer]:
        """Answers by id."""
        return {one.id: _answer(one) for one in wanted}


SAFETY = Safety()


def _answer(one: Record) -> Answer:
    trial = safety.trial(one)
    if trial is None:
        return Skipped("no count of an adverse event of vesicles in patients")
    event = trial.kinds[0]
    others = [other for other in safety.trials() if other.study != one.study]
    draws = safety.rates(event, others).events(
        trial.patients, trial.doses, trial.particles, all_reported=False
    )
    in_percent = 100.0 / trial.patients if one.unit.startswith(("%", "percent")) else 1.0
    basis = f"{event}, {trial.doses} doses, trials of vesicles in man without this one"
    return Number(np.asarray(draws * in_percent, dtype=np.float64), "linear", basis)
