"""Doses against closed forms: one and two compartments, to the tolerance that is asked for.

The two-compartment model is linear, so a dose's effect is added to those of all others: the closed form is a
sum over doses of two exponentials each.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy import Floats, flat_model, named

from exodyn.engine import Dose, Engine, Reset, Schedule
from exodyn.errors import InputError

K10, K12, K21 = 0.3, 0.5, 0.2
TIMES = np.array([0.0, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 24.0])
RTOL, ATOL = 1e-8, 1e-12


@pytest.fixture(scope="module")
def one() -> Engine:
    """x' = -k x: one compartment."""
    x, k = named("x k")
    return Engine(flat_model({x: -k * x}, parameters={k: 0.4}), inputs=["x"])


@pytest.fixture(scope="module")
def two() -> Engine:
    """A central compartment, from which the drug leaves, and a peripheral one."""
    central, peripheral, k10, k12, k21 = named("central peripheral k10 k12 k21")
    rates = {
        central: k21 * peripheral - (k10 + k12) * central,
        peripheral: k12 * central - k21 * peripheral,
    }
    model = flat_model(rates, parameters={k10: K10, k12: K12, k21: K21})
    return Engine(model, inputs=["central"])


# -- closed forms


def modes() -> tuple[Floats, Floats]:
    """central(t) = sum of c exp(-d t) after a unit bolus at 0: (c, d) of both terms."""
    total, product = K10 + K12 + K21, K10 * K21
    root = np.sqrt(total**2 - 4 * product)
    d = np.array([total + root, total - root]) / 2
    return np.array([(d[0] - K21) / (d[0] - d[1]), (K21 - d[1]) / (d[0] - d[1])]), d


def bolus(t: Floats) -> Floats:
    """Central amount at time t after a unit bolus, 0 before."""
    c, d = modes()
    since = np.maximum(np.asarray(t, dtype=float), 0.0)[..., None]
    return np.where(np.asarray(t) >= 0, np.sum(c * np.exp(-d * since), axis=-1), 0.0)


def infusion(t: Floats, duration: float) -> Floats:
    """Central amount at time t after the start of an infusion of rate 1."""
    c, d = modes()
    since = np.maximum(np.asarray(t, dtype=float), 0.0)[..., None]
    inside = np.minimum(since, duration)
    return np.asarray(np.sum(c / d * -np.expm1(-d * inside) * np.exp(-d * (since - inside)), axis=-1))


def closed_form(dose: Dose, times: Floats) -> Floats:
    """Central amount at the times, for one patient and one dose with its repeats."""
    amount = float(np.asarray(dose.amount)) * float(np.asarray(dose.bioavailability))
    result = np.zeros_like(times)
    for k in range(dose.count):
        begin = float(np.asarray(dose.time)) + float(np.asarray(dose.lag)) + k * (dose.interval or 0.0)
        if dose.duration is not None:
            length = float(np.asarray(dose.duration))
            result += amount / length * infusion(times - begin, length)
        elif dose.rate is not None:
            rate = float(np.asarray(dose.rate))
            result += rate * infusion(times - begin, amount / rate)
        else:
            result += amount * bolus(times - begin)
    return result


def central(engine: Engine, doses: list[Dose], times: Floats = TIMES, rtol: float = RTOL) -> Floats:
    run = engine.run(times=times, doses=Schedule(doses), rtol=rtol, atol=ATOL)
    assert run.failures == []
    return run.values[0, :, 0]


CASES = {
    "bolus at time 0": Dose("central", 10.0),
    "bolus between outputs": Dose("central", 10.0, time=0.7),
    "bolus at an output": Dose("central", 10.0, time=2.0),
    "bolus at the last output": Dose("central", 10.0, time=24.0),
    "bolus after the end": Dose("central", 10.0, time=30.0),
    "lag": Dose("central", 10.0, time=0.5, lag=0.25),
    "bioavailability": Dose("central", 10.0, bioavailability=0.37),
    "repeats": Dose("central", 10.0, time=1.0, interval=4.0, count=5),
    "infusion by rate": Dose("central", 10.0, time=0.5, rate=4.0),
    "infusion by duration": Dose("central", 10.0, time=0.5, duration=2.5),
    "infusion by rate, less available": Dose("central", 10.0, rate=4.0, bioavailability=0.5),
    "infusion by duration, less available": Dose("central", 10.0, duration=4.0, bioavailability=0.5),
    "infusion with lag": Dose("central", 10.0, time=1.0, lag=0.3, duration=2.0),
    "repeated infusion": Dose("central", 10.0, time=0.2, duration=1.0, interval=3.0, count=6),
    "infusions that overlap themselves": Dose("central", 10.0, time=0.2, duration=5.0, interval=2.0, count=4),
    "infusion beyond the end": Dose("central", 10.0, time=20.0, duration=50.0),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("rtol", [1e-4, 1e-6, 1e-9])
def test_two_compartments(two: Engine, case: str, rtol: float) -> None:
    found, right = central(two, [CASES[case]], rtol=rtol), closed_form(CASES[case], TIMES)
    np.testing.assert_allclose(found, right, rtol=2 * rtol, atol=1e-10)


def test_one_compartment(one: Engine) -> None:
    times = np.array([0.0, 1.0, 2.0, 6.0])
    doses = Schedule([Dose("x", 3.0), Dose("x", 2.0, time=1.0), Dose("x", 4.0, time=2.0, duration=2.0)])
    run = one.run(times=times, doses=doses, rtol=1e-9, atol=1e-12)
    k = 0.4
    last = 3 * np.exp(-6 * k) + 2 * np.exp(-5 * k) + 2 / k * -np.expm1(-2 * k) * np.exp(-2 * k)
    right = [3.0, 3 * np.exp(-k) + 2, 3 * np.exp(-2 * k) + 2 * np.exp(-k), last]
    np.testing.assert_allclose(run.values[0, :, 0], right, rtol=2e-9)


def test_doses_at_one_instant_are_given_together(two: Engine) -> None:
    doses = [
        Dose("central", 3.0, time=2.0),
        Dose("central", 4.0, time=2.0),
        Dose("central", 5.0, time=1.0, lag=1.0),
    ]
    np.testing.assert_allclose(central(two, doses), 12 * bolus(TIMES - 2.0), rtol=2e-8, atol=1e-10)


def test_overlapping_infusions_and_boluses(two: Engine) -> None:
    doses = [
        Dose("central", 10.0, time=0.0, duration=6.0),
        Dose("central", 8.0, time=1.0, rate=2.0),
        Dose("central", 5.0, time=2.0, duration=1.0),
        Dose("central", 7.0, time=2.0),
        Dose("central", 6.0, time=3.0, duration=3.0),
    ]
    right = sum(closed_form(d, TIMES) for d in doses)
    np.testing.assert_allclose(central(two, doses), right, rtol=2e-8, atol=1e-10)


def test_an_infusion_ends_exactly(one: Engine) -> None:
    """After ten thirds of a rate nothing runs: x decays as if never infused."""
    thirds = [Dose("x", 1.0, time=0.1 * k, duration=1.0 / 3.0) for k in range(10)]
    run = one.run({"k": 0.0}, [0.0, 2.0, 1000.0], Schedule(thirds), rtol=1e-6)
    assert run.values[0, 1, 0] == run.values[0, 2, 0]
    np.testing.assert_allclose(run.values[0, 2, 0], 10.0, rtol=1e-6)


def test_nothing_given_is_nothing(two: Engine) -> None:
    """Amount 0 (a placebo) and bioavailability 0, in every form of dose."""
    forms = [{}, {"rate": 2.0}, {"duration": 2.0}]
    doses = [Dose("central", 0.0, **f) for f in forms]  # type: ignore[arg-type]
    doses += [Dose("central", 5.0, bioavailability=0.0, **f) for f in forms]  # type: ignore[arg-type]
    assert np.all(central(two, doses) == 0.0)


AMOUNTS = st.floats(0.0, 100.0)
INSTANTS = st.one_of(st.floats(0.0, 30.0), st.sampled_from([float(t) for t in TIMES]))


@st.composite
def doses(draw: st.DrawFn) -> Dose:
    count = draw(st.integers(1, 4))
    given = Dose(
        "central",
        draw(AMOUNTS),
        draw(INSTANTS),
        lag=draw(st.floats(0.0, 3.0)),
        bioavailability=draw(st.floats(0.0, 1.0)),
        interval=draw(st.floats(0.1, 10.0)),
        count=count,
    )
    form = draw(st.sampled_from(["bolus", "rate", "duration"]))
    if form == "rate":
        return replace(given, rate=draw(st.floats(0.5, 50.0)))
    if form == "duration":
        return replace(given, duration=draw(st.floats(0.01, 20.0)))
    return given


@given(schedule=st.lists(doses(), min_size=1, max_size=6))
def test_any_schedule(two: Engine, schedule: list[Dose]) -> None:
    right = np.sum([closed_form(d, TIMES) for d in schedule], axis=0)
    found = central(two, schedule)
    np.testing.assert_allclose(found, right, rtol=1e-7, atol=1e-8 * (1 + np.max(right)))


# -- per patient and per arm


def test_amounts_times_lags_and_shares_of_each_patient(two: Engine) -> None:
    draw, n = np.random.default_rng(1), 37
    amount, time, lag, share, length = (draw.uniform(0.1, 3.0, n) for _ in range(5))
    schedule = Schedule(
        [
            Dose("central", amount, time=time, lag=lag, bioavailability=share, interval=2.0, count=3),
            Dose("central", amount, time=time, lag=lag, duration=length),
            Dose("central", amount, time=0.0, rate=length, bioavailability=share),
            Dose("central", 1.0, time=1.0),
        ]
    )
    run = two.run(times=TIMES, doses=schedule, patients=n, rtol=RTOL, atol=ATOL)
    for i in range(n):
        own = [
            Dose("central", amount[i], time[i], lag=lag[i], bioavailability=share[i], interval=2.0, count=3),
            Dose("central", amount[i], time[i], lag=lag[i], duration=length[i]),
            Dose("central", amount[i], 0.0, rate=length[i], bioavailability=share[i]),
            Dose("central", 1.0, time=1.0),
        ]
        right = np.sum([closed_form(d, TIMES) for d in own], axis=0)
        np.testing.assert_allclose(run.values[i, :, 0], right, rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize("name", ["amount", "time", "lag", "bioavailability", "duration", "rate"])
def test_one_thing_alone_differs_between_patients(two: Engine, name: str) -> None:
    values = np.array([0.5, 1.0, 2.0])
    form = {"rate": 1.0} if name in ("lag", "time") else {}
    dose = Dose("central", **({"amount": 2.0} | form | {name: values}))  # type: ignore[arg-type]
    run = two.run(times=TIMES, doses=Schedule([dose]), patients=3, rtol=RTOL, atol=ATOL)
    for i in range(3):
        right = closed_form(replace(dose, **{name: values[i]}), TIMES)
        np.testing.assert_allclose(run.values[i, :, 0], right, rtol=1e-7, atol=1e-10)


def test_arms(two: Engine) -> None:
    """Eighty arms, patients in any order: each gets its own arm's dose."""
    arms = np.random.default_rng(2).permutation(np.repeat(np.arange(80), 2))
    schedules = [Schedule([Dose("central", float(a), time=1.0)] if a else []) for a in range(80)]
    run = two.run(times=TIMES, doses=schedules, arms=arms, patients=160, rtol=RTOL, atol=ATOL)
    right = arms[:, None] * bolus(TIMES - 1.0)
    np.testing.assert_allclose(run.values[:, :, 0], right, rtol=2e-8, atol=1e-10)


# -- resets


def test_reset_of_all_ends_infusions(one: Engine) -> None:
    schedule = Schedule([Dose("x", 8.0, duration=8.0)], [Reset(2.0)])
    run = one.run({"k": 0.5}, [0.0, 1.0, 2.0, 4.0], schedule, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(run.values[0, :, 0], [0.0, -np.expm1(-0.5) / 0.5, 0.0, 0.0], rtol=2e-8)


def test_doses_at_the_instant_of_a_reset_come_after_it(one: Engine) -> None:
    schedule = Schedule(
        [Dose("x", 8.0), Dose("x", 3.0, time=2.0), Dose("x", 2.0, time=2.0, duration=1.0)], [Reset(2.0)]
    )
    run = one.run({"k": 0.0}, [1.0, 2.0, 2.5, 3.0, 9.0], schedule, rtol=1e-8)
    np.testing.assert_allclose(run.values[0, :, 0], [8.0, 3.0, 4.0, 5.0, 5.0], rtol=1e-8)


def test_reset_of_one_state_leaves_the_others_and_infusions(two: Engine) -> None:
    kept = {"k10": 0.0, "k12": 0.0, "k21": 0.0}
    schedule = Schedule(
        [Dose("central", 6.0, duration=6.0), Dose("peripheral", 4.0)], [Reset(2.0, "central")]
    )
    run = two.run(kept, [1.0, 2.0, 3.0, 10.0], schedule, rtol=1e-8)
    np.testing.assert_allclose(run.values[0, :, 0], [1.0, 0.0, 1.0, 4.0], rtol=1e-8)
    assert np.all(run.values[0, :, 1] == 4.0)


# -- steady state


def steady_bolus(t: Floats, interval: float) -> Floats:
    c, d = modes()
    return np.asarray(np.sum(c * np.exp(-d * np.asarray(t)[:, None]) / -np.expm1(-d * interval), axis=1))


@pytest.mark.parametrize("interval", [0.5, 4.0, 24.0])
def test_steady_state_of_boluses(two: Engine, interval: float) -> None:
    schedule = Schedule([Dose("central", 5.0, interval=interval, steady_state=True)])
    times = np.array([0.0, 0.1, 0.5, 2.0, 10.0])
    run = two.run(times=times, doses=schedule, rtol=1e-7, atol=1e-11)
    assert run.failures == []
    np.testing.assert_allclose(run.values[0, :, 0], 5 * steady_bolus(times, interval), rtol=1e-6)


def test_steady_state_of_infusions(one: Engine) -> None:
    """Rate 2 for 3 of every 8: the trough just before the next dose, and the end of the infusion."""
    schedule = Schedule([Dose("x", 6.0, duration=3.0, interval=8.0, count=2, steady_state=True)])
    run = one.run(times=[0.0, 3.0, 8.0], doses=schedule, rtol=1e-8, atol=1e-12)
    k = 0.4
    peak = 2 / k * -np.expm1(-3 * k) / -np.expm1(-8 * k)
    trough = peak * np.exp(-5 * k)
    np.testing.assert_allclose(run.values[0, :, 0], [trough, peak, trough], rtol=1e-7)


def test_steady_state_of_each_patient_is_its_own(one: Engine) -> None:
    """Rate constants over two decades: each patient needs its own number of doses before."""
    k, lag = np.geomspace(0.02, 2.0, 23), np.linspace(0.0, 0.9, 23)
    schedule = Schedule([Dose("x", 1.0, lag=lag, interval=1.0, steady_state=True)])
    run = one.run({"k": k}, [1.0], schedule, patients=23, rtol=1e-8, atol=1e-12)
    right = np.exp(-k * (1.0 - lag)) / -np.expm1(-k)
    np.testing.assert_allclose(run.values[:, 0, 0], right, rtol=1e-7)


def test_no_steady_state_is_reported() -> None:
    """Nothing leaves: the amount grows with each dose for ever."""
    x, k = named("x k")
    engine = Engine(flat_model({x: 0.0 - k * x}, parameters={k: 0.1}))
    schedule = Schedule([Dose("x", 1.0, interval=1.0, steady_state=True)])
    run = engine.run({"k": [0.1, 0.0, 0.2]}, [0.0, 1.0], schedule, patients=3, rtol=1e-6)
    assert [(f.patient, f.cause) for f in run.failures] == [(1, "no steady state was reached")]


# -- wrong doses


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"amount": -1.0}, "amount is negative"),
        ({"amount": np.nan}, "amount is not a finite number"),
        ({"amount": [1.0, np.inf]}, "amount is not a finite number"),
        ({"amount": 1.0, "time": np.nan}, "time is not a finite number"),
        ({"amount": 1.0, "lag": -0.1}, "lag is negative"),
        ({"amount": 1.0, "bioavailability": -0.1}, "bioavailability is negative"),
        ({"amount": 1.0, "rate": 0.0}, "rate must be above 0"),
        ({"amount": 1.0, "duration": -1.0}, "duration must be above 0"),
        ({"amount": 1.0, "rate": 1.0, "duration": 1.0}, "rate or duration, not both"),
        ({"amount": 1.0, "count": 0}, "expected 1 to"),
        ({"amount": 1.0, "count": 10**9, "interval": 1.0}, "count 1000000000, expected 1 to 100000"),
        ({"amount": 1.0, "count": 2}, "repeats need an interval"),
        ({"amount": 1.0, "steady_state": True}, "repeats need an interval"),
        ({"amount": 1.0, "count": 2, "interval": 0.0}, "interval must be above 0"),
    ],
)
def test_a_wrong_dose_is_refused_at_once(arguments: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Dose("x", **arguments)  # type: ignore[arg-type]


def test_wrong_schedules_are_refused(one: Engine, two: Engine) -> None:
    with pytest.raises(InputError, match="'centrall': the model has no such state; did you mean 'central'"):
        two.run(doses=Schedule([Dose("centrall", 1.0)]))
    with pytest.raises(InputError, match="infusion into 'peripheral'"):
        two.run(doses=Schedule([Dose("peripheral", 1.0, rate=1.0)]))
    with pytest.raises(ValueError, match="a dose comes before the start"):
        one.run(doses=Schedule([Dose("x", 1.0, time=-1.0)]))
    with pytest.raises(ValueError, match="3 values of amount, expected 1 or 4"):
        one.run(doses=Schedule([Dose("x", [1.0, 2.0, 3.0])]), patients=4)
    with pytest.raises(ValueError, match="arms"):
        one.run(doses=[Schedule(), Schedule()], arms=[0, 1, 2], patients=3)
    with pytest.raises(ValueError, match="arms"):
        one.run(doses=[Schedule(), Schedule()], arms=[0, 1], patients=3)
    with pytest.raises(ValueError, match="reset at time nan"):
        Reset(np.nan)


def test_steady_state_of_a_model_that_depends_on_time_is_refused() -> None:
    from exodyn.symbolic import TIME, sin

    (x,) = named("x")
    engine = Engine(flat_model({x: sin(TIME) - x}))
    with pytest.raises(ValueError, match="rates depend on time"):
        engine.run(doses=Schedule([Dose("x", 1.0, interval=1.0, steady_state=True)]))
