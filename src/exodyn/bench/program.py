"""A program under test: what it is called, the tolerances it is tried with, and how to have it solve."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

Solve = Callable[[float], tuple[Floats, float]]
"""From a relative tolerance to f64[patients, points, states] and CPU seconds of the thread per patient."""


def ladder(loosest: float, tightest: float, a_decade: int = 2) -> tuple[float, ...]:
    """Tolerances from 10^loosest to 10^tightest, so many a decade."""
    count = round((loosest - tightest) * a_decade) + 1
    return tuple((10.0 ** np.linspace(loosest, tightest, count)).tolist())


@dataclass(frozen=True)
class Program:
    """load: makes the solver anew, outside of what is timed.

    Where code comes to lie in memory is luck, which belongs into the range of the measurements.
    """

    name: str
    load: Callable[[], Solve]
    rtols: tuple[float, ...]
