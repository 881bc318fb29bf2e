"""Doses as people write them."""

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from exodyn.errors import InputError
from exodyn.product.dose_text import Dose, parse


@pytest.mark.parametrize(
    ("text", "quantity", "amount"),
    [
        ("200 ug", "ug_protein", 200.0),
        ("200 µg protein", "ug_protein", 200.0),  # micro sign
        ("200 μg of protein", "ug_protein", 200.0),  # Greek mu
        ("0.2mg", "ug_protein", 200.0),
        ("150 micrograms of exosomal protein", "ug_protein", 150.0),
        ("0,5 mg", "ug_protein", 500.0),
        ("1e10 particles", "particles", 1e10),
        ("1.5 x 10^10 particles", "particles", 1.5e10),
        ("1.5×10¹⁰ EVs", "particles", 1.5e10),
        ("10^9 vesicles", "particles", 1e9),
        ("60 billion exosomes", "particles", 6e10),
        ("2 Gparticles", "particles", 2e9),
        ("1,000,000 particles", "particles", 1e6),
        ("1e6 cells", "cell_equivalents", 1e6),
        ("2 million cell equivalents", "cell_equivalents", 2e6),
        ("2e6 cell-equivalents", "cell_equivalents", 2e6),
        ("4e7 MSC equivalents", "cell_equivalents", 4e7),
        ("100 uL", "mL", 0.1),
    ],
)
def test_amounts(text: str, quantity: str, amount: float) -> None:
    assert parse(text).quantity == quantity
    assert parse(text).amount == pytest.approx(amount, rel=1e-12)


def test_a_volume_of_a_concentration() -> None:
    assert parse("50 uL of 1e9/mL") == Dose("50 uL of 1e9/mL", "mL", 0.05, ("particles", 1e9))
    assert parse("3 mL of 1e11 particles per mL").concentration == ("particles", 1e11)
    assert parse("0.1 mL at 2 mg/mL").concentration == ("ug_protein", 2000.0)
    assert parse("10 uL x 1 ug/uL").concentration == ("ug_protein", pytest.approx(1000.0))


def test_per_body_weight() -> None:
    for text in ("4e11 particles/kg", "100 ug/kg", "2e9 particles per kg", "1 million cells/kg body weight"):
        assert parse(text).per_kg


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "nothing is stated"),
        ("200", "it has no unit"),
        ("many particles", "begins with a number"),
        ("-5 ug", "begins with a number"),
        ("1e999 ug", "finite number"),
        ("5 IU", "'iu' cannot be converted"),
        ("20 pmol phospholipid", "cannot be converted"),
        ("1,500 ug", "two ways"),
        ("200 ug particles", "stands after the unit"),
        ("50 uL of water", "begins with a number"),
        ("50 uL of 1e9", "a concentration per volume"),
        ("50 uL 1e9/mL", "expected 'of'"),
        ("nan ug", "begins with a number"),
    ],
)
def test_what_is_refused(text: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        parse(text)


def test_the_nearest_unit_is_named() -> None:
    with pytest.raises(InputError, match="did you mean 'particles'"):
        parse("1e9 partcles")


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=40))
@example("1e" + "9" * 30 + " ug")
@example("10^999 ug")
@example("1.2.3 ug")
@example("50 uL of 1e9/mL of 1e9/mL")
def test_any_text_is_a_dose_or_refused(text: str) -> None:
    try:
        dose = parse(text)
    except InputError:
        return
    assert 0 <= dose.amount < math.inf


@settings(max_examples=200, deadline=None)
@given(
    st.floats(1e-6, 1e15),
    st.sampled_from(["ug", "mg", "particles", "cells", "uL of 1e9/mL"]),
    st.sampled_from(["", "/kg"]),
)
def test_every_number_with_a_unit_is_read_back(amount: float, unit: str, per: str) -> None:
    factor = {"mg": 1e3, "uL of 1e9/mL": 1e-3}.get(unit, 1.0)
    assert parse(f"{amount!r} {unit}{per}").amount == pytest.approx(amount * factor, rel=1e-9)
