"""What a process body refuses, and what its symbols know."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import exodyn
from exodyn.symbolic import Adds, Event, ModelError, Parameter, Process, Quantity, State, text


def test_symbols_know_their_names_within_the_body():
    class Body(Process):
        k = Parameter("1/d", "loss")
        x = State("1", "", start=1)
        said = repr(-k * x)
        x.rate = -k * x

    assert Body.said == "-k * x"
    assert text(Body.x.rate) == "-k * x"
    assert Body.x.unit == "1"


def test_a_state_needs_a_rate_and_a_quantity_a_value():
    with pytest.raises(ModelError, match=r"'Body.x' has no rate"):

        class Body(Process):
            x = State("1", "", start=1)

    with pytest.raises(ModelError, match=r"'Other.q' has no value"):

        class Other(Process):
            q = Quantity("1", "")


def test_a_second_equation_is_refused_but_a_further_term_is_not():
    class Terms(Process):
        k = Parameter("1/d", "")
        x = State("1", "", start=1)
        y = Adds("1", "")
        x.rate = k * x
        x.rate -= k
        y.rate += k * y
        y.rate -= k
        z = State("1", "", start=1)
        z.rate = -k * z
        z.rate += y
        z.rate += -x
        z.rate -= 0

    assert text(Terms.z.rate) == "y - k * z - x"
    assert text(Terms.x.rate) == "k * x - k"
    assert text(Terms.y.rate) == "k * y - k"
    with pytest.raises(ModelError, match="'x' has a rate already"):

        class Twice(Process):
            k = Parameter("1/d", "")
            x = State("1", "", start=1)
            x.rate = k * x
            x.rate = -k * x


def test_misspellings_fail_at_their_line():
    with pytest.raises(AttributeError, match="rat"):

        class Attribute(Process):
            x = State("1", "", start=1)
            x.rat = 0

    with pytest.raises(NameError, match="xx"):

        class Name(Process):
            x = State("1", "", start=1)
            x.rate = -xx  # noqa: F821


def test_a_name_given_twice_is_refused():
    with pytest.raises(ModelError, match="'k' is given twice"):

        class Twice(Process):
            k = Parameter("1/d", "")
            k = Parameter("1", "")


def test_conditions_and_numbers_are_not_mixed_up():
    with pytest.raises(ModelError, match="true or false"):

        class Condition(Process):
            x = State("1", "", start=1)
            x.rate = x > 1

    with pytest.raises(ModelError, match="needs a condition"):

        class Trigger(Process):
            x = State("1", "", start=1)
            x.rate = 0
            e = Event(when=x + 1, then={x: 0})

    with pytest.raises(TypeError, match="where"):

        class Truth(Process):
            x = State("1", "", start=1)
            x.rate = 1 if x > 0 else 0


def test_processes_are_composed_not_inherited_nor_called():
    class Base(Process):
        x = State("1", "", start=1)
        x.rate = 0

    with pytest.raises(ModelError, match="compose the two"):

        class Heir(Base):
            pass

    with pytest.raises(ModelError, match="is not called"):
        Base()


MISSPELLED = """
from exodyn.symbolic import Parameter, Process, Quantity, State

class Body(Process):
    k_loss = Parameter("1/d", "loss")
    x = State("1", "", start=1)
    q = Quantity("1", "")
    x.rate = -k_los * x
    x.rat = -k_loss * x
    q.value = "x"
    q.value = 2 * x + x.rate
"""


@pytest.mark.slow
def test_the_type_checker_sees_misspellings(tmp_path):
    page = tmp_path / "page.py"
    page.write_text(MISSPELLED)
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(page)]
    environment = {**os.environ, "MYPYPATH": str(Path(exodyn.__file__).parents[1])}
    found = subprocess.run(command, capture_output=True, text=True, check=False, env=environment).stdout
    said = [
        line.partition("error: ")[2] for line in found.splitlines() if "page.py" in line and "error" in line
    ]
    assert len(said) == 3, found
    assert said[0].startswith('Name "k_los" is not defined')
    assert said[1].startswith('"State" has no attribute "rat"')
    assert "str" in said[2]
