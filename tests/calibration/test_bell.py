"""Bell or plateau: findings that decide do decide, findings that do not leave the odds near 1."""

import numpy as np
import pytest

from exodyn.calibration import bell
from exodyn.calibration.bell import Finding, Outcome, odds, outcomes


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bell, "SHAPES", 500)
    monkeypatch.setattr(bell, "NOISE", 200)
    monkeypatch.setattr(bell, "EMAXES", 6)


def outcome(*findings: tuple[float, float, str]) -> Outcome:
    return Outcome("made", "up", tuple(Finding(*one) for one in findings), ())


def test_an_effect_lost_at_a_high_dose_speaks_for_a_bell() -> None:
    found = odds([outcome((100, 0, "better"), (10_000, 0, "not better"))], animals=40)
    assert found.ratio > 10
    assert np.median(found.id50) < 2000


def test_a_higher_dose_that_does_more_speaks_for_a_plateau() -> None:
    assert odds([outcome((1000, 100, "more"), (10_000, 1000, "more"))], animals=40).ratio < 0.5


def test_a_finding_that_any_curve_gives_leaves_the_odds_at_one() -> None:
    assert odds([outcome((1e-6, 0, "same"))]).ratio == pytest.approx(1, abs=0.1)


def test_the_studies_of_the_evidence_base_do_not_decide() -> None:
    every = outcomes()
    assert {one.study for one in every} == {"Zhang Y 2020", "Otero-Ortega 2020 dose"}
    assert 1 / 5 < odds(every).ratio < 5


def test_a_bell_of_half_the_dose_costs_twice_the_receptors() -> None:
    one, other = bell.receptor_cost(np.array([200.0, 400.0]))
    assert one == pytest.approx(2 * other)
