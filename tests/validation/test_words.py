"""The tables' words, and what they are taken for."""

from __future__ import annotations

import dataclasses

import pytest

from exodyn.evidence import EvidenceError, cohorts, record
from exodyn.evidence.schemas import OUTCOME
from exodyn.validation.asking import Asked, asks, finding_of
from exodyn.validation.describe import described
from exodyn.validation.quantity import whole_of
from exodyn.validation.times import in_days, time_of
from exodyn.validation.words import arithmetic, lines


def outcome(**cells: str):
    """An untreated stroke record with these cells."""
    one = record("NHS029")
    fields = dict.fromkeys(OUTCOME.columns, "") | {
        "indication": "stroke",
        "species": "human",
        "arm": "control",
    }
    fields |= cells
    return dataclasses.replace(
        one,
        study=cells.get("study", "A 2030"),
        quantity=fields["scale"],
        unit=fields["scale_unit"],
        species=fields["species"],
        note=fields["note"],
        value=float(fields["value"]) if fields["value"] else None,
        fields=fields,
    )


def traits_of(**cells: str) -> dict:
    found = described(outcome(**cells))
    assert not isinstance(found, str)
    return dict(found.traits) | {"entry": found.entry}


@pytest.mark.parametrize("file", ["readings", "statistics", "findings", "sources", "cohorts"])
def test_every_line_can_be_read(file):
    for line in lines(file):
        assert line.pattern.pattern
        groups = dict.fromkeys(line.pattern.groupindex, 1.0)
        for cell in (line.cells.get(column, "") for column in ("low", "high", "center")):
            assert not cell or arithmetic(cell, groups) is not None


def test_arithmetic_knows_numbers_and_names_alone():
    assert arithmetic("(a+b)/48", {"a": 18, "b": 36}) == pytest.approx(1.125)
    for text in ("__import__('os')", "a.b", "a**b", "c", "a if b else a"):
        with pytest.raises(EvidenceError):
            arithmetic(text, {"a": 1.0, "b": 2.0})


def test_severity_as_printed():
    printed = traits_of(strain_or_population="Japan, NIHSS 8-20, 18-36 h")
    assert (printed["nihss"].low, printed["nihss"].high) == (8, 20)
    assert printed["entry"] == pytest.approx(27 / 24)
    assert traits_of(severity="NIHSS >=6")["nihss"].low == 6
    assert traits_of(severity="24 h NIHSS <=11")["nihss"].high == 11
    assert traits_of(strain_or_population="median NIHSS 17")["nihss"].center == 17


def test_what_is_said_of_the_group_comes_before_what_is_said_of_its_study():
    found = traits_of(study="Rangaraju 2016", severity="24 h NIHSS >=20")
    assert found["nihss"].low == 20 and found["nihss"].center == 18
    assert found["nihss"].spread == cohorts("stroke")["rangaraju"].nihss_sigma


def test_a_cohort_is_not_one_that_it_is_compared_with():
    assert (
        traits_of(study="Rangaraju 2016", strain_or_population="NINDS tPA trial + IMS3")["nihss"].center == 18
    )
    milder = traits_of(study="ECASS III placebo", strain_or_population="3-4.5 h, milder than NINDS")
    assert milder["nihss"].center == cohorts("stroke")["lees_late"].nihss_median


def test_what_is_not_said_is_in_doubt():
    assert traits_of()["nihss"].doubt > 0.1
    assert traits_of(severity="severe")["nihss"].doubt > 0.1
    assert traits_of(severity="median NIHSS 17")["nihss"].doubt == 0


def test_age_as_printed():
    assert (traits_of(age="70-79")["age"].low, traits_of(age="70-79")["age"].high) == (70, 79)
    assert traits_of(age="below 60")["age"].high == 60
    assert traits_of(age="mean 62 y")["age"].center == 62


@pytest.mark.parametrize(
    ("note", "finding"),
    [
        ("better than PBS in foot-fault", "better"),
        ("not raised", "same"),
        ("NO effect of normoxic vesicles", "same"),
        ("NOT altered by either: recovery without a smaller lesion", "same"),
        ("no difference from control: a null result", "same"),
        ("all lower; p-AMPK up", "less"),
        ("smaller than untreated, equal to 1.2e6 cells", "less"),
        ("both higher than PBS", "more"),
        ("more neurogenesis, less deficit", "more"),
        ("longer than vehicle on the rod", "more"),
        ("neuroinflammation was attenuated", "less"),
        ("read in the abstract", ""),
    ],
)
def test_findings_in_words(note, finding):
    assert finding_of(outcome(note=note, statistic="direction only")) == finding


@pytest.mark.parametrize(
    ("scale", "statistic", "reads", "kind", "low", "high"),
    [
        ("mRS 3", "count (percent 4)", "mRS", "share", 3, 3),
        ("mRS 0-2", "proportion", "mRS", "share", 0, 2),
        ("mRS <=1", "proportion", "mRS", "share", 0, 1),
        ("mRS > 2", "proportion", "mRS", "share", 3, 6),
        ("death within 14 days", "proportion", "mRS", "share", 6, 6),
        ("median mRS", "median", "mRS", "median", None, None),
        ("NIHSS improved by >=75% of baseline", "proportion", "NIHSS", "improved_percent", 75, None),
        ("NIHSS improved by >=4 points", "proportion", "NIHSS", "improved_points", 4, None),
    ],
)
def test_scales_in_words(scale, statistic, reads, kind, low, high):
    unit = "points" if kind in ("mean", "median") else "%"
    asked = asks(
        outcome(scale=scale, statistic=statistic, scale_unit=unit, value="10", time="90", time_unit="d")
    )
    assert isinstance(asked, Asked)
    reading = asked.reading
    assert (reading.reads, reading.statistic, reading.low, reading.high) == (reads, kind, low, high)


@pytest.mark.parametrize(
    ("unit", "statistic", "kind"),
    [
        ("odds ratio", "odds ratio treated against placebo", "share_odds_ratio"),
        ("OR", "proportion", "share_odds_ratio"),
        ("RR", "adjusted", "share_risk_ratio"),
        ("proportion", "proportion", "share"),
        ("patients of 210", "count", "share"),
        ("", "proportion", "share"),
    ],
)
def test_a_ratio_of_two_shares_is_no_share(unit, statistic, kind):
    asked = asks(outcome(scale="mRS 0-2", statistic=statistic, scale_unit=unit, value="1", time="90"))
    assert isinstance(asked, Asked)
    assert asked.reading.statistic == kind


@pytest.mark.parametrize(
    ("unit", "all_of_50"),
    [("%", 100), ("% of patients", 100), ("patients (%)", 100), ("percent", 100), ("fraction of animals", 1),
     ("proportion", 1), ("1", 1), ("patients of 50", 50), ("animals", 50), ("OR", None), ("points", None)],
)  # fmt: skip
def test_what_all_patients_are_in_a_unit(unit, all_of_50):
    assert whole_of(unit, 50) == all_of_50


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"indication": "ICH"}, "haemorrhage"),
        ({"species": "human cells"}, "cells in culture"),
        ({"species": "turtle"}, "no model"),
        ({"arm": "treated", "vesicle_source": "MSC cells, not vesicles"}, "cells instead of vesicles"),
        ({"arm": "treated", "vesicle_source": "MSC", "route": "oral"}, "route"),
        (
            {"arm": "treated", "vesicle_source": "MSC", "first_dose_time": "-3", "first_dose_unit": "d"},
            "before",
        ),
        ({"scale": "laughter"}, "no such scale"),
        ({"time": "3", "time_unit": "months of age"}, "another origin"),
        (
            {"scale": "mRS 0-2", "statistic": "proportion", "scale_unit": "hazard ratio"},
            "a share of patients",
        ),
    ],
)
def test_what_cannot_be_predicted_says_why(cells, reason):
    base = {"scale": "mRS 0-2", "statistic": "proportion", "scale_unit": "%", "value": "10"}
    one = outcome(**(base | cells))
    one = dataclasses.replace(one, time=3.0, time_unit=cells.get("time_unit", "d"))
    found = asks(one)
    assert isinstance(found, str) and reason in found


def test_times():
    assert in_days(2.0, "wk") == 14
    assert in_days(36.0, "h") == 1.5
    assert in_days(1.0, "furlong") is None
    for note, days in (
        ("x; time as stated: 3, 14 d", 14),
        ("time as stated: 42-70 days", 70),
        ("24 h", None),
    ):
        assert time_of(dataclasses.replace(record("NHS029"), time=None, note=note)) == days
    assert time_of(dataclasses.replace(record("NHS029"), time=4.0, time_unit="months of age")) is None
