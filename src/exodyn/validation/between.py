"""What differs between studies for reasons that the model does not have, as a spread of its predictions.

``between_studies.csv`` holds it by family of quantity, estimated from calibration records alone by

    python -m exodyn.validation.estimate_between [--write]
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import cast

import numpy as np
from scipy.special import stdtrit

from exodyn.engine.random import uniforms
from exodyn.evidence.table import DATA, STATUSES, EvidenceError, Row, rows
from exodyn.validation.answers import Floats, Given, Measure
from exodyn.validation.statistics import REPEATS

MEASURES: tuple[Measure, ...] = ("log", "logit", "linear")


@dataclass(frozen=True)
class Between:
    """How far a new study's true value lies from the model's, where values are compared.

    It is sd times Student's t with df degrees of freedom: studies behind it less one, infinite where that is
    not known. Studies of a treatment find more benefit than the mechanism has, by effects that it lacks and
    by selective reporting: factor times the mechanism's, so that none stays none; floor is what they find
    where that is less.
    """

    family: str
    measure: Measure
    sd: float
    df: float
    factor: float
    floor: float

    def published(
        self, effect: Floats, given: Given, stream: str, benefit: float, reach: Floats | float = 1.0
    ) -> Floats:
        """What studies find of true effects by the mechanism, float64[draws]; benefit: its sign.

        reach: share of what studies usually find beyond the mechanism that the treatment can have.
        """
        if not given.between_studies:
            return effect
        more = (1 + reach * (self.factor - 1)) * benefit * effect
        if self.floor:
            more = np.maximum(more, reach * self.floor)
        return benefit * more + reach * self.draws(len(effect), given, stream)

    def draws(self, count: int, given: Given, stream: str) -> Floats:
        """float64[count]; zeros where `given` leaves it out."""
        if not given.between_studies:
            return np.zeros(count)
        place = uniforms(given.seed, f"validation:between:{stream}", 0, count, 1)[:, 0]
        scores = np.asarray(stdtrit(self.df, place), dtype=np.float64)
        return self.sd * scores


@cache
def between_studies() -> Mapping[str, Between]:
    """By family of quantity."""
    found = {}
    for number, cells in rows(DATA / "validation" / "between_studies.csv"):
        row = Row("between_studies.csv", number, cells)
        sd, df = row.number("sd"), row.number("df")
        row.choice("status", STATUSES)
        if sd is None or sd < 0 or not row.text("reason"):
            raise EvidenceError(f"{row.place('sd')}: expected 0 or more, and a reason")
        measure = cast(Measure, row.choice("measure", MEASURES))
        found[row.text("family")] = Between(
            row.text("family"),
            measure,
            sd,
            math.inf if df is None else df,
            row.number("factor") or 1.0,
            row.number("floor") or 0.0,
        )
    return MappingProxyType(found)


def between_draws(family: str, given: Given, id: str) -> Floats:
    """What differs between studies in a family of quantities, for one record: float64[draws]."""
    return between_studies()[family].draws(given.worlds * REPEATS, given, id)
