"""``exodyn cache``: compiled models kept on disk."""

from __future__ import annotations

import argparse
import json
from typing import Any


def register(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "cache",
        help="show or clear compiled models",
        description="Show or clear compiled models kept on disk; EXODYN_CACHE names another folder.",
    )
    parser.add_argument("--clear", action="store_true", help="remove them all")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    from exodyn.engine import cache

    removed = cache.clear() if args.clear else 0
    found = cache.summary()
    if args.json:
        folder = str(found.folder) if found.folder else None
        print(
            json.dumps({"folder": folder, "entries": found.entries, "bytes": found.bytes, "removed": removed})
        )
    elif args.clear:
        print(f"removed {removed} files from {found.folder}")
    elif found.folder is None:
        print("nothing is kept (EXODYN_CACHE=off)")
    else:
        print(f"{found.entries} compiled models, {found.bytes / 1e6:.1f} MB, in {found.folder}")
    return 0
