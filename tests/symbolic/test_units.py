"""Units: consistent equations pass whatever their form, and one perturbed unit is refused by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exodyn.symbolic import Symbol, UnitError, exp, hill, log, maximum, node, sqrt, tanh, where
from exodyn.symbolic.units import expect, factor, name, parse, same, unit_of

ONE = parse("1")


def symbol(word: str, unit: str, units: dict) -> Symbol:
    made = Symbol(word)
    units[made] = parse(unit)
    return made


@pytest.mark.parametrize(
    ("given_unit", "wanted", "expected"),
    [
        ("1/h", "1/d", 24.0),
        ("ug/mL", "ng/mL", 1000.0),
        ("ug/L", "ng/mL", 1.0),
        ("percent", "1", 0.01),
        ("%", "1", 0.01),
        ("week", "d", 7.0),
        ("mL/min", "L/d", 1.44),
        ("particles/mL", "particles/L", 1000.0),
        ("nM", "pmol/mL", 1.0),
        ("pmol", "copies", 602214076000.0),
        ("mg/dL", "g/L", 0.01),
        ("d", "week", 1 / 7),
    ],
)
def test_conversion_is_exact_to_the_last_digit(given_unit, wanted, expected):
    assert factor(given_unit, wanted) == expected


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("particles/mL", "copies/mL"),
        ("particles/mL", "cells/mL"),
        ("particles/mL", "1/mL"),
        ("points", "1"),
        ("cells", "1"),
        ("IU", "1"),
        ("ng/mL", "nM"),
        ("1/d", "1"),
    ],
)
def test_kinds_that_are_not_to_be_mixed_do_not_convert(a, b):
    with pytest.raises(UnitError, match="expected"):
        factor(a, b)


@pytest.mark.parametrize("text", ["ng/ml", "mg/kg/d", "1/(mL*d)", "ng**2", "ng^2", "mmHg", "µg", "", "1"])
def test_units_that_people_write(text):
    parse(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ng/mk/d", "'mk' is unknown"),
        ("ng/mll", "'mll' is unknown"),
        ("particels/mL", "did you mean 'particles'"),
        ("1/dd", "deciday"),
        ("degC", "'degC' is unknown"),
        ("ng/", "is no unit"),
        ("2 ng", "is no unit"),
        ("__import__('os')", "is no unit"),
        ("ng/mL\n", ""),
    ],
)
def test_what_is_no_unit_is_refused(text, said):
    if not said:
        assert same(parse(text), parse("ng/mL"))
        return
    with pytest.raises(UnitError, match=said):
        parse(text)


# Random terms with the unit that they have by construction: the seed of each is a symbol of that unit.
UNITS = ("ng/mL", "1/d", "1", "particles", "mL", "percent")


@st.composite
def consistent(draw, wanted=None, depth=3):
    """A term and the units of its symbols; the term has the unit `wanted`."""
    wanted = draw(st.sampled_from(UNITS)) if wanted is None else wanted
    units: dict[Symbol, object] = {}

    def build(unit, depth):
        kind = draw(st.integers(0, 9)) if depth else 0
        pure = same(unit, ONE)
        if kind == 1:
            return build(unit, depth - 1) + build(unit, depth - 1)
        if kind == 2:
            return build(unit, depth - 1) - build(unit, depth - 1)
        if kind == 3:
            other = parse(draw(st.sampled_from(UNITS)))
            return build(unit / other, depth - 1) * build(other, depth - 1)
        if kind == 4:
            other = parse(draw(st.sampled_from(UNITS)))
            return build(unit * other, depth - 1) / build(other, depth - 1)
        if kind == 5:
            return maximum(build(unit, depth - 1), draw(st.sampled_from([0.0, float("inf")])))
        if kind == 6:
            limit = parse(draw(st.sampled_from(UNITS)))
            condition = build(limit, depth - 1) > build(limit, depth - 1)
            return where(condition, build(unit, depth - 1), 0.0)
        if kind == 7:
            return sqrt(build(unit * unit, depth - 1))
        if kind == 8 and pure:
            other = parse(draw(st.sampled_from(UNITS)))
            return hill(build(other, depth - 1), build(other, depth - 1), build(ONE, depth - 1))
        if kind == 9 and pure:
            return draw(st.sampled_from([exp, log, tanh]))(build(ONE, depth - 1))
        made = Symbol(f"s{len(units)}")
        units[made] = unit
        return made

    return build(parse(wanted), depth), units, parse(wanted)


@given(consistent())
def test_consistent_terms_have_the_unit_of_their_construction(case):
    term, units, wanted = case
    found = unit_of(term, units, "here")
    assert found is None or same(found, wanted)
    expect(term, wanted, units, "here", {}, "by construction")


@given(consistent(), st.data())
def test_one_wrong_unit_is_refused(case, data):
    term, units, wanted = case
    victim = data.draw(st.sampled_from(list(units)))
    # A length appears nowhere else, so no product can hide it.
    wrong = {**units, victim: units[victim] * parse("kg")}
    with pytest.raises(UnitError) as caught:
        expect(term, wanted, wrong, "part.x.rate", {}, "by construction")
    message = str(caught.value)
    assert message.startswith("part.x.rate: ")
    assert "kg" in message


@given(consistent(), st.data())
def test_one_wrong_scale_is_refused(case, data):
    term, units, wanted = case
    victim = data.draw(st.sampled_from(list(units)))
    wrong = {**units, victim: units[victim] * parse("m/mm")}
    with pytest.raises(UnitError, match=r"times the second|pure number"):
        expect(term, wanted, wrong, "part.x.rate", {}, "by construction")


def test_messages_name_the_terms_and_both_units():
    units: dict = {}
    a, b, k = symbol("a", "ng/mL", units), symbol("b", "ug/mL", units), symbol("k", "1/d", units)
    with pytest.raises(UnitError) as caught:
        unit_of(k * (a + b), units, "inflammation.tnf.rate")
    assert str(caught.value) == (
        "inflammation.tnf.rate: `a` is in ng/mL but `b` is in ug/mL, in `a + b`; "
        "the first is 0.001 times the second: state both in one unit"
    )
    with pytest.raises(UnitError, match=r"`a` is in ng/mL, expected a pure number \(unit 1\), in `exp\(a\)`"):
        unit_of(exp(a), units, "p")
    with pytest.raises(UnitError, match=r"`k` is in 1/d, expected a pure number"):
        unit_of((a / a) ** k, units, "p")
    with pytest.raises(UnitError, match=r"`a` is in ng/mL but `k` is in 1/d"):
        unit_of(hill(a, k, 2), units, "p")
    with pytest.raises(UnitError, match=r"`a` is in ng/mL but `1` is in 1"):
        unit_of(a + 1, units, "p")


def test_special_operators():
    units: dict = {}
    a, n, share = symbol("a", "ng/mL", units), symbol("n", "1", units), symbol("share", "percent", units)
    assert name(unit_of(a**0.75, units, "p")) == "ng**0.75/mL**0.75"
    assert same(unit_of(sqrt(a * a), units, "p"), parse("ng/mL"))
    assert same(unit_of(node("rem", a, a), units, "p"), parse("ng/mL"))
    assert same(unit_of(n**n, units, "p"), ONE)
    assert unit_of(maximum(0.0, 0.0 * a), units, "p") is None
    with pytest.raises(UnitError, match="`share` is in %"):
        unit_of(1 - share, units, "p")
