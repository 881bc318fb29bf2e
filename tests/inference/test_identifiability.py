"""Profiles have the known intervals; what the data cannot tell apart is said in words."""

import math

import numpy as np
import pytest
from tests.inference import toy

from exodyn.inference import Free, Posterior, Prior
from exodyn.inference.identifiability import identifiability
from exodyn.inference.optimise import multistart
from exodyn.inference.profile import profile, profiles
from exodyn.inference.sample import sample

T = np.linspace(0.2, 4, 10)


def fit(free: tuple[Free, ...], model, slopes, sd: float = 0.05) -> Posterior:
    """Readings of a curve at T, exact for values of one, with the error that the likelihood knows."""
    y = model(np.ones(len(free)))

    def likelihood(v):
        off = (y - model(v)) / sd
        return float(-0.5 * off @ off), np.array([off @ s / sd for s in slopes(v)])

    return Posterior(free, likelihood)


def rate(name: str, **more: object) -> Free:
    return Free(name, 1e-3, 1e3, "log10", **more)


PRODUCT = fit(
    (rate("k_a"), rate("k_b")),
    lambda v: np.exp(-v[0] * v[1] * T),
    lambda v: (-v[1] * T * np.exp(-v[0] * v[1] * T), -v[0] * T * np.exp(-v[0] * v[1] * T)),
)


def test_the_profile_of_a_normal_posterior_has_its_interval() -> None:
    objective = toy.normal()
    found = profile(objective, np.array([1.0, 3.0]), 0)
    assert found.low == pytest.approx(1 - 1.96, abs=0.02)
    assert found.high == pytest.approx(1 + 1.96, abs=0.02)
    assert np.all(np.diff(found.x) > 0)
    # the other follows: E[log b | a] = 3 + 0.9 * 0.1 (a - 1)
    assert found.others[:, 1] == pytest.approx(3 + 0.09 * (found.x - 1), abs=1e-3)
    assert profile(objective, np.array([1.0, 3.0]), 1).high == pytest.approx(math.exp(3 + 0.196), rel=1e-3)


def test_two_rates_that_act_as_a_product_are_said_to_do_so() -> None:
    optima = multistart(PRODUCT, starts=4, seed=1)
    found = identifiability(PRODUCT, optima.best.x, profiles(PRODUCT, optima))
    assert found.known == 1
    assert any(
        line in ("k_a and k_b only through their product", "k_b and k_a only through their product")
        for line in found.lines
    )
    assert found.verdicts["k_a"] == "not identifiable"


def test_a_rate_that_is_fast_enough_is_not_identifiable_upward() -> None:
    fast = rate("fast")
    objective = fit(
        (fast, rate("slow")),
        lambda v: np.exp(-v[1] * T) * (1 - np.exp(-30 * v[0] * T)),
        lambda v: (
            np.exp(-v[1] * T) * 30 * T * np.exp(-30 * v[0] * T),
            -T * np.exp(-v[1] * T) * (1 - np.exp(-30 * v[0] * T)),
        ),
    )
    optima = multistart(objective, starts=4, seed=1)
    found = identifiability(objective, optima.best.x, profiles(objective, optima))
    assert found.verdicts["fast"] == "not identifiable upward"
    assert any(line.startswith("fast is not identifiable upward: every value above") for line in found.lines)
    assert found.verdicts["slow"] == "identified"


def test_a_parameter_that_the_data_do_not_touch_keeps_its_prior_and_says_so() -> None:
    objective = fit(
        (rate("k"), rate("idle", prior=Prior("lognormal", 0.0, 0.5))),
        lambda v: np.exp(-v[0] * T),
        lambda v: (-T * np.exp(-v[0] * T), 0 * T),
    )
    optima = multistart(objective, starts=3, seed=1)
    draws = sample(objective, draws=250, seed=1, start=optima.best.x)
    found = identifiability(objective, optima.best.x, draws=draws)
    assert "the data say nothing of idle beyond its prior or bounds" in found.lines
    assert found.verdicts == {"k": "identified", "idle": "not informed by the data"}


def test_when_all_is_known_it_says_so() -> None:
    objective = toy.decay()
    optima = multistart(objective, starts=3, seed=1)
    found = identifiability(objective, optima.best.x, profiles(objective, optima))
    assert found.lines[1:] == ("every parameter is identified by the data",)
    assert set(found.verdicts.values()) == {"identified"}
