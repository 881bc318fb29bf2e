"""``exodyn evidence``: the published numbers, their sources, and what rests on them."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exodyn.errors import InputError

if TYPE_CHECKING:
    from exodyn.evidence import Record


VERDICTS = ("impossible", "doubtful", "sound", "unchecked")


def register(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "evidence",
        help="print, filter and cite the published numbers",
        description="Print the published numbers that the program knows, with source, status and split.",
    )
    parser.add_argument("--area", metavar="A", help="a table, such as kinetics, or several, such as outcomes")
    parser.add_argument("--indication", metavar="X", help="an indication, such as stroke")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--cite", action="store_true", help="print the sources as BibTeX")
    what.add_argument(
        "--check",
        nargs="?",
        const="",
        metavar="FILE.csv",
        help="say whether the numbers hold together: all records, or those of a table of your own",
    )
    what.add_argument("--used-by", metavar="ID", help="say which parameters and runs rest on a record")
    parser.add_argument(
        "--runs",
        metavar="DIR",
        nargs="+",
        help="with --used-by: run directories, or folders of them (the current one if not given)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    from exodyn.evidence import bibtex, select

    if args.runs and not args.used_by:
        raise InputError("--runs: expected together with --used-by ID")
    if args.used_by:
        return _used_by(args)
    if args.check is not None:
        return _check(args)
    found = select(args.area, args.indication)
    if args.json:
        document: dict[str, Any] = {"records": [_fields(one) for one in found]}
        if args.cite:
            document["bibtex"] = bibtex(found)
        print(json.dumps(document, ensure_ascii=False))
    elif args.cite:
        print(bibtex(found), end="")
    else:
        for one in found:
            print(f"{one.id:8} {one.table:22} {one.study:28.28} {one.status:9} {_held(one):11} {one.says()}")
    return 0


def _check(args: argparse.Namespace) -> int:
    """Print the verdict on each record, with its reasons."""
    from exodyn.evidence import judge, read_records, select

    if args.check and (args.area or args.indication):
        raise InputError(
            "--check FILE.csv: expected without --area and --indication, which choose our own records"
        )
    kept = {one.id for one in select(args.area, args.indication)}
    # Our own records are judged all together, since those of one study are held against each other.
    judged = judge(read_records(Path(args.check)) if args.check else select())
    judged = tuple(one for one in judged if args.check or one.id in kept)
    if args.json:
        found = [{"id": one.id, "verdict": one.verdict, "reasons": list(one.reasons)} for one in judged]
        print(json.dumps({"records": found}, ensure_ascii=False))
        return 0
    for one in judged:
        print(f"{one.id:8} {one.verdict:10} {one.reasons[0]}")
        for reason in one.reasons[1:]:
            print(f"{'':19} {reason}")
    counts = (f"{sum(one.verdict == verdict for one in judged)} {verdict}" for verdict in VERDICTS)
    print(f"{len(judged)} records: {', '.join(counts)}", file=sys.stderr)
    return 0


def _used_by(args: argparse.Namespace) -> int:
    """Print what rests on one record."""
    from exodyn.evidence import record, uses

    one = record(args.used_by)
    found = {"model": list(uses(one.id)), "runs": list(_runs(one.id, args.runs or ["."]))}
    if args.json:
        print(json.dumps({"records": [_fields(one) | {"used_by": found}]}, ensure_ascii=False))
        return 0
    print(f"{one.id}  {one.study}: {one.says()}")
    print(f"  {', '.join(part for part in (one.source, one.where, one.status, one.note) if part)}")
    for kind, them in found.items():
        print(f"{kind}: {'' if them else 'none'}")
        for line in them:
            print(f"  {line}")
    return 0


def _runs(id: str, folders: list[str]) -> Iterator[str]:
    """The run directories, these or below them, whose manifest names a record."""
    for folder in folders:
        if not os.path.isdir(folder):
            raise InputError(f"{folder}: no such directory")
        for place, below, files in os.walk(folder):
            below[:] = sorted(name for name in below if not name.startswith("."))
            if "manifest.json" in files:
                below.clear()
                if id in _records_of(Path(place) / "manifest.json"):
                    yield place


def _records_of(manifest: Path) -> list[str]:
    """The records that a run's manifest names; none where it is another program's file of this name."""
    try:
        ids = json.loads(manifest.read_text(encoding="utf-8"))["records"]
    except (ValueError, KeyError, TypeError):
        return []
    return ids if isinstance(ids, list) else []


def _fields(one: Record) -> dict[str, Any]:
    """A record as JSON values; its table's own words, and the names that they stand for."""
    from dataclasses import fields

    from exodyn.evidence import is_validation, names

    found = {field.name: getattr(one, field.name) for field in fields(one)}
    return found | {
        "fields": dict(one.fields),
        "names": {
            "species": names("species", one.species),
            "indication": names("indication", one.indication),
            "route": names("route", one.route),
            "unit": names("unit", one.unit),
        },
        "held_back": is_validation(one),
    }


def _held(one: Record) -> str:
    from exodyn.evidence import is_validation

    return "validation" if is_validation(one) else one.split
