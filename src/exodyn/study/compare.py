"""What differs between two results: inputs and versions, and the summary beside its Monte Carlo error."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from exodyn.study.directory import differences
from exodyn.study.result import Result

Line = dict[str, Any]


@dataclass(frozen=True)
class Comparison:
    """inputs: what differs in study, versions and seed, as ``seed: 1 -> 2``.

    same: as many patients had each value, change and difference to control, and the same ones failed.
    results: for each scale, arm and visit of both, the means, their difference and its Monte Carlo error,
    and whether the difference is larger than chance explains (three errors). unmatched: rows of one alone.
    """

    inputs: tuple[str, ...]
    same: bool
    results: tuple[Line, ...]
    unmatched: tuple[str, ...]


def compare(first: Result, second: Result) -> Comparison:
    """Compare two results; the second minus the first."""
    rows = [{_key(row): row for row in result.summary} for result in (first, second)]
    both = [key for key in rows[0] if key in rows[1]]
    alone = [", ".join(map(str, key)) for key in [*rows[0], *rows[1]] if (key in rows[0]) != (key in rows[1])]
    return Comparison(
        tuple(differences(first.manifest["identity"], second.manifest["identity"])),
        _counts(first) == _counts(second) and first.failures == second.failures and not alone,
        tuple(_line(rows[0][key], rows[1][key]) for key in both),
        tuple(alone),
    )


def _key(row: Line) -> tuple[str, str, float]:
    return row["scale"], row["arm"], row["visit_d"]


def _line(a: Line, b: Line) -> Line:
    means = a["mean"], b["mean"]
    errors = a["mc_error"], b["mc_error"]
    difference = None if None in means else means[1] - means[0]
    error = None if None in errors else math.hypot(*errors)
    beyond = difference is not None and error is not None and abs(difference) > 3 * error
    return {
        "scale": a["scale"],
        "arm": a["arm"],
        "visit_d": a["visit_d"],
        "first": means[0],
        "second": means[1],
        "difference": difference,
        "mc_error": error,
        "beyond_chance": beyond,
    }


def _counts(result: Result) -> dict[str, list[Any]]:
    """All that a summary is made of, by scale."""
    return {
        name: [counts.patients.tolist() for counts in (tally.value, tally.change, tally.difference)]
        for name, tally in result.tallies.items()
    }
