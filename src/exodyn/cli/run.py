"""``exodyn run STUDY.toml``: run a study into a directory."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exodyn.errors import InputError, MachineError

if TYPE_CHECKING:
    from exodyn.study import Result, Study

MOST_THREADS = 1024
WIDTH = 110  # of the table of a result: a pipe would be taken for 80 columns, and cells cut
SECONDS_BETWEEN_LINES = 2.0


def register(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "run",
        help="run a study",
        description="Run a study: summary table, figures, one HTML page, and what is needed to repeat it. An "
        "interrupted run goes on where it stopped when the same command is given again.",
    )
    parser.add_argument(
        "study", metavar="STUDY.toml", help="the study file; `exodyn new` writes one to start from"
    )
    parser.add_argument(
        "-o", metavar="DIR", dest="directory", help="directory to make (default: the study's name)"
    )
    parser.add_argument(
        "--patients", type=int, metavar="N", help="virtual patients, instead of the study's number"
    )
    parser.add_argument("--seed", type=int, metavar="S", help="seed, instead of the study's")
    parser.add_argument("--threads", type=int, metavar="T", help="threads (default: all cores)")
    parser.add_argument(
        "--keep",
        choices=("trajectories", "readouts", "summary"),
        help="what is stored: whole courses, every patient at the visits, or the summary alone",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what the run will do and cost, and do nothing"
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON document: directory and summary table"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    if args.threads is not None and not 1 <= args.threads <= MOST_THREADS:
        raise InputError(f"threads: {args.threads}, expected 1 to {MOST_THREADS}")
    target = Path(args.directory) if args.directory else Path(Path(args.study).stem)
    from exodyn.study import Study, check_free

    study = Study.load(args.study).with_(patients=args.patients, seed=args.seed, keep=args.keep)
    check_free(target)
    for doubt in study.doubts():
        print(f"exodyn: warning: {args.study}: {doubt}", file=sys.stderr)
    return _dry_run(study, target, args) if args.dry_run else _run(study, target, args)


def _run(study: Study, target: Path, args: argparse.Namespace) -> int:
    from exodyn.report import write_report
    from exodyn.study import accuracy_warnings, check_space, run_into

    check_space(study, target)

    def finish(result: Result, write: Callable[[str, bytes], None]) -> None:
        write_report(study, result, write)

    try:
        with _progress(study.patients) as progress:
            result = run_into(study, target, args.threads, progress=progress, finish=finish)
    except KeyboardInterrupt:
        partial = target.with_name(target.name + ".partial")
        kept = f"; {partial} keeps what is finished, the same command goes on" if partial.exists() else ""
        raise MachineError(f"interrupted{kept}") from None
    for warning in accuracy_warnings(result.manifest):
        print(f"exodyn: warning: {warning}", file=sys.stderr)
    if args.json:
        print(json.dumps({"directory": str(target), **as_json(study, result)}, ensure_ascii=False))
    else:
        _print(study, result, target)
    return _lost_arms(result, study.patients)


def _lost_arms(result: Result, patients: int) -> int:
    """1 after a line for each arm of which no patient could be computed, else 0."""
    status = 0
    for arm in result.layout.arms:
        causes = Counter(one.cause for one in result.failures if one.arm == arm)
        if causes.total() == patients:
            cause, count = causes.most_common(1)[0]
            message = f"arm '{arm}': all {patients} patients failed, {count} of them with: {cause}"
            print(f"exodyn: error: {message}", file=sys.stderr)
            status = 1
    return status


def as_json(study: Study, result: Result) -> dict[str, Any]:
    """What `--json` prints of a result."""
    from exodyn.report import parameters

    return {
        "title": result.manifest["title"],
        "model": study.indication.size,
        "notice": result.manifest["notice"],
        "identity_sha256": result.manifest["identity_sha256"],
        "stoichiometry": result.stoichiometry,
        "assumed": [p.name for p in parameters(study) if p.status == "assumed"],
        "safety": result.manifest["safety"],
        "failures": [asdict(one) for one in result.failures],
        "summary": list(result.summary),
    }


def _print(study: Study, result: Result, target: Path) -> None:
    """The result in a terminal: one table a scale at the last visit, what arrived, where the page is."""
    from rich.console import Console
    from rich.table import Table

    from exodyn.report import parameters, stoichiometry, words

    layout = result.layout
    table = Table(title=result.manifest["title"], title_justify="left", box=None, pad_edge=False)
    day = words.number(layout.visits[-1])
    band = ["90% of draws"] if layout.draws else []
    for heading in (f"day {day}", "arm", "n", "mean (sd)", "change", "to control", *band):
        table.add_column(
            heading, justify="left" if heading in (f"day {day}", "arm") else "right", no_wrap=True
        )
    for row in result.summary:
        if row["visit_d"] == layout.visits[-1]:
            table.add_row(*words.row_at_visit(row, bool(layout.draws)))
    console = Console(width=WIDTH, soft_wrap=True, highlight=False, markup=False, emoji=False)
    console.print(table)
    for arm, line in stoichiometry(result).items():
        if result.stoichiometry[arm].get("given", 0) > 0:
            print(f"{arm}: {line}")
    for arm, events in result.manifest["safety"].items():
        print(f"{arm}: {words.safety_line(events)}")
    if result.failures:
        print(f"{len(result.failures)} integrations failed: {target / 'failures.csv'}")
    if study.indication.size != "default":
        print(study.indication.remarks(study.species)[0])
    known = parameters(study)
    assumed = sum(p.status == "assumed" for p in known)
    print(f"{assumed} of {len(known)} parameters are assumed, not measured; the page lists them.")
    print(f"{target / 'report.html'} shows it all. {result.manifest['notice']}")


def _dry_run(study: Study, target: Path, args: argparse.Namespace) -> int:
    from exodyn.study import cost

    found = cost(study, args.threads)
    if args.json:
        print(json.dumps({"directory": str(target), **found}))
    else:
        _print_cost(study, target, found)
    return 0


def _print_cost(study: Study, target: Path, found: dict[str, Any]) -> None:
    from exodyn.report import words

    size = "" if study.indication.size == "default" else f", {study.indication.size} model"
    print(f"{study.title}: {study.indication.name}, {study.species}{size}")
    for arm in study.arms:
        print(f"  {arm.name}: {words.regimen(arm.dosing)}")
    print(f"  visits on day {', '.join(words.number(visit) for visit in study.visits)}")
    print("  patients:")
    for trait in study.population.traits:
        changed = " (set by this study)" if trait.name in study.changed_traits else ""
        print(f"    {trait.name}: {words.distribution(trait)}{changed}")
    for one in study.overrides:
        why = f"set by this study, {one.status}: {one.reason}"
        print(f"  {one.name} = {words.plain(one.value)} {one.unit} ({why})")
    print(f"{found['patients']} patients x {found['arms']} arms in {found['chunks']} chunks; ", end="")
    print(f"{found['states']} states, {found['parameters']} parameters")
    print(f"about {words.number(found['seconds'])} s with {found['threads']} threads, ", end="")
    print(f"{words.number(found['megabytes'])} MB in {target} (keeps {study.keep})")
    print("Nothing was run or written.")


@contextmanager
def _progress(patients: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal; elsewhere a line now and then, so that a log shows that a long run is alive."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(patients)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("patients", total=patients)

        def show(done: int) -> None:
            bar.update(
                task, completed=done, description="patients" if done < patients else "figures and page"
            )

        yield show


def _lines(patients: int) -> Callable[[int], None]:
    last = time.monotonic()

    def show(done: int) -> None:
        nonlocal last
        if done < patients and time.monotonic() - last > SECONDS_BETWEEN_LINES:
            last = time.monotonic()
            print(f"exodyn: {done} of {patients} patients", file=sys.stderr, flush=True)

    return show
