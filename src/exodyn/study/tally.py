"""How many patients had which value: all that a summary needs, and exact.

A scale is read in steps, so a patient's value is a whole number of steps, and a study's result is a table
of counts: of values, of changes from baseline, of differences to the same patient under control. Counts
are whole numbers, so they add up to the same bits in any order: over chunks, threads and resumed runs.

A small effect moves few patients by a whole step. A difference to control is therefore the mean over several
raters of one patient in both arms: its steps are finer, its mean the same, its Monte Carlo error smaller.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

Codes = NDArray[np.int32]
MISSING = np.int32(-(2**31))  # a value that was not rated: the integration failed, or the scale says so

QUANTITIES = ("value", "change", "difference")


@dataclass(frozen=True)
class Grid:
    """The steps of a scale: code k is the value low + k * step.

    top: the highest code. raters: so many read each patient in both arms for a difference to control.
    levels: a name for each code, none where they are numbers.
    """

    name: str
    low: float
    step: float
    top: int
    raters: int = 1
    levels: tuple[str, ...] = ()

    @property
    def difference_step(self) -> float:
        """The step of a difference to control, a mean over raters."""
        return self.step / self.raters

    def codes(self, values: NDArray[np.float64]) -> Codes:
        """Steps nearest to the values; NaN becomes MISSING. ValueError for a value off the scale."""
        rated = np.isfinite(values)
        codes = np.full(values.shape, MISSING)
        codes[rated] = np.rint((values[rated] - self.low) / self.step)
        outside = rated & ((codes < 0) | (codes > self.top))
        if outside.any():
            raise ValueError(f"scale {self.name}: {values[outside][0]} is off the scale")
        return codes

    def name_of(self, value: float) -> str:
        """What a value is called, "" where it is a number."""
        return self.levels[round((value - self.low) / self.step)] if self.levels else ""

    def values(self, codes: Codes) -> NDArray[np.float64]:
        """The values of codes; MISSING becomes NaN."""
        return np.where(codes == MISSING, np.nan, self.low + codes * self.step)


@dataclass(frozen=True)
class Counts:
    """Patients by arm, visit and step: int64[arms, visits, steps]; the first step is `first`."""

    first: int
    patients: NDArray[np.int64]

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.first, self.patients + other.patients)

    def at(self, arm: int, visit: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The steps that occur and how many patients had each."""
        row = self.patients[arm, visit]
        present = np.flatnonzero(row)
        return present + self.first, row[present]


@dataclass(frozen=True)
class ScaleTally:
    """The counts of one scale: of values, of changes from the first visit, of differences to control."""

    grid: Grid
    value: Counts
    change: Counts
    difference: Counts

    def __add__(self, other: ScaleTally) -> ScaleTally:
        return ScaleTally(
            self.grid,
            self.value + other.value,
            self.change + other.change,
            self.difference + other.difference,
        )


def tally(grid: Grid, codes: Codes, difference: Codes) -> ScaleTally:
    """Count one chunk: codes and differences to control, int32[arms, patients, visits]."""
    missing = codes == MISSING
    widest = grid.top * grid.raters
    change = np.where(missing | missing[:, :, :1], MISSING, codes - codes[:, :, :1])
    return ScaleTally(
        grid,
        _count(codes, 0, grid.top),
        _count(change, -grid.top, grid.top),
        _count(difference, -widest, widest),
    )


def differences(codes: Codes, control: int) -> Codes:
    """Each patient against itself under control, summed over raters, int32[arms, patients, visits].

    codes: int32[arms, raters, patients, visits]; a patient whom one of the raters could not rate is missing.
    """
    missing = np.any(codes == MISSING, axis=1)
    total = np.sum(codes - codes[control], axis=1, dtype=np.int32)
    return np.where(missing | missing[control], MISSING, total)


def _count(codes: Codes, first: int, last: int) -> Counts:
    arms, _, visits = codes.shape
    patients = np.zeros((arms, visits, last - first + 1), dtype=np.int64)
    for arm in range(arms):
        for visit in range(visits):
            column = codes[arm, :, visit]
            rated = column[column != MISSING] - first
            patients[arm, visit] = np.bincount(rated, minlength=last - first + 1)
    return Counts(first, patients)


def to_table(tallies: Mapping[str, ScaleTally], arms: Sequence[str], visits: Sequence[float]) -> pa.Table:
    """One row for each arm, visit, scale, quantity and step that occurs."""
    import pyarrow as pa

    columns: dict[str, list[object]] = {name: [] for name in COLUMNS}
    for scale, one in tallies.items():
        for quantity in QUANTITIES:
            counts: Counts = getattr(one, quantity)
            low = one.grid.low if quantity == "value" else 0.0
            width = one.grid.difference_step if quantity == "difference" else one.grid.step
            for a, v, k in np.argwhere(counts.patients).tolist():
                step = k + counts.first
                row = (
                    scale,
                    quantity,
                    arms[a],
                    visits[v],
                    step,
                    low + step * width,
                    int(counts.patients[a, v, k]),
                )
                for name, cell in zip(COLUMNS, row, strict=True):
                    columns[name].append(cell)
    return pa.table(columns, schema=pa.schema(COLUMNS))


COLUMNS = {
    "scale": "string",
    "quantity": "string",
    "arm": "string",
    "visit_d": "double",
    "step": "int32",
    "value": "double",
    "patients": "int64",
}


def from_table(
    table: pa.Table, grids: Mapping[str, Grid], arms: Sequence[str], visits: Sequence[float]
) -> dict[str, ScaleTally]:
    """The tallies that `to_table` wrote."""
    arm_index = {name: index for index, name in enumerate(arms)}
    visit_index = {day: index for index, day in enumerate(visits)}
    empty = np.zeros((len(arms), 0, len(visits)), dtype=np.int32)
    tallies = {name: tally(grid, empty, empty) for name, grid in grids.items()}
    for row in table.to_pylist():
        counts: Counts = getattr(tallies[row["scale"]], row["quantity"])
        place = arm_index[row["arm"]], visit_index[row["visit_d"]], row["step"] - counts.first
        counts.patients[place] = row["patients"]
    return tallies
