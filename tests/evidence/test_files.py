"""A data file that breaks its rules is refused with its name and line."""

from pathlib import Path

import pytest

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
