"""Storage tables: numbers and findings in words by the model of storage."""

from __future__ import annotations

import dataclasses

import pytest

from exodyn.evidence import record, records
from exodyn.validation import Given, Number, Skipped, Statement
from exodyn.validation.predictors.storage import STORAGE


def answer(id: str, **cells: str):
    one = record(id)
    one = dataclasses.replace(one, fields=dict(one.fields) | cells)
    return STORAGE.predict([one], Given(file=[one]))[one.id]


def test_it_claims_its_own_tables_alone():
    assert all(STORAGE.claims(one) for one in records("storage"))
    assert not any(STORAGE.claims(one) for one in records("kinetics"))


def test_a_loss_is_predicted_in_percent():
    found = answer("STO001")
    assert isinstance(found, Number)
    assert 0 <= found.draws.min() and found.draws.max() <= 100
    protein = answer("STO001", excipient="BSA")
    assert isinstance(protein, Number) and protein.draws.mean() < found.draws.mean()


def test_decrease_and_preserved_exclude_each_other():
    lost = answer("STO008")
    kept = answer("STO008", direction="no_change")
    assert isinstance(lost, Statement) and isinstance(kept, Statement)
    assert lost.probability > 0.9 and kept.probability < 0.5


def test_longer_and_warmer_storage_loses_more_often():
    short = answer("STO007", time_days="0.01", temperature_c="4")
    long = answer("STO007", time_days="30", temperature_c="20")
    assert isinstance(short, Statement) and isinstance(long, Statement)
    assert short.probability < long.probability


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"analyte": "size"}, "no model"),
        ({"analyte": "colour"}, "nothing that the storage model has"),
        ({"time_days": ""}, "not stated"),
        ({"temperature_c": "400"}, "expected -200 to 100"),
        ({"direction": "shift"}, "no direction of loss"),
    ],
)
def test_what_cannot_be_predicted_says_why(cells, reason):
    found = answer("STO008", **cells)
    assert isinstance(found, Skipped) and reason in found.reason
