"""Derivatives against the complex step, which has no cancellation: f'(x) = Im f(x + ih) / h.

W. Squire, G. Trapp (1998) SIAM Review 40(1):110-112, doi:10.1137/S003614459631241X.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from exodyn.symbolic.derivative import gradients
from exodyn.symbolic.expr import (
    Symbol,
    absolute,
    const,
    cos,
    evaluate,
    exp,
    hill,
    log,
    maximum,
    minimum,
    node,
    sin,
    sqrt,
    symbols,
    tanh,
    where,
)
from exodyn.symbolic.model import ModelError

x, y, z = Symbol("x"), Symbol("y"), Symbol("z")
SYMBOLS = (x, y, z)
STEP = 1e-60

# Where each function is smooth, a little away from its edges.
SMOOTH = {
    "neg": (-5, 5),
    "exp": (-20, 20),
    "expm1": (-20, 20),
    "log": (1e-6, 1e6),
    "log1p": (-0.9, 1e6),
    "log10": (1e-6, 1e6),
    "sqrt": (1e-6, 1e6),
    "sin": (-10, 10),
    "cos": (-10, 10),
    "tan": (-1.5, 1.5),
    "asin": (-0.99, 0.99),
    "acos": (-0.99, 0.99),
    "atan": (-10, 10),
    "sinh": (-10, 10),
    "cosh": (-10, 10),
    "tanh": (-5, 5),
    "asinh": (-10, 10),
    "acosh": (1.01, 100),
    "atanh": (-0.99, 0.99),
}


def complex_step(root, values, by):
    """The slope of root by `by` at the values; only for terms of analytic functions."""
    shifted = {s: np.array([complex(v)]) for s, v in values.items()}
    shifted[by] = shifted[by] + 1j * STEP
    (result,) = evaluate([root], shifted)
    return float(np.broadcast_to(np.imag(result), 1)[0]) / STEP


def partial(root, values, by):
    """The same slope from `gradients`; 0 where it is zero by structure."""
    (found,) = gradients([root], [by])
    return float(evaluate([found.get(by, const(0.0))], values)[0])


@pytest.mark.parametrize("op", sorted(SMOOTH))
@given(data=st.data())
def test_functions_of_one_argument(op, data):
    at = data.draw(st.floats(*SMOOTH[op]))
    expected = complex_step(node(op, x), {x: at}, x)
    # 1 - tanh² and 1/sqrt(1 - x²) lose digits towards their edges; inside these ranges no more than four.
    assert partial(node(op, x), {x: at}, x) == pytest.approx(expected, rel=1e-11, abs=1e-15)


def grow(inner):
    """Terms that are smooth and finite for all arguments."""
    one = st.sampled_from(
        [
            lambda a: -a,
            lambda a: exp(tanh(a)),
            lambda a: log(1.5 + a * a),
            lambda a: sqrt(1.5 + a * a),
            lambda a: tanh(a),
            lambda a: sin(a),
            lambda a: cos(a),
            lambda a: node("atan", a),
            lambda a: node("asinh", a),
            lambda a: tanh(a) ** 2,
            lambda a: tanh(a) ** 5,
            lambda a: (2 + sin(a)) ** -2.5,
            lambda a: 2.0 ** tanh(a),
        ]
    )
    two = st.sampled_from(
        [
            lambda a, b: a + b,
            lambda a, b: a - b,
            lambda a, b: tanh(a) * b,
            lambda a, b: a / (1.5 + b * b),
            lambda a, b: (1.5 + sin(a)) ** tanh(b),
            lambda a, b: hill(0.1 + a * a, 0.5 + b * b),
            lambda a, b: hill(0.1 + a * a, 1.5 + sin(b), 2.0),
            lambda a, b: hill(0.1 + a * a, 2.0, 2.0 + sin(b)),
        ]
    )
    return st.builds(lambda f, a: f(a), one, inner) | st.builds(lambda f, a, b: f(a, b), two, inner, inner)


smooth_terms = st.recursive(
    st.sampled_from(SYMBOLS) | st.floats(-3, 3).map(const),
    grow,
    max_leaves=10,
)
points = st.fixed_dictionaries({s: st.floats(-3, 3) for s in SYMBOLS})


@given(smooth_terms, points)
def test_composed_terms(root, values):
    for by in SYMBOLS:
        expected = complex_step(root, values, by)
        assert partial(root, values, by) == pytest.approx(expected, rel=1e-9, abs=1e-11)


@given(smooth_terms, points)
def test_second_derivatives(root, values):
    (first,) = gradients([root], SYMBOLS)
    for by, slope in first.items():
        for other in SYMBOLS:
            expected = complex_step(slope, values, other)
            assert partial(slope, values, other) == pytest.approx(expected, rel=1e-8, abs=1e-9), by.name


@given(smooth_terms, smooth_terms)
def test_a_partial_that_is_there_is_of_a_symbol_that_is_used(first, second):
    found = gradients([first, second], [x, y])
    for root, partials in zip((first, second), found, strict=True):
        assert set(partials) <= set(symbols([root])) & {x, y}


def test_partials_that_are_zero_by_structure_are_left_out():
    root = x * y + node("floor", z) + where(z > 1.0, x, 2.0)
    (found,) = gradients([root], SYMBOLS)
    assert set(found) == {x, y}
    assert gradients([const(3.0), y], [x]) == [{}, {}]


def test_a_term_shares_nodes_with_its_derivative():
    term = exp(x * y)
    (found,) = gradients([term], [x])
    assert found[x].args[0] is term


@given(st.floats(0.1, 10), st.floats(-3, 3))
def test_powers(base, exponent):
    for by in (x, y):
        expected = complex_step(x**y, {x: base, y: exponent}, by)
        assert partial(x**y, {x: base, y: exponent}, by) == pytest.approx(expected, rel=1e-11, abs=1e-14)


@pytest.mark.parametrize("n", [-3, -2, 2, 3, 4, 5, 8])
@pytest.mark.parametrize("at", [-2.5, 2.5])
def test_whole_powers_of_a_negative_base(n, at):
    assert partial(x ** float(n), {x: at}, x) == pytest.approx(n * at ** (n - 1), rel=1e-14)


def test_powers_stay_finite_at_zero():
    assert partial(x**2.5, {x: 0.0}, x) == 0.0
    assert partial(x**y, {x: 0.0, y: 2.5}, y) == 0.0


@pytest.mark.parametrize("n", [1.5, 2.0, 4.0])
def test_hill_has_a_finite_slope_at_and_below_zero(n):
    for at in (0.0, -1e-6):
        assert partial(hill(x, 2.0, n), {x: at}, x) == pytest.approx(0.0, abs=1e-12)


@given(st.floats(1e-3, 1e3), st.floats(1e-2, 1e2), st.floats(0.5, 6))
def test_hill(at, half, n):
    values = {x: at, y: half, z: n}
    for by in SYMBOLS:
        expected = complex_step(hill(x, y, z), values, by)
        assert partial(hill(x, y, z), values, by) == pytest.approx(expected, rel=1e-8, abs=1e-12)


@given(st.floats(-5, 5), st.floats(-5, 5))
def test_of_two_values_the_chosen_one_gives_the_slope(a, b):
    assume(a != b)
    values = {x: a, y: b}
    assert partial(minimum(3 * x, 3 * y), values, x) == (3.0 if a < b else 0.0)
    assert partial(maximum(3 * x, 3 * y), values, y) == (3.0 if b > a else 0.0)
    assert partial(where(x < y, x * y, x - y), values, y) == (a if a < b else -1.0)
    assert partial(absolute(x), values, x) == math.copysign(1.0, a) or a == 0.0


@example(0.0)
@given(st.floats(-5, 0))
def test_a_branch_that_does_not_count_may_be_infinite(at):
    """0 * inf would be NaN: a guard such as where(x > 0, sqrt(x), 0) must guard the derivative too."""
    for guarded in (where(x > 0, sqrt(x), 0.0), where(x > 0, x * log(x), 0.0), where(x <= 0, 0.0, x**0.5)):
        assert partial(guarded, {x: at}, x) == 0.0
    assert partial(maximum(sqrt(x * x), 1.0) * y, {x: 0.0, y: 1.0}, x) == 0.0


@given(st.floats(-20, 20), st.floats(0.5, 5) | st.floats(-5, -0.5))
def test_remainder_between_its_jumps(a, b):
    assume(0.01 < abs(math.fmod(a, b)) < abs(b) - 0.01)
    h = 1e-6
    for by, at in ((x, a), (y, b)):
        values = {x: a, y: b}
        up, down = (evaluate([node("rem", x, y)], values | {by: at + s * h})[0] for s in (1, -1))
        assert partial(node("rem", x, y), values, by) == pytest.approx(
            (up - down) / (2 * h), rel=1e-6, abs=1e-6
        )


@pytest.mark.parametrize("op", ["floor", "ceil"])
def test_steps_are_flat(op):
    assert gradients([node(op, x)], [x]) == [{}]


def test_an_operator_without_a_known_derivative_is_named():
    with pytest.raises(ModelError, match="no derivative is known for 'unheard'"):
        gradients([node("unheard", x)], [x])
