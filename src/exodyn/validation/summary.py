"""Scores by kind, split, indication and species, beside the dumb forecasts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from exodyn.evidence import table_family
from exodyn.validation.baselines import NAMES
from exodyn.validation.describe import indication_of, species_of
from exodyn.validation.quantity import Quantity, quantity_of
from exodyn.validation.score import Band, binomial_interval, fold_error, gmfe, interval_score
from exodyn.validation.validate import Scored

HALF = 0.5  # from this probability on a statement holds


@dataclass(frozen=True)
class Skill:
    """The model beside a baseline, on the records that both forecast.

    interval_score is the baseline's, model_interval_score the model's: means of the records, where values are
    compared (`quantity.Quantity`). skill: 1 less their ratio; above 0 the model is better.
    """

    records: int
    coverage: float
    interval_score: float
    model_interval_score: float
    skill: float


@dataclass(frozen=True)
class Group:
    """How the predictions of one group of records did; family: of their table, such as "outcome".

    right: inside the band, or statements that hold by the model. right_by_mechanism: statements that hold by
    the mechanism alone, where that is told apart. always_better: of statements about a treatment, how many
    say that it helps, which who always says so would get right. gmfe and within_2fold: of the medians of
    positive numbers. interval_score: mean, where values are compared.
    """

    split: str
    kind: str
    family: str
    indication: str
    species: str
    records: int
    studies: int
    predicted: int
    right: int
    coverage: float | None
    interval: tuple[float, float] | None
    gmfe: float | None
    within_2fold: int | None
    always_better: int | None
    right_by_mechanism: int | None
    interval_score: float | None
    baselines: Mapping[str, Skill]

    def as_json(self) -> dict[str, Any]:
        """As JSON values; a score that is beyond all numbers is null."""
        return {name: _or_null(value) for name, value in asdict(self).items()}


def _or_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _or_null(each) for name, each in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def groups(found: Sequence[Scored]) -> tuple[Group, ...]:
    """A group for every split, kind, family, indication and species that there is, sorted."""

    def key(one: Scored) -> tuple[str, str, str, str, str]:
        record = one.record
        return one.split, one.kind, table_family(record), indication_of(record), species_of(record)

    return tuple(group(list(them), *name) for name, them in groupby(sorted(found, key=key), key))


def group(
    found: Iterable[Scored], split: str, kind: str, family: str, indication: str = "", species: str = ""
) -> Group:
    """The scores of records of one kind."""
    them = list(found)
    scored = [one for one in them if one.skipped is None]
    right = sum(one.inside is True for one in scored)
    folds = [fold for one in scored if (fold := _fold(one)) is not None]
    number = kind == "number"
    scores = [_scores(one) for one in scored if one.observed is not None]
    own = [score[""] for score in scores]
    skills = {name: _skill(name, scores, scored) for name in NAMES}
    return Group(
        split=split,
        kind=kind,
        family=family,
        indication=indication,
        species=species,
        records=len(them),
        studies=len({one.record.study for one in scored}),
        predicted=len(scored),
        right=right,
        coverage=right / len(scored) if scored else None,
        interval=binomial_interval(right, len(scored)) if scored else None,
        gmfe=gmfe(folds) if number else None,
        within_2fold=sum(fold <= 2 for fold in folds) if number else None,
        always_better=None if number else sum(one.says_better is True for one in scored),
        right_by_mechanism=None if number else sum((_alone(one) or 0.0) >= HALF for one in scored),
        interval_score=sum(own) / len(own) if own else None,
        baselines={name: skill for name, skill in skills.items() if skill is not None},
    )


def _alone(one: Scored) -> float | None:
    return one.probability if one.mechanism is None else one.mechanism


def _fold(one: Scored) -> float | None:
    if one.band is None or one.observed is None:
        return None
    return fold_error(one.band.median, one.observed)


def _scores(one: Scored) -> dict[str, float]:
    """Interval scores of the model ("") and of the baselines, where the values are compared."""
    assert one.band is not None and one.observed is not None
    quantity = quantity_of(one.record)
    bands = {"": one.band, **one.baselines}
    return {name: _compared(band, quantity, one.observed) for name, band in bands.items()}


def _compared(band: Band, quantity: Quantity, observed: float) -> float:
    there = Band(*(quantity.to(value) for value in (band.median, band.low, band.high)))
    return interval_score(there, quantity.to(observed))


def _skill(name: str, scores: Sequence[Mapping[str, float]], scored: Sequence[Scored]) -> Skill | None:
    both = [score for score in scores if name in score]
    if not both:
        return None
    inside = [
        one.baselines[name].contains(one.observed)
        for one in scored
        if name in one.baselines and one.observed is not None
    ]
    model, theirs = (sum(score[which] for score in both) / len(both) for which in ("", name))
    return Skill(len(both), sum(inside) / len(inside), theirs, model, 1 - model / theirs if theirs else 0.0)
