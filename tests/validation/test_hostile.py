"""Whatever a file holds, each id comes back once or one message says what is wrong where."""

from __future__ import annotations

import csv
import io
import json
import random
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exodyn.cli import main
from exodyn.evidence.schemas import BIODISTRIBUTION, OUTCOME, PARAMETER, TRANSLATION
from exodyn.validation import Given

FAMILIES = {schema.name: schema for schema in (OUTCOME, BIODISTRIBUTION, PARAMETER, TRANSLATION)}

ODD = st.sampled_from(
    [
        "",
        "0",
        "-1",
        "1e308",
        "5e-324",
        "1e999",
        "nan",
        "12,5",
        "x" * 40,
        "é°µ",
        "<b>",
        "a'\"",
        "3 to 1",
        "1 to 3",
    ]
)
WORDS = {
    "indication": ["stroke", "TBI", "spinal_cord_injury", "alzheimers", "", "gout"],
    "species": ["human", "mouse", "rat", "swine", "", "dragon", "human cells"],
    "arm": ["control", "treated", "sham", ""],
    "vesicle_source": ["MSC", "", "MSC cells, not vesicles", "rock"],
    "route": ["intravenous", "iv", "", "by post"],
    "dose_unit": ["ug protein", "particles/kg", "pints", ""],
    "scale": ["mRS 0-2", "NIHSS", "mNSS", "death", "infarct volume", "joy", "mRS 9", ""],
    "scale_unit": ["%", "points", "patients of 40", "SMD", "sign", "furlongs", ""],
    "statistic": [
        "mean",
        "median",
        "proportion",
        "count (percent 3)",
        "direction only",
        "design only",
        "mode",
        "",
    ],
    "time_unit": ["d", "h", "months of age", "fortnight", ""],
    "organ": ["liver", "brain", "soul", "", "faeces", "spleen/faeces", "injured brain", "liver and lung"],
    "quantity": [
        "percent_ID",
        "rank",
        "detected",
        "direction_vs_healthy",
        "half_life",
        "beauty",
        "",
        "%ID/g",
        "organ_ratio_light",
        "clearance_mL_per_h",
        "percent_of_total_signal",
    ],
    "side": ["animal", "human"],
    "effect_unit": [
        "OR good outcome or shift (>1 favours treatment)",
        "SMD (positive = better)",
        "yards",
        "",
    ],
    "primary_result": ["positive", "neutral", "negative", ""],
    "status": ["measured", "reported", "assumed"],
    "split": ["calibration", "validation", ""],
    "spread_kind": ["sd", "sem", "ci95", "range", "none", ""],
    "severity": ["NIHSS 6-20", "NIHSS 0-5", "NIHSS 30-4", "severe", ""],
}
NUMBERS = ["", "0", "1", "7", "24", "28.5", "1e12", "-3"]


@st.composite
def tables(draw):
    """A table of a family with shuffled and further columns, and a few rows of plausible and odd words."""
    schema = FAMILIES[draw(st.sampled_from(sorted(FAMILIES)))]
    columns = [*schema.columns, "my own", "colour"]
    random.Random(draw(st.integers(0, 99))).shuffle(columns)
    rows = []
    for number in range(draw(st.integers(1, 4))):
        row = {}
        for column in columns:
            if column == "id":
                row[column] = f"R{number}"
            elif column in WORDS:
                row[column] = draw(st.sampled_from(WORDS[column]))
            elif column in schema.numbers:
                row[column] = draw(st.sampled_from(NUMBERS))
            elif column == "spread":
                row[column] = ""
            else:
                row[column] = draw(st.one_of(st.just(""), ODD))
        rows.append(row)
    return columns, rows


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Few virtual patients: what is tested is what comes back, not how good it is."""
    monkeypatch.setattr("exodyn.validation.Given", partial(Given, worlds=3, patients=24))


def text_of(columns, rows, delimiter=","):
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n", delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=tables())
def test_every_id_comes_back_once(table, tmp_path, capsys):
    columns, rows = table
    file = tmp_path / "table.csv"
    file.write_text(text_of(columns, rows), encoding="utf-8")
    status = main(["validate", "--records", str(file), "--json"])
    out, err = capsys.readouterr()
    assert status == 0, err
    document = json.loads(out)
    assert [one["id"] for one in document["records"]] == [row["id"] for row in rows]
    for one in document["records"]:
        assert one["kind"] in ("number", "statement")
        assert (one["skipped"] is None) == (one["inside"] is not None)
        if one["skipped"] is not None:
            assert one["skipped"] and one["median"] is None
        elif one["kind"] == "number":
            assert one["lo90"] <= one["median"] <= one["hi90"]
        else:
            assert 0 <= one["probability"] <= 1 and one["observed"] is None


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_each_missing_column_is_named(family, tmp_path, capsys):
    schema = FAMILIES[family]
    file = tmp_path / "table.csv"
    for missing in schema.columns:
        columns = [column for column in schema.columns if column != missing]
        file.write_text(text_of(columns, [dict.fromkeys(columns, "1")]))
        assert main(["validate", "--records", str(file)]) == 2
        assert f"'{missing}'" in capsys.readouterr().err


ROW = dict.fromkeys(OUTCOME.columns, "") | {
    "id": "A1",
    "indication": "stroke",
    "species": "human",
    "arm": "control",
    "scale": "mRS 0-2",
    "scale_unit": "%",
    "time": "90",
    "time_unit": "d",
    "value": "40",
    "n": "100",
    "statistic": "proportion",
    "status": "measured",
}


def run(content: bytes, tmp_path, capsys) -> tuple[int, str, str]:
    """Exit status and both streams for a file of these bytes."""
    file = tmp_path / "table.csv"
    file.write_bytes(content)
    status = main(["validate", "--records", str(file), "--json"])
    return status, *capsys.readouterr()


TREATED = ROW | {
    "species": "mouse",
    "arm": "treated",
    "vesicle_source": "MSC",
    "scale": "mNSS",
    "scale_unit": "points",
    "statistic": "mean",
    "time": "28",
    "n": "8",
    "dose_value": "100",
    "dose_unit": "ug protein",
    "route": "intravenous",
    "first_dose_time": "24",
    "first_dose_unit": "h",
    "n_doses": "1",
}


@pytest.mark.parametrize(
    "column", ["time", "n", "dose_value", "dose_particles", "first_dose_time", "n_doses", "interval_days"]
)
@pytest.mark.parametrize("value", ["-3", "0", "1e12", "1e300", "5e-324", "0.5"])
def test_numbers_that_no_study_has_end_in_a_prediction_or_a_reason(column, value, tmp_path, capsys):
    content = text_of(OUTCOME.columns, [TREATED | {"interval_days": "2"} | {column: value}]).encode()
    status, out, err = run(content, tmp_path, capsys)
    assert status == 0, err
    (one,) = json.loads(out)["records"]
    assert one["skipped"] or one["lo90"] <= one["median"] <= one["hi90"]


def test_a_byte_order_mark_does_no_harm(tmp_path, capsys):
    content = b"\xef\xbb\xbf" + text_of(OUTCOME.columns, [ROW]).encode()
    status, out, _ = run(content, tmp_path, capsys)
    assert status == 0 and json.loads(out)["records"][0]["id"] == "A1"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (text_of(OUTCOME.columns, [ROW | {"value": "forty"}]).encode(), "column 'value': 'forty'"),
        (text_of(OUTCOME.columns, [ROW | {"n": "1e999"}]).encode(), "column 'n'"),
        (text_of(OUTCOME.columns, [ROW, ROW]).encode(), "stands there twice"),
        (text_of(OUTCOME.columns, [ROW | {"id": ""}]).encode(), "expected an id"),
        (text_of(OUTCOME.columns, [ROW], "|").encode(), "line 1"),
        (b"", "no records"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"a,b\n1,2\n", "the header is that of no table"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(content, says, tmp_path, capsys):
    status, out, err = run(content, tmp_path, capsys)
    assert status == 2 and out == ""
    assert says in err and err.count("\n") == 1


def test_no_such_file(tmp_path, capsys):
    assert main(["validate", "--records", str(tmp_path / "none.csv")]) == 2
    assert "no such file" in capsys.readouterr().err


def test_an_unknown_indication_is_refused_with_the_nearest(capsys):
    assert main(["validate", "--indication", "strok"]) == 2
    assert "stroke" in capsys.readouterr().err
