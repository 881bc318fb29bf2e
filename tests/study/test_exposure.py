"""Where particles were: shares that add up to the dose, closed forms of an organ, folds, files of a run."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from exodyn.study import Result, Study
from exodyn.study.exposure import amount_rows, fold_rows, kinetic_rows

TEXT = """
indication = "stroke"
species = "mouse"
patients = 12
visits = ["1 d", "7 d"]

[[arms]]
name = "untreated"

[[arms]]
name = "once"
product = "adipose_msc_exosomes"
route = "intravenous"
dose = "1e10 particles"
start = "24 h"

[[arms]]
name = "twice"
product = "adipose_msc_exosomes"
route = "intravenous"
dose = "1e10 particles"
times = ["24 h", "48 h"]

[[arms]]
name = "nose"
product = "adipose_msc_exosomes"
route = "intranasal"
dose = "1e10 particles"
start = "24 h"
"""


@pytest.fixture(scope="module")
def result() -> Result:
    return Study.parse(TEXT).run(threads=1)


def test_treated_arms_alone_and_their_depots(result: Result) -> None:
    once, twice, nose = result.exposures
    assert [one.arm for one in result.exposures] == ["once", "twice", "nose"]
    assert "nose" in {place.name for place in nose.places}
    assert "nose" not in {place.name for place in once.places}
    assert once.first == twice.first == nose.first == 1.0


def test_shares_start_at_the_whole_dose_in_blood_and_never_exceed_it(result: Result) -> None:
    for one in result.exposures:
        shares = sum(one.share(place) for place in one.places)
        assert np.nanmax(shares) == pytest.approx(100, rel=1e-6)
    blood = result.exposures[0].places[0]
    assert blood.name == "blood"
    assert result.exposures[0].analysed["blood"]["peak_percent"] == pytest.approx(np.full(12, 100.0))
    assert result.exposures[0].at(5 / 1440, result.exposures[0].share(blood)) < 100


def test_a_second_dose_does_not_stand_in_the_picture_of_the_day_before_it(result: Result) -> None:
    once, twice = result.exposures[:2]
    for one in (once, twice):
        assert one.at(1.0, one.share(one.places[0])) < 1


def test_area_of_blood_is_the_dose_over_its_clearance(result: Result) -> None:
    """Two doses have twice the area (no saturation at this dose); the first half-life is that of minutes."""
    once, twice = (one.analysed["blood"] for one in result.exposures[:2])
    assert twice["auc"] / once["auc"] == pytest.approx(np.full(12, 2.0), rel=0.02)
    assert 1 / 60 < np.median(once["first_half_life"]) < 0.5
    assert np.all(once["tmax"] == 0)


def test_a_gel_lets_go_over_days_and_no_particle_is_lost_or_made() -> None:
    text = TEXT.split('[[arms]]\nname = "twice"')[0].replace(
        'route = "intravenous"', 'route = "intralesional gel"'
    )
    gel = 'engineering = {gel = {thickness = "1 mm", diffusion = "1e-3 um**2/s", erosion = "3 d"}}'
    result = Study.parse(f"{text}{gel}\n").run(threads=1)
    assert result.manifest["balance_error"] < 1e-8
    (one,) = result.exposures
    waiting = next(place for place in one.places if place.name == "gel")
    left = [one.at(day, one.share(waiting)) for day in (2 / 1440, 1.0, 4.0)]
    assert left[0] == pytest.approx(100, rel=0.01)
    assert left[0] > left[1] > left[2] > 0


def test_folds_are_for_the_same_dose(result: Result) -> None:
    folds = {(row["arm"], row["place"]): row["median"] for row in fold_rows(result.exposures)}
    assert folds["twice", "blood"] == pytest.approx(1.0, rel=0.02)
    assert 0.0 < float(folds["nose", "blood"] or 0) < 0.1


def test_rows_have_ordered_bands_and_units(result: Result) -> None:
    for row in amount_rows(result.exposures):
        assert row["particles_p05"] <= row["particles_median"] <= row["particles_p95"]  # type: ignore[operator]
    rows = list(kinetic_rows(result.exposures))
    assert {row["unit"] for row in rows if row["quantity"] == "auc"} == {"particles h/mL", "particles h/g"}
    own = [row for row in rows if row["quantity"] == "cargo_per_cell"]
    assert {row["place"] for row in own} == {"lesion"}
    assert all(row["p05"] <= row["median"] <= row["p95"] for row in rows if row["median"] is not None)  # type: ignore[operator]


def test_a_run_without_treatment_has_no_such_files(result: Result) -> None:
    files = result.files()
    heads = {name: files[name].decode().splitlines() for name in ("amounts.csv", "kinetics.csv", "folds.csv")}
    assert all(len(list(csv.DictReader(lines))) > 3 for lines in heads.values())
    untreated = Study.parse(TEXT.split('[[arms]]\nname = "once"')[0]).run(threads=1)
    assert untreated.exposures == ()
    assert "amounts.csv" not in untreated.files()
