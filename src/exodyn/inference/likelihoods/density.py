"""What a likelihood gives: the log density of each observation and its slope by each thing predicted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exodyn.errors import InputError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Density:
    """log: float64[observations]. by: the derivative of each by a prediction, by the argument's name.

    Where an observation is impossible, log is -inf and its derivatives are 0.
    """

    log: Floats
    by: Mapping[str, Floats]

    @property
    def total(self) -> float:
        """The log likelihood of all observations."""
        return float(np.sum(self.log))


def made(log: Floats, **by: Floats) -> Density:
    """A density whose derivatives are 0 where it is impossible."""
    possible = np.isfinite(log)
    clean = {}
    for name, slope in by.items():
        shape = possible.reshape(possible.shape + (1,) * (slope.ndim - possible.ndim))
        clean[name] = np.where(shape & np.isfinite(slope), slope, 0.0)
    return Density(np.where(np.isnan(log), -np.inf, log), clean)


def positive(what: str, value: ArrayLike) -> Floats:
    """As an array, each above 0; raises InputError."""
    found = np.asarray(value, dtype=np.float64)
    if not np.all(found > 0):
        raise InputError(f"{what}: {found[~(found > 0)].flat[0]:g}, expected more than 0")
    return found
