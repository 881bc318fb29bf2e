"""A posterior as the calibrations keep and print it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from exodyn.inference import Free
from exodyn.inference.sample import InferenceData, convergence

Own = Mapping[str, float]
"""What one draw says of everything that is estimated, by name."""


@dataclass(frozen=True)
class Sampled:
    """A posterior: each draw, and what says how good they are (of chains the worst of all parameters)."""

    draws: tuple[Own, ...]
    diagnostics: Mapping[str, float]


def of_chains(found: InferenceData, free: Sequence[Free]) -> Sampled:
    """The draws of all chains, one after the other, and how well the chains agree."""
    columns = {one.name: np.asarray(found.posterior[one.name]).ravel() for one in free}
    rows = zip(*columns.values(), strict=True)
    each = convergence(found).values()
    return Sampled(
        tuple(dict(zip(columns, map(float, row), strict=True)) for row in rows),
        {
            "r_hat": max(one["r_hat"] for one in each),
            "ess_bulk": min(one["ess_bulk"] for one in each),
            "ess_tail": min(one["ess_tail"] for one in each),
        },
    )


def show_progress(done: int, of: int) -> None:
    """Write how many draws are done over the line before, on standard error."""
    print(f"\r{done} of {of} draws", end="" if done < of else "\n", file=sys.stderr, flush=True)


def show_summary(found: Sampled) -> None:
    """Print the median and the middle 90% of each parameter, and what says how good they are."""
    print("| parameter | median | 90% |\n| --- | --- | --- |")
    for name in found.draws[0]:
        low, median, high = np.quantile([own[name] for own in found.draws], (0.05, 0.5, 0.95))
        print(f"| {name} | {median:.4g} | {low:.4g} to {high:.4g} |")
    print({name: round(value, 3) for name, value in found.diagnostics.items()})
