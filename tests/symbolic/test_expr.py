"""The expression graph: equal terms are one node, and a term means what its numbers mean."""

from __future__ import annotations

import copy
import gc
import itertools
import math
import sys
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exodyn.symbolic import expr
from exodyn.symbolic.expr import (
    EVALUATE,
    FALSE,
    TRUE,
    Expr,
    Symbol,
    absolute,
    const,
    cos,
    eq,
    evaluate,
    exp,
    hill,
    log,
    maximum,
    minimum,
    ne,
    node,
    sin,
    sqrt,
    substitute,
    symbols,
    tanh,
    total,
    walk,
    where,
)

x, y, z = Symbol("x"), Symbol("y"), Symbol("z")
SYMBOLS = (x, y, z)

# A program is a term in prefix form, run once on symbols and once on numbers: the second is the answer.
UNARY = {
    "neg": (lambda a: -a, lambda a: -a),
    "exp": (exp, np.exp),
    "log": (log, np.log),
    "sqrt": (sqrt, np.sqrt),
    "tanh": (tanh, np.tanh),
    "sin": (sin, np.sin),
    "cos": (cos, np.cos),
    "abs": (absolute, np.abs),
}
BINARY = {
    "add": (lambda a, b: a + b,) * 2,
    "sub": (lambda a, b: a - b,) * 2,
    "mul": (lambda a, b: a * b,) * 2,
    "div": (lambda a, b: a / b,) * 2,
    "power": (lambda a, b: absolute(a) ** sin(b), lambda a, b: np.abs(a) ** np.sin(b)),
    "min": (minimum, np.minimum),
    "max": (maximum, np.maximum),
    "smaller": (lambda a, b: where(a < b, a, b), lambda a, b: np.where(a < b, a, b)),
}
numbers = st.floats(-4.0, 4.0, allow_subnormal=False).map(lambda v: v or 1.0)
leaves = st.integers(0, len(SYMBOLS) - 1) | numbers.map(float)
programs = st.recursive(
    leaves,
    lambda inner: (
        st.tuples(st.sampled_from(sorted(UNARY)), inner)
        | st.tuples(st.sampled_from(sorted(BINARY)), inner, inner)
    ),
    max_leaves=12,
)
points = st.tuples(*[numbers] * len(SYMBOLS))


def build(program, values, meaning):
    """The program over `values` (indexed by its integers): as expression (meaning 0) or number (1)."""
    if isinstance(program, int):
        return values[program]
    if isinstance(program, float):
        return const(program) if meaning == 0 else np.float64(program)
    name, *arguments = program
    operator = (UNARY | BINARY)[name][meaning]
    return operator(*(build(a, values, meaning) for a in arguments))


def same(got, expected):
    return np.array_equal(got, expected, equal_nan=True)


@given(programs, points)
def test_a_term_has_the_value_that_its_numbers_have(program, point):
    point = tuple(np.float64(p) for p in point)
    with np.errstate(all="ignore"):
        expected = build(program, point, 1)
    (got,) = evaluate([build(program, SYMBOLS, 0)], dict(zip(SYMBOLS, point, strict=True)))
    assert same(got, expected)


@given(programs, points)
def test_constants_fold_to_the_value_that_symbols_would_give(program, point):
    term = build(program, SYMBOLS, 0)
    (expected,) = evaluate([term], dict(zip(SYMBOLS, point, strict=True)))
    (folded,) = substitute([term], {s: const(p) for s, p in zip(SYMBOLS, point, strict=True)})
    assert folded.op == "const"
    assert same(folded.value, float(expected))


@given(programs, st.lists(points, min_size=1, max_size=5))
def test_arrays_give_each_element_its_own_value(program, rows):
    term = build(program, SYMBOLS, 0)
    columns = np.ascontiguousarray(np.array(rows).T)
    (together,) = evaluate([term], dict(zip(SYMBOLS, columns, strict=True)))
    for i, row in enumerate(rows):
        (alone,) = evaluate([term], {s: columns[k, i : i + 1] for k, s in enumerate(SYMBOLS)})
        assert same(np.broadcast_to(together, len(rows))[i], np.broadcast_to(alone, 1)[0]), row


@given(programs, programs, points)
def test_substituting_a_term_is_evaluating_it_first(outer, inner, point):
    values = dict(zip(SYMBOLS, point, strict=True))
    outer_term, inner_term = build(outer, SYMBOLS, 0), build(inner, SYMBOLS, 0)
    (together,) = substitute([outer_term], {x: inner_term})
    (at,) = evaluate([inner_term], values)
    (expected,) = evaluate([outer_term], values | {x: at})
    (got,) = evaluate([together], values)
    # Simplification may drop a zero that is added, never change a value.
    assert same(got, expected) or math.isclose(got, expected, rel_tol=1e-12)


@given(programs)
def test_building_a_term_twice_gives_the_same_node(program):
    assert build(program, SYMBOLS, 0) is build(program, SYMBOLS, 0)


@given(programs)
def test_walk_gives_arguments_before_users_and_each_node_once(program):
    seen: dict[int, Expr] = {}
    for n in walk([build(program, SYMBOLS, 0)]):
        assert id(n) not in seen
        assert all(id(a) in seen for a in n.args)
        seen[id(n)] = n


@given(programs)
def test_substituting_nothing_returns_the_very_same_nodes(program):
    term = build(program, SYMBOLS, 0)
    assert substitute([term], {})[0] is term
    assert substitute([term], {Symbol("elsewhere"): const(1.0)})[0] is term


def test_symbols_come_in_order_of_first_use_and_only_once():
    assert symbols([y + x, z * y]) == [y, x, z]
    assert symbols([const(1.0)]) == []


def test_symbols_of_one_name_are_two_symbols():
    assert Symbol("x") + 1.0 is not x + 1.0
    assert x + 1.0 is x + 1.0


def test_constants_are_told_apart_by_their_bits():
    assert const(0.0) is not const(-0.0)
    assert const(math.nan) is const(math.nan)
    assert const(1) is const(1.0)


def test_nodes_that_nobody_holds_are_forgotten():
    gc.collect()
    before = len(expr._interned)
    term = exp(x * 7.25) + 3.125
    assert len(expr._interned) > before
    del term
    gc.collect()
    assert len(expr._interned) == before


def test_simplification_keeps_a_nan_in_sight():
    (value,) = evaluate([x * 0.0], {x: math.inf})
    assert math.isnan(value)


@pytest.mark.parametrize(
    ("built", "expected"),
    [
        (x + 0, x),
        (0 + x, x),
        (x - 0, x),
        (0 - x, -x),
        (x * 1, x),
        (1 * x, x),
        (-1 * x, -x),
        (x * -1, -x),
        (x / 1, x),
        ((-x) * -1, x),
        (x**1, x),
        (x**2, x * x),
        (x**3, x * x * x),
        (x**-1, 1 / x),
        (total([]), const(0.0)),
        (total([x, y, 2]), x + y + 2),
        (where(TRUE, x, y), x),
        (where(FALSE, x, y), y),
        (where(x < y, z, z), z),
        (hill(x, y), x / (y + x)),
    ],
)
def test_a_term_is_built_in_its_simplest_form(built, expected):
    assert built is expected


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        (lambda a, b: a < b, lambda a, b: a < b),
        (lambda a, b: a <= b, lambda a, b: a <= b),
        (lambda a, b: a > b, lambda a, b: a > b),
        (lambda a, b: a >= b, lambda a, b: a >= b),
        (eq, lambda a, b: a == b),
        (ne, lambda a, b: a != b),
    ],
)
def test_relations_hold_as_between_numbers(operator, expected):
    grid = list(itertools.product([-1.0, 0.0, 2.0, math.inf, math.nan], repeat=2))
    relation = operator(x, y)
    assert relation.is_condition
    for a, b in grid:
        assert bool(evaluate([relation], {x: a, y: b})[0]) == expected(a, b)
        assert operator(const(a), const(b)) is (TRUE if expected(a, b) else FALSE)
    left, right = np.array(grid).T
    assert evaluate([relation], {x: left, y: right})[0].tolist() == [expected(a, b) for a, b in grid]


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        (lambda p, q: p & q, lambda p, q: p and q),
        (lambda p, q: p | q, lambda p, q: p or q),
        (lambda p, q: node("xor", p, q), lambda p, q: p != q),
        (lambda p, q: ~p, lambda p, q: not p),
    ],
)
def test_logic_holds_for_numbers_arrays_and_constants(operator, expected):
    condition = operator(x > 0, y > 0)
    grid = list(itertools.product([-1.0, 1.0], repeat=2))
    wanted = [bool(expected(a > 0, b > 0)) for a, b in grid]
    left, right = np.array(grid).T
    assert condition.is_condition
    assert [bool(evaluate([condition], {x: a, y: b})[0]) for a, b in grid] == wanted
    assert evaluate([condition], {x: left, y: right})[0].tolist() == wanted
    assert [operator(const(a) > 0, const(b) > 0) is TRUE for a, b in grid] == wanted


def test_a_condition_must_not_be_used_as_a_python_truth_value():
    with pytest.raises(TypeError, match="where"):
        bool(x < y)


def test_a_missing_value_is_named():
    with pytest.raises(KeyError, match="no value for 'y'"):
        evaluate([x + y], {x: 1.0})


@given(st.floats(0.0, 1e6), st.floats(1e-3, 1e3), st.floats(0.5, 8.0))
def test_hill_is_its_formula_and_stays_in_its_bounds(at, half, n):
    (value,) = evaluate([hill(x, y, z)], {x: at, y: half, z: n})
    expected = 1.0 / (1.0 + (half / at) ** n) if at > 1e-30 else 0.0
    assert 0.0 <= value <= 1.0
    assert value == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_hill_counts_a_state_below_zero_as_zero():
    (value,) = evaluate([hill(x, 2.0, 3.0)], {x: -1e-9})
    assert value == pytest.approx(0.0, abs=1e-80)


@pytest.mark.parametrize(
    ("n", "expected"), [(0, 1), (1, 1), (5, 120), (20, math.factorial(20)), (171, math.inf), (-1, math.nan)]
)
def test_factorial(n, expected):
    assert node("factorial", n).value == pytest.approx(expected, rel=1e-14, nan_ok=True)


@pytest.mark.parametrize(("a", "b"), [(7, 3), (-7, 3), (7, -3), (5.5, 2.0)])
def test_the_remainder_takes_the_sign_of_the_dividend(a, b):
    assert node("rem", a, b).value == math.fmod(a, b)


def test_every_operator_folds():
    """No operator is known to the evaluator alone: constants of any of them become one constant."""
    for op, meaning in EVALUATE.items():
        arity = meaning.nin if isinstance(meaning, np.ufunc) else meaning.__code__.co_argcount
        if op == "where":
            continue
        made = node(op, *[const(0.5)] * arity)
        assert made.op == "const" or made in (TRUE, FALSE), op


def test_threads_that_build_one_term_get_one_node():
    barrier, found = threading.Barrier(4), []

    def build_many():
        barrier.wait()
        found.append([exp(x * i) + y / i for i in range(2, 2000)])

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=build_many) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert all(len({id(term) for term in same}) == 1 for same in zip(*found, strict=True))


def test_a_copy_of_a_term_is_the_term():
    assert copy.deepcopy([x + y])[0] is x + y


def test_hill_saturates_where_its_powers_overflow():
    assert evaluate([hill(x, y, z)], {x: 1e80, y: 1.0, z: 5.0}) == [1.0]
    assert evaluate([hill(x, y, z)], {x: 0.0, y: 1e80, z: 5.0}) == [0.0]
    assert np.isnan(evaluate([hill(x, y, z)], {x: math.nan, y: 1.0, z: 5.0}))


def test_powers_that_need_no_power():
    assert x**0 is const(1.0)
    assert x**0.5 is sqrt(x)
    assert x**1.5 is node("pow", x, 1.5)


def test_numbers_of_numpy_are_numbers():
    assert np.float64(2.0) * x is 2.0 * x
    assert np.int64(2) + x is 2.0 + x
    assert (np.float64(2.0) < x) is (x > 2.0)
    with pytest.raises(TypeError, match="not ndarray"):
        np.ones(2) * x


def test_where_needs_a_condition():
    with pytest.raises(TypeError, match="eq"):
        where(x == 1, x, y)
    with pytest.raises(TypeError, match="condition"):
        where(x, x, y)


@pytest.mark.parametrize("value", ["1", None, [1.0], 1j])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(TypeError, match="expected an expression or a number"):
        x + value
