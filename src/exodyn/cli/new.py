"""``exodyn new INDICATION``: a commented study file to start from."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from exodyn.errors import InputError, MachineError


def register(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "new", help="write a starter study", description="Write a commented study file that runs as it is."
    )
    parser.add_argument("indication", metavar="INDICATION", help="`exodyn list indications` names them")
    parser.add_argument(
        "-o", metavar="STUDY.toml", dest="file", help="file to write (default: standard output)"
    )
    parser.add_argument("--species", help="whose physiology (default: the first that the indication knows)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    from exodyn.errors import nearest
    from exodyn.indications import get_indication
    from exodyn.study import starter

    indication = get_indication(args.indication)
    species = args.species or indication.species[0]
    if species not in indication.species:
        raise InputError(f"--species: '{species}' is unknown{nearest(species, indication.species)}")
    text = starter(indication, species)
    if args.file is None:
        sys.stdout.write(text)
        return 0
    path = Path(args.file)
    if os.path.lexists(path):
        raise InputError(f"{path}: exists and is not overwritten; choose another -o")
    try:
        path.write_text(text, encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{path.parent}: no such directory") from None
    except OSError as error:
        path.unlink(missing_ok=True)
        raise MachineError(f"{path}: {(error.strerror or str(error)).lower()}") from None
    print(f"wrote {path}; next: exodyn run {path}", file=sys.stderr)
    return 0
