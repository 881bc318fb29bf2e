"""The common odds ratio against a fit of the proportional odds model by logistic regression of each cut."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit

from exodyn.validation.rankin import common_odds_ratio

REFERENCE = np.array([0.15, 0.20, 0.13, 0.14, 0.18, 0.08, 0.12])


@pytest.mark.parametrize("ratio", [0.5, 1.0, 1.15, 2.0])
def test_a_shift_by_an_odds_ratio_is_found(ratio):
    below = np.concatenate([[0.0], expit(logit(np.cumsum(REFERENCE)[:-1]) + np.log(ratio)), [1.0]])
    found, _ = common_odds_ratio(1e6 * np.diff(below), REFERENCE)
    assert np.exp(found) == pytest.approx(ratio, rel=1e-5)


def test_the_standard_error_covers_as_it_says():
    random = np.random.default_rng(3)
    inside = 0
    for _ in range(400):
        log, se = common_odds_ratio(random.multinomial(150, REFERENCE).astype(float), REFERENCE)
        inside += abs(log) < 1.959963984540054 * se
    assert 366 <= inside <= 393  # 95% of 400; outside of this in 1 of 200 runs of the test, with other seeds


def test_two_classes_are_the_plain_odds_ratio():
    log, se = common_odds_ratio(np.array([30.0, 70.0]), np.array([0.5, 0.5]))
    assert np.exp(log) == pytest.approx(3 / 7, rel=1e-5)
    assert se == pytest.approx(np.sqrt(1 / 30 + 1 / 70), rel=1e-3)
