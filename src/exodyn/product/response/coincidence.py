"""Several particles counted as one: how many are in the probe, and what is lost."""

from __future__ import annotations

import math

ML_PER_PL = 1e-9


def in_probe(particles_per_ml: float, picolitres: float) -> float:
    """Mean number of particles in the probe volume."""
    return particles_per_ml * picolitres * ML_PER_PL


def share_coincident(mean: float) -> float:
    """Of the events, the share that holds two particles or more (Poisson)."""
    seen = -math.expm1(-mean)
    return 1 - mean * math.exp(-mean) / seen if seen else 0.0


def highest_for(share: float, picolitres: float) -> float:
    """particles/mL at which so many of the events are coincident."""
    low, high = 0.0, 50.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if share_coincident(middle) < share else (low, middle)
    return low / (picolitres * ML_PER_PL)


def true_rate(observed: float, dead_seconds: float) -> float:
    """Events per second before a non-paralysable dead time; infinite where the counter is saturated."""
    free = 1 - observed * dead_seconds
    return observed / free if free > 0 else math.inf
