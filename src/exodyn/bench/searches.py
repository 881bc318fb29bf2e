"""Searches for the optimum of the problems whose gradients are measured, as `exodyn fit` makes them."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from exodyn.bench.gradients import Fit
from exodyn.bench.program import Floats
from exodyn.inference.optimise import search
from exodyn.inference.parameters import Free

SEED = 7
STARTS = {"stroke": 2, "Boehm_JProteomeRes2014": 20, "Fujita_SciSignal2010": 3}
FACTORS = {"stroke": 1.5, "Boehm_JProteomeRes2014": 10.0, "Fujita_SciSignal2010": 10.0}
"""Searches start off by up to this factor from the values that made the data, or the published ones."""
BOUNDS = 4.0
"""Those on the stroke model are bounded by this factor to either side."""
SAME = 0.1
"""Searches that end within this of the best log-likelihood have found the optimum."""
SEARCH_RTOL = 1e-6


@dataclass(frozen=True)
class Searches:
    """Searches of one program. seconds: f64[starts], CPU; ended: f64[starts], log-likelihoods."""

    engine: str
    seconds: Floats
    ended: Floats

    def seconds_per_optimum(self, best: float) -> float:
        """All the time over the searches that found the optimum; NaN if none did."""
        found = int(np.sum(self.ended > best - SAME))
        return float(np.sum(self.seconds) / found) if found else float("nan")


class StrokeObjective:
    """The log-likelihood of one patient's data by the logarithms of the varied parameters."""

    def __init__(self, fit: Fit) -> None:
        self._fit, self._engine = fit, fit.engine()
        own = fit.problem.parameters[0]
        self.free = tuple(
            Free(name, own[k] / BOUNDS, own[k] * BOUNDS, "log", own[k])
            for name, k in zip(fit.varied, fit.columns, strict=True)
        )
        self._data = fit.problem.reference[:1]

    def __call__(self, x: Floats) -> float:
        """The log-likelihood."""
        return self.gradient(x)[0]

    def gradient(self, x: Floats) -> tuple[float, Floats]:
        """The log-likelihood and its gradient by x."""
        problem = self._fit.problem
        table = problem.parameters[:1].copy()
        table[0, self._fit.columns] = np.exp(x)
        off = np.zeros_like(self._data)

        def weights(values: Floats) -> Floats:
            off[:] = (values - self._data) / problem.peak
            return np.asarray(-off / problem.peak)

        found = self._engine.gradient(
            weights, table, problem.times, problem.schedule,
            rtol=SEARCH_RTOL, atol=problem.atol(SEARCH_RTOL),
        )  # fmt: skip
        if found.failures:
            return -math.inf, np.zeros(len(x))
        return -0.5 * float(np.sum(off**2)), np.asarray(found.gradient[0] * np.exp(x))


def starts(name: str, middle: Floats, low: Floats, high: Floats, scales: Sequence[str]) -> Floats:
    """Where searches begin, f64[starts, parameters]: the same for every program."""
    draw = np.random.default_rng(SEED)
    off = math.log(FACTORS[name]) / np.array([math.log(10.0) if s == "log10" else 1.0 for s in scales])
    moved = np.where(np.array(scales) == "lin", 0.0, off)
    return np.clip(middle + moved * draw.uniform(-1.0, 1.0, (STARTS[name], len(middle))), low, high)


def our_searches(objective: Any, name: str, middle: Floats) -> tuple[Searches, Floats]:
    """This engine's searches, and where they began."""
    low, high = np.array([one.bounds for one in objective.free]).T
    places = starts(name, middle, low, high, [one.scale for one in objective.free])
    seconds, ended = [], []
    for place in places:
        began = time.thread_time()
        ended.append(search(objective, place).log_density)
        seconds.append(time.thread_time() - began)
    return Searches("exodyn", np.array(seconds), np.array(ended)), places
