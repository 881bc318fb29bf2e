"""The share of an animal effect that holds in man: what the bridge says, none where it says harm."""

import numpy as np
import pytest

from exodyn.calibration.transfer import POOLED, with_transfer
from exodyn.evidence import draws_of
from exodyn.translation import carry_over, learn
from exodyn.translation.expect import expect


def test_shares_are_those_of_the_bridge() -> None:
    """An odds ratio over the pooled SMD of -1.26 by pi/sqrt(3): quantiles of one are those of the other."""
    shares = carry_over(learn(), "stroke", "STR046", 400, 1)
    expected = expect(learn(), "stroke")
    in_animals = 1.26 * np.pi / np.sqrt(3)
    assert np.quantile(shares, 0.95, method="hazen") == pytest.approx(
        np.log(expected.hi90) / in_animals, rel=0.05
    )
    assert np.mean(shares == 0) == pytest.approx(1 - expected.benefit, abs=0.01)
    assert np.all((shares >= 0) & (shares <= 1))
    assert not np.array_equal(shares, np.sort(shares))


@pytest.mark.parametrize("indication", POOLED)
def test_the_kept_draws_hold_one_share_each_of_today_s_bridge(indication: str) -> None:
    """If not: python -m exodyn.calibration.transfer"""
    draws = draws_of(indication, "human")
    assert draws is not None
    now = with_transfer(draws).values
    for name, values in draws.values.items():
        np.testing.assert_allclose(values, now[name], rtol=1e-6, err_msg=name)
    assert np.all(draws.values["population.carry_over.spread"] == 0)
