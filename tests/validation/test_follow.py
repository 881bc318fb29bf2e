"""Patients of a described study: what happens to a deficit between an early entry and the baseline."""

import dataclasses

import numpy as np
import pytest

from exodyn.evidence import Draws, record
from exodyn.validation import Given
from exodyn.validation.describe import Described, described
from exodyn.validation.follow import follow

WITHIN_HOURS, AT_BASELINE = "NHS113", "NHS016"


def described_by(id: str) -> Described:
    found = described(record(id))
    assert isinstance(found, Described)
    return dataclasses.replace(
        found, traits=tuple((name, dataclasses.replace(one, doubt=0.0)) for name, one in found.traits)
    )


def spreads(id: str, change: float) -> tuple[float, float]:
    """Sd of the log of the NIHSS at entry, and of the deficit at a day."""
    draws = Draws("stroke", "human", {"early_change": np.array([change])}, {"early_change": "1"}, {})
    given = Given(file=(), draws={("stroke", "human"): draws}, worlds=1, patients=512)
    found = follow(described_by(id), (1.0, 7.0), given)
    deficit = np.log(found.at("deficit", 0, 7.0))
    return float(np.std(np.log(np.maximum(found.at_entry("NIHSS"), 1)))), float(np.std(deficit))


def test_a_deficit_within_hours_is_open_until_24_h_but_read_as_it_was() -> None:
    still, open_ = spreads(WITHIN_HOURS, 1e-6), spreads(WITHIN_HOURS, 1.0)
    assert open_[0] == pytest.approx(still[0], abs=0.02)  # integration, rounded to points
    assert open_[1] > still[1] + 0.2


def test_one_at_the_baseline_is_not() -> None:
    assert spreads(AT_BASELINE, 1e-6) == spreads(AT_BASELINE, 1.0)
