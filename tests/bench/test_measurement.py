"""The document that `exodyn bench --json` prints, from few patients."""

from __future__ import annotations

import json
from typing import Any

import pytest

from exodyn.bench import measure, measurement, show
from exodyn.cli import main
from exodyn.engine import this_host

ASKED = (
    "libroadrunner_1e-3",
    "libroadrunner_1e-5",
    "libroadrunner_1e-3_single",
    "two_threads",
    "per_state_144_vs_36",
    "time_to_first_result_s",
)


@pytest.fixture(scope="module")
def result() -> dict[str, Any]:
    return measure(patients=4, repetitions=2)


@pytest.mark.peer
@pytest.mark.slow
def test_the_document_holds_what_is_asked_for(result: dict[str, Any]) -> None:
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert set(ASKED) <= set(result["ratios"])
    for name, value in result["ratios"].items():
        low, high = result["ranges"][name]
        assert 0 < low <= value <= high, name
    for row in result["rows"]:
        assert {"problem", "engine", "threads", "achieved_error", "us_per_patient", "range"} <= set(row)
        assert 0 < row["range"][0] <= row["us_per_patient"] <= row["range"][1]
    engines = {row["engine"] for row in result["rows"]}
    assert {
        "exodyn double",
        "exodyn single",
        "libroadrunner",
        "scikit-sundae CVODE",
        "SciPy LSODA",
    } <= engines
    assert result["missing"] == []
    assert result["host"]["vector_bits"] == this_host().vector_bits
    assert all(other["largest_error"] < 1e-7 for other in result["reference"]["others"])


@pytest.mark.peer
@pytest.mark.slow
def test_people_see_every_row(result: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    show(result)
    shown = capsys.readouterr().out
    assert all(row["engine"] in shown for row in result["rows"])
    assert all(name in shown for name in result["ratios"])


def test_a_peer_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = {"roadrunner", "numba"}
    monkeypatch.setattr(measurement, "find_spec", lambda name: None if name in gone else name)
    assert measurement.missing_peers() == ["libroadrunner", "scikit-sundae", "SciPy"]


@pytest.mark.slow
def test_what_is_left_out_is_said_first_and_the_rest_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(measurement, "find_spec", lambda name: None)
    result = measure(patients=2, repetitions=1, report=said.append)
    assert "libroadrunner, scikit-sundae, SciPy" in said[0]
    assert result["missing"] == ["libroadrunner", "scikit-sundae", "SciPy"]
    assert {row["engine"].partition(" ")[0] for row in result["rows"]} == {"exodyn"}
    assert "two_threads" in result["ratios"] and "libroadrunner_1e-3" not in result["ratios"]


def test_the_command_prints_one_document(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    document = {"rows": [], "ratios": {"two_threads": 1.9}}
    monkeypatch.setattr("exodyn.bench.measure", lambda report: document)
    assert main(["bench", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == document
