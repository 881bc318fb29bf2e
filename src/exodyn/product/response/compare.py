"""Counts of two instruments or laboratories: the same, different, or not to be compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from exodyn.errors import InputError
from exodyn.product.response.detection import Instrument
from exodyn.product.response.truth import INDEX, Number, Window, reach, true_number

# Where the window holds a smaller share of what an instrument counted, it says little of the sample.
_LEAST_SHARE = 0.2


@dataclass(frozen=True)
class Agreement:
    """ratio: second over first in the sizes that both detect, median and 90% interval; None without a window.

    raw: of the counts as printed.
    """

    answer: Literal["agree", "differ", "cannot be compared"]
    window: Window | None
    ratio: float | None
    interval: tuple[float, float] | None
    raw: float
    reason: str


def compare(
    first: tuple[Instrument, ArrayLike, ArrayLike, float],
    second: tuple[Instrument, ArrayLike, ArrayLike, float],
    index: tuple[float, float] = INDEX,
    highest: float = 500.0,
) -> Agreement:
    """Each: instrument, edges in nm, particles/mL by bin, particles counted; one sample, dilution applied."""
    totals = [float(np.sum(np.asarray(each[2], dtype=np.float64))) for each in (first, second)]
    if not min(totals) > 0:
        raise InputError("compare: an instrument counted nothing")
    raw = totals[1] / totals[0]
    middle = sum(index) / 2
    low = max(reach(each[0], middle).low for each in (first, second))
    window = Window(low, highest)
    for (one, edges, amounts, _), total in zip((first, second), totals, strict=True):
        share = _inside(edges, amounts, window) / total
        if low >= highest or share < _LEAST_SHARE:
            reason = (
                f"both detect half or more only from {low:.0f} nm on, where {100 * share:.0f}% of what "
                f"{one.name} counted lies; expected {100 * _LEAST_SHARE:.0f}% or more"
            )
            return Agreement("cannot be compared", None, None, None, raw, reason)
    numbers: list[Number] = [
        true_number(one, edges, amounts, counted, window, seed, index)
        for seed, (one, edges, amounts, counted) in enumerate((first, second), start=1)
    ]
    ratios = numbers[1].draws / np.maximum(numbers[0].draws, 1e-300)
    bottom, median, top = (float(q) for q in np.quantile(ratios, (0.05, 0.5, 0.95)))
    said = f"{median:.2g} times (90% {bottom:.2g} to {top:.2g}) between {low:.0f} and {highest:.0f} nm"
    if bottom <= 1 <= top:
        return Agreement("agree", window, median, (bottom, top), raw, said)
    return Agreement("differ", window, median, (bottom, top), raw, said)


def _inside(edges: ArrayLike, amounts: ArrayLike, window: Window) -> float:
    cumulative = np.concatenate(([0.0], np.cumsum(np.asarray(amounts, dtype=np.float64))))
    ends = np.interp([window.low, window.high], np.asarray(edges, dtype=np.float64), cumulative)
    return float(ends[1] - ends[0])
