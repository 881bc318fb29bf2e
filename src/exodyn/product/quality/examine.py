"""One file in figures, or the reason why it has none; many files on all cores, in the order given."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from exodyn.errors import InputError
from exodyn.product.instruments import Description, Measurement, Source, calibrated, describe, read_source
from exodyn.product.purity import mean_cube
from exodyn.product.quality.spec import Spec

_One = TypeVar("_One")
_Result = TypeVar("_Result")
# Below this many files a pool of processes costs more than it saves.
_FEW = 8
# Edges in nm of the bins that all number histograms are brought to, by a factor of 1.05.
GRID = 10.0 * 1.05 ** np.arange(110)
SIZES = ("d10", "d50", "d90", "mean", "mode", "share_40_150")
# How the formats call the time of a measurement and the instrument's serial number.
_TIMES = ("Date", "Time Captured", "measurement date and time", "date", "Measurement Start Date And Time")
_SERIALS = ("ZetaView S/N", "serial number", "Instrument Serial Number", "cytsn")
# A date as it stands: a guess between day and month would be worse than none.
_DAY = re.compile(r"\d{4}-\d\d-\d\d|\d\d?/\d\d?/\d{4}|\d\d?[ -][A-Za-z]{3,9}[ -]\d{4}")
# How the formats call the particles behind a histogram.
_COUNTS = ("particles_counted", "valid_tracks", "particles_used")


@dataclass(frozen=True)
class Sample:
    """One sample of a file. Sizes in nm by our definitions, means over replicates; None where there are none.

    instrument: the figures that the program printed, by its own definitions. distribution: shares in the bins
    of GRID, by number. counted: particles behind it. mean_cube: nm³ by number, for mass.
    """

    name: str
    replicates: int
    particles_per_ml: float | None
    standard_error: float | None
    dilution: float | None
    d10: float | None
    d50: float | None
    d90: float | None
    mean: float | None
    mode: float | None
    share_40_150: float | None
    weighting: str | None
    instrument: dict[str, float]
    flags: tuple[str, ...]
    distribution: tuple[float, ...] = ()
    counted: float | None = None
    mean_cube: float | None = None


@dataclass(frozen=True)
class FileReport:
    """One file: `error` is None for a file that could be read.

    measured_at: as the file writes it; day: the date in it; instrument: its serial number; None where the
    file does not say, nor the specification.
    """

    path: str
    sha256: str | None
    format: str | None
    error: str | None
    samples: tuple[Sample, ...] = ()
    measured_at: str | None = None
    day: str | None = None
    instrument: str | None = None

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return Path(self.path).name

    def as_json(self) -> dict[str, Any]:
        """The file's line of the result; figures of a file with several samples stand with the samples."""
        one = self.samples[0] if len(self.samples) == 1 else None
        figures = ("particles_per_ml", "dilution", "d10", "d50", "d90", "mean", "mode", "share_40_150")
        flags = list(dict.fromkeys(flag for sample in self.samples for flag in sample.flags))
        if len(self.samples) > 1:
            flags.append(
                f"checked here: {len(self.samples)} samples in one file; figures are given by sample"
            )
        return {
            "path": self.path,
            "sha256": self.sha256,
            "format": self.format,
            "error": self.error,
            **{name: getattr(one, name) if one else None for name in figures},
            "flags": flags,
            "weighting": one.weighting if one else None,
            "replicates": one.replicates if one else None,
            "instrument": one.instrument if one else {},
            "measured_at": self.measured_at,
            "day": self.day,
            "instrument_serial": self.instrument,
            "samples": [_sample(each) for each in self.samples],
        }


def _sample(one: Sample) -> dict[str, Any]:
    names: tuple[str, ...] = (
        "name",
        "replicates",
        "particles_per_ml",
        "standard_error",
        "dilution",
        "d10",
        "d50",
        "d90",
    )
    names += ("mean", "mode", "share_40_150", "weighting", "instrument")
    return {name: getattr(one, name) for name in names} | {"flags": list(one.flags)}


def examine(path: str, spec: Spec | None = None) -> FileReport:
    """Never raises for what is in the file: the error is part of the report."""
    spec = spec or Spec()
    try:
        source = Source.of(Path(path))
    except InputError as problem:
        return FileReport(path, None, None, str(problem))
    try:
        measurement = read_source(source)
        if spec.beads is not None and any(each.events is not None for each in measurement.replicates):
            measurement = calibrated(measurement, spec.beads)
        samples = tuple(_described(measurement, each, spec, source.name) for each in describe(measurement))
    except InputError as problem:
        return FileReport(path, source.sha256, None, str(problem))
    when = _setting(measurement, _TIMES)
    found = _DAY.search(when or "")
    return FileReport(
        path,
        source.sha256,
        measurement.format,
        None,
        samples,
        when,
        spec.days.get(source.name, found.group() if found else None),
        spec.instruments.get(source.name, _setting(measurement, _SERIALS)),
    )


def examine_all(
    paths: Sequence[str], spec: Spec, progress: Callable[[int], None] = lambda done: None
) -> tuple[FileReport, ...]:
    """All files, in the order given."""
    return in_order(partial(examine, spec=spec), paths, progress)


def in_order(
    function: Callable[[_One], _Result],
    items: Sequence[_One],
    progress: Callable[[int], None] = lambda done: None,
) -> tuple[_Result, ...]:
    """The function of each item, on all cores; progress hears how many are done."""
    cores = min(_cores(), len(items) // _FEW + 1)
    found: list[_Result] = []
    with ExitStack() as stack:
        pool = stack.enter_context(ProcessPoolExecutor(cores)) if cores > 1 else None
        for one in pool.map(function, items, chunksize=4) if pool else map(function, items):
            found.append(one)
            progress(len(found))
    return tuple(found)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _described(measurement: Measurement, one: Description, spec: Spec, name: str) -> Sample:
    sizes = one.ours
    factor = spec.dilution.get(name)
    flags = list(one.flags)
    concentration, error, dilution = one.particles_per_ml, one.standard_error, one.dilution
    if factor is not None and dilution is None and concentration is not None:
        # A dilution that the file does not record but the laboratory does.
        concentration, dilution = concentration * factor, factor
        error = None if error is None else error * factor
        flags.append(f"specification: dilution {factor:g}")
    elif factor is not None and dilution is not None and dilution != factor:
        flags.append(
            f"checked here: dilution {dilution:g} in the file counts, not {factor:g} of the specification"
        )
    if concentration is not None and dilution is None:
        flags.append(
            "checked here: the dilution is not recorded; particles/mL are those measured, in the cell"
        )
    if sizes is not None and sizes.weighting != "number":
        flags.append(
            f"checked here: sizes are weighted by {sizes.weighting}; they do not compare with counts"
        )
    shares, counted, cube = _distribution(measurement, one.sample)
    return Sample(
        name=one.sample,
        replicates=one.replicates,
        particles_per_ml=concentration,
        standard_error=error,
        dilution=dilution,
        d10=sizes.d10 if sizes else None,
        d50=sizes.d50 if sizes else None,
        d90=sizes.d90 if sizes else None,
        mean=sizes.mean if sizes else None,
        mode=sizes.mode if sizes else None,
        share_40_150=sizes.share_40_150 if sizes else None,
        weighting=sizes.weighting if sizes else None,
        instrument=dict(one.instrument),
        flags=tuple(flags),
        distribution=shares,
        counted=counted,
        mean_cube=cube,
    )


def _distribution(
    measurement: Measurement, sample: str
) -> tuple[tuple[float, ...], float | None, float | None]:
    """Shares by number on the common grid, particles counted, mean cube; nothing without such a histogram."""
    shares, cubes, counted = [], [], 0.0
    for each in measurement.replicates:
        histogram = each.histogram
        if (
            each.sample != sample
            or histogram is None
            or histogram.weighting != "number"
            or not histogram.total > 0
        ):
            continue
        cumulative = np.concatenate(([0.0], np.cumsum(histogram.amounts))) / histogram.total
        shares.append(np.diff(np.interp(GRID, histogram.edges, cumulative)))
        cubes.append(mean_cube(histogram.edges, histogram.amounts))
        known = [each.reported[name] for name in _COUNTS if name in each.reported]
        counted += known[0] if known else histogram.total if histogram.unit == "particles" else 0.0
    if not shares:
        return (), None, None
    return tuple(np.mean(shares, axis=0).round(6).tolist()), counted or None, float(np.mean(cubes))


def _setting(measurement: Measurement, names: Sequence[str]) -> str | None:
    """The first of these settings, as the file writes it."""
    settings = measurement.replicates[0].settings
    found = next((name for name in names if settings.get(name)), None)
    if found is None:
        return None
    # ZetaView and FCS write the time of day beside the date.
    time = settings.get("Time", settings.get("btim", "")) if found.casefold() == "date" else ""
    return f"{settings[found]} {time}".strip()
