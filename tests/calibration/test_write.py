"""Fitted values in the parameter files: nothing else changes."""

from pathlib import Path

from exodyn.calibration.write import write

HEADER = "symbol,species,indication,value,low,high,reason\n"
BEFORE = HEADER + (
    '"a",human,any,1,0,2,"quoted, and needlessly: ""x"""\n'
    "a,human,stroke,1,0,2,a fit\n"
    '"a",rat,any,"1",0,2,another species\n'
    "a,human,stroke,1,0,2,\n"
    "a,human,brain_injury,1,0,2,another indication\n"
)


def test_only_the_lines_of_a_fitted_value_change(tmp_path: Path) -> None:
    file = tmp_path / "some.csv"
    file.write_text(BEFORE, encoding="utf-8")
    write({("a", "human"): 3.14159}, "stroke", {("a", "human"): (2.0, 4.5)}, tmp_path)
    after, before = file.read_text(encoding="utf-8").splitlines(), BEFORE.splitlines()
    assert after[1] == 'a,human,any,3.142,2,4.5,"quoted, and needlessly: ""x"""'
    assert after[2] == "a,human,stroke,3.142,2,4.5,a fit"
    assert [after[k] for k in (0, 3, 5)] == [before[k] for k in (0, 3, 5)]


def test_a_value_that_is_there_already_changes_no_byte(tmp_path: Path) -> None:
    file = tmp_path / "some.csv"
    file.write_text(BEFORE, encoding="utf-8")
    write({("a", "human"): 1.0}, "stroke", folder=tmp_path)
    assert file.read_text(encoding="utf-8") == BEFORE
