"""``exodyn convert``: a dose in particles, micrograms of protein and cell equivalents, with a band."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Any

_UNITS = (("particles", "particles"), ("ug_protein", "ug protein"), ("cell_equivalents", "cell equivalents"))


def register(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "convert",
        help="say what a dose is in every other unit, with a band",
        description="Convert a dose: '200 ug', '1e10 particles', '1e6 cells', '50 uL of 1e9/mL', also '/kg'.",
    )
    parser.add_argument("dose", metavar="DOSE", nargs="+", help="an amount with its unit")
    parser.add_argument("--source", metavar="S", default="", help="cell or fluid, such as AD-MSC or plasma")
    parser.add_argument("--isolation", metavar="I", default="", help="method, such as UC, SEC or TFF")
    parser.add_argument(
        "--batch",
        metavar="FILE",
        help="what was measured of the batch: TOML, JSON or CSV (particles_per_ml, protein_ug_per_ml, ...)"
        " or an instrument's file",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    from exodyn.product.dose import convert
    from exodyn.product.dose_batch import read_batch
    from exodyn.report.words import interval, number

    batch = read_batch(args.batch) if args.batch is not None else None
    found = convert(" ".join(args.dose), args.source, args.isolation, batch)
    per = "kg" if found.dose.per_kg else None
    if args.json:
        document: dict[str, Any] = {"dose": found.dose.text}
        document |= {key: asdict(getattr(found, key)) for key, _ in _UNITS}
        document |= {"assumptions": list(found.assumptions), "per": per, "records": list(found.records)}
        print(json.dumps(document, ensure_ascii=False))
        return 0
    print(f"{found.dose.text}{'' if per is None else ' (all per kg)'}")
    for key, shown in _UNITS:
        band = getattr(found, key)
        print(f"  {shown:17} {number(band.median):>10}   90% interval {interval(band.lo90, band.hi90)}")
    print("assumed:")
    for line in found.assumptions:
        print(f"  - {line}")
    return 0
