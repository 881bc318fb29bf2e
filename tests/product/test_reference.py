"""Published and recomputed values of quality control: a file of rows, each held to the digits given.

EXODYN_QC_REFERENCE names another file of the same columns; data that its rows name lie in `qc_data` beside it
or beside ours. The rows that cannot be computed are named.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest
from tests.product.reference import Row, UnknownError, agrees, computed

HERE = Path(__file__).resolve().parents[1] / "data" / "evidence"


def rows() -> list[Row]:
    path = Path(os.environ.get("EXODYN_QC_REFERENCE", HERE / "qc_reference_values.csv"))
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [Row(fields, path.parent / "qc_data", HERE / "qc_data") for fields in csv.DictReader(file)]


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.id}-{row.area}")
def test_row(row):
    try:
        found = computed(row)
    except UnknownError as reason:
        pytest.fail(f"{row.id} cannot be computed: {row.area}, '{row.quantity}', '{row.inputs}': {reason}")
    assert not (difference := agrees(row, found)), f"{row.id} {row.quantity} ({row.inputs}): {difference}"


ROW = {"id": "X", "area": "tolerance_factor", "quantity": "one-sided k", "inputs": "n=3; content=0.95"}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({}, "no 'confidence'"),
        ({"area": "astrology"}, "no area 'astrology'"),
        ({"area": "tost", "inputs": "none.csv; bounds -1, 1"}, "no data file none.csv"),
        ({"area": "capability", "quantity": "Cq", "inputs": "mean=1; sd=1; USL=2"}, "no figure of that name"),
        ({"area": "capability", "quantity": "Cpk", "inputs": "mean=1; sd=0; USL=2"}, "sd 0"),
    ],
)
def test_what_cannot_be_computed_is_named(changed, reason):
    with pytest.raises(UnknownError, match=reason):
        computed(Row(ROW | {"expected": "1", "tolerance": "1"} | changed, HERE / "qc_data"))


def test_a_wrong_figure_or_too_few_do_not_agree():
    row = Row(ROW | {"expected": "0.80-1.25", "tolerance": "1%"}, HERE / "qc_data")
    assert agrees(row, [0.805, 1.245]) == ""
    assert "found 0.82" in agrees(row, [0.82, 1.25])
    assert agrees(row, [0.8]) == "found 1 figures, expected 2"
