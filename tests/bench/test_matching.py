"""Matching by achieved error, on costs and errors whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from exodyn.bench.matching import at_error
from exodyn.bench.program import ladder

ERRORS = np.array([1e-2, 1e-3, 1e-4])
COSTS = np.array([10.0, 20.0, 40.0])


def test_a_ladder_goes_from_loose_to_tight() -> None:
    assert ladder(-2, -4) == pytest.approx((1e-2, 10**-2.5, 1e-3, 10**-3.5, 1e-4))


def test_a_point_is_its_own_cost() -> None:
    for error, cost in zip(ERRORS, COSTS, strict=True):
        assert at_error(ERRORS, COSTS, error) == pytest.approx(cost)


def test_between_points_a_power_law_is_met_exactly() -> None:
    assert at_error(ERRORS, COSTS, 10**-2.5) == pytest.approx(10 * np.sqrt(2))


def test_nothing_is_said_beyond_what_was_measured() -> None:
    assert np.isnan(at_error(ERRORS, COSTS, 1e-5))
    assert np.isnan(at_error(ERRORS, COSTS, 0.1))


def test_luck_at_a_loose_tolerance_does_not_count() -> None:
    lucky = np.array([1e-2, 1e-5, 1e-3, 1e-4])
    costs = np.array([10.0, 15.0, 20.0, 40.0])
    assert np.isnan(at_error(lucky, costs, 1e-5))
    assert at_error(lucky, costs, 10**-3.5) == pytest.approx(20 * np.sqrt(2))
    assert at_error(lucky, costs, 2e-3) > 12


def test_a_tolerance_at_which_a_program_failed_is_left_out() -> None:
    errors, cost = np.array([1e-3, 1e-5, np.inf, 1e-9]), np.array([1.0, 2.0, 7.0, 4.0])
    assert np.isclose(at_error(errors, cost, 1e-5), 2.0)
    assert np.isnan(at_error(np.array([np.inf]), np.array([1.0]), 1e-5))
