"""Single precision: twice the lanes, down to the tolerance that it can keep, and checked against double."""

from __future__ import annotations

import numpy as np
import pytest
from networks import Features, random_network, random_population, random_schedule
from toy import Floats, flat_model, named

from exodyn.engine import Dose, Engine, Schedule
from exodyn.engine.ensemble import CHECKED_PATIENT

SEEDS = range(6)
TIMES = np.arange(21.0)


@pytest.mark.parametrize("rtol", [1e-2, 1e-3, 1e-4])
@pytest.mark.parametrize("seed", [pytest.param(s, marks=[pytest.mark.slow] if s > 1 else []) for s in SEEDS])
def test_error_stays_at_the_scale_of_the_tolerance(seed: int, rtol: float) -> None:
    """Relative to each output's peak, the median patient errs by the tolerance, the worst as in double.

    The worst patients are those in which an event or a condition comes a little earlier or later.
    """
    draw = np.random.default_rng([55, seed])
    features = Features(timed=bool(seed % 2), conditions=bool(seed % 3 == 0), events=bool(seed % 4 == 3))
    model = random_network(draw, int(draw.integers(2, 12)), features)
    table, schedule = random_population(draw, model, 64), random_schedule(draw, 64)
    double, single = (Engine(model, inputs=["x0"], precision=p) for p in ("double", "single"))  # type: ignore[arg-type]
    exact = double.run(table, TIMES, schedule, rtol=1e-10, atol=1e-13).values
    size = np.max(np.abs(exact), axis=1, keepdims=True)

    def errors(engine: Engine) -> Floats:
        run = engine.run(table, TIMES, schedule, rtol=rtol, atol=rtol * 1e-3)
        assert run.failures == []
        return np.asarray(np.max(np.abs(run.values - exact) / size, axis=(1, 2)))

    found = errors(single)
    assert np.median(found) <= 3 * rtol
    assert np.max(found) <= 10 * rtol + 1.5 * np.max(errors(double))


def test_single_takes_the_steps_that_double_takes() -> None:
    draw = np.random.default_rng(7)
    model = random_network(draw, 10, Features())
    table = random_population(draw, model, 200)
    for rtol in (1e-3, 1e-4):
        steps = [
            Engine(model, precision=p).run(table, TIMES, rtol=rtol, atol=rtol * 1e-3).steps.mean()  # type: ignore[arg-type]
            for p in ("double", "single")
        ]
        assert steps[1] <= 1.1 * steps[0]


def test_tighter_tolerances_are_refused() -> None:
    (x,) = named("x")
    engine = Engine(flat_model({x: -x}, {x: 1.0}), precision="single")
    with pytest.raises(ValueError, match=r"rtol 9e-05: single precision keeps 0.0001 at best; use double"):
        engine.run(times=[1.0], rtol=9e-5)


def test_the_error_is_measured_on_a_sample_of_every_run() -> None:
    x, k = named("x k")
    model = flat_model({x: -k * x}, {x: 1.0}, {k: 1.0})
    single, double = Engine(model, precision="single"), Engine(model)
    rates = np.linspace(0.5, 2.0, 3 * CHECKED_PATIENT)
    run = single.run({"k": rates}, TIMES[:4], rtol=1e-4, patients=len(rates))
    exact = double.run({"k": rates}, TIMES[:4], rtol=1e-4, patients=len(rates)).values
    checked = slice(None, None, CHECKED_PATIENT)
    assert run.single_error == pytest.approx(np.max(np.abs(run.values[checked] - exact[checked])), rel=1e-6)
    assert run.single_error < 1e-3
    assert double.run({"k": rates}, TIMES[:4], patients=len(rates)).single_error is None
    # A chunk without any patient of the sample has nothing to say.
    assert (
        single.run({"k": 1.0}, TIMES[:4], first_patient=1, patients=CHECKED_PATIENT - 1).single_error is None
    )


def test_the_sample_is_run_as_the_run_is() -> None:
    """Steady-state doses and doses of each patient's own reach the check too."""
    x, k = named("x k")
    engine = Engine(flat_model({x: -k * x}, parameters={k: 0.5}), precision="single")
    amount = np.linspace(1.0, 9.0, 2 * CHECKED_PATIENT)
    steady = Schedule([Dose("x", amount, interval=1.0, steady_state=True)])
    run = engine.run(times=[0.0, 0.7], doses=steady, patients=len(amount), rtol=1e-4)
    assert run.single_error is not None
    assert run.single_error < 1e-3
    right = amount * np.exp(-0.35) / -np.expm1(-0.5)
    np.testing.assert_allclose(run.values[:, 1, 0], right, rtol=1e-3)


def test_failed_patients_do_not_spoil_the_sample() -> None:
    x, k = named("x k")
    engine = Engine(flat_model({x: -k * x}, {x: 1.0}, {k: 1.0}), precision="single")
    rates = np.ones(CHECKED_PATIENT + 1)
    rates[0] = np.nan
    run = engine.run({"k": rates}, TIMES[:3], patients=len(rates))
    assert [f.patient for f in run.failures] == [0]
    assert run.single_error is not None
    assert run.single_error < 1e-3


def test_failing_in_single_precision_alone_is_an_infinite_error() -> None:
    """1e39 is a number of 64 bits, not one of 32."""
    x, k = named("x k")
    model = flat_model({x: -k * x}, {x: 1.0}, {k: 1.0})
    start = Schedule([Dose("x", 1e39)])
    assert Engine(model).run(times=TIMES[:3], doses=start).failures == []
    run = Engine(model, precision="single").run(times=TIMES[:3], doses=start)
    assert [f.patient for f in run.failures] == [0]
    assert run.single_error == np.inf


def test_a_tolerance_below_the_smallest_number() -> None:
    """atol 1e-60 is no float of 32 bits: the smallest one is taken."""
    (x,) = named("x")
    engine = Engine(flat_model({x: -x}), precision="single")
    run = engine.run(times=[0.0, 1.0], doses=Schedule([Dose("x", 1.0, time=0.5)]), atol=1e-60)
    np.testing.assert_allclose(run.values[0, :, 0], [0.0, np.exp(-0.5)], rtol=1e-3)
