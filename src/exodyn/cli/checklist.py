"""``exodyn checklist``: what a description of a preparation reports, what is missing and why it matters."""

from __future__ import annotations

import argparse
import json
from typing import Any

_GUIDELINES = ("MISEV2023", "MIFlowCyt-EV", "EV-METRIC")


def register(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "checklist",
        help="say what a paper on a preparation reports and what is missing",
        description="Hold the description of a preparation against MISEV2023, MIFlowCyt-EV and EV-METRIC.",
    )
    parser.add_argument("description", metavar="DESCRIPTION.toml", help="what was done, in TOML or JSON")
    parser.add_argument("--guideline", choices=_GUIDELINES, help="one of them alone")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    from exodyn.product.reporting import GOLD_STANDARD, read_description, report

    found = report(read_description(args.description))
    chosen = [one for one in found.verdicts if args.guideline in (None, one.item.guideline)]
    if args.json:
        items = [
            {
                "guideline": one.item.guideline,
                "item": one.item.key,
                "says": one.item.item,
                "kind": one.item.kind,
                "state": one.state,
                "missing": list(one.missing),
                "why": one.item.why,
                "basis": one.item.basis,
            }
            for one in chosen
        ]
        document = {
            "name": found.name,
            "items": items,
            "ev_metric": found.score,
            "paragraph": found.paragraph,
        }
        document |= {"table": [list(row) for row in found.table], "separation": GOLD_STANDARD}
        print(json.dumps(document, ensure_ascii=False))
        return 0
    for guideline in _GUIDELINES:
        these = [one for one in chosen if one.item.guideline == guideline]
        if not these:
            continue
        reported = sum(one.state == "reported" for one in these)
        applicable = sum(one.state != "not applicable" for one in these)
        print(f"{guideline}: {reported} of {applicable} that apply are reported")
        for one in these:
            print(f"  {one.state:14} {one.item.kind:13} {one.item.item}")
            if one.missing:
                print(f"  {'':14} missing: {'; '.join(one.missing)} - {one.item.why}")
    print(f"EV-METRIC {found.score:.0f}%")
    print(GOLD_STANDARD)
    print(f"\n{found.paragraph}\n")
    for what, value in found.table:
        print(f"| {what} | {value} |")
    return 0
