"""The page of a mixed-effects fit: everything in one file, doubts before numbers."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from xml.etree import ElementTree

import pytest

from exodyn.cli import main
from exodyn.inference.mixed.fit import MixedFit
from exodyn.report.mixed import doubts

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example of the docs, fitted by the command."""
    target = tmp_path_factory.mktemp("mixed") / "out"
    arguments = ["fit", str(EXAMPLES / "theophylline.toml"), str(EXAMPLES / "theophylline.csv")]
    assert main([*arguments, "-o", str(target), "--threads", "1"]) == 0
    return target


def test_the_page_needs_nothing_else_and_holds_checks_and_estimates(fitted: Path) -> None:
    page = (fitted / "report.html").read_text()
    assert not re.search(r"(src|href)=\"(?!#)", page.replace("xlink:href", ""))
    assert "--ground" in page  # the shared style
    for words in ("sd(cl)", "0.0353 to 0.0446", "visual predictive check", "Prediction errors (NPDE)"):
        assert words in page
    assert page.count("<figure") == len(list((fitted / "figures").glob("*.svg")))
    assert "exodyn fit theophylline.toml theophylline.csv --seed 1" in page


def test_figures_take_the_colour_of_the_page(fitted: Path) -> None:
    for file in (fitted / "figures").glob("*.svg"):
        ElementTree.parse(file)
        assert "#000000" not in file.read_text(), file.name


def test_doubts_come_in_words() -> None:
    fit = SimpleNamespace(
        undetermined=(), converged=False, gain=0.3, shrinkage={"v": 70.0, "cl": 10.0},
        estimates=[SimpleNamespace(name="sd(v)", at_bound=True)],
    )  # fmt: skip
    first, second, third = doubts(cast("MixedFit", cast("Any", fit)))
    assert "0.3 of log likelihood" in first
    assert second == "At a bound: sd(v)."
    assert "single subjects say little of v (" in third
