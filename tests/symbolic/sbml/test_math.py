"""Every function of SBML's mathematics, against values worked out by hand or by the standard library."""

# ruff: noqa: E501 (XML reads best in one piece)
from __future__ import annotations

import math

import numpy as np
import pytest

VALUES = {
    "1 + 2 * 3 - 4 / 8": 6.5,
    "plus()": 0.0,
    "plus(7)": 7.0,
    "times()": 1.0,
    "times(2, 3, 4)": 24.0,
    "-(3)": -3.0,
    "2^10": 1024.0,
    "0^0": 1.0,
    "1 / 0": math.inf,
    "-1 / 0": -math.inf,
    "0 / 0": math.nan,
    "INF": math.inf,
    "NaN": math.nan,
    "abs(-2)": 2.0,
    "exp(1)": math.e,
    "ln(exponentiale)": 1.0,
    "log10(1000)": 3.0,
    "log(2, 8)": 3.0,
    "sqrt(9)": 3.0,
    "root(3, 27)": 3.0,
    "floor(-1.5)": -2.0,
    "ceil(-1.5)": -1.0,
    "factorial(5)": 120.0,
    "quotient(7, 2)": 3.0,
    "quotient(-7, 2)": -3.0,
    "rem(-7, 2)": -1.0,
    "rem(7, -2)": 1.0,
    "min(3, 1, 2)": 1.0,
    "max(3, 1, 5, 2)": 5.0,
    "min(4)": 4.0,
    "sin(1)": math.sin(1),
    "cos(1)": math.cos(1),
    "tan(1)": math.tan(1),
    "sec(1)": 1 / math.cos(1),
    "csc(1)": 1 / math.sin(1),
    "cot(1)": 1 / math.tan(1),
    "sinh(1)": math.sinh(1),
    "cosh(1)": math.cosh(1),
    "tanh(1)": math.tanh(1),
    "sech(1)": 1 / math.cosh(1),
    "csch(1)": 1 / math.sinh(1),
    "coth(1)": 1 / math.tanh(1),
    "arcsin(0.5)": math.asin(0.5),
    "arccos(0.5)": math.acos(0.5),
    "arctan(0.5)": math.atan(0.5),
    "arcsec(2)": math.acos(0.5),
    "arccsc(2)": math.asin(0.5),
    "arccot(2)": math.atan(0.5),
    "arccot(0)": math.pi / 2,
    "arcsinh(0.5)": math.asinh(0.5),
    "arccosh(2)": math.acosh(2),
    "arctanh(0.5)": math.atanh(0.5),
    "arcsech(0.5)": math.acosh(2),
    "arccsch(0.5)": math.asinh(2),
    "arccoth(2)": math.atanh(0.5),
    "pi": math.pi,
    "avogadro": 6.02214179e23,
    "6.02e23": 6.02e23,
    "(2/3)": 2 / 3,
    "piecewise(1, 2 > 1, 5)": 1.0,
    "piecewise(1, 2 < 1, 2, 3 < 1, 5)": 5.0,
    "piecewise(1, 2 < 1)": math.nan,
    "piecewise(9)": 9.0,
    "piecewise(1, and(1 < 2, or(false, true)), 0)": 1.0,
    "piecewise(1, 3, 0)": 1.0,
    "true + 1": 2.0,
    "(1 < 2) * 3": 3.0,
    "piecewise(1, and(), 0)": 1.0,
    "piecewise(1, or(), 0)": 0.0,
    "piecewise(1, xor(true, true, true), 0)": 1.0,
    "piecewise(1, xor(true, true), 0)": 0.0,
    "piecewise(1, not(true), 0)": 0.0,
    "piecewise(1, implies(true, false), 0)": 0.0,
    "piecewise(1, implies(false, false), 0)": 1.0,
    "piecewise(1, lt(1, 2, 3), 0)": 1.0,
    "piecewise(1, lt(1, 3, 2), 0)": 0.0,
    "piecewise(1, geq(3, 3, 2), 0)": 1.0,
    "piecewise(1, eq(2, 2, 2), 0)": 1.0,
    "piecewise(1, neq(2, 3), 0)": 1.0,
}


@pytest.mark.parametrize("formula", VALUES)
def test_a_formula_has_its_value(course, formula):
    body = (
        '<listOfParameters><parameter id="p" constant="true"/></listOfParameters><listOfInitialAssignments>'
        f'<initialAssignment symbol="p">{{{{{formula}}}}}</initialAssignment></listOfInitialAssignments>'
    )
    assert course(body)["p"][0] == pytest.approx(VALUES[formula], rel=1e-14, abs=0, nan_ok=True)


def test_formulas_are_compiled_as_they_are_folded(course):
    """The same functions of a varying argument, by compiled code, against their values at a constant."""
    unary = [
        "abs",
        "exp",
        "ln",
        "sqrt",
        "floor",
        "ceil",
        "sin",
        "cos",
        "tan",
        "sec",
        "csc",
        "cot",
        "sinh",
        "cosh",
        "tanh",
        "sech",
        "csch",
        "coth",
        "arcsin",
        "arccos",
        "arctan",
        "arcsinh",
        "arctanh",
        "arcsec",
        "arccsc",
        "arccot",
        "arccosh",
        "arcsech",
        "arccsch",
        "arccoth",
        "factorial",
    ]
    shift = {"arcsec": 1.0, "arccsc": 1.0, "arccosh": 1.0, "arccoth": 1.0}
    parameters = "".join(f'<parameter id="{n}_" constant="false"/>' for n in unary)
    rules = "".join(
        f'<assignmentRule variable="{n}_">{{{{{n}(time + {shift.get(n, 0.0)})}}}}</assignmentRule>'
        for n in unary
    )
    body = f"<listOfParameters>{parameters}</listOfParameters><listOfRules>{rules}</listOfRules>"
    varying = course(body, "0.25:0.75:2")
    for at, row in ((0.25, 0), (0.75, 1)):
        fixed = course(body.replace("time +", f"{at} +"))
        for name in unary:
            assert varying[f"{name}_"][row] == pytest.approx(fixed[f"{name}_"][0], rel=1e-14), name


FUNCTIONS = """
<listOfFunctionDefinitions>
  <functionDefinition id="twice"><math xmlns="http://www.w3.org/1998/Math/MathML"><lambda><bvar><ci>x</ci></bvar>
    <apply><times/><cn>2</cn><ci>x</ci></apply></lambda></math></functionDefinition>
  <functionDefinition id="five"><math xmlns="http://www.w3.org/1998/Math/MathML"><lambda><cn>5</cn></lambda></math>
  </functionDefinition>
  <functionDefinition id="unused"/>
  <functionDefinition id="swap"><math xmlns="http://www.w3.org/1998/Math/MathML"><lambda>
    <bvar><ci>x</ci></bvar><bvar><ci>y</ci></bvar>
    <apply><minus/><ci>y</ci><apply><ci>twice</ci><ci>x</ci></apply></apply></lambda></math></functionDefinition>
</listOfFunctionDefinitions>
"""


def test_functions_nest_and_their_arguments_hide_ids_of_the_model(course):
    body = (
        FUNCTIONS + '<listOfParameters><parameter id="x" value="100" constant="true"/>'
        '<parameter id="p" constant="false"/></listOfParameters>'
        '<listOfRules><assignmentRule variable="p">{{swap(3, 10) + five() + x}}</assignmentRule></listOfRules>'
    )
    assert course(body)["p"][0] == (10 - 2 * 3) + 5 + 100


def test_calls_that_double_at_each_level_stay_one_graph(course):
    """Thirty levels, each calling the one below twice: written out they would be a thousand million terms."""
    template = (
        '<functionDefinition id="f{0}"><math xmlns="http://www.w3.org/1998/Math/MathML"><lambda><bvar><ci>x</ci></bvar>'
        "<apply><plus/>{1}{1}</apply></lambda></math></functionDefinition>"
    )
    levels = [template.format(0, "<ci>x</ci>")]
    levels += [template.format(k, f"<apply><ci>f{k - 1}</ci><ci>x</ci></apply>") for k in range(1, 30)]
    body = (
        f"<listOfFunctionDefinitions>{''.join(levels)}</listOfFunctionDefinitions><listOfParameters>"
        '<parameter id="p" constant="false"/></listOfParameters>'
        '<listOfRules><assignmentRule variable="p">{{f29(time)}}</assignmentRule></listOfRules>'
    )
    np.testing.assert_array_equal(course(body)["p"], [0.0, 2.0**30, 2.0**31])
