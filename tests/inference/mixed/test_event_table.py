"""Event tables: what every column means, and that hostile ones are refused where they are wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exodyn.errors import InputError
from exodyn.inference.mixed import EventTable, is_event_table, read_event_table
from exodyn.inference.mixed.enough import remarks


def read(folder: Path, text: str, **options: object) -> EventTable:
    file = folder / "data.csv"
    file.write_text(text)
    return read_event_table(file, **options)  # type: ignore[arg-type]


def test_a_dose_and_its_observations(tmp_path: Path) -> None:
    table = read(
        tmp_path,
        "ID,TIME,AMT,RATE,EVID,CMT,II,ADDL,SS,DV,MDV,WT\n"
        "7,0,100,0,1,1,12,3,0,.,1,70\n"
        "7,1,.,.,0,2,.,.,.,5.5,0,70\n"
        "7,2,50,25,1,2,0,0,0,.,1,70\n"
        "7,3,.,.,2,1,.,.,.,.,1,70\n"
        "9,0,200,-2,1,1,24,0,1,.,1,82.5\n"
        "9,4,.,.,0,2,.,.,.,3,0,82.5\n",
        covariates=("WT",),
    )
    assert table.subjects == ("7", "9")
    first, second = table.segments
    bolus, infusion = first.doses
    assert (bolus.amount, bolus.count, bolus.interval, bolus.infusion) == (100, 4, 12, "bolus")
    assert (infusion.time, infusion.rate, infusion.infusion, infusion.compartment) == (2, 25, "rate", "2")
    assert second.doses[0].steady_state and second.doses[0].infusion == "estimated duration"
    seen = table.observations
    assert list(seen.time) == [1, 4] and list(seen.value) == [5.5, 3] and list(seen.line) == [3, 7]
    assert list(table.covariates["WT"]) == [70, 82.5]


def test_without_evid_a_row_with_an_amount_is_a_dose(tmp_path: Path) -> None:
    table = read(tmp_path, "ID;TIME;AMT;DV\n1;0;100;0\n1;2;0;4\n1;3;;5\n")
    assert len(table.segments[0].doses) == 1
    assert list(table.observations.value) == [4, 5]


def test_a_reset_begins_a_segment_on_a_clock_of_its_own(tmp_path: Path) -> None:
    table = read(
        tmp_path,
        "ID,TIME,AMT,EVID,SS,II,DV\n"
        "1,0,100,1,0,0,.\n1,9,.,0,0,0,1\n"  # before
        "1,0,50,4,0,0,.\n1,2,.,0,0,0,2\n"  # time starts again
        "1,3,.,3,0,0,.\n1,4,.,0,0,0,3\n"  # reset alone
        "1,8,20,1,1,12,.\n1,9,.,0,0,0,4\n",  # a steady state puts an end to what was
    )
    assert [len(s.doses) for s in table.segments] == [1, 1, 0, 1]
    assert [s.reset for s in table.segments] == [None, 0, 3, None]
    assert list(table.observations.segment) == [0, 1, 2, 3]
    assert set(table.observations.subject) == {0}


def test_limits_of_quantification(tmp_path: Path) -> None:
    table = read(
        tmp_path,
        "ID,TIME,DV,CENS,LIMIT\n1,0,0.5,1,0\n1,1,0.5,1,.\n1,2,9,-1,.\n1,3,2,0,.\n",
    ).observations
    assert list(table.censoring) == [1, 1, -1, 0]
    assert table.limit[0] == 0 and np.all(np.isnan(table.limit[1:]))
    other = read(tmp_path, "ID,TIME,DV,BLQ,LLOQ\n1,0,.,1,0.2\n1,1,0.3,1,.\n1,2,4,0,0.2\n").observations
    assert list(other.value) == [0.2, 0.3, 4] and list(other.censoring) == [1, 1, 0]


def test_covariates_that_vary_hold_since_the_row_before(tmp_path: Path) -> None:
    """NONMEM's rule; a value that is missing is that of the next row."""
    table = read(tmp_path, "ID,TIME,DV,CR\n1,0,1,80\n1,5,1,.\n1,9,1,90\n", covariates=("CR",))
    assert table.segments[0].covariates["CR"] == (80, 90, 90)
    assert table.covariates["CR"][0] == 80


def test_covariates_in_words_need_numbers(tmp_path: Path) -> None:
    text = "ID,TIME,DV,SEX\n1,0,1,male\n2,0,1,female\n"
    table = read(tmp_path, text, covariates=("SEX",), levels={"SEX": {"male": 1, "female": 0}})
    assert list(table.covariates["SEX"]) == [1, 0]
    with pytest.raises(InputError, match=r"line 2, column 'SEX': 'male', expected a number"):
        read(tmp_path, text, covariates=("SEX",))
    with pytest.raises(InputError, match=r"no number is given for 'male'; did you mean 'Female'"):
        read(tmp_path, text, covariates=("SEX",), levels={"SEX": {"Male": 1, "Female": 0}})


def test_other_names_of_columns(tmp_path: Path) -> None:
    text = "Subject,time,dose,conc\n1,0,25,\n1,2,,17.3\n"
    table = read(tmp_path, text, columns={"ID": "Subject", "DV": "conc", "AMT": "dose"})
    assert table.segments[0].doses[0].amount == 25 and list(table.observations.value) == [17.3]
    with pytest.raises(InputError, match="no column 'cons' for DV; did you mean 'conc'"):
        read(tmp_path, text, columns={"ID": "Subject", "DV": "cons"})


@pytest.mark.parametrize(
    "rows",
    [
        "ID,TIME,DV\n1,22:30,1\n1,23:15:36,2\n2,8:00,3\n2,20:00,4\n",
        "ID,DATE,TIME,DV\n1,5,22:30,1\n1,5,23:15:36,2\n2,7,23:00,3\n2,8,11:00,4\n",
        "ID,DATE,TIME,DV\n1,2/28/2024,22:30,1\n1,2/28/2024,23:15:36,2\n2,02-28-24,23:00,3\n2,2-29-24,11,4\n",
        "ID,DAT1,TIME,DV\n1,28/2/2024,22:30,1\n1,28/2/2024,23:15:36,2\n2,28.2.24,23:00,3\n2,29.2.24,11,4\n",
        "ID;TIME;DV\n1;2024-02-28 22:30;1\n1;2024-02-28T23:15:36;2\n2;2024-02-29 12:00;3\n2;2024-03-01;4\n",
    ],
)
def test_times_of_day_and_dates_count_from_the_first_row(tmp_path: Path, rows: str) -> None:
    table = read(tmp_path, rows)
    assert list(table.observations.time) == pytest.approx([0, 0.76, 0, 12])
    assert "first row" in table.remarks[0]
    assert list(read(tmp_path, rows, time_unit="d").observations.time) == pytest.approx(
        [0, 0.76 / 24, 0, 0.5]
    )


def test_marked_rows_and_comments_are_left_out_and_said(tmp_path: Path) -> None:
    text = "#c,ID,TIME,DV\n.,1,0,1\n# by hand\nC,1,1,999\n,1,2,3\n"
    table = read(tmp_path, text)
    assert list(table.observations.value) == [1, 3] and list(table.observations.line) == [2, 5]
    assert table.remarks == ("2 rows were left out: marked by C, or comments",)


def test_columns_by_white_space(tmp_path: Path) -> None:
    table = read(tmp_path, "   ID  TIME   AMT    DV\n    1     0   100     .\n    1   0.5     .   4.5\n")
    assert table.segments[0].doses[0].amount == 100 and list(table.observations.value) == [4.5]


def test_censored_readings_as_people_write_them(tmp_path: Path) -> None:
    seen = read(tmp_path, "ID,TIME,DV\n1,0,<0.5\n1,1,> 40\n1,2,3\n").observations
    assert list(seen.value) == [0.5, 40, 3] and list(seen.censoring) == [1, -1, 0]
    assert read(tmp_path, "ID,TIME,DV,BLQ\n1,0,<0.5,1\n1,1,2,0\n").observations.value[0] == 0.5


def test_without_dvid_the_compartment_says_what_was_measured(tmp_path: Path) -> None:
    text = "ID,TIME,AMT,CMT,DV\n1,0,100,1,.\n1,1,.,{},4\n1,1,.,3,9\n"
    assert read(tmp_path, text.format(2)).observations.output == ("2", "3")
    assert read(tmp_path, text.format(3)).observations.output == ("", "")
    dvid = read(tmp_path, "ID,TIME,CMT,DV,DVID\n1,0,2,4,a\n1,1,3,5,a\n").observations
    assert dvid.output == ("a", "a")


def test_what_is_strange_is_said(tmp_path: Path) -> None:
    same = remarks(read(tmp_path, "ID,TIME,DV\n1,0,5\n1,1,5\n1,1,5\n2,1,5\n"))
    assert same[0].startswith("1 measurements repeat another") and "(first in line 4)" in same[0]
    assert same[1] == "all measurements are 5: they hold no course to fit"
    assert remarks(read(tmp_path, "ID,TIME,DV\n1,0,5\n1,1,4\n")) == []


REFUSED = {
    "no time of day": ("ID,TIME,DV\n1,0,1\n1,8:75,1\n", r"line 3, column 'TIME': '8:75' is no time of day"),
    "a word for a time": (
        "ID,TIME,DV\n1,8:00,1\n1,noon,1\n",
        r"line 3, column 'TIME': 'noon', expected a time",
    ),
    "no date": ("ID,DATE,TIME,DV\n1,March,0,1\n", r"line 2, column 'DATE': 'March', expected a date such as"),
    "no such day": ("ID,DATE,TIME,DV\n1,2/30/2024,0,1\n", r"line 2, column 'DATE': '2/30/2024': day .*month"),
    "two date columns": ("ID,DATE,DAT1,TIME,DV\n1,1,1,0,1\n", r"columns DATE and DAT1: expected one"),
    "a date twice": ("ID,DATE,TIME,DV\n1,1,2024-03-01 8:00,1\n", r"column 'TIME': .* holds a date, and"),
    "year last in TIME": ("ID,TIME,DV\n1,3/1/2024 8:00,1\n", r"expected the year first: 2024-03-01"),
    "no TIME": ("ID,TINE,DV\n1,0,1\n", r"line 1: no column TIME; did you mean 'TINE'"),
    "a column twice": ("ID,TIME,DV,time\n1,0,1,1\n", r"line 1: column 'TIME' stands there twice"),
    "time goes back": ("ID,TIME,DV\n1,2,1\n1,1,1\n", r"line 3, column 'TIME': 1 comes after 2"),
    "a subject in two places": (
        "ID,TIME,DV\n1,0,1\n2,0,1\n1,1,1\n",
        r"line 4, column 'ID': '1' stands above",
    ),
    "EVID 5": ("ID,TIME,DV,EVID\n1,0,1,5\n", r"line 2, column 'EVID': '5', expected one of 0, 1, 2, 3, 4"),
    "EVID empty": ("ID,TIME,DV,EVID\n1,0,1,\n", r"line 2, column 'EVID': is empty"),
    "no measurement": ("ID,TIME,DV\n1,0,.\n1,1,2\n", r"line 2, column 'DV': is empty: give"),
    "words": ("ID,TIME,DV\n1,0,BLQ\n", r"line 2, column 'DV': 'BLQ', expected a number"),
    "not finite": ("ID,TIME,DV\n1,0,inf\n", r"line 2, column 'DV': 'inf', expected a number"),
    "too large": ("ID,TIME,DV\n1,0,1e999\n", r"line 2, column 'DV': '1e999', expected a number"),
    "underscores": ("ID,TIME,DV\n1,0,1_0\n", r"line 2, column 'DV': '1_0', expected a number"),
    "below 0": ("ID,TIME,AMT,DV\n1,0,-5,.\n1,1,0,1\n", r"line 2, column 'AMT': -5 is below 0"),
    "RATE -3": ("ID,TIME,AMT,RATE,DV\n1,0,5,-3,.\n", r"line 2, column 'RATE': -3, expected above 0"),
    "no interval": (
        "ID,TIME,AMT,ADDL,DV\n1,0,5,3,.\n",
        r"line 2, column 'II': no interval, which ADDL needs",
    ),
    "endless infusion": (
        "ID,TIME,AMT,RATE,SS,DV,EVID\n1,0,0,5,1,.,1\n",
        r"line 2, column 'AMT': 0 with RATE and SS is an infusion without end",
    ),
    "a dose in an observation": (
        "ID,TIME,AMT,DV,EVID\n1,0,5,1,0\n",
        r"line 2, column 'AMT': not 0 in a row with EVID 0",
    ),
    "a dose with a measurement": (
        "ID,TIME,AMT,DV\n1,0,5,1\n",
        r"line 2, column 'DV': the row has a dose and",
    ),
    "a compartment off": (
        "ID,TIME,AMT,CMT,DV\n1,0,5,-1,.\n",
        r"line 2, column 'CMT': -1 turns a compartment",
    ),
    "all rows ignored": ("C,ID,TIME,DV\nC,1,0,1\nC,1,1,1\n", r"every row is marked to be left out"),
    "censored both ways": ("ID,TIME,DV,CENS\n1,0,<2,-1\n", r"line 2, column 'CENS': -1 beside '<2'"),
    "no row measured": ("ID,TIME,DV,MDV\n1,0,.,1\n", r"no row is an observation"),
    "no rows": ("ID,TIME,DV\n", r"expected a header line and rows"),
    "a row too long": ("ID,TIME,DV\n1,0,1,5\n", r"line 2: 4 cells, the header has 3"),
    "an open quote": ('ID,TIME,DV\n1,0,"1\n', r"line 2: unexpected end of data"),
    "zero bytes": ("ID,TIME,DV\n1,0,1\0\n", r"holds a zero byte"),
    "an empty interval": ("ID,TIME,DV,CENS,LIMIT\n1,0,1,1,2\n", r"line 2, column 'LIMIT': 2 leaves nothing"),
    "below what": ("ID,TIME,DV,BLQ\n1,0,.,1\n", r"line 2, column 'LLOQ': no limit of quantification"),
    "no ID": ("ID,TIME,DV\n,0,1\n", r"line 2, column 'ID': is empty"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(tmp_path: Path, case: str) -> None:
    text, message = REFUSED[case]
    with pytest.raises(InputError, match=message):
        read(tmp_path, text)


def test_a_missing_covariate_is_named_with_its_subject(tmp_path: Path) -> None:
    text = "ID,TIME,DV,WT\n1,0,1,70\n2,0,1,.\n"
    assert len(read(tmp_path, text).subjects) == 2  # it counts only where the model asks for it
    with pytest.raises(InputError, match=r"line 3, column 'WT': subject 2 has no value"):
        read(tmp_path, text, covariates=("WT",))
    with pytest.raises(InputError, match=r"no covariate 'WTT'; did you mean 'WT'"):
        read(tmp_path, text, covariates=("WTT",))


def test_files_that_are_no_text(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_event_table(tmp_path / "absent.csv")
    with pytest.raises(InputError, match="is a directory"):
        read_event_table(tmp_path)
    file = tmp_path / "latin.csv"
    file.write_bytes(b"ID,TIME,DV\n\xe9,0,1\n")
    with pytest.raises(InputError, match="byte 11 is not UTF-8"):
        read_event_table(file)


def test_a_table_is_known_by_its_header(tmp_path: Path) -> None:
    file = tmp_path / "some.csv"
    file.write_text("Id;time;DV\n")
    assert is_event_table(file)
    file.write_text("patient,day,nihss\n")
    assert not is_event_table(file)


@settings(max_examples=200, deadline=None)
@given(text=st.text(alphabet="ID,TMEAVCS;\t\n\"'.-0123456789e ", max_size=80))
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.getbasetemp() / "any.csv"
    file.write_text("ID,TIME,DV,AMT,CENS\n" + text, newline="")
    try:
        table = read_event_table(file)
    except InputError:
        return
    assert np.all(np.isfinite(table.observations.time))
