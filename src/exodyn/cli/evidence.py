"""``exodyn evidence``: the published numbers, their sources, and what rests on them."""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exodyn.errors import InputError

if TYPE_CHECKING:
    from exodyn.evidence import Record
    from exodyn.evidence.pooling import Pool


FIGURES = (".svg", ".png", ".pdf")
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
    what.add_argument(
        "--pool", metavar="TEXT", help="pool the effects of records whose quantity contains a text"
    )
    what.add_argument("--used-by", metavar="ID", help="say which parameters and runs rest on a record")
    parser.add_argument(
        "--runs",
        metavar="DIR",
        nargs="+",
        help="with --used-by: run directories, or folders of them (the current one if not given)",
    )
    parser.add_argument("--unit", metavar="U", help="with --pool: only effects in this unit, such as SMD")
    parser.add_argument("--forest", metavar="FILE", help="with --pool: draw a forest plot (.svg, .png, .pdf)")
    parser.add_argument("--funnel", metavar="FILE", help="with --pool: draw a funnel plot")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    from exodyn.evidence import bibtex, select

    if args.runs and not args.used_by:
        raise InputError("--runs: expected together with --used-by ID")
    if (args.forest or args.funnel or args.unit) and not args.pool:
        raise InputError("--forest, --funnel, --unit: expected together with --pool TEXT")
    if args.used_by:
        return _used_by(args)
    if args.pool is not None:
        return _pool(args)
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
        if not found:
            print("no record is of both this area and this indication", file=sys.stderr)
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


def _pool(args: argparse.Namespace) -> int:
    """Print what several records say together, and draw it."""
    from exodyn.evidence import select
    from exodyn.evidence.pooling import pool_records

    found = pool_records(select(args.area, args.indication), args.pool, args.unit)
    _draw(found, args)
    shown = math.exp if found.is_ratio else float
    mean = [shown(float(x[0])) for x in (found.pooled.estimate, found.pooled.low, found.pooled.high)]
    numbers: dict[str, Any] = {
        "mean": mean[0],
        "hartung_knapp": mean[1:],
        "profile": [shown(end) for end in found.profile],
        "prediction": [shown(end) for end in found.pooled.prediction()],
        "tau2": found.pooled.tau2,
        "tau2_interval": list(found.tau2),
        "i2_percent": found.pooled.i2,
        "q": found.pooled.q,
        "q_p": found.pooled.q_p,
        "egger_p": found.small.p if found.small else None,
        "egger_limit": shown(found.small.limit) if found.small else None,
        "per_tenfold_dose": float(found.dose.estimate[1]) if found.dose else None,
        "per_tenfold_dose_p": float(found.dose.p[1]) if found.dose else None,
    }
    if args.json:
        records = [
            {"id": one.id, "effect": shown(float(y)), "se": math.sqrt(v), "weight_percent": float(weight)}
            for one, y, v, weight in zip(
                found.records, found.effects, found.variances, found.pooled.weights, strict=True
            )
        ]
        print(json.dumps({"records": records, "unit": found.unit, "pooled": numbers}, ensure_ascii=False))
        return 0
    for one, y, weight in zip(found.records, found.effects, found.pooled.weights, strict=True):
        print(f"{one.id:8} {one.study:28.28} {shown(float(y)):8.3g} {weight:5.1f}%  {one.quantity}")
    print(f"{len(found.records)} records, {found.unit}, random effects by REML")
    for name, value in numbers.items():
        if value is not None:
            text = " to ".join(f"{end:.3g}" for end in value) if isinstance(value, list) else f"{value:.3g}"
            print(f"  {name.replace('_', ' '):20} {text}")
    return 0


def _draw(found: Pool, args: argparse.Namespace) -> None:
    """Write the plots that are asked for, in the form that a file's ending names."""
    from exodyn.evidence import meta_figures

    label = f"log {found.unit}" if found.is_ratio else found.unit
    names = [f"{one.study}, {one.id}" for one in found.records]
    for file, kind in ((args.forest, "forest"), (args.funnel, "funnel")):
        if not file:
            continue
        if Path(file).suffix not in FIGURES:
            raise InputError(f"--{kind} {file}: expected a file that ends in {', '.join(FIGURES)}")
        figure = (
            meta_figures.forest(found.effects, found.variances, names, found.pooled, label=label)
            if kind == "forest"
            else meta_figures.funnel(found.effects, found.variances, found.pooled, label=label)
        )
        figure.savefig(file)


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
