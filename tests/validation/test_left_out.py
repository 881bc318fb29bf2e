"""Cohorts left out of the stroke posterior, beside dumb forecasts."""

import pytest

from exodyn.calibration.stroke import TABLES
from exodyn.calibration.stroke_left_out import LeftOut, kept_apart
from exodyn.evidence import targets
from exodyn.evidence.draws import release_of
from exodyn.validation.left_out import forecast, line


def one(target: str, observed: float) -> LeftOut:
    return LeftOut(target, "lees_late", observed, 15.0, 10.0, 20.0, "")


def test_a_dumb_forecast_is_in_percent_and_knows_other_studies_only() -> None:
    band = forecast(one("lees_late_mrs_0", 15.4), "mean")
    assert band is not None
    assert 0 < band.low < band.median < 2.9 < band.high < 100  # TREASURE, 3 and 1 of 102
    assert forecast(one("winters_good", 70.0), "meta_regression") is None


def test_a_line_counts_and_scores() -> None:
    inside, outside = one("lees_late_mrs_0", 12.0), one("lees_late_mrs_1", 21.0)
    cells = [cell.strip() for cell in line("a pool", [inside, outside]).strip("|").split("|")]
    assert cells[:3] == ["a pool", "1 of 2", "20.0"]  # 10, and 10 + 20 times 1


def test_what_is_kept_is_of_this_release_and_of_figures_fitted_to() -> None:
    kept = kept_apart()
    fitted = {one.name: one for one in targets("stroke") if one.use == "fit"}
    assert {one.release for one in kept} <= {release_of(TABLES, "stroke", "human")}
    for each in kept:
        assert each.observed == pytest.approx(fitted[each.target].value, abs=0.01)
        assert each.low <= each.median <= each.high
