"""How sure the delivery of a study is: its parameters by draw, as the next laboratory might find them.

Fitted ones come from the draws of the disposition with what differs between studies; those that were assumed
between two ends are spread over them (90%), rates by their logarithm, shares by their logit.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtri

from exodyn.delivery.draws import draws
from exodyn.delivery.kinds import NAMES, STUDY, natural
from exodyn.delivery.setting import USUAL_DOSE, USUAL_SIZE, Setting
from exodyn.engine.random import uniforms
from exodyn.evidence import ParameterRecord

Floats = NDArray[np.float64]

ASSUMED = (
    *("ki_leak", "k_wall_release", "k_cross", "k_wall_digest", "k_uptake", "k_drain", "k_digest"),
    *("escape", "k_mirna", "mirna_own", "gel_k_erode"),
)
"""Parameters of lesion and cargo that a study varies between their ends; depots' follow by their names."""
SHARES = ("to_blood", "to_brain", "to_lesion")
ENDS = 1.645
"""Standard deviations from the middle to an end that holds 90%."""


@cache
def fitted(species: str) -> Mapping[str, Floats]:
    """Parameters of the disposition of bare vesicles, float64[draws], each draw another study."""
    where = Setting(species, "vesicle", False, USUAL_SIZE, USUAL_DOSE["vesicle"], "unstated")
    numbers = ndtri(uniforms(1, "delivery", 0, len(draws()), len(STUDY)))
    scaled = draws().new_study(where, np.asarray(numbers))
    found = natural(scaled)
    brain = scaled[:, NAMES.index("brain_uptake")]
    return found | {"ki_wall": np.exp(brain - np.median(brain))}  # relative to its own record


def columns(species: str, known: Mapping[str, ParameterRecord]) -> dict[str, Floats]:
    """Parameters by draw, float64[draws]; known: the records of the study."""
    found = {name: values for name, values in fitted(species).items() if name in known}
    if "ki_wall" in known:
        found["ki_wall"] = known["ki_wall"].value * fitted(species)["ki_wall"]
    for name, one in known.items():
        if (name in ASSUMED or name.endswith(("_k_leave", *SHARES))) and one.low and one.high:
            numbers = ndtri(uniforms(1, f"delivery {name}", 0, len(draws()), 1)[:, 0])
            found[name] = _between(one, np.asarray(numbers))
    return found | _within_one(found)


def _within_one(found: Mapping[str, Floats]) -> dict[str, Floats]:
    """Shares of one depot scaled so that no draw gives more than all of it."""
    scaled: dict[str, Floats] = {}
    for depot in dict.fromkeys(name.split("_to_")[0] for name in found if name.endswith(SHARES)):
        own = {name: values for name, values in found.items() if name.startswith(f"{depot}_to_")}
        total = np.maximum(np.sum(list(own.values()), axis=0), 1.0)
        scaled |= {name: values / total for name, values in own.items()}
    return scaled


def _between(one: ParameterRecord, numbers: Floats) -> Floats:
    """Draws about the value of a record, 90% of them between its ends."""
    ends = np.array([one.low, one.value, one.high])
    low, middle, high = logit(ends) if one.unit == "1" and one.symbol.endswith(SHARES) else np.log(ends)
    spread = np.where(numbers < 0, middle - low, high - middle) / ENDS
    drawn = middle + spread * numbers
    return np.asarray(expit(drawn) if one.symbol.endswith(SHARES) else np.exp(drawn))
