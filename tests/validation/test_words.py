"""The tables' words, and what they are taken for."""

from __future__ import annotations

import dataclasses

import pytest

from exodyn.evidence import EvidenceError, cohorts, record
from exodyn.evidence.schemas import OUTCOME
from exodyn.validation.asking import Asked, asks, finding_of
from exodyn.validation.describe import described
from exodyn.validation.quantity import whole_of
from exodyn.validation.times import in_days, time_in_words, time_of
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
            {"scale": "mRS 0-2", "statistic": "proportion", "scale_unit": "furlongs"},
            "a share of patients",
        ),
        ({"scale": "utility-weighted mRS"}, "no utilities"),
        ({"scale": "NIHSS item gaze: improved by >=1"}, "an item of a scale"),
        ({"scale": "odds ratio of mRS 0-2 per NIHSS point"}, "a relation between readings"),
        ({"scale": "recurrent stroke"}, "no such event"),
        ({"scale": "death or stroke"}, "another event"),
        ({"scale": "symptomatic intracranial haemorrhage"}, "no bleeding"),
        ({"scale": "NIHSS 0-1 or mRS 0-1"}, "one of several scales"),
        ({"species": "rat", "arm": "sham", "scale": "mNSS"}, "without the injury"),
        ({"arm": "treated", "vesicle_source": "MSC", "dose_unit": "cells/kg"}, "cells instead of vesicles"),
        ({"arm": "treated", "vesicle_source": "levetiracetam"}, "no product"),
        ({"arm": "treated", "strain_or_population": "alteplase within 3 h"}, "treated by thrombolysis"),
        ({"arm": "Treated", "strain_or_population": "arm training"}, "treated by training"),
    ],
)
def test_what_cannot_be_predicted_says_why(cells, reason):
    base = {"scale": "mRS 0-2", "statistic": "proportion", "scale_unit": "%", "value": "10"}
    one = outcome(**(base | cells))
    one = dataclasses.replace(one, time=3.0, time_unit=cells.get("time_unit", "d"))
    found = asks(one)
    assert isinstance(found, str) and reason in found


@pytest.mark.parametrize(
    ("scale", "statistic", "unit", "reads", "kind", "low", "high"),
    [
        ("mRS 0\u20132", "proportion", "%", "mRS", "share", 0, 2),
        ("mRS \u2264 2 at 90 days", "proportion", "%", "mRS", "share", 0, 2),
        ("mRS score 0 to 2", "proportion", "%", "mRS", "share", 0, 2),
        ("functional independence (mRS 0-2) at 90 days", "proportion", "%", "mRS", "share", 0, 2),
        ("mRS 0-1 (excellent outcome)", "proportion", "%", "mRS", "share", 0, 1),
        ("poor outcome (mRS 3-6)", "proportion", "%", "mRS", "share", 3, 6),
        ("mRS 6", "proportion", "%", "mRS", "share", 6, 6),
        ("modified Rankin Scale score 4", "count", "patients", "mRS", "share", 4, 4),
        ("mRS (0-6)", "median", "points", "mRS", "median", None, None),
        ("modified Rankin scale score at 3 months", "mean", "points", "mRS", "mean", None, None),
        ("good functional outcome", "proportion", "%", "mRS", "share", 0, 2),
        ("unfavourable outcome", "proportion", "%", "mRS", "share", 3, 6),
        ("death or dependency at 6 months", "proportion", "%", "mRS", "share", 3, 6),
        ("all-cause mortality at 90 d", "proportion", "%", "mRS", "share", 6, 6),
        ("survival", "proportion", "%", "mRS", "share", 0, 5),
        ("functional improvement (mRS shift)", "common odds ratio", "OR", "mRS", "odds_ratio", None, None),
        ("mRS 0-2", "risk difference", "percentage points", "mRS", "share_risk_difference", 0, 2),
        ("death", "hazard ratio", "HR", "mRS", "share_hazard_ratio", 6, 6),
        ("mRS, treated minus control", "mean difference", "points", "mRS", "mean_difference", None, None),
        ("NIHSS total score", "median", "points", "NIHSS", "median", None, None),
        ("NIHSS change from baseline", "mean change", "points", "NIHSS", "mean_change", None, None),
        ("change in NIHSS", "mean", "points", "NIHSS", "mean_change", None, None),
        ("NIHSS improvement from baseline", "mean", "points", "NIHSS", "mean_gain", None, None),
        ("NIHSS, relative improvement", "median", "%", "NIHSS", "median_fall_percent", None, None),
        ("NIHSS reduction of 4 or more, or 0-1", "proportion", "%", "NIHSS", "improved_points", 4, 1),
        ("deterioration (NIHSS rise >= 4)", "proportion", "%", "NIHSS", "worsened_points", 4, None),
        ("Barthel Index >= 95", "proportion", "%", "mRS", "share", 0, 2),
        ("Barthel index, change from baseline", "mean", "points", "Barthel", "mean_change", None, None),
        ("Fugl-Meyer Assessment of upper extremity", "mean", "points", "FMA-UE", "mean", None, None),
        ("FM-UE gain", "mean", "points", "FMA-UE", "mean_gain", None, None),
    ],
)  # fmt: skip
def test_readings_of_stroke_in_man(scale, statistic, unit, reads, kind, low, high):
    asked = asks(outcome(scale=scale, statistic=statistic, scale_unit=unit, value="1", time="90"))
    assert isinstance(asked, Asked), asked
    found = asked.reading
    assert (found.reads, found.statistic, found.low, found.high) == (reads, kind, low, high)


@pytest.mark.parametrize(
    ("scale", "kind", "low", "high", "start"),
    [
        ("AIS A to B or better", "share", 2, 5, (0.5, 1.5)),
        ("AIS grade conversion, A to C/D", "share", 3, 4, (0.5, 1.5)),
        ("AIS A converting to motor incomplete (C or D)", "share", 3, 5, (0.5, 1.5)),
        ("AIS B to D", "share", 4, 4, (1.5, 2.5)),
        ("AIS improvement of at least 2 grades", "improved_points", 2, None, None),
        ("at least one-grade improvement", "improved_points", 1, None, None),
    ],
)
def test_conversions_of_grades_say_who_is_asked(scale, kind, low, high, start):
    asked = asks(
        outcome(
            indication="spinal_cord_injury", scale=scale, statistic="proportion", scale_unit="%", value="1"
        )
    )
    assert isinstance(asked, Asked), asked
    assert (asked.reading.statistic, asked.reading.low, asked.reading.high) == (kind, low, high)
    grades = dict(asked.study.traits).get("ais")
    assert (start is None) == (grades is None)
    if grades is not None:
        assert (grades.low, grades.high) == start


def test_a_change_before_the_usual_baseline_is_one_from_an_earlier_rating():
    one = outcome(scale="NIHSS fall of 4 or more", statistic="proportion", scale_unit="%", value="1")
    asked = asks(dataclasses.replace(one, time=24.0, time_unit="h"))
    assert isinstance(asked, Asked)
    assert asked.study.entry == pytest.approx(3 / 24) and asked.time == 1.0
    assert any("first rated" in said for said in asked.assumed)


@pytest.mark.parametrize(
    ("unit", "days"),
    [("dpi", 1), ("Days", 1), ("hr", 1 / 24), ("y", 365.25), ("weeks post-injury", 7), ("d after stroke", 1),
     ("days post injury", 1), ("d after SCI", 1), ("days after last dose", None), ("months of age", None)],
)  # fmt: skip
def test_units_of_time_and_their_origin(unit, days):
    one = dataclasses.replace(outcome(scale="mRS 0-2"), time=1.0, time_unit=unit)
    assert time_of(one) == (None if days is None else pytest.approx(days))


def test_a_time_may_stand_in_the_words():
    assert time_in_words("mRS 0-2 at 90 days") == 90
    assert time_in_words("mNSS, day 7") == 7
    assert time_in_words("mRS 0-2") is None


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
