"""`exodyn simulate` as it is typed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from exodyn.cli import main

MODEL = """<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2"><model id="m">
  <listOfCompartments><compartment id="V" size="2" constant="true"/></listOfCompartments>
  <listOfSpecies>
    <species id="A" compartment="V" initialAmount="4" hasOnlySubstanceUnits="false" boundaryCondition="false"
      constant="false"/>
    <species id="B" compartment="V" initialAmount="0" hasOnlySubstanceUnits="true" boundaryCondition="false"
      constant="false"/>
  </listOfSpecies>
  <listOfParameters><parameter id="far" value="INF" constant="true"/><parameter id="unset" constant="true"/>
    <parameter id="low" value="-INF" constant="true"/></listOfParameters>
  <listOfReactions><reaction id="J" reversible="false">
    <listOfReactants><speciesReference species="A" stoichiometry="1" constant="true"/></listOfReactants>
    <listOfProducts><speciesReference species="B" stoichiometry="1" constant="true"/></listOfProducts>
    <kineticLaw><math xmlns="http://www.w3.org/1998/Math/MathML"><ci>A</ci></math></kineticLaw>
  </reaction></listOfReactions>
</model></sbml>"""


@pytest.fixture
def model(tmp_path: Path) -> str:
    path = tmp_path / "model.xml"
    path.write_text(MODEL)
    return str(path)


def asked(capsys, *arguments: str) -> dict:
    assert main(["simulate", *arguments, "--json"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    return json.loads(printed.out, parse_constant=pytest.fail)


def test_every_variable_is_reported_in_the_quantity_asked_for(capsys, model):
    found = asked(capsys, model, "--times", "0:2:3", "--amount", "A", "--concentration", "B")
    assert found["time"] == [0, 1, 2]
    decay = 4 * np.exp(-0.5 * np.arange(3))
    np.testing.assert_allclose(found["values"]["A"], decay, rtol=1e-8)
    np.testing.assert_allclose(found["values"]["B"], (4 - decay) / 2, rtol=1e-8)
    assert found["values"]["far"] == ["INF"] * 3
    assert found["values"]["low"] == ["-INF"] * 3
    assert found["values"]["unset"] == ["NaN"] * 3
    assert found["quantity"] == {
        "V": "value", "A": "amount", "B": "concentration", "far": "value", "unset": "value", "low": "value",
        "J": "value",
    }  # fmt: skip


def test_without_a_wish_a_species_is_what_its_id_means(capsys, model):
    quantity = asked(capsys, model, "--times", "0:2:3", "--amount=", "--concentration=")["quantity"]
    assert (quantity["A"], quantity["B"]) == ("concentration", "amount")


def test_the_model_starts_at_0_whenever_the_report_does(capsys, model):
    late = asked(capsys, model, "--times", "1:2:2", "--amount", "A,B")
    np.testing.assert_allclose(late["values"]["A"], 4 * np.exp([-0.5, -1.0]), rtol=1e-8)
    once = asked(capsys, model, "--times", "1:1:1", "--amount", "A,B")
    np.testing.assert_allclose(once["values"]["A"], [4 * np.exp(-0.5)], rtol=1e-8)


@pytest.mark.parametrize("points", [1, 3])
def test_the_start_alone(capsys, model, points):
    assert asked(capsys, model, "--times", f"0:0:{points}")["values"]["A"] == [2.0] * points


def test_the_table(capsys, model):
    assert main(["simulate", model, "--times", "0:1:2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "time,V,A,B,far,unset,low,J"
    assert lines[1] == "0.0,2.0,2.0,0.0,INF,NaN,-INF,2.0"
    assert len(lines) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--times", "0:2"], "expected T0:T1:POINTS"),
        (["--times", "0:2:x"], "expected T0:T1:POINTS"),
        (["--times", "2:1:3"], "0 <= T0 <= T1"),
        (["--times=-1:1:3"], "0 <= T0 <= T1"),
        (["--times", "0:inf:3"], "0 <= T0 <= T1"),
        (["--times", "0:2:1"], "POINTS from 2"),
        (["--times", "0:2:0"], "POINTS from 2"),
        (["--times", "0:2:99999999999"], "POINTS from 2"),
        (["--times", "0:2:3", "--amount", "fer"], "no variable 'fer'; did you mean 'far'?"),
        (["--times", "0:2:3", "--amount", "A", "--concentration", "A"], "give it once"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(capsys, model, arguments, message):
    assert main(["simulate", model, *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and message in printed.err and printed.err.count("\n") == 1


def test_a_refused_model_exits_with_2(tmp_path):
    path = tmp_path / "delay.xml"
    delayed = (
        "<apply><csymbol encoding='text' definitionURL='http://www.sbml.org/sbml/symbols/delay'>d</csymbol>"
        "<ci>A</ci><cn>1</cn></apply>"
    )
    path.write_text(MODEL.replace("<ci>A</ci>", delayed))
    done = subprocess.run(
        [sys.executable, "-m", "exodyn", "simulate", str(path), "--times", "0:1:2", "--json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2 and done.stdout == ""
    assert "kineticLaw of reaction 'J': the csymbol 'delay'" in done.stderr and "Traceback" not in done.stderr


def test_what_it_needs_is_little(model):
    """Start-up is most of a small model's time: the large libraries stay out of it."""
    code = (
        "import sys; from exodyn.cli import main; "
        f"main(['simulate', {model!r}, '--times', '0:1:2']); "
        "large = ('pint', 'scipy', 'pandas', 'xarray', 'matplotlib', 'pyarrow'); "
        "print([m for m in large if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
