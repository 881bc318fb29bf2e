"""Profiles: how well the data still fit when one parameter is held elsewhere and all others follow.

A profile that stays high towards a bound says that the data do not limit the parameter on that side (Raue and
others 2009, doi:10.1093/bioinformatics/btp358). Where priors are given, they take part.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exodyn.errors import InputError
from exodyn.inference.objective import Objective
from exodyn.inference.optimise import Optima, search
from exodyn.inference.parameters import Free

Floats = NDArray[np.float64]

MOST_STEPS = 40
"""Steps on either side of the optimum."""
BETTER = 0.1
"""By how much a profile may rise above the optimum: more says that the optimum was none."""


@dataclass(frozen=True)
class Profile:
    """One parameter's profile. x: scaled, rising; drop: below the optimum, float64[points].

    others: all scaled parameters at each point, float64[points, parameters]. low, high: the values where the
    drop passes `threshold`, which bound an interval of `level`; None on a side where it does not.
    better: how much higher than the optimum a point was found.
    """

    free: Free
    x: Floats
    drop: Floats
    others: Floats
    low: float | None
    high: float | None
    threshold: float
    level: float
    better: float

    @property
    def values(self) -> Floats:
        """The parameter's values along the profile."""
        return np.array([self.free.value(x) for x in self.x])


def profiles(
    objective: Objective,
    optima: Optima,
    level: float = 0.95,
    threads: int = 1,
    progress: Callable[[int], None] = lambda done: None,
) -> dict[str, Profile]:
    """The profile of every parameter, by name."""
    found: dict[str, Profile] = {}
    with ThreadPoolExecutor(max(1, threads)) as pool:
        made = pool.map(
            lambda index: profile(objective, optima.best.x, index, level), range(len(objective.free))
        )
        for one in made:
            found[one.free.name] = one
            progress(len(found))
    return found


def profile(objective: Objective, best: Floats, index: int, level: float = 0.95) -> Profile:
    """The profile of parameter number `index` about the optimum `best` (scaled)."""
    if not 0 < level < 1:
        raise InputError(f"level {level}: expected between 0 and 1")
    from scipy.stats import chi2

    threshold = float(chi2.ppf(level, 1)) / 2
    top = objective(best)
    down = _walk(objective, best, index, -1.0, top, threshold)
    up = _walk(objective, best, index, 1.0, top, threshold)
    points = [*reversed(down), (best, 0.0), *up]
    x = np.array([place[index] for place, _ in points])
    drop = np.array([fall for _, fall in points])
    free = objective.free[index]
    return Profile(
        free,
        x,
        drop,
        np.array([place for place, _ in points]),
        _crossing(free, x[: len(down) + 1][::-1], drop[: len(down) + 1][::-1], threshold),
        _crossing(free, x[len(down) :], drop[len(down) :], threshold),
        threshold,
        level,
        max(0.0, -float(drop.min())),
    )


@dataclass(frozen=True)
class _Held:
    """An objective with one parameter held: a function of the others."""

    objective: Objective
    index: int
    at: float

    @property
    def free(self) -> tuple[Free, ...]:
        return tuple(one for i, one in enumerate(self.objective.free) if i != self.index)

    def whole(self, x: Floats) -> Floats:
        return np.insert(x, self.index, self.at)

    def __call__(self, x: Floats) -> float:
        return self.objective(self.whole(x))

    def gradient(self, x: Floats) -> tuple[float, Floats]:
        value, slope = self.objective.gradient(self.whole(x))
        return value, np.delete(slope, self.index)


def _walk(
    objective: Objective, best: Floats, index: int, side: float, top: float, threshold: float
) -> list[tuple[Floats, float]]:
    """Points on one side, until the threshold is passed or the bound reached; steps suit the slope."""
    low, high = objective.free[index].bounds
    end = low if side < 0 else high
    width = high - low if math.isfinite(high - low) else 10.0
    step, most = 0.01 * width, 0.2 * width
    points: list[tuple[Floats, float]] = []
    place, fall = best, 0.0
    for _ in range(MOST_STEPS):
        if place[index] == end or fall > threshold:
            break
        at = place[index] + side * step
        if side * (end - at) < 1e-9 * width:
            at = end
        there, value = _refit(objective, place, index, at)
        drop = top - value
        if drop - fall > threshold / 3 and step > 1e-5 * width:
            step *= 0.4
            continue
        if not math.isfinite(drop):
            break
        points.append((there, drop))
        if drop - fall < threshold / 12:
            step = min(2 * step, most)
        place, fall = there, drop
    return points


def _refit(objective: Objective, place: Floats, index: int, at: float) -> tuple[Floats, float]:
    """The best of the other parameters with one held, sought from where they were."""
    held = _Held(objective, index, at)
    others = np.delete(place, index)
    if not others.size:
        return np.array([at]), objective(np.array([at]))
    found = search(held, others)
    return held.whole(found.x), found.log_density


def _crossing(free: Free, x: Floats, drop: Floats, threshold: float) -> float | None:
    """Where the drop first passes the threshold on the way out, between two points of the profile."""
    over = np.flatnonzero(drop > threshold)
    if not over.size:
        return None
    after = int(over[0])
    before = after - 1
    share = (threshold - drop[before]) / (drop[after] - drop[before])
    return free.value(float(x[before] + share * (x[after] - x[before])))
