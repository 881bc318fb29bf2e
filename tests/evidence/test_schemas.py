"""Every family of tables reads into the same record, and what a table may not hold is refused by place."""

from pathlib import Path

import pytest

from exodyn.evidence import EvidenceError, read_records, record
from exodyn.evidence.schemas import SCHEMAS

GOOD = {schema.name: ",".join(schema.columns) for schema in SCHEMAS}
PARAMETER = "A1,Me 2020,half-life,t,rat,,4,3 to 5,range,6,h,10.1000/x,table 1,measured,"


def written(folder: Path, header: str, *lines: str) -> Path:
    file = folder / "mine.csv"
    file.write_text("\n".join((header, *lines)) + "\n")
    return file


def test_each_family_gives_the_same_kind_of_record() -> None:
    outcome, organ, parameter = record("STR046"), record("BIO001"), record("KIN001")
    assert (outcome.unit, outcome.indication, outcome.spread) == ("SMD", "stroke", (-1.64, -0.87))
    assert (organ.fields["organ"], organ.quantity, organ.value, organ.route) == (
        "liver",
        "percent_ID",
        28,
        "iv",
    )
    assert (parameter.value, parameter.spread, parameter.unit) == (7.8, (6.85, 8.79), "min")
    trial = record("TRI019")
    assert (trial.study, trial.n, trial.status, trial.fields["status"]) == (
        "NCT04313647",
        24,
        "measured",
        "completed",
    )
    fever, side = record("SAF010"), record("TRB003")
    assert (fever.value, fever.unit, fever.spread, fever.spread_kind) == (0, "%", (0, 33.6), "ci95")
    assert (side.value, side.spread, side.n, side.species) == (1.75, (1.35, 2.27), 1549, "human")
    assert record("CLM016").value is None  # a claim's value is text


def test_a_users_table_with_columns_of_its_own(tmp_path: Path) -> None:
    (one,) = read_records(written(tmp_path, f"{GOOD['parameter']},mine", f"{PARAMETER},yes"))
    assert (one.value, one.spread, one.table, one.fields["mine"]) == (4, (3, 5), "mine", "yes")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (PARAMETER.replace(",4,", ",four,"), r"line 2, column 'value': 'four', expected a number"),
        (PARAMETER.replace(",4,", ",inf,"), r"line 2, column 'value': 'inf', expected a number"),
        (PARAMETER.replace("3 to 5", "3 - 5"), r"line 2, column 'spread': '3 - 5', expected a number"),
        (
            PARAMETER.replace("3 to 5", "5 to 3"),
            r"column 'spread': '5 to 3', expected a number or LOW to HIGH",
        ),
        (PARAMETER.replace("range", "rnage"), r"column 'spread_kind': 'rnage' .* did you mean 'range'\?"),
        (
            PARAMETER.replace("measured", "seen"),
            r"column 'status': 'seen' is not one of its words; valid are",
        ),
        (PARAMETER.replace("A1", ""), r"line 2, column 'id': expected an id"),
    ],
)
def test_a_wrong_cell_is_named(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(EvidenceError, match=r"mine.csv, .*" + message):
        read_records(written(tmp_path, GOOD["parameter"], line))


def test_an_id_given_twice(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match=r"line 3, column 'id': 'A1' stands there twice"):
        read_records(written(tmp_path, GOOD["parameter"], PARAMETER, PARAMETER))


@pytest.mark.parametrize("schema", GOOD)
def test_a_missing_column_is_named(tmp_path: Path, schema: str) -> None:
    header = GOOD[schema].replace(",source", "")
    with pytest.raises(EvidenceError, match=f"no column 'source', which a table '{schema}' has"):
        read_records(written(tmp_path, header, ",".join("x" for _ in header.split(","))))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no records"),
        (b"a,b\n1,2\n", "the header is that of no table of evidence"),
        (b"id,id\n1,2\n", "column 'id' stands there twice"),
        (b"\xff\xfe\x00", "byte 0 is not UTF-8"),
        (b'id,study\n"1,2\n', "unexpected end of data"),
    ],
)
def test_what_is_no_table(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "mine.csv"
    file.write_bytes(content)
    with pytest.raises(EvidenceError, match=message):
        read_records(file)
