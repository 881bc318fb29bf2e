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
    beside = path.parent / "qc_data"
    data = beside if beside.is_dir() else HERE / "qc_data"
    with path.open(encoding="utf-8", newline="") as file:
        return [Row(fields, data) for fields in csv.DictReader(file)]


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.id}-{row.area}")
def test_row(row):
    try:
        found = computed(row)
    except UnknownError as reason:
        pytest.fail(f"{row.id} cannot be computed: {row.area}, '{row.quantity}', '{row.inputs}': {reason}")
    assert not (difference := agrees(row, found)), f"{row.id} {row.quantity} ({row.inputs}): {difference}"
