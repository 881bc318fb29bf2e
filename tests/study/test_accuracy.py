"""What is said of a run's accuracy: a leak is found, rounding is none."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exodyn.engine import Dose, Schedule
from exodyn.study import Study, accuracy_warnings, run, run_into
from exodyn.study.accuracy import BALANCE, balance_error, given

from . import toy


def study(text: str = toy.STUDY, **changes: Any) -> Study:
    return dataclasses.replace(Study.parse(text, find=toy.find), **{"patients": 30, **changes})


def leaking(one: Study) -> Study:
    """The same, but what left the body is not counted."""
    return dataclasses.replace(one, indication=dataclasses.replace(toy.TOY, balance="plasma"))


def test_what_was_given_by_a_time() -> None:
    times = np.array([0.5, 1.0, 2.0, 9.0])
    doses = [
        Dose("x", np.array([4.0, 8.0]), time=1.0, duration=4.0),
        Dose("x", 10.0, time=1.5, lag=0.5, bioavailability=0.5),
    ]
    expected = [[0.0, 0.0, 1.0 + 5.0, 4.0 + 5.0], [0.0, 0.0, 2.0 + 5.0, 8.0 + 5.0]]
    np.testing.assert_array_equal(given(Schedule(doses), 2, times), expected)


def test_errors_are_relative_to_what_was_given() -> None:
    schedule = Schedule([Dose("x", 10.0, time=1.0), Dose("x", 30.0, time=3.0)])
    times = np.array([0.0, 2.0, 4.0])
    right = np.array([[0.0, 10.0, 40.0]])
    assert balance_error(right, schedule, times) == 0.0
    assert balance_error(right - np.array([0, 1, 0]), schedule, times) == pytest.approx(0.1)
    assert balance_error(right + np.array([1, 0, 0]), schedule, times) == pytest.approx(1 / 40)
    assert balance_error(right + np.array([np.nan, 0, 1]), schedule, times) == pytest.approx(1 / 40)
    assert balance_error(right * np.nan, schedule, times) is None
    assert balance_error(right, Schedule(), times) is None


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("infusion", ['infusion = "20 h"', ""])
def test_a_run_keeps_its_balance(precision: str, infusion: str) -> None:
    """With visits at a dose, during an infusion and after all."""
    text = toy.STUDY.replace('infusion = "1 h"', infusion).replace('"7 d", "90 d"', '"1.3 d", "8 d", "90 d"')
    result = run(study(text, precision=precision), threads=1)
    assert 0 < result.manifest["balance_error"] < BALANCE[precision]
    assert accuracy_warnings(result.manifest) == []


def test_a_leak_is_found_and_survives_an_interruption(tmp_path: Path) -> None:
    """Untreated patients cannot tell; of those treated, everything has left the body on day 90."""
    one = leaking(study())

    def cut(done: int) -> None:
        if done >= 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_into(one, tmp_path / "run", 1, 10, cut)
    resumed = run_into(one, tmp_path / "run", 1, 10).manifest
    assert resumed["balance_error"] == run(one, threads=1).manifest["balance_error"]
    assert resumed["balance_error"] == pytest.approx(1.0, rel=1e-9)
    (warning,) = accuracy_warnings(resumed)
    assert "double precision should keep 1e-08" in warning


def test_nothing_given_is_no_balance() -> None:
    untreated = toy.STUDY[: toy.STUDY.index("[[arms]]", toy.STUDY.index('name = "none"'))]
    manifest = run(study(untreated), threads=1).manifest
    assert manifest["balance_error"] is None
    assert accuracy_warnings(manifest) == []


def test_single_precision_that_fails_alone_is_told(tmp_path: Path) -> None:
    """1e39 is a number of 64 bits, not one of 32; the manifest stays JSON, which has no infinity."""
    text = toy.STUDY.replace("1e10 particles/kg", "1e39 particles").replace('infusion = "1 h"', "")
    text += '[parameters.effect]\nvalue = 0\nunit = "1/particles"\nstatus = "assumed"\nreason = "x"\n'
    run_into(study(text, precision="single"), tmp_path / "run", 1, 7)

    def refuse(name: str) -> None:
        raise AssertionError(name)

    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text(), parse_constant=refuse)
    assert manifest["single_error"] == "infinity"
    assert any("a patient failed in one of them alone" in line for line in accuracy_warnings(manifest))


@pytest.mark.parametrize(("error", "warned"), [(None, False), (9e-4, False), (1.1e-3, True), (np.inf, True)])
def test_single_precision_is_warned_of_above_ten_times_the_tolerance(error: Any, warned: bool) -> None:
    manifest = {
        "identity": {"engine": {"precision": "single"}, "study": {"rtol": 1e-4}},
        "balance_error": None,
        "single_error": error,
    }
    assert bool(accuracy_warnings(manifest)) == warned
