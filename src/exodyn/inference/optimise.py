"""The best parameters: a trust-region search from many starts, every one of them kept.

One search finds one valley. Starts are drawn from the priors, and the waterfall (all optima in order) shows
whether several searches agree on the best one. The search is fides' interior trust-region reflective method
(Coleman and Li 1996, doi:10.1137/0806023). Its Hessian is the Fisher information where the objective knows
that, else BFGS: docs/decisions/inference.md has the figures.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exodyn.engine.random import uniforms
from exodyn.errors import InputError
from exodyn.inference.objective import Informed, Objective
from exodyn.inference.parameters import Free, values

Floats = NDArray[np.float64]
Progress = Callable[[int], None]
"""Told how many starts are done."""

SAME = 0.1
"""Log densities that differ by less count as the same optimum."""

MOST_ITERATIONS = 1000
TRIES = 50
"""Points that are drawn for one start until the objective can be computed there."""


@dataclass(frozen=True)
class Optimum:
    """Where one search ended. start and x: scaled parameters.

    log_density: at x, -inf if nothing could be computed. gradient: at x. converged: whether the search ended
    by its tolerances; message says how it ended.
    """

    number: int
    start: Floats
    x: Floats
    log_density: float
    gradient: Floats
    iterations: int
    converged: bool
    message: str


@dataclass(frozen=True)
class Optima:
    """All searches, the best first."""

    free: tuple[Free, ...]
    runs: tuple[Optimum, ...]

    @property
    def best(self) -> Optimum:
        """The search that ended highest."""
        return self.runs[0]

    @property
    def values(self) -> dict[str, float]:
        """The best parameters' values by name."""
        found = values(self.free, self.best.x)
        return {one.name: float(value) for one, value in zip(self.free, found, strict=True)}

    @property
    def waterfall(self) -> Floats:
        """How far each search ended below the best, float64[runs], rising; inf where nothing was computed."""
        return np.array([self.best.log_density - one.log_density for one in self.runs])

    @property
    def agreeing(self) -> int:
        """How many searches reached the best log density."""
        return int(np.sum(self.waterfall < SAME))

    def at_bounds(self) -> list[str]:
        """Parameters whose best value lies at a bound."""
        found = []
        for one, x in zip(self.free, self.best.x, strict=True):
            low, high = one.bounds
            width = high - low if math.isfinite(high - low) else 1.0
            if min(x - low, high - x) < 1e-4 * width:
                found.append(one.name)
        return found


def multistart(
    objective: Objective,
    starts: int = 20,
    seed: int = 0,
    threads: int = 1,
    progress: Progress = lambda done: None,
    first: Sequence[Floats] = (),
    by_information: bool = True,
) -> Optima:
    """Search from `starts` points: those of `first`, the parameters' own starts, then draws of their priors.

    by_information: False for BFGS although the objective knows its information, which may be too large.
    The result depends on the seed alone, not on threads. Raises InputError if the objective can be computed
    at none of the starts, or for a parameter with neither prior nor finite bounds.
    """
    places = _starts(objective.free, starts, seed, first)

    def from_place(number: int) -> Optimum:
        start = _computable(objective, places[number], seed, number)
        return _search(objective, number, start, by_information)

    found: list[Optimum] = []
    with ThreadPoolExecutor(max(1, threads)) as pool:
        try:
            for one in pool.map(from_place, range(len(places))):
                found.append(one)
                progress(len(found))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    found.sort(key=lambda one: (-one.log_density, one.number))
    if not math.isfinite(found[0].log_density):
        refused = getattr(objective, "refused", None)
        why = f": {', '.join(refused)}" if refused else ""
        raise InputError(f"the likelihood cannot be computed at any of {len(places)} starts{why}")
    return Optima(objective.free, tuple(found))


def search(objective: Objective, start: Floats) -> Optimum:
    """One search from one point."""
    return _search(objective, 0, np.asarray(start, dtype=np.float64), by_information=True)


def _starts(free: Sequence[Free], starts: int, seed: int, first: Sequence[Floats]) -> list[Floats]:
    if starts < 1:
        raise InputError(f"starts: {starts}, expected 1 or more")
    places = [np.asarray(x, dtype=np.float64) for x in first]
    draws = uniforms(seed, "starts", 0, starts, len(free))
    if not places and any(one.start is not None for one in free):
        middle = [one.draw(0.5) if one.start is None else one.scaled(one.start) for one in free]
        places.append(np.array(middle))
    drawn = [np.array([one.draw(p) for one, p in zip(free, row, strict=True)]) for row in draws]
    return (places + drawn)[: max(starts, len(places))]


def _computable(objective: Objective, place: Floats, seed: int, number: int) -> Floats:
    """The start itself, or the first of other draws at which the objective is a number."""
    if math.isfinite(objective(place)):
        return place
    for row in uniforms(seed, f"start {number}", 0, TRIES, len(objective.free)):
        other = np.array([one.draw(p) for one, p in zip(objective.free, row, strict=True)])
        if math.isfinite(objective(other)):
            return other
    return place


def _search(objective: Objective, number: int, start: Floats, by_information: bool) -> Optimum:
    from fides import BFGS, Optimizer

    free = objective.free
    low, high = np.array([one.bounds for one in free]).T
    inside = np.clip(start, low, high)
    nothing = np.zeros(len(free))
    if not math.isfinite(objective(inside)):
        return Optimum(number, start, inside, -math.inf, nothing, 0, False, "nothing could be computed")

    def down(x: Floats) -> tuple[float, Floats]:
        value, slope = objective.gradient(x)
        return -value, -slope

    def down_and_curved(x: Floats) -> tuple[float, Floats, Floats]:
        assert isinstance(objective, Informed)
        value, slope, information = objective.information(x)
        return -value, -slope, information

    informed = by_information and isinstance(objective, Informed)
    optimizer: Any = Optimizer(
        down_and_curved if informed else down,
        ub=high,
        lb=low,
        verbose=logging.CRITICAL,
        options={"maxiter": MOST_ITERATIONS, "fatol": 1e-9, "frtol": 0.0, "gatol": 1e-6, "xtol": 0.0},
        hessian_update=None if informed else BFGS(),
    )
    with np.errstate(all="ignore"):
        optimizer.minimize(inside)
    # the best point that it saw, which is the last one unless the search went astray
    x = np.asarray(optimizer.x_min, dtype=np.float64)
    value, slope = objective.gradient(x)
    ended = optimizer.exitflag.name.lower().replace("_", " ")
    return Optimum(
        number, start, x, value, slope, int(optimizer.iteration), int(optimizer.exitflag.value) > 0, ended
    )
