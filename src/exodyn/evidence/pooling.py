"""Records pooled: which of them tell of one effect, what they say together, and how it hangs on the dose."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exodyn.errors import InputError, nearest
from exodyn.evidence.meta import (
    Pooled,
    effect_of,
    pool,
    profile_interval,
    tau2_interval,
)
from exodyn.evidence.record import Record
from exodyn.evidence.small_studies import SmallStudyEffects, egger
from exodyn.evidence.words import names

LOGARITHMIC = ("odds_ratio", "risk_ratio")


@dataclass(frozen=True)
class Pool:
    """Records of one effect, pooled by random effects.

    unit: as our names have it; effects of ratios are logarithms. effects, variances: float64[records].
    profile: 95% interval of the mean by profile likelihood; tau2: that of the variance between studies.
    small: Egger's test. dose: effect per tenfold dose, None where fewer than four records state a dose that
    varies.
    """

    records: tuple[Record, ...]
    unit: str
    effects: NDArray[np.float64]
    variances: NDArray[np.float64]
    pooled: Pooled
    profile: tuple[float, float]
    tau2: tuple[float, float]
    small: SmallStudyEffects | None
    dose: Pooled | None

    @property
    def is_ratio(self) -> bool:
        """Whether effects are logarithms of ratios."""
        return self.unit in LOGARITHMIC


def pool_records(found: Sequence[Record], what: str, unit: str | None = None) -> Pool:
    """The records whose quantity contains a text and that print an effect with a 95% interval, pooled.

    unit: only effects in it, by our name. Raises InputError where fewer than two do, or where they print
    several units and none is chosen.
    """
    wanted = what.casefold()
    named = [one for one in found if wanted in one.quantity.casefold()]
    with_effect = [
        (one, effect)
        for one in named
        if (effect := effect_of(one)) is not None and unit in (None, names("unit", one.unit)[0])
    ]
    if len(with_effect) < 2:
        quantities = {one.quantity for one in found if effect_of(one) is not None}
        raise InputError(
            f"'{what}': {len(with_effect)} records print an effect with a 95% interval, expected two or more"
            f"{nearest(what, quantities)}"
        )
    units = {names("unit", one.unit)[0] for one, _ in with_effect}
    if len(units) > 1:
        raise InputError(f"'{what}': effects in {', '.join(sorted(units))}, choose one by --unit")
    records = tuple(one for one, _ in with_effect)
    effects, variances = (
        np.array(column) for column in zip(*(effect for _, effect in with_effect), strict=True)
    )
    return Pool(
        records,
        units.pop(),
        effects,
        variances,
        pool(effects, variances),
        profile_interval(effects, variances),
        tau2_interval(effects, variances),
        _small_study_effects(effects, variances),
        _on_dose(records, effects, variances),
    )


def _small_study_effects(
    effects: NDArray[np.float64], variances: NDArray[np.float64]
) -> SmallStudyEffects | None:
    """Egger's test; None of two records, or of records that are all as precise."""
    if len(effects) < 3 or np.ptp(variances) < 1e-6 * variances.max():
        return None
    return egger(effects, variances)


def _on_dose(
    records: Sequence[Record], effects: NDArray[np.float64], variances: NDArray[np.float64]
) -> Pooled | None:
    """Meta-regression on the decimal logarithm of the dose in particles."""
    text = [one.fields.get("dose_particles", "").strip() for one in records]
    kept = [i for i, dose in enumerate(text) if dose]
    doses = [math.log10(float(text[i])) for i in kept]
    if len(kept) < 4 or len(set(doses)) < 2:
        return None
    return pool(effects[kept], variances[kept], doses)
