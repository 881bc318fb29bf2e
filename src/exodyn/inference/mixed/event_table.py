"""What an event table says: subjects, their doses, what was measured, and covariates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

Infusion = Literal["bolus", "rate", "estimated rate", "estimated duration"]


@dataclass(frozen=True)
class DoseRecord:
    """A dose as the table states it.

    row: its number within the segment. compartment: the text of CMT; rate: of an infusion by rate, else 0.
    """

    line: int
    row: int
    time: float
    amount: float
    compartment: str = "1"
    infusion: Infusion = "bolus"
    rate: float = 0.0
    interval: float | None = None
    count: int = 1
    steady_state: bool = False


@dataclass(frozen=True)
class Segment:
    """A part of a subject's time that begins with an untouched or reset system, on a clock of its own.

    reset: when the system was put back to its start, None where it was never anything else.
    times, occasions, covariates: of every row.
    """

    subject: int
    doses: tuple[DoseRecord, ...]
    reset: float | None
    times: tuple[float, ...]
    occasions: tuple[int, ...]
    covariates: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Observations:
    """What was measured, a row each; every array has one entry an observation.

    output: the text of DVID, empty without that column. censoring: 0 measured, 1 below `value`, -1 above it.
    limit: where the value is censored, the other end of its interval (NaN: none). occasion: OCC, or 0.
    line: of the file.
    """

    segment: Integers
    subject: Integers
    time: Floats
    value: Floats
    output: tuple[str, ...]
    censoring: Integers
    limit: Floats
    occasion: Integers
    line: Integers

    def __len__(self) -> int:
        return len(self.time)


@dataclass(frozen=True)
class EventTable:
    """Subjects, what they got, what was measured, and their covariates at the first row, f64[subjects].

    members: where the subjects are studies, the names of their subjects, which occasions then number.
    remarks: what was left out or read in a way of its own.
    """

    file: str
    subjects: tuple[str, ...]
    segments: tuple[Segment, ...]
    observations: Observations
    covariates: Mapping[str, Floats]
    header: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def group(self) -> Integers:
        """The subject of each observation, i64[observations]: where subjects are studies, their member."""
        return self.observations.occasion if self.members else self.observations.subject

    def name(self, number: int) -> str:
        """Of a subject as `group` numbers them."""
        return (self.members or self.subjects)[number]
