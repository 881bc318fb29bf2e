"""Doses in every unit: consistent with each other, and narrower with a measured batch."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exodyn.cli import main
from exodyn.errors import InputError
from exodyn.product import PRODUCTS
from exodyn.product.dose import MOST, Band, convert, ratio_band
from exodyn.product.dose_batch import Amount, Batch

BATCH = Batch("lot", Amount(11.3, 0.04), Amount(2.25, 0.04), Amount(7.6, 0.04))


def _width(band: Band) -> float:
    return band.hi90 / band.lo90


@pytest.mark.parametrize(
    ("text", "unit", "amount"),
    [
        ("200 ug", "ug_protein", 200.0),
        ("1e10 particles", "particles", 1e10),
        ("1e6 cells", "cell_equivalents", 1e6),
        ("50 uL of 1e9/mL", "particles", 5e7),
        ("100 uL of 2 mg/mL", "ug_protein", 200.0),
    ],
)
def test_the_stated_unit_keeps_its_amount(text: str, unit: str, amount: float) -> None:
    found = convert(text)
    assert getattr(found, unit).median == pytest.approx(amount, rel=1e-3)
    for band in (found.particles, found.ug_protein, found.cell_equivalents):
        assert 0 < band.lo90 <= band.median <= band.hi90


def test_there_and_back() -> None:
    there = convert("200 ug").particles
    back = convert(f"{there.median} particles").ug_protein
    assert back.median == pytest.approx(200, rel=0.02)
    ratio = ratio_band("per_ug")
    assert there.median / 200 == pytest.approx(ratio.median, rel=0.02)
    assert there.hi90 / 200 == pytest.approx(ratio.hi90, rel=0.03)


def test_twice_the_dose_is_twice_of_everything() -> None:
    one, two = convert("1e6 cells", "BM-MSC"), convert("2e6 cells", "BM-MSC")
    for unit in ("particles", "ug_protein", "cell_equivalents"):
        for end in ("median", "lo90", "hi90"):
            assert getattr(getattr(two, unit), end) == pytest.approx(
                2 * getattr(getattr(one, unit), end), rel=2e-3
            )


@pytest.mark.parametrize("text", ["200 ug", "1e10 particles", "1e6 cells"])
def test_a_measured_batch_is_narrower(text: str) -> None:
    without, with_batch = convert(text), convert(text, batch=BATCH)
    stated = without.dose.quantity
    for unit in ("particles", "ug_protein", "cell_equivalents"):
        if unit != stated or unit == "particles":
            assert _width(getattr(with_batch, unit)) < 0.5 * _width(getattr(without, unit))


def test_a_measured_size_alone_narrows_micrograms() -> None:
    sized = Batch("lot", Amount(11.3, 0.04), diameter=Amount(2.1, 0.05))
    assert _width(convert("200 ug", batch=sized).particles) < _width(convert("200 ug").particles)
    wide = _width(convert("200 ug").particles)
    for nanometres in (35, 60, 90, 110, 150, 250, 500):
        one = Batch("lot", Amount(9.0, 0.04), diameter=Amount(math.log10(nanometres), 0.05))
        assert _width(convert("200 ug", batch=one).particles) < wide, nanometres
    larger = Batch("lot", Amount(11.3, 0.04), diameter=Amount(2.3, 0.05))
    assert convert("200 ug", batch=larger).particles.median < convert("200 ug", batch=sized).particles.median


def test_a_volume_of_a_batch_is_what_was_measured_in_it() -> None:
    found = convert("100 uL", batch=BATCH)
    assert found.particles.median == pytest.approx(10**10.3, rel=1e-3)
    assert found.ug_protein.median == pytest.approx(10**1.25, rel=1e-3)
    assert found.cell_equivalents.median == pytest.approx(10**6.6, rel=1e-3)


def test_a_volume_alone_has_a_way_out() -> None:
    with pytest.raises(InputError, match=r"state its concentration .* or give the batch"):
        convert("100 uL")


def test_unknown_words_are_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"source 'plasmma' is not known"):
        convert("1 ug", "plasmma")
    with pytest.raises(InputError, match="isolation 'magic' is not known"):
        convert("1 ug", isolation="magic")
    assert convert("1 ug", "Wharton's jelly", "tangential flow filtration").particles.median > 0


def test_a_product_counts_as_in_a_study() -> None:
    product = PRODUCTS["adipose_msc_exosomes"]
    found = convert("200 ug", "adipose_msc_exosomes")
    assert found.particles.median == pytest.approx(product.particles(200, "ug"), rel=1e-3)
    assert any("adipose_msc_exosomes" in line for line in found.assumptions)
    for one in PRODUCTS.values():
        assert convert("1 ug", one.name).particles.lo90 > 0


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("1e300 particles", "1e[+]18 particles"),
        ("2e9 ug/kg", "1e[+]09 ug protein"),
        ("1e300 cells", "1e[+]15 cell equivalents"),
        ("10 L of 1e300/mL", "1e[+]18 particles"),
        ("1e9 mL", "1e[+]06 mL"),
    ],
)
def test_a_slip_of_the_pen_is_refused(text: str, most: str) -> None:
    with pytest.raises(InputError, match=f"are no dose; expected at most {most}"):
        convert(text, batch=BATCH)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("batch", [None, BATCH])
@pytest.mark.parametrize("unit", MOST)
def test_any_other_amount_is_converted(unit: str, batch: Batch | None) -> None:
    text = {"ug_protein": "ug", "cell_equivalents": "cells", "mL": "mL of 1/mL"}.get(unit, unit)
    for amount in (1e-300, 1e-9, MOST[unit]):
        found = convert(f"{amount!r} {text}", batch=batch)
        for band in (found.particles, found.ug_protein, found.cell_equivalents):
            assert 0 <= band.lo90 <= band.median <= band.hi90 < math.inf


def test_nothing_is_nothing() -> None:
    assert convert("0 ug").particles == Band(0.0, 0.0, 0.0)
    assert convert("5 uL of 0/mL").ug_protein == Band(0.0, 0.0, 0.0)


def test_the_document(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    batch = tmp_path / "b.toml"
    batch.write_text("particles_per_ml = 1e11\nprotein_ug_per_ml = 50\n", encoding="utf-8")
    assert (
        main(
            [
                "convert",
                "100 ug/kg",
                "--source",
                "AD-MSC",
                "--isolation",
                "UC",
                "--batch",
                str(batch),
                "--json",
            ]
        )
        == 0
    )
    document = json.loads(capsys.readouterr().out)
    assert list(document)[:5] == ["dose", "particles", "ug_protein", "cell_equivalents", "assumptions"]
    assert document["dose"] == "100 ug/kg" and document["per"] == "kg"
    for unit in ("particles", "ug_protein", "cell_equivalents"):
        assert list(document[unit]) == ["median", "lo90", "hi90"]
    assert all(isinstance(line, str) and line for line in document["assumptions"])
    assert main(["convert", "1e9", "particles"]) == 0
    assert "90% interval" in capsys.readouterr().out
    assert main(["convert", "5 IU", "--json"]) == 2
    assert capsys.readouterr().out == ""


def test_a_dose_that_names_its_cells_is_converted_as_theirs() -> None:
    assert convert("1e6 BM-MSC equivalents").particles == convert("1e6 cells", "BM-MSC").particles
    assert convert("1e6 macrophage exosomes").ug_protein == convert("1e6 particles", "macrophages").ug_protein


def test_sources_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(InputError, match="source is stated as 'plasma' and as 'uc-msc'"):
        convert("2e6 UC-MSCs", "plasma")
    with pytest.raises(InputError, match="isolation is stated as 'UC' and as 'SEC'"):
        convert("200 ug", isolation="UC", batch=Batch("lot", isolation="SEC"))
    assert convert("2e6 UC-MSCs", "MSC").dose.source == "uc-msc"


@settings(max_examples=12, deadline=None)
@given(
    st.floats(1e-3, 1e3),
    st.floats(1.5, 1e2),
    st.sampled_from(["ug", "particles", "cells", "mg", "ug/kg", "uL of 1e9/mL"]),
)
def test_more_is_more_in_every_unit(amount: float, times: float, unit: str) -> None:
    """A multiple of a dose is that multiple of it in particles, protein and cells."""
    less, more = convert(f"{amount!r} {unit}"), convert(f"{amount * times!r} {unit}")
    for key in ("particles", "ug_protein", "cell_equivalents"):
        one, other = getattr(less, key), getattr(more, key)
        assert one.lo90 <= one.median <= one.hi90
        assert (other.lo90, other.median, other.hi90) == pytest.approx(
            tuple(times * x for x in (one.lo90, one.median, one.hi90)), rel=1e-3
        )
