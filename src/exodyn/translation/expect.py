"""What a trial of vesicles in man should expect, from their pooled effects in animals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from exodyn.evidence import record
from exodyn.translation.bridge import Bridge
from exodyn.translation.effects import NORMAL_95, TRIAL_SE
from exodyn.translation.predict import observed, true_effect
from exodyn.translation.therapies import Therapy

VESICLES = {
    "stroke": ("STR045", "STR046", "STR047", "STR048", "STR049", "STR050"),
    "spinal_cord_injury": ("SCI009", "SCI010"),
}
"""Pooled effects of mesenchymal vesicles in rodents, by indication."""


@dataclass(frozen=True)
class Expectation:
    """Of the true common odds ratio in man and of a blinded trial of `patients`.

    animal: percent improvement in rodents after correction. benefit: that the true effect is above none.
    works: that the therapy works at all. positive: that the trial ends positive.
    """

    indication: str
    animal: float
    odds_ratio: float
    lo90: float
    hi90: float
    benefit: float
    works: float
    patients: tuple[int, ...]
    positive: tuple[float, ...]


def vesicles(indication: str) -> Therapy:
    """Mesenchymal vesicles as a therapy: pooled effects in rodents, no human results of their own."""
    return Therapy("vesicles", "cell", frozenset(), tuple(record(id) for id in VESICLES[indication]), ())


def expect(bridge: Bridge, indication: str, patients: Sequence[int] = (100, 300, 1000, 3000)) -> Expectation:
    """What a blinded, confirming trial of vesicles in this indication should expect.

    Human results of the parent cells are used: they are the nearest that is known.
    """
    therapy = vesicles(indication)
    posterior = bridge.posterior()
    true = true_effect(posterior, therapy)
    positive = []
    for n in patients:
        se = TRIAL_SE / math.sqrt(n)
        positive.append(1 - observed(posterior, true, se, False, False).below(NORMAL_95 * se))
    return Expectation(
        indication,
        float(np.sum(posterior.weights * posterior.animal(therapy.animals))),
        math.exp(true.quantile(0.5)),
        math.exp(true.quantile(0.05)),
        math.exp(true.quantile(0.95)),
        1 - true.below(0.0),
        posterior.mean("cell_works")[0],
        tuple(patients),
        tuple(positive),
    )
