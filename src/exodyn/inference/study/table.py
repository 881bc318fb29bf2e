"""A user's measurements: one tidy CSV, a reading or a group's summary a line, checked where it comes in.

Columns (any order):

    arm        name of an arm of the study
    time       days after the injury, or with its unit: "36 h"
    readout    a scale of the study, or a readout or state of its model
    value      a number; "<0.5" and ">40" beyond a limit, "1 to 3" for one between; empty, . or NA: missing
    subject    who was read; or, for a group,
    n          how many: the value is their mean (or, with `level`, how many of them were at that level)
    sd, sem or ci95    spread of the group; ci95 is half the width
    level      class of an ordinal scale
    unit       of value and spread; the readout's own if absent
    id, note, source   are kept out of the fit

Every other column is a covariate: a trait of the study's patients, one value a subject or group. An empty
cell is integrated over the study's population.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from exodyn.errors import InputError, nearest
from exodyn.inference.likelihoods import sd_of
from exodyn.inference.study.data import Counts, Data, Mean, Reading, Unit, outputs_of
from exodyn.study import Study
from exodyn.study.quantity import days
from exodyn.symbolic import ModelError
from exodyn.symbolic.units import factor

NEEDED = ("arm", "time", "readout", "value")
SPREADS = ("sd", "sem", "ci95")
KNOWN = (*NEEDED, "subject", "n", *SPREADS, "level", "unit")
REMARKS = ("id", "note", "source")
MISSING = (".", "NA", "N/A")
MOST_BYTES = 200_000_000
LATEST = 36525.0


@dataclass
class _Line:
    """One line of the file, with its complaints."""

    path: str
    number: int
    cells: dict[str, str]

    def complain(self, column: str, message: str) -> NoReturn:
        raise InputError(f"{self.path}:{self.number}: {column}: {message}")

    def text(self, column: str) -> str:
        """The cell's text, empty where it says that nothing is known."""
        found = self.cells.get(column, "").strip()
        return "" if found in MISSING else found

    def number_in(self, column: str) -> float | None:
        text = self.text(column)
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            self.complain(column, f"'{text}' is not a number")
        if not math.isfinite(value):
            self.complain(column, f"{text} is not a finite number")
        return value


@dataclass
class _Group:
    """What is gathered of one unit while lines are read."""

    name: str
    arm: int
    first: int
    covariates: dict[str, float] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    readings: list[Reading] = field(default_factory=list)
    means: list[Mean] = field(default_factory=list)
    counts: dict[tuple[float, str], tuple[dict[float, float], int, float | None]] = field(
        default_factory=dict
    )


def read(path: str | Path, study: Study) -> Data:
    """Read measurements of a study. Raises InputError with file, line and column."""
    lines = _lines(Path(path))
    units = _units_of(study)
    groups: dict[str, _Group] = {}
    blank: list[int] = []
    for line in lines:
        if not line.text("value"):
            blank.append(line.number)
            continue
        _take(line, study, units, groups)
    if not groups:
        raise InputError(f"{path}: no values to fit")
    found = tuple(_unit(one, str(path)) for one in groups.values())
    return Data(str(path), found, tuple(_remarks(list(groups.values()), blank)))


def _lines(path: Path) -> list[_Line]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}") from None
    if len(data) > MOST_BYTES:
        raise InputError(f"{path}: more than {MOST_BYTES // 1_000_000} MB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}:{line}: byte 0x{data[error.start]:02x} is not UTF-8") from None
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise InputError(f"{path}: not CSV: {error}") from None
    if not rows:
        raise InputError(f"{path}: empty, expected a header with {', '.join(NEEDED)}")
    header = [cell.strip() for cell in rows[0]]
    for name in NEEDED:
        if name not in header:
            hint = nearest(name, [one for one in header if one not in KNOWN])
            raise InputError(f"{path}:1: column '{name}' is missing; there are {', '.join(header)}{hint}")
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"{path}:1: column '{twice}' stands twice")
    found = []
    for number, row in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(header):
            raise InputError(f"{path}:{number}: {len(row)} cells, the header has {len(header)}")
        found.append(_Line(str(path), number, dict(zip(header, row, strict=True))))
    return found


def _units_of(study: Study) -> dict[str, str]:
    """Everything that can be measured, and its unit."""
    found = {scale.name: scale.unit for scale in study.scales}
    for model in study.models:
        found |= outputs_of(model)
    return found


def _take(line: _Line, study: Study, units: Mapping[str, str], groups: dict[str, _Group]) -> None:
    """Put one line where it belongs."""
    arms = [arm.name for arm in study.arms]
    if line.text("arm") not in arms:
        line.complain("arm", f"'{line.text('arm')}' is no arm of the study{nearest(line.text('arm'), arms)}")
    readout = line.text("readout")
    if readout not in units:
        line.complain("readout", f"'{readout}' is neither a scale nor a readout{nearest(readout, units)}")
    time, scale = _time(line), _unit_factor(line, units[readout])
    subject, n = line.text("subject"), line.number_in("n")
    if not subject and n is None:
        line.complain("subject", "give the subject, or n for the mean of a group")
    if n is not None and (n < 1 or n != int(n)):
        line.complain("n", f"{n:g}, expected a whole number of 1 or more")
    arm = arms.index(line.text("arm"))
    group = groups.setdefault(subject or f"arm {arms[arm]}", _Group(subject, arm, line.number))
    if group.arm != arm:
        line.complain("arm", f"subject '{subject}' is in '{arms[group.arm]}' on line {group.first}")
    _covariates(line, study, group)
    if line.text("level"):
        _level(line, study, group, time, readout, n)
    elif (n is not None and n > 1) or not subject:
        assert n is not None
        _mean(line, study, group, time, readout, n, scale)
    else:
        low, high = (end * scale for end in _interval(line))
        _on_scale(line, study, readout, (low, high))
        _not_twice(line, group, time, readout)
        group.readings.append(Reading(time, readout, low, high, line.number))


def _time(line: _Line) -> float:
    text = line.text("time")
    try:
        time = float(text) if re.fullmatch(r"[-+.\deE]+", text) else days(text)
    except ValueError as error:
        line.complain("time", f'{error}; expected days, or a time such as "36 h"')
    if not 0 <= time <= LATEST:
        line.complain("time", f"'{text}', expected 0 to 100 years after the injury")
    return time


def _unit_factor(line: _Line, unit: str) -> float:
    """What a value is multiplied by to be in the readout's unit."""
    given = line.text("unit")
    if not given or given == unit:
        return 1.0
    try:
        return factor(given, unit)
    except ModelError as error:
        line.complain("unit", str(error))


def _interval(line: _Line) -> tuple[float, float]:
    """A number, <number, >number, or LOW to HIGH as an interval."""
    text = line.text("value")
    match = re.fullmatch(r"(?:([<>])=?)?\s*([-+.\deE]+)(?:\s+to\s+([-+.\deE]+))?", text)
    try:
        if match is None or (match[1] and match[3]):
            raise ValueError
        first = float(match[2])
        second = float(match[3]) if match[3] else first
    except ValueError:
        line.complain("value", f"'{text}', expected a number, <number, >number, or LOW to HIGH")
    if not (math.isfinite(first) and math.isfinite(second)) or second < first:
        line.complain("value", f"'{text}' is no interval")
    if match[1] == "<":
        return -math.inf, first
    return (first, math.inf) if match[1] == ">" else (first, second)


def _on_scale(line: _Line, study: Study, readout: str, ends: Sequence[float]) -> None:
    """Refuse a reading that the scale does not have."""
    for scale in study.scales:
        if scale.name == readout:
            for end in ends:
                if math.isfinite(end) and not scale.low <= end <= scale.high:
                    line.complain("value", f"{end:g} is off {readout}, {scale.low:g} to {scale.high:g}")


def _not_twice(line: _Line, group: _Group, time: float, readout: str) -> None:
    taken = {(one.time, one.readout): one.line for one in group.readings}
    taken |= {(one.time, one.readout): one.line for one in group.means}
    if (time, readout) in taken:
        line.complain("value", f"{readout} at this time stands on line {taken[time, readout]} already")


def _mean(
    line: _Line, study: Study, group: _Group, time: float, readout: str, n: float, scale: float
) -> None:
    value = line.number_in("value")
    assert value is not None
    given = [name for name in SPREADS if line.text(name)]
    if len(given) > 1:
        line.complain(given[1], f"stands beside {given[0]}; give one")
    sd: float | None = None
    if given:
        spread = line.number_in(given[0])
        assert spread is not None
        if spread < 0:
            line.complain(given[0], f"{spread:g} is below 0")
        try:
            sd = sd_of(spread, given[0], n) * abs(scale)
        except InputError as error:
            line.complain(given[0], str(error))
    _on_scale(line, study, readout, (value * scale,))
    bounds = next(((s.low, s.high) for s in study.scales if s.name == readout), None)
    if sd is not None and bounds is not None and n > 1:
        most = math.sqrt((value * scale - bounds[0]) * (bounds[1] - value * scale) * n / (n - 1))
        if sd > most * (1 + 1e-6) + 1e-9:
            line.complain(
                given[0], f"an SD of {sd:g} is impossible for this mean on {readout}, at most {most:.3g}"
            )
    _not_twice(line, group, time, readout)
    group.means.append(Mean(time, readout, value * scale, sd, n, line.number))


def _level(line: _Line, study: Study, group: _Group, time: float, readout: str, n: float | None) -> None:
    level, count = line.number_in("level"), line.number_in("value")
    assert level is not None and count is not None
    scale = next((one for one in study.scales if one.name == readout), None)
    if scale is None:
        line.complain("level", f"'{readout}' is no scale of the study")
    if not scale.low <= level <= scale.high or (level - scale.low) % scale.step:
        line.complain("level", f"{level:g} is no level of {readout}, {scale.low:g} to {scale.high:g}")
    if count < 0 or count != int(count):
        line.complain("value", f"{count:g} subjects at a level, expected a whole number")
    counts, _, total = group.counts.setdefault((time, readout), ({}, line.number, n))
    if level in counts:
        line.complain("level", f"{level:g} at this time stands twice")
    if total != n:
        line.complain("n", f"another n than on line {group.counts[time, readout][1]}")
    counts[level] = count


def _covariates(line: _Line, study: Study, group: _Group) -> None:
    """Traits of the subject; the same on each of its lines."""
    traits = {trait.name: trait for trait in study.population.traits}
    for name in line.cells:
        if name in KNOWN or name in REMARKS:
            continue
        if name not in traits:
            hint = nearest(name, [*traits, *KNOWN])
            line.complain(name, f"is neither a column of the data nor a trait of these patients{hint}")
        value = line.number_in(name)
        if value is None:
            group.missing.add(name)
            continue
        trait = traits[name]
        if not trait.limits.allow(value):
            line.complain(name, f"{value:g} is impossible, expected {trait.limits.says(trait.unit)}")
        if group.covariates.setdefault(name, value) != value:
            line.complain(
                name, f"{value:g}, but {group.covariates[name]:g} on another line of '{group.name}'"
            )


def _unit(group: _Group, path: str) -> Unit:
    counts = []
    for (time, readout), (levels, line, n) in group.counts.items():
        if n is not None and sum(levels.values()) != n:
            raise InputError(
                f"{path}:{line}: level: counts of {readout} add up to {sum(levels.values()):g}, n is {n:g}"
            )
        counts.append(Counts(time, readout, levels, line))
    return Unit(
        group.name or f"group of line {group.first}",
        group.arm,
        dict(sorted(group.covariates.items())),
        tuple(group.readings),
        tuple(group.means),
        tuple(counts),
    )


def _remarks(groups: Sequence[_Group], blank: Sequence[int]) -> list[str]:
    found = []
    if blank:
        shown = ", ".join(map(str, blank[:10])) + (" ..." if len(blank) > 10 else "")
        found.append(f"{len(blank)} lines have no value and say nothing (lines {shown})")
    readings: dict[str, list[Reading]] = {}
    for one in (one for group in groups for one in group.readings):
        readings.setdefault(one.readout, []).append(one)
    for name, its in readings.items():
        exact = [one.low for one in its if one.low == one.high]
        if not exact:
            found.append(f"every reading of {name} is censored: they bound it, and no more")
        elif len(exact) > 1 and min(exact) == max(exact):
            found.append(f"all readings of {name} are {exact[0]:g}: they hold no course to fit")
    names = {name for group in groups for name in group.missing}
    for name in sorted(names):
        lack = [group for group in groups if name in group.missing and name not in group.covariates]
        if lack:
            found.append(
                f"{name} is missing for {len(lack)} of {len(groups)} subjects or groups: "
                "integrated over the study's population"
            )
    return found
