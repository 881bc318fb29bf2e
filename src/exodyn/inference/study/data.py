"""What was measured in a study: readings of subjects, means and counts of groups, what is known of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from exodyn.symbolic import Model


@dataclass(frozen=True)
class Reading:
    """One value of one subject: an interval, low = high where it was read exactly. line: in the file."""

    time: float
    readout: str
    low: float
    high: float
    line: int


@dataclass(frozen=True)
class Mean:
    """The mean of n subjects and their SD, None where it is not known."""

    time: float
    readout: str
    value: float
    sd: float | None
    n: float
    line: int


@dataclass(frozen=True)
class Counts:
    """How many of a group were at each level of an ordinal scale, by level."""

    time: float
    readout: str
    counts: Mapping[float, float]
    line: int


@dataclass(frozen=True)
class Unit:
    """A subject or a group: its arm, what is known of it (covariates by trait), and what was measured."""

    name: str
    arm: int
    covariates: Mapping[str, float]
    readings: tuple[Reading, ...] = ()
    means: tuple[Mean, ...] = ()
    counts: tuple[Counts, ...] = ()

    @property
    def measured(self) -> tuple[Reading | Mean | Counts, ...]:
        """All of it."""
        return (*self.readings, *self.means, *self.counts)


@dataclass(frozen=True)
class Data:
    """Everything measured. remarks: what a reader must be told, such as covariates integrated over."""

    path: str
    units: tuple[Unit, ...]
    remarks: tuple[str, ...]

    @property
    def readouts(self) -> tuple[str, ...]:
        """Names of what was measured, sorted."""
        return tuple(sorted({one.readout for unit in self.units for one in unit.measured}))

    @property
    def count(self) -> int:
        """How many values there are to fit."""
        return sum(len(unit.measured) for unit in self.units)

    def values(self, readout: str) -> list[float]:
        """Values of one readout as they were printed, for their size."""
        found: list[float] = []
        for unit in self.units:
            found += [v for one in unit.readings if one.readout == readout for v in (one.low, one.high)]
            found += [one.value for one in unit.means if one.readout == readout]
        return [value for value in found if math.isfinite(value)]


def outputs_of(model: Model) -> dict[str, str]:
    """States and readouts of a model, and their units."""
    states = {one.name: one.unit for one in model.states}
    return states | {one.name: one.unit for one in model.readouts}
