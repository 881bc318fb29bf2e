"""A data file that breaks its rules is refused with its name and line."""

import csv
from pathlib import Path

import pytest

from exodyn.evidence import read_records
from exodyn.evidence.table import EvidenceError, number, rows


def test_a_line_with_too_few_cells(tmp_path: Path) -> None:
    file = tmp_path / "short.csv"
    file.write_text("a,b\n1,2\n3\n")
    with pytest.raises(EvidenceError, match=r"short.csv, line 3: expected 2 cells"):
        list(rows(file))


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="is a directory, expected a CSV file"):
        list(rows(tmp_path))


def test_text_where_a_number_belongs() -> None:
    with pytest.raises(EvidenceError, match=r"here: 'many', expected a number"):
        number("many", "here")
    assert number(" ", "here") is None
    assert number("1e13", "here") == 1e13


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_separators_and_the_case_of_columns(tmp_path: Path, delimiter: str) -> None:
    columns = "ID,Study,parameter,symbol,species,condition, value ,spread,spread_kind,n,unit,source,where"
    cells = ["K1", "Doe2031", "half-life", "", "mouse", "EVs, iv", "\u22123", "", "", "", "h", "", ""]
    file = tmp_path / "mine.csv"
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream, delimiter=delimiter).writerows(
            [[*columns.split(","), "status", "note"], [], [*cells, "measured", ""]]
        )
    (one,) = read_records(file)
    assert (one.id, one.value, one.fields["condition"]) == ("K1", -3.0, "EVs, iv")
