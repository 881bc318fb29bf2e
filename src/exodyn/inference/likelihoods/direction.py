"""Findings of which only the direction is known ("improved"): they are scored, never fitted to."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import ndtr

from exodyn.errors import InputError


@dataclass(frozen=True)
class DirectionScore:
    """probability: the model's for what was found. right: at least one half. brier: 0 is best, 1 worst."""

    probability: float
    right: bool
    brier: float
    log_score: float


def direction(found: int, predicted: float, error: float) -> DirectionScore:
    """Score a finding (+1 more, -1 less) against a predicted difference and its standard error."""
    if found not in (-1, 1):
        raise InputError(f"direction {found}: expected 1 (more) or -1 (less)")
    if not error > 0:
        raise InputError(f"direction: standard error {error:g}, expected more than 0")
    probability = float(ndtr(found * predicted / error))
    log_score = math.log(probability) if probability > 0 else -math.inf
    return DirectionScore(probability, probability >= 0.5, (1 - probability) ** 2, log_score)
