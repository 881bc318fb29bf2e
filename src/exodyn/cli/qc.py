"""``exodyn qc FILE...``: instrument files to a description of batches, and whether they are the same."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exodyn.errors import InputError

if TYPE_CHECKING:
    from exodyn.product.quality import Batch, FileReport, Spec
    from exodyn.report import QualityResult
    from exodyn.study import BatchEffect

DEFAULT = "qc"
_SECONDS_BETWEEN_LINES = 2.0


def register(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "qc",
        help="describe batches from instrument files",
        description="Read instrument files (NanoSight, ZetaView, Zetasizer, TRPS, FCS, tables), describe "
        "files and batches, hold them against a specification, and write a page, the numbers and a line in "
        "the record of runs. Bad files are listed, good ones are still reported; the exit status is then 2.",
    )
    parser.add_argument("files", metavar="FILE", nargs="+", help="instrument files")
    parser.add_argument(
        "--spec", metavar="SPEC.toml", help="how files form batches, limits, bounds, exclusions"
    )
    parser.add_argument(
        "-o",
        metavar="DIR",
        dest="directory",
        help=f"where runs are kept, each in a folder of its own (default: {DEFAULT}; with --json: none)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command: 2 if the specification or a file is wrong."""
    # Processes use the cores; threads of a BLAS would only wait for each other (three times the work).
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from exodyn.product.quality import Spec, batches, check_names, examine_all

    spec = Spec.load(args.spec) if args.spec else Spec()
    check_names(args.files, spec)
    folder = Path(args.directory or DEFAULT) if args.directory or not args.json else None
    if folder is not None:
        _check_folder(folder)
    with _progress(len(args.files)) as progress:
        reports = examine_all(args.files, spec, progress)
    found = batches(reports, spec)
    result, kept = _kept(folder, args, spec, reports, found, _effects(spec, found))
    if args.json:
        print(json.dumps({**result.as_json(), "directory": str(kept) if kept else None}, ensure_ascii=False))
    else:
        _print(result, kept)
    bad = [one for one in reports if one.error is not None]
    for one in bad:
        print(f"exodyn: error: {one.error}", file=sys.stderr)
    if bad:
        print(f"exodyn: error: {len(bad)} of {len(reports)} files could not be read", file=sys.stderr)
    return 2 if bad else 0


def _check_folder(folder: Path) -> None:
    from exodyn.product.quality import read_record
    from exodyn.product.quality.audit import NAME

    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: not a directory")
    if folder.exists() and not (folder / NAME).exists() and any(folder.iterdir()):
        raise InputError(
            f"{folder}: exists and holds no record of runs; expected a new directory or one of ours"
        )
    read_record(folder)


def _kept(
    folder: Path | None,
    args: argparse.Namespace,
    spec: Spec,
    reports: tuple[FileReport, ...],
    found: tuple[Batch, ...],
    effects: tuple[BatchEffect, ...],
) -> tuple[QualityResult, Path | None]:
    """The result, written into the folder of this run if runs are kept."""
    from exodyn.report import quality_result, write_quality

    result = quality_result(spec, reports, found, effects)
    return (
        (result, None)
        if folder is None
        else write_quality(folder, result, sys.argv[1:] or ["qc", *args.files])
    )


def _effects(spec: Spec, found: tuple[Batch, ...]) -> tuple[BatchEffect, ...]:
    """The spread of batches in the study that the specification names."""
    if spec.patients is None:
        return ()
    from exodyn.product.comparability import Spread, spread
    from exodyn.study import Study, batch_effect

    asked = spec.patients
    study = Study.load(asked.study)
    effects = []
    for name in asked.attributes:
        values = {one.name: one.attributes[name].values for one in found if name in one.attributes}
        if len(values) >= 2:
            one = spread(name, values)
        elif name in asked.gsds:
            one = Spread(name, 1.0, asked.gsds[name], 0)
        else:
            raise InputError(
                f"[patients] {name}: measured in {len(values)} batches; "
                f"expected 2 or more, or assumed_gsd.{name}"
            )
        print(f"exodyn: spread of {name} in {asked.study.name}", file=sys.stderr)
        effects.append(batch_effect(study, one, asked.scale, asked.margin, asked.patients))
    return tuple(effects)


def _print(result: QualityResult, kept: Path | None) -> None:
    from rich.console import Console
    from rich.table import Table

    from exodyn.report import words

    table = Table(title=result.spec.title, title_justify="left", box=None, pad_edge=False)
    for heading in ("batch", "files", "particles/mL", "D10", "D50", "D90 nm", "40-150 nm", "limits"):
        table.add_column(heading, justify="left" if heading in ("batch", "limits") else "right")
    for batch in result.batches:
        cells = [
            words.number(batch.attributes[name].mean) if name in batch.attributes else words.number(None)
            for name in ("particles_per_ml", "d10", "d50", "d90")
        ]
        share = batch.attributes.get("share_40_150")
        cells.append(f"{100 * share.mean:.0f}%" if share else words.number(None))
        table.add_row(batch.name, str(len(batch.files)), *cells, batch.verdict)
    Console(soft_wrap=True, highlight=False, markup=False, emoji=False).print(table)
    for trend in result.trends:
        for signal in trend.signals:
            print(f"{trend.attribute}: {trend.batches[signal.point]}: {signal.rule}")
    for one in result.comparability:
        print(f"{one.attribute}: within a factor {one.margin:g}? {one.answer}: {one.reason}")
    for effect in result.effects:
        low, middle, high = (words.number(value, 2) for value in effect.band)
        print(
            f"{effect.spread.attribute}: {effect.scale} against control {middle} ({low} to {high}) over "
            f"batches; within {effect.margin:g} {effect.unit} of a typical batch: {_limits(effect)}"
        )
    excluded = sum(len(batch.excluded) for batch in result.batches)
    if excluded:
        print(f"{excluded} exclusion{'s' if excluded > 1 else ''}, with the reasons on the page.")
    if kept is not None:
        print(f"{kept / 'report.html'} shows it all. {result.notice}")


def _limits(effect: BatchEffect) -> str:
    from exodyn.report import words

    low, high = effect.in_units()
    if low is None and high is None:
        return "any value tried"
    return " and ".join(
        f"{side} {words.plain(limit)}"
        for side, limit in (("above", low), ("below", high))
        if limit is not None
    )


@contextmanager
def _progress(files: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal; elsewhere a line now and then."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(files)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = TextColumn("files"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("files", total=files)
        yield lambda done: bar.update(task, completed=done)


def _lines(files: int) -> Callable[[int], None]:
    last = time.monotonic()

    def show(done: int) -> None:
        nonlocal last
        if done < files and time.monotonic() - last > _SECONDS_BETWEEN_LINES:
            last = time.monotonic()
            print(f"exodyn: {done} of {files} files", file=sys.stderr, flush=True)

    return show
