"""What a paper prints of virtual patients: shares, means, medians, differences, with the sampling of its n.

All take values as float64[worlds, patients], a world being one study that could be the record's, and give
float64[worlds * REPEATS]: each world's statistic, moved by what differs between studies (`between`, where the
measure says), with the sampling error of n patients.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import expit, logit, ndtri

from exodyn.engine.random import uniforms
from exodyn.validation.answers import Floats

REPEATS = 40
LEAST_SHARE = 1e-4


class Chance:
    """Random numbers of one record: the same for the same record and seed, whatever else is predicted."""

    def __init__(self, seed: int, id: str) -> None:
        self.seed, self.id, self.drawn = seed, id, 0

    def uniform(self, count: int) -> Floats:
        """float64[count] in (0, 1)."""
        self.drawn += 1
        return uniforms(self.seed, f"validation:{self.id}:{self.drawn}", 0, count, 1)[:, 0]

    def normal(self, count: int) -> Floats:
        """float64[count], standard normal."""
        return np.asarray(ndtri(self.uniform(count)))


def repeated(of_world: Floats) -> Floats:
    """One value for each world, as often as sampling is repeated."""
    return np.repeat(of_world, REPEATS)


def share(holds: Floats, n: float, between: Floats, chance: Chance) -> Floats:
    """Share of n patients of whom something holds (1, 0; NaN who is not asked)."""
    asked = np.sum(~np.isnan(holds), axis=1)
    true = (np.nansum(holds, axis=1) + 0.5) / (asked + 1)
    moved = expit(repeated(logit(np.clip(true, LEAST_SHARE, 1 - LEAST_SHARE))) + between)
    found: Floats = binomial(n, moved, chance) / max(round(n), 1)
    return found


def binomial(n: float, p: Floats, chance: Chance) -> Floats:
    """Counts of n by their distribution at uniform places."""
    from scipy.stats import binom

    return np.asarray(binom.ppf(chance.uniform(len(p)), max(round(n), 1), p), dtype=np.float64)


def mean(values: Floats, n: float, between: Floats, low: float, high: float, chance: Chance) -> Floats:
    """Mean of n, of a quantity between low and high: between studies its log odds in that range vary."""
    middle, sd = moments(values)
    moved = move(repeated(middle), between, low, high)
    drawn = moved + repeated(sd) / np.sqrt(n) * chance.normal(len(moved))
    return np.asarray(np.clip(drawn, low, high))


def move(values: Floats, between: Floats, low: float, high: float) -> Floats:
    """Values moved between their bounds, by the log odds of where they lie; by so much where unbounded."""
    if not np.isfinite(high - low):
        return np.asarray(values + between)
    place = np.clip((values - low) / (high - low), LEAST_SHARE, 1 - LEAST_SHARE)
    return np.where(between == 0, values, low + (high - low) * expit(logit(place) + between))


def median(values: Floats, n: float, between: Floats, low: float, high: float, chance: Chance) -> Floats:
    """Median of n patients taken from each world."""
    drawn = resample(values, n, chance, lambda taken: np.nanmedian(taken, axis=1))
    return move(drawn, between, low, high)


def resample(values: Floats, n: float, chance: Chance, statistic: Callable[[Floats], Floats]) -> Floats:
    """A statistic of n patients (at most 2000) taken from each world with replacement."""
    found = []
    size = min(max(round(n), 1), 2000)
    for world in values:
        asked = world[~np.isnan(world)]
        if not len(asked):
            found.append(np.full(REPEATS, np.nan))
            continue
        place = chance.uniform(REPEATS * size).reshape(REPEATS, size)
        found.append(statistic(asked[(place * len(asked)).astype(np.int64)]))
    return np.concatenate(found)


def moments(values: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each world over patients, float64[worlds]."""
    with np.errstate(invalid="ignore"):
        return np.nanmean(values, axis=1), np.nanstd(values, axis=1)


def standardised(treated: Floats, control: Floats, cv: float) -> Floats:
    """Difference of the means over the spread between control animals, float64[worlds].

    cv: spread that the model's animals do not have, relative to the control's mean: assay, histology.
    """
    (middle, _), (level, sd) = moments(treated), moments(control)
    spread = np.hypot(sd, cv * np.abs(level))
    return (middle - level) / np.where(spread > 0, spread, np.nan)


def standardised_se(effect: Floats, n: float) -> Floats:
    """Standard error of a standardised difference with n in each group."""
    found: Floats = np.sqrt(2 / n + effect**2 / (4 * n))
    return found


def correlation(x: Floats, y: Floats, n: float, chance: Chance) -> Floats:
    """Pearson's correlation in n patients, by Fisher's z."""
    found = []
    for a, b in zip(x, y, strict=True):
        both = ~(np.isnan(a) | np.isnan(b))
        found.append(np.corrcoef(a[both], b[both])[0, 1])
    z = repeated(np.arctanh(np.clip(np.array(found), -0.999, 0.999)))
    drawn: Floats = np.tanh(z + chance.normal(len(z)) / np.sqrt(max(n - 3, 1)))
    return drawn
