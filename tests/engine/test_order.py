"""The observed order of the method is 5, also between the ends of steps; and error follows tolerance.

Steps of fixed length: a tolerance that accepts everything, and `largest_step`.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import erf
from toy import Floats, flat_model, named

from exodyn.engine import Engine
from exodyn.symbolic import TIME, Model, cos, exp, sin, tanh

LOOSE = {"rtol": 0.99, "atol": 1e6}


def logistic() -> tuple[Model, Floats]:
    """Non-linear: x' = x (1 - x)."""
    (x,) = named("x")
    return flat_model({x: x * (1.0 - x)}, {x: 0.1}), np.array([1.0 / (1.0 + 9.0 * np.exp(-2.0))])


def brusselator() -> tuple[Model, Floats]:
    """Non-linear, two states; the solution is SciPy's DOP853 at rtol 1e-13."""
    x, y = named("x y")
    xxy = x * x * y
    model = flat_model({x: 1.0 + xxy - 4.0 * x, y: 3.0 * x - xxy}, {x: 1.5, y: 3.0})
    return model, np.array([0.7836527176642, 2.2638027014898])


def forced() -> tuple[Model, Floats]:
    """Not autonomous: y' = -5 (y - cos t) - sin t + exp(-t^2), y(0) = 1.

    With v = y - cos t the rest is linear: v' = -5 v + exp(-t^2).
    """
    (y,) = named("y")
    model = flat_model({y: -5.0 * (y - cos(TIME)) - sin(TIME) + exp(-TIME * TIME)}, {y: 1.0})
    t, k = 2.0, 5.0
    v = np.exp(-k * t + k * k / 4) * np.sqrt(np.pi) / 2 * (erf(t - k / 2) + erf(k / 2))
    return model, np.array([np.cos(t) + v])


def nonlinear_in_time() -> tuple[Model, Floats]:
    """Not autonomous and non-linear: y' = -2 t y^2, y(0) = 1, so y = 1 / (1 + t^2)."""
    (y,) = named("y")
    return flat_model({y: -2.0 * TIME * y * y}, {y: 1.0}), np.array([0.2])


PROBLEMS = {f.__name__: f for f in (logistic, brusselator, forced, nonlinear_in_time)}
COUNTS = np.array([40, 80, 160])


def observed(errors: Floats) -> float:
    """The slope of log error over log step, by least squares."""
    return -float(np.polyfit(np.log(COUNTS), np.log(errors), 1)[0])


@pytest.mark.parametrize("name", PROBLEMS)
def test_order_five_at_the_ends_of_steps(name: str) -> None:
    model, right = PROBLEMS[name]()
    engine = Engine(model)
    errors = []
    for count in COUNTS:
        run = engine.run(times=[2.0], largest_step=2.0 / count, **LOOSE)
        assert run.steps[0] <= count + 2  # the first step is a guess and grows to the largest
        errors.append(np.max(np.abs(run.values[0, -1] - right)))
    assert abs(observed(np.array(errors)) - 5.0) <= 0.2, (errors, observed(np.array(errors)))


def test_dense_output_keeps_the_order() -> None:
    """At instants that lie anywhere in their steps; the worst of two hundred.

    Dense output is of order 4: it errs by h^5, which does not add up over the steps, so the error as a whole
    falls with h^5, as at the ends of steps.
    """
    model, _ = nonlinear_in_time()
    engine = Engine(model)
    times = np.linspace(0.31, 1.97, 200)
    errors = []
    for count in COUNTS:
        values = engine.run(times=[*times, 2.0], largest_step=2.0 / count, **LOOSE).values[0, :-1, 0]
        errors.append(np.max(np.abs(values - 1.0 / (1.0 + times**2))))
    assert abs(observed(np.array(errors)) - 5.0) <= 0.2, (errors, observed(np.array(errors)))


@pytest.mark.parametrize("name", PROBLEMS)
def test_error_falls_with_the_tolerance(name: str) -> None:
    """Each tenfold tighter tolerance lowers the error, and the error stays near what is asked.

    From 1e-4 on: with looser ones these runs take fewer than ten steps.
    """
    model, right = PROBLEMS[name]()
    engine = Engine(model)
    tolerances = 10.0 ** -np.arange(4, 12)
    errors = np.array(
        [np.max(np.abs(engine.run(times=[2.0], rtol=t, atol=t).values[0, 0] - right)) for t in tolerances]
    )
    assert np.all(errors[1:] < errors[:-1]), errors
    assert np.all(errors <= 10 * tolerances), errors / tolerances


def test_tighter_tolerance_costs_the_fifth_root() -> None:
    """A method of order 5 takes 10^(1/5) = 1.58 times the steps for one digit more."""
    (x,) = named("x")
    engine = Engine(flat_model({x: tanh(sin(3.0 * TIME)) - x}))
    steps = np.array([engine.run(times=[50.0], rtol=t, atol=t).steps[0] for t in (1e-6, 1e-7, 1e-8, 1e-9)])
    ratio = (steps[-1] / steps[0]) ** (1 / 3)
    assert abs(ratio - 10**0.2) <= 0.1, steps
