"""How much of an effect in animals holds in man, by what the bridge learned of other therapies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from exodyn.evidence import record
from exodyn.translation.bridge import Bridge
from exodyn.translation.effects import LOG_ODDS_PER_SD
from exodyn.translation.expect import vesicles
from exodyn.translation.predict import true_effect


def carry_over(bridge: Bridge, indication: str, pooled: str, draws: int, seed: int) -> NDArray[np.float64]:
    """The share that holds, float64[draws] in 0 to 1, evenly over its distribution and in random order.

    pooled: id of the record, a standardised mean difference in animals, to which the model's effects are
    fitted. The share is the therapy's true effect in man over that effect, both as log odds. Nineteen in
    twenty therapies of this group do not work in man: their effect is spread about none. A model whose cargo
    only helps has no way to do harm, so the lower half is a share of 0.
    """
    in_animals = abs(record(pooled).value or 0.0) * LOG_ODDS_PER_SD
    in_man = true_effect(bridge.posterior(), vesicles(indication))
    even = np.array([in_man.quantile((k + 0.5) / draws) for k in range(draws)])
    share = np.clip(even / in_animals, 0.0, 1.0)
    return np.random.default_rng(seed).permutation(share)
