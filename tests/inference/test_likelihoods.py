"""Each likelihood against SciPy's distributions, each derivative against finite differences."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import integrate, stats

from exodyn.errors import InputError
from exodyn.inference import likelihoods as lik

INF = np.inf
# exact, left-censored, right-censored, between, far in a tail
LOW = np.array([1.3, -INF, 2.5, 0.5, 1.0])
HIGH = np.array([1.3, 0.4, INF, 0.9, 1.1])
MEAN = np.array([1.0, 1.2, 0.8, 0.6, 9.0])

CASES: dict[str, tuple[Callable[..., lik.Density], dict[str, object], dict[str, object]]] = {
    "normal": (lik.normal, {"low": LOW, "high": HIGH}, {"mean": MEAN, "sd": np.full(5, 0.4)}),
    "lognormal": (
        lik.lognormal,
        {"low": np.maximum(LOW, 0), "high": HIGH},
        {"median": MEAN, "sd_log": np.full(5, 0.4)},
    ),
    "combined": (
        lik.combined,
        {"low": LOW, "high": HIGH},
        {"mean": MEAN, "proportional": np.full(5, 0.2), "additive": np.full(5, 0.3)},
    ),
    "mean_and_sd": (
        lik.mean_and_sd,
        {"mean": [1.0, 2.0, 5.0], "sd": [0.5, 1.5, 0.0], "n": [6, 20, 1]},
        {"predicted_mean": np.array([1.2, 1.5, 4.0]), "predicted_sd": np.array([0.7, 1.1, 2.0])},
    ),
    "mean_with_error": (
        lik.mean_with_error,
        {"mean": 2.0, "error": 0.3},
        {"predicted_mean": np.array([1.7])},
    ),
    "percent_change": (
        lik.percent_change,
        {"percent": -40.0, "error": 8.0},
        {"before": np.array([12.0]), "after": np.array([6.0])},
    ),
    "standardised": (
        lik.standardised,
        {"g": [-1.7, 0.2, 3.5], "n1": [6, 30, 4], "n2": [8, 25, 4]},
        {"predicted": np.array([-1.1, 0.4, 1.0])},
    ),
    "binomial": (lik.binomial, {"events": [0, 3, 10], "n": 10}, {"share": np.array([0.1, 0.4, 0.9])}),
    "event": (
        lik.event,
        {"seen": [True, False, True]},
        {
            "hazard": np.array([0.1, 0.2, 0.3]),
            "cumulative": np.array([0.5, 1.0, 2.0]),
            "cumulative_entry": np.array([0.05, 0.2, 0.1]),
        },
    ),
    "event_between": (
        lik.event_between,
        {},
        {"cumulative_low": np.array([0.1, 0.5]), "cumulative_high": np.array([0.3, 4.0])},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_derivatives_are_those_of_finite_differences(name: str) -> None:
    density, data, predictions = CASES[name]
    found = density(**data, **predictions)
    assert set(found.by) == set(predictions)
    for which, value in predictions.items():
        h = 1e-6 * np.asarray(value)
        above, below = (density(**data, **{**predictions, which: value + s * h}).log for s in (1, -1))
        assert found.by[which] == pytest.approx((above - below) / (2 * h), rel=1e-6, abs=1e-7), which


def test_individual_readings_are_scipys_normal() -> None:
    found = lik.normal(LOW, HIGH, MEAN, 0.4).log
    law = stats.norm(MEAN, 0.4)
    exact = LOW == HIGH
    with np.errstate(divide="ignore"):
        between = law.logcdf(HIGH) + np.log1p(-law.cdf(LOW) / law.cdf(HIGH))
    expected = np.where(exact, law.logpdf(np.where(exact, LOW, 0)), between)
    assert found == pytest.approx(expected, rel=1e-6)
    far = lik.normal(-INF, 0.0, 60.0, 1.0)
    assert far.log == pytest.approx(stats.norm.logcdf(-60.0))
    assert far.by["mean"] == pytest.approx(-60.0, rel=1e-3)


def test_lognormal_and_combined_errors() -> None:
    assert lik.lognormal(2.0, 2.0, 3.0, 0.5).log == pytest.approx(stats.lognorm(0.5, scale=3.0).logpdf(2.0))
    assert lik.lognormal(0.0, 2.0, 3.0, 0.5).log == pytest.approx(stats.lognorm(0.5, scale=3.0).logcdf(2.0))
    assert lik.combined(2.0, 2.0, 3.0, 0.4, 0.9).log == pytest.approx(stats.norm(3.0, 1.5).logpdf(2.0))


def test_mean_and_sd_have_the_density_that_simulated_groups_have() -> None:
    whole = integrate.dblquad(
        lambda s, m: math.exp(lik.mean_and_sd(m, s, 5, 1.0, 2.0).total), -7, 9, 1e-9, 9, epsabs=1e-5
    )[0]
    assert whole == pytest.approx(1.0, abs=1e-3)
    draws = np.random.default_rng(1).normal(1.0, 2.0, size=(4000, 5))
    mean, sd = draws.mean(axis=1), draws.std(axis=1, ddof=1)
    # the true parameters are the likeliest: the scores average to zero within four standard errors
    scores = lik.mean_and_sd(mean, sd, 5, 1.0, 2.0).by
    for score in scores.values():
        assert abs(score.mean()) < 4 * score.std() / math.sqrt(4000)


def test_a_standardised_difference_is_noncentral_t() -> None:
    n1, n2, g, delta = 6, 9, -1.3, -0.8
    root, j = math.sqrt(n1 * n2 / (n1 + n2)), float(lik.difference.correction(n1 + n2 - 2))
    law = stats.nct(n1 + n2 - 2, delta * root)
    expected = law.logpdf(g / j * root) + math.log(root / j)
    assert lik.standardised(g, n1, n2, delta).log == pytest.approx(expected, rel=1e-8)
    assert lik.standardised(0.3, 400, 500, 0.2).log == pytest.approx(
        stats.norm(0.2, math.sqrt(1 / 400 + 1 / 500)).logpdf(0.3), rel=0.01
    )


def test_counts_are_scipys_binomial_and_multinomial() -> None:
    assert lik.binomial([0, 3], 10, [0.0, 0.4]).log == pytest.approx([0.0, stats.binom(10, 0.4).logpmf(3)])
    assert lik.binomial(1, 10, 0.0).log == -INF
    counts, shares = np.array([3, 8, 12, 17, 39, 20, 3]), np.array([0.05, 0.1, 0.1, 0.15, 0.35, 0.2, 0.05])
    found = lik.multinomial(counts, shares)
    assert found.total == pytest.approx(stats.multinomial(102, shares).logpmf(counts))
    assert found.by["shares"] == pytest.approx(counts / shares)


def test_censored_events_are_those_of_the_exponential_law() -> None:
    law = stats.expon(scale=1 / 0.3)
    found = lik.event([True, False], 0.3, [0.3 * 2, 0.3 * 5])
    assert found.log == pytest.approx([law.logpdf(2), law.logsf(5)])
    assert lik.event_between(0.6, 1.5).log == pytest.approx(math.log(law.cdf(5) - law.cdf(2)))
    assert lik.event_between(0.6, INF).log == pytest.approx(law.logsf(2))


def test_effects_of_one_study_share_its_deviation() -> None:
    y, e, study = np.array([0.5, 0.9, -0.2]), np.array([0.2, 0.3, 0.25]), ["a", "a", "b"]
    effect, tau, inflation, slope = np.array([0.4, 0.5, 0.3]), 0.35, np.array([0.1, 0.1, 0.0]), 0.4
    found = lik.studies(y, e, study, effect, tau, inflation, slope)
    mean = effect * np.exp(inflation) + slope * e
    covariance = np.diag(e**2) + tau**2 * np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1]])
    assert found.total == pytest.approx(stats.multivariate_normal(mean, covariance).logpdf(y))
    h = 1e-6

    def total(**change: object) -> float:
        return lik.studies(
            **{
                "printed": y, "error": e, "study": study, "effect": effect, "tau": tau,
                "inflation": inflation, "slope": slope,
            } | change
        ).total  # fmt: skip

    for i, step in enumerate(np.eye(3) * h):
        slope_i = (total(effect=effect + step) - total(effect=effect - step)) / (2 * h)
        assert found.by["effect"][i] == pytest.approx(slope_i, rel=1e-6)
        slope_i = (total(inflation=inflation + step) - total(inflation=inflation - step)) / (2 * h)
        assert found.by["inflation"][i] == pytest.approx(slope_i, rel=1e-6)
    assert found.by["tau"][0] == pytest.approx((total(tau=tau + h) - total(tau=tau - h)) / (2 * h), rel=1e-6)
    assert found.by["slope"][0] == pytest.approx(
        (total(slope=slope + h) - total(slope=slope - h)) / (2 * h), rel=1e-6
    )


def test_a_direction_is_scored_by_the_probability_that_the_model_gave_it() -> None:
    assert lik.direction(-1, -1.0, 1.0).probability == pytest.approx(stats.norm.cdf(1.0))
    assert lik.direction(-1, -1.0, 1.0).right
    assert lik.direction(1, -1.0, 1.0).brier == pytest.approx(stats.norm.cdf(1.0) ** 2)


def test_spreads_become_sds() -> None:
    assert lik.sd_of(0.5, "sem", 9) == 1.5
    half = stats.t.ppf(0.975, 8) * 1.5 / 3
    assert lik.sd_of(half, "ci95", 9) == pytest.approx(1.5)
    assert lik.sd_of(2 * stats.norm.ppf(0.75) * 1.5, "iqr", None) == pytest.approx(1.5)
    assert lik.sd_of(20.0, "cv", None, mean=-5.0) == 1.0


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: lik.normal(2.0, 1.0, 0.0, 1.0), "no interval"),
        (lambda: lik.lognormal(0.0, 0.0, 1.0, 1.0), "censored"),
        (lambda: lik.binomial(11, 10, 0.5), "events"),
        (lambda: lik.mean_with_error(1.0, 0.0, 1.0), "more than 0"),
        (lambda: lik.sd_of(1.0, "sem", None), "needs n"),
        (lambda: lik.sd_of(1.0, "range", 3), "no kind of spread 'range'"),
        (lambda: lik.standardised(1.0, 1, 1, 0.0), "3 or more"),
        (lambda: lik.direction(0, 1.0, 1.0), "1 \\(more\\)"),
    ],
)
def test_impossible_data_are_refused(make: Callable[[], object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        make()
