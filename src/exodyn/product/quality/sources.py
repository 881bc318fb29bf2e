"""Where the spread comes from: batch, instrument, day and repeat as variance components of each attribute."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from exodyn.errors import InputError
from exodyn.product.quality.batches import Batch
from exodyn.product.quality.examine import FileReport, in_order
from exodyn.product.statistics import variance

# Attributes that a file measures; quantiles beside the median would say the same thing again.
ATTRIBUTES = ("particles_per_ml", "d50", "share_40_150")
LEVELS = ("batch", "instrument", "day")


@dataclass(frozen=True)
class Sources:
    """Variance components of one attribute, as CVs in per cent (points for a share), with 90% intervals.

    levels: from the model's first to the repeat. left_out: by level, why it is not among them.
    """

    attribute: str
    values: int
    levels: tuple[str, ...]
    groups: tuple[int, ...]
    spreads: tuple[float, ...]
    intervals: tuple[tuple[float, float], ...]
    shares: tuple[float, ...]
    left_out: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        """As it stands in the results."""
        each = zip(self.levels, self.groups, self.spreads, self.intervals, self.shares, strict=True)
        unit = "points" if self.attribute == "share_40_150" else "cv_percent"
        return {
            "attribute": self.attribute,
            "values": self.values,
            "levels": [
                {"level": level, "groups": groups, unit: spread, "p05": low, "p95": high, "share": share}
                for level, groups, spread, (low, high), share in each
            ],
            "left_out": self.left_out,
        }


_Row = tuple[str, dict[str, list[str | None]], list[float]]


def sources(reports: Sequence[FileReport], batches: Sequence[Batch]) -> tuple[Sources, ...]:
    """For each attribute that files measured often enough; logarithms, except for a share."""
    by_path = {one.path: one for one in reports}
    rows: list[_Row] = []
    for attribute in ATTRIBUTES:
        found = [
            (batch.name, by_path[path], value)
            for batch in batches
            if attribute in batch.attributes
            for path, value in zip(
                batch.attributes[attribute].sources, batch.attributes[attribute].values, strict=True
            )
            if path in by_path
        ]
        if len(found) > 3 and (attribute == "share_40_150" or all(value > 0 for _, _, value in found)):
            labels: dict[str, list[str | None]] = {
                "batch": [batch for batch, _, _ in found],
                "instrument": [report.instrument for _, report, _ in found],
                "day": [report.day for _, report, _ in found],
            }
            rows.append((attribute, labels, [value for _, _, value in found]))
    return tuple(one for one in in_order(_of, rows) if one is not None)


def _of(row: _Row) -> Sources | None:
    """The largest set of levels that the values can tell apart; None if there is none."""
    attribute, labels, values = row
    left_out = {name: reason for name in LEVELS if (reason := _unusable(labels[name])) is not None}
    usable = [name for name in LEVELS if name not in left_out]
    percent = attribute != "share_40_150"
    y = np.log(values) if percent else np.array(values)
    if not y.std() > 1e-9:  # equal but for rounding
        return None
    for size in range(len(usable), 0, -1):
        for names in combinations(usable, size):
            try:
                found = variance.components([(name, [str(x) for x in labels[name]]) for name in names], y)
            except InputError:
                continue
            apart = {name: f"not to be told from {_others(names)}" for name in usable if name not in names}
            return Sources(
                attribute,
                len(values),
                found.names,
                found.groups,
                tuple(_spread(one, percent) for one in found.variances),
                tuple((_spread(low, percent), _spread(high, percent)) for low, high in found.intervals),
                tuple(found.shares.values()),
                left_out | apart,
            )
    return None


def _unusable(labels: Sequence[str | None]) -> str | None:
    missing = sum(label is None for label in labels)
    if missing:
        return f"not known for {missing} of {len(labels)} values"
    return "one only" if len(set(labels)) < 2 else None


def _others(names: Sequence[str]) -> str:
    return " and ".join((*names, "the repeats"))


def _spread(variance: float, percent: bool) -> float:
    return 100 * math.sqrt(math.expm1(variance) if percent else variance)
