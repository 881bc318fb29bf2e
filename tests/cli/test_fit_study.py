"""``exodyn fit STUDY.toml DATA.csv``: wrong input ends with 2 and one line, a fit with one JSON document."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from exodyn.cli import main

STUDY = """
title = "TNF in mice"
indication = "stroke"
species = "mouse"
patients = 10
visits = ["1 d", "7 d"]
[[arms]]
name = "vehicle"
[fit]
estimate = ["k_tnf"]
patients = 8
starts = 1
draws = 600
warmup = 200
chains = 2
"""
DATA = "arm,time,readout,value,n,sd\nvehicle,1 d,tnf,0.6,8,0.2\nvehicle,3 d,tnf,0.9,8,0.25\n"


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    study, data = tmp_path / "study.toml", tmp_path / "data.csv"
    study.write_text(STUDY)
    data.write_text(DATA)
    return study, data


@pytest.mark.parametrize(
    ("study", "data", "says"),
    [
        (STUDY, None, "a study needs measurements"),
        (STUDY, DATA.replace("tnf", "tnfa"), "data.csv:2: readout: 'tnfa' is neither a scale nor a readout"),
        (STUDY.replace("k_tnf", "k_tnv"), DATA, "fit.estimate: no such parameter; did you mean 'k_tnf'?"),
        (STUDY.replace("starts = 1", "starts = 0"), DATA, "fit.starts"),
        (STUDY.split("[fit]")[0], DATA, "has no [fit] table"),
        (STUDY, "arm,time\n", "column 'readout' is missing"),
    ],
)
def test_wrong_input_is_one_line_and_status_2(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str], study: str, data: str | None, says: str
) -> None:
    files[0].write_text(study)
    files[1].write_text(data or "")
    target = files[0].parent / "out"
    given = ["fit", str(files[0]), *([str(files[1])] if data is not None else []), "-o", str(target)]
    assert main(given) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert says in err
    assert not target.exists()
    assert not target.with_name("out.partial").exists()


@pytest.mark.slow
def test_a_fit_prints_one_document(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    target = files[0].parent / "out"
    assert main(["fit", str(files[0]), str(files[1]), "-o", str(target), "--seed", "3", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["directory"] == str(target)
    assert printed["parameters"]["k_tnf"]["lo90"] < printed["parameters"]["k_tnf"]["hi90"]
    assert printed["identifiability"]
    assert (target / "report.html").is_file()
