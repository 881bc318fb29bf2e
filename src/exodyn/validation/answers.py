"""What a predictor answers for a record: a number and its band, a statement and its probability, or why not.

The seam for new kinds of prediction: write a `Predictor`, add it to `exodyn.validation.predictors`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from exodyn.evidence import Draws, Record, draws_of
from exodyn.indications import INDICATIONS

Floats = NDArray[np.float64]

Kind = Literal["number", "statement"]
Measure = Literal["log", "logit", "linear"]
"""Where values of a quantity are compared: amounts by their ratio, shares by their odds, else directly."""


@dataclass(frozen=True)
class Number:
    """Predicted is the printed statistic, in the record's own unit and with its n.

    draws: float64[draws] of that statistic, with all that makes it uncertain: parameters, who was in the
    study, sampling, and what differs between studies for reasons that the model does not have.
    measure: see `Measure`. family: what of `between_studies.csv` was added. basis: how it was predicted, in
    words, with what was assumed.
    """

    draws: Floats
    measure: Measure
    basis: str = ""
    family: str = ""


@dataclass(frozen=True)
class Statement:
    """Predicted is whether a statement holds (rank, detected, direction, signal, sign).

    probability: the model's for the statement as the record makes it. draws: float64[draws] of the contrast
    or amount that it is about, None where there is none. better: whether the statement says that a treatment
    helps, None where it is about no treatment. says: the finding in a word. mechanism: the probability
    without what published studies find beyond the model, None where that is the same.
    """

    probability: float
    basis: str = ""
    draws: Floats | None = None
    better: bool | None = None
    says: str = ""
    mechanism: float | None = None


@dataclass(frozen=True)
class Skipped:
    """The record is not predicted; reason in words."""

    reason: str


Answer: TypeAlias = Number | Statement | Skipped


@dataclass(frozen=True)
class Given:
    """What a prediction may use beside the records it is asked for.

    file: all records of the file; a predictor reads their words, and values only where the schema makes them
    inputs (the animal side of a translation table). draws: posterior draws by (indication, species); of what
    has none, values on file. worlds: how many values of what is uncertain about a whole study are drawn.
    patients: virtual patients in each. between_studies: False leaves out what differs between studies (to
    estimate it).
    """

    file: Sequence[Record]
    draws: Mapping[tuple[str, str], Draws] = field(default_factory=lambda: kept_draws())
    worlds: int = 24
    patients: int = 512
    seed: int = 1
    threads: int = 1
    between_studies: bool = True


def kept_draws() -> dict[tuple[str, str], Draws]:
    """The package's own posterior draws, by indication and species."""
    pairs = [(name, species) for name, one in INDICATIONS.items() for species in one.species]
    return {pair: draws for pair in pairs if (draws := draws_of(*pair)) is not None}


class Predictor(Protocol):
    """Predicts records of one family: builds the study that they describe and reads the readout they name."""

    @property
    def name(self) -> str: ...

    def claims(self, one: Record) -> bool:
        """Whether records like this are its own. The first predictor that claims a record answers for it."""
        ...

    def predict(self, wanted: Sequence[Record], given: Given) -> Mapping[str, Answer]:
        """An answer for every record wanted, by id. Records of one study come together, in the file's order:
        one ensemble should serve all of them. No value of `wanted` steers a prediction.
        """
        ...
