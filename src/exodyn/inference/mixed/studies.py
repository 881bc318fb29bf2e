"""Studies as a third level: subjects of one study share what sets their study apart.

The likelihood's unit becomes the study, whose integral runs over its own random effects and those of all its
subjects together; a subject is to its study what an occasion is to a subject.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from exodyn.inference.mixed.event_table import EventTable, Observations, Segment

Integers = NDArray[np.int64]


def by_study(table: EventTable, study_of: tuple[str, ...]) -> EventTable:
    """The table with studies in the place of subjects and subjects in that of occasions.

    study_of: of each subject. Segments and observations come in the order of the studies, as first seen.
    """
    names = tuple(dict.fromkeys(study_of))
    study = np.array([names.index(name) for name in study_of], dtype=np.int64)
    order = sorted(range(len(table.segments)), key=lambda k: int(study[table.segments[k].subject]))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    segments = tuple(_of_study(table.segments[k], study) for k in order)
    return replace(
        table,
        subjects=names,
        segments=segments,
        observations=_sorted(table.observations, place, study),
        members=table.subjects,
    )


def _of_study(one: Segment, study: Integers) -> Segment:
    return replace(one, subject=int(study[one.subject]), occasions=(one.subject,) * len(one.times))


def _sorted(seen: Observations, place: Integers, study: Integers) -> Observations:
    order = np.argsort(place[seen.segment], kind="stable")
    return Observations(
        segment=place[seen.segment][order],
        subject=study[seen.subject][order],
        time=seen.time[order],
        value=seen.value[order],
        output=tuple(seen.output[k] for k in order),
        censoring=seen.censoring[order],
        limit=seen.limit[order],
        occasion=seen.subject[order],
        line=seen.line[order],
    )
