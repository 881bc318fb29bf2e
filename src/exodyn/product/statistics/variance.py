"""Variance components: how much of a spread is batch, day, instrument or repeat (ANOVA; gage R&R)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from exodyn.errors import InputError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class OneWay:
    """Between and within groups; variances, never below zero.

    between_interval: of the between variance, by the method of Williams and Tukey at 90%.
    """

    between: float
    within: float
    f: float
    p: float
    groups: int
    n: int
    between_interval: tuple[float, float]

    @property
    def intraclass(self) -> float:
        """Share of the variance that lies between groups."""
        total = self.between + self.within
        return self.between / total if total else 0.0


def one_way(group: Sequence[str], value: ArrayLike, confidence: float = 0.9) -> OneWay:
    """Groups may have different sizes. Raises InputError for one group or no repeat."""
    names, y = np.asarray([str(one) for one in group]), np.asarray(value, dtype=np.float64)
    parts = [y[names == one] for one in dict.fromkeys(names.tolist())]
    k, n = len(parts), len(y)
    if k < 2 or n <= k:
        raise InputError(
            f"variance components: {k} groups of {n} values in all; expected 2 groups and a repeat"
        )
    within_ss = sum(float(((part - part.mean()) ** 2).sum()) for part in parts)
    between_ss = sum(len(part) * float((part.mean() - y.mean()) ** 2) for part in parts)
    within, between = within_ss / (n - k), between_ss / (k - 1)
    size = (n - sum(len(part) ** 2 for part in parts) / n) / (k - 1)
    f = between / within if within else math.inf
    tail = (1 - confidence) / 2
    high_f, low_f = (float(stats.f.isf(level, k - 1, n - k)) for level in (tail, 1 - tail))
    high_c, low_c = (float(stats.chi2.isf(level, k - 1)) for level in (tail, 1 - tail))
    low = max(0.0, between_ss * (1 - high_f / f) / (size * high_c)) if f else 0.0
    high = max(0.0, between_ss * (1 - low_f / f) / (size * low_c)) if f else 0.0
    return OneWay(
        max(0.0, (between - within) / size), within, f, float(stats.f.sf(f, k - 1, n - k)), k, n, (low, high)
    )


@dataclass(frozen=True)
class Gage:
    """Parts measured by several instruments (or analysts, days), each several times; variances.

    repeatability: repeats. reproducibility: between instruments, with their product with parts. part: the
    true spread.
    """

    repeatability: float
    instrument: float
    interaction: float
    part: float
    p_interaction: float | None

    @property
    def reproducibility(self) -> float:
        return self.instrument + self.interaction

    @property
    def gage(self) -> float:
        """All that measuring adds."""
        return self.repeatability + self.reproducibility

    @property
    def total(self) -> float:
        return self.gage + self.part

    @property
    def percent_study(self) -> float:
        """sd of measuring in per cent of the total sd."""
        return 100 * math.sqrt(self.gage / self.total) if self.total else 0.0

    @property
    def distinct_categories(self) -> int:
        """How many classes of parts the measurement tells apart: 1.41 part / gage."""
        return int(math.sqrt(2 * self.part / self.gage)) if self.gage else 0

    def percent_tolerance(self, width: float) -> float:
        """Six sds of measuring in per cent of the specification's width."""
        return 100 * 6 * math.sqrt(self.gage) / width


def gage(part: Sequence[str], instrument: Sequence[str], value: ArrayLike, pool_above: float = 0.25) -> Gage:
    """Balanced crossed two-way random effects; the product joins the repeats if its p is above `pool_above`.

    Raises InputError where a cell is missing or the repeats differ in number.
    """
    parts, instruments = np.asarray([str(p) for p in part]), np.asarray([str(i) for i in instrument])
    y = np.asarray(value, dtype=np.float64)
    rows, columns = list(dict.fromkeys(parts.tolist())), list(dict.fromkeys(instruments.tolist()))
    cells = [[y[(parts == r) & (instruments == c)] for c in columns] for r in rows]
    repeats = {len(cell) for row in cells for cell in row}
    if len(repeats) != 1 or 0 in repeats or len(rows) < 2 or len(columns) < 2:
        raise InputError("gage: expected every part with every instrument, 2 or more of each, equally often")
    r = repeats.pop()
    table = np.array(cells)
    p, o = len(rows), len(columns)
    grand, of_part, of_instrument, of_cell = (
        table.mean(),
        table.mean(axis=(1, 2)),
        table.mean(axis=(0, 2)),
        table.mean(axis=2),
    )
    ms_part = o * r * float(((of_part - grand) ** 2).sum()) / (p - 1)
    ms_instrument = p * r * float(((of_instrument - grand) ** 2).sum()) / (o - 1)
    crossed = of_cell - of_part[:, None] - of_instrument[None, :] + grand
    ss_crossed, df_crossed = r * float((crossed**2).sum()), (p - 1) * (o - 1)
    ss_error, df_error = float(((table - of_cell[:, :, None]) ** 2).sum()), p * o * (r - 1)
    chance = None
    if df_error and ss_error > 0:
        chance = float(stats.f.sf(ss_crossed / df_crossed / (ss_error / df_error), df_crossed, df_error))
    if chance is None or chance > pool_above:
        error = (ss_crossed + ss_error) / (df_crossed + df_error)
        base, interaction = error, 0.0
    else:
        error, base = ss_error / df_error, ss_crossed / df_crossed
        interaction = max(0.0, (base - error) / r)
    return Gage(
        error,
        max(0.0, (ms_instrument - base) / (p * r)),
        interaction,
        max(0.0, (ms_part - base) / (o * r)),
        chance,
    )


@dataclass(frozen=True)
class Nested:
    """Replicates within days within instruments (or batches): variances from the outside in."""

    names: tuple[str, ...]
    variances: tuple[float, ...]

    @property
    def shares(self) -> dict[str, float]:
        total = sum(self.variances)
        return {n: (v / total if total else 0.0) for n, v in zip(self.names, self.variances, strict=True)}


def nested(levels: Sequence[tuple[str, Sequence[str]]], value: ArrayLike) -> Nested:
    """Henderson's method I for nested levels, outermost first, unbalanced allowed; "repeat" is added inside.

    Expected sums of squares of each level are solved for the variances; a negative one is set to 0.
    """
    y = np.asarray(value, dtype=np.float64)
    labels: list[NDArray[np.str_]] = []
    for _, column in levels:
        inner = np.asarray([str(one) for one in column])
        labels.append(inner if not labels else np.char.add(np.char.add(labels[-1], "\0"), inner))
    labels.append(np.array([str(i) for i in range(len(y))]))
    # T(level) = sum over groups of (sum y)^2 / n; its expectation is linear in the variances.
    everything = np.zeros(len(y), dtype=np.int64)
    groups = [everything, *(np.unique(label, return_inverse=True)[1] for label in labels)]
    totals, expected = [], []
    for group in groups:
        sizes = np.bincount(group)
        totals.append(float((np.bincount(group, y - y.mean()) ** 2 / sizes).sum()))
        row = []
        for other in groups[1:]:
            pairs = np.unique(np.stack([group, other]), axis=1, return_counts=True)
            row.append(float((pairs[1].astype(np.float64) ** 2 / sizes[pairs[0][0]]).sum()))
        expected.append(row)
    squares, forms = np.diff(totals), np.diff(np.array(expected), axis=0)
    if np.linalg.matrix_rank(forms) < len(squares):
        raise InputError("variance components: a level has no repeats, so it cannot be told from the next")
    variances = np.maximum(np.linalg.solve(forms, squares), 0.0)
    return Nested((*(name for name, _ in levels), "repeat"), tuple(float(v) for v in variances))
