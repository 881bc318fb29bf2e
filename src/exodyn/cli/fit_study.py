"""``exodyn fit STUDY.toml DATA.csv``: a study's model and a tidy table of measurements."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exodyn.errors import InputError, MachineError

if TYPE_CHECKING:
    from exodyn.inference.study.fit import Fit

SECONDS_BETWEEN_LINES = 5.0


def run(
    study: str,
    data: str | None,
    directory: str | None,
    starts: int | None,
    draws: int | None,
    threads: int,
    seed: int | None,
    as_json: bool,
) -> int:
    """Fit, write the directory and print the estimates."""
    from exodyn.inference.study.fit import Problem
    from exodyn.inference.study.run import run_into
    from exodyn.report.fit import write_fit_report
    from exodyn.study import check_free

    if data is None:
        raise InputError(f"{study}: a study needs measurements: exodyn fit {study} DATA.csv")
    target = Path(directory) if directory else Path(Path(study).stem + "_fit")
    problem = Problem.load(study, data).with_(starts, draws)
    check_free(target)
    seed = problem.study.seed if seed is None else seed
    for remark in (*problem.study.doubts(), *problem.data.remarks):
        print(f"exodyn: warning: {remark}", file=sys.stderr)
    command = f"exodyn fit {Path(study).name} {Path(data).name} --seed {seed}"
    try:
        with _progress() as progress:
            fit = run_into(problem, target, seed, command, threads, progress, write_fit_report)
    except KeyboardInterrupt:
        partial = target.with_name(target.name + ".partial")
        kept = f"; {partial} keeps what is finished, the same command goes on" if partial.exists() else ""
        raise MachineError(f"interrupted{kept}") from None
    if as_json:
        print(json.dumps({"directory": str(target), **json_of(fit)}, ensure_ascii=False, allow_nan=False))
    else:
        _print(fit, target)
    return 0


def json_of(fit: Fit) -> dict[str, Any]:
    """What `--json` prints of a fit."""
    return {
        "title": fit.problem.study.title,
        "values": fit.problem.data.count,
        "log_density": fit.optima.best.log_density,
        "searches": len(fit.optima.runs),
        "agreeing": fit.optima.agreeing,
        "parameters": {row["name"]: {k: v for k, v in row.items() if k != "name"} for row in fit.table()},
        "identifiability": list(fit.report.lines),
        "directions": {"known": fit.report.known, "of": len(fit.optima.free)},
        "remarks": list(fit.remarks),
    }


def _print(fit: Fit, target: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    from exodyn.inference.study.output import NOTICE

    table = Table(title=fit.problem.study.title, title_justify="left", box=None, pad_edge=False)
    for heading in ("parameter", "median", "90% interval", "unit", "R-hat", "draws", ""):
        left = heading in ("parameter", "unit", "")
        table.add_column(heading, justify="left" if left else "right", no_wrap=True)
    for row in fit.table():
        verdict = "" if row["verdict"] == "identified" else row["verdict"]
        unit = "" if row["unit"] == "1" else row["unit"]
        band = f"{row['lo90']:.3g} to {row['hi90']:.3g}"
        effective = f"{min(row['ess_bulk'], row['ess_tail']):.0f}"
        table.add_row(
            row["name"], f"{row['median']:.4g}", band, unit, f"{row['r_hat']:.3f}", effective, verdict
        )
    console = Console(soft_wrap=True, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = 160  # no figure is cut off in a file
    console.print(table)
    print(f"{fit.optima.agreeing} of {len(fit.optima.runs)} searches reached the best optimum")
    for line in fit.report.lines:
        print(line)
    for remark in fit.remarks:
        print(f"note: {remark}")
    print(f"{target / 'report.html'} shows it all. {NOTICE}")


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on a terminal; elsewhere a line now and then."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines()
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=1)
        last = ""

        def show(stage: str, done: int, of: int) -> None:
            nonlocal last
            if stage != last:
                bar.reset(task, total=of, description=stage)
                last = stage
            bar.update(task, completed=done)

        yield show


def _lines() -> Callable[[str, int, int], None]:
    last, stage_before = time.monotonic(), ""

    def show(stage: str, done: int, of: int) -> None:
        nonlocal last, stage_before
        if stage != stage_before or time.monotonic() - last > SECONDS_BETWEEN_LINES:
            last, stage_before = time.monotonic(), stage
            count = f": {done} of {of}" if of > 1 else ""
            print(f"exodyn: {stage}{count}", file=sys.stderr, flush=True)

    return show
