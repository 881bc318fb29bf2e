"""``exodyn fit``: parameters of a PEtab problem, or of a mixed-effects model from an event table."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def register(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "fit",
        help="estimate parameters from data",
        description="Estimate parameters: of a PEtab problem (PROBLEM.yaml), or of a mixed-effects model "
        "(MODEL.toml) from an event table (DATA.csv).",
    )
    parser.add_argument("model", metavar="MODEL.toml|PROBLEM.yaml", help="the model or problem file")
    parser.add_argument("data", metavar="DATA.csv", nargs="?", help="the data; a PEtab problem names its own")
    parser.add_argument("-o", metavar="DIR", dest="directory", help="directory to write (default: NAME_fit)")
    parser.add_argument("--starts", type=int, default=20, help="PEtab: searches to start (default 20)")
    parser.add_argument(
        "--draws", type=int, default=0, help="PEtab: draws a chain from the posterior (default 0: none)"
    )
    parser.add_argument("--seed", type=int, help="seed of all random numbers")
    parser.add_argument("--threads", type=int, default=1, help="threads (default 1)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    if Path(args.model).suffix.lower() in (".yaml", ".yml"):
        from exodyn.cli import fit_petab
        from exodyn.errors import InputError

        if args.data is not None:
            raise InputError(f"{args.data}: a PEtab problem names its own data; give the YAML file alone")
        return fit_petab.run(
            args.model, args.directory, args.starts, args.draws, args.seed or 0, args.threads, args.json
        )
    from exodyn.cli import fit_mixed

    return fit_mixed.run(args.model, args.data, args.directory, args.threads, args.seed, args.json)
