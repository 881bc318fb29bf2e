"""What posterior draws of a human indication say of treatment: the share of the rodent effect that holds.

python -m exodyn.calibration.transfer    gives the kept draws the shares of today's bridge
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

import exodyn
from exodyn.evidence import Draws, draws_of
from exodyn.translation import carry_over, learn

POOLED = {"stroke": "STR046", "spinal_cord_injury": "SCI011"}
"""By indication, the pooled effect in animals that the share is of. Stroke: the pool nearest to the effect
that `calibration.animals` leaves of the pools (-1.1); cord injury: the pool of rats."""

CARRY_OVER = "population.carry_over."
SMALLEST = 1e-9
"""In place of none at all: the trait's bounds are no values of its own."""
SEED = 1


def with_transfer(draws: Draws) -> Draws:
    """The draws with one share each, the same for all patients of a draw: nobody knows which holds.

    Untreated courses do not tell of the share, so it is independent of all else in a draw.
    """
    pooled = POOLED[draws.indication]
    share = carry_over(learn(), draws.indication, pooled, draws.count, SEED)
    center = np.clip(share, SMALLEST, 1 - SMALLEST)
    values = {f"{CARRY_OVER}center": center, f"{CARRY_OVER}spread": np.zeros_like(center)}
    return replace(
        draws,
        values={**draws.values, **values},
        units={**draws.units, **dict.fromkeys(values, "1")},
        manifest={**draws.manifest, "carry_over": f"bridge from animal to man, over {pooled}"},
    )


def main() -> None:
    """Rewrite the kept draws: their other values stay."""
    folder = Path(exodyn.__file__).parent / "evidence" / "data" / "draws"
    for indication in POOLED:
        draws = draws_of(indication, "human")
        if draws is not None:
            with_transfer(draws).save(folder / f"{indication}_human.parquet")


if __name__ == "__main__":
    main()
