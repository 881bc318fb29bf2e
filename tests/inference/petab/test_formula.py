"""Formulas of PEtab tables: as the format's own library reads them."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from exodyn.errors import InputError
from exodyn.inference.petab.formula import names, parse
from exodyn.symbolic import Symbol, evaluate

X, Y = Symbol("x"), Symbol("y")


def value(text: str, x: float = 0.7, y: float = 2.5) -> float:
    return float(evaluate([parse(text, {"x": X, "y": Y}.__getitem__)], {X: x, Y: y})[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-x^2", -0.49),
        ("2^-x", 2**-0.7),
        ("2^3^2", 512.0),
        ("x - y - 1", -2.8),
        ("x / y / 2", 0.14),
        ("log(y)", math.log(2.5)),
        ("log(y, 2)", math.log2(2.5)),
        ("log10(y) + ln(y)", math.log10(2.5) + math.log(2.5)),
        ("piecewise(1, x > y, 2, x == 0.7 && y > 2, 3)", 2.0),
        ("1.5e-1 * .5 + 2.", 2.075),
        ("min(x, y) + max(x, y) + pow(x, 2) + sqrt(y^2) + sign(-x)", 0.7 + 2.5 + 0.49 + 2.5 - 1),
        ("arctan(x) + tanh(x) + arccosh(y)", math.atan(0.7) + math.tanh(0.7) + math.acosh(2.5)),
    ],
)
def test_values(text, expected):
    assert value(text) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x +", "column 4, at the end"),
        ("x y", "column 3, at 'y': expected an operator"),
        ("2x", "at 'x'"),
        ("x $ y", "column 3, at '\\$'"),
        ("expp(x)", "unknown function 'expp'; did you mean 'exp'"),
        ("exp(x, y)", "exp: 2 arguments, expected 1"),
        ("piecewise(x, y)", "piecewise: expected"),
        ("(" * 500 + "x" + ")" * 500, "nested more than"),
        ("", "at the end"),
    ],
)
def test_what_cannot_be_read(text, message):
    with pytest.raises(InputError, match=message):
        parse(text, {"x": X, "y": Y}.__getitem__)


def test_names_are_those_that_are_no_functions():
    assert names("a_1 * exp(b) + log10(a_1) + inf") == ["a_1", "b"]


atoms = st.sampled_from(["x", "y", "2", "0.5", "3.25"])
formulas = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/^"), inner).map(" ".join),
        inner.map("({})".format),
        inner.map("-{}".format),
        st.tuples(st.sampled_from(["exp", "abs", "tanh", "sin"]), inner).map("{0[0]}({0[1]})".format),
        st.tuples(inner, inner, inner, inner).map("piecewise({0[0]}, {0[1]} < {0[2]}, {0[3]})".format),
    ),
    max_leaves=6,
)


@settings(max_examples=30)
@given(formulas)
def test_random_formulas_are_read_as_by_the_library(text):
    library = pytest.importorskip("petab.v1.math")
    import sympy

    try:
        theirs = library.sympify_petab(text)
    except ValueError:
        assume(False)  # the root of a negative number
    number = complex(theirs.subs({sympy.Symbol("x", real=True): 0.7, sympy.Symbol("y", real=True): 2.5}))
    ours = value(text)
    if number.imag == 0 and math.isfinite(number.real) and math.isfinite(ours) and abs(ours) < 1e12:
        assert ours == pytest.approx(number.real, rel=1e-9, abs=1e-12)
