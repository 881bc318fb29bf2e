"""From what was counted to what was there: number in a window of sizes, with an interval.

Counts are Poisson around K p N: N by true size, p the detection, K the broadening. The window reaches only
where the instrument detects half of the particles or more; below it a number would be invented. Unfolding by
the expectation maximisation of Richardson (1972) and Lucy (1974), stopped early; the interval comes from
redrawing counts, refractive index, detection limit and calibration.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exodyn.errors import InputError
from exodyn.product.response import broadening
from exodyn.product.response.detection import Instrument

Floats = NDArray[np.float64]
# Effective refractive index of vesicles: 1.37 to 1.41 (van der Pol 2014: 1.37 to 1.39 for urinary vesicles).
INDEX = (1.37, 1.41)
_ITERATIONS = 40
_DRAWS = 200
_GRID = np.geomspace(20.0, 2000.0, 131)  # edges, nm
_MIDDLES = np.sqrt(_GRID[1:] * _GRID[:-1])


@dataclass(frozen=True)
class Window:
    """Sizes in nm within which a number is given."""

    low: float
    high: float


@dataclass(frozen=True)
class Number:
    """Particles/mL with true diameters in the window: median and 90% interval; draws float64[200].

    seen: the share of them that the instrument detects.
    """

    window: Window
    median: float
    interval: tuple[float, float]
    seen: float
    draws: Floats


def reach(one: Instrument, index: float = sum(INDEX) / 2, high: float = 1000.0) -> Window:
    """From the size detected half of the time."""
    return Window(one.limit(index), high)


def true_number(
    one: Instrument,
    edges: ArrayLike,
    particles_per_ml: ArrayLike,
    counted: float,
    window: Window,
    seed: int = 1,
    index: tuple[float, float] = INDEX,
) -> Number:
    """Number in a window; edges [bins + 1] in nm and particles/mL [bins] as the instrument gave them.

    counted: particles behind the histogram. index: of the particles, anywhere between (equal for beads).
    Raises InputError where the window reaches below half detection, or nothing was counted.
    """
    e, y = np.asarray(edges, dtype=np.float64), np.asarray(particles_per_ml, dtype=np.float64)
    if not y.sum() > 0 or not counted > 0:
        raise InputError(f"{one.name}: nothing was counted")
    middle = sum(index) / 2
    if float(one.detects(window.low, middle)) < 0.49:
        raise InputError(
            f"{one.name}: detects less than half of the particles of {window.low:.0f} nm; "
            f"expected a window from {one.limit(middle):.0f} nm on"
        )
    total = float(y.sum())
    cumulative = np.concatenate(([0.0], np.cumsum(y))) / total
    shares = np.diff(np.interp(_GRID, e, cumulative))
    kernel = broadening.kernel(_GRID, _MIDDLES, one.steps)
    random = np.random.default_rng(seed)
    inside = (np.minimum(_GRID[1:], window.high) - np.maximum(_GRID[:-1], window.low)) / np.diff(_GRID)
    inside = np.clip(inside, 0.0, 1.0)
    draws, seen = [], []
    for _ in range(_DRAWS):
        n = random.poisson(shares * counted)
        at = one.half_at * math.exp(one.half_at_sd * random.standard_normal())
        p = one.detects(_MIDDLES, index[0] + (index[1] - index[0]) * random.random(), at)
        # Where next to nothing is seen, nothing is claimed: those sizes are not unfolded into.
        number = _unfolded(n.astype(np.float64), kernel * np.where(p > 0.05, p, 0.0))
        scale = total / counted * math.exp(one.calibration_sd * random.standard_normal())
        draws.append(float(number @ inside) * scale)
        there = float(number @ inside)
        seen.append(float((number * p) @ inside) / there if there > 0 else 1.0)
    found = np.array(draws)
    low, median, high = (float(q) for q in np.quantile(found, (0.05, 0.5, 0.95)))
    return Number(window, median, (low, high), float(np.median(seen)), found)


def _unfolded(counts: Floats, response: Floats) -> Floats:
    """True numbers by size; response [bins, sizes]."""
    efficiency = response.sum(axis=0)
    possible = efficiency > 1e-6
    number = np.where(possible, max(counts.sum(), 1.0) / max(possible.sum(), 1), 0.0)
    for _ in range(_ITERATIONS):
        expected = response @ number
        ratio = np.divide(counts, expected, out=np.zeros_like(counts), where=expected > 1e-12)
        number = number * np.divide(response.T @ ratio, efficiency, out=np.zeros_like(number), where=possible)
    return np.asarray(number)
