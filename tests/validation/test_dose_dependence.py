"""Saturation as records of dose show it: directions, and what one laboratory would find."""

import numpy as np
import pytest

from exodyn.validation.dose_dependence import DEPLETED, DOSES, PAIRS, AtDose, figure, ratio, vesicles


@pytest.fixture(scope="module")
def by_dose() -> tuple[list[AtDose], list[AtDose]]:
    return vesicles(1.0), vesicles(DEPLETED)


def test_liver_share_falls_and_half_life_lengthens_with_dose(by_dose: tuple[list[AtDose], ...]) -> None:
    for found in by_dose:
        liver = np.median([one.liver for one in found], axis=1)
        half_life = np.median([one.half_life for one in found], axis=1)
        assert np.all(np.diff(liver) < 0.1)
        assert np.all(np.diff(half_life) > -0.02)
        assert liver[0] > 1.3 * liver[-1]
    intact, depleted = by_dose
    assert intact[0].liver == pytest.approx(intact[1].liver, rel=1e-2)  # below what fills: dose is no matter
    assert np.all(depleted[0].half_life >= intact[0].half_life)


def test_clearance_falls_with_dose_where_it_was_seen_to() -> None:
    inside = []
    for _, low, high in PAIRS:
        found, seen = ratio(low, high)
        assert np.quantile(found, 0.05) > 0.95
        inside.append(seen <= np.quantile(found, 0.95))
    assert inside[:2] == [True, True]  # of the rabbit see docs/delivery.md


def test_the_figure_has_both_panels(by_dose: tuple[list[AtDose], ...]) -> None:
    drawn = figure(*by_dose)
    assert [len(axes.lines) for axes in drawn.axes] == [2, 2]
    assert drawn.axes[0].lines[0].get_xdata().shape == DOSES.shape
