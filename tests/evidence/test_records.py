"""Records: every line reads, ids are unique, and what is held back steers nothing."""

import pytest

from exodyn.evidence import (
    EvidenceError,
    cohorts,
    correlations,
    is_validation,
    parameters,
    product_rows,
    record,
    records,
    scale_facts,
    tables,
    targets,
    traits,
)

SPECIES = ("human", "mouse")


def test_every_table_reads_and_ids_are_unique() -> None:
    ids = [one.id for table in tables() for one in records(table)]
    assert len(ids) > 1000
    assert len(ids) == len(set(ids))


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
    assert not is_validation(record("NHS001"))


@pytest.mark.parametrize("species", SPECIES)
def test_no_validation_study_stands_behind_a_parameter(species: str) -> None:
    behind = {i for p in parameters(species).values() for i in p.records}
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
    behind = {i for s in SPECIES for p in parameters(s).values() for i in p.records}
    behind |= {i for t in targets("stroke") for i in t.records}
    assert [i for i in sorted(behind) if "ever calibrate" in record(i).note] == []


def test_a_target_pools_its_records() -> None:
    pooled = next(t for t in targets("stroke") if t.name == "lees_mrs_0")
    assert pooled.n == 151 + 315 + 811 + 543
    assert pooled.value == pytest.approx(100 * (16 + 47 + 130 + 78) / pooled.n)
    assert pooled.low < pooled.value < pooled.high


@pytest.mark.parametrize("species", SPECIES)
def test_parameters_say_what_they_rest_on(species: str) -> None:
    for one in parameters(species).values():
        if one.status == "fitted":
            assert one.reason.startswith("python -m exodyn."), one.symbol
        if one.status == "measured":
            assert one.records, one.symbol
        if one.low is not None and one.high is not None and one.status != "fitted":
            assert one.low <= one.value <= one.high, one.symbol


def test_correlations_name_traits() -> None:
    for species in SPECIES:
        names = {t.name for t in traits("stroke", species)}
        for a, b, rho in correlations("stroke", species):
            assert {a, b} <= names
            assert -1 < rho < 1


def test_unknown_names_are_refused() -> None:
    with pytest.raises(EvidenceError, match="no record 'NHS9999'"):
        record("NHS9999")
    with pytest.raises(EvidenceError, match="no table 'strokes'"):
        records("strokes")
    with pytest.raises(EvidenceError, match="no scale 'UPDRS'"):
        scale_facts("UPDRS")
