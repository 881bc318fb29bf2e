"""Random networks against other programs: SciPy for what it can, libroadrunner through the SBML writer."""

from __future__ import annotations

import numpy as np
import pytest
from networks import LAST, Features, random_network, random_population
from scipy.integrate import solve_ivp
from toy import Floats

from exodyn.engine import Engine
from exodyn.symbolic import TIME, Model, evaluate

pytestmark = pytest.mark.peer

SEEDS = range(12)
TIMES = np.linspace(0.0, LAST, 21)


def by_scipy(model: Model, parameters: Floats, method: str) -> Floats:
    """f64[points, states] by another method on the expressions' own reference evaluation."""
    states = [s.symbol for s in model.states]
    rates = [s.rate for s in model.states]
    known = dict(zip([p.symbol for p in model.parameters], parameters.tolist(), strict=True))
    start = [float(v) for v in evaluate([s.initial for s in model.states], known)]

    def rate(t: float, y: Floats) -> Floats:
        return np.array(evaluate(rates, known | dict(zip(states, y, strict=True)) | {TIME: t}))

    solution = solve_ivp(rate, (0.0, LAST), start, method, TIMES, rtol=1e-9, atol=1e-11, max_step=0.5)
    assert solution.success, solution.message
    return np.asarray(solution.y.T)


def assert_close(found: Floats, right: Floats, limit: float) -> None:
    """Relative to each variable's largest value."""
    error = np.max(np.abs(found - right) / np.max(np.abs(right), axis=0))
    assert error <= limit, error


@pytest.mark.parametrize("seed", [pytest.param(s, marks=[pytest.mark.slow] if s >= 2 else []) for s in SEEDS])
def test_scipy_agrees(seed: int) -> None:
    """Mass action, saturation, Hill terms with fractional exponents, functions of time."""
    draw = np.random.default_rng([77, seed])
    model = random_network(draw, int(draw.integers(1, 7)), Features(timed=bool(seed % 2)))
    parameters = random_population(draw, model, 1)
    run = Engine(model, optimise=False).run(parameters, TIMES, rtol=1e-9, atol=1e-12)
    assert run.failures == []
    assert_close(run.values[0], by_scipy(model, parameters[0], "LSODA"), 1e-6)


@pytest.mark.parametrize("seed", [pytest.param(s, marks=[pytest.mark.slow] if s >= 4 else []) for s in SEEDS])
def test_libroadrunner_agrees(seed: int) -> None:
    """The same networks, with conditions and events too, written as SBML and run by CVODE."""
    roadrunner = pytest.importorskip("roadrunner")
    from exodyn.symbolic.sbml import sbml_text

    draw = np.random.default_rng([78, seed])
    features = Features(timed=bool(seed % 2), conditions=bool(seed % 3 == 1), events=bool(seed % 4 >= 2))
    model = random_network(draw, int(draw.integers(1, 9)), features)
    states = [s.name for s in model.states]
    run = Engine(model, optimise=False).run(times=TIMES, rtol=1e-9, atol=1e-12)
    assert run.failures == []

    other = roadrunner.RoadRunner(sbml_text(model))
    other.integrator.relative_tolerance = 1e-10
    other.integrator.absolute_tolerance = 1e-13
    other.integrator.maximum_time_step = 0.02
    other.integrator.maximum_num_steps = 10**6
    other.timeCourseSelections = states
    right = np.array(other.simulate(0.0, LAST, len(TIMES)))
    assert_close(run.values[0], right, 1e-5)
