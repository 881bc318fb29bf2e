"""Events: the semantics of SBML L3V2, section 4.11, on small models with known answers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from toy import Floats, flat_model, named

from exodyn.engine import Dose, Engine, EnsembleRun, Schedule
from exodyn.symbolic import FALSE, TIME, TRUE, Expr, ModelEvent, Symbol, const, eq, ne, sin

x, y, z, k = named("x y z k")


def run(
    rates: dict[Symbol, Expr | float],
    events: Sequence[ModelEvent],
    times: Sequence[float],
    start: dict[Symbol, Expr | float] | None = None,
    precision: str = "double",
    **how: object,
) -> EnsembleRun:
    engine = Engine(flat_model(rates, start, events=events), precision=precision)  # type: ignore[arg-type]
    how = {"rtol": 1e-8 if precision == "double" else 1e-4, "atol": 1e-10} | how
    return engine.run(times=times, **how)  # type: ignore[arg-type]


def values(*arguments: object, **how: object) -> Floats:
    result = run(*arguments, **how)  # type: ignore[arg-type]
    assert result.failures == []
    return result.values[0]


def set_to(name: str, trigger: Expr, *pairs: tuple[Symbol, Expr | float], **how: object) -> ModelEvent:
    fixed = {n: const(v) if isinstance(v, int | float) and n != "name" and not isinstance(v, bool) else v
             for n, v in how.items()}  # fmt: skip
    assignments = tuple((s, const(v) if isinstance(v, int | float) else v) for s, v in pairs)
    return ModelEvent(name, trigger, assignments, **fixed)  # type: ignore[arg-type]


# -- root finding


@pytest.mark.parametrize("precision", ["double", "single"])
def test_bouncing_ball(precision: str) -> None:
    """Height h, speed v, gravity 9.81; each bounce keeps 0.8 of the speed."""
    h, v = named("h v")
    bounce = set_to("bounce", h <= 0.0, (v, -0.8 * v), (h, 0.0))
    times = np.linspace(0.0, 3.0, 61)
    found = values({h: v, v: -9.81}, [bounce], times, {h: 1.0}, precision)
    right = []
    for t in times:
        start, speed, height = 0.0, 0.0, 1.0
        while True:
            flight = (speed + math.sqrt(speed**2 + 2 * 9.81 * height)) / 9.81
            if t - start < flight:
                break
            speed, start, height = 0.8 * (9.81 * flight - speed), start + flight, 0.0
        s = t - start
        right.append([height + speed * s - 9.81 / 2 * s * s, speed - 9.81 * s])
    # In single precision each of ten bounces adds what is asked of a step, 1e-4 of a speed of 4.4.
    tolerance = 1e-6 if precision == "double" else 10 * 4.4e-4
    np.testing.assert_allclose(found, right, rtol=0, atol=tolerance)


@pytest.mark.parametrize("precision", ["double", "single"])
def test_a_threshold_is_met_where_it_is(precision: str) -> None:
    """x' = x from 1 crosses c at ln c; then x is put to 0 and z to the time."""
    c = np.linspace(1.1, 50.0, 40)
    event = set_to("cross", x > k, (z, TIME), (x, 0.0))
    engine = Engine(
        flat_model({x: x, z: 0.0}, {x: 1.0}, {k: 1.0}, events=[event]),
        precision=precision,  # type: ignore[arg-type]
    )
    tight = precision == "double"
    found = engine.run(
        {"k": c}, [0.0, 5.0], patients=40, rtol=1e-9 if tight else 1e-4, atol=1e-12 if tight else 1e-6
    )
    np.testing.assert_allclose(found.values[:, 1, 1], np.log(c), rtol=0, atol=1e-8 if tight else 1e-3)
    assert np.all(found.values[:, 1, 0] == 0.0)


def test_triggers_on_time_are_exact() -> None:
    """The event happens at the very instant, so an output there shows the value after it."""
    events = [set_to(f"at{i}", TIME >= at, (x, float(i + 1))) for i, at in enumerate((0.1, 0.7, 1.0, 2.5))]
    found = values({x: 0.0, y: 1.0}, events, [0.0, 0.1, 0.7, 0.999, 1.0, 2.5, 3.0])
    assert found[:, 0].tolist() == [0.0, 1.0, 2.0, 2.0, 3.0, 4.0, 4.0]


def test_short_pulses_of_time_conditions_are_never_missed() -> None:
    """A trigger that holds for a billionth of the run, written with constants and with parameters."""
    a, b = named("a b")
    draw = np.random.default_rng(6)
    start, width = draw.uniform(0.5, 900.0, 200), 10.0 ** draw.uniform(-6, 0, 200)
    pulse = ModelEvent("pulse", (a <= TIME) & (a + b > TIME), ((x, x + 1.0),))
    end = ModelEvent("end", TIME > a + b, ((z, TIME),))
    engine = Engine(flat_model({x: 0.0, z: 0.0, y: -y}, {y: 1.0}, {a: 1.0, b: 1.0}, events=[pulse, end]))
    found = engine.run({"a": start, "b": width}, [0.0, 1000.0], patients=200, rtol=1e-3)
    assert np.all(found.values[:, 1, 0] == 1.0)
    np.testing.assert_allclose(found.values[:, 1, 1], start + width, rtol=1e-7)


def test_an_event_cuts_a_step_and_nothing_before_it_changes() -> None:
    """Outputs before the event are those of the model without events, to the bits of dense output."""
    times = np.linspace(0.0, 0.9, 10)
    late = set_to("late", x < 0.3, (x, 5.0))
    without = values({x: -x}, [], [*times, 5.0], {x: 1.0})
    with_event = values({x: -x}, [late], [*times, 5.0], {x: 1.0})
    np.testing.assert_allclose(with_event[:-1], without[:-1], rtol=1e-9)
    second = math.log(1.0 / 0.3) + math.log(5.0 / 0.3)
    np.testing.assert_allclose(with_event[-1, 0], 5.0 * math.exp(second - 5.0), rtol=1e-6)


# -- time 0


@pytest.mark.parametrize("initial", [True, False])
def test_a_trigger_that_holds_at_the_start(initial: bool) -> None:
    """It fires at 0 only if it counts as false before."""
    event = set_to("start", x > 0.5, (x, 7.0), initial=initial)
    found = values({x: 0.0}, [event], [0.0, 1.0], {x: 1.0})
    assert found[:, 0].tolist() == ([1.0, 1.0] if initial else [7.0, 7.0])


def test_constant_triggers() -> None:
    always = set_to("always", TRUE, (x, 1.0), initial=False)
    never = set_to("never", FALSE, (y, 1.0), initial=True)
    found = values({x: 0.0, y: 0.0}, [always, never], [0.0, 1.0])
    assert found.tolist() == [[1.0, 0.0], [1.0, 0.0]]


def test_equality_as_trigger_holds_at_one_instant() -> None:
    """time == 2 is true only at 2: a step ends there, so it is seen."""
    found = values({x: 0.0, y: 1.0}, [set_to("two", eq(TIME, 2.0), (x, 1.0))], [1.0, 2.0, 3.0])
    assert found[:, 0].tolist() == [0.0, 1.0, 1.0]
    found = values({x: 0.0}, [set_to("not", ne(TIME, 0.0), (x, 1.0))], [0.0, 1.0])
    assert found[:, 0].tolist() == [0.0, 1.0]


# -- delay, persistence, values at trigger


def test_delay() -> None:
    late = set_to("late", TIME >= 1.0, (x, 10.0 * TIME), delay=0.75, values_at_trigger=False)
    early = set_to("early", TIME >= 1.0, (z, 10.0 * TIME), delay=0.75, values_at_trigger=True)
    found = values({x: 0.0, z: 0.0}, [late, early], [1.0, 1.74, 1.75, 3.0])
    np.testing.assert_allclose(found, [[0, 0], [0, 0], [17.5, 10.0], [17.5, 10.0]], rtol=1e-12)


def test_a_delay_computed_from_the_state_at_the_trigger() -> None:
    event = set_to("late", TIME >= 1.0, (z, TIME), delay=x, values_at_trigger=False)
    found = values({x: 0.5, z: 0.0}, [event], [4.0], {x: 1.0})
    np.testing.assert_allclose(found[0, 1], 1.0 + 1.5, rtol=1e-9)


@pytest.mark.parametrize("persistent", [True, False])
def test_persistence(persistent: bool) -> None:
    """The trigger holds from 1 to 1.5, the execution is due at 2: it is cancelled unless persistent."""
    event = set_to("pulse", (TIME >= 1.0) & (TIME < 1.5), (x, 1.0), delay=1.0, persistent=persistent)
    assert values({x: 0.0}, [event], [3.0])[0, 0] == (1.0 if persistent else 0.0)


def test_what_was_cancelled_may_be_triggered_again() -> None:
    """sin(t) > 0.5 holds for 2 pi / 3 at a time; a delay of 1 fits, one of 3 does not."""
    up = sin(TIME) > 0.5
    for delay, count in ((1.0, 2.0), (3.0, 0.0)):
        event = set_to("up", up, (x, x + 1.0), delay=delay, persistent=False, values_at_trigger=False)
        assert values({x: 0.0}, [event], [12.0], largest_step=0.3)[0, 0] == count


def test_several_executions_wait_at_once() -> None:
    """Pulses at 1, 2, 3, 4 with a delay of 2.5: executions at 3.5, 4.5, 5.5 and 6.5."""
    up = sin(2 * math.pi * (TIME - 0.75)) > 0.0  # rises at 0.75, 1.75, ...
    event = set_to("up", up & (TIME < 4.0), (x, x + 1.0), delay=2.5, values_at_trigger=False)
    found = values({x: 0.0}, [event], [3.2, 3.3, 4.3, 5.3, 6.3, 9.0], largest_step=0.1)
    assert found[:, 0].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 4.0]


# -- priorities and cascades


def test_the_highest_priority_goes_first() -> None:
    events = [
        set_to("low", TIME >= 1.0, (x, 10.0 * x + 1.0), priority=1.0, values_at_trigger=False),
        set_to("high", TIME >= 1.0, (x, 10.0 * x + 3.0), priority=3.0, values_at_trigger=False),
        set_to("middle", TIME >= 1.0, (x, 10.0 * x + 2.0), priority=2.0, values_at_trigger=False),
    ]
    assert values({x: 0.0}, events, [1.0])[0, 0] == 321.0


def test_priorities_are_looked_at_again_after_each_execution() -> None:
    """The first execution turns the order of the other two round."""
    events = [
        set_to("first", TIME >= 1.0, (y, 1.0), priority=10.0),
        set_to("a", TIME >= 1.0, (x, 10.0 * x + 1.0), priority=5.0 - 9.0 * y, values_at_trigger=False),
        set_to("b", TIME >= 1.0, (x, 10.0 * x + 2.0), priority=2.0, values_at_trigger=False),
    ]
    assert values({x: 0.0, y: 0.0}, events, [1.0])[0, 0] == 21.0


def test_values_at_the_trigger_or_at_the_execution() -> None:
    """Two events swap x and y through their own values: only those at the trigger make it a swap."""
    for at_trigger, right in ((True, [2.0, 1.0]), (False, [2.0, 2.0])):
        events = [
            set_to("one", TIME >= 1.0, (x, y), priority=2.0, values_at_trigger=at_trigger),
            set_to("two", TIME >= 1.0, (y, x), priority=1.0, values_at_trigger=at_trigger),
        ]
        assert values({x: 0.0, y: 0.0}, events, [1.0], {x: 1.0, y: 2.0})[0].tolist() == right


def test_the_assignments_of_one_event_are_made_together() -> None:
    assert values({x: 0.0, y: 0.0}, [set_to("swap", TIME >= 1.0, (x, y), (y, x))], [1.0], {x: 1.0})[
        0
    ].tolist() == [
        0.0,
        1.0,
    ]


def test_an_event_may_cancel_another_of_the_same_instant() -> None:
    events = [
        set_to("first", TIME >= 1.0, (y, 1.0), priority=2.0),
        set_to("second", (TIME >= 1.0) & (y < 0.5), (x, 1.0), priority=1.0, persistent=False),
    ]
    assert values({x: 0.0, y: 0.0}, events, [2.0])[0].tolist() == [0.0, 1.0]


def test_a_cascade_ends_in_one_instant() -> None:
    """Event n sets state n when state n - 1 is set: twenty in a row, all at time 1."""
    chain = named(" ".join(f"s{i}" for i in range(20)))
    events = [set_to("first", TIME >= 1.0, (chain[0], 1.0))]
    events += [set_to(f"e{i}", chain[i - 1] > 0.5, (chain[i], chain[i - 1] + 1.0)) for i in range(1, 20)]
    found = values(dict.fromkeys(chain, 0.0), events, [0.999, 1.0])
    assert found[0].tolist() == [0.0] * 20
    assert found[1].tolist() == [float(i + 1) for i in range(20)]


def test_an_endless_cascade_is_reported_and_harms_nobody_else() -> None:
    """x and y switch each other on and off in no time, for patients with k > 0."""
    events = [
        set_to("on", (x < 0.5) & (TIME >= 1.0) & (k > 0.0), (x, 1.0)),
        set_to("off", (x > 0.5) & (TIME >= 1.0) & (k > 0.0), (x, 0.0)),
    ]
    engine = Engine(flat_model({x: 0.0, y: -y}, {y: 1.0}, {k: 0.0}, events=events))
    found = engine.run({"k": [0.0, 1.0, 0.0]}, [0.0, 2.0], patients=3, rtol=1e-6)
    assert [(f.patient, f.time, f.cause) for f in found.failures] == [
        (1, 1.0, "events trigger each other without end")
    ]
    np.testing.assert_allclose(found.values[[0, 2], 1, 1], math.exp(-2.0), rtol=1e-5)


@pytest.mark.parametrize("delay", [-1.0, math.nan])
def test_a_wrong_delay_is_reported(delay: float) -> None:
    found = run({x: 0.0}, [set_to("e", TIME >= 1.0, (x, 1.0), delay=delay)], [0.0, 2.0])
    assert [(f.time, f.cause) for f in found.failures] == [
        (1.0, "an event's delay is negative or not a number")
    ]
    assert found.values[0, 0, 0] == 0.0
    assert math.isnan(found.values[0, 1, 0])


def test_too_many_waiting_executions_are_reported() -> None:
    up = sin(200.0 * TIME) > 0.0
    found = run({x: 0.0}, [set_to("e", up, (x, 1.0), delay=1e6)], [0.0, 20.0], largest_step=0.005)
    assert [f.cause for f in found.failures] == ["too many delayed events are waiting"]


def test_an_infinite_delay_never_comes() -> None:
    assert values({x: 0.0}, [set_to("e", TIME >= 1.0, (x, 1.0), delay=math.inf)], [5.0])[0, 0] == 0.0


# -- events and doses


def test_a_dose_may_trigger_an_event_at_its_instant() -> None:
    event = set_to("full", x > 5.0, (z, TIME), (x, 0.0))
    engine = Engine(flat_model({x: 0.0, z: 0.0}, events=[event]))
    doses = Schedule([Dose("x", 2.0, time=1.0, interval=1.0, count=4)])
    found = engine.run(times=[0.0, 1.0, 2.0, 3.0, 4.0], doses=doses)
    assert found.values[0].tolist() == [[0.0, 0.0], [2.0, 0.0], [4.0, 0.0], [0.0, 3.0], [2.0, 3.0]]


def test_each_patient_has_its_own_events() -> None:
    """A hundred thresholds: each lane is cut where its own event is."""
    event = set_to("cross", x > k, (x, 0.0), (z, z + 1.0))
    engine = Engine(flat_model({x: 1.0, z: 0.0}, parameters={k: 1.0}, events=[event]))
    thresholds = np.linspace(0.31, 3.9, 100)
    found = engine.run({"k": thresholds}, [10.0], patients=100, rtol=1e-8, atol=1e-10)
    counts = np.floor(10.0 / thresholds)
    assert found.values[:, 0, 1].tolist() == counts.tolist()
    np.testing.assert_allclose(found.values[:, 0, 0], 10.0 - counts * thresholds, rtol=0, atol=1e-6)
