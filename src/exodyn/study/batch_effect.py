"""What the spread of batches does to patients, and the limits within which a batch may lie.

A study is run with one attribute of the product at several factors of its typical value, always with the same
patients; between factors the mean effect is interpolated on the log scale. A batch to come is a draw of the
factor from the predictive spread of the batches seen. Limits are the factors at which the mean effect leaves
a stated margin around that of a typical batch.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exodyn.errors import InputError, nearest
from exodyn.product.comparability import Spread
from exodyn.study.protocol import Arm, Override
from exodyn.study.study import Study

Floats = NDArray[np.float64]

FACTORS: Floats = 2.0 ** np.arange(-4, 5, dtype=np.float64)
DRAWS = 4000
# What an attribute of a batch is in the model: a parameter, or the dose where it is given by volume.
PARAMETERS = {
    "potency": ("potency",),
    "cargo_per_particle": ("mirna_per_particle", "factor_per_particle"),
    "particles_per_ml": (),
}


@dataclass(frozen=True)
class BatchEffect:
    """One attribute's spread, carried to the mean difference from control at the last visit.

    effects, errors: float64[FACTORS], mean difference and its Monte Carlo error by factor. band: 5%, median
    and 95% of the mean difference over batches to come. patients: 5% and 95% of treated patients' scale with
    a typical batch. limits: factors between which the effect stays within the margin; None: it stays wherever
    tried. share_inside: of batches to come between the limits.
    """

    spread: Spread
    scale: str
    unit: str
    arm: str
    visit_d: float
    margin: float
    factors: Floats
    effects: Floats
    errors: Floats
    band: tuple[float, float, float]
    patients: tuple[float, float, float]
    limits: tuple[float | None, float | None]
    share_inside: float

    def in_units(self) -> tuple[float | None, float | None]:
        """The limits in the attribute's own unit."""
        low, high = (None if one is None else one * self.spread.median for one in self.limits)
        return low, high


def batch_effect(
    study: Study,
    spread: Spread,
    scale: str,
    margin: float,
    patients: int | None = None,
    threads: int | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> BatchEffect:
    """Runs the study once a factor; the treated arm is the first that is not the control.

    Raises InputError for an unknown attribute or scale, or a study without a treated arm.
    """
    if spread.attribute not in PARAMETERS:
        raise InputError(
            f"no effect of '{spread.attribute}' in the model{nearest(spread.attribute, PARAMETERS)}"
        )
    if scale not in {one.name for one in study.scales}:
        raise InputError(
            f"the study has no scale '{scale}'{nearest(scale, [one.name for one in study.scales])}"
        )
    treated = [arm for arm in study.arms if arm.dosing is not None]
    if not treated or treated[0] is study.arms[study.control]:
        raise InputError("the study has no treated arm beside its control")
    study = dataclasses.replace(study.with_(patients=patients), keep="summary")
    effects, errors, typical = [], [], None
    for done, factor in enumerate(FACTORS, start=1):
        rows = _at(study, spread.attribute, float(factor)).run(threads=threads).summary
        last = [row for row in rows if row["scale"] == scale and row["arm"] == treated[0].name][-1]
        if last["difference"] is None:
            raise InputError(f"'{scale}' cannot be read at the last visit")
        effects.append(float(last["difference"]))
        errors.append(float(last["difference_mc_error"] or 0.0))
        typical = last if factor == 1.0 else typical
        progress(done)
    assert typical is not None
    found, logs = np.array(effects), np.log(FACTORS)
    drawn = np.log(spread.factors(DRAWS))
    low, middle, high = (float(q) for q in np.quantile(np.interp(drawn, logs, found), (0.05, 0.5, 0.95)))
    limits = _limits(logs, found, margin)
    inside = np.ones(DRAWS, dtype=bool)
    for limit, side in zip(limits, (1, -1), strict=True):
        if limit is not None:
            inside &= side * (drawn - np.log(limit)) >= 0
    return BatchEffect(
        spread,
        scale,
        str(typical["unit"]),
        treated[0].name,
        float(typical["visit_d"] or 0.0),
        margin,
        FACTORS,
        found,
        np.array(errors),
        (low, middle, high),
        tuple(float(typical[name] or 0.0) for name in ("p05", "median", "p95")),  # type: ignore[arg-type]
        limits,
        float(inside.mean()),
    )


def _at(study: Study, attribute: str, factor: float) -> Study:
    """The study with the attribute at a factor of its value."""
    if attribute == "particles_per_ml":
        arms = tuple(
            Arm(arm.name, dataclasses.replace(arm.dosing, amount=arm.dosing.amount * factor))
            if arm.dosing
            else arm
            for arm in study.arms
        )
        return dataclasses.replace(study, arms=arms)
    named = PARAMETERS[attribute]
    index = next(i for i, arm in enumerate(study.arms) if arm.dosing is not None)
    known = {one.name: one for one in study.models[index].parameters}
    kept = tuple(one for one in study.overrides if one.name not in named)
    own = tuple(
        Override(
            name,
            known[name].value * factor,
            known[name].unit,
            "assumed",
            f"batch at {factor:g} times the usual",
        )
        for name in named
    )
    return dataclasses.replace(study, overrides=kept + own)


def _limits(logs: Floats, effects: Floats, margin: float) -> tuple[float | None, float | None]:
    """The nearest factors on either side of 1 at which the effect leaves the margin."""
    fine = np.linspace(logs[0], logs[-1], 2001)
    off = np.abs(np.interp(fine, logs, effects) - np.interp(0.0, logs, effects)) > margin
    below, above = np.flatnonzero(off & (fine < 0)), np.flatnonzero(off & (fine > 0))
    return (
        float(np.exp(fine[below[-1]])) if len(below) else None,
        float(np.exp(fine[above[0]])) if len(above) else None,
    )
