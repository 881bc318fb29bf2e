"""What an indication is to a study: a model, a population, scales to read it by, and what was published."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from scipy.special import expit, logit, ndtr, ndtri

from exodyn.evidence import ANY, Limits, ParameterRecord
from exodyn.scales import FloatArray, Scale
from exodyn.symbolic import Model

TRAIT_KINDS = ("lognormal", "bounded", "normal", "uniform", "constant")


@dataclass(frozen=True)
class Trait:
    """A quantity of a virtual patient and how it is spread over the population.

    kind, center and spread:
        lognormal   median, sd of the log; cut off at low and high where these are given
        normal      mean, sd; cut off at low and high where these are given
        bounded     logit-normal between low and high: median, sd of the logit
        uniform     between low and high
        constant    center

    limits: which values are possible at all; a study may not set others.
    """

    name: str
    unit: str
    kind: str
    meaning: str = ""
    center: float | None = None
    spread: float | None = None
    low: float | None = None
    high: float | None = None
    records: tuple[str, ...] = ()
    status: str = ""
    reason: str = ""
    limits: Limits = ANY

    def __post_init__(self) -> None:
        needs = {
            "lognormal": ("center", "spread"),
            "normal": ("center", "spread"),
            "bounded": ("center", "spread", "low", "high"),
            "uniform": ("low", "high"),
            "constant": ("center",),
        }
        if self.kind not in needs:
            raise ValueError(
                f"trait '{self.name}': kind '{self.kind}', expected one of {', '.join(TRAIT_KINDS)}"
            )
        for key in needs[self.kind]:
            if getattr(self, key) is None:
                raise ValueError(f"trait '{self.name}': a {self.kind} trait needs '{key}'")
        if self.spread is not None and self.spread < 0:
            raise ValueError(f"trait '{self.name}': spread {self.spread}, expected 0 or more")
        if self.low is not None and self.high is not None and not self.low < self.high:
            raise ValueError(f"trait '{self.name}': low {self.low} is not below high {self.high}")
        if self.kind == "lognormal" and not (self.center or 0) > 0:
            raise ValueError(f"trait '{self.name}': median {self.center}, expected more than 0")
        if self.kind == "bounded" and not (self.low or 0) < (self.center or 0) < (self.high or 0):
            raise ValueError(f"trait '{self.name}': median {self.center} is not between its bounds")

    def sample(self, uniform: FloatArray) -> FloatArray:
        """The quantity at these probabilities, each in (0, 1): the inverse of its distribution function."""
        center, spread = self.center or 0.0, self.spread or 0.0
        low, high = self.low, self.high
        if self.kind == "constant" or (self.kind != "uniform" and spread == 0.0):
            return np.full_like(uniform, center)
        if self.kind == "uniform":
            assert low is not None and high is not None
            return low + (high - low) * uniform
        if self.kind == "bounded":
            assert low is not None and high is not None
            middle = float(logit((center - low) / (high - low)))
            return low + (high - low) * np.asarray(expit(middle + spread * ndtri(uniform)))
        log = self.kind == "lognormal"
        middle = float(np.log(center)) if log else center
        below = 0.0 if low is None else ndtr(((np.log(low) if log else low) - middle) / spread)
        above = 1.0 if high is None else ndtr(((np.log(high) if log else high) - middle) / spread)
        score = middle + spread * np.asarray(ndtri(below + (above - below) * uniform))
        return np.exp(score) if log else score


@dataclass(frozen=True)
class Population:
    """Traits of virtual patients; correlations are (trait, trait, rho) of their normal scores."""

    traits: tuple[Trait, ...]
    correlations: tuple[tuple[str, str, float], ...] = ()


@dataclass(frozen=True)
class Point:
    """A published value to draw beside the prediction; time in days after onset."""

    record: str
    study: str
    scale: str
    statistic: str
    arm: str
    time: float
    value: float
    spread: tuple[float, ...]
    spread_kind: str
    n: float | None
    split: str


Known = Mapping[str, ParameterRecord]


class PersonOf(Protocol):
    """Per-patient model parameters from traits, arrays over patients. known: None takes the records."""

    def __call__(
        self, species: str, traits: Mapping[str, FloatArray], known: Known | None = None
    ) -> dict[str, FloatArray]: ...


class ScalesOf(Protocol):
    """The scales by which function is read. known: None takes the records."""

    def __call__(self, species: str, known: Known | None = None) -> tuple[Scale, ...]: ...


@dataclass(frozen=True)
class Indication:
    """A therapy's target: everything that a study needs, by species.

    model: (species, product, route) -> the composed model.
    person: (species, traits, parameters of a study) -> per-patient model parameters.
    scales: (species, parameters of a study) -> scales.
    dose: (species, product, route, amount, unit) -> (state that is dosed, amount in the model's unit).
    stoichiometry: the four roles (given, at_lesion, cargo_per_cell, endogenous_per_cell) -> readout names.
    balance: name of the readout that must equal what was given so far, in the unit that `dose` gives.
    figures: what a report draws, readout names by figure.
    remarks: what a reader of any result in a species must be told.
    size: "default" or "full". full: the same indication with the full model, None where there is none.
    mechanisms: what a study may leave out by name -> the parameter that is then 0.
    """

    name: str
    title: str
    species: tuple[str, ...]
    products: Callable[[str], tuple[str, ...]]
    routes: Callable[[str], tuple[str, ...]]
    model: Callable[[str, str, str], Model]
    dose: Callable[[str, str, str, float, str], tuple[str, float]]
    population: Callable[[str], Population]
    person: PersonOf
    scales: ScalesOf
    visits: Callable[[str], tuple[float, ...]]
    published: Callable[[str], tuple[Point, ...]]
    parameters: Callable[[str], Known]
    stoichiometry: Mapping[str, str]
    balance: str
    figures: Mapping[str, tuple[str, ...]]
    remarks: Callable[[str], tuple[str, ...]]
    size: str = "default"
    full: Indication | None = None
    mechanisms: Mapping[str, str] = field(default_factory=dict)
