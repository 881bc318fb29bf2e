"""Times to an event, with censoring: seen at a time, not yet by a time, or between two visits."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from exodyn.inference.likelihoods.density import Density, made


def event(
    seen: ArrayLike, hazard: ArrayLike, cumulative: ArrayLike, cumulative_entry: ArrayLike = 0.0
) -> Density:
    """The density of an event at a time (`seen`), or of none until then (right-censored).

    hazard and cumulative: at that time; cumulative_entry: the cumulative hazard at entry into the study, for
    subjects who would not have been seen had it come before. Derivatives by all three.
    """
    d = np.asarray(seen, dtype=bool)
    h, H, H0 = (np.asarray(each, dtype=np.float64) for each in (hazard, cumulative, cumulative_entry))
    d, h, H, H0 = np.broadcast_arrays(d, h, H, H0)
    with np.errstate(all="ignore"):
        log = np.where(d, np.log(h), 0.0) - H + H0
        return made(
            log,
            hazard=np.where(d, 1 / h, 0.0),
            cumulative=-np.ones(H.shape),
            cumulative_entry=np.ones(H.shape),
        )


def event_between(cumulative_low: ArrayLike, cumulative_high: ArrayLike) -> Density:
    """The probability of an event between two visits; inf as the upper cumulative hazard: after the first."""
    a, b = np.broadcast_arrays(
        np.asarray(cumulative_low, dtype=np.float64), np.asarray(cumulative_high, dtype=np.float64)
    )
    with np.errstate(all="ignore"):
        log = -a + np.log(-np.expm1(a - b))
        rest = np.exp(a - b) / -np.expm1(a - b)  # S(b) / (S(a) - S(b))
        return made(log, cumulative_low=-1 - rest, cumulative_high=rest)
