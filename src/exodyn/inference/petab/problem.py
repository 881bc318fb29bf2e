"""A parameter estimation problem in the PEtab format, of either version: doi:10.1371/journal.pcbi.1008646."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

Value = float | str
"""A number, or the id of a parameter of the parameter table."""

STEADY = math.inf
"""The time of a steady state, of a measurement or as the end of a period."""


@dataclass(frozen=True)
class Parameter:
    """A row of the parameter table; bounds and nominal value are not scaled, NaN where not stated.

    truncated: the prior is cut off at the bounds, and its density is the higher between them.
    """

    name: str
    scale: str
    lower: float
    upper: float
    nominal: float
    estimated: bool
    prior: tuple[str, float, float] | None = None
    file: Path = Path()
    line: int = 0
    truncated: bool = False

    @property
    def place(self) -> str:
        return f"{self.file}, line {self.line}"


@dataclass(frozen=True)
class Observable:
    """What is measured: formula and noise as text, over ids of the model and of parameters.

    placeholders: names in them for overrides of measurements, as ("observable" or "noise", number from 1).
    """

    name: str
    formula: str
    noise: str
    transformation: str = "lin"
    distribution: str = "normal"
    place: str = ""
    placeholders: Mapping[str, tuple[str, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Period:
    """A condition that holds from `start` on, or (-inf) until the model is steady before all else.

    values: of parameters, compartments and (at the start of the period) states by id.
    """

    start: float
    values: Mapping[str, Value]


@dataclass(frozen=True)
class Measurement:
    """One measured value; overrides stand for the placeholders in the formulas of its observable."""

    observable: str
    experiment: int
    time: float
    value: float
    observable_parameters: tuple[Value, ...] = ()
    noise_parameters: tuple[Value, ...] = ()
    place: str = ""


@dataclass(frozen=True)
class Problem:
    """A whole problem. experiments: the periods that a simulation goes through; missing: values left out;
    files: all that were read. derived: formulas over parameters that stand for values, under their text.
    persistent: what a period sets holds in those after it too. of_state: formulas over the model's
    state at the end of the period before, under their text.
    """

    file: Path
    model: Path
    parameters: tuple[Parameter, ...]
    observables: Mapping[str, Observable]
    experiments: tuple[tuple[Period, ...], ...]
    measurements: tuple[Measurement, ...]
    missing: int = 0
    files: tuple[Path, ...] = ()
    derived: tuple[str, ...] = ()
    persistent: bool = False
    of_state: tuple[str, ...] = ()

    def parameter_names(self) -> list[str]:
        return [p.name for p in self.parameters]

    def entries(self) -> dict[str, int]:
        """Where a value is found: parameters of the table, then what is derived from them."""
        return {name: i for i, name in enumerate([*self.parameter_names(), *self.derived])}
