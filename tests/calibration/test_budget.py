"""Identified directions: known ones are counted, and no more than there are parameters with draws."""

import numpy as np

from exodyn.calibration.budget import _standard, budget
from exodyn.evidence import parameters
from exodyn.indications import get_indication


def test_draws_as_wide_as_the_record_have_variance_one() -> None:
    record = parameters("human", "stroke")["k_shock"]  # 0.05 to 0.6 is the middle 90%
    low, high = np.log(record.low), np.log(record.high)
    scores = np.random.default_rng(1).standard_normal(20_000)
    draws = np.exp((low + high) / 2 + (high - low) / (2 * 1.645) * scores)
    assert abs(np.var(_standard(record, draws)) - 1) < 0.03


def test_the_default_model_of_stroke_has_some_and_the_full_one_none() -> None:
    stroke = get_indication("stroke")
    found = budget(stroke, "human")
    assert 1 <= found.identified < len(found.fitted)
    assert found.states < budget(stroke.full, "human").states
    assert budget(stroke.full, "human").identified == 0
