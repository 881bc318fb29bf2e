"""The words of cord injury's records: grades, levels, examinations, what is read of which scale."""

import dataclasses

import pytest

from exodyn.evidence import Record, record
from exodyn.validation.asking import Asked, asks
from exodyn.validation.describe import described


def asked(id: str) -> Asked:
    found = asks(record(id))
    assert isinstance(found, Asked), found
    return found


def worded(**cells: str) -> Record:
    """A record of untreated patients in other words."""
    one = record("NAT001")
    fields = {**one.fields, **cells}
    return dataclasses.replace(one, quantity=cells.get("scale", one.quantity), fields=fields)


@pytest.mark.parametrize(
    ("id", "scale", "statistic", "low", "high"),
    [
        ("NAT001", "AIS", "share", 2, 5),
        ("NAT003", "AIS", "share", 3, 4),
        ("NAT025", "AIS", "share", 4, 4),
        ("NAT088", "AIS", "share", 1, 1),
        ("NAT155", "AIS", "share", 1, 2),
        ("NAT158", "AIS", "share", 4, 5),
        ("NAT159", "UEMS", "mean", None, None),
        ("NAT346", "LEMS", "mean", None, None),
        ("NAT402", "ISNCSCI motor", "mean_change", None, None),
        ("NAT121", "BBB", "mean", None, None),
        ("NAT106", "BMS", "mean", None, None),
        ("SCI011", "BBB", "smd", None, None),
    ],
)
def test_what_a_record_reads(
    id: str, scale: str, statistic: str, low: float | None, high: float | None
) -> None:
    reading = asked(id).reading
    assert (reading.reads, reading.statistic, reading.low, reading.high) == (scale, statistic, low, high)


def test_grade_level_and_examination_come_from_the_words() -> None:
    study = asked("NAT346").study  # Sygen, AIS A, tetraplegia
    traits = dict(study.traits)
    assert (traits["ais"].low, traits["ais"].high) == (0.5, 1.5)
    assert traits["paraplegia"].high == pytest.approx(0.499)
    assert study.entry == 3
    thoracic = dict(asked("NAT080").study.traits)  # Lee 2016, AIS D, T2-T12
    assert thoracic["paraplegia"].low == 0.5
    assert thoracic["lumbar_rank"].high == 0.5


@pytest.mark.parametrize(
    ("words", "low", "high"),
    [("ASIA A", 0.5, 1.5), ("AIS grade C", 2.5, 3.5), ("AIS A-C", 0.5, 3.5), ("Frankel B", 1.5, 2.5)],
)
def test_other_words_for_a_grade(words: str, low: float, high: float) -> None:
    study = described(worded(severity=words))
    assert not isinstance(study, str)
    ais = dict(study.traits)["ais"]
    assert (ais.low, ais.high) == (low, high)


def test_a_time_before_the_first_examination_counts_from_it() -> None:
    assert asked("NAT346").time == 3  # week 0
    assert asked("NAT096").time == pytest.approx(730 + 6 * 30.4375)  # chronic, six months


def test_cells_and_medium_are_skipped_by_name() -> None:
    assert "cells instead of vesicles" in str(asks(record("SCI037")))
    assert "instead of vesicles" in str(asks(record("SCI013")))
