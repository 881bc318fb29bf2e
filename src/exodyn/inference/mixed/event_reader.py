"""Event tables: one row a dose, an observation or another event of a subject, as NONMEM and others read them.

Columns, in any case and order: ID, TIME, DV, and where they are needed AMT, RATE, EVID, CMT, II, ADDL, SS,
MDV, DVID, OCC, CENS, LIMIT, BLQ, LLOQ, DATE, C; any other may be a covariate. Meanings are NONMEM's, those of
CENS and LIMIT Monolix's. What each means and what is refused: docs/data_formats.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from exodyn.errors import InputError, nearest
from exodyn.inference.mixed.clock import Clock
from exodyn.inference.mixed.event_table import DoseRecord, EventTable, Infusion, Observations, Segment
from exodyn.inference.mixed.rows import COLUMNS, MISSING, NUMBER, Rows, read_rows
from exodyn.inference.mixed.studies import by_study
from exodyn.symbolic.units import factor

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def is_event_table(path: str | Path) -> bool:
    """Whether the header has ID, TIME and DV."""
    try:
        with Path(path).open(encoding="utf-8-sig", errors="replace") as file:
            names = {name.strip(" #\r\n").upper() for name in re.split("[,; \t]", file.readline(10_000))}
    except OSError:
        return False
    return {"ID", "TIME", "DV"} <= names


def read_event_table(
    path: str | Path,
    covariates: Sequence[str] = (),
    columns: Mapping[str, str] | None = None,
    levels: Mapping[str, Mapping[str, float]] | None = None,
    study: str = "",
    time_unit: str = "h",
) -> EventTable:
    """Read an event table: text with a header line, separated by commas, semicolons, tabs or white space.

    covariates: columns that must be there with a value for every subject. columns: the name in the file of a
    column that is called otherwise there, {"DV": "conc"}. levels: numbers for the words of a covariate,
    {"SEX": {"female": 0, "male": 1}}. study: the column that says which study a subject was in.
    time_unit: what times of day and dates are converted to; a number in TIME is taken as it stands.
    Raises InputError that names file, line and column.
    """
    rows = read_rows(Path(path), columns or {})
    table = _Reader(rows, tuple(covariates), levels or {}, time_unit).table()
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
        self,
        rows: Rows,
        covariates: tuple[str, ...],
        levels: Mapping[str, Mapping[str, float]],
        time_unit: str,
    ) -> None:
        self.rows = rows
        self.has = set(rows.names)
        for name in covariates:
            if name not in self.has:
                known = [n for n in rows.names if n not in COLUMNS]
                raise InputError(f"{rows.file}, line 1: no covariate '{name}'{nearest(name, known)}")
        self.wanted = covariates
        self.levels = levels
        self.clock = Clock(rows)
        self.hour = factor("h", time_unit) if self.clock.used else 1.0
        self.by_compartment = self._observes_several_compartments()
        self.subjects: list[str] = []
        self.segments: list[Segment] = []
        self.measured: list[_Measured] = []

    def table(self) -> EventTable:
        rows = self.rows
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
            remarks=tuple(self._remarks()),
        )

    def _remarks(self) -> Iterator[str]:
        if self.rows.left_out:
            yield f"{self.rows.left_out} rows were left out: marked by C, or comments"
        if self.clock.used:
            yield "times are counted from each subject's first row"
        if self.by_compartment:
            yield "without DVID, CMT says which output was measured"

    def _observes_several_compartments(self) -> bool:
        """Whether CMT stands for a missing DVID: measurements of several compartments are several outputs."""
        if "DVID" in self.has or "CMT" not in self.has:
            return False
        measured = (row for row in range(len(self.rows.lines)) if self._event(row) == 0)
        return len({self._compartment(row) for row in measured if not self.rows.whole(row, "MDV")}) > 1

    # -- one subject

    def _subject(self, span: range, values: dict[str, list[float]]) -> None:
        subject = len(self.subjects) - 1
        events = [self._event(row) for row in span]
        times = self._times(span)
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

    def _times(self, span: range) -> list[float]:
        """As they stand, or what clocks and dates say since the first row."""
        if not self.clock.used:
            return [self.rows.number(row, "TIME") for row in span]
        hours = [self.clock.hours(row) for row in span]
        return [(hour - hours[0]) * self.hour for hour in hours]

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
        beyond = re.fullmatch(r"([<>])\s*=?\s*(\S+)", rows.cells["DV"][row])
        if rows.whole(row, "BLQ", (0, 1)) == 1:
            if censoring < 0:
                rows.complain(row, "BLQ", "1 in a row with CENS -1")
            censoring, value = 1, self._quantified(row)
        elif beyond is not None and NUMBER.fullmatch(beyond[2]):
            side, value = 1 if beyond[1] == "<" else -1, float(beyond[2])
            if censoring not in (0, side):
                rows.complain(row, "CENS", f"{censoring} beside '{rows.cells['DV'][row]}'")
            censoring = side
        elif rows.missing(row, "DV"):
            rows.complain(row, "DV", "is empty: give the measurement, or MDV 1 where there is none")
        else:
            value = rows.number(row, "DV")
        if censoring and np.isfinite(limit) and (limit - value) * censoring >= 0:
            rows.complain(row, "LIMIT", f"{limit:g} leaves nothing between it and {value:g}")
        output = "" if rows.missing(row, "DVID") else rows.cells["DVID"][row]
        if self.by_compartment:
            output = self._compartment(row)
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

    def _quantified(self, row: int) -> float:
        """The limit of quantification of a row that lies below it."""
        rows = self.rows
        if not rows.missing(row, "LLOQ"):
            return rows.number(row, "LLOQ")
        text = rows.cells["DV"][row].removeprefix("<").strip()
        if NUMBER.fullmatch(text) and float(text) > 0:
            return float(text)
        rows.complain(row, "LLOQ", "no limit of quantification: give it here or in DV")

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
