"""Periods: stretches of a subject's time in which occasion and covariates stay the same.

The values on a row hold since the row before it, as in NONMEM: an observation is predicted with the values on
its own row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exodyn.errors import InputError
from exodyn.inference.mixed.event_table import EventTable, Segment
from exodyn.inference.mixed.model import Subjects
from exodyn.symbolic import symbols

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MOST = 24
"""Periods of a segment: each is a copy of every parameter that changes."""


@dataclass(frozen=True)
class Periods:
    """All periods of a table, and where each segment has which.

    segment, subject, occasion: of each period, i64[periods]; occasions count from 0 within a subject.
    covariates: f64[periods] by name. of: i64[segments, most periods], the last repeated. until: f64[segments,
    most periods - 1], the time after which the next begins, a last one that repeats never.
    row: by segment, the period (its number within the segment) of each row.
    changing: the individual parameters that differ between periods.
    """

    segment: Integers
    subject: Integers
    occasion: Integers
    covariates: Mapping[str, Floats]
    of: Integers
    until: Floats
    row: tuple[tuple[int, ...], ...]
    changing: frozenset[str]
    occasions: int


def periods(table: EventTable, written: Subjects) -> Periods:
    """The periods that individual parameters see. Raises InputError for too many of them in a segment."""
    with_occasions = bool(written.occasions)
    names = tuple(written.covariates)
    known: list[set[int]] = [set() for _ in table.subjects]
    for one in table.segments:
        known[one.subject] |= set(one.occasions) if with_occasions else {0}
    order = [sorted(each) for each in known]
    segment: list[int] = []
    occasion: list[int] = []
    of: list[list[int]] = []
    until: list[list[float]] = []
    rows: list[tuple[int, ...]] = []
    values: dict[str, list[float]] = {name: [] for name in names}
    for number, one in enumerate(table.segments):
        states = _states(one, names, with_occasions)
        firsts = [k for k in range(len(states)) if k == 0 or states[k] != states[k - 1]]
        if len(firsts) > MOST:
            raise InputError(
                f"{table.file}: occasion or covariates of subject {table.subjects[one.subject]} change "
                f"{len(firsts) - 1} times, expected at most {MOST - 1}: {', '.join(names) or 'OCC'}"
            )
        of.append(list(range(len(segment), len(segment) + len(firsts))))
        until.append([one.times[k - 1] for k in firsts[1:]])
        rows.append(tuple(sum(first <= k for first in firsts) - 1 for k in range(len(states))))
        for k in firsts:
            segment.append(number)
            occasion.append(order[one.subject].index(one.occasions[k]) if with_occasions else 0)
            for name in names:
                values[name].append(one.covariates[name][k])
    most = max(len(each) for each in of)
    last = max([0.0, *(t for s in table.segments for t in s.times)])
    never = 2 * last + 1.0
    found = {name: np.array(each) for name, each in values.items()}
    place = np.array(segment, dtype=np.int64)
    changing = {name for name in names if any(len(set(found[name][each])) > 1 for each in of)} | {
        s.name for s in written.occasions.values()
    }
    return Periods(
        segment=place,
        subject=np.array([s.subject for s in table.segments], dtype=np.int64)[place],
        occasion=np.array(occasion, dtype=np.int64),
        covariates=found,
        of=np.array([each + each[-1:] * (most - len(each)) for each in of], dtype=np.int64),
        until=np.array([each + [never] * (most - 1 - len(each)) for each in until]).reshape(
            len(of), most - 1
        ),
        row=tuple(rows),
        changing=frozenset(
            name for name, phi in written.phi.items() if changing & {s.name for s in symbols([phi])}
        ),
        occasions=max(len(each) for each in order),
    )


def _states(one: Segment, names: tuple[str, ...], with_occasions: bool) -> list[tuple[float, ...]]:
    """What may change, of each row."""
    return [
        (one.occasions[k] if with_occasions else 0, *(one.covariates[name][k] for name in names))
        for k in range(len(one.times))
    ]
