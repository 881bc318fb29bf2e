"""Run a study, in memory or into a directory that survives interruption."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from exodyn.delivery import ROUTES
from exodyn.errors import MachineError
from exodyn.study import by_draw, manifest, safety
from exodyn.study.accuracy import as_json, largest
from exodyn.study.directory import CHUNKS, PartialDirectory
from exodyn.study.ensemble import SAMPLE, Chunk, Ensemble, Failure, course_times, outputs_of
from exodyn.study.layout import Layout
from exodyn.study.reading import KEPT_DRAWS
from exodyn.study.result import Result, add_up, of_chunks
from exodyn.study.stored import BY_DRAW, parquet, read_parquet, stored_in
from exodyn.study.study import Study
from exodyn.study.tally import from_table, to_table

CHUNK = 2048
"""Patients computed and stored together: enough that starting a chunk costs nothing, few in memory."""

TRIAL = 512
"""Patients that a cost estimate times."""

COMPRESSION = 1.4
"""How much smaller stored numbers are than in memory, about."""

PAGE_MEGABYTES = 3.0
"""Figures and page, about."""

ERRORS = ("single_error", "balance_error")
"""What the manifest tells of accuracy: the largest of what each chunk found."""

REPORT_SECONDS = 4.0
"""Figures and page, about."""

Write = Callable[[str, bytes], None]
"""Adds a file to the run directory: name, content."""

Progress = Callable[[int], None]
"""Told how many patients are done, those of an earlier, interrupted run included."""


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def run(
    study: Study, threads: int | None = None, chunk: int = CHUNK, progress: Progress = lambda done: None
) -> Result:
    """Run in memory. The result is the same to the last bit for any threads and chunk."""
    started = time.perf_counter()
    ensemble = Ensemble(study)
    compiled = time.perf_counter()
    chunks = []
    for first, patients in _ranges(study.patients, chunk):
        chunks.append(ensemble.chunk(first, patients, threads or cores()))
        progress(first + patients)
    timings = {"compile": compiled - started, "run": time.perf_counter() - compiled}
    made = _manifest(ensemble, timings, threads, [_errors(one) for one in chunks])
    return of_chunks(made, layout_of(ensemble), chunks)


def run_into(
    study: Study,
    directory: str | Path,
    threads: int | None = None,
    chunk: int = CHUNK,
    progress: Progress = lambda done: None,
    finish: Callable[[Result, Write], None] = lambda result, write: None,
) -> Result:
    """Run into a directory, going on from what an interrupted run of the same inputs left there.

    finish: called with the result and a function that adds a file to the directory, before it appears.
    Raises InputError (directory exists, or holds another run), MachineError (disk full).
    """
    started = time.perf_counter()
    ensemble = Ensemble(study)
    compiled = time.perf_counter()
    identity = manifest.identity(study, ensemble.about())
    with PartialDirectory(Path(directory), {**identity, "chunk": chunk}) as partial:
        done = set(partial.finished())
        progress(sum(n for first, n in _ranges(study.patients, chunk) if first in done))
        for first, patients in _ranges(study.patients, chunk):
            if first not in done:
                _store(partial, ensemble, ensemble.chunk(first, patients, threads or cores()))
                progress(first + patients)
        timings = {"compile": compiled - started, "run": time.perf_counter() - compiled}
        result = _collect(partial, ensemble, timings, threads)
        finish(result, partial.write)
        if study.uncertainty.used is not None:
            partial.write(KEPT_DRAWS, study.uncertainty.used.to_bytes())
        for name, data in result.files().items():
            partial.write(name, data)
        partial.complete()
    return Result.load(directory)


def check_space(study: Study, directory: Path) -> None:
    """Refuse a run that the disk cannot hold, less what an interrupted run has stored already.

    Raises MachineError with the way out.
    """
    stored = directory.with_name(directory.name + ".partial").rglob("*")
    needed = _megabytes(study) / COMPRESSION - sum(path.stat().st_size for path in stored) / 1e6
    free = shutil.disk_usage(directory.absolute().parent).free / 1e6
    if needed > free:
        raise MachineError(
            f"{directory}: no space left on device for this run: it takes about {needed:.0f} MB, "
            f"{free:.0f} MB are free; free some, choose another -o, or keep less (--keep summary)"
        )


def cost(study: Study, threads: int | None = None) -> dict[str, Any]:
    """What a run will take, from a timed trial of a few patients: seconds, megabytes on disk, sizes."""
    ensemble = Ensemble(dataclasses.replace(study, keep="summary"))
    few = min(study.patients, TRIAL)
    ensemble.chunk(SAMPLE, few, threads or cores())
    started = time.perf_counter()
    ensemble.chunk(SAMPLE, few, threads or cores())
    per_patient = (time.perf_counter() - started) / few
    return {
        "patients": study.patients,
        "arms": len(study.arms),
        "chunks": -(-study.patients // CHUNK),
        "states": len(study.models[0].states),
        "parameters": len(study.models[0].parameters),
        "threads": threads or cores(),
        "seconds": round(REPORT_SECONDS + per_patient * study.patients, 1),
        "megabytes": round(_megabytes(study) / COMPRESSION, 1),
    }


def _megabytes(study: Study) -> float:
    """Size of all that a run keeps, before compression."""
    times = len(course_times(study))
    columns = max(len(outputs_of(study, model)) for model in study.models) + 5
    points = {"summary": 0, "readouts": len(study.visits), "trajectories": times}[study.keep]
    rows = len(study.arms) * (study.patients * points + min(study.patients, SAMPLE) * times)
    return rows * columns * 8 / 1e6 + PAGE_MEGABYTES


def layout_of(ensemble: Ensemble) -> Layout:
    """What a reader of the ensemble's result needs to know."""
    study = ensemble.study
    indication = study.indication
    old = study.uncertainty.used.stale() if study.uncertainty.used else ""
    return Layout(
        arms=tuple(arm.name for arm in study.arms),
        control=study.control,
        visits=study.visits,
        dose_times=tuple(sorted({time for arm in study.arms if arm.dosing for time in arm.dosing.times})),
        grids=ensemble.grids,
        units={scale.name: scale.unit for scale in ensemble.scales},
        readouts=ensemble.units,
        figures=indication.figures,
        stoichiometry=indication.stoichiometry,
        published=indication.published(study.species),
        remarks=(
            *indication.remarks(study.species),
            *_of_routes(study),
            *([f"{old[0].upper()}{old[1:]}."] if old else []),
        ),
        draws=study.uncertainty.used.count if study.uncertainty.used else 0,
    )


def _of_routes(study: Study) -> tuple[str, ...]:
    """How well it is known what arrives by each route that the study gives."""
    routes = dict.fromkeys(arm.dosing.route for arm in study.arms if arm.dosing)
    return tuple(f"Given by the route {name}: {ROUTES[name].grade}." for name in routes if name in ROUTES)


def _ranges(patients: int, chunk: int) -> Iterator[tuple[int, int]]:
    for first in range(0, patients, chunk):
        yield first, min(chunk, patients - first)


def _manifest(
    ensemble: Ensemble,
    timings: dict[str, float],
    threads: int | None,
    chunks: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """The manifest; `chunks` give the errors of each, by the names of `ERRORS`."""
    found = manifest.manifest(ensemble.study, ensemble.about(), timings)
    return {
        **found,
        "layout": layout_of(ensemble).as_json(),
        "threads": threads or cores(),
        "atol": ensemble.tolerances(),
        "safety": safety.expected(ensemble.study),
        **{name: as_json(largest(chunk[name] for chunk in chunks)) for name in ERRORS},
    }


def _errors(chunk: Chunk) -> dict[str, float | None]:
    return {name: getattr(chunk, name) for name in ERRORS}


def _store(partial: PartialDirectory, ensemble: Ensemble, chunk: Chunk) -> None:
    """Write a chunk; its marker last, so that a chunk with a marker is whole."""
    layout = layout_of(ensemble)
    name = f"{chunk.first:09d}"
    for table, content in chunk.tables.items():
        partial.write(f"{table}/{name}.parquet", parquet(content))
    partial.write(f"{CHUNKS}/{name}.parquet", parquet(to_table(chunk.tallies, layout.arms, layout.visits)))
    if chunk.by_draw:
        sums = by_draw.to_table(chunk.by_draw, layout.arms, layout.visits)
        partial.write(f"{CHUNKS}/{name}.{BY_DRAW}", parquet(sums))
    marker = {"failures": [asdict(one) for one in chunk.failures], **_errors(chunk)}
    partial.write(f"{CHUNKS}/{name}.json", json.dumps(marker).encode())


def _collect(
    partial: PartialDirectory, ensemble: Ensemble, timings: dict[str, float], threads: int | None
) -> Result:
    """The result of all stored chunks, in the order of patients."""
    layout = layout_of(ensemble)
    folder = partial.path / CHUNKS
    names = [f"{first:09d}" for first in partial.finished()]
    tallies = [
        from_table(read_parquet(folder / f"{name}.parquet"), layout.grids, layout.arms, layout.visits)
        for name in names
    ]
    sums = [
        by_draw.from_table(
            read_parquet(folder / f"{name}.{BY_DRAW}"),
            layout.grids,
            layout.draws,
            layout.arms,
            layout.visits,
        )
        for name in (names if layout.draws else ())
    ]
    markers = [json.loads((folder / f"{name}.json").read_text(encoding="utf-8")) for name in names]
    failures = tuple(Failure(**one) for marker in markers for one in marker["failures"])
    made = _manifest(ensemble, timings, threads, markers)
    return Result(made, layout, add_up(tallies), add_up(sums), failures, stored_in(partial.path))
