"""The hierarchical model: it recovers, it is calibrated, and it says when it cannot say."""

from __future__ import annotations

import math

import numpy as np
import pytest

from exodyn.errors import InputError
from exodyn.product import comparability as c


def batches(random, n, tau, sigma, repeats=3, mu=0.0):
    return {
        f"B{i}": np.exp(mu + tau * random.standard_normal() + sigma * random.standard_normal(repeats))
        for i in range(n)
    }


def test_many_batches_recover_both_spreads():
    found = c.posterior(batches(np.random.default_rng(1), 60, 0.3, 0.1, mu=math.log(1e10)))
    low, _, high = found.quantiles("tau")
    assert low < 0.3 < high < 0.4
    assert found.quantiles("sigma")[1] == pytest.approx(0.1, rel=0.15)
    assert math.exp(found.quantiles("mu")[1]) == pytest.approx(1e10, rel=0.15)


def test_intervals_of_the_spread_hold_it_as_often_as_they_say():
    """If tau comes from the prior, 90% intervals hold it in 90% of data sets."""
    random = np.random.default_rng(2)
    held = 0
    for _ in range(150):
        tau = abs(c.PRIOR_SCALE * random.standard_normal())
        low, _, high = c.posterior(batches(random, 4, tau, 0.1)).quantiles("tau")
        held += low <= tau <= high
    assert 0.9 - 4 * math.sqrt(0.09 / 150) < held / 150 < 0.9 + 4 * math.sqrt(0.09 / 150)


def test_three_batches_cannot_say_where_thirty_can():
    random = np.random.default_rng(3)
    few, many = batches(random, 3, 0.08, 0.03), batches(random, 30, 0.08, 0.03)
    assert c.consistent(few, 0.8, 1.25).answer == "cannot say"
    assert c.consistent(many, 0.7, 1.4).answer == "yes"
    assert c.consistent(many, 0.97, 1.03).answer == "no"


def test_a_change_of_two_fold_is_seen_and_none_is_confirmed():
    random = np.random.default_rng(4)
    before = batches(random, 8, 0.05, 0.03)
    assert c.same_after_change(before, batches(random, 8, 0.05, 0.03, mu=math.log(2))).answer == "no"
    assert c.same_after_change(before, batches(random, 8, 0.05, 0.03)).answer == "yes"
    assert c.same_after_change(before, batches(random, 1, 0.05, 0.03), margin=1.05).answer == "cannot say"


def test_number_of_batches_grows_with_their_spread():
    numbers = [c.batches_for_equivalence(cv) for cv in (0.1, 0.2, 0.4)]
    assert numbers == sorted(numbers) and numbers[0] >= 2
    assert c.batches_for_tolerance(0.1, 1.25) == pytest.approx(21, abs=12)
    assert c.batches_for_tolerance(0.3, 1.25) is None


def test_spread_for_a_study_is_wider_with_fewer_batches():
    random = np.random.default_rng(5)
    many = batches(random, 40, 0.2, 0.05)
    few = dict(list(many.items())[:3])
    assert c.spread("potency", many).gsd < 1.3
    factors = c.spread("potency", few).factors(1000)
    assert np.median(factors) == pytest.approx(1, abs=0.1)


def test_refusals():
    with pytest.raises(InputError, match="2 or more"):
        c.posterior({"a": [1.0]})
    with pytest.raises(InputError, match="above 0"):
        c.posterior({"a": [1.0], "b": [0.0]})
