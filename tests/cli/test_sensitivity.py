"""``exodyn sensitivity`` prints one JSON document, draws, and refuses what it cannot do."""

import json
from pathlib import Path

import pytest

from exodyn.cli import main

STUDY = """
indication = "stroke"
species = "mouse"
patients = 1
visits = ["1 d", "7 d"]
[model]
size = "full"
[[arms]]
name = "none"
"""


@pytest.fixture
def study(tmp_path: Path) -> str:
    file = tmp_path / "study.toml"
    file.write_text(STUDY)
    return str(file)


def test_json_and_figure(study: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figure = tmp_path / "out.svg"
    assert main(["sensitivity", study, "--samples", "4", "--json", "-o", str(figure)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["model"] == "full"
    (answer,) = found["answers"]
    assert {"parameter", "first", "total"} <= set(answer["indices"][0])
    assert "<svg" in figure.read_text()


@pytest.mark.parametrize("wrong", [["--samples", "100"], ["--samples", "0"], ["--threads", "0"]])
def test_wrong_numbers_are_refused(study: str, wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sensitivity", study, *wrong]) == 2
    assert wrong[0].removeprefix("--") in capsys.readouterr().err


def test_a_figure_that_exists_is_kept(study: str, tmp_path: Path) -> None:
    kept = tmp_path / "kept.svg"
    kept.write_text("mine")
    assert main(["sensitivity", study, "--samples", "4", "-o", str(kept)]) == 2
    assert kept.read_text() == "mine"
