"""What is written reads back as the same model, is valid, and other programs load it."""

# ruff: noqa: E501 (a model reads best with a line a term)
from __future__ import annotations

from pathlib import Path

import libsbml
import numpy as np
import pytest

from exodyn.engine import time_course
from exodyn.errors import MachineError
from exodyn.symbolic import (
    TIME,
    Model,
    ModelEvent,
    ParameterValue,
    Readout,
    StateVariable,
    Symbol,
    const,
    exp,
    hill,
    log,
    maximum,
    minimum,
    node,
    sqrt,
    where,
)
from exodyn.symbolic.sbml import read_sbml, sbml_text, write_sbml

EVERYTHING = Path(__file__).with_name("everything.xml")


def small() -> Model:
    x, y, z = Symbol("x"), Symbol("tissue.y"), Symbol("true")
    k, n = Symbol("k"), Symbol("2n")
    saturated = hill(x, 0.5, n)
    return Model(
        "small model",
        states=(
            StateVariable(x, 1.0 - k * x * saturated, const(1 / 3), "ng/mL", "level"),
            StateVariable(y, where((TIME > 0.7) & (x < 5.0), k, -y) + node("rem", TIME, 0.3), k * 2.0, "particles"),
            StateVariable(z, const(0.0), const(1e-30)),
        ),
        parameters=(
            ParameterValue(k, 0.1 + 0.2, "1/d", "speed", "rec-1", "assumed", "A <quoted> & 'odd' \"source\""),
            ParameterValue(n, 2.5),
        ),
        readouts=(
            Readout("effect", saturated),
            Readout("sum", minimum(x, y) + maximum(x, 0.0) + node("log1p", x) + node("expm1", y) + exp(-x) + sqrt(x)),
            Readout("big", 6.02214076e23 * x + 1e-300 + log(x)),
        ),
        events=(
            ModelEvent("dose", TIME >= 0.5, ((z, z + x), (x, x + 1.0)), delay=const(0.25), priority=k),
            ModelEvent("late", x > 1.9, ((z, const(7.0)),), initial=False, persistent=False, values_at_trigger=False),
        ),
        time_unit="d",
    )  # fmt: skip


def outputs(model: Model) -> np.ndarray:
    chosen = [*(s.symbol for s in model.states), *(r.expression for r in model.readouts)]
    return time_course(model, chosen, np.linspace(0, 2, 9))


def test_a_model_reads_back_as_the_same(tmp_path):
    model = small()
    write_sbml(model, tmp_path / "m.xml")
    again = read_sbml(tmp_path / "m.xml").model
    assert [s.name for s in again.states] == ["x", "tissue_y", "true"]
    assert {p.name: p.value for p in again.parameters} == {"k": 0.1 + 0.2, "_2n": 2.5}
    assert again.time_unit == "day"
    written, read = outputs(model), outputs(again)
    np.testing.assert_allclose(read, written, rtol=1e-13)


def test_a_model_that_was_read_is_written_and_read_again_unchanged(tmp_path):
    first = read_sbml(EVERYTHING).model
    write_sbml(first, tmp_path / "m.xml")
    second = read_sbml(tmp_path / "m.xml").model
    chosen = [[m.state(s.name).symbol for s in first.states] for m in (first, second)]
    at = np.linspace(0, 2, 9)
    np.testing.assert_array_equal(time_course(first, chosen[0], at), time_course(second, chosen[1], at))


def test_the_document_is_valid_with_units():
    document = libsbml.readSBMLFromString(sbml_text(small()))
    document.setConsistencyChecks(libsbml.LIBSBML_CAT_MODELING_PRACTICE, False)
    document.setConsistencyChecks(libsbml.LIBSBML_CAT_UNITS_CONSISTENCY, False)
    assert document.checkConsistency() == 0, document.getErrorLog().toString()
    model = document.getModel()
    assert model.getTimeUnits()
    level = model.getParameter("x").getDerivedUnitDefinition()
    # 1 ng/mL is 1e-6 kg per cubic metre.
    assert libsbml.UnitDefinition.printUnits(level) == (
        "kilogram (exponent = 1, multiplier = 1e-06, scale = 0), metre (exponent = -3, multiplier = 1, scale = 0)"
    )
    assert "record: rec-1; status: assumed" in model.getParameter("k").getNotesString()


def test_large_shared_terms_are_written_once():
    """Squared thirty times over, a sum would fill the disk if it were written out."""
    x = Symbol("x")
    term = x
    for _ in range(30):
        term = (term * 0.5 + 1.0) / (term + 2.0)
    text = sbml_text(Model("m", (StateVariable(x, term, const(1.0)),)))
    assert len(text) < 100_000


def test_numbers_that_only_a_few_digits_tell_apart(tmp_path):
    values = [1 / 3, 1e-300, 1.7976931348623157e308, 6.02214076e23, 1e-7, 123456789.123456789, -2.5e-10]
    x = [Symbol(f"x{i}") for i in range(len(values))]
    states = tuple(StateVariable(s, const(v), const(v)) for s, v in zip(x, values, strict=True))
    write_sbml(Model("m", states), tmp_path / "m.xml")
    again = read_sbml(tmp_path / "m.xml").model
    assert [s.initial.value for s in again.states] == values
    assert [s.rate.value for s in again.states] == values


def test_a_place_that_cannot_be_written(tmp_path):
    with pytest.raises(MachineError, match="cannot be written"):
        write_sbml(small(), tmp_path / "nowhere" / "m.xml")


@pytest.mark.peer
def test_roadrunner_loads_it_and_agrees(tmp_path):
    roadrunner = pytest.importorskip("roadrunner")
    model = small()
    write_sbml(model, tmp_path / "m.xml")
    peer = roadrunner.RoadRunner(str(tmp_path / "m.xml"))
    peer.integrator.relative_tolerance, peer.integrator.absolute_tolerance = 1e-10, 1e-13
    peer.timeCourseSelections = ["x", "tissue_y", "effect"]
    theirs = np.asarray(peer.simulate(0, 2, 9))
    ours = outputs(model)[:, [0, 1, 3]]
    np.testing.assert_allclose(theirs, ours, rtol=1e-6)
