"""Scores by kind, split, indication and species, and overall."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from exodyn.validation.describe import indication_of, species_of
from exodyn.validation.score import binomial_interval, fold_error, gmfe
from exodyn.validation.validate import Scored


@dataclass(frozen=True)
class Group:
    """How the predictions of one group of records did.

    right: inside the band, or statements that hold by the model. interval: exact 95% interval of their share.
    always_better: of statements, how many say "better", which who always says so would get. gmfe and
    within_2fold: of the medians of positive numbers.
    """

    split: str
    kind: str
    indication: str
    species: str
    records: int
    studies: int
    predicted: int
    right: int
    interval: tuple[float, float] | None
    gmfe: float | None
    within_2fold: int | None
    always_better: int | None

    def as_json(self) -> dict[str, Any]:
        """As JSON values."""
        share = self.right / self.predicted if self.predicted else None
        return {
            **self.__dict__,
            "coverage": share,
            "interval": list(self.interval) if self.interval else None,
        }


def groups(found: Sequence[Scored]) -> tuple[Group, ...]:
    """A group for every split, kind, indication and species that there is, sorted."""

    def key(one: Scored) -> tuple[str, str, str, str]:
        return one.split, one.kind, indication_of(one.record), species_of(one.record)

    return tuple(_group(*name, list(them)) for name, them in groupby(sorted(found, key=key), key))


def _group(split: str, kind: str, indication: str, species: str, found: Iterable[Scored]) -> Group:
    them = list(found)
    scored = [one for one in them if one.skipped is None]
    right = sum(one.inside is True for one in scored)
    folds = [
        fold
        for one in scored
        if one.band is not None and one.observed is not None
        and (fold := fold_error(one.band.median, one.observed)) is not None
    ]  # fmt: skip
    number = kind == "number"
    return Group(
        split=split,
        kind=kind,
        indication=indication,
        species=species,
        records=len(them),
        studies=len({one.record.study for one in scored}),
        predicted=len(scored),
        right=right,
        interval=binomial_interval(right, len(scored)) if scored else None,
        gmfe=gmfe(folds) if number else None,
        within_2fold=sum(fold <= 2 for fold in folds) if number else None,
        always_better=None if number else sum(one.says_better is True for one in scored),
    )
