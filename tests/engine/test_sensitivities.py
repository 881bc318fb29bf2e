"""Sensitivities are the derivative of the solution: closed forms, differences, jumps of every kind."""

from __future__ import annotations

import os

import numpy as np
import pytest
from networks import (
    Draw,
    Features,
    random_features,
    random_network,
    random_population,
    random_schedule,
    random_times,
)
from scipy.linalg import expm
from toy import Floats, flat_model, named

from exodyn.engine import Dose, Engine, Host, Reset, Schedule, this_host
from exodyn.symbolic import TIME, Model, ModelEvent, const, maximum, where

TIGHT = {"rtol": 1e-10, "atol": 1e-12}
NETWORKS = int(os.environ.get("EXODYN_NETWORKS", 12))


def differences(engine: Engine, table: Floats, column: int, *args: object, step: float = 1e-3) -> Floats:
    """The derivative by the logarithm of a parameter, by a central difference of order 4."""

    def at(change: float) -> Floats:
        moved = table.copy()
        moved[:, column] *= 1.0 + change
        return engine.run(moved, *args, **TIGHT).values  # type: ignore[arg-type]

    return (8.0 * (at(step) - at(-step)) - (at(2.0 * step) - at(-2.0 * step))) / (12.0 * step)


def compare(
    model: Model, times: Floats, doses: Schedule, inputs: tuple[str, ...] = (), within: float = 1e-7
) -> None:
    """Sensitivities by every parameter equal differences, relative to the largest of each output."""
    names = [p.name for p in model.parameters]
    table = np.array([[p.value for p in model.parameters]])
    run = Engine(model, inputs=inputs, sensitivities=names).run(table, times, doses, **TIGHT)
    plain = Engine(model, inputs=inputs)
    assert np.array_equal(plain.run(table, times, doses, **TIGHT).values, run.values)
    assert run.sensitivities is not None
    for k in range(len(names)):
        found = run.sensitivities[..., k] * table[0, k]
        expected = differences(plain, table, k, times, doses, step=1e-4)
        size = np.abs(run.values).max(axis=1, keepdims=True) + np.abs(expected).max(axis=1, keepdims=True)
        assert np.max(np.abs(found - expected) / size) < within, names[k]


def test_of_a_linear_system_is_the_derivative_of_the_matrix_exponential() -> None:
    """x' = A(p) x from x0(p); the derivative by expm of the block matrix [[A, 0], [A', A]]."""
    x, y, z, k, m = named("x y z k m")
    model = flat_model(
        {x: -k * x + m * y, y: k * x - (m + 0.3) * y, z: 0.3 * y - m * k * z},
        {x: k * k, y: m},
        {k: 1.7, m: 0.6},
    )
    run = Engine(model, sensitivities=("k", "m")).run(times=[3.0], rtol=1e-12, atol=1e-14)
    K, M = 1.7, 0.6
    A = np.array([[-K, M, 0], [K, -M - 0.3, 0], [0, 0.3, -M * K]])
    by = {
        "k": (np.array([[-1, 0, 0], [1, 0, 0], [0, 0, -M]]), np.array([2 * K, 0, 0])),
        "m": (np.array([[0, 1, 0], [0, -1, 0], [0, 0, -K]]), np.array([0, 1, 0])),
    }
    assert run.sensitivities is not None
    for column, (slope, start) in enumerate(by.values()):
        block = np.block([[A, np.zeros((3, 3))], [slope, A]])
        exact = expm(3.0 * block) @ np.concatenate([[K * K, M, 0.0], start])
        assert np.allclose(run.sensitivities[0, -1, :, column], exact[3:], rtol=1e-9, atol=1e-11)


def test_of_fixed_steps_is_exact_at_any_step_length() -> None:
    """The derivative of what was computed, not of what should have been: ten coarse steps."""
    x, y, k, m = named("x y k m")
    model = flat_model({x: k - m * x * x * y, y: m * x * x * y - y * k}, {x: m, y: 1.0}, {k: 0.8, m: 1.3})
    coarse = {"rtol": 0.9, "atol": 1e6, "largest_step": 0.5}
    run = Engine(model, sensitivities=("k", "m")).run(times=[0.7, 5.0], **coarse)  # type: ignore[arg-type]
    plain, step = Engine(model), 1e-5
    assert run.sensitivities is not None
    for column, (name, value) in enumerate((("k", 0.8), ("m", 1.3))):
        up, down = (plain.run({name: value + s}, [0.7, 5.0], **coarse).values for s in (step, -step))  # type: ignore[arg-type]
        assert np.allclose(run.sensitivities[..., column], (up - down) / (2 * step), rtol=1e-7, atol=1e-9)


def test_through_doses_whose_every_part_is_a_parameter() -> None:
    A, B, ka, ke, amount, share, lag, rate, long, at = named("A B ka ke amount share lag rate long at")
    parameters = {ka: 1.3, ke: 0.4, amount: 3.0, share: 0.7, lag: 0.35, rate: 1.1, long: 0.8, at: 2.2}
    model = flat_model({A: -ka * A, B: ka * A - ke * B * B}, {A: 1.0, B: ke}, parameters)
    doses = [
        Dose("A", amount, time=1.0, lag=lag, bioavailability=share, interval=1.9, count=2),
        Dose("B", 2.0 * amount, time=at, rate=rate, bioavailability=share),
        Dose("B", amount, time=0.5, duration=long, lag=2.0 * lag),
    ]
    compare(model, np.linspace(0.0, 8.0, 23), Schedule(doses, [Reset(5.05, "A")]), ("B",))


def test_through_events_and_conditions_on_time() -> None:
    """Triggers on states, on time and on both; delays, values at trigger and at execution, cascades."""
    x, y, level, k, top, on, long, wait, kick = named("x y level k top on long wait kick")
    parameters = {k: 0.9, top: 1.4, on: 1.15, long: 0.9, wait: 0.4, kick: 0.6}
    events = [
        ModelEvent("full", x > top, ((x, 0.3 * x + kick), (y, y + x))),
        ModelEvent("late", (y > 2.0 * top) & (TIME > on), ((y, 0.5 * y), (level, kick * x)), delay=wait * k),
        ModelEvent("then", level > 0.1, ((x, x + level * TIME),)),
        ModelEvent("at", TIME >= 3.0 * on, ((y, y * k + TIME),), delay=wait, values_at_trigger=False),
    ]
    model = flat_model(
        {
            x: k * (2.0 - x) + where((on <= TIME) & (on + long > TIME), y, 0.0),
            y: x - k * y * y,
            level: const(0.0),
        },
        {x: 0.2 * k, y: 0.1},
        parameters,
        events=events,
    )
    compare(model, np.linspace(0.0, 7.03, 20), Schedule())


def test_through_conditions_on_states_in_the_rates() -> None:
    """x falls through a threshold at T = ln(x0 / c) / k, where y's rate changes from a to b."""
    x, y, k, c, a, b, start = named("x y k c a b start")
    parameters = {k: 0.7, c: 0.4, a: 2.0, b: 0.5, start: 1.3}
    model = flat_model({x: -k * x, y: where(x > c, a, b)}, {x: start}, parameters)
    engine = Engine(model, ["y"], sensitivities=[p.name for p in parameters])
    times = np.array([1.0, 1.5, 1.7, 3.0])
    K, C, A, B, X = parameters.values()
    turn = np.log(X / C) / K
    late = times > turn
    by_turn = np.where(late, A - B, 0.0)
    exact = np.stack(
        [
            -by_turn * turn / K,
            -by_turn / (C * K),
            np.where(late, turn, times),
            np.where(late, times - turn, 0.0),
            by_turn / (X * K),
        ],
        axis=1,
    )
    for rtol in (1e-4, 1e-7, 1e-10):  # such a condition costs the values some 20 tolerances
        run = engine.run(times=times, rtol=rtol, atol=rtol)
        assert run.sensitivities is not None
        assert np.max(np.abs(run.sensitivities[0, :, 0] - exact)) < 20.0 * rtol


def test_kinks_do_not_jump() -> None:
    """A rate that is continuous where its condition turns.

    Its slope does jump there, within a step, which costs accuracy: of the order of that step, not of rtol.
    """
    x, y, k, c = named("x y k c")
    model = flat_model({x: -k * x, y: where(x > c, x - c, 0.0) + maximum(x, c)}, {x: 1.3}, {k: 0.7, c: 0.4})
    compare(model, np.linspace(0.0, 4.0, 9), Schedule(), within=5e-4)


def test_through_a_steady_state_that_takes_long_to_reach() -> None:
    """From 1e6 before time 0: the derivative is that of the steady state, s = -J^-1 df/dp."""
    x, y, k, m = named("x y k m")
    model = flat_model({x: k - m * x * y, y: m * x * y - y}, {x: 1.0, y: 0.2}, {k: 2.0, m: 0.7})
    run = Engine(model, sensitivities=("k", "m")).run(times=[0.0], start=-1e6, rtol=1e-8, atol=1e-12)
    # x = 1 / m, y = k
    assert run.sensitivities is not None
    exact = np.array([[0.0, -1.0 / 0.49], [1.0, 0.0]])
    assert np.allclose(run.sensitivities[0, 0], exact, atol=1e-9)


@pytest.mark.parametrize("seed", range(NETWORKS))
def test_of_random_networks_are_differences(seed: int) -> None:
    draw = np.random.default_rng(seed)
    features = random_features(draw)
    model = random_network(draw, int(draw.integers(2, 7)), features)
    table = random_population(draw, model, 2)
    schedule, times = random_schedule(draw, 2), random_times(draw)
    names = [p.name for p in model.parameters]
    outputs = [*(s.name for s in model.states), "sum", "scaled"]
    run = Engine(model, outputs, ["x0"], sensitivities=names).run(table, times, schedule, **TIGHT)
    plain = Engine(model, outputs, ["x0"])
    assert np.array_equal(plain.run(table, times, schedule, **TIGHT).values, run.values)
    assert run.sensitivities is not None
    for k in draw.choice(len(names), 6, replace=False):
        found = run.sensitivities[..., k] * table[:, k, None, None]
        off = []
        # Long steps may move an event over an output, short ones drown in the rounding of the values.
        for step in (1e-3, 1e-4, 1e-5):
            expected = differences(plain, table, int(k), times, schedule, step=step)
            size = np.abs(run.values).max(axis=1, keepdims=True) + np.abs(expected).max(axis=1, keepdims=True)
            off.append(np.max(np.abs(found - expected) / size))
            if off[-1] < 1e-6:
                break
        assert min(off) < (1e-6 if not features.conditions else 5e-6), (names[k], off)


def test_of_a_patient_depend_on_that_patient_alone() -> None:
    """The same bits over threads, neighbours and chunks."""
    draw: Draw = np.random.default_rng(5)
    model = random_network(draw, 5, Features(True, True, False, True))
    names = [p.name for p in model.parameters]
    table, times = random_population(draw, model, 21), np.linspace(0.0, 12.0, 14)
    engine = Engine(model, sensitivities=names)
    whole = engine.run(table, times).sensitivities
    assert whole is not None and np.all(np.isfinite(whole))
    assert np.array_equal(engine.run(table, times, threads=2).sensitivities, whole)
    for part in (slice(0, 1), slice(1, 12), slice(12, 21)):
        assert np.array_equal(engine.run(table[part], times).sensitivities, whole[part])


@pytest.mark.parametrize("bits", [64, 128, 256])
def test_narrower_vectors_give_the_same_derivatives(bits: int) -> None:
    """To rounding: neither directions nor the adjoint depend on how many lanes there are."""
    here = this_host()
    if bits > here.vector_bits:
        pytest.skip("this processor has no such vectors")
    draw = np.random.default_rng(11)
    model = random_network(draw, 5, Features(True, True))
    names = [p.name for p in model.parameters][:5]
    table, times = random_population(draw, model, 7), np.linspace(0.0, 20.0, 7)
    narrow = Host(here.triple, here.cpu, here.features, bits)
    found = []
    for host in (here, narrow):
        engine = Engine(model, host=host, sensitivities=names)
        run = engine.run(table, times, rtol=1e-8)
        assert run.sensitivities is not None
        found.append((run.sensitivities, engine.gradient(run.values, table, times, rtol=1e-8).gradient))
    for a, b in zip(*found, strict=True):
        assert np.max(np.abs(a - b)) < 1e-10 * np.max(np.abs(b))


def test_single_precision_and_unknown_names_are_refused() -> None:
    x, k = named("x k")
    model = flat_model({x: -k * x}, {x: 1.0}, {k: 1.0})
    with pytest.raises(ValueError, match="double precision only"):
        Engine(model, precision="single", sensitivities=("k",))
    with pytest.raises(KeyError, match="'q' to differentiate by"):
        Engine(model, sensitivities=("q",))


@pytest.mark.parametrize("seed", range(NETWORKS))
def test_gradient_of_a_weighted_sum_is_that_of_the_directions(seed: int) -> None:
    """The adjoint and the directions differentiate the same steps: they agree to rounding."""
    draw = np.random.default_rng(seed)
    timed = bool(draw.random() < 0.5)
    model = random_network(draw, int(draw.integers(2, 7)), Features(True, timed))
    table = random_population(draw, model, 11)
    schedule, times = random_schedule(draw, 11), random_times(draw)
    outputs = [*(s.name for s in model.states), "sum", "scaled"]
    engine = Engine(model, outputs, ["x0"], sensitivities=[p.name for p in model.parameters])
    weights = draw.normal(size=(11, len(times), len(outputs)))
    run = engine.run(table, times, schedule)
    found = engine.gradient(weights, table, times, schedule)
    assert run.sensitivities is not None
    expected = np.einsum("ito,itop->ip", weights, run.sensitivities)
    assert np.array_equal(found.values, run.values)
    assert np.max(np.abs(found.gradient - expected)) < 1e-12 * np.max(np.abs(expected))
    again = engine.gradient(lambda values: weights, table, times, schedule, threads=2)
    assert np.array_equal(again.gradient, found.gradient)


def test_gradient_through_doses_that_depend_on_parameters() -> None:
    A, B, ka, ke, amount, share, start = named("A B ka ke amount share start")
    parameters = {ka: 1.3, ke: 0.4, amount: 3.0, share: 0.7, start: 0.2}
    model = flat_model({A: -ka * A, B: ka * A - ke * B * B}, {A: start, B: ke}, parameters)
    doses = Schedule(
        [
            Dose("A", amount, time=1.0, bioavailability=share, interval=1.9, count=2),
            Dose("B", amount * ke, time=0.5, duration=1.1, bioavailability=share),
        ],
        [Reset(5.05, "A"), Reset(6.0)],
    )
    engine = Engine(model, inputs=("B",), sensitivities=[p.name for p in parameters])
    times = np.linspace(0.0, 8.0, 23)
    weights = np.cos(np.arange(46.0)).reshape(1, 23, 2)
    run = engine.run(times=times, doses=doses, rtol=1e-6)
    found = engine.gradient(weights, times=times, doses=doses, rtol=1e-6)
    assert run.sensitivities is not None
    assert np.allclose(found.gradient, np.einsum("ito,itop->ip", weights, run.sensitivities), rtol=1e-12)


def test_gradient_where_instants_depend_on_parameters_goes_by_directions() -> None:
    x, k, lag = named("x k lag")
    event = ModelEvent("full", x > 1.2, ((x, 0.5 * x),))
    model = flat_model({x: 1.0 - k * x}, {x: 1.0}, {k: 0.5, lag: 0.3})
    doses = Schedule([Dose("x", 0.4, time=1.0, lag=lag)])
    for engine in (
        Engine(model, sensitivities=("k", "lag")),
        Engine(
            flat_model({x: 1.0 - k * x}, {x: 1.0}, {k: 0.5, lag: 0.3}, events=[event]),
            sensitivities=("k", "lag"),
        ),
    ):
        run = engine.run(times=[0.5, 3.0], doses=doses)
        found = engine.gradient(lambda values: 2.0 * values, times=[0.5, 3.0], doses=doses)
        assert run.sensitivities is not None
        assert np.allclose(found.gradient, np.einsum("ito,itop->ip", 2.0 * run.values, run.sensitivities))
        assert found.gradient[0, 1] != 0.0


def test_gradient_of_a_patient_that_fails_is_no_number_and_harms_no_other() -> None:
    x, k = named("x k")
    model = flat_model({x: k * x * x}, {x: 1.0}, {k: 0.5})
    engine = Engine(model, sensitivities=("k",))
    found = engine.gradient(np.ones((3, 2, 1)), {"k": [0.1, 5.0, 0.2]}, [0.5, 1.0])
    assert [f.patient for f in found.failures] == [1]
    alone = engine.gradient(np.ones((1, 2, 1)), {"k": [0.2]}, [0.5, 1.0])
    assert np.isnan(found.gradient[1, 0]) and found.gradient[2, 0] == alone.gradient[0, 0]


def test_gradient_over_more_steps_than_the_tape_has_room_for_at_first() -> None:
    x, k = named("x k")
    model = flat_model({x: -k * x}, {x: 1.0}, {k: 0.5})
    engine = Engine(model, sensitivities=("k",))
    found = engine.gradient(np.ones((1, 1, 1)), times=[2.0], largest_step=1e-3, rtol=1e-8)
    assert found.steps[0] > 1000
    assert np.isclose(found.gradient[0, 0], -2.0 * np.exp(-1.0), rtol=1e-10)
