"""Whole distributions of the modified Rankin scale: by what odds the observed are shifted from predicted.

The common odds ratio is that of the proportional odds model (McCullagh 1980) with the predicted distribution
as reference: logit P(mRS <= k) = logit predicted(k) + ln(odds ratio), by maximum likelihood of the counts.
Above 1 patients did better than predicted. INSIST judges natural-history models so.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit, logit

from exodyn.validation.answers import Floats
from exodyn.validation.validate import Scored

CLASS = re.compile(r"mRS ([0-6])", re.IGNORECASE)
LARGE = 300.0  # patients; of larger arms the odds ratio itself is judged
BOUND = 1.15
NORMAL_95 = 1.959963984540054


@dataclass(frozen=True)
class Shift:
    """One arm at one time. observed, predicted: shares of mRS 0 to 6, float64[7]. low, high: 95% interval."""

    study: str
    group: str
    split: str
    days: str
    n: float
    observed: Floats
    predicted: Floats
    odds_ratio: float
    low: float
    high: float

    @property
    def right(self) -> bool:
        """Within 1.15 either way in an arm of 300 or more; in a smaller one, 1 within the interval."""
        if self.n >= LARGE:
            return 1 / BOUND <= self.odds_ratio <= BOUND
        return self.low <= 1 <= self.high


def shifts(found: Sequence[Scored]) -> tuple[Shift, ...]:
    """Every arm whose seven classes were printed and predicted."""
    arms: dict[tuple[str, str, str], dict[int, Scored]] = {}
    for one in found:
        match = CLASS.fullmatch(one.record.quantity.strip())
        if match is None or one.band is None or one.observed is None:
            continue
        record = one.record
        time = f"{record.time:g} {record.time_unit}" if record.time is not None else ""
        arms.setdefault((record.study, record.fields.get("severity", ""), time), {})[int(match[1])] = one
    return tuple(_shift(key, classes) for key, classes in arms.items() if len(classes) == 7)


def _shift(key: tuple[str, str, str], classes: dict[int, Scored]) -> Shift:
    observed = np.array([classes[k].observed or 0.0 for k in range(7)])
    predicted = np.array([band.median if (band := classes[k].band) else 0.0 for k in range(7)])
    n = classes[0].record.n or float(observed.sum())
    observed, predicted = observed / observed.sum(), predicted / predicted.sum()
    log, se = common_odds_ratio(n * observed, predicted)
    ends = (math.exp(log + side * NORMAL_95 * se) for side in (-1, 1))
    return Shift(key[0], key[1], classes[0].split, key[2], n, observed, predicted, math.exp(log), *ends)


def common_odds_ratio(counts: Floats, reference: Floats) -> tuple[float, float]:
    """Logarithm of the common odds ratio of better outcomes against a reference, and its standard error.

    counts: of the ordered classes, best first; reference: shares of the same classes, of sum 1.
    """
    cut = logit(np.clip(np.cumsum(reference)[:-1], 1e-6, 1 - 1e-6))

    def negative(shift: float) -> float:
        below = np.concatenate([[0.0], expit(cut + shift), [1.0]])
        return -float(counts @ np.log(np.clip(np.diff(below), 1e-12, None)))

    best = float(minimize_scalar(negative, bounds=(-3.0, 3.0), method="bounded", options={"xatol": 1e-8}).x)
    step = 1e-3
    curvature = (negative(best + step) - 2 * negative(best) + negative(best - step)) / step**2
    return best, 1 / math.sqrt(max(curvature, 1e-9))
