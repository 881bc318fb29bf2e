"""How good a prediction was: inside its band or not, by what factor off, and how sharp.

Interval score: Gneiting and Raftery 2007, J Am Stat Assoc 102:359, for a central 90% interval. GMFE: the
geometric mean fold error, as pharmacokinetic predictions are judged. Binomial intervals: Clopper and
Pearson 1934.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from exodyn.validation.answers import Floats, Measure

LEVEL = 0.9
TAIL = (1 - LEVEL) / 2
SMALLEST_SHARE = 1e-3  # where odds are compared, a share of none or all counts as this far from it


@dataclass(frozen=True)
class Band:
    """A predicted quantity: median and central 90% interval."""

    median: float
    low: float
    high: float

    def contains(self, value: float) -> bool:
        """Whether a value lies in the interval, its ends included."""
        return self.low <= value <= self.high


def band_of(draws: Floats) -> Band:
    """The band of draws, which must be finite. float64[draws]."""
    low, median, high = np.quantile(draws, (TAIL, 0.5, 1 - TAIL))
    return Band(float(median), float(low), float(high))


def interval_score(band: Band, value: float) -> float:
    """Width of the interval, and 20 times the distance for a value outside; lower is better."""
    miss = max(band.low - value, 0.0) + max(value - band.high, 0.0)
    return band.high - band.low + miss / TAIL


def compared(value: float, measure: Measure, high: float) -> float:
    """A value where it is compared: its logarithm, the log odds of its share of `high`, or itself."""
    if measure == "log":
        return math.log(max(value, 1e-300))
    if measure == "logit":
        share = min(max(value / high, SMALLEST_SHARE), 1 - SMALLEST_SHARE)
        return math.log(share / (1 - share))
    return value


def fold_error(predicted: float, observed: float) -> float | None:
    """exp |ln(predicted / observed)|, None where either is not positive."""
    if predicted <= 0 or observed <= 0:
        return None
    return max(predicted, observed) / min(predicted, observed)


def gmfe(folds: Sequence[float]) -> float | None:
    """Geometric mean of fold errors, None of none."""
    return math.exp(sum(map(math.log, folds)) / len(folds)) if folds else None


def binomial_interval(hits: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Exact interval of a share, by Clopper and Pearson."""
    from scipy.stats import beta

    tail = (1 - level) / 2
    low = float(beta.ppf(tail, hits, n - hits + 1)) if hits else 0.0
    high = float(beta.ppf(1 - tail, hits + 1, n - hits)) if hits < n else 1.0
    return low, high
