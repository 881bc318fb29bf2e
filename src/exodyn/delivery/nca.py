"""Non-compartmental analysis: area, moments and half-lives of a concentration course.

Area by the linear trapezoid where the course rises and the logarithmic one where it falls (linear-up
log-down); the terminal rate is the least-squares slope of the logarithm over the last points, three or more
after the peak, that give the largest adjusted R^2 (Gabrielsson and Weiner 2012); beyond the last point the
area goes on as an exponential.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

LATE = 0.05, 0.0125
"""Shares of the first value between which a study still follows a curve in blood, and takes its last slope:
assumed (some ten samples, a hundredth of the first as the smallest that is told from none).
"""
TOLERANCE = 1e-4
"""Adjusted R^2 that a longer stretch may be worse by and still be taken, as in WinNonlin."""


@dataclass(frozen=True)
class Moments:
    """Results in the units of the course. auc, aumc: to infinity; lambda_z: terminal rate; r2: adjusted."""

    cmax: float
    tmax: float
    auc_last: float
    auc: float
    aumc: float
    lambda_z: float
    points: int
    r2: float
    extrapolated: float

    @property
    def half_life(self) -> float:
        """Terminal half-life."""
        return float(np.log(2) / self.lambda_z)

    @property
    def mrt(self) -> float:
        """Mean residence time."""
        return self.aumc / self.auc

    def clearance(self, dose: float) -> float:
        """Dose over area."""
        return dose / self.auc

    def steady_volume(self, dose: float) -> float:
        """Volume at steady state after an intravenous bolus."""
        return dose * self.aumc / self.auc**2


def moments(times: ArrayLike, values: ArrayLike) -> Moments:
    """Non-compartmental results of one course; float64[times] each, times rising.

    Raises ValueError for fewer than three points above zero after the peak.
    """
    t, c = np.asarray(times, np.float64), np.asarray(values, np.float64)
    if (
        t.shape != c.shape
        or t.ndim != 1
        or np.any(np.diff(t) <= 0)
        or not np.all(np.isfinite(c))
        or np.any(c < 0)
    ):
        raise ValueError("expected rising times and as many values, none below zero")
    last = int(np.flatnonzero(c > 0)[-1]) if np.any(c > 0) else -1
    t, c = t[: last + 1], c[: last + 1]
    peak = int(np.argmax(c)) if len(c) else 0
    rate, points, r2 = _terminal(t, c, peak)
    area, first = (float(part) for part in areas(t, c))
    tail = c[-1] / rate
    return Moments(
        cmax=float(c[peak]),
        tmax=float(t[peak]),
        auc_last=area,
        auc=area + tail,
        aumc=first + tail * t[-1] + c[-1] / rate**2,
        lambda_z=rate,
        points=points,
        r2=r2,
        extrapolated=tail / (area + tail),
    )


def half_lives(days: Floats, curves: Floats, late: bool = False) -> Floats:
    """Half-life of each curve, float64[lanes, times] -> float64[lanes], in the unit of `days`.

    The time in which the first value (the first after the dose) falls by half; late: that of the slope in the
    range of `LATE`.
    """
    if late:
        start, end = _late(days, curves)
        return np.asarray((end - start) * np.log(2) / np.log(LATE[0] / LATE[1]))
    return np.asarray(np.maximum(_crossing(days, curves, curves[:, 1:2] * 0.5) - days[1], 1e-5))


def followed(days: Floats, curves: Floats, tail: bool = True) -> tuple[Floats, Floats]:
    """Area and first moment of each curve while a study can follow it; float64[lanes] each.

    To the end of `LATE`; with its tail, beyond that an exponential of the slope in that range. What lies
    below (free label that comes back from tissue over weeks) no study of blood sees: it would make areas and
    times of residence those of the label's loss.
    """
    start, end = _late(days, curves)
    t = np.minimum(days, end[:, None])
    lane = np.arange(len(curves))
    k = np.minimum(np.searchsorted(days, end), len(days) - 1)
    last = np.minimum(curves[:, 1] * LATE[1], curves[lane, k - 1])
    last = np.where(days[-1] <= end, curves[:, -1], last)
    area, first = areas(t, np.where(days < end[:, None], curves, last[:, None]))
    if not tail:
        return area, first
    rate = np.log(LATE[0] / LATE[1]) / (end - start)
    return area + last / rate, first + last / rate * (end + 1 / rate)


def mean_residence_time(days: Floats, curves: Floats, tail: bool = True) -> Floats:
    """First moment over area of each curve while a study can follow it, float64[lanes]."""
    area, first = followed(days, curves, tail)
    return first / area


def _late(days: Floats, curves: Floats) -> tuple[Floats, Floats]:
    """When each curve passes the ends of `LATE`, float64[lanes] each."""
    start, end = (_crossing(days, curves, curves[:, 1:2] * share) for share in LATE)
    return start, np.maximum(end, start + 1e-5)


def _crossing(days: Floats, curves: Floats, level: Floats) -> Floats:
    """First time below each curve's level, straight in the logarithm; the last time where never."""
    below = curves[:, 1:] < level
    k = np.where(below.any(axis=1), below.argmax(axis=1) + 1, len(days) - 1)
    lane = np.arange(len(curves))
    before, after = (np.log(np.maximum(curves[lane, j], 1e-30)) for j in (k - 1, k))
    share = np.clip((before - np.log(level[:, 0])) / np.maximum(before - after, 1e-12), 0.0, 1.0)
    return np.asarray(days[k - 1] + share * (days[k] - days[k - 1]))


def _terminal(t: Floats, c: Floats, peak: int) -> tuple[float, int, float]:
    """(rate, points, adjusted R^2) of the best straight line through the last logarithms."""
    starts = np.arange(len(t) - 3, peak, -1)
    if not len(starts) or np.any(c[peak + 1 :] <= 0):
        raise ValueError("fewer than three falling points after the peak: no terminal slope")
    x, y = t - t[-1], np.log(np.maximum(c, 1e-300))  # sums from the end, for every start at once
    n, sx, sy, sxx, sxy, syy = (
        np.cumsum(v[::-1])[::-1][starts] for v in (np.ones_like(x), x, y, x * x, x * y, y * y)
    )
    xx, xy, yy = sxx - sx**2 / n, sxy - sx * sy / n, syy - sy**2 / n
    slope, r2 = xy / xx, xy**2 / np.maximum(xx * yy, 1e-300)
    adjusted = 1 - (1 - r2) * (n - 1) / (n - 2)
    falling = slope < 0
    if not falling.any():
        raise ValueError("fewer than three falling points after the peak: no terminal slope")
    near = falling & (adjusted > adjusted[falling].max() - TOLERANCE)
    k = int(np.flatnonzero(near)[-1])  # the longest of those
    return float(-slope[k]), int(n[k]), float(adjusted[k])


def areas(t: Floats, c: Floats) -> tuple[Floats, Floats]:
    """Area and first moment of each curve up to its last point; float64[times] or [..., times] each."""
    step, left, right = np.diff(t), c[..., :-1], c[..., 1:]
    falls = (right > 0) & (right < left)
    log = np.log(np.where(falls, left, np.e) / np.where(falls, right, 1.0))
    before, after = t[..., :-1] * left, t[..., 1:] * right
    area = np.where(falls, step * (left - right) / log, step * (left + right) / 2)
    moment = np.where(
        falls,
        step * (before - after) / log + step**2 * (left - right) / log**2,
        step * (before + after) / 2,
    )
    return area.sum(axis=-1), moment.sum(axis=-1)
