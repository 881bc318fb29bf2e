"""Event tables: one row a dose, an observation or another event of a subject, as NONMEM and others read them.

Columns, in any case and order: ID, TIME, DV, and where they are needed AMT, RATE, EVID, CMT, II, ADDL, SS,
MDV, DVID, OCC, CENS, LIMIT, BLQ, LLOQ; any other may be a covariate. Meanings are NONMEM's, those of CENS and
LIMIT Monolix's. What each means and what is refused: docs/data_formats.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from exodyn.errors import InputError, nearest
from exodyn.inference.mixed.event_table import DoseRecord, EventTable, Infusion, Observations, Segment
from exodyn.inference.mixed.rows import COLUMNS, MISSING, NUMBER, Rows, read_rows
from exodyn.inference.mixed.studies import by_study

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def is_event_table(path: str | Path) -> bool:
    """Whether the header has ID, TIME and DV."""
    try:
        with Path(path).open(encoding="utf-8-sig", errors="replace") as file:
            names = {name.strip().upper() for name in re.split("[,;\t]", file.readline(10_000))}
    except OSError:
        return False
    return {"ID", "TIME", "DV"} <= names


def read_event_table(
    path: str | Path,
    covariates: Sequence[str] = (),
    columns: Mapping[str, str] | None = None,
    levels: Mapping[str, Mapping[str, float]] | None = None,
    study: str = "",
) -> EventTable:
    """Read an event table. The file is text with a header line, separated by commas, semicolons or tabs.

    covariates: columns that must be there with a value for every subject. columns: the name in the file of a
    column that is called otherwise there, {"DV": "conc"}. levels: numbers for the words of a covariate,
    {"SEX": {"female": 0, "male": 1}}. study: the column that says which study a subject was in.
    Raises InputError that names file, line and column.
    """
    rows = read_rows(Path(path), columns or {})
    table = _Reader(rows, tuple(covariates), levels or {}).table()
    if not study:
        return table
    return by_study(table, _studies(rows, study))


def _studies(rows: Rows, column: str) -> tuple[str, ...]:
    """The study of each subject."""
    if column not in rows.names:
        raise InputError(
            f"{rows.file}, line 1: no column '{column}' for the study{nearest(column, rows.names)}"
        )
    if "OCC" in rows.names:
        raise InputError(f"{rows.file}, line 1: column OCC: occasions beside studies are not supported")
    found: dict[str, str] = {}
    for row, (subject, name) in enumerate(zip(rows.cells["ID"], rows.cells[column], strict=True)):
        if name in MISSING:
            rows.complain(row, column, "is empty, expected the name of a study")
        if found.setdefault(subject, name) != name:
            rows.complain(row, column, f"'{name}', but subject {subject} was in '{found[subject]}' above")
    return tuple(found.values())


@dataclass
class _Measured:
    """One observation on its way."""

    segment: int
    subject: int
    time: float
    value: float
    output: str
    censoring: int
    limit: float
    occasion: int
    line: int


class _Reader:
    """Goes through the rows of one table."""

    def __init__(
        self, rows: Rows, covariates: tuple[str, ...], levels: Mapping[str, Mapping[str, float]]
    ) -> None:
        self.rows = rows
        self.has = set(rows.names)
        for name in covariates:
            if name not in self.has:
                known = [n for n in rows.names if n not in COLUMNS]
                raise InputError(f"{rows.file}, line 1: no covariate '{name}'{nearest(name, known)}")
        self.wanted = covariates
        self.levels = levels
        self.subjects: list[str] = []
        self.segments: list[Segment] = []
        self.measured: list[_Measured] = []

    def table(self) -> EventTable:
        rows = self.rows
        self._refuse_flagged()
        ids = rows.cells["ID"]
        for row, name in enumerate(ids):
            if name in MISSING:
                rows.complain(row, "ID", "is empty")
        changes = [0, *(k for k in range(1, len(ids)) if ids[k] != ids[k - 1]), len(ids)]
        values: dict[str, list[float]] = {name: [] for name in self.wanted}
        seen: set[str] = set()
        for first, last in pairwise(changes):
            if ids[first] in seen:
                rows.complain(first, "ID", f"'{ids[first]}' stands above too: sort the rows by ID and TIME")
            seen.add(ids[first])
            self.subjects.append(ids[first])
            self._subject(range(first, last), values)
        if not self.measured:
            raise InputError(f"{rows.file}: no row is an observation")
        return EventTable(
            rows.file,
            tuple(self.subjects),
            tuple(self.segments),
            _observations(self.measured),
            {name: np.array(found) for name, found in values.items()},
            rows.names,
        )

    def _refuse_flagged(self) -> None:
        for name in ("C", "IGNORE"):
            for row, cell in enumerate(self.rows.cells.get(name, [])):
                if cell.upper() == "C":
                    self.rows.complain(row, name, "marks the row to be left out: take such rows out first")

    # -- one subject

    def _subject(self, span: range, values: dict[str, list[float]]) -> None:
        subject = len(self.subjects) - 1
        events = [self._event(row) for row in span]
        times = [self._time(row) for row in span]
        courses = {name: self._covariate(name, span) for name in self.wanted}
        for name, course in courses.items():
            values[name].append(course[0])
        begin = 0
        for k, row in enumerate(span):
            restarts = events[k] in (3, 4)
            fresh = k > 0 and self._steady(row) == 1 and events[k] in (1, 4)
            if k > 0 and times[k] < times[k - 1] and not restarts:
                hint = "sort the rows, or mark a restart by EVID 3 or 4"
                self.rows.complain(row, "TIME", f"{times[k]:g} comes after {times[k - 1]:g}: {hint}")
            if k > begin and (restarts or fresh):
                self._segment(subject, span, begin, k, events, times, courses)
                begin = k
        self._segment(subject, span, begin, len(span), events, times, courses)

    def _segment(
        self,
        subject: int,
        span: range,
        begin: int,
        end: int,
        events: list[int],
        times: list[float],
        courses: Mapping[str, list[float]],
    ) -> None:
        doses = []
        for k in range(begin, end):
            row = span[k]
            if events[k] in (1, 4):
                doses.append(self._dose(row, k - begin, times[k], events[k]))
            else:
                self._refuse_dose(row, events[k])
            if events[k] == 0 and self.rows.whole(row, "MDV", (0, 1)) == 0:
                self.measured.append(self._observation(row, times[k], subject))
        reset = times[begin] if events[begin] in (3, 4) else None
        self.segments.append(
            Segment(
                subject,
                tuple(doses),
                reset,
                tuple(times[begin:end]),
                tuple(self.rows.whole(row, "OCC") for row in span[begin:end]),
                {name: tuple(course[begin:end]) for name, course in courses.items()},
            )
        )

    # -- one row

    def _event(self, row: int) -> int:
        rows = self.rows
        if "EVID" in self.has:
            if rows.missing(row, "EVID"):
                rows.complain(row, "EVID", "is empty, expected 0 to 4")
            return rows.whole(row, "EVID", (0, 1, 2, 3, 4))
        dose = rows.number(row, "AMT", 0.0) != 0 or (
            rows.whole(row, "SS", (0, 1, 2)) > 0 and rows.number(row, "RATE", 0.0) != 0
        )
        unmeasured = rows.whole(row, "MDV", (0, 1)) == 1
        if dose and not unmeasured and rows.number(row, "DV", 0.0) != 0:
            rows.complain(row, "DV", "the row has a dose and a measurement: make it two rows, or say EVID")
        return 1 if dose else 2 if unmeasured else 0

    def _time(self, row: int) -> float:
        text = self.rows.cells["TIME"][row]
        if ":" in text or "/" in text or re.fullmatch(r"\d{4}-\d\d?-\d\d?.*", text):
            self.rows.complain(row, "TIME", f"'{text}' is a date or time of day, expected one number")
        return self.rows.number(row, "TIME")

    def _steady(self, row: int) -> int:
        return self.rows.whole(row, "SS", (0, 1, 2))

    def _dose(self, row: int, place: int, time: float, event: int) -> DoseRecord:
        rows = self.rows
        amount, rate = rows.number(row, "AMT", 0.0), rows.number(row, "RATE", 0.0)
        if amount < 0:
            rows.complain(row, "AMT", f"{amount:g} is below 0")
        steady, interval = self._steady(row), rows.number(row, "II", 0.0)
        if amount == 0:
            if rate > 0 and steady:
                rows.complain(row, "AMT", "0 with RATE and SS is an infusion without end, which is not read")
            rows.complain(row, "AMT", f"no amount, expected one with EVID {event}")
        if rate < 0 and rate not in (-1, -2):
            rows.complain(row, "RATE", f"{rate:g}, expected above 0, 0, -1 or -2")
        if interval < 0:
            rows.complain(row, "II", f"{interval:g} is below 0")
        more = rows.whole(row, "ADDL")
        if more < 0:
            rows.complain(row, "ADDL", f"{more} is below 0")
        if (more or steady) and not interval:
            rows.complain(row, "II", f"no interval, which {'ADDL' if more else 'SS'} needs")
        kinds: dict[float, Infusion] = {0.0: "bolus", -1.0: "estimated rate", -2.0: "estimated duration"}
        return DoseRecord(
            line=rows.lines[row],
            row=place,
            time=time,
            amount=amount,
            compartment=self._compartment(row),
            infusion=kinds.get(rate, "rate"),
            rate=max(rate, 0.0),
            interval=interval if more or steady else None,
            count=1 + more,
            steady_state=steady > 0,
        )

    def _compartment(self, row: int) -> str:
        if self.rows.missing(row, "CMT"):
            return "1"
        text = self.rows.cells["CMT"][row]
        if NUMBER.fullmatch(text):
            number = float(text)
            if number < 0:
                self.rows.complain(row, "CMT", f"{text} turns a compartment off, which is not read")
            return str(int(number) or 1) if number == int(number) else text
        return text

    def _refuse_dose(self, row: int, event: int) -> None:
        for name in ("AMT", "ADDL", "SS"):
            if self.rows.number(row, name, 0.0) != 0:
                self.rows.complain(row, name, f"not 0 in a row with EVID {event}, which gives no dose")

    def _observation(self, row: int, time: float, subject: int) -> _Measured:
        rows = self.rows
        censoring, limit = rows.whole(row, "CENS", (-1, 0, 1)), rows.number(row, "LIMIT", np.nan)
        if rows.whole(row, "BLQ", (0, 1)) == 1:
            if censoring < 0:
                rows.complain(row, "BLQ", "1 in a row with CENS -1")
            censoring = 1
            if not rows.missing(row, "LLOQ"):
                value = rows.number(row, "LLOQ")
            elif rows.number(row, "DV", 0.0) > 0:
                value = rows.number(row, "DV")
            else:
                rows.complain(row, "LLOQ", "no limit of quantification: give it here or in DV")
        elif rows.missing(row, "DV"):
            rows.complain(row, "DV", "is empty: give the measurement, or MDV 1 where there is none")
        else:
            value = rows.number(row, "DV")
        if censoring and np.isfinite(limit) and (limit - value) * censoring >= 0:
            rows.complain(row, "LIMIT", f"{limit:g} leaves nothing between it and {value:g}")
        output = "" if rows.missing(row, "DVID") else rows.cells["DVID"][row]
        return _Measured(
            len(self.segments),
            subject,
            time,
            value,
            output,
            censoring,
            limit if censoring else np.nan,
            rows.whole(row, "OCC"),
            rows.lines[row],
        )

    # -- covariates

    def _covariate(self, name: str, span: range) -> list[float]:
        """Its value on every row of a subject; a row without one has that of the next row with one."""
        found = [None if self.rows.missing(row, name) else self._level(row, name) for row in span]
        later = None
        for k in reversed(range(len(found))):
            if found[k] is None:
                found[k] = later
            later = found[k]
        filled: list[float] = []
        for value in found:
            if value is None and not filled:
                subject = self.rows.cells["ID"][span[0]]
                message = f"subject {subject} has no value; give one, or leave the covariate out of the model"
                self.rows.complain(span[0], name, message)
            filled.append(filled[-1] if value is None else value)
        return filled

    def _level(self, row: int, name: str) -> float:
        text = self.rows.cells[name][row]
        if name in self.levels:
            if text not in self.levels[name]:
                self.rows.complain(
                    row, name, f"no number is given for '{text}'{nearest(text, self.levels[name])}"
                )
            return float(self.levels[name][text])
        if not NUMBER.fullmatch(text):
            self.rows.complain(
                row, name, f"'{text}', expected a number (or give its words numbers by levels)"
            )
        return self.rows.number(row, name)


def _observations(found: list[_Measured]) -> Observations:
    def whole(name: str) -> Integers:
        return np.array([getattr(one, name) for one in found], dtype=np.int64)

    def real(name: str) -> Floats:
        return np.array([getattr(one, name) for one in found], dtype=np.float64)

    return Observations(
        segment=whole("segment"),
        subject=whole("subject"),
        time=real("time"),
        value=real("value"),
        output=tuple(one.output for one in found),
        censoring=whole("censoring"),
        limit=real("limit"),
        occasion=whole("occasion"),
        line=whole("line"),
    )
