"""Simulation-based calibration: are posteriors as wide as they should be?

Parameters are drawn from their priors, data from the model, and the posterior of those data is sampled. If
all is right, the rank of the true value among posterior draws is uniform (Talts and others 2018,
arXiv:1804.06788), and intervals of 90% hold the truth in 90% of cases. A likelihood that is wrong, a prior
without its Jacobian or a sampler that stays behind all show.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from exodyn.engine.random import uniforms
from exodyn.inference.objective import Objective
from exodyn.inference.parameters import Free
from exodyn.inference.sample import sample

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

KEPT = 63
"""Draws that a rank is taken among, thinned from all: 64 ranks fall evenly into 8 bins."""
BINS = 8
OUTSIDE = 3
"""Ranks at either end that lie outside of the interval of 90%."""


@dataclass(frozen=True)
class Calibration:
    """ranks: int64[replicates, parameters], of the truth among `KEPT` draws."""

    names: tuple[str, ...]
    ranks: NDArray[np.int64]

    @property
    def inside(self) -> NDArray[np.bool_]:
        """Whether the middle 58 of 64 ranks (90.6%) hold the truth, bool[replicates, parameters].

        By ranks and not by quantiles of the draws, which for few draws lie too close together.
        """
        return (self.ranks >= OUTSIDE) & (self.ranks <= KEPT - OUTSIDE)

    @property
    def p_values(self) -> dict[str, float]:
        """The chi-squared test that ranks are uniform, by parameter."""
        from scipy.stats import chisquare

        found = {}
        for name, column in zip(self.names, self.ranks.T, strict=True):
            counts = np.bincount(column * BINS // (KEPT + 1), minlength=BINS)
            found[name] = float(chisquare(counts).pvalue)
        return found

    @property
    def uniform(self) -> float:
        """The smallest p-value times their number: below alpha by chance at most that often."""
        return min(1.0, len(self.names) * min(self.p_values.values()))

    @property
    def coverage(self) -> dict[str, float]:
        """Share of truths inside the middle 90%, by parameter."""
        return {name: float(column.mean()) for name, column in zip(self.names, self.inside.T, strict=True)}

    def plot(self) -> Figure:
        """Histograms of ranks, with the range that 99% of counts of a uniform rank fall into."""
        from matplotlib.figure import Figure
        from scipy.stats import binom

        count = len(self.ranks)
        low, high = binom(count, 1 / BINS).ppf([0.005, 0.995])
        figure = Figure(figsize=(2.4 * len(self.names), 2.6), layout="constrained")
        for place, (name, column) in enumerate(zip(self.names, self.ranks.T, strict=True), 1):
            axes = figure.add_subplot(1, len(self.names), place)
            axes.axhspan(low, high, color="0.85")
            axes.hist(column, bins=np.linspace(0, KEPT + 1, BINS + 1).tolist(), color="#0b84c6", rwidth=0.9)
            axes.axhline(count / BINS, color="0.4", linewidth=0.8)
            axes.set_title(f"{name}: {100 * self.coverage[name]:.0f}% in 90%", fontsize=9)
            axes.set_xlabel("rank of the truth", fontsize=8)
            axes.tick_params(labelsize=7)
        return figure


def calibrate(
    free: Sequence[Free],
    objective_of: Callable[[Floats, int], Objective],
    replicates: Sequence[int],
    seed: int,
    *,
    draws: int = 130,
    warmup: int = 100,
    threads: int = 1,
) -> Calibration:
    """Sample the posterior of simulated data sets, numbered by `replicates`, one chain each.

    objective_of: the posterior of data simulated at these values, by the number. Every parameter needs a
    prior or finite bounds. The result depends on numbers and seed alone, so that parts can be computed apart.
    """

    def one(number: int) -> NDArray[np.int64]:
        row = uniforms(seed, "truths", number, 1, len(free))[0]
        x = np.array([each.draw(p) for each, p in zip(free, row, strict=True)])
        truth = np.array([each.value(at) for each, at in zip(free, x, strict=True)])
        found = sample(
            objective_of(truth, number), draws, 1, seed + number, warmup=warmup, start=x, strict=False
        )
        drawn = np.array([np.asarray(found.posterior[each.name]).ravel() for each in free])
        kept = drawn[:, np.linspace(0, drawn.shape[1] - 1, KEPT).astype(int)]
        return np.asarray((kept < truth[:, None]).sum(axis=1), dtype=np.int64)

    with ThreadPoolExecutor(threads) as pool:
        return Calibration(tuple(each.name for each in free), np.array(list(pool.map(one, replicates))))
