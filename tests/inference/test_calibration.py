"""Posteriors are as wide as they should be; and the check would see it if they were not."""

import numpy as np
import pytest
from tests.inference.therapy import FREE, Experiment

from exodyn.inference.calibration import KEPT, Calibration, calibrate

ALPHA = 0.01
"""False alarms of the test of uniform ranks, over all parameters together."""
DATA_SETS = 160
"""As in the table of the docs."""


def ranks(shares: np.ndarray) -> Calibration:
    found = np.floor(shares * (KEPT + 1)).astype(np.int64)[:, None]
    return Calibration(("k",), found)


def test_uniform_ranks_pass_and_posteriors_too_narrow_or_off_centre_do_not() -> None:
    even = (np.arange(160) + 0.5) / 160
    assert ranks(even).uniform > 0.99
    assert ranks(even).coverage["k"] == pytest.approx(0.906, abs=0.01)
    narrow = 0.5 - 0.5 * np.cos(np.pi * even)  # truths in the tails: intervals half as wide as they should be
    assert ranks(narrow).uniform < ALPHA
    assert ranks(even**1.5).uniform < ALPHA


def test_a_data_set_can_be_calibrated_apart_from_the_others() -> None:
    experiment = Experiment()
    few = {"draws": 20, "warmup": 20}
    both = calibrate(FREE, experiment.simulated, range(2), 1, **few)
    second = calibrate(FREE, experiment.simulated, [1], 1, **few)
    assert both.ranks[1].tolist() == second.ranks[0].tolist()


def test_the_small_therapys_gradient_is_exact() -> None:
    objective = Experiment().simulated(np.array([0.7, 0.05, 2.0, 0.1]), 0)
    x = np.array([free.scaled(v) for free, v in zip(FREE, (0.6, 0.04, 1.5, 0.12), strict=True)])
    differences = [(objective(x + h) - objective(x - h)) / 2e-5 for h in np.eye(4) * 1e-5]
    assert objective.gradient(x)[1] == pytest.approx(differences, rel=1e-4)


@pytest.mark.slow
def test_ranks_are_uniform_and_intervals_hold_the_truth() -> None:
    found = calibrate(FREE, Experiment().simulated, range(DATA_SETS), 1)
    assert found.uniform > ALPHA
    for name, share in found.coverage.items():
        assert 0.85 <= share <= 0.95, name
