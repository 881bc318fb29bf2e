"""Rates that jump with time or state: pulses and steps against their closed forms.

A step ends at every instant, known beforehand, at which a condition on time may change, so a pulse is seen
however short it is, and the order of the method holds on both sides.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy import flat_model, named

from exodyn.engine import Dose, Engine, Schedule
from exodyn.symbolic import TIME, ModelEvent, absolute, const, exp, node, sin, where

TIMES = np.array([0.0, 0.4, 1.0, 2.5, 3.0, 4.0, 7.0, 10.0])


def pulse_response(times: np.ndarray, start: float, width: float, rate: float, loss: float) -> np.ndarray:
    """x' = rate while start <= t < start + width, minus loss x; x(0) = 0."""
    inside = np.clip(times - start, 0.0, width)
    after = np.clip(times - start - width, 0.0, None)
    return rate / loss * -np.expm1(-loss * inside) * np.exp(-loss * after)


def pulse_engine() -> Engine:
    x, start, width, rate, loss = named("x start width rate loss")
    on = (start <= TIME) & (start + width > TIME)
    model = flat_model(
        {x: where(on, rate, 0.0) - loss * x}, parameters={start: 1.0, width: 1.0, rate: 1.0, loss: 0.7}
    )
    return Engine(model)


@pytest.fixture(scope="module")
def pulse() -> Engine:
    return pulse_engine()


def test_a_pulse_equals_its_closed_form_to_the_tolerance(pulse: Engine) -> None:
    for rtol in (1e-4, 1e-6, 1e-8, 1e-10):
        run = pulse.run({"start": 1.3, "width": 1.7}, TIMES, rtol=rtol, atol=rtol * 1e-3)
        right = pulse_response(TIMES, 1.3, 1.7, 1.0, 0.7)
        np.testing.assert_allclose(run.values[0, :, 0], right, rtol=rtol, atol=rtol * 1e-3)


def test_short_pulses_between_steps_are_never_missed(pulse: Engine) -> None:
    """Widths down to 1e-9 of the run, at random instants: without stops the steps pass over nearly all."""
    draw = np.random.default_rng(3)
    start, width = draw.uniform(0.0, 9.0, 300), 10.0 ** draw.uniform(-8, -1, 300)
    run = pulse.run(
        {"start": start, "width": width, "rate": 1.0 / width}, [0.0, 10.0], patients=300, rtol=1e-6
    )
    right = [
        pulse_response(np.array([10.0]), s, w, 1.0 / w, 0.7)[0] for s, w in zip(start, width, strict=True)
    ]
    np.testing.assert_allclose(run.values[:, 1, 0], right, rtol=3e-6)


def test_no_step_is_wasted_at_a_jump(pulse: Engine) -> None:
    """Both ends of a step see its own side of the jump, whatever the rounding of its instant."""
    draw = np.random.default_rng(4)
    start, width = draw.uniform(0.1, 3.0, 500), draw.uniform(0.1, 3.0, 500)
    ramps = {"start": start, "width": width, "loss": 0.0}
    run = pulse.run(ramps, [0.0, 10.0], patients=500, rtol=1e-6, atol=1e-9)
    assert run.rejected.max() == 0


@pytest.mark.parametrize("precision", ["double", "single"])
def test_scaled_conditions_see_their_own_side(precision: str) -> None:
    """k t < c changes at c / k, which is rounded: no step may straddle it."""
    x, k, c = named("x k c")
    model = flat_model({x: where(k * TIME < c, 1.0, -1.0)}, parameters={k: 1.0, c: 1.0})
    engine = Engine(model, precision=precision)  # type: ignore[arg-type]
    draw = np.random.default_rng(5)
    ks, cs = draw.uniform(0.1, 50.0, 1000), draw.uniform(0.01, 40.0, 1000)
    run = engine.run({"k": ks, "c": cs}, [0.0, 5.0], patients=1000, rtol=1e-4, atol=1e-6)
    instant = np.minimum(cs / ks, 5.0)
    np.testing.assert_allclose(run.values[:, 1, 0], instant - (5.0 - instant), rtol=0, atol=1e-4)
    assert run.rejected.max() == 0


@given(
    jumps=st.lists(st.floats(0.01, 9.9), min_size=1, max_size=5),
    levels=st.lists(st.floats(-3.0, 3.0), min_size=5, max_size=5),
)
def test_any_staircase(staircase: Engine, jumps: list[float], levels: list[float]) -> None:
    """x' = a sum of steps: x is a sum of ramps."""
    jumps = (jumps * 5)[:5]
    values = {f"jump{k}": jumps[k] for k in range(5)} | {f"level{k}": levels[k] for k in range(5)}
    run = staircase.run(values, TIMES, rtol=1e-9, atol=1e-12)
    right = sum(a * np.clip(TIMES - j, 0.0, None) for a, j in zip(levels, jumps, strict=True))
    np.testing.assert_allclose(run.values[0, :, 0], right, rtol=1e-9, atol=1e-11)


@pytest.fixture(scope="module")
def staircase() -> Engine:
    (x,) = named("x")
    jumps, levels = named("jump0 jump1 jump2 jump3 jump4"), named("level0 level1 level2 level3 level4")
    rate = sum((where(j <= TIME, a, 0.0) for a, j in zip(levels, jumps, strict=True)), const(0.0))
    return Engine(flat_model({x: rate}, parameters=dict.fromkeys([*jumps, *levels], 1.0)))


def test_a_rate_may_jump_with_time_and_have_no_derivative() -> None:
    """floor, rem and conditions have derivative zero by time, and still depend on it."""
    x, y, z = named("x y z")
    day = node("rem", TIME, 24.0)
    model = flat_model({x: node("floor", TIME), y: where(day < 0.25, 4.0, 0.0), z: node("ceil", 0.5 * TIME)})
    run = Engine(model).run(times=[0.0, 1.0, 2.5, 10.0, 24.25, 240.0], rtol=1e-8, atol=1e-12)
    x_right = [0.0, 0.0, 1.0 + 0.5 * 2.0, 45.0, 276.0 + 24 * 0.25, 239 * 120.0]
    z_right = [0.0, 1.0, 2.0 + 0.5 * 2.0, 30.0, 156.0 + 0.25 * 13.0, 120 * 121.0]
    np.testing.assert_allclose(run.values[0, :, 0], x_right, rtol=1e-8)
    np.testing.assert_allclose(run.values[0, :, 1], [0.0, 1.0, 1.0, 1.0, 2.0, 10.0], rtol=1e-8)
    np.testing.assert_allclose(run.values[0, :, 2], z_right, rtol=1e-8)


@pytest.mark.parametrize("style", ["rem", "floor"])
def test_repeated_short_pulses_are_never_missed(style: str) -> None:
    """A pulse of a thousandth of a day every day, for 200 days, written in the two usual ways."""
    x, period, width = named("x period width")
    into = node("rem", TIME, period) if style == "rem" else TIME - period * node("floor", TIME / period)
    model = flat_model({x: where(into < width, 1.0 / width, 0.0)}, parameters={period: 1.0, width: 1e-3})
    periods = np.array([1.0, 0.7, 1.0 / 3.0, np.pi])
    run = Engine(model).run({"period": periods}, [0.0, 200.5], patients=4, rtol=1e-6)
    pulses = np.floor(200.5 / periods) + 1
    np.testing.assert_allclose(run.values[:, 1, 0], pulses, rtol=1e-6)


def test_smooth_periodic_conditions_are_met_to_the_tolerance() -> None:
    """sin(t) > 0 has no instants known beforehand: step control finds them if steps are not too long."""
    (x,) = named("x")
    model = flat_model({x: where(sin(TIME) > 0.0, 1.0, 0.0)})
    run = Engine(model).run(times=[0.0, np.pi, 2 * np.pi, 3 * np.pi], rtol=1e-6, largest_step=0.5)
    np.testing.assert_allclose(run.values[0, :, 0], [0.0, np.pi, np.pi, 2 * np.pi], rtol=0, atol=1e-4)


def test_a_window_set_by_a_dose_or_an_event_is_seen() -> None:
    """The window's start is a held state: nothing but doses and events changes it."""
    x, opens, width = named("x opens width")
    rate = where((opens <= TIME) & (opens + width > TIME), 1.0 / width, 0.0)
    late = ModelEvent("late", TIME >= 20.0, ((opens, const(33.3)),))
    model = flat_model({x: rate, opens: 0.0}, {opens: -1.0}, {width: 1e-4}, events=[late])
    dose = Schedule([Dose("opens", amount=8.0, time=3.0)])
    run = Engine(model).run(times=[0.0, 10.0, 30.0, 50.0], doses=dose, rtol=1e-6)
    np.testing.assert_allclose(run.values[0, :, 0], [0.0, 1.0, 1.0, 2.0], rtol=1e-6)


def test_conditions_on_state() -> None:
    """x grows at rate 1 up to 2, then at rate 3: step control finds the kink."""
    (x,) = named("x")
    engine = Engine(flat_model({x: where(x < 2.0, 1.0, 3.0)}))
    for rtol in (1e-4, 1e-6, 1e-8):
        run = engine.run(times=[0.0, 1.0, 3.0, 5.0], rtol=rtol, atol=rtol)
        np.testing.assert_allclose(run.values[0, :, 0], [0.0, 1.0, 5.0, 11.0], rtol=10 * rtol)


def test_a_smooth_rate_of_time_beside_a_jump() -> None:
    """x' = exp(-t) before 2, 0 from 2 to 3, exp(-t) after: nothing of the jump leaks into the smooth part."""
    (x,) = named("x")
    quiet = absolute(TIME - 2.5) < 0.5
    written = where((TIME >= 2.0) & (TIME < 3.0), 0.0, exp(-TIME))
    times = np.array([0.0, 2.0, 2.5, 3.0, 6.0])
    right = np.array([0.0, -np.expm1(-2.0), -np.expm1(-2.0), -np.expm1(-2.0), 0.0])
    right[-1] = -np.expm1(-2.0) + np.exp(-3.0) - np.exp(-6.0)
    run = Engine(flat_model({x: written})).run(times=times, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(run.values[0, :, 0], right, rtol=1e-9)
    other = Engine(flat_model({x: where(quiet, 0.0, exp(-TIME))})).run(times=times, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(other.values[0, :, 0], right, rtol=1e-7)
