"""``exodyn compare RUN1 RUN2``: what differs between two runs."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from exodyn.study import Comparison


def register(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "compare",
        help="say what differs between two runs",
        description="Say what differs between two run directories: inputs, versions, results.",
    )
    parser.add_argument("first", metavar="RUN1", help="a run directory")
    parser.add_argument("second", metavar="RUN2", help="another one")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    from exodyn.study import Result, compare

    found = compare(Result.load(args.first), Result.load(args.second))
    if args.json:
        print(json.dumps(asdict(found), ensure_ascii=False))
    else:
        _print(found)
    return 0


def _print(found: Comparison) -> None:
    from rich.console import Console
    from rich.table import Table

    from exodyn.report import words

    print("Inputs and versions:", "the same" if not found.inputs else "")
    for line in found.inputs:
        print(f"  {line}")
    if found.same:
        print("Results: the same, to the last count of patients")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("scale", "arm", "day", "first", "second", "difference", "MC error", ""):
        table.add_column(heading, justify="left" if heading in ("scale", "arm", "") else "right")
    for row in found.results:
        numbers = [words.number(row[key]) for key in ("visit_d", "first", "second", "difference", "mc_error")]
        table.add_row(row["scale"], row["arm"], *numbers, "beyond chance" if row["beyond_chance"] else "")
    Console(soft_wrap=True, highlight=False, markup=False, emoji=False).print(table)
    if found.unmatched:
        print("In one run alone:", "; ".join(found.unmatched))
