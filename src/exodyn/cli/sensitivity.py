"""``exodyn sensitivity STUDY.toml``: which parameters decide what a study predicts."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exodyn.errors import InputError

if TYPE_CHECKING:
    from exodyn.inference.sobol import Indices

SHOWN = 12
MOST_SAMPLES = 65536


def register(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "sensitivity",
        help="which parameters decide what a study predicts",
        description="Sobol's indices of what the first scale reads of a typical patient at the last visit, "
        "and of what each arm does to it, over what data left of the parameters.",
    )
    parser.add_argument("study", metavar="STUDY.toml", help="the study file")
    parser.add_argument(
        "--samples", type=int, default=256, metavar="N", help="a power of 2; runs are N x (parameters + 2)"
    )
    parser.add_argument("--threads", type=int, default=1, metavar="T", help="threads")
    parser.add_argument("-o", metavar="FILE.svg", dest="figure", help="draw the indices")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    if not 2 <= args.samples <= MOST_SAMPLES or args.samples & (args.samples - 1):
        raise InputError(f"samples: {args.samples}, expected a power of 2 from 2 to {MOST_SAMPLES}")
    if args.threads < 1:
        raise InputError(f"threads: {args.threads}, expected 1 or more")
    if args.figure and Path(args.figure).exists():
        raise InputError(f"{args.figure}: exists; choose another -o")
    from exodyn.inference.sensitivity import questions, sensitivity
    from exodyn.study import Study

    study = Study.load(args.study)
    found = {
        asked.says(study): sensitivity(study, asked, args.samples, args.threads) for asked in questions(study)
    }
    if args.figure:
        from exodyn.report.sensitivity import figure

        Path(args.figure).write_text(figure(found), encoding="utf-8")
    if args.json:
        print(json.dumps(_as_json(study.title, study.indication.size, found), ensure_ascii=False))
    else:
        _print(found)
    return 0


def _as_json(title: str, size: str, found: dict[str, Indices]) -> dict[str, Any]:
    return {
        "title": title,
        "model": size,
        "notice": "A model prediction for research use only; not medical advice.",
        "answers": [
            {"question": name, "sd": one.spread, "told": one.told, "indices": one.rows()}
            for name, one in found.items()
        ],
    }


def _print(found: dict[str, Indices]) -> None:
    for name, one in found.items():
        if one.spread == 0:
            print(f"{name}: nothing moves it in this patient")
            continue
        print(f"{name}: sd {one.spread:.3g} over {len(one.names)} parameters")
        if not one.told:
            print("  a few samples carry this answer: ask for more by --samples")
        print(f"  {'parameter':34s} {'first':>6s} {'total':>6s}  90% of total")
        for row in one.rows()[:SHOWN]:
            low, high = row["total_low"], row["total_high"]
            band = "" if low is None or high is None else f"{low:.2f} to {high:.2f}"
            print(f"  {row['parameter']:34s} {row['first']:6.2f} {row['total']:6.2f}  {band}")
    print(
        "Parameters vary independently, each by what data left of it (posterior draws, else the range of its "
        "record), in the patient with the median of every trait. For research use only."
    )
