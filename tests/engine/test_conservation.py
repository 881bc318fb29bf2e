"""Whatever goes from state to state is not lost: given = held + degraded, to rounding, at any tolerance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy import Floats, flat_model, named

from exodyn.engine import Dose, Engine, Schedule
from exodyn.symbolic import Expr, Model, hill

TIMES = np.linspace(0.0, 30.0, 31)


def closed_network(seed: int, states: int) -> Model:
    """Linear, saturable and cooperative transfers between states, and one that takes what is degraded."""
    draw = np.random.default_rng(seed)
    x = named(" ".join(f"x{i}" for i in range(states)) + " degraded")
    rates: dict[object, Expr] = {s: 0.0 * s for s in x}
    for i in range(3 * states):
        a, b = (x[int(k)] for k in draw.choice(states, 2, replace=False))
        if i < 2:
            b = x[-1]
        speed = float(10.0 ** draw.uniform(-2, 3))
        form = i % 3
        flow = (
            speed * a if form == 0 else speed * a / (0.5 + a) if form == 1 else speed * a * hill(b, 0.3, 1.7)
        )
        rates[a], rates[b] = rates[a] - flow, rates[b] + flow
    return flat_model(rates, {x[0]: 1.0, x[1]: 0.5})  # type: ignore[arg-type]


def largest_loss(engine: Engine, amounts: list[float], rtol: float) -> Floats:
    doses = [Dose("x0", a, time=3.7 * k, duration=2.0 if k % 2 else None) for k, a in enumerate(amounts)]
    run = engine.run(times=TIMES, doses=Schedule(doses), rtol=rtol, atol=1e-3 * rtol)
    assert run.failures == []
    given = 1.5 + sum(
        a * np.clip((TIMES - 3.7 * k) / 2.0, 0, 1) if k % 2 else a * (3.7 * k <= TIMES)
        for k, a in enumerate(amounts)
    )
    return np.max(np.abs(run.values[0].sum(axis=1) - given) / given)


@pytest.fixture(scope="module", params=[1, 2, 3])
def network(request: pytest.FixtureRequest) -> Engine:
    return Engine(closed_network(request.param, 4 + 3 * request.param), inputs=["x0"])


@settings(max_examples=30)
@given(amounts=st.lists(st.floats(0.0, 1e3), max_size=6), digits=st.integers(2, 9))
def test_given_is_held_or_degraded(network: Engine, amounts: list[float], digits: int) -> None:
    """Not to the tolerance but to rounding: a Rosenbrock method keeps what is linear."""
    assert largest_loss(network, amounts, 10.0**-digits) <= 1e-11


def test_in_single_precision_to_its_rounding() -> None:
    engine = Engine(closed_network(1, 7), inputs=["x0"], precision="single")
    assert largest_loss(engine, [10.0, 3.0, 0.5], 1e-3) <= 1e-4
