"""Every record of a file comes back once, with the keys that are promised."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from exodyn.cli import main
from exodyn.evidence import read_records
from exodyn.evidence.table import DATA
from exodyn.validation import Given, Number, Skipped, Statement, validate

KEYS = {"id", "kind", "observed", "median", "lo90", "hi90", "inside", "split", "skipped"}


class Fixed:
    """Answers every record alike."""

    name = "fixed"

    def __init__(self, answer):
        self.answer = answer

    def claims(self, one):
        return True

    def predict(self, wanted, given):
        return {one.id: self.answer for one in wanted}


@pytest.fixture(scope="module")
def treasure(tmp_path_factory) -> Path:
    """A table of the records of one trial."""
    lines = (DATA / "records" / "natural_history_stroke.csv").read_text().splitlines()
    file = tmp_path_factory.mktemp("table") / "treasure.csv"
    file.write_text("\n".join([lines[0], *(line for line in lines if "TREASURE" in line)]) + "\n")
    return file


def test_a_number_is_inside_its_band_or_not(treasure):
    records = read_records(treasure)
    answer = Number(np.linspace(0.0, 10.0, 101), "linear")
    for one in validate(records, [Fixed(answer)]):
        assert one.band is not None and (one.band.low, one.band.high) == (
            pytest.approx(0.5),
            pytest.approx(9.5),
        )
        assert one.inside == (0.5 <= one.observed <= 9.5)


def test_a_statement_is_right_from_one_half_on(treasure):
    records = read_records(treasure)
    for probability, right in ((0.49, False), (0.5, True)):
        found = validate(records, [Fixed(Statement(probability))])
        assert {one.inside for one in found} == {right}
        assert all(one.observed is None for one in found)


def test_what_is_not_finite_is_skipped_and_says_so(treasure):
    found = validate(read_records(treasure), [Fixed(Number(np.array([np.nan]), "log"))])
    assert {one.skipped for one in found} == {"the prediction is not finite"}


def test_the_first_predictor_that_claims_a_record_answers(treasure):
    found = validate(read_records(treasure), [Fixed(Skipped("first")), Fixed(Skipped("second"))])
    assert {one.skipped for one in found} == {"first"}


class Failing(Fixed):
    """Fails wherever one record is among those asked for."""

    def predict(self, wanted, given):
        if any(one.id == "NHS030" for one in wanted):
            raise ZeroDivisionError("no such study")
        return super().predict(wanted, given)


def test_a_record_that_fails_costs_no_other(treasure):
    found = validate(read_records(treasure), [Failing(Statement(1.0))])
    assert {one.record.id for one in found if one.skipped} == {"NHS030"}
    assert "no such study" in next(one.skipped for one in found if one.skipped)


def test_the_command_gives_every_id_once(treasure, capsys):
    assert main(["validate", "--records", str(treasure), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [one["id"] for one in document["records"]] == [one.id for one in read_records(treasure)]
    for one in document["records"]:
        assert set(one) >= KEYS
        predicted = one["skipped"] is None
        assert (one["inside"] is not None) == predicted
        if predicted and one["kind"] == "number":
            assert one["lo90"] <= one["median"] <= one["hi90"]
            assert one["inside"] == (one["lo90"] <= one["observed"] <= one["hi90"])
    assert sum(one["skipped"] is None for one in document["records"]) >= 18


def test_the_file_steers_nothing(treasure, tmp_path):
    text = treasure.read_text()
    header = text.splitlines()[0].split(",")
    records = read_records(treasure)
    import csv
    import io

    changed = io.StringIO()
    writer = csv.DictWriter(changed, header, lineterminator="\n")
    writer.writeheader()
    for one in records:
        writer.writerow(dict(one.fields) | {"value": str((one.value or 0) + 7)})
    other = tmp_path / "treasure.csv"
    other.write_text(changed.getvalue())
    from exodyn.validation.predictors import PREDICTORS

    given = Given(file=records, worlds=4, patients=64)
    bands = [
        [one.band for one in validate(read_records(file), PREDICTORS, given)] for file in (treasure, other)
    ]
    assert bands[0] == bands[1]


def test_a_missing_column_is_named(treasure, tmp_path, capsys):
    lines = treasure.read_text().splitlines()
    file = tmp_path / "table.csv"
    file.write_text("\n".join([lines[0].replace("statistic,", "stat,"), *lines[1:]]) + "\n")
    assert main(["validate", "--records", str(file)]) == 2
    assert "statistic" in capsys.readouterr().err
