"""How far a mean moves with the parameters: sums over the patients of each posterior draw, and their spread.

Patient number i lives by draw number i modulo the number of draws. Sums are of whole steps, so they add up to
the same bits over chunks, threads and resumed runs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtrc

from exodyn.study.tally import MISSING, Codes

if TYPE_CHECKING:
    import pyarrow as pa

Sums = NDArray[np.int64]

QUANTITIES = ("value", "difference")
ALARM = 0.05
"""How often patients alone may be taken for a spread of the draws."""
TAIL = 0.05

COLUMNS = {
    "scale": "string",
    "quantity": "string",
    "arm": "string",
    "visit_d": "double",
    "draw": "int32",
    "patients": "int64",
    "steps": "int64",
    "squares": "int64",
}


@dataclass(frozen=True)
class DrawSums:
    """Patients, steps and squares of steps by quantity: int64[quantities, arms, visits, draws]."""

    patients: Sums
    steps: Sums
    squares: Sums

    def __add__(self, other: DrawSums) -> DrawSums:
        return DrawSums(
            self.patients + other.patients, self.steps + other.steps, self.squares + other.squares
        )

    def at(self, quantity: str, arm: int, visit: int) -> tuple[Sums, Sums, Sums]:
        """Patients, steps and squares by draw, of the draws that somebody lived by."""
        place = QUANTITIES.index(quantity), arm, visit
        some = self.patients[place] > 0
        return self.patients[place][some], self.steps[place][some], self.squares[place][some]


@dataclass(frozen=True)
class Spread:
    """How a mean is spread over draws: standard deviation, and the band that holds 90% of them."""

    sd: float
    low: float
    high: float


def sum_up(codes: Codes, difference: Codes, draws: int, first: int) -> DrawSums:
    """The sums of one chunk from patient `first`: codes, differences int32[arms, patients, visits]."""
    arms, patients, visits = codes.shape
    own = (first + np.arange(patients)) % draws
    found = [np.zeros((len(QUANTITIES), arms, visits, draws), dtype=np.int64) for _ in range(3)]
    for quantity, of in enumerate((codes, difference)):
        rated = of != MISSING
        steps = np.where(rated, of, 0).astype(np.int64)
        for total, terms in zip(found, (rated.astype(np.int64), steps, steps * steps), strict=True):
            np.add.at(total[quantity].transpose(2, 0, 1), own, terms.transpose(1, 0, 2))
    return DrawSums(*found)


def spread(patients: Sums, steps: Sums, squares: Sums, step: float) -> Spread | None:
    """How the mean is spread over the draws beyond what its patients make; None where that cannot be told.

    The component of variance of an unbalanced one-way layout (Searle, Casella and McCulloch 1992, Variance
    Components, section 3.6). None where the F test at `ALARM` cannot tell it from zero: the root of a
    difference that is all noise would look like a spread of the draws. Ends are those of the draws' means,
    each drawn towards the whole as far as its own patients leave it in doubt, so that together they have that
    component (Louis 1984, J Am Stat Assoc 79:393): a draw whose patients agree stays where it is. None also
    where the band is narrower than one step of one patient in a draw moves its mean: it would grow with the
    number of patients.
    """
    total, count = int(patients.sum()), len(patients)
    if count < 2 or total <= count:
        return None
    size = patients.astype(np.float64)
    means = steps / size
    middle = float(steps.sum() / total)
    between = float(size @ (means - middle) ** 2) / (count - 1)
    scatter = np.maximum(squares - steps * means, 0.0)
    within = float(scatter.sum()) / (total - count)
    each = (total - float(size @ size) / total) / (count - 1)
    if within > 0 and fdtrc(count - 1, total - count, between / within) >= ALARM:
        return None
    component = (between - within) / each
    doubt = np.where(patients > 1, scatter / np.maximum(size - 1, 1), within) / size
    whole = component + doubt  # 0 where all patients agree: the ends are then the mean
    kept = np.sqrt(np.divide(component, whole, out=np.zeros_like(whole), where=whole > 0))
    low, high = np.quantile(middle + kept * (means - middle), (TAIL, 1 - TAIL))
    if 0 < component and high - low < 1 / np.median(size):
        return None
    return Spread(abs(step) * math.sqrt(component), step * float(low), step * float(high))


def to_table(sums: Mapping[str, DrawSums], arms: Sequence[str], visits: Sequence[float]) -> pa.Table:
    """One row for each scale, quantity, arm, visit and draw that somebody lived by."""
    import pyarrow as pa

    columns: dict[str, list[object]] = {name: [] for name in COLUMNS}
    for scale, one in sums.items():
        for place in np.argwhere(one.patients):
            q, a, v, draw = place.tolist()
            numbers = (int(table[q, a, v, draw]) for table in (one.patients, one.steps, one.squares))
            row = (scale, QUANTITIES[q], arms[a], visits[v], draw, *numbers)
            for name, cell in zip(COLUMNS, row, strict=True):
                columns[name].append(cell)
    return pa.table(columns, schema=pa.schema(COLUMNS))


def from_table(
    table: pa.Table, scales: Iterable[str], draws: int, arms: Sequence[str], visits: Sequence[float]
) -> dict[str, DrawSums]:
    """The sums that `to_table` wrote, of these scales."""
    shape = len(QUANTITIES), len(arms), len(visits), draws
    index = {name: k for k, name in enumerate(arms)}, {day: k for k, day in enumerate(visits)}
    found = {name: DrawSums(*(np.zeros(shape, dtype=np.int64) for _ in range(3))) for name in scales}
    for row in table.to_pylist():
        one = found[row["scale"]]
        place = QUANTITIES.index(row["quantity"]), index[0][row["arm"]], index[1][row["visit_d"]], row["draw"]
        one.patients[place], one.steps[place], one.squares[place] = (
            row[name] for name in ("patients", "steps", "squares")
        )
    return found
