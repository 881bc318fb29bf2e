"""Human rows of a table of translation, predicted from the animal rows of its therapy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

import pytest

from exodyn.evidence import Record, record
from exodyn.validation import Given, Number, Skipped, Statement
from exodyn.validation.predictors import TRANSLATION
from exodyn.validation.validate import validate


def row(id: str, of: str, *, therapy: str | None = None, **changed: object) -> Record:
    """The record `of` of the table as another one."""
    one = record(of)
    fields = dict(one.fields) | ({} if therapy is None else {"therapy": therapy})
    fields |= {name: str(value) for name, value in changed.items() if name in fields}
    own = {name: value for name, value in changed.items() if hasattr(one, name)}
    return replace(one, id=id, fields=MappingProxyType(fields), **own)  # type: ignore[arg-type]


def answers(rows: Sequence[Record]) -> dict[str, object]:
    return dict(TRANSLATION.predict(rows, Given(file=rows, draws={})))


def band(answer: object) -> tuple[float, float]:
    assert isinstance(answer, Number)
    return float(answer.draws.min()), float(answer.draws.max())


ANIMAL = row("A1", "TRB009", therapy="newdrug")
HUMAN = row("H1", "TRB013", therapy="newdrug")


def test_an_animal_row_is_an_input_and_serves_its_therapy_whatever_the_case_of_its_name() -> None:
    other = row("A2", "TRB009", therapy="NewDrug", value=80.0)
    found = answers([ANIMAL, HUMAN])
    assert found["A1"] == Skipped("animal row: an input of the human predictions")
    assert isinstance(found["H1"], Number) and found["H1"].basis.startswith("animal rows of the file")
    assert band(answers([ANIMAL, other, HUMAN])["H1"]) != band(found["H1"])


def test_neither_order_nor_other_therapies_nor_its_own_kin_in_the_file_move_a_prediction() -> None:
    kin = [row("H2", "TRB012", therapy="newdrug"), row("H3", "TRB003"), row("A3", "TRB001")]
    alone, together = answers([ANIMAL, HUMAN]), answers([*kin, HUMAN, ANIMAL])
    assert band(together["H1"]) == band(alone["H1"])


def test_a_therapy_under_another_name_is_predicted_without_its_own_results() -> None:
    """tPA is alteplase: as if that were left out, from its animal rows."""
    by_name = answers([row("H1", "TRB003")])["H1"]
    by_other = answers([row("H1", "TRB003", therapy="tissue plasminogen activator")])["H1"]
    assert band(by_other) == band(by_name)
    assert isinstance(by_other, Number) and "of kin" in by_other.basis


def test_a_trial_without_a_number_is_a_statement_of_how_it_ended() -> None:
    one = row("H1", "TRB022", therapy="newdrug")
    (found,) = validate([one], [TRANSLATION], Given(file=[one], draws={}))
    assert found.kind == "statement" and found.skipped is None and found.inside


def test_the_ends_of_a_trial_are_all_there_are() -> None:
    said = ("positive", "neutral", "negative")
    rows = [row(f"H{k}", "TRB022", therapy="newdrug", primary_result=one) for k, one in enumerate(said)]
    found = [one for one in answers(rows).values() if isinstance(one, Statement)]
    assert sum(one.probability for one in found) == pytest.approx(1.0)
    assert found[1].probability > found[0].probability > found[2].probability > 0


def test_success_or_failure_in_numbers_is_a_statement_too() -> None:
    both = [
        row(f"H{k}", "TRB013", therapy="x", unit="1 succeeded, 0 failed", value=float(k), spread=())
        for k in (0, 1)
    ]
    failed, succeeded = answers(both).values()
    assert isinstance(failed, Statement) and isinstance(succeeded, Statement)
    assert failed.probability + succeeded.probability == pytest.approx(1.0)


def test_what_cannot_be_predicted_says_why() -> None:
    one = row("H1", "TRB013", therapy="x", unit="percent of patients", value=32.0, spread=())
    assert answers([one])["H1"] == Skipped("effect unit 'percent of patients' is no contrast of two arms")
