"""What a scale is to a study: a reading of the tissue by a rater, bounded, in steps, with death."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from exodyn.evidence import ScaleFacts

FloatArray = NDArray[np.float64]


class Scale(Protocol):
    """A scale. Readings are multiples of `step` between `low` and `high`, NaN where none can be taken."""

    @property
    def name(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...
    @property
    def step(self) -> float: ...
    @property
    def higher_is(self) -> str: ...
    @property
    def levels(self) -> tuple[str, ...]:
        """Names of the levels, lowest first; none where the levels are numbers."""
        ...

    @property
    def reads(self) -> tuple[str, ...]:
        """Names of the readouts that `observe` needs."""
        ...

    def draws(self, visits: int) -> int:
        """Columns of uniform numbers that `observe` needs for this many visits."""
        ...

    def observe(self, readouts: Mapping[str, FloatArray], uniforms: FloatArray) -> FloatArray:
        """What the rater writes down, float64[patients, visits].

        readouts: float64[patients, visits] by name. uniforms: float64[patients, draws(visits)]; column 0 is
        the patient's own for death, the same for every scale, so that scales agree on who died.
        """
        ...


@dataclass(frozen=True)
class Described:
    """What the facts of a scale say of it: the part of `Scale` that is the same for all."""

    facts: ScaleFacts

    @property
    def name(self) -> str:
        return self.facts.name

    @property
    def unit(self) -> str:
        return self.facts.unit

    @property
    def low(self) -> float:
        return self.facts.low

    @property
    def high(self) -> float:
        return self.facts.high

    @property
    def step(self) -> float:
        return self.facts.step

    @property
    def higher_is(self) -> str:
        return self.facts.higher_is

    @property
    def levels(self) -> tuple[str, ...]:
        return ()


def dead(hazard: FloatArray, uniform: FloatArray) -> NDArray[np.bool_]:
    """Who is dead, [patients, visits]: the cumulative hazard has passed -log(u), u in (0, 1), [patients]."""
    return hazard > -np.log(uniform)[:, None]
