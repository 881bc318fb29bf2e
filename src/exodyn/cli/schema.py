"""``exodyn schema``: the JSON schema of a study file, for editors."""

from __future__ import annotations

import argparse
import json
from typing import Any


def register(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "schema",
        help="print the JSON schema of a study file",
        description="Print the JSON schema of a study file. Save it beside your studies and put "
        "`#:schema study.schema.json` in a study's first line: many editors then complete and check it.",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    from exodyn.study import schema

    print(json.dumps(schema(), indent=2, ensure_ascii=False))
    return 0
