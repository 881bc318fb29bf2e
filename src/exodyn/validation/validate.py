"""Every record of a table beside the model's prediction for it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from exodyn.errors import InputError
from exodyn.evidence import Record, is_validation, lowered, table_family, uses
from exodyn.validation.answers import Answer, Given, Kind, Measure, Number, Predictor, Skipped, Statement
from exodyn.validation.baselines import forecasts
from exodyn.validation.kinds import is_range, kind_of, nothing_to_predict
from exodyn.validation.score import Band, band_of
from exodyn.validation.words import lines as words

Progress = Callable[[str, int], None]
"""Told the name of what is predicted next, and how many records are done."""


@dataclass(frozen=True)
class Scored:
    """A record, what was predicted, and whether that was right.

    observed: the printed number; None for a statement, a range and a record without value. band: of the
    number, or of the contrast that a statement is about. inside: None for a record that was skipped.
    says_better: of a statement about an effect, whether it says that the treatment helps. says: its finding
    in a word. mechanism: its probability without what studies find beyond the model.
    baselines: what each dumb forecast says.
    """

    record: Record
    kind: Kind
    split: str
    observed: float | None
    band: Band | None
    probability: float | None
    inside: bool | None
    skipped: str | None
    basis: str = ""
    family: str = ""
    measure: Measure = "linear"
    says_better: bool | None = None
    says: str = ""
    mechanism: float | None = None
    baselines: Mapping[str, Band] = field(default_factory=dict)


def validate(
    records: Sequence[Record],
    predictors: Sequence[Predictor],
    given: Given | None = None,
    progress: Progress | None = None,
) -> tuple[Scored, ...]:
    """Every record once, in its order, with the model's answer.

    predictors: the first that claims a record answers for it.
    """
    given = given or Given(file=records)
    answers: dict[str, Answer] = {}
    for one in records:
        reason = nothing_to_predict(one)
        if reason:
            answers[one.id] = Skipped(reason)
    for predictor, wanted in _shared_out(records, predictors, answers):
        for study in _by_study(wanted):
            if progress is not None:
                progress(f"{predictor.name}: {study[0].study}", len(answers))
            answers |= _answers(predictor, study, given)
    return tuple(scored(one, answers.get(one.id) or _unclaimed(one)) for one in records)


def _unclaimed(one: Record) -> Skipped:
    """Why no predictor answers: what the model takes as given it does not predict."""
    lines = uses(one.id)
    if lines:
        return Skipped(f"an input of the model, which does not predict it ({lines[0]})")
    if table_family(one) == "parameter":
        said = lowered(one.quantity)
        for line in words("not_predicted"):
            if line.pattern.search(said):
                return Skipped(f"'{one.quantity}': {line['reason']}")
    return Skipped("no readout of the model is such a quantity")


def _answers(predictor: Predictor, study: Sequence[Record], given: Given) -> dict[str, Answer]:
    """An answer for every record of a study; one that no prediction can be computed for costs no other."""
    try:
        found = predictor.predict(study, given)
    except (ArithmeticError, ValueError, LookupError, InputError) as error:
        if len(study) == 1:
            return {study[0].id: Skipped(f"the prediction failed: {error}")}
        return {one.id: _answers(predictor, [one], given)[one.id] for one in study}
    return {one.id: _checked(found.get(one.id)) for one in study}


def scored(one: Record, answer: Answer) -> Scored:
    """A record beside an answer."""
    kind = kind_of(one)
    split = "validation" if is_validation(one) else one.split
    observed = one.value if kind == "number" else None
    match answer:
        case Skipped(reason):
            return Scored(one, kind, split, observed, None, None, None, reason)
        case Statement(probability, basis, draws, better, says, mechanism):
            band = band_of(draws) if draws is not None else None
            right = probability >= 0.5
            return Scored(
                one, "statement", split, None, band, probability, right, None, basis,
                says_better=better, says=says, mechanism=mechanism,
            )  # fmt: skip
        case Number(draws, measure, basis, family):
            band = band_of(draws)
            inside = _overlaps(band, one) if is_range(one) else band.contains(one.value or 0.0)
            return Scored(
                one, "number", split, observed, band, None, inside, None, basis, family, measure,
                baselines=forecasts(one),
            )  # fmt: skip


def _overlaps(band: Band, one: Record) -> bool:
    """A quantity printed as a range is right if the band overlaps it."""
    return band.low <= one.spread[1] and band.high >= one.spread[0]


def _checked(answer: Answer | None) -> Answer:
    """An answer that is finite; a prediction that is not becomes a record skipped, with that reason."""
    match answer:
        case None:
            return Skipped("the predictor gave no answer")
        case Statement(probability=probability) if not 0 <= probability <= 1 or math.isnan(probability):
            return Skipped("the prediction is not finite")
        case Number(draws, _, _, _) if not len(draws) or not np.all(np.isfinite(draws)):
            return Skipped("the prediction is not finite")
        case _:
            return answer


def _shared_out(
    records: Sequence[Record], predictors: Sequence[Predictor], answered: Mapping[str, Answer]
) -> Iterator[tuple[Predictor, list[Record]]]:
    """Which predictor answers for which records."""
    left = [one for one in records if one.id not in answered]
    for predictor in predictors:
        own = [one for one in left if predictor.claims(one)]
        taken = {one.id for one in own}
        left = [one for one in left if one.id not in taken]
        if own:
            yield predictor, own


def _by_study(records: Sequence[Record]) -> Iterator[list[Record]]:
    """Records of one study together, in order of their first."""
    found: dict[str, list[Record]] = {}
    for one in records:
        found.setdefault(one.study, []).append(one)
    yield from found.values()
