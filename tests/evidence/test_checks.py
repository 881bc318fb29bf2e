"""Checks of published numbers: the worked examples of their inventors, and records known to be wrong."""

from __future__ import annotations

import csv
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exodyn.evidence import Judgement, all_records, judge, read_records, uses
from exodyn.evidence.checks import units
from exodyn.evidence.checks.finding import Printed
from exodyn.evidence.checks.means import sums
from exodyn.evidence.checks.spreads import possible
from exodyn.evidence.schemas import (
    BIODISTRIBUTION,
    CLAIMS,
    OUTCOME,
    PARAMETER,
    SAFETY,
    SCHEMAS,
    TRANSLATION,
    TRIALS,
    Schema,
)


def printed(text: str) -> Printed:
    found = Printed.of(text)
    assert found is not None
    return found


# --- GRIM: Brown and Heathers 2017; The Economist, 18 June 2016 (5.93); Allard 2018 (3.45);
# R package scrutiny, vignette grim (5.27)


@pytest.mark.parametrize(
    ("mean", "n", "consistent"),
    [
        ("5.19", 28, False),
        ("5.18", 28, True),
        ("5.21", 28, True),
        ("5.93", 49, False),
        ("3.45", 10, False),
        ("5.27", 43, False),
    ],
)
def test_grim_as_published(mean: str, n: int, consistent: bool) -> None:
    assert bool(sums(printed(mean), n, 1)) == consistent


# --- GRIMMER: R package scrutiny (the analytic form of Allard 2018), vignette grimmer (7.3) and its
# tests/testthat/test-grimmer-map.R, data set pigs5


@pytest.mark.parametrize(
    ("mean", "sd", "n", "consistent"),
    [
        ("7.3", "2.51", 12, False),
        ("7.22", "5.30", 38, False),
        ("4.74", "6.55", 31, True),
        ("5.23", "2.55", 35, False),
        ("2.57", "2.57", 30, True),
        ("6.77", "2.18", 33, False),
        ("2.68", "2.59", 34, True),
        ("7.01", "6.68", 35, False),
        ("7.38", "3.65", 32, True),
        ("3.14", "5.32", 33, False),
        ("6.89", "4.18", 37, True),
        ("5.00", "2.18", 31, True),
        ("0.24", "6.43", 34, True),
    ],
)
def test_grimmer_as_published(mean: str, sd: str, n: int, consistent: bool) -> None:
    assert possible(printed(mean), printed(sd), n) == consistent


@given(st.lists(st.integers(0, 21), min_size=2, max_size=30), st.integers(0, 2))
def test_numbers_of_a_real_sample_are_always_possible(sample: list[int], digits: int) -> None:
    n = len(sample)
    mean = sum(sample) / n
    sd = (sum((x - mean) ** 2 for x in sample) / (n - 1)) ** 0.5
    assert sums(printed(f"{mean:.{digits}f}"), n, 1)
    assert possible(printed(f"{mean:.{digits}f}"), printed(f"{sd:.{digits}f}"), n, low=0, high=21)


def test_what_the_bounds_leave_room_for() -> None:
    half = printed("1.03")  # two at 0, two at 2: sd 1.1547
    assert not possible(printed("1.00"), printed("1.20"), 4, low=0, high=2)
    assert possible(printed("1.00"), printed("1.15"), 4, low=0, high=2)
    assert not possible(printed("1.00"), half, 4, low=0, high=2)
    assert not possible(printed("1.00"), printed("1.20"), 4, step=None, low=0, high=2)


# --- a user's table


def table(folder: Path, schema: Schema, *lines: dict[str, Any]) -> dict[str, Judgement]:
    """Verdicts on lines of a table, each given by the cells that matter."""
    default = {
        "status": "measured",
        "study": "Me 2024",
        "status_of_fact": "measured",
        "side": "human",
        "found": "no",
    }
    file = folder / "mine.csv"
    rows = [{**default, **line} for line in lines]
    text = [",".join(f'"{row.get(column, "")}"' for column in schema.columns) for row in rows]
    file.write_text("\n".join([",".join(schema.columns), *text]) + "\n")
    return {one.id: one for one in judge(read_records(file))}


SCORE = {"species": "human", "scale": "mRS", "scale_unit": "points", "statistic": "mean"}
SHARE = {"species": "rat", "scale": "animals that walked", "scale_unit": "%", "statistic": "proportion"}


@pytest.mark.parametrize(
    ("cells", "verdict", "reason"),
    [
        ({**SCORE, "value": "2.35", "n": "20"}, "sound", "can come from 20 readings"),
        ({**SCORE, "value": "2.37", "n": "20"}, "impossible", "the nearest are 2.35 and 2.4"),
        ({**SCORE, "value": "6.4", "n": "5"}, "impossible", "outside mRS, 0 to 6"),
        (
            {**SCORE, "value": "1.00", "spread": "3.00", "spread_kind": "sd", "n": "6"},
            "impossible",
            "leave room",
        ),
        ({**SCORE, "value": "3.0", "spread": "-1", "spread_kind": "sd", "n": "6"}, "impossible", "negative"),
        (
            {**SCORE, "value": "3.0", "spread": "9", "spread_kind": "unknown", "n": "6"},
            "doubtful",
            "standard error",
        ),
        (
            {**SCORE, "value": "3", "spread": "4 to 5", "spread_kind": "ci95"},
            "impossible",
            "outside its ci95",
        ),
        ({**SHARE, "value": "33.3", "n": "12"}, "sound", "is 4 subjects"),
        ({**SHARE, "value": "35.0", "n": "12"}, "impossible", "4.20 subjects"),
        ({**SHARE, "value": "120", "n": "12"}, "impossible", "outside 0 to 100"),
        ({**SHARE, "value": "120", "statistic": "relative reduction"}, "impossible", "more than there is"),
        ({**SHARE, "value": "69", "statistic": "proportion (146/211)", "n": "211"}, "sound", "146 of 211"),
        (
            {**SHARE, "value": "75", "statistic": "proportion (146/211)", "n": "211"},
            "impossible",
            "printed 75",
        ),
        (
            {**SCORE, "species": "mouse", "scale": "BBB", "value": "8.5"},
            "doubtful",
            "a scale for rat, used in mouse",
        ),
        ({**SCORE, "species": "rat", "scale": "NIHSS", "value": "8.5"}, "impossible", "a scale for human"),
        ({**SCORE, "species": "rat", "scale": "BBB", "value": "8.5"}, "sound", "a scale for rat"),
        (
            {**SCORE, "species": "mouse", "scale": "lesion", "scale_unit": "cubits"},
            "doubtful",
            "'cubits' is no unit",
        ),
        (
            {**SCORE, "scale": "lesion", "statistic": "t(18) = 2.10, p = 0.05", "value": "1"},
            "sound",
            "P = 0.05",
        ),
        (
            {**SCORE, "scale": "lesion", "statistic": "t(18) = 2.10, p = 0.001", "value": "1"},
            "impossible",
            "P = 0.05",
        ),
        (
            {**SCORE, "scale": "lesion", "note": "F(2, 27) = 3.35, p < 0.01", "value": "1"},
            "impossible",
            "P = 0.05",
        ),
        ({**SCORE, "scale": "lesion", "note": "z = 1.96, p = 0.05", "value": "1"}, "sound", "P = 0.05"),
        ({"species": "rat", "scale": "lesion", "dose_particles": "5e4"}, "doubtful", "5e4 particles"),
        (
            {"species": "rat", "scale": "function", "statistic": "direction only"},
            "unchecked",
            "no plain number",
        ),
    ],
)
def test_one_outcome(tmp_path: Path, cells: dict[str, str], verdict: str, reason: str) -> None:
    one = table(tmp_path, OUTCOME, {"id": "A", "arm": "treated", **cells})["A"]
    assert (one.verdict, reason in "; ".join(one.reasons)) == (verdict, True), one


RATIO = {"scale": "mRS 0-2", "scale_unit": "OR", "statistic": "odds ratio", "species": "human", "n": "100"}
WITHIN = {**RATIO, "value": "1.5", "spread": "0.8 to 2.8", "spread_kind": "ci95"}
MEDIAN = {**SCORE, "scale": "NIHSS", "statistic": "median"}


@pytest.mark.parametrize(
    ("cells", "verdict"),
    [
        ({**MEDIAN, "value": "12.5", "n": "10"}, "sound"),
        ({**MEDIAN, "value": "12.5", "n": "11"}, "doubtful"),  # one may be missing
        ({**MEDIAN, "value": "12.3", "n": "10"}, "impossible"),
        ({**MEDIAN, "value": "12.3", "n": "10", "statistic": "median, interpolated"}, "sound"),
        ({**SCORE, "value": "3.14", "n": "5", "scale_unit": ""}, "impossible"),  # a scale without its unit
        ({**SCORE, "value": "2.35", "n": "7", "statistic": "LS mean"}, "sound"),
        ({**SCORE, "value": "2.50", "spread": "0.65", "spread_kind": "unknown", "n": "4"}, "sound"),
        (WITHIN, "sound"),
        ({**RATIO, "value": "1.5", "spread": "-0.6 to 2.8", "spread_kind": "ci95"}, "impossible"),
        ({**RATIO, "value": "-1.5"}, "impossible"),
        ({**RATIO, "value": "1.1", "spread": "1.05 to 9.9", "spread_kind": "ci95"}, "doubtful"),
        ({**WITHIN, "note": "p=0.001"}, "doubtful"),
        ({**WITHIN, "note": "p=0.19"}, "sound"),
        ({**WITHIN, "note": "deaths fewer, p=0.001"}, "sound"),  # of another contrast
        ({**SHARE, "value": "41.0", "n": "30", "statistic": "proportion, weighted"}, "unchecked"),
        ({**SHARE, "value": "41.0", "n": "30", "statistic": "percentage of animals"}, "impossible"),
        ({**SCORE, "scale": "lesion", "value": "-5", "scale_unit": "mm3"}, "impossible"),
        ({**SCORE, "scale": "lesion, minus control", "value": "-5", "scale_unit": "mm3"}, "unchecked"),
        ({**SCORE, "scale": "infarct volume", "value": "5", "scale_unit": "kg"}, "impossible"),
        ({**SCORE, "scale": "stay", "value": "25", "spread": "5 to 20", "spread_kind": "iqr"}, "sound"),
        ({**SCORE, "scale": "lesion", "note": "t(38)=2.10, p=0.021, one-sided", "value": "1"}, "sound"),
        ({**SCORE, "scale": "lesion", "note": "t(38)=2.10, p=0.021", "value": "1"}, "doubtful"),
        ({**SCORE, "scale": "cells", "value": "620", "scale_unit": "cells/mm2"}, "unchecked"),
    ],
)  # fmt: skip
def test_traps_of_rounding_and_wording(tmp_path: Path, cells: dict[str, str], verdict: str) -> None:
    found = table(tmp_path, OUTCOME, {"id": "A1", **cells})["A1"]
    assert found.verdict == verdict, found


def test_a_difference_against_its_two_arms(tmp_path: Path) -> None:
    arm = {**SCORE, "time": "90", "time_unit": "d", "n": "20"}
    contrast = {**arm, "scale": "mRS, treated minus control", "arm": "treated"}
    arms = (
        {**arm, "id": "T", "arm": "treated", "value": "2.00"},
        {**arm, "id": "C", "arm": "control", "value": "3.00"},
    )
    for value, statistic, verdict in (
        ("-1.00", "mean difference", "sound"),
        ("1.00", "mean difference", "sound"),  # the other way about
        ("-2.00", "mean difference", "impossible"),
        ("-1.20", "mean difference, adjusted", "doubtful"),
    ):
        found = table(
            tmp_path, OUTCOME, *arms, {**contrast, "id": "D", "value": value, "statistic": statistic}
        )
        assert found["D"].verdict == verdict, found["D"]


SCALES = {"mRS": ("human", 6, 1), "NIHSS": ("human", 42, 1), "mNSS": ("rat", 18, 1), "BBB": ("rat", 21, 2)}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(SCALES)), st.data(), st.integers(1, 3))
def test_what_a_real_sample_prints_is_never_flagged_and_a_moved_mean_is(
    tmp_path: Path, scale: str, data: st.DataObject, digits: int
) -> None:
    species, high, halves = SCALES[scale]
    readings = data.draw(st.lists(st.integers(0, high * halves), min_size=2, max_size=30))
    sample, n = np.array(readings) / halves, len(readings)
    cells = {**SCORE, "id": "A1", "scale": scale, "species": species, "n": str(n)}
    mean = f"{sample.mean():.{digits}f}"
    sd, sem = (f"{sample.std(ddof=1) / root:.{digits}f}" for root in (1, np.sqrt(n)))
    high_share = 100 * np.mean(sample > high / 2)
    for line in (
        {**cells, "value": mean, "spread": sd, "spread_kind": "sd"},
        {**cells, "value": mean, "spread": sem, "spread_kind": "sem"},
        {**cells, "value": mean, "spread": sem, "spread_kind": "unknown"},
        {**cells, "value": f"{np.median(sample):.{digits}f}", "statistic": "median"},
        {
            **cells,
            "value": f"{high_share:.{digits}f}",
            "statistic": "proportion",
            "scale": "x",
            "scale_unit": "%",
        },
    ):
        assert table(tmp_path, OUTCOME, line)["A1"].verdict in ("sound", "unchecked"), line
    beside = sample.mean() + 0.5 / (n * halves)  # half-way to the next mean that there is
    if 10.0**-digits < 0.4 / (n * halves) and beside < high:
        line = {**cells, "value": f"{beside:.{digits}f}"}
        assert table(tmp_path, OUTCOME, line)["A1"].verdict == "impossible", line


def test_a_change_against_its_two_ends(tmp_path: Path) -> None:
    arm = {"species": "rat", "scale": "BBB", "scale_unit": "points (0-21)", "arm": "treated", "n": "10"}
    lines = (
        {**arm, "id": "START", "time": "0", "time_unit": "d", "value": "2.0", "statistic": "mean"},
        {**arm, "id": "END", "time": "28", "time_unit": "d", "value": "9.5", "statistic": "mean"},
    )
    change = {**arm, "id": "CHANGE", "time": "28", "time_unit": "d", "statistic": "mean change"}
    assert table(tmp_path, OUTCOME, *lines, {**change, "value": "7.5"})["CHANGE"].verdict == "sound"
    assert table(tmp_path, OUTCOME, *lines, {**change, "value": "8.5"})["CHANGE"].verdict == "impossible"
    fewer = {**change, "value": "8.5", "n": "8"}
    assert table(tmp_path, OUTCOME, *lines, fewer)["CHANGE"].verdict == "doubtful"


def test_a_treated_arm_that_recovers_no_more_than_the_untreated(tmp_path: Path) -> None:
    arm = {
        "species": "human",
        "scale": "NIHSS",
        "scale_unit": "points",
        "arm": "treated",
        "statistic": "mean",
    }
    start = {**arm, "id": "START", "time": "0", "time_unit": "d", "value": "12.4"}
    end = {**arm, "id": "END", "time": "3", "time_unit": "months"}
    less = table(tmp_path, OUTCOME, start, {**end, "value": "6.8"})["END"]
    assert less.verdict == "doubtful"
    assert "gain of 45%; without an effective treatment it is 60%" in less.reasons[0]
    assert table(tmp_path, OUTCOME, start, {**end, "value": "3.0"})["END"].verdict == "sound"


def test_a_treated_arm_that_gains_no_more_than_its_controls(tmp_path: Path) -> None:
    arm = {
        "species": "rat",
        "scale": "BBB",
        "scale_unit": "points (0-21)",
        "time_unit": "d",
        "statistic": "mean",
    }
    lines = [
        {**arm, "id": "C0", "arm": "control", "time": "0", "value": "2"},
        {**arm, "id": "C28", "arm": "control", "time": "28", "value": "10"},
        {**arm, "id": "T0", "arm": "treated", "time": "0", "value": "2.5"},
    ]
    found = table(
        tmp_path, OUTCOME, *lines, {**arm, "id": "T28", "arm": "treated", "time": "28", "value": "11"}
    )
    assert found["T28"].verdict == "doubtful"
    assert "the controls of the same study gain 400%" in found["T28"].reasons[0]
    found = table(
        tmp_path, OUTCOME, *lines, {**arm, "id": "T28", "arm": "treated", "time": "28", "value": "14"}
    )
    assert found["T28"].verdict == "sound"


@pytest.mark.parametrize(("p", "verdict"), [("0.03", "sound"), ("0.0001", "doubtful")])
def test_p_of_two_groups(tmp_path: Path, p: str, verdict: str) -> None:
    """Means 10 and 14, sd 4, 12 a group: t = 2.449, P = 0.023."""
    arm = {
        "species": "rat",
        "scale": "lesion",
        "scale_unit": "%",
        "statistic": "mean",
        "n": "12",
        "spread": "4",
        "spread_kind": "sd",
    }
    found = table(
        tmp_path,
        OUTCOME,
        {**arm, "id": "C", "arm": "control", "value": "14"},
        {
            **arm,
            "id": "T",
            "arm": "treated",
            "value": "10",
            "spread_kind": "sd",
            "note": f"p={p} against control",
        },
    )
    assert (found["T"].verdict, "P = 0.023" in found["T"].reasons[0]) == (verdict, True)


def test_a_scale_that_only_its_unit_describes(tmp_path: Path) -> None:
    cells = {"species": "rat", "scale": "Garcia score", "scale_unit": "points (3-18)", "statistic": "mean"}
    assert table(tmp_path, OUTCOME, {"id": "A", **cells, "value": "19"})["A"].verdict == "impossible"
    assert table(tmp_path, OUTCOME, {"id": "A", **cells, "value": "12"})["A"].verdict != "impossible"


def test_classes_add_up(tmp_path: Path) -> None:
    def classes(counts: list[int]) -> set[str]:
        lines = [
            {
                "id": str(i),
                "scale": f"mRS {i}",
                "scale_unit": "patients",
                "value": c,
                "n": 100,
                "statistic": "count",
            }
            for i, c in enumerate(counts)
        ]
        return {one.verdict for one in table(tmp_path, OUTCOME, *lines).values()}

    assert classes([10, 10, 10, 10, 20, 20, 20]) == {"sound"}
    assert classes([10, 10, 10, 10, 20, 20, 30]) == {"impossible"}
    assert classes([10, 10, 10, 10, 20, 20, 10]) == {"doubtful"}


@pytest.mark.parametrize(
    ("schema", "cells", "verdict"),
    [
        (SAFETY, {"outcome": "fever", "events": "2", "n": "87", "rate_percent": "2.3"}, "sound"),
        (SAFETY, {"outcome": "fever", "events": "2", "n": "87", "rate_percent": "4.0"}, "impossible"),
        (SAFETY, {"outcome": "fever", "n": "87", "rate_percent": "2.0"}, "impossible"),
        (SAFETY, {"outcome": "fever", "events": "90", "n": "87"}, "impossible"),
        (
            SAFETY,
            {"outcome": "x", "events": "0", "n": "9", "rate_percent": "0.0", "ci95_percent": "0.0 to 33.6"},
            "sound",
        ),
        (
            SAFETY,
            {"outcome": "x", "events": "0", "n": "9", "rate_percent": "0.0", "ci95_percent": "0.0 to 9.0"},
            "doubtful",
        ),
        (PARAMETER, {"parameter": "half-life", "unit": "mL", "value": "3"}, "impossible"),
        (PARAMETER, {"parameter": "elimination half-life", "unit": "hours", "value": "3"}, "sound"),
        (PARAMETER, {"parameter": "clearance", "unit": "h", "value": "3"}, "impossible"),
        (PARAMETER, {"parameter": "clearance", "unit": "mL/h/kg", "value": "3"}, "sound"),
        (PARAMETER, {"parameter": "diameter", "unit": "ug/mL", "value": "100"}, "impossible"),
        (BIODISTRIBUTION, {"organ": "liver", "quantity": "percent_ID", "value": "130"}, "impossible"),
        (BIODISTRIBUTION, {"organ": "liver", "quantity": "percent_ID", "value": "30"}, "sound"),
        (TRANSLATION, {"outcome": "x", "effect": "1.2", "ci_low": "0.9", "ci_high": "1.6"}, "sound"),
        (TRANSLATION, {"outcome": "x", "effect": "1.2", "ci_low": "1.3", "ci_high": "1.6"}, "impossible"),
        (TRIALS, {"registry_id": "NCT04388982", "condition": "Alzheimer's disease"}, "sound"),
        (TRIALS, {"registry_id": "NCT04388982", "condition": "stroke"}, "impossible"),
        (TRIALS, {"registry_id": "NCT438898"}, "impossible"),
        (TRIALS, {"registry_id": "NCT04923760"}, "doubtful"),
        (TRIALS, {"registry_id": "ChiCTR2600119088", "condition": "stroke"}, "sound"),
        (TRIALS, {"registry_id": "NCT05152394", "n_planned": "200"}, "doubtful"),
        (
            CLAIMS,
            {"claim": "The BBB score of mice rose", "cited_as": "X", "value": "3 to 8", "unit": "points"},
            "doubtful",
        ),
    ],
)
def test_one_line_of_another_table(
    tmp_path: Path, schema: Schema, cells: dict[str, str], verdict: str
) -> None:
    one = table(tmp_path, schema, {"id": "A", **cells})["A"]
    assert one.verdict == verdict, one


NUMBERS = ["", "0", "-1", "12", "2.37", "1e13", "1e300", "33.333333333333"]
WORDS = [
    "",
    "mean at visit",
    "proportion",
    "mRS",
    "BBB",
    "mRS 1",
    "points",
    "%",
    "patients",
    "treated",
    "control",
]
WORDS += [
    "t(0) = 1, p = 0.5",
    "F(1, 0) = 3, p = 0.1",
    "r(3) = 1.0, p = 0.01",
    "p = 0.01",
    "NCT1",
    "NCT04388982",
]
WORDS += ["half-life", "percent_ID", "12.4+-3.1 to 6.8+-2.5", "human", "mouse", "33", "2.0"]


@given(st.data())
def test_odd_cells_get_a_verdict(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    schema = data.draw(st.sampled_from(SCHEMAS))
    kinds = dict(schema.words)

    def cell(column: str) -> st.SearchStrategy[str]:
        if column in kinds:
            return st.sampled_from(kinds[column])
        if column in ("spread", "ci95_percent"):
            return st.sampled_from(["", "0", "2.50", "3 to 5"])
        return st.sampled_from(NUMBERS if column in schema.numbers else WORDS)

    lines = [
        {column: data.draw(cell(column)) for column in schema.columns} | {"id": id, "study": "one"}
        for id in "AB"
    ]
    found = table(tmp_path_factory.mktemp("odd"), schema, *lines)
    assert all(one.reasons for one in found.values())


def test_large_groups_take_no_time(tmp_path: Path) -> None:
    share = {**SHARE, "id": "A", "value": "33.333333333333", "n": "999999937"}
    score = {**SCORE, "id": "B", "value": "3", "spread": "9", "spread_kind": "sd", "n": "1000000000"}
    found = table(tmp_path, OUTCOME, share, score)
    assert found["B"].verdict == "impossible"


# --- our own records


@pytest.fixture(scope="module")
def verdicts() -> dict[str, Judgement]:
    return {one.id: one for one in judge(all_records())}


def test_every_record_gets_a_verdict_with_a_reason(verdicts: dict[str, Judgement]) -> None:
    assert list(verdicts) == [one.id for one in all_records()]
    assert all(one.reasons and all(one.reasons) for one in verdicts.values())


IMPOSSIBLE = {
    "NAT038": "1.7% of 49: 1 of 59 would be 1.7%, as its neighbour's 8.5% is 5 of 59",
    "NAT041": "8.5% of 49, likewise",
    "NHS154": "the printed interval does not hold the estimate, as the note says",
    "SCI054": "1.6% of 102: the percentages must be of injections, not of patients",
    "SCI055": "1.3% of 102, likewise",
}


def test_what_is_flagged_as_impossible_is(verdicts: dict[str, Judgement]) -> None:
    found = {id for id, one in verdicts.items() if one.verdict == "impossible"}
    assert found == set(IMPOSSIBLE)


def test_records_known_to_be_in_doubt(verdicts: dict[str, Judgement]) -> None:
    known = {
        "STR012": "cut, or rounded twice",  # the note: mean of four, SD 0.957
        "STR042": "is the unit right",
        "STR063": "no benefit is shown",
        "NAT105": "used in mouse",
        "KIN2237": "printed L/h",
        "TRI061": "no entry with what is claimed was found",
        "CLM017": "used in mouse",
        "CLM018": "40% of the 21",
        "CLM021": "no benefit is shown",
    }
    for id, reason in known.items():
        assert verdicts[id].verdict == "doubtful", verdicts[id]
        assert reason in "; ".join(verdicts[id].reasons)


def test_the_articles_relative_change_holds_and_its_fever_is_saved_by_rounding(
    verdicts: dict[str, Judgement],
) -> None:
    assert "+38.5% as a relative change" in verdicts["CLM023"].reasons[0]
    assert verdicts["CLM006"].reasons == ("2% of 87 is 2 subjects (2.299)",)


def test_nothing_rests_on_what_is_impossible(verdicts: dict[str, Judgement]) -> None:
    assert [id for id, one in verdicts.items() if one.verdict == "impossible" and uses(id)] == []


SOUND = Path(__file__).parents[1] / "data" / "evidence" / "sound.csv"


def sound_records() -> list[dict[str, str]]:
    """Records known to be sound from their sources: where the source prints both sides of a sum, or where the
    number was computed from the patients' own data.
    """
    with SOUND.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_no_record_of_the_sound_ones_is_flagged():
    verdicts = {one.id: one for one in judge(all_records())}
    flagged = [verdicts[line["id"]] for line in sound_records() if verdicts[line["id"]].verdict != "sound"]
    assert not flagged
    assert len(sound_records()) > 200


def test_the_sums_of_the_sound_ones_come_out_as_printed():
    """A share of a count, or the middle of an interval (of a ratio, where it is logarithmic)."""
    forms = {
        r"100\*(\S+)/(\S+)": lambda a, b: 100 * a / b,
        r"sqrt\((\S+)\*(\S+)\)": lambda a, b: math.sqrt(a * b),
        r"\((\S+?)\+(\S+)\)/2": lambda a, b: (a + b) / 2,
    }
    for line in sound_records():
        if not line["arithmetic"]:
            assert "data" in line["where"]
            continue
        ((form, found),) = (
            (form, match) for form in forms if (match := re.fullmatch(form, line["arithmetic"]))
        )
        value = forms[form](float(found[1]), float(found[2]))
        digits = len(line["printed"].partition(".")[2])
        assert abs(value - float(line["printed"])) <= 0.5 * 10**-digits + 1e-9, line["id"]


@pytest.mark.parametrize(
    ("word", "known"),
    [
        ("points (0-18)", True),
        ("points (1 to 8)", True),
        ("patients of 210", True),
        ("% of patients", True),
        ("bananas (0-18)", False),
        ("bananas of 210", False),
        ("points (0-18) or so", True),
        ("cells/mm2", True),
        ("m/s", True),
        ("% of DAPI+", True),
        ("days post injury", True),
        ("percentage points", True),
        ("of 210", False),
    ],
)
def test_a_unit_is_known_also_with_what_it_is_of(word, known):
    assert units._is_known(word) == known
