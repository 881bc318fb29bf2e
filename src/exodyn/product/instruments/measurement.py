"""What one instrument file says, in one form for all formats; nothing here is guessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def _nothing() -> Mapping[str, float]:
    return MappingProxyType({})


def _no_text() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Histogram:
    """Amounts by diameter. ``amounts[i]`` lies between ``edges[i]`` and ``edges[i + 1]``; it is no density.

    edges: float64[bins + 1], nm, rising. centres: float64[bins], nm, as the instrument names its classes.
    amounts: float64[bins] in ``unit`` ("particles/mL", "particles", "%", or "not stated").
    weighting: what an amount counts: "number", or "intensity" and "volume", which favour large particles.
    """

    edges: Floats
    centres: Floats
    amounts: Floats
    unit: str
    weighting: str = "number"

    def __post_init__(self) -> None:
        for values in (self.edges, self.centres, self.amounts):
            values.setflags(write=False)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Histogram)
            and (self.unit, self.weighting) == (other.unit, other.weighting)
            and np.array_equal(self.edges, other.edges)
            and np.array_equal(self.centres, other.centres)
            and np.array_equal(self.amounts, other.amounts)
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def total(self) -> float:
        """Sum of the amounts."""
        return float(self.amounts.sum())

    def times(self, factor: float) -> Histogram:
        """All amounts times a factor."""
        return Histogram(self.edges, self.centres, self.amounts * factor, self.unit, self.weighting)


@dataclass(frozen=True, eq=False)
class Events:
    """Single events of a counter that is not calibrated: values float64[events, channels], in raw units."""

    channels: tuple[str, ...]
    values: Floats

    def __post_init__(self) -> None:
        self.values.setflags(write=False)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Events)
            and self.channels == other.channels
            and np.array_equal(self.values, other.values)
        )

    __hash__ = None  # type: ignore[assignment]

    def channel(self, name: str) -> Floats:
        """float64[events]; raises KeyError for an unknown name."""
        if name not in self.channels:
            raise KeyError(name)
        return np.asarray(self.values[:, self.channels.index(name)])


@dataclass(frozen=True)
class Replicate:
    """One capture, run or record.

    particles_per_ml: of the sample where ``dilution`` is known; as measured, in the cell, where it is None.
    dilution: the factor already applied; None where the file does not record it, which is not 1.
    reported: the instrument's own figures by name (mean, mode, sd, d10, d50, d90 in nm, z_average ...).
    settings: what the instrument was set to or sensed, as written. flags: reasons to
    doubt, each with who says so.
    """

    name: str
    sample: str
    histogram: Histogram | None = None
    events: Events | None = None
    particles_per_ml: float | None = None
    dilution: float | None = None
    reported: Mapping[str, float] = field(default_factory=_nothing)
    settings: Mapping[str, str] = field(default_factory=_no_text)
    flags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "reported", MappingProxyType(dict(self.reported)))
        object.__setattr__(self, "settings", MappingProxyType(dict(self.settings)))


@dataclass(frozen=True)
class Measurement:
    """One file: its replicates, the averages that the instrument printed, its header as written, its hash."""

    format: str
    sha256: str
    replicates: tuple[Replicate, ...]
    averages: Mapping[str, float] = field(default_factory=_nothing)
    standard_errors: Mapping[str, float] = field(default_factory=_nothing)
    flags: tuple[str, ...] = ()
    header: str = field(default="", compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "averages", MappingProxyType(dict(self.averages)))
        object.__setattr__(self, "standard_errors", MappingProxyType(dict(self.standard_errors)))

    @property
    def samples(self) -> tuple[str, ...]:
        """The names of the samples, each once, in the order of the file."""
        return tuple(dict.fromkeys(replicate.sample for replicate in self.replicates))

    @property
    def dilution(self) -> float | None:
        """The dilution if it is known and the same in all replicates."""
        found = {replicate.dilution for replicate in self.replicates}
        return found.pop() if len(found) == 1 else None


def linear_edges(centres: Floats) -> Floats:
    """float64[n + 1] in nm: halfway between neighbours, the outer bins as wide as their neighbour's gap."""
    middle = (centres[1:] + centres[:-1]) / 2
    return np.concatenate(([2 * centres[0] - middle[0]], middle, [2 * centres[-1] - middle[-1]]))


def logarithmic_edges(centres: Floats) -> Floats:
    """The same on the log scale, for classes that grow by a factor."""
    return np.asarray(np.exp(linear_edges(np.log(centres))))
