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
        ("20 microgrammes", "ug_protein", 20.0),
        ("100 ug of exosomes", "ug_protein", 100.0),
        ("1.2 bn small EVs", "particles", 1.2e9),
        ("1e10 exosome particles", "particles", 1e10),
        ("1 000 000 nanovesicles", "particles", 1e6),
        ("1.000.000 particles", "particles", 1e6),
        ("1'000'000 particles", "particles", 1e6),
        ("EVs of 2 million cells", "cell_equivalents", 2e6),
        ("10 mL of conditioned medium", "mL", 10.0),
        ("2e6 cell equivalents a dose", "cell_equivalents", 2e6),
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


@pytest.mark.parametrize(
    "text",
    [
        "4e11 particles/kg",
        "100 ug/kg",
        "2e9 particles per kg",
        "1 million cells/kg body weight",
        "3e10 particles kg-1",
        "3e10 particles·kg⁻¹",
        "1e10 particles / kg b.w.",
        "100 uL/kg of 1e10/mL",
        "1e10 particles per kilogram in 200 uL PBS",
    ],
)
def test_per_body_weight(text: str) -> None:
    assert parse(text).per_kg


def test_per_gram_of_body_weight() -> None:
    assert parse("2 ug/g body weight") == Dose("2 ug/g body weight", "ug_protein", 2000.0, None, True)
    with pytest.raises(InputError, match="'/g' stands after the unit"):
        parse("2 ug/g")  # of tissue, perhaps


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("2e6 cells", ""),
        ("2e6 human cells", ""),
        ("2e6 human MSCs", "msc"),
        ("1e6 BM-MSC equivalents/kg", "bm-msc"),
        ("exosomes from 2e6 rat BMSCs", "bmsc"),
        ("1e6 hMSC-EV cell equivalents", "hmsc"),
        ("100 ug of AD-MSC-derived exosomes", "ad-msc"),
        ("1e9 milk exosomes", "milk"),
        ("50 uL of 1e9 plasma EVs/mL", "plasma"),
        ("100 ug purified EVs", ""),
    ],
)
def test_the_source_that_a_dose_names(text: str, source: str) -> None:
    assert parse(text).source == source


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
        ("50-100 ug", "a range is stated"),
        ("50 to 100 ug", "a range is stated"),
        ("10¹⁰–10¹¹ particles", "a range is stated"),
        ("100 ± 20 µg", "the mean alone"),
        (">1e9 particles", "a limit is no dose"),
        ("up to 200 ug", "a limit is no dose"),
        ("20 ug/kg/day", "a course of several doses"),
        ("20 ug x 3", "a course of several doses"),
        ("3 doses of 20 ug", "a course of several doses"),
        ("2 x 10e8 particles", "two ways"),
        ("5 x 10 11 particles", "two ways"),
        ("5 x 1011 particles", "two ways"),
        ("1e11 particles/mL, 3 mL", "a concentration alone is no dose"),
        ("100 ng/mL", "a concentration alone is no dose"),
        ("2M cells", "did you mean 'cells'"),
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


_WRITINGS = (
    "{m}e{p}",
    "{m}E+{p}",
    "{m} x 10^{p}",
    "{m}×10{s}",
    "{m} · 10{s}",
    "{m}*10**{p}",
)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 99), st.integers(6, 14), st.sampled_from(_WRITINGS), st.sampled_from(_WRITINGS))
def test_all_writings_of_a_number_are_one_dose(tenths: int, power: int, one: str, other: str) -> None:
    superscript = str(power).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    filled = (way.format(m=f"{tenths / 10:g}", p=power, s=superscript) for way in (one, other))
    first, second = (parse(f"{number} particles").amount for number in filled)
    assert first == pytest.approx(second, rel=1e-12)


@settings(max_examples=200, deadline=None)
@given(
    st.floats(1e-3, 1e12),
    st.sampled_from(
        ["ug", "µg protein", "mg of exosomes", "particles", "EVs", "cells", "ug/kg", "MSCs per kg"]
    ),
    st.sampled_from(["", "~", "about ", "approx. ", "a single dose of ", "≈ "]),
    st.sampled_from(["", " per rat", "/mouse", " in 200 µL PBS", " in saline", " per injection"]),
)
def test_what_says_nothing_of_the_amount_changes_nothing(
    amount: float, unit: str, before: str, after: str
) -> None:
    bare, decorated = parse(f"{amount!r} {unit}"), parse(f"{before}{amount!r} {unit}{after}")
    assert (bare.quantity, bare.amount, bare.per_kg) == (
        decorated.quantity,
        decorated.amount,
        decorated.per_kg,
    )


def test_a_long_text_is_refused_in_no_time() -> None:
    for text in (
        "1 " + "a " * 20_000 + "cells",
        "1 " + "a-" * 20_000,
        "1 ug " + "of " * 20_000,
        "1 " * 40_000,
    ):
        with pytest.raises(InputError):
            parse(text)
