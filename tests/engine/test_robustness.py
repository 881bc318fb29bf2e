"""The edges: nothing to do, one of everything, very many, very small and very large."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from networks import Features, random_network, random_population
from toy import flat_model, named

from exodyn.engine import Dose, Engine, Schedule
from exodyn.errors import InputError
from exodyn.symbolic import TIME, Readout, const, exp, log

PRECISIONS = ["double", "single"]
x, y, k = named("x y k")


def decay(**how: object) -> Engine:
    return Engine(flat_model({x: -k * x}, {x: 1.0}, {k: 1.0}), **how)  # type: ignore[arg-type]


# -- little


@pytest.mark.parametrize("precision", PRECISIONS)
def test_no_states_at_all(precision: str) -> None:
    model = flat_model({}, parameters={k: 2.0}, readouts={"now": k * TIME})
    run = Engine(model, ["now"], precision=precision).run(times=[0.0, 0.5, 3.0], patients=9)  # type: ignore[arg-type]
    assert run.failures == []
    assert run.values[:, :, 0].tolist() == [[0.0, 1.0, 6.0]] * 9
    assert Engine(flat_model({})).run(times=[0.0, 1.0]).values.shape == (1, 2, 0)


def test_states_that_nothing_moves() -> None:
    run = Engine(flat_model({x: 0.0}, {x: 3.0})).run(
        times=[0.0, 1.0], doses=Schedule([Dose("x", 2.0, time=0.5)])
    )
    assert run.values[0, :, 0].tolist() == [3.0, 5.0]


def test_no_outputs() -> None:
    run = decay(outputs=[]).run(times=[0.0, 1.0], patients=5)
    assert run.values.shape == (5, 2, 0)
    assert np.all(run.steps > 0)
    steady = Schedule([Dose("x", 1.0, interval=1.0, steady_state=True)])
    assert decay(outputs=[]).run(times=[0.0, 1.0], doses=steady).failures == []


def test_outputs_are_names_readouts_or_expressions() -> None:
    model = flat_model({x: -x}, {x: 1.0}, readouts={"twice": 2.0 * x})
    engine = Engine(model, ["x", "twice", Readout("half", 0.5 * x), x * TIME])
    found = engine.run(times=[1.0], rtol=1e-8).values[0, 0]
    np.testing.assert_allclose(found, np.exp(-1.0) * np.array([1.0, 2.0, 0.5, 1.0]), rtol=1e-7)
    with pytest.raises(KeyError, match="no state or readout 'nothing'"):
        Engine(model, ["nothing"])
    with pytest.raises(KeyError, match="no state 'nothing' to be infused"):
        Engine(model, inputs=["nothing"])


def test_one_time() -> None:
    assert decay().run(times=[0.0]).values.tolist() == [[[1.0]]]
    dosed = Schedule([Dose("x", 2.0)])
    assert decay().run(times=[0.0], doses=dosed).values.tolist() == [[[3.0]]]
    np.testing.assert_allclose(decay().run(times=[2.0], rtol=1e-8).values[0, 0, 0], np.exp(-2.0), rtol=1e-7)


def test_one_time_twice() -> None:
    run = decay().run(times=[0.0, 0.0, 1.0, 1.0, 1.0, 2.0, 2.0])
    found = run.values[0, :, 0]
    assert found[0] == found[1] == 1.0
    assert found[2] == found[3] == found[4]
    assert found[5] == found[6]


def test_no_patients() -> None:
    for run in (decay().run(np.zeros((0, 1)), [0.0, 1.0]), decay().run(times=[0.0, 1.0], patients=0)):
        assert run.values.shape == (0, 2, 1)
        assert run.failures == []
    single = decay(precision="single").run(times=[0.0], patients=0, threads=2)
    assert single.single_error is None


def test_a_start_later_than_zero() -> None:
    engine = Engine(flat_model({x: TIME}))
    found = engine.run(times=[2.0, 3.0, 5.0], start=2.0, rtol=1e-9).values[0, :, 0]
    np.testing.assert_allclose(found, [0.0, 2.5, 10.5], rtol=1e-8)
    found = engine.run(times=[-1.0, 1.0], start=-1.0, rtol=1e-9, atol=1e-12).values[0, :, 0]
    np.testing.assert_allclose(found, [0.0, 0.0], atol=1e-9)


# -- much


@pytest.mark.slow
def test_three_hundred_states() -> None:
    """A chain: each passes on to the next at rate 1, so state i holds the Poisson probability of i."""
    from scipy.stats import poisson

    chain = named(" ".join(f"s{i}" for i in range(300)))
    rates = {chain[0]: -chain[0]} | {b: a - b for a, b in pairwise(chain)}
    run = Engine(flat_model(rates, {chain[0]: 1.0}), optimise=False).run(
        times=[5.0, 50.0], rtol=1e-8, atol=1e-12
    )
    for row, time in enumerate((5.0, 50.0)):
        np.testing.assert_allclose(run.values[0, row], poisson.pmf(np.arange(300), time), rtol=0, atol=1e-8)


@pytest.mark.slow
def test_a_large_random_network() -> None:
    draw = np.random.default_rng(1)
    model = random_network(draw, 120, Features(timed=True))
    table = random_population(draw, model, 8)
    loose, tight = (
        Engine(model, optimise=False).run(table, [5.0, 20.0], rtol=t, atol=t * 1e-3) for t in (1e-5, 1e-9)
    )
    assert loose.failures == tight.failures == []
    np.testing.assert_allclose(loose.values, tight.values, rtol=1e-3, atol=1e-6)


def test_many_points_and_more_threads_than_patients() -> None:
    times = np.linspace(0.0, 1.0, 5001)
    run = decay().run(times=times, patients=3, threads=8, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(run.values[:, :, 0], np.tile(np.exp(-times), (3, 1)), rtol=1e-5)


# -- small and large numbers


@pytest.mark.parametrize("size", [1e-300, 1e-200, 1e-30, 1e30, 1e200, 1e300])
def test_magnitudes(size: float) -> None:
    """Saturable loss of a state in units of `size`: the answer is that of size 1, scaled."""
    scale = named("scale")[0]
    loss = 0.5 * x / (1.0 + x / scale)
    rates = {x: -loss, y: loss - 0.1 * y}
    engine = Engine(flat_model(rates, {x: scale}, {scale: 1.0}))
    one, other = (engine.run({"scale": s}, [1.0, 5.0], rtol=1e-7, atol=1e-10 * s) for s in (1.0, size))
    assert other.failures == []
    np.testing.assert_allclose(other.values / size, one.values, rtol=1e-6)


@pytest.mark.parametrize("unit", [1e-200, 1e-20, 1e20, 1e200])
def test_time_scales(unit: float) -> None:
    run = decay().run({"k": 1.0 / unit}, [0.0, unit, 3.0 * unit], rtol=1e-7, atol=1e-12)
    np.testing.assert_allclose(run.values[0, :, 0], np.exp([0.0, -1.0, -3.0]), rtol=1e-6)


def test_denormal_numbers() -> None:
    """States below the smallest normal number decay to zero like any other."""
    run = decay().run(times=[0.0, 1.0, 800.0], doses=Schedule([Dose("x", 1e-310, time=0.5)]), rtol=1e-6)
    assert run.failures == []
    assert 0.0 <= run.values[0, 2, 0] < 1e-8
    engine = Engine(flat_model({x: -x}, {x: 5e-324}))
    run = engine.run(times=[0.0, 1.0], rtol=1e-6, atol=1e-320)
    assert run.failures == []
    assert 0.0 <= run.values[0, 1, 0] <= 5e-324


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("time", [5e-324, 1e-310, 1e-100, 1e-38, 1e-20])
def test_a_dose_a_moment_after_the_start(time: float, precision: str) -> None:
    run = decay(precision=precision).run(
        times=[0.0, 1.0], doses=Schedule([Dose("x", 1.0, time=time)]), rtol=1e-4
    )
    assert run.failures == []
    np.testing.assert_allclose(run.values[0, :, 0], [1.0, 2.0 * np.exp(-1.0)], rtol=1e-3)


def test_doses_one_unit_in_the_last_place_apart() -> None:
    at = 7.3
    doses = [
        Dose("x", 1.0, time=t) for t in (at, np.nextafter(at, 8.0), np.nextafter(np.nextafter(at, 8.0), 8.0))
    ]
    run = decay().run({"k": 0.0}, [7.0, 8.0], Schedule(doses))
    assert run.values[0, :, 0].tolist() == [1.0, 4.0]


def test_rates_of_fifteen_decades() -> None:
    """A fast pair at equilibrium beside a slow decay, rates 1e10 and 1e-5."""
    a, b = named("a b")
    flow = 1e10 * (a - b)
    engine = Engine(flat_model({a: -flow, b: flow - 1e-5 * b}, {a: 1.0}))
    run = engine.run(times=[1.0, 1e5], rtol=1e-6, atol=1e-9)
    assert run.failures == []
    np.testing.assert_allclose(run.values[0, 1], 0.5 * np.exp(-0.5), rtol=1e-4)


def test_functions_at_the_edge_of_their_domain() -> None:
    """log and exp where they are infinite or overflow, in outputs: what IEEE 754 says, and no failure."""
    model = flat_model({x: const(0.0) * x}, {x: 0.0})
    engine = Engine(model, [log(x), exp(1000.0 + x), 1.0 / x, x / x, exp(-1000.0 + x)])
    found = engine.run(times=[1.0]).values[0, 0]
    assert found[:3].tolist() == [-np.inf, np.inf, np.inf]
    assert np.isnan(found[3])
    assert found[4] == 0.0


# -- what is refused


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"times": [1.0, 0.5]}, "increasing"),
        ({"times": []}, "one or more finite numbers"),
        ({"times": [[0.0, 1.0]]}, "one or more finite numbers"),
        ({"times": [0.0, np.nan]}, "one or more finite numbers"),
        ({"times": [0.0, np.inf]}, "one or more finite numbers"),
        ({"times": [-1.0, 1.0]}, "none before the start"),
        ({"rtol": 0.0}, "expected 1e-14 to 1"),
        ({"rtol": -1e-3}, "expected 1e-14 to 1"),
        ({"rtol": np.nan}, "expected 1e-14 to 1"),
        ({"rtol": 1.0}, "expected 1e-14 to 1"),
        ({"atol": 0.0}, "atol must be above 0"),
        ({"atol": np.nan}, "atol must be above 0"),
        ({"start": np.nan}, "start nan"),
        ({"threads": 0}, "threads 0"),
        ({"largest_step": 0.0}, "largest_step 0.0"),
        ({"largest_step": np.nan}, "largest_step nan"),
        ({"most_steps": 0}, "most_steps 0"),
        ({"parameters": np.ones((3, 2))}, r"shape \(3, 2\), expected \(patients, 1\)"),
        ({"parameters": np.ones(3)}, r"shape \(3,\), expected \(patients, 1\)"),
        ({"parameters": np.ones((3, 1)), "patients": 4}, "parameters of 3 patients, but patients=4"),
        ({"parameters": {"k": [1.0, 2.0]}, "patients": 3}, "'k': 2 values for 3 patients"),
    ],
)
def test_wrong_arguments_are_refused(how: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        decay().run(**how)  # type: ignore[arg-type]


def test_an_unknown_parameter_is_named_with_the_nearest() -> None:
    engine = Engine(flat_model({x: -k * x}, {x: 1.0}, {k: 1.0, named("clearance")[0]: 1.0}))
    with pytest.raises(InputError, match="no parameter 'clearence'; did you mean 'clearance'"):
        engine.run({"clearence": 1.0})
