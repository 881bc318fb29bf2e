"""Draws agree with known posteriors, are the same for a seed, and are refused where chains disagree."""

import numpy as np
import pytest
from tests.inference import toy

from exodyn.inference import Free, Posterior, Prior
from exodyn.inference.sample import Line, Unconverged, convergence, sample


@pytest.mark.parametrize("correlated", [False, True])
def test_draws_have_the_moments_of_a_correlated_normal_posterior(correlated: bool) -> None:
    found = sample(toy.normal(), draws=800, chains=4, seed=1, correlated=correlated).posterior
    a, b = found["a"].values.ravel(), np.log(found["b"].values.ravel())
    # Monte Carlo error of 1500 effective draws: 2.6% of a standard deviation; five of them are allowed
    assert a.mean() == pytest.approx(1.0, abs=0.11)
    assert b.mean() == pytest.approx(3.0, abs=0.011)
    assert a.std() == pytest.approx(1.0, rel=0.08)
    assert b.std() == pytest.approx(0.1, rel=0.08)
    assert np.corrcoef(a, b)[0, 1] == pytest.approx(0.9, abs=0.03)
    assert found["a"].dims == ("chain", "draw")


def test_draws_without_data_are_the_prior_on_every_kind_of_bounds() -> None:
    free = (
        Free("k", 1e-3, 1e3, "log10", prior=Prior("lognormal", 0.0, 1.0)),
        Free("share", 0.0, 1.0, "logit", prior=Prior("uniform", 0.0, 1.0)),
        Free("m", -np.inf, np.inf, prior=Prior("normal", 1.0, 2.0)),
        Free("size", 0.0, np.inf, prior=Prior("lognormal", 0.0, 0.5)),
        Free("below", -np.inf, 2.0, prior=Prior("normal", 0.0, 1.0)),
    )
    found = sample(Posterior(free, lambda v: (0.0, np.zeros(5))), draws=600, seed=2).posterior
    for one in free:
        assert one.prior is not None
        drawn = np.sort(found[one.name].values.ravel())
        expected = [one.prior.cdf(v) / one.prior.cdf(one.upper) for v in drawn[[240, 1200, 2160]]]
        assert expected == pytest.approx([0.1, 0.5, 0.9], abs=0.04), one.name


def test_a_seed_gives_the_same_bits_on_any_threads() -> None:
    one, two = (sample(toy.decay(), draws=100, seed=5, threads=n, strict=False) for n in (1, 4))
    for name in ("amount", "rate"):
        assert one.posterior[name].values.tobytes() == two.posterior[name].values.tobytes()


def test_chains_that_disagree_are_refused_with_names_and_figures() -> None:
    with pytest.raises(Unconverged, match=r"where: R-hat \d\.\d+ \(at most 1.01\)") as caught:
        sample(toy.two_valleys(0.0, 0.01), draws=200, chains=6, seed=1, start=np.array([0.0]))
    assert caught.value.draws is not None
    assert convergence(caught.value.draws)["where"]["r_hat"] > 1.01


def test_the_line_has_the_right_jacobian() -> None:
    objective = toy.decay()
    line = Line.at(objective, np.array([1.0, -0.5]))
    z = np.array([0.3, -0.7])
    value, slope = line.density(objective, z)
    for i, h in enumerate(np.eye(2) * 1e-6):
        above, below = (line.density(objective, z + s * h)[0] for s in (1, -1))
        assert slope[i] == pytest.approx((above - below) / 2e-6, rel=1e-5, abs=1e-5)
    u = line.middle + line.turn @ z
    x, steep, log_steep, _ = line.inside(u)
    assert np.log(steep) == pytest.approx(log_steep)
    assert value == pytest.approx(objective(x) + log_steep.sum())
