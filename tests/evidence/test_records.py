"""Records: every line reads, ids are unique, and what is held back steers nothing."""

import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from exodyn.evidence import (
    EvidenceError,
    all_records,
    cohorts,
    correlations,
    is_validation,
    parameters,
    product_rows,
    read_records,
    record,
    records,
    scale_facts,
    tables,
    targets,
    traits,
)

SPECIES = ("human", "mouse")
OUTSIDE_THEIR_RANGE: set[str] = set()


REFERENCE = Path(__file__).parents[1] / "data" / "evidence"
LINES = {
    "biodistribution": 944,
    "cargo": 37,
    "claims": 52,
    "dose_units": 12,
    "kinetics": 367,
    "mechanism": 79,
    "mechanism_sci_ad_pd": 84,
    "natural_history": 466,
    "natural_history_animals": 43,
    "natural_history_stroke": 255,
    "outcomes_ad": 27,
    "outcomes_pd": 20,
    "outcomes_sci": 61,
    "outcomes_stroke": 66,
    "outcomes_tbi": 34,
    "physiology": 300,
    "production": 78,
    "safety": 36,
    "storage": 34,
    "translation": 101,
    "trials": 62,
}


def test_every_line_reads_and_ids_are_unique() -> None:
    assert {table: len(records(table)) for table in tables()} == LINES
    qc = read_records(REFERENCE / "qc_reference_values.csv")
    trials = read_records(REFERENCE / "trial_reference_values.csv")
    assert (len(qc), len(trials)) == (89, 47)
    ids = [one.id for one in (*all_records(), *qc, *trials)]
    assert len(ids) == len(set(ids)) == sum(LINES.values()) + 89 + 47


def test_all_tables_read_quickly_and_only_when_asked_for() -> None:
    code = (
        "import time, exodyn.evidence as e; from exodyn.evidence.records import records as r\n"
        "assert r.cache_info().currsize == 0\n"
        "t = time.process_time(); e.all_records(); print(time.process_time() - t)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(found.stdout) < 0.5


def test_no_study_has_both_splits() -> None:
    splits: dict[str, set[str]] = defaultdict(set)
    for one in all_records():
        splits[one.study] |= {one.split} & {"calibration", "validation"}
    assert [study for study, found in splits.items() if len(found) > 1] == []


def test_a_value_with_its_place() -> None:
    toast = record("NHS001")
    assert (toast.value, toast.unit, toast.time, toast.time_unit, toast.n) == (
        36.0,
        "% of baseline",
        7.0,
        "d",
        1269.0,
    )
    assert toast.dois == {"10.1111/ijs.12010"}
    assert record("NHS016").spread == (75.6, 77.7)
    assert record("STR046").spread == (-1.64, -0.87)


def test_a_study_held_back_in_one_table_is_held_back_in_all() -> None:
    assert is_validation(record("KIN006"))  # Imai 2015: no split column here, validation in biodistribution
    assert is_validation(record("KIN017"))  # Lazaro-Ibanez 2021, likewise
    assert is_validation(record("NHS134"))  # HERMES
    assert is_validation(record("KIN062"))  # the study's name is spelled otherwise, the paper is the same
    assert is_validation(record("MEC032"))  # the same by its PMC number
    assert is_validation(record("SAF010"))  # safety has no split at all
    assert not is_validation(record("NHS001"))


def test_a_review_holds_back_only_the_studies_it_is_named_with() -> None:
    # the review behind Imai 2015 reports others too; one of Kagan 2013's curves is held back, its fit is not
    assert not is_validation(record("KIN001"))
    assert not is_validation(record("KIN2045"))
    assert [one.id for one in all_records() if one.split == "calibration" and is_validation(one)] == []


@pytest.mark.parametrize("species", SPECIES)
def test_no_validation_study_stands_behind_a_parameter(species: str) -> None:
    behind = {i for p in parameters(species, "stroke").values() for i in p.records}
    behind |= {i for t in traits("stroke", species) for i in t.records}
    behind |= {i for row in product_rows() for i in row["records"].split()}
    assert [i for i in sorted(behind) if is_validation(record(i))] == []


def test_no_validation_study_is_fitted_to() -> None:
    for target in targets("stroke"):
        held = [i for i in target.records if is_validation(record(i))]
        if target.use == "validation":
            assert held == list(target.records)
            assert cohorts("stroke")[target.cohort].split == "validation"
        else:
            assert held == []
            assert cohorts("stroke")[target.cohort].split == "calibration"


def test_rows_that_must_never_be_calibrated_to_are_not() -> None:
    behind = {i for s in SPECIES for p in parameters(s, "stroke").values() for i in p.records}
    behind |= {i for t in targets("stroke") for i in t.records}
    assert [i for i in sorted(behind) if "ever calibrate" in record(i).note] == []


def test_a_target_pools_its_records() -> None:
    pooled = next(t for t in targets("stroke") if t.name == "lees_late_mrs_0")
    assert pooled.n == 811 + 543
    assert pooled.value == pytest.approx(100 * (130 + 78) / pooled.n)
    assert pooled.low < pooled.value < pooled.high


@pytest.mark.parametrize("species", SPECIES)
def test_parameters_say_what_they_rest_on(species: str) -> None:
    for one in parameters(species, "stroke").values():
        if one.status == "fitted":
            assert one.reason.startswith("python -m exodyn."), one.symbol
        if one.status in ("measured", "reported"):
            assert one.records, one.symbol
        if one.low is not None and one.high is not None and one.symbol not in OUTSIDE_THEIR_RANGE:
            assert one.low <= one.value <= one.high, one.symbol


def test_fitted_values_outside_their_stated_range_are_known() -> None:
    """What a fit moved beyond what was held plausible before it: docs/stroke.md says so."""
    found = {
        one.symbol
        for one in parameters("human", "stroke").values()
        if one.low is not None and one.high is not None and not one.low <= one.value <= one.high
    }
    assert found == OUTSIDE_THEIR_RANGE


def test_correlations_name_traits() -> None:
    for species in SPECIES:
        names = {t.name for t in traits("stroke", species)}
        for a, b, rho in correlations("stroke", species):
            assert {a, b} <= names
            assert -1 < rho < 1


def test_unknown_names_are_refused() -> None:
    with pytest.raises(EvidenceError, match=r"no record 'NHS9999'; did you mean 'NHS\d+'"):
        record("NHS9999")
    with pytest.raises(EvidenceError, match="no table 'strokes' of records; valid are"):
        records("strokes")
    with pytest.raises(EvidenceError, match="no scale 'UPDRS'"):
        scale_facts("UPDRS")
