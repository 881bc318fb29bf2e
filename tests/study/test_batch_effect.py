"""The spread of batches in a study: a closed form for the limits, and a run."""

from __future__ import annotations

import numpy as np
import pytest

from exodyn.errors import InputError
from exodyn.product.comparability import Spread
from exodyn.study import Study, batch_effect
from exodyn.study.batch_effect import FACTORS, _limits

TEXT = """
title = "batches"
indication = "stroke"
species = "mouse"
patients = 60
visits = ["1 d", "28 d"]

[[arms]]
name = "vehicle"

[[arms]]
name = "exosomes"
product = "adipose_msc_exosomes"
route = "intravenous"
dose = "3e10 particles"
start = "24 h"
"""


def test_limits_are_where_the_effect_leaves_the_margin():
    logs = np.log(FACTORS)
    low, high = _limits(logs, -logs, 0.7)
    assert low == pytest.approx(np.exp(-0.7), rel=0.01) and high == pytest.approx(np.exp(0.7), rel=0.01)
    assert _limits(logs, 0 * logs, 0.1) == (None, None)
    assert _limits(logs, np.where(logs > 0, logs, 0), 0.5)[0] is None


def test_a_stronger_batch_does_more_and_a_wider_spread_gives_a_wider_band():
    study = Study.parse(TEXT)
    narrow = batch_effect(study, Spread("potency", 0.9, 1.1, 6), "mNSS", 0.3)
    assert narrow.effects[-1] < narrow.effects[4] < narrow.effects[0] <= 0
    assert narrow.band[0] <= narrow.band[1] <= narrow.band[2]
    low, high = narrow.in_units()
    assert (low is None or low < 0.9) and (high is None or high > 0.9)
    wide = batch_effect(study, Spread("potency", 0.9, 2.5, 6), "mNSS", 0.3)
    assert np.array_equal(wide.effects, narrow.effects)
    assert wide.band[2] - wide.band[0] > narrow.band[2] - narrow.band[0]
    assert wide.share_inside < narrow.share_inside


def test_refusals():
    study = Study.parse(TEXT)
    with pytest.raises(InputError, match="did you mean 'potency'"):
        batch_effect(study, Spread("potancy", 1, 2, 3), "mNSS", 1)
    with pytest.raises(InputError, match="did you mean 'mNSS'"):
        batch_effect(study, Spread("potency", 1, 2, 3), "mNS", 1)
    alone = Study.parse(TEXT.split('[[arms]]\nname = "exosomes"')[0])
    with pytest.raises(InputError, match="no treated arm"):
        batch_effect(alone, Spread("potency", 1, 2, 3), "mNSS", 1)
