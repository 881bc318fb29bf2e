"""Forecasts of biodistribution: right about studies that no fit has seen, and honest about what they
cannot know.
"""

import csv
import io
import math

import numpy as np
import pytest

from exodyn.delivery import calibrate
from exodyn.delivery.kinds import coefficients
from exodyn.delivery.predict import Forecast, forecast
from exodyn.evidence import Record, is_validation, read_records, records


@pytest.fixture(scope="module")
def held_back() -> list[tuple[Record, Forecast]]:
    """Every numeric record of the validation studies, with its forecast."""
    wanted = [r for r in records("biodistribution") if is_validation(r) and r.value and r.value > 0]
    found = []
    for study in dict.fromkeys(r.study for r in wanted):
        own = [r for r in wanted if r.study == study]
        answers = forecast(own)
        found += [(r, f) for r in own if isinstance(f := answers[r.id], Forecast) and f.probability is None]
    return found


def test_no_target_of_the_fit_is_of_a_validation_study() -> None:
    held = {r.study for r in records("biodistribution") if is_validation(r)}
    assert not held & {t.study for t in calibrate.targets()}


def test_held_back_numbers_lie_in_their_bands(held_back: list[tuple[Record, Forecast]]) -> None:
    inside = [np.quantile(f.draws, 0.05) <= r.value <= np.quantile(f.draws, 0.95) for r, f in held_back]
    assert len(inside) > 150
    assert np.mean(inside) > 0.8


def test_forecasts_beat_the_log_normal_of_the_calibration_records(
    held_back: list[tuple[Record, Forecast]],
) -> None:
    """The dumb forecast: geometric mean of the calibration rows of the same organ and quantity."""
    ours, dumb = [], []
    known = [r for r in records("biodistribution") if not is_validation(r) and r.value and r.value > 0]
    for r, f in held_back:
        same = [
            math.log(k.value)
            for k in known
            if k.quantity == r.quantity and k.fields["organ"] == r.fields["organ"]
        ]
        if len(same) > 2:
            dumb.append(abs(np.mean(same) - math.log(r.value)))
            ours.append(abs(math.log(np.median(f.draws) / r.value)))
    assert np.mean(ours) < 0.85 * np.mean(dumb)


def test_the_draws_are_of_the_coefficients_on_file() -> None:
    from exodyn.delivery.draws import draws

    assert draws().coefficients.shape[1] == len(coefficients())
    assert np.all(np.isfinite(draws().coefficients)) and np.all(draws().between > 0)


ROW = dict.fromkeys(records("biodistribution")[0].fields, "") | {
    "id": "X1",
    "study": "Unheard2031",
    "species": "mouse",
    "health": "healthy",
    "vesicle_source": "MSC",
    "label": "89Zr",
    "route": "iv",
    "organ": "liver",
    "time": "24",
    "time_unit": "h",
    "quantity": "percent_ID_per_g",
    "value": "20",
    "spread_kind": "none",
    "status": "measured",
    "split": "validation",
}


def of(tmp_path, **cells: str) -> Forecast | str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(ROW), lineterminator="\n")
    writer.writeheader()
    writer.writerow(ROW | cells)
    file = tmp_path / "mine.csv"
    file.write_text(text.getvalue())
    return forecast(read_records(file))["X1"]


@pytest.mark.parametrize(
    "cells",
    [
        {},
        {"quantity": "percent_ID", "organ": "spleen", "species": "rat"},
        {
            "quantity": "percent_ID_per_mL",
            "organ": "plasma",
            "species": "human",
            "vesicle_source": "PEG-liposome (comparator)",
        },
        {"quantity": "half_life", "organ": "blood", "time": "", "time_unit": "min"},
        {"quantity": "detected", "organ": "brain", "value": "1", "route": "intranasal"},
        {"quantity": "rank", "organ": "liver", "value": "1", "time": ""},
        {"quantity": "direction_vs_healthy", "organ": "blood", "value": "1", "health": "macrophage-depleted"},
        {"quantity": "organ_ratio", "organ": "spleen/liver"},
        {"quantity": "organ_ratio_whole", "organ": "spleen/liver"},
        {"quantity": "organ_ratio_brightness", "organ": "heart/liver"},
        {"size_nm": "3", "dose_value": "1e3", "dose_unit": "mg/kg", "vesicle_source": "gold (comparator)"},
        {"organ": "tumour", "quantity": "percent_ID"},
        {"time": "1e6", "time_unit": "d"},
        {"quantity": "SUV"},
        {"quantity": "detected", "organ": "urine", "value": "1"},
        {"quantity": "tissue_to_blood_ratio", "organ": "brain"},
        {"quantity": "ng_per_g", "dose_value": "2", "dose_unit": "mg/kg"},
    ],
)
def test_a_study_never_seen_is_forecast(tmp_path, cells: dict[str, str]) -> None:
    found = of(tmp_path, **cells)
    assert isinstance(found, Forecast), found
    assert np.all(np.isfinite(found.draws))
    if found.probability is not None:
        assert 0 < found.probability < 1


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"quantity": "beauty"}, "no reading"),
        ({"organ": "philtrum"}, "no such place"),
        ({"route": "inhaled"}, "no such route"),
        ({"organ": "urine"}, "nothing per gram"),
        ({"species": "turtle"}, "no physiology"),
        ({"dose_value": "1e10", "dose_unit": "mg/kg"}, "more than any"),
        ({"quantity": "organ_ratio", "organ": "liver"}, "two organs"),
        ({"quantity": "organ_ratio_whole", "organ": "thymus/liver"}, "a part of the model's lymph"),
        ({"quantity": "concentration_nmol_eq_per_L"}, "no dose"),
    ],
)
def test_what_cannot_be_forecast_says_why(tmp_path, cells: dict[str, str], reason: str) -> None:
    found = of(tmp_path, **cells)
    assert isinstance(found, str) and reason in found


def test_units_of_one_amount_agree(tmp_path) -> None:
    """2 mg/kg in 25 g are 50 ug: 1% of the dose per g is 500 ng/g and an SUV of 0.25."""
    dose = {"dose_value": "2", "dose_unit": "mg/kg", "vesicle_source": "PLGA nanoparticle (comparator)"}
    percent, ng, mg, suv = (
        of(tmp_path, quantity=q, **dose).draws
        for q in ("percent_ID_per_g", "ng_per_g", "concentration_mg_per_kg", "SUV")
    )
    assert ng / percent == pytest.approx(np.full(len(percent), 500.0))
    assert mg / ng == pytest.approx(np.full(len(percent), 1e-3))
    assert suv / percent == pytest.approx(np.full(len(percent), 0.25))


def test_perfusion_takes_the_blood_out_of_an_organ(tmp_path) -> None:
    early = {"organ": "kidney", "time": "2", "time_unit": "min"}
    plain, perfused, again = (
        np.median(of(tmp_path, **early, note=n).draws)
        for n in ("", "animals were perfused with saline", "2 h after reperfusion, not perfused")
    )
    assert perfused < 0.9 * plain and again == plain
    blood = early | {"organ": "blood"}
    assert np.array_equal(of(tmp_path, **blood, note="perfused").draws, of(tmp_path, **blood).draws)


def test_depletion_and_dose_move_the_forecast_the_way_they_should(tmp_path) -> None:
    blood = {"quantity": "half_life", "organ": "blood", "time": "", "time_unit": "min"}
    intact, depleted = (of(tmp_path, **blood, health=h) for h in ("healthy", "macrophage-depleted"))
    assert np.median(depleted.draws) > 1.3 * np.median(intact.draws)  # other cells take a third
    low, high = (of(tmp_path, **blood, dose_value=d, dose_unit="particles") for d in ("1e9", "1e16"))
    assert np.median(high.draws) > 1.5 * np.median(low.draws)
