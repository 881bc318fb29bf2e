"""Sobol's indices of variance of any function of independent inputs.

First order: the share of the variance that an input takes away once it is known (Sobol 1993); total: the
share that is left while it alone is not (Homma and Saltelli 1996). SciPy's estimators (Saltelli 2010) on a
Sobol sequence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc, sobol_indices

Floats = NDArray[np.float64]

RESAMPLES = 200
MOST = 1.2
"""Largest estimate of a share that may be sampling error."""


class Spread(Protocol):
    """Anything with the inverse of a distribution function."""

    def ppf(self, probability: Floats, /) -> Floats: ...


@dataclass(frozen=True)
class Indices:
    """First and total index of each input with 90% bootstrap intervals; most important first.

    low, high: float64[inputs, 2] of (first, total), by resampling the base points. spread: sd of the
    prediction.
    """

    names: tuple[str, ...]
    first: Floats
    total: Floats
    low: Floats
    high: Floats
    spread: float

    @property
    def told(self) -> bool:
        """Whether there are samples enough: no share exceeds the whole by more than a fifth.

        It does where the answer is so skewed that a few samples carry its variance.
        """
        return not np.any(self.total > MOST)

    def rows(self) -> list[dict[str, float | str | None]]:
        """One row an input; None where it has no interval."""
        columns = {
            "first": self.first,
            "first_low": self.low[:, 0],
            "first_high": self.high[:, 0],
            "total": self.total,
            "total_low": self.low[:, 1],
            "total_high": self.high[:, 1],
        }
        return [
            {"parameter": name}
            | {key: float(x[i]) if np.isfinite(x[i]) else None for key, x in columns.items()}
            for i, name in enumerate(self.names)
        ]


def indices(
    function: Callable[[Floats], Floats], inputs: Mapping[str, Spread], samples: int = 256, seed: int = 1
) -> Indices:
    """Sobol's indices of a function of float64[inputs, points]; samples: a power of 2.

    The function is called once with samples x (inputs + 2) points.
    """
    count = len(inputs)
    points = qmc.Sobol(2 * count, rng=np.random.default_rng(seed)).random(samples).T
    a, b = (_scaled(part, inputs) for part in (points[:count], points[count:]))
    mixed = [np.where(np.arange(count)[:, None] == i, b, a) for i in range(count)]
    values = np.asarray(function(np.concatenate([a, b, *mixed], axis=1)), dtype=np.float64)
    runs = values.reshape(count + 2, samples)
    first, total = _estimate(runs)
    rng = np.random.default_rng(seed + 1)
    again = [_estimate(runs[:, rng.integers(0, samples, samples)]) for _ in range(RESAMPLES)]
    low, high = (np.quantile(again, share, axis=0).T for share in (0.05, 0.95))
    order = np.argsort(-total, kind="stable")
    names = tuple(inputs)
    return Indices(
        names=tuple(names[i] for i in order),
        first=first[order],
        total=total[order],
        low=low[order],
        high=high[order],
        spread=float(np.std(runs[:2])),
    )


def _scaled(points: Floats, inputs: Mapping[str, Spread]) -> Floats:
    return np.array([one.ppf(row) for one, row in zip(inputs.values(), points, strict=True)])


def _estimate(runs: Floats) -> tuple[Floats, Floats]:
    """First and total indices from the function at A, at B, and at A with one input of B each."""
    func: Mapping[Literal["f_A", "f_B", "f_AB"], Floats] = {
        "f_A": runs[None, 0],
        "f_B": runs[None, 1],
        "f_AB": runs[2:, None],
    }
    found = sobol_indices(func=func, n=runs.shape[1])
    return np.ravel(found.first_order), np.ravel(found.total_order)
