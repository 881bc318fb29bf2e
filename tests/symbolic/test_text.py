"""Text of expressions: what Python reads back is the same node, without a parenthesis too many."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import exodyn.symbolic as symbolic
from exodyn.symbolic import Symbol, absolute, const, exp, hill, log, maximum, node, text, where
from exodyn.symbolic.text import LONGEST, number

x, y, z = Symbol("x"), Symbol("y"), Symbol("z")
NAMES = {**vars(symbolic), "x": x, "y": y, "z": z, "inf": math.inf, "nan": math.nan}

leaves = st.sampled_from([x, y, z]) | st.floats(-1e9, 1e9).map(const) | st.integers(-9, 9).map(const)


def larger(inner):
    pairs = st.tuples(inner, inner)
    conditions = pairs.map(lambda p: p[0] < p[1]) | pairs.map(lambda p: p[0] >= p[1])
    conditions |= st.tuples(conditions, conditions).map(lambda p: p[0] & ~p[1] | p[0])
    return (
        pairs.map(lambda p: p[0] + p[1])
        | pairs.map(lambda p: p[0] - p[1])
        | pairs.map(lambda p: p[0] * p[1])
        | pairs.map(lambda p: p[0] / p[1])
        | pairs.map(lambda p: p[0] ** p[1])
        | pairs.map(lambda p: maximum(*p))
        | inner.map(lambda a: -a)
        | inner.map(exp)
        | inner.map(absolute)
        | st.tuples(inner, st.integers(2, 4)).map(lambda p: p[0] ** p[1])
        | st.tuples(inner, inner, inner).map(lambda p: hill(*p))
        | st.tuples(conditions, inner, inner).map(lambda p: where(*p))
    )


@given(st.recursive(leaves, larger, max_leaves=12))
def test_python_reads_back_the_same_node(expression):
    read = eval(text(expression), NAMES)
    assert symbolic.Expr.__repr__(expression) == text(expression)
    assert read is expression or (expression.op == "const" and const(read) is expression)


@pytest.mark.parametrize(
    "words",
    [
        "x + y + z",
        "x + (y + z)",
        "x - (y - z)",
        "x * y / z",
        "x / (y * z)",
        "-x * y",
        "-x / y * z",
        "-(x + y) * z",
        "-x**2 * z",
        "-(2 * x)",
        "-2 * x",
        "x - y * z",
        "z**(-x * y)",
        "x**-y",
        "(x * y)**2",
        "x**2 + y**3 + z**4",
        "x**y**z",
        "(x**y)**z",
        "(-x)**y",
        "2.5e-30 * x",
        "where((x < y) & ~(y < z), x, y + 1)",
        "where(eq(x, y), x, -0.0)",
        "minimum(x, 0)",
        "log(x / y)",
    ],
)
def test_few_parentheses(words):
    assert text(eval(words, NAMES)) == words


def test_numbers_keep_every_bit():
    assert number(0.1) == "0.1"
    assert number(3.0) == "3"
    assert number(-0.0) == "-0.0"
    assert float(number(1 / 3)) == 1 / 3
    assert number(math.inf) == "inf"
    assert number(math.nan) == "nan"


def test_what_would_grow_without_end_says_how_large_it_is():
    term = x
    for _ in range(200):
        term = log(term + term)
    assert text(term) == "<log of 401 nodes>"
    wide = symbolic.total(node("sin", i * x) for i in range(2, LONGEST))
    assert text(wide).startswith("<add of ")
