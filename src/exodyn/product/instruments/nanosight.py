"""NanoSight NTA (3.x): experiment summary and per-capture summary, which hold the same blocks.

A column of the size table holds particles/mL in its bin, already multiplied by a recorded dilution. A file
can hold six graphs (number, surface, volume; by size, by diffusion): only the first is a size distribution.
The line of a block differs from file to file, so blocks are found by their headings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from exodyn.product.instruments.measurement import Floats, Histogram, Measurement, Replicate, linear_edges
from exodyn.product.instruments.source import Format, Source, finite, plain, shown

_REPORTED = {"mean": "mean", "mode": "mode", "sd": "sd", "d10": "d10", "d50": "d50", "d90": "d90"}
_REPORTED |= {"valid tracks": "valid_tracks"}
_RESULTS = {"particles per frame": "particles_per_frame", "completed tracks": "completed_tracks"}
_CONCENTRATION = "concentration (particles / ml)"
_RESULTS |= {_CONCENTRATION: "particles_per_ml"}
_BINS = r"bin cent(?:re|er) ?\(nm\)"
# The printed concentration has three digits.
_ROUNDING = 0.01
# What the program appends to a capture's name: its number, or its time.
_NUMBERING = re.compile(r"_\d{2}$| \d{4}-\d\d-\d\d \d\d-\d\d-\d\d$")


@dataclass(frozen=True)
class _Graph:
    """Where the table of sizes by number lies: rows of headings and bins, columns of the captures."""

    start: int
    headings: int
    end: int
    captures: tuple[int, ...]


def recognises(source: Source) -> bool:
    """Whether the content is of this format."""
    return source.starts_with(r"^\W*NTA\b.*summary file", 3) or (
        source.starts_with(r"^\W*\[(experiment details|size data)\]")
        and re.search(_BINS, source.text, re.IGNORECASE) is not None
    )


def read(source: Source) -> Measurement:
    """The measurement; raises InputError that names the line where it can."""
    delimiter = source.delimiter_after(_BINS, "bin centre (nm)")
    rows = source.rows(delimiter)
    graph = _find_graph(source, rows)
    lines = list(range(graph.headings + 1, graph.end))

    def column(index: int, what: str) -> Floats:
        return source.numbers(lines, [rows[line][index] for line in lines], delimiter, what)

    centres = column(0, "bin centre")
    if np.any(np.diff(centres) <= 0) or centres[0] < 0:
        line = graph.headings + 1 + int(np.argmax(np.diff(centres, prepend=-1.0) <= 0))
        source.refuse(line, "bin centres must rise from zero")
    edges = linear_edges(centres)

    named = _named_rows(rows)
    reported_rows = {plain(rows[line][0]): line for line in range(graph.headings - 1, graph.start - 1, -1)}

    def figures(index: int) -> dict[str, float]:
        found = {}
        for table, names in ((reported_rows, _REPORTED), (named, _RESULTS)):
            for heading, name in names.items():
                value = finite(_cell(rows, table.get(heading), index))
                if value is not None:
                    found[name] = value
        return found

    replicates = []
    for index in graph.captures:
        amounts = column(index, f"capture {index}")
        if np.any(amounts < 0):
            source.refuse(lines[int(np.argmax(amounts < 0))], "a concentration below zero")
        histogram = Histogram(edges, centres, amounts, "particles/mL")
        settings, flags = _settings(rows, graph.start, index)
        dilution = _dilution(source, rows, named, index)
        reported = figures(index)
        printed = reported.get("particles_per_ml")
        total = histogram.total
        if printed and dilution and abs(total * dilution - printed) < _ROUNDING * printed and dilution > 1:
            # The results are multiplied by a recorded dilution; here the table was not.
            histogram = histogram.times(dilution)
            total = histogram.total
        if printed is not None and abs(total - printed) > _ROUNDING * max(printed, 1.0):
            if graph.end >= len(rows) - 1 and total < printed:
                source.refuse(graph.end - 1, "the file ends inside the size table (its bins miss particles)")
            flags.append(f"checked here: bins add up to {total:.3g} particles/mL, printed are {printed:.3g}")
        flags += _doubts(histogram, reported)
        name = _cell(rows, named.get("filename:", named.get("filename")), index) or f"capture {index}"
        sample = _sample(rows, named) or _NUMBERING.sub("", name)
        replicates.append(
            Replicate(name, sample, histogram, None, total, dilution, reported, settings, tuple(flags))
        )

    last = graph.captures[-1]
    headings = [plain(cell) for cell in rows[graph.headings]]
    averages = figures(last + 1) if headings[last + 1 : last + 2] == ["concentration average"] else {}
    errors = figures(last + 2) if averages and headings[last + 2 : last + 3] == ["standard error"] else {}
    header = "\n".join(source.lines[: graph.headings])
    return Measurement(FORMAT.name, source.sha256, tuple(replicates), averages, errors, header=header)


def _find_graph(source: Source, rows: list[list[str]]) -> _Graph:
    """The first graph that weighs by number and has bins in nm."""
    start = 0
    weighting = ""
    for line, row in enumerate(rows):
        first = plain(row[0]) if row else ""
        if first == "[size data]":
            start = line
        elif first == "weighting":
            weighting = plain(row[1]) if len(row) > 1 else ""
        elif re.fullmatch(_BINS, first) and weighting in ("number", ""):
            captures = tuple(i for i, cell in enumerate(row) if plain(cell) == _CONCENTRATION)
            if not captures:
                source.refuse(line, f"expected columns '{_CONCENTRATION}', found {shown(' '.join(row[1:]))}")
            if captures != tuple(range(1, len(captures) + 1)):
                source.refuse(line, "the captures' columns must follow the bin centres without a gap")
            width = captures[-1] + 1
            end = line + 1
            while end < len(rows) and rows[end] != [""] and plain(rows[end][0]) != "percentile":
                if not any(rows[end]):
                    break
                if len(rows[end]) < width or not all(rows[end][:width]):
                    source.refuse(
                        end, f"expected {width} numbers (bin centre and captures); the line is cut short"
                    )
                end += 1
            if end - line < 3:
                source.refuse(line, "the size table is empty")
            return _Graph(start, line, end, captures)
    source.refuse(None, "no size distribution weighted by number with 'Bin centre (nm)' in the file")


def _named_rows(rows: list[list[str]]) -> dict[str, int]:
    """The first row of each name: later graphs repeat names."""
    named: dict[str, int] = {}
    for line, row in enumerate(rows):
        if row and row[0]:
            named.setdefault(plain(row[0]), line)
    return named


def _sample(rows: list[list[str]], named: dict[str, int]) -> str:
    """What was measured; empty where the file does not say, or where several experiments were combined."""
    said = _cell(rows, named.get("sample description"), 1) or _cell(rows, named.get("sample name"), 1)
    if said or _cell(rows, named.get("remarks"), 1).startswith("Created from combined experiments"):
        return said
    return _cell(rows, named.get("experiment name"), 1).removesuffix(".nano").rstrip("_ ")


def _cell(rows: list[list[str]], line: int | None, index: int) -> str:
    return rows[line][index] if line is not None and index < len(rows[line]) else ""


def _dilution(source: Source, rows: list[list[str]], named: dict[str, int], index: int) -> float | None:
    line = next((line for name, line in named.items() if name.startswith("dilution factor")), None)
    cell = _cell(rows, line, index)
    factor = source.factor(line, cell, "dilution factor")
    if factor is None:
        return None  # "Not recorded"
    if factor < 1:
        source.refuse(line, f"a dilution factor is 1 or more, found {shown(cell)}")
    return factor


def _settings(rows: list[list[str]], end: int, index: int) -> tuple[dict[str, str], list[str]]:
    """All named values of a capture before its size data, and the instrument's warnings among them."""
    settings: dict[str, str] = {}
    flags: list[str] = []
    section = ""
    for row in rows[:end]:
        if row and row[0].startswith("["):
            section = plain(row[0])
            continue
        # A line of the details has one value for all captures.
        column = 1 if section == "[experiment details]" and not any(row[2:]) else index
        value = row[column] if column < len(row) else ""
        if not value or not row[0]:
            continue
        name = row[0].rstrip(":")
        settings.setdefault(name if section != "[information]" else f"{name} (information)", value)
        if section == "[concentration warnings]" and value not in ("OK", "No", "N/A"):
            flags.append(f"instrument: {name}: {value}")
    return settings, flags


def _doubts(histogram: Histogram, reported: dict[str, float]) -> list[str]:
    """What makes a capture an outlier whatever the instrument says of it."""
    doubts = []
    mode = reported.get("mode")
    if mode is not None and mode > 0.95 * histogram.edges[-1]:
        doubts.append(f"checked here: mode {mode:g} nm lies at the end of the size range")
    tracks = reported.get("valid_tracks")
    if tracks is not None and tracks < 100:
        # One standard error of a share of half the tracks is then 5 points or more.
        doubts.append(f"checked here: {tracks:g} valid tracks are too few for a distribution (below 100)")
    return doubts


FORMAT = Format("NanoSight NTA summary", recognises, read, r"NTA( \w+)? Summary File")
