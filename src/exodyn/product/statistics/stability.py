"""Shelf life by ICH Q1E: lines of an attribute over time, batches pooled where the data allow it.

Slopes are tested first, then intercepts, both at 0.25; the shelf life ends where the confidence limit of
the mean crosses the acceptance limit (LeBlond, Griffith, Aubuchon 2011).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, stats

from exodyn.errors import InputError

Floats = NDArray[np.float64]
Kind = Literal["common", "different intercepts", "different slopes"]
WORDS = {
    "common": "common intercept, common slope",
    "different intercepts": "different intercepts, common slope",
    "different slopes": "different intercepts, different slopes",
}
_LONGEST = 1e4


@dataclass(frozen=True)
class Line:
    """One batch's line under a model, with what its confidence limit needs.

    variance(t) = form @ covariance @ form, form = (1, t); df of the mean square error in it.
    """

    batch: str
    intercept: float
    slope: float
    covariance: Floats
    df: int

    def mean(self, time: float) -> float:
        """The line at a time."""
        return self.intercept + self.slope * time

    def limit(self, time: float, confidence: float, side: str) -> float:
        """One-sided limit of the mean; side "lower" or "upper"."""
        form = np.array([1.0, time])
        half = float(stats.t.ppf(confidence, self.df)) * math.sqrt(
            max(0.0, float(form @ self.covariance @ form))
        )
        return self.mean(time) - half if side == "lower" else self.mean(time) + half

    def shelf_life(self, acceptance: float, side: str, confidence: float) -> float:
        """Where the limit first crosses the acceptance limit; 0 if at once, infinite if never."""

        def room(time: float) -> float:
            limit = self.limit(time, confidence, side)
            return limit - acceptance if side == "lower" else acceptance - limit

        if room(0.0) <= 0:
            # The limit is widest far from the data: it may be met later, but not from the start.
            return 0.0
        end = 1.0
        while room(end) > 0:
            end *= 1.5
            if end > _LONGEST:
                return math.inf
        # between end / 1.5, still inside, and end
        return float(optimize.brentq(room, 0.0 if end == 1.0 else end / 1.5, end, xtol=1e-12))


@dataclass(frozen=True)
class Poolability:
    """p of equal slopes, and of equal intercepts given one slope; None for a single batch."""

    p_slopes: float | None
    p_intercepts: float | None
    model: Kind


@dataclass(frozen=True)
class ShelfLife:
    """The model chosen and the shelf life of its worst batch.

    pooled_error: with the mean square error of all batches; alone: of each batch fitted by itself, which
    differs where slopes do. lines: of the model chosen. longest: the last time with data.
    """

    poolability: Poolability
    months: float
    worst: str
    months_alone: float
    worst_alone: str
    by_batch: dict[str, float]
    lines: tuple[Line, ...]
    longest: float


def poolability(batch: Sequence[str], time: ArrayLike, value: ArrayLike, alpha: float = 0.25) -> Poolability:
    """Analysis of covariance on batch, time and their product, in that order."""
    names, x, y = _checked(batch, time, value)
    batches = list(dict.fromkeys(names))
    if len(batches) == 1:
        return Poolability(None, None, "common")
    rss = {kind: _fit(names, batches, x, y, kind)[2:] for kind in WORDS}
    p_slopes = _p(rss["different intercepts"], rss["different slopes"], rss["different slopes"])
    # The mean square of the full model tests both (type I sums of squares, as ICH Q1E's examples do).
    p_intercepts = _p(rss["common"], rss["different intercepts"], rss["different slopes"])
    kind: Kind = "common"
    if p_slopes < alpha:
        kind = "different slopes"
    elif p_intercepts < alpha:
        kind = "different intercepts"
    return Poolability(p_slopes, p_intercepts, kind)


def lines(
    batch: Sequence[str], time: ArrayLike, value: ArrayLike, kind: Kind, alone: bool = False
) -> tuple[Line, ...]:
    """Each batch's line under a model; alone: fitted by itself, with its own error."""
    names, x, y = _checked(batch, time, value)
    batches = list(dict.fromkeys(names))
    if alone:
        each: list[Line] = []
        for one in batches:
            mine = names == one
            each += lines([one] * int(mine.sum()), x[mine], y[mine], "common")
        return tuple(each)
    values, covariance, rss, df = _fit(names, batches, x, y, kind)
    if df < 1:
        raise InputError(f"shelf life: {len(y)} values for {len(values)} parameters; expected more")
    found = []
    for i, one in enumerate(batches):
        forms = np.zeros((2, len(values)))
        forms[0, 0 if kind == "common" else i] = 1
        slope = 1 if kind == "common" else len(batches) + (i if kind == "different slopes" else 0)
        forms[1, slope] = 1
        intercept, rise = forms @ values
        found.append(Line(one, float(intercept), float(rise), forms @ covariance @ forms.T * (rss / df), df))
    return tuple(found)


def shelf_life(
    batch: Sequence[str],
    time: ArrayLike,
    value: ArrayLike,
    acceptance: float,
    side: Literal["lower", "upper", "either"] = "lower",
    confidence: float = 0.95,
    alpha: float = 0.25,
    kind: Kind | None = None,
    upper: float | None = None,
) -> ShelfLife:
    """Shelf life by the worst batch; kind: a model instead of the one that the tests choose.

    side "either": the direction of change is unknown, so both limits count at (1 + confidence) / 2
    (`acceptance` below, `upper` above).
    """
    chosen = poolability(batch, time, value, alpha)
    if kind is not None:
        chosen = Poolability(chosen.p_slopes, chosen.p_intercepts, kind)
    of_model = lines(batch, time, value, chosen.model)
    by_itself = lines(batch, time, value, chosen.model, alone=chosen.model == "different slopes")

    def end(line: Line) -> float:
        if side == "either":
            level = (1 + confidence) / 2
            top = math.inf if upper is None else line.shelf_life(upper, "upper", level)
            return min(line.shelf_life(acceptance, "lower", level), top)
        return line.shelf_life(acceptance, side, confidence)

    by_batch = {line.batch: end(line) for line in of_model}
    alone = {line.batch: end(line) for line in by_itself}
    worst, worst_alone = min(by_batch, key=by_batch.__getitem__), min(alone, key=alone.__getitem__)
    return ShelfLife(
        chosen,
        by_batch[worst],
        worst,
        alone[worst_alone],
        worst_alone,
        by_batch,
        of_model,
        float(np.max(np.asarray(time, dtype=np.float64))),
    )


def allowed(found: ShelfLife, storage: Literal["room", "refrigerated", "frozen"]) -> float:
    """The shelf life that may be claimed: months found, cut at what ICH Q1E lets one extrapolate.

    Room temperature: twice the data, at most 12 months more; refrigerated: one and a half times, at most
    6 more; frozen: no further than the data. ICH Q5C asks real-time data of biologics: an upper bound.
    """
    return min(found.months, furthest(found.longest, storage))


def furthest(months: float, storage: Literal["room", "refrigerated", "frozen"]) -> float:
    """The longest shelf life that so many months of data can carry; see `allowed`."""
    return {
        "room": min(2 * months, months + 12),
        "refrigerated": min(1.5 * months, months + 6),
        "frozen": months,
    }[storage]


def residual_error(batch: Sequence[str], time: ArrayLike, value: ArrayLike, kind: Kind) -> float:
    """Root mean square error of a model."""
    names, x, y = _checked(batch, time, value)
    _, _, rss, df = _fit(names, list(dict.fromkeys(names)), x, y, kind)
    return math.sqrt(rss / df)


def _fit(
    names: NDArray[np.str_], batches: list[str], x: Floats, y: Floats, kind: str
) -> tuple[Floats, Floats, float, int]:
    """Least squares: values, (X'X)^-1, residual sum of squares and degrees of freedom."""
    member = (names[:, None] == np.array(batches)[None, :]).astype(np.float64)
    one = np.ones((len(x), 1))
    intercepts = one if kind == "common" else member
    slopes = (member if kind == "different slopes" else one) * x[:, None]
    design = np.hstack([intercepts, slopes])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise InputError("shelf life: a batch has fewer than two times, so it has no line")
    values, *_ = np.linalg.lstsq(design, y, rcond=None)
    rss = float(((y - design @ values) ** 2).sum())
    return values, np.linalg.inv(design.T @ design), rss, len(y) - design.shape[1]


def _p(reduced: tuple[float, int], full: tuple[float, int], error: tuple[float, int]) -> float:
    extra = reduced[1] - full[1]
    f = (reduced[0] - full[0]) / extra / (error[0] / error[1])
    return float(stats.f.sf(f, extra, error[1]))


def _checked(
    batch: Sequence[str], time: ArrayLike, value: ArrayLike
) -> tuple[NDArray[np.str_], Floats, Floats]:
    names = np.asarray([str(one) for one in batch])
    x, y = np.asarray(time, dtype=np.float64), np.asarray(value, dtype=np.float64)
    if not len(names) == len(x) == len(y) or len(x) < 3:
        raise InputError(
            f"shelf life: {len(names)} batches, {len(x)} times, {len(y)} values; expected 3 or more of each"
        )
    if not np.all(np.isfinite(x)) or not np.all(np.isfinite(y)) or np.any(x < 0):
        raise InputError("shelf life: expected finite values at times of 0 or more")
    return names, x, y
