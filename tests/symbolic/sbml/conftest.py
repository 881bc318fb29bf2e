"""Small SBML models written from formulas as text, and what they compute."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import libsbml
import numpy as np
import pytest

from exodyn.cli.simulate import simulate

NAMESPACES = {
    (1, 2): "http://www.sbml.org/sbml/level1",
    (2, 4): "http://www.sbml.org/sbml/level2/version4",
    (3, 1): "http://www.sbml.org/sbml/level3/version1/core",
    (3, 2): "http://www.sbml.org/sbml/level3/version2/core",
}


def mathml(formula: str) -> str:
    """The element ``math`` of an infix formula."""
    settings = libsbml.L3ParserSettings()
    settings.setParseAvogadroCsymbol(libsbml.L3P_AVOGADRO_IS_CSYMBOL)
    tree = libsbml.parseL3FormulaWithSettings(formula, settings)
    assert tree is not None, libsbml.getLastParseL3Error()
    return libsbml.writeMathMLToString(tree).removeprefix('<?xml version="1.0" encoding="UTF-8"?>\n')


def document(body: str, level: tuple[int, int] = (3, 2), attributes: str = "") -> str:
    """A document around the lists of a model; ``{{formula}}`` becomes MathML."""
    inner = re.sub(r"\{\{(.*?)\}\}", lambda m: mathml(m[1]), body)
    head = f'<sbml xmlns="{NAMESPACES[level]}" level="{level[0]}" version="{level[1]}">'
    name = 'name="m"' if level[0] == 1 else 'id="m"'
    return f'<?xml version="1.0" encoding="UTF-8"?>{head}<model {name} {attributes}>{inner}</model></sbml>'


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a document and gives its path."""

    def write_document(body: str, level: tuple[int, int] = (3, 2), attributes: str = "") -> Path:
        path = tmp_path / "model.xml"
        path.write_text(document(body, level, attributes))
        return path

    return write_document


@pytest.fixture
def course(write: Callable[..., Path]) -> Callable[..., dict[str, np.ndarray]]:
    """Simulates a document: the values of each variable at the times."""

    def run(
        body: str,
        times: str = "0:2:3",
        level: tuple[int, int] = (3, 2),
        attributes: str = "",
        amount: str = "",
        concentration: str = "",
    ) -> dict[str, np.ndarray]:
        result = simulate(str(write(body, level, attributes)), times, amount.split(), concentration.split())
        values: dict[str, np.ndarray] = result["values"]
        return values

    return run
