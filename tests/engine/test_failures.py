"""A patient that cannot be integrated is reported by number, time and cause; the others finish."""

from __future__ import annotations

import numpy as np
import pytest
from toy import flat_model, named

from exodyn.engine import Dose, Engine, IntegrationFailure, Schedule
from exodyn.symbolic import ModelEvent, const, log, sqrt, where

NOT_FINITE = "a rate or state is not a finite number"
PRECISIONS = ["double", "single"]


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_parameter_that_is_not_a_number_fails_its_patient_alone(precision: str) -> None:
    x, y, k = named("x y k")
    engine = Engine(flat_model({x: -k * x, y: k * x - 0.1 * y}, {x: 1.0}, {k: 1.0}), precision=precision)  # type: ignore[arg-type]
    k_of = np.linspace(0.5, 2.0, 256)
    healthy = engine.run({"k": k_of}, np.linspace(0, 5, 11), patients=256)
    for wrong in (np.nan, np.inf, -np.inf):
        ill = k_of.copy()
        ill[77] = wrong
        run = engine.run({"k": ill}, np.linspace(0, 5, 11), patients=256)
        assert run.failures == [IntegrationFailure(77, 0.0, NOT_FINITE)]
        others = np.arange(256) != 77
        assert run.values[others].tobytes() == healthy.values[others].tobytes()
        assert np.all(np.isnan(run.values[77]))


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_solution_that_ends_in_finite_time(precision: str) -> None:
    """y' = y^2 from y(0) = 1/a is 1 / (a - t): there is nothing beyond t = a."""
    y, a = named("y a")
    engine = Engine(flat_model({y: y * y}, {y: 1.0 / a}, {a: 1.0}), precision=precision)  # type: ignore[arg-type]
    ends = np.array([0.5, 1.5, 2.5, 30.0])
    times = np.array([0.0, 0.4, 1.0, 2.0, 3.0])
    run = engine.run({"a": ends}, times, patients=4, rtol=1e-4)
    assert [f.patient for f in run.failures] == [0, 1, 2]
    for failure in run.failures:
        assert failure.time == pytest.approx(ends[failure.patient], rel=1e-3)
    for i, end in enumerate(ends):
        before = times < end
        np.testing.assert_allclose(run.values[i, before, 0], 1.0 / (end - times[before]), rtol=2e-3)
        assert np.all(np.isnan(run.values[i, ~before, 0]))


@pytest.mark.parametrize("rate", [log, sqrt])
def test_not_a_number_in_mid_run(rate: object) -> None:
    """y falls from 1 by 1 a unit of time, and y' has a term that is not defined below zero."""
    x, y = named("x y")
    engine = Engine(flat_model({y: -1.0, x: rate(y)}, {y: 1.0}))  # type: ignore[operator]
    run = engine.run(times=[0.0, 0.5, 0.9, 1.1, 2.0], rtol=1e-6)
    (failure,) = run.failures
    assert failure.patient == 0
    assert failure.time == pytest.approx(1.0, abs=1e-4)
    np.testing.assert_allclose(run.values[0, :3, 0], [1.0, 0.5, 0.1], rtol=1e-5)
    assert np.all(np.isnan(run.values[0, 3:]))


def test_values_before_the_failure_are_kept_and_later_ones_missing() -> None:
    """A dose at 2 makes the rate not a number: the output at 2 shows the value after the dose."""
    x, y = named("x y")
    engine = Engine(flat_model({x: -x + log(y), y: 0.0}, {x: 1.0, y: 1.0}))
    schedule = Schedule([Dose("x", 1.0, time=1.0)])
    run = engine.run(times=[0.0, 1.0, 2.0], doses=schedule, rtol=1e-6)
    assert run.failures == []
    event = ModelEvent("zero", x > 1.2, ((y, const(-1.0)),))
    engine = Engine(flat_model({x: -x + log(y), y: 0.0}, {x: 1.0, y: 1.0}, events=[event]))
    run = engine.run(times=[0.0, 0.5, 1.0, 2.0], doses=schedule, rtol=1e-6)
    assert run.failures == [IntegrationFailure(0, 1.0, NOT_FINITE)]
    np.testing.assert_allclose(run.values[0, :2, 0], np.exp([0.0, -0.5]), rtol=1e-5)
    assert np.all(np.isnan(run.values[0, 3]))


def test_too_many_steps() -> None:
    x, k = named("x k")
    model = flat_model({x: -k * x}, {x: 1.0}, {k: 1.0})
    run = Engine(model).run({"k": [1.0, 3.0]}, [0.0, 5.0], patients=2, largest_step=0.01, most_steps=100)
    assert [(f.patient, f.cause) for f in run.failures] == [(0, "too many steps"), (1, "too many steps")]
    assert all(0.5 < f.time < 1.5 for f in run.failures)
    assert np.all(run.steps == 101)


def test_a_step_that_cannot_be_small_enough() -> None:
    """At x = 0.5 the rate turns to -1e18: no step resolves what happens there."""
    (x,) = named("x")
    engine = Engine(flat_model({x: where(x > 0.5, -1e18, 1.0)}))
    run = engine.run(times=[0.0, 0.4, 2.0], rtol=1e-10, atol=1e-12, most_steps=10_000)
    (failure,) = run.failures
    assert failure.time == pytest.approx(0.5, abs=1e-6)
    assert failure.cause in ("the step size became too small for the tolerance asked", "too many steps")
    assert run.values[0, 1, 0] == pytest.approx(0.4)


def test_numbers_of_failed_patients_count_from_the_first() -> None:
    x, k = named("x k")
    engine = Engine(flat_model({x: -k * x}, {x: 1.0}, {k: 1.0}))
    run = engine.run({"k": [1.0, np.nan, 1.0, np.nan]}, [1.0], patients=4, first_patient=1000, threads=2)
    assert [f.patient for f in run.failures] == [1001, 1003]


def test_all_patients_may_fail() -> None:
    x, k = named("x k")
    engine = Engine(flat_model({x: -k * x}, {x: 1.0}, {k: 1.0}))
    run = engine.run({"k": np.full(100, np.nan)}, [0.0, 1.0], patients=100, threads=2)
    assert len(run.failures) == 100
    assert np.all(np.isnan(run.values))


def test_a_held_state_that_is_not_a_number_harms_nobody() -> None:
    """A state without a rate takes no part in the integration; what does not read it goes on."""
    x, y = named("x y")
    run = Engine(flat_model({x: -x, y: 0.0}, {x: 1.0, y: const(np.nan)})).run(times=[1.0])
    assert run.failures == []
    assert run.values[0, 0, 0] == pytest.approx(np.exp(-1), rel=1e-4)
    assert np.isnan(run.values[0, 0, 1])
