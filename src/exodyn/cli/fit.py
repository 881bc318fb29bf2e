"""``exodyn fit``: estimate parameters from data.

A study file (it names an indication) is fitted to a tidy table, any other TOML file is a mixed-effects model
with an event table, a YAML file is a PEtab problem.
"""

from __future__ import annotations

import argparse
import tomllib
from pathlib import Path
from typing import Any

from exodyn.errors import InputError

MOST_THREADS = 1024
PETAB_STARTS = 20


def register(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "fit",
        help="estimate parameters from data",
        description="Estimate parameters: of a study's model from measurements (STUDY.toml DATA.csv), of a "
        "mixed-effects model from events (MODEL.toml DATA.csv), or of a PEtab problem (PROBLEM.yaml).",
    )
    what = "STUDY.toml|MODEL.toml|PROBLEM.yaml"
    parser.add_argument("model", metavar=what, help="study with a [fit] table, model, or problem file")
    parser.add_argument("data", metavar="DATA.csv", nargs="?", help="the data; a PEtab problem names its own")
    parser.add_argument("-o", metavar="DIR", dest="directory", help="directory to make (default: NAME_fit)")
    parser.add_argument(
        "--starts", type=int, help=f"searches to start (default: the file's; PEtab {PETAB_STARTS})"
    )
    parser.add_argument(
        "--draws", type=int, help="draws a chain from the posterior (default: the study's; PEtab none)"
    )
    parser.add_argument("--seed", type=int, metavar="S", help="seed, instead of the file's")
    parser.add_argument("--threads", type=int, metavar="T", help="threads (default: all cores)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    from exodyn.study.run import cores

    if args.threads is not None and not 1 <= args.threads <= MOST_THREADS:
        raise InputError(f"threads: {args.threads}, expected 1 to {MOST_THREADS}")
    threads = args.threads or cores()
    if args.seed is not None and not 0 <= args.seed < 2**63:
        raise InputError(f"seed: {args.seed}, expected 0 to 2**63 - 1")
    if Path(args.model).suffix.lower() in (".yaml", ".yml"):
        if args.data is not None:
            raise InputError(f"{args.data}: a PEtab problem names its own data; give the YAML file alone")
        from exodyn.cli import fit_petab

        starts = PETAB_STARTS if args.starts is None else args.starts
        return fit_petab.run(
            args.model, args.directory, starts, args.draws or 0, args.seed or 0, threads, args.json
        )
    if _is_study(args.model):
        from exodyn.cli import fit_study

        return fit_study.run(
            args.model, args.data, args.directory, args.starts, args.draws, threads, args.seed, args.json
        )
    from exodyn.cli import fit_mixed

    if args.draws is not None:
        raise InputError(
            "--draws: a mixed-effects model is fitted by its optimum alone; leave the option out"
        )
    return fit_mixed.run(args.model, args.data, args.directory, args.starts, threads, args.seed, args.json)


def _is_study(path: str) -> bool:
    """Whether a file is meant as a study; what cannot be read is left to the reader that says why."""
    try:
        return "indication" in tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return True
