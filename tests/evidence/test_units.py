"""Units as tables write them."""

import pytest

from exodyn.evidence.units import per_volume, registry, unit_in

SAME = {
    "percent*ID/g": [
        "%ID/g",
        "percent_ID_per_g",
        "percent injected dose per gram",
        "% of the injected activity/g",
        "%IA per g tissue",
        "% ID g-1",
    ],
    "percent*ID": [
        "% of dose",
        "percent_ID",
        "%ID per organ",
        "percent of administered dose",
        "% injected dose",
    ],
    "ug*h/mL": ["ug·h/mL", "µg h/mL", "μg.h/mL", "ug*h per mL"],
    "uL/g/min": ["uL/g-min", "µL/g/min", "uL_per_g_min", "uL g-1 min-1"],
    "mL/h/kg": ["mL/h/kg", "ml h-1 kg-1", "mL per hour per kg"],
    "particle/mL": ["EVs/mL", "particles_per_mL", "vesicles mL-1"],
    "ng/mL": ["ng siRNA/mL", "concentration_ng_per_mL"],
    "nmol/L": ["nM", "nmol eq/L"],
    "0.01*percent*ID/mg": ["percent_ID_per_100_mg"],
    "ug/mL/(mg/kg)": ["(ug/mL)/(mg/kg)"],
    "min": ["minutes", "min p.i."],
    "h": ["hrs", "hours after injection"],
}


@pytest.mark.parametrize(("unit", "text"), [(u, t) for u, texts in SAME.items() for t in texts])
def test_one_unit_in_many_spellings(unit: str, text: str) -> None:
    found, _ = unit_in(text)
    expected = registry().Quantity(1.0, "") * registry().parse_expression(unit)
    assert found is not None and (found / expected).to("").magnitude == pytest.approx(1.0)


@pytest.mark.parametrize("text", ["", "beauty", "7", "()", "))((", "/", "%%-", "ng//)("])
def test_no_unit(text: str) -> None:
    assert unit_in(text)[0] is None or text == "%%-"


def test_what_a_unit_is_of_is_told() -> None:
    assert unit_in("ng siRNA/mL")[1] == ("siRNA",)


def test_a_gram_of_tissue_is_a_millilitre() -> None:
    assert [per_volume(t) for t in ("ug/g", "mg_per_kg", "%ID per 100 mg")] == [
        "ug/mL",
        "mg_per_L",
        "%ID per 100 uL",
    ]
