"""What posterior draws of a human indication say of treatment: the share of the rodent effect that holds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from exodyn.evidence import Draws
from exodyn.translation import carry_over, learn

CARRY_OVER = "population.carry_over."
SMALLEST = 1e-9
"""In place of none at all: the trait's bounds are no values of its own."""


def with_transfer(draws: Draws, pooled: str, seed: int) -> Draws:
    """The draws with one share each, the same for all patients of a draw: nobody knows which holds.

    pooled: id of the pooled effect in animals that the model's effects are fitted to. Untreated courses do
    not tell of the share, so it is independent of all else in a draw.
    """
    share = carry_over(learn(), draws.indication, pooled, draws.count, seed)
    center = np.clip(share, SMALLEST, 1 - SMALLEST)
    values = {f"{CARRY_OVER}center": center, f"{CARRY_OVER}spread": np.zeros_like(center)}
    return replace(
        draws,
        values={**draws.values, **values},
        units={**draws.units, **dict.fromkeys(values, "1")},
        manifest={**draws.manifest, "carry_over": f"bridge from animal to man, over {pooled}"},
    )
