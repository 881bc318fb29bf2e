"""Delivery in the bench: the spread is solved to what is asked, and the peer solves the same problem."""

from importlib.util import find_spec

import pytest

from exodyn.bench import delivery
from exodyn.bench.delivery import SHELLS, bodies, spread


@pytest.fixture(scope="module")
def problem() -> delivery.Spread:
    return spread(2)


def test_this_engine_reaches_its_own_reference(problem: delivery.Spread) -> None:
    values, seconds = delivery._ours(problem)(1e-6)
    assert values.shape == (2, len(delivery.SPREAD_TIMES), SHELLS)
    assert problem.errors(values).max() < 1e-5
    assert seconds > 0


@pytest.mark.peer
@pytest.mark.skipif(find_spec("numba") is None, reason="the peer's rates are compiled by Numba")
def test_the_peer_with_its_band_finds_the_same(problem: delivery.Spread) -> None:
    values, _ = delivery._lsoda(problem)(1e-9)
    assert problem.errors(values).max() < 1e-5


def test_patients_differ_in_diffusion_and_uptake(problem: delivery.Spread) -> None:
    assert (problem.parameters[0] != problem.parameters[1]).sum() == 2 * SHELLS


def test_bodies_take_their_parameters_from_draws() -> None:
    engine, table = bodies(3)
    column = engine.parameters.index("liver_uptake")
    assert len(set(table[:, column])) == 3
