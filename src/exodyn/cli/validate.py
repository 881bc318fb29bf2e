"""``exodyn validate``: what the model predicts for published records, and how good that is."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exodyn.validation import Scored


def register(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "validate",
        help="predict published records and score the predictions",
        description="Predict every record of the evidence base, or of a table of your own, and score that.",
    )
    parser.add_argument("--records", metavar="FILE.csv", help="a table in a schema of the evidence")
    parser.add_argument("--indication", metavar="X", help="an indication, such as stroke")
    parser.add_argument("--page", metavar="FILE.html", help="write tables and figures as one HTML page")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    from exodyn.evidence import about, read_records, select
    from exodyn.validation import Given, validate
    from exodyn.validation.predictors import PREDICTORS

    if args.records:
        found = read_records(Path(args.records))
        if args.indication:
            found = about(found, args.indication)
    else:
        found = select(None, args.indication)
    given = Given(file=found, threads=_threads())
    stale = [line for draws in given.draws.values() if (line := draws.stale())]
    with _Progress(len(found), hidden=args.json) as progress:
        scored = validate(found, PREDICTORS, given, progress)
    if args.page:
        from exodyn.validation.page import page

        Path(args.page).write_text(page(scored), encoding="utf-8")
    if args.json:
        print(json.dumps(_document(scored) | {"warnings": stale}, ensure_ascii=False, allow_nan=False))
    else:
        _print(scored)
    for line in stale:
        print(f"warning: {line}", file=sys.stderr)
    return 0


def _threads() -> int:
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def _document(scored: Sequence[Scored]) -> dict[str, Any]:
    from exodyn.validation.summary import groups

    return {
        "records": [_fields(one) for one in scored],
        "summary": {
            "records": len(scored),
            "predicted": sum(one.skipped is None for one in scored),
            "skipped": sum(one.skipped is not None for one in scored),
            "groups": [group.as_json() for group in groups(scored)],
        },
    }


def _fields(one: Scored) -> dict[str, Any]:
    band = one.band
    found = {
        "id": one.record.id,
        "kind": one.kind,
        "observed": one.observed,
        "median": band.median if band else None,
        "lo90": band.low if band else None,
        "hi90": band.high if band else None,
        "inside": one.inside,
        "split": one.split or None,
        "skipped": one.skipped,
    }
    if one.kind == "statement":
        found["probability"] = one.probability
        found["probability_of_mechanism"] = one.mechanism
    return found | {"study": one.record.study, "unit": one.record.unit, "basis": one.basis or None}


def _print(scored: Sequence[Scored]) -> None:
    from rich.console import Console
    from rich.table import Table

    from exodyn.validation.summary import groups

    wide = None if sys.stdout.isatty() else 180
    console = Console(soft_wrap=True, highlight=False, markup=False, emoji=False, width=wide)
    for one in scored:
        band = one.band
        if one.skipped is not None:
            said = f"skipped: {one.skipped}"
        elif one.probability is not None:
            said = f"probability {one.probability:.2f}, {'right' if one.inside else 'WRONG'}"
        else:
            assert band is not None
            seen = "range" if one.observed is None else f"{one.observed:g}"
            place = "inside" if one.inside else "OUTSIDE"
            said = f"{seen} in {band.low:.3g} to {band.high:.3g}, median {band.median:.3g}: {place}"
        console.print(f"{one.record.id:8} {one.split or '-':11} {one.record.study:24.24} {said}")
    table = Table(box=None, pad_edge=False)
    words = ("split", "kind", "table", "indication", "species")
    numbers = ("records", "predicted", "right", "95% interval", "GMFE", "within 2-fold", "always better")
    for heading in (*words, *numbers):
        table.add_column(heading, justify="left" if heading in words else "right")
    for group in groups(scored):
        share = group.right / group.predicted if group.predicted else None
        table.add_row(
            group.split or "-",
            group.kind,
            group.family,
            group.indication or "-",
            group.species or "-",
            str(group.records),
            str(group.predicted),
            "" if share is None else f"{group.right} ({100 * share:.0f}%)",
            ""
            if group.interval is None
            else f"{100 * group.interval[0]:.0f} to {100 * group.interval[1]:.0f}%",
            "" if group.gmfe is None else f"{group.gmfe:.2f}",
            "" if group.within_2fold is None else str(group.within_2fold),
            "" if group.always_better is None else str(group.always_better),
        )
    console.print(table)


class _Progress:
    """A bar on stderr, where that is a terminal."""

    def __init__(self, records: int, hidden: bool) -> None:
        self.records, self.hidden = records, hidden or not sys.stderr.isatty()

    def __enter__(self) -> _Progress:
        from rich.console import Console
        from rich.progress import Progress

        self.bar = Progress(console=Console(stderr=True), disable=self.hidden, transient=True)
        self.bar.start()
        self.task = self.bar.add_task("predicting", total=self.records)
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def __call__(self, what: str, done: int) -> None:
        self.bar.update(self.task, description=what[:40], completed=done)
