"""Outcomes: what one arm of a study, or its contrast to control, read on a scale or of tissue at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from exodyn.evidence import Record, table_family
from exodyn.validation import reach
from exodyn.validation.answers import Answer, Given, Skipped
from exodyn.validation.arms import ARM
from exodyn.validation.asking import Asked, asks
from exodyn.validation.contrasts import CONTRASTS
from exodyn.validation.courses import COURSES, DAYS, TIMES
from exodyn.validation.describe import Described
from exodyn.validation.follow import Followed, follow

STATISTICS = {**ARM, **CONTRASTS, **COURSES}


@dataclass(frozen=True)
class Outcomes:
    """Predicts outcome records of every indication that has a model and lines of words."""

    name: str = "outcome"

    def claims(self, one: Record) -> bool:
        """Whether it is an outcome record."""
        return table_family(one) == "outcome"

    def predict(self, wanted: Sequence[Record], given: Given) -> Mapping[str, Answer]:
        """One ensemble for all records of a study that describe the same patients and regimen."""
        answers: dict[str, Answer] = {}
        together: dict[Described, list[Asked]] = {}
        for one in wanted:
            asked = asks(one)
            if isinstance(asked, str):
                answers[one.id] = Skipped(asked)
            else:
                together.setdefault(asked.study, []).append(asked)
        for study, group in together.items():
            times = {time for asked in group for time in _times(asked)}
            followed = follow(study, tuple(sorted(times)), given)
            for asked in group:
                answers[asked.record.id] = _answer(asked, followed, given)
        return answers


OUTCOMES = Outcomes()


def _times(asked: Asked) -> tuple[float, ...]:
    """Days at which the patients must be seen."""
    if asked.reading.statistic in COURSES:
        return (*TIMES, *DAYS)
    since = (asked.since,) if asked.reading.statistic == "direction" else ()
    return (*since, asked.time, *reach.times(asked))


def _answer(asked: Asked, followed: Followed, given: Given) -> Answer:
    """The predicted statistic, with the sampling of the record's n."""
    make = STATISTICS.get(asked.reading.statistic)
    if make is None:
        return Skipped(f"statistic '{asked.reading.statistic}': not one that is read of patients")
    return make(asked, followed, given)
