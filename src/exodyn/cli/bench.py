"""`exodyn bench`: this engine beside libroadrunner, CVODE and SciPy, at the error that each achieves."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any


def register(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "bench",
        help="measure speed and accuracy beside other programs",
        description="Measure this engine beside libroadrunner, CVODE and SciPy on this machine, "
        "which takes some minutes. The peers come with: pip install 'exodyn[bench]'.",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    from exodyn.bench import measure, show

    result = measure(report=_say)
    if args.json:
        print(json.dumps(result))
    else:
        show(result)
    return 0


def _say(message: str) -> None:
    print(f"exodyn bench: {message}", file=sys.stderr)
