"""Words of animal studies: scores of a species, tests in their units, schedules, cargo taken out."""

from __future__ import annotations

import dataclasses

import pytest

from exodyn.evidence import record
from exodyn.validation.asking import asks
from exodyn.validation.describe import described


def of(id: str, **cells: str):
    """A record with other cells; `scale`, `scale_unit` and `statistic` are what it reads, in which unit."""
    one = record(id)
    own = {"quantity": cells.pop("scale", one.quantity), "unit": cells.pop("scale_unit", one.unit)}
    return dataclasses.replace(one, **own, fields=dict(one.fields) | cells)


@pytest.mark.parametrize(
    ("id", "scale", "unit", "reads", "statistic"),
    [
        ("NHA001", "mNSS", "points", "mNSS", "mean"),
        ("NHA001", "Longa score", "points (0-4)", "Longa", "mean"),
        ("NHA004", "rotarod latency", "s", "rotarod", "mean"),
        ("NHA018", "rotarod", "% of day 0", "rotarod", "mean"),
        ("NHA034", "NSS", "points", "NSS (swine)", "mean"),
        ("NHA030", "neurological severity score", "points (0-10)", "NSS", "mean"),
        ("NHA016", "infarct volume", "%", "dead", "mean"),
    ],
)
def test_what_a_mean_reads(id: str, scale: str, unit: str, reads: str, statistic: str) -> None:
    asked = asks(of(id, scale=scale, scale_unit=unit))
    assert not isinstance(asked, str), asked
    assert (asked.reading.reads, asked.reading.statistic) == (reads, statistic)


def test_a_percentage_is_no_point_of_a_score() -> None:
    assert asks(of("NHA001", scale="time in target quadrant of the maze", scale_unit="%")) == (
        "in %, where the model has mNSS in points"
    )


def test_days_to_full_recovery_are_read_of_the_species_score() -> None:
    asked = asks(record("TBI008"))
    assert not isinstance(asked, str)
    assert (asked.reading.reads, asked.reading.statistic) == ("NSS (swine)", "time_to_best")


def test_doses_are_given_when_the_note_says() -> None:
    study = described(record("TBI008"))
    assert not isinstance(study, str) and study.dosing is not None
    assert study.dosing.times == (0.375, 1.0, 5.0, 9.0, 13.0)
    hours = described(record("STR037"))
    assert not isinstance(hours, str) and hours.dosing is not None
    assert hours.dosing.times == pytest.approx((2 / 24, 14 / 24, 38 / 24))


def test_vesicles_without_a_cargo_do_less() -> None:
    whole, depleted = described(record("TBI032")), described(record("TBI033"))
    assert not isinstance(whole, str) and not isinstance(depleted, str)
    assert depleted.potency < whole.potency == 1


def test_words_say_how_severe_a_blow_was() -> None:
    mild, severe = (described(record(id)) for id in ("NHA032", "NHA030"))
    assert not isinstance(mild, str) and not isinstance(severe, str)
    center = [dict(study.traits)["mnss"].center for study in (mild, severe)]
    assert center == [6.5, 10.5]  # on day 1
