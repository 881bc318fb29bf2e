"""The bridge from animal to man: conversions, the likelihood, what is left out, how its forecasts score."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from exodyn.evidence import record, records, translation_truth
from exodyn.translation import NoEffectError, effect_of, learn, predict
from exodyn.translation.bridge import _log_normal_rows
from exodyn.translation.effects import LOG_ODDS_PER_SD, Effect, Scaling, human_scaling
from exodyn.translation.predict import Mixture
from exodyn.translation.score import Forecast, at_equal_coverage, forecasts, frozen, score
from exodyn.translation.therapies import therapies

KNOWN = therapies(records("translation"))
BY_NAME = {one.name: one for one in KNOWN}


@pytest.mark.parametrize(
    ("id", "expected"),
    [
        ("TRB003", math.log(1.75)),  # good outcome: above one is benefit
        ("TRB016", -math.log(1.23)),  # bad outcome: above one is harm
        ("TRB051", -math.log(0.52)),  # worse outcome, below one favours treatment
        ("TRB062", 0.25 * LOG_ODDS_PER_SD),
        ("TRB036", 0.16 * LOG_ODDS_PER_SD / 6.7),  # NIHSS points, negative is better
    ],
)
def test_effects_are_benefit_positive_log_odds(id: str, expected: float) -> None:
    effect = effect_of(record(id))
    assert effect.value == pytest.approx(expected, rel=1e-12)


def test_a_risk_ratio_agrees_with_the_odds_ratio_of_its_counts() -> None:
    """ESCAPE-NA1: 337 of 549 against 329 of 556, printed as a risk ratio of 1.04."""
    effect = effect_of(record("TRB031"))
    exact = math.log(337 * (556 - 329) / (329 * (549 - 337)))
    assert effect.value == pytest.approx(exact, abs=0.03)


def test_an_effect_that_is_no_contrast_is_refused_with_the_reason() -> None:
    with pytest.raises(NoEffectError, match="no contrast"):
        effect_of(record("TRB086"))
    with pytest.raises(NoEffectError, match="no effect unit"):
        effect_of(record("TRB022"))


@given(st.floats(0.05, 20), st.sampled_from([1, -1]), st.floats(0.1, 5), st.booleans())
def test_scaling_and_back(printed: float, sign: int, slope: float, logarithmic: bool) -> None:
    scaling = Scaling(slope, logarithmic, sign)
    assert scaling.printed(scaling.common(printed)) == pytest.approx(printed, rel=1e-9)


def test_every_human_row_with_a_unit_is_read_but_for_the_share_of_one_arm() -> None:
    refused = []
    for row in records("translation"):
        if row.fields["side"] == "human" and row.unit:
            try:
                human_scaling(row)
            except NoEffectError:
                refused.append(row.id)
    assert refused == ["TRB086"]


@given(st.lists(st.tuples(st.floats(-2, 2), st.floats(0.05, 1)), min_size=1, max_size=4), st.floats(0.01, 1))
def test_rows_that_share_an_effect_have_the_multivariate_normal_density(
    rows: list[tuple[float, float]], spread: float
) -> None:
    draws = {"trial_spread": np.array([0.1]), "early_bias": np.array([0.2]), "open_bias": np.array([0.3])}
    found = _log_normal_rows(
        draws,
        [(Effect(Scaling(1, False, 1), y, se), True, False) for y, se in rows],
        np.array([0.4]),
        np.array([spread]),
    )
    y, se = np.array(rows).T
    covariance = np.diag(se**2 + 0.1**2) + spread**2
    expected = stats.multivariate_normal(np.full(len(y), 0.4 + 0.2), covariance).logpdf(y)
    assert found[0] == pytest.approx(float(expected), rel=1e-9, abs=1e-9)


def test_quantiles_of_a_mixture() -> None:
    mixture = Mixture(np.array([0.0, 3.0]), np.array([1.0, 0.5]), np.array([0.7, 0.3]))
    for p in (0.05, 0.5, 0.95):
        assert mixture.below(mixture.quantile(p)) == pytest.approx(p, abs=1e-9)


def test_kin_are_found_by_family_and_by_name() -> None:
    assert BY_NAME["MSC (stroke)"].is_kin(BY_NAME["bone marrow mononuclear cells"])
    assert BY_NAME["MSC (stroke)"].is_kin(BY_NAME["MSC (cord injury)"])
    assert BY_NAME["hypothermia (stroke)"].is_kin(BY_NAME["hypothermia (TBI)"])
    assert not BY_NAME["alteplase"].is_kin(BY_NAME["tirilazad"])
    assert BY_NAME["normobaric oxygen with thrombectomy"].group == "protectant"


def test_a_prediction_knows_nothing_of_its_own_result() -> None:
    """Another printed effect, with the same interval width, gives the same band in log odds."""
    therapy = BY_NAME["NXY-059"]
    row = record("TRB013")
    low, high = row.spread
    moved = replace(row, value=3 * row.value, spread=(3 * low, 3 * high))
    bridge = learn()
    one, other = predict(bridge, therapy, row), predict(bridge, therapy, moved)
    assert (one.lo90, one.median, one.hi90) == pytest.approx((other.lo90, other.median, other.hi90), rel=1e-9)


def test_forecasts_of_therapies_left_out() -> None:
    """At least 80% of bands hold the result, and success is better forecast than by its base rate."""
    found = forecasts(learn())
    bridge, base = score("bridge", found["bridge"]), score("base rate", found["base rate"])
    assert {f.record for f in found["bridge"]} == set(translation_truth())
    assert bridge.inside / bridge.numbers >= 0.8
    assert bridge.brier < base.brier
    assert bridge.log_score > base.log_score
    assert bridge.interval_score < base.interval_score
    assert len(frozen(found["bridge"])) == 64


def test_a_larger_animal_effect_promises_more_only_if_the_therapy_works() -> None:
    bridge = learn()
    alteplase = BY_NAME["alteplase"]
    row = record("TRB003")
    animals = tuple(replace(one, value=2 * one.value) for one in alteplase.animals)
    larger = predict(bridge, replace(alteplase, animals=animals), row)
    assert larger.hi90 > predict(bridge, alteplase, row).hi90
    assert larger.benefit == pytest.approx(predict(bridge, alteplase, row).benefit, abs=0.05)


def test_at_equal_coverage_bands_are_scaled_by_the_others_alone() -> None:
    """Nineteen outcomes a tenth of the way to the end of their band and one at three times: all of the others
    need 0.1 but the odd one, whose own factor is theirs.
    """
    forecasts = [Forecast(f"R{k}", "t", 0.0, -1.0, 1.0, 0.5, 0.1, False) for k in range(19)]
    odd = Forecast("odd", "t", 0.0, -1.0, 1.0, 0.5, -3.0, False)
    scaled = at_equal_coverage([*forecasts, odd])
    assert all((f.low, f.high) == pytest.approx((-0.1, 0.1)) for f in scaled)
    assert [f.inside for f in scaled] == [True] * 19 + [False]
