"""`exodyn objective`: the log-likelihood of a PEtab problem at its nominal parameters."""

from __future__ import annotations

import argparse
import json
import math
import sys
from typing import Any


def register(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "objective",
        help="log-likelihood of a PEtab problem",
        description="Simulate a parameter estimation problem in the PEtab format at its nominal parameters "
        "and print log-likelihood, chi-squared and log prior.",
    )
    parser.add_argument("problem", metavar="PROBLEM.yaml", help="the problem's YAML file, beside its tables")
    parser.add_argument(
        "--gradient",
        action="store_true",
        help="also print d llh / d parameter, each on the parameter's own scale",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    from exodyn.inference.petab import evaluate

    result = evaluate(args.problem, gradient=args.gradient)
    if result["missing"]:
        print(f"exodyn objective: {result['missing']} measurements are missing (NaN)", file=sys.stderr)
    if result["log_prior"] == -math.inf:
        print("exodyn objective: a prior excludes the nominal parameters (log_prior)", file=sys.stderr)
    if args.json:
        if result["log_prior"] == -math.inf:
            result["log_prior"] = None  # JSON has no infinity
        print(json.dumps(result, allow_nan=False))
        return 0
    for name in ("llh", "chi2", "log_prior"):
        print(f"{name:10} {result[name]:.10g}")
    for name, slope in result.get("gradient", {}).items():
        print(f"d llh / d {name:30} {slope:.10g}")
    return 0
