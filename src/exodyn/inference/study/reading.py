"""How a readout becomes a number on paper: the law of a reading, given what happens in one virtual patient.

A readout is read with an error of its own (normal, lognormal, or proportional and additive). A severity score
is the deficit with the rater's error, rounded and held inside its bounds; an ordinal scale is the class into
which a latent disability falls. These are the laws by which `exodyn.scales` draws readings, as densities.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from exodyn.errors import InputError
from exodyn.inference.likelihoods import Density, combined, lognormal, normal
from exodyn.scales import RankinScale, Scale, SeverityScore

Floats = NDArray[np.float64]
Seen = Mapping[str, Floats]
"""What is read, float64[patients] by name: readouts of the model, traits, and the noise's own parameters."""

STEP = 1e-5  # relative, of central differences of the closed forms below: errors near 1e-10
TINY = 1e-300


class Law(Protocol):
    """The law of a reading; smooth in all that it reads."""

    @property
    def reads(self) -> tuple[str, ...]:
        """Names of what it needs."""
        ...

    @property
    def ends_with_death(self) -> bool:
        """Whether the dead have no reading."""
        ...

    def density(self, low: Floats, high: Floats, seen: Seen) -> Density:
        """Readings between low and high, float64[subjects, 1], in patients, [patients]: [subjects, patients].

        Derivatives by what is seen, for all of it that matters.
        """
        ...

    def moments(self, seen: Seen) -> tuple[Floats, Floats]:
        """Mean and variance of a reading, float64[patients]."""
        ...

    def alive(self, seen: Seen) -> Floats:
        """Probability that there is a reading at all, float64[patients]."""
        ...

    def draw(self, seen: Seen, uniform: Floats) -> Floats:
        """A reading of each patient from a uniform number."""
        ...


@dataclass(frozen=True)
class ReadoutLaw:
    """A readout with an error: normal (sd), lognormal (sd of the log), combined (proportional, additive)."""

    name: str
    kind: str
    ends_with_death: bool = False

    @property
    def noise(self) -> tuple[str, ...]:
        """Names of the error's parameters."""
        if self.kind == "combined":
            return f"noise.{self.name}.proportional", f"noise.{self.name}.additive"
        return (f"noise.{self.name}",)

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.name, *self.noise)

    def density(self, low: Floats, high: Floats, seen: Seen) -> Density:
        value, first = seen[self.name], seen[self.noise[0]]
        if self.kind == "normal":
            found = normal(low, high, value, first)
            return Density(found.log, dict(zip(self.reads, found.by.values(), strict=True)))
        if self.kind == "lognormal":
            found = lognormal(low, high, np.maximum(value, TINY), first)
            return Density(found.log, dict(zip(self.reads, found.by.values(), strict=True)))
        found = combined(low, high, value, first, seen[self.noise[1]])
        return Density(found.log, dict(zip(self.reads, found.by.values(), strict=True)))

    def moments(self, seen: Seen) -> tuple[Floats, Floats]:
        value, first = seen[self.name], seen[self.noise[0]]
        if self.kind == "normal":
            return value, first**2 + 0 * value
        if self.kind == "lognormal":
            mean = value * np.exp(first**2 / 2)
            return mean, mean**2 * np.expm1(first**2)
        return value, (first * value) ** 2 + seen[self.noise[1]] ** 2

    def alive(self, seen: Seen) -> Floats:
        return np.ones_like(seen[self.name])

    def draw(self, seen: Seen, uniform: Floats) -> Floats:
        z = np.asarray(ndtri(uniform), dtype=np.float64)
        if self.kind == "lognormal":
            return np.asarray(seen[self.name] * np.exp(seen[self.noise[0]] * z))
        return seen[self.name] + np.sqrt(self.moments(seen)[1]) * z


@dataclass(frozen=True)
class SeverityLaw:
    """A severity score, `exodyn.scales.SeverityScore`; the dead have none."""

    scale: SeverityScore
    ends_with_death: bool = True

    @property
    def reads(self) -> tuple[str, ...]:
        return self.scale.reads

    def density(self, low: Floats, high: Floats, seen: Seen) -> Density:
        # what rounds to the reading; at the ends of the scale all beyond them
        half = self.scale.step / 2
        below = np.where(low > self.scale.low, low - half, -math.inf)
        above = np.where(high < self.scale.high, high + half, math.inf)
        deficit, sd = self._law(seen)
        found = normal(below, above, deficit, sd)
        bend = self.scale.rater_sd * self.scale.rater_half / (deficit + self.scale.rater_half) ** 2
        return Density(found.log, {"deficit": found.by["mean"] + found.by["sd"] * bend})

    def moments(self, seen: Seen) -> tuple[Floats, Floats]:
        mean, sd = self._law(seen)
        return mean, sd**2 + self.scale.step**2 / 12

    def alive(self, seen: Seen) -> Floats:
        return np.exp(-np.maximum(seen["hazard"], 0.0))

    def draw(self, seen: Seen, uniform: Floats) -> Floats:
        mean, sd = self._law(seen)
        s = self.scale
        steps = np.round((mean + sd * np.asarray(ndtri(uniform)) - s.low) / s.step)
        return np.clip(s.low + steps * s.step, s.low, s.high)

    def _law(self, seen: Seen) -> tuple[Floats, Floats]:
        deficit = np.maximum(seen["deficit"], 1e-9)
        return deficit, self.scale.rater_sd * deficit / (deficit + self.scale.rater_half)


@dataclass(frozen=True)
class RankinLaw:
    """The mRS, `exodyn.scales.RankinScale`; death is its highest class."""

    scale: RankinScale
    ends_with_death: bool = False

    @property
    def reads(self) -> tuple[str, ...]:
        return self.scale.reads

    def shares(self, seen: Seen) -> Floats:
        """The probability of each class, float64[classes, patients]."""
        s = self.scale
        middle = np.log1p(np.maximum(seen["deficit"], 0.0)) + s.age_slope * (seen["age"] - s.age_center)
        sd = math.hypot(s.person_sd, s.rater_sd)
        below = [np.zeros_like(middle), *(ndtr((cut - middle) / sd) for cut in s.cuts), np.ones_like(middle)]
        alive = np.exp(-np.maximum(seen["hazard"], 0.0))
        return np.array([*(alive * np.diff(np.array(below), axis=0)), 1 - alive])

    def density(self, low: Floats, high: Floats, seen: Seen) -> Density:
        level = np.arange(self.scale.low, self.scale.high + 1)
        inside = ((level >= low) & (level <= high)).astype(np.float64)  # [subjects, classes]
        share = np.maximum(inside @ self.shares(seen), TINY)
        by = {name: inside @ slope / share for name, slope in slopes(self.shares, seen).items()}
        return Density(np.log(share), by)

    def moments(self, seen: Seen) -> tuple[Floats, Floats]:
        shares, level = self.shares(seen), np.arange(self.scale.low, self.scale.high + 1)
        mean = level @ shares
        return mean, level**2 @ shares - mean**2

    def alive(self, seen: Seen) -> Floats:
        return np.ones_like(seen["deficit"])

    def draw(self, seen: Seen, uniform: Floats) -> Floats:
        below = np.cumsum(self.shares(seen), axis=0)[:-1]
        return np.asarray(self.scale.low + np.sum(uniform > below, axis=0), dtype=np.float64)


def law_of(scale: Scale) -> Law:
    """The law of a scale's readings. Raises InputError for a scale that has none here."""
    if isinstance(scale, SeverityScore):
        return SeverityLaw(scale)
    if isinstance(scale, RankinScale):
        return RankinLaw(scale)
    raise InputError(
        f"readings of {scale.name} have no density here: fit what it reads ({', '.join(scale.reads)})"
    )


def slopes(function: Callable[[Seen], Floats], seen: Seen) -> dict[str, Floats]:
    """Derivatives of an elementwise function by each thing seen, by central differences.

    function: from columns float64[patients] to float64[..., patients].
    """
    found = {}
    for name, column in seen.items():
        h = STEP * np.maximum(np.abs(column), 1e-6)
        above, below = function({**seen, name: column + h}), function({**seen, name: column - h})
        found[name] = (above - below) / (2 * h)
    return found
