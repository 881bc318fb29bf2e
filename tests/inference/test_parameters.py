"""Scales, priors and their Jacobians, against SciPy and finite differences."""

import math

import numpy as np
import pytest
from scipy import integrate, stats

from exodyn.errors import InputError
from exodyn.inference import Free, Posterior, Prior

SCIPY = {
    "halfnormal": stats.halfnorm(0.4, 0.3),
    "normal": stats.norm(0.4, 0.3),
    "laplace": stats.laplace(0.4, 0.3),
    "uniform": stats.uniform(0.4, 0.3),
    "lognormal": stats.lognorm(0.3, scale=math.exp(0.4)),
    "loglaplace": stats.loglaplace(1 / 0.3, scale=math.exp(0.4)),
    "loguniform": stats.loguniform(0.4, 0.7),
    "cauchy": stats.cauchy(0.4, 0.3),
    "gamma": stats.gamma(0.4, scale=0.3),
    "rayleigh": stats.rayleigh(0.4, 0.3),
}


def prior(kind: str, **more: bool) -> Prior:
    return Prior(kind, 0.4, 0.7 if kind in ("uniform", "loguniform") else 0.3, **more)


@pytest.mark.parametrize("kind", SCIPY)
def test_a_prior_is_scipys_distribution(kind: str) -> None:
    for value in (0.45, 0.6, 1.3):
        assert prior(kind).log_density(value) == pytest.approx(SCIPY[kind].logpdf(value))
    assert prior(kind).quantile(0.3) == pytest.approx(SCIPY[kind].ppf(0.3))


@pytest.mark.parametrize("kind", SCIPY)
@pytest.mark.parametrize("scale", ["lin", "log", "log10", "logit"])
@pytest.mark.parametrize("of_scaled", [False, True])
def test_the_slope_of_a_log_prior_is_its_derivative(kind: str, scale: str, of_scaled: bool) -> None:
    lower, upper = (0.0, 1.0) if scale == "logit" else (0.0, math.inf)
    one = Free("k", lower, upper, scale, prior=prior(kind, of_scaled=of_scaled))
    x = 0.45 if of_scaled else one.scaled(0.45)
    density, slope = one.log_prior(x)
    assert math.isfinite(density)
    h = 1e-6
    assert slope == pytest.approx((one.log_prior(x + h)[0] - one.log_prior(x - h)[0]) / (2 * h), abs=1e-6)


@pytest.mark.parametrize("scale", ["lin", "log", "log10"])
@pytest.mark.parametrize("kind", ["normal", "lognormal", "loglaplace"])
def test_a_prior_of_the_value_keeps_its_mass_on_any_scale(kind: str, scale: str) -> None:
    one = Free("k", 0.5, 2.0, scale, prior=Prior(kind, 0.4, 0.3))
    assert one.prior is not None
    low, high = one.bounds
    mass = integrate.quad(
        lambda x: math.exp(one.log_prior(x)[0]), low, high, points=[one.scaled(math.exp(0.4))]
    )[0]
    assert mass == pytest.approx(one.prior.cdf(2.0) - one.prior.cdf(0.5), rel=1e-7)


def test_draws_follow_the_prior_between_the_bounds() -> None:
    one = Free("k", 0.5, 2.0, "log", prior=Prior("lognormal", 0.0, 1.0))
    drawn = np.exp([one.draw(p) for p in (np.arange(400) + 0.5) / 400])
    assert drawn.min() >= 0.5
    assert drawn.max() <= 2.0
    whole = stats.lognorm(1.0)
    middle = whole.ppf((whole.cdf(0.5) + whole.cdf(2.0)) / 2)
    assert np.median(drawn) == pytest.approx(middle, rel=0.01)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Free("k", 1.0, 1.0), "not below"),
        (lambda: Free("k", -1.0, 1.0, "log"), "expected 0.0"),
        (lambda: Free("k", 0.0, 1.0, "loglog"), "did you mean|valid are"),
        (lambda: Free("k", 0.0, 1.0, start=2.0), "outside"),
        (lambda: Free("k", 0.0, math.inf).draw(0.5), "finite bounds"),
        (lambda: Prior("gauss", 0.0, 1.0), "no prior 'gauss'"),
        (lambda: Prior("normal", 0.0, 0.0), "more than 0"),
        (lambda: Prior("uniform", 1.0, 0.0), "not below"),
        (lambda: Free("k", 5.0, 6.0, prior=Prior("uniform", 0.0, 1.0)).draw(0.5), "nothing between"),
    ],
)
def test_nonsense_is_refused_with_its_name(make, says: str) -> None:
    with pytest.raises(InputError, match=says):
        make()


def test_a_posterior_joins_likelihood_and_prior_on_the_scale() -> None:
    free = (
        Free("k", 1e-3, 1e3, "log10", prior=Prior("lognormal", 0.0, 1.0)),
        Free("s", 0.0, 1.0, "logit"),
        Free("m", -5.0, 5.0),
    )

    def likelihood(v):
        k, s, m = v
        return float(-((k - 2) ** 2) - 3 * s * m * m), np.array([-2 * (k - 2), -3 * m * m, -6 * s * m])

    posterior = Posterior(free, likelihood)
    x = np.array([0.2, -0.4, 1.3])
    at, slope = posterior.gradient(x)
    assert at == posterior(x)
    for i, h in enumerate(np.eye(3) * 1e-6):
        assert slope[i] == pytest.approx((posterior(x + h) - posterior(x - h)) / 2e-6, rel=1e-6)
    assert posterior(np.array([0.2, -0.4, 6.0])) == -math.inf


def test_what_cannot_be_computed_is_counted_by_its_reason() -> None:
    from exodyn.inference import Impossible

    def likelihood(v):
        if v[0] > 0.5:
            raise Impossible("too stiff")
        return float("nan"), np.zeros(1)

    posterior = Posterior((Free("k", 0.0, 1.0),), likelihood)
    assert posterior(np.array([0.6])) == posterior(np.array([0.4])) == -math.inf
    assert posterior.refused == {"too stiff": 1, "the likelihood is not a finite number": 1}
