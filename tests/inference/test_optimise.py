"""Searches from many starts: the best is found, all are kept, threads change nothing."""

import math

import numpy as np
import pytest
from tests.inference import toy

from exodyn.errors import InputError
from exodyn.inference import Free, Impossible, Posterior
from exodyn.inference.optimise import multistart


def test_the_higher_of_two_valleys_is_best_and_both_are_kept() -> None:
    found = multistart(toy.two_valleys(), starts=12, seed=1)
    assert found.values["where"] == pytest.approx(0.5, abs=1e-4)
    assert len(found.runs) == 12
    ends = {round(float(one.x[0]), 2) for one in found.runs}
    assert ends == {-0.5, 0.5}
    assert np.all(np.diff(found.waterfall) >= 0)
    assert found.agreeing == sum(abs(one.x[0] - 0.5) < 1e-3 for one in found.runs)


def test_the_optimum_depends_on_the_seed_alone() -> None:
    one, two = (multistart(toy.decay(), starts=4, seed=3, threads=threads) for threads in (1, 3))
    assert [run.x.tobytes() for run in one.runs] == [run.x.tobytes() for run in two.runs]
    assert multistart(toy.decay(), starts=4, seed=4).runs[0].start[0] != one.runs[0].start[0]


def test_a_start_where_nothing_can_be_computed_is_drawn_again() -> None:
    def likelihood(v):
        if v[0] < 0.7:
            raise Impossible("below 0.7")
        return -float((v[0] - 0.8) ** 2), np.array([-2 * (v[0] - 0.8)])

    free = (Free("k", 0.0, 1.0),)
    found = multistart(Posterior(free, likelihood), starts=5, seed=1)
    assert found.agreeing == 5
    assert found.values["k"] == pytest.approx(0.8, abs=1e-4)

    def never(v):
        raise Impossible("the model has no steady state")

    with pytest.raises(InputError, match="at any of 5 starts: the model has no steady state"):
        multistart(Posterior(free, never), starts=5)


def test_a_best_value_at_a_bound_is_told() -> None:
    free = (Free("up", 0.0, 1.0), Free("inside", 0.0, 1.0))
    slope = np.array([1.0, 0.0])
    found = multistart(
        Posterior(free, lambda v: (float(v[0] - (v[1] - 0.5) ** 2), slope - [0, 2 * (v[1] - 0.5)])), starts=3
    )
    assert found.at_bounds() == ["up"]
    assert math.isclose(found.values["up"], 1.0, rel_tol=1e-4)
