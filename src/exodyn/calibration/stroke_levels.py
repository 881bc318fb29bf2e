"""Levels of the stroke model that hold by definition or by one published number."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from exodyn.calibration.write import Fitted
from exodyn.engine import Dose, Engine, Schedule
from exodyn.engine.random import uniforms
from exodyn.evidence import record
from exodyn.indications import stroke
from exodyn.scales import MNSS, FloatArray

PRODUCT, ROUTE = "adipose_msc_exosomes", "intravenous"
POOLED_EFFECT = "STR046"


def definitions() -> Fitted:
    """Levels that are 1 by definition, in the untreated model at its default parameters."""
    days = np.linspace(0.0, 90.0, 1801)
    fitted: dict[tuple[str, str], float] = {}
    for species in stroke.SPECIES:
        known = stroke.parameters(species)
        engine = Engine(stroke.model(species, PRODUCT, ROUTE), outputs=["tnf", "leak", "newborn"])
        tnf, _, newborn = engine.run(patients=1, times=days, rtol=1e-7).values[0].T
        k_tnf = known["k_tnf"].value / tnf.max()
        leak = engine.run({"k_tnf": k_tnf}, patients=1, times=days, rtol=1e-7).values[0, :, 1]
        fitted["k_tnf", "any"] = k_tnf
        fitted["k_open", "any"] = known["k_open"].value / leak.max()
        fitted["k_open_tnf", "any"] = known["k_open_tnf"].value / leak.max()
        fitted["k_settle", species] = known["k_settle"].value / newborn[-1]
    return fitted


def effect(animals: int = 4000) -> Fitted:
    """The scale of all effects that gives the pooled mNSS effect in mice: one dose at 24 h, read at day 28.

    The dose per kg is the usual one of rats (100 ug, 3.75e11 particles, in 0.3 kg).
    """
    wanted = record(POOLED_EFFECT).value or 0.0
    known = stroke.parameters("mouse")
    engine = Engine(stroke.model("mouse", PRODUCT, ROUTE), outputs=list(MNSS.reads))
    traits = _draw(animals)
    own = stroke.person("mouse", traits)
    raters = uniforms(1, "effect", 0, 2 * animals, MNSS.draws(1))
    amount = known["usual_dose"].value * known["weight"].value
    schedules = (Schedule(), Schedule([Dose(state="blood", amount=amount, time=1.0)]))

    def smd(efficacy: float) -> float:
        arms = []
        for arm, schedule in enumerate(schedules):
            changed = own | {"efficacy": np.array(efficacy)}
            values = engine.run(changed, patients=animals, times=[28.0], doses=schedule).values
            readouts = {name: values[:, :, i] for i, name in enumerate(MNSS.reads)}
            arms.append(MNSS.observe(readouts, raters[arm * animals : (arm + 1) * animals])[:, 0])
        spread = np.sqrt((np.nanvar(arms[0]) + np.nanvar(arms[1])) / 2)
        return float((np.nanmean(arms[1]) - np.nanmean(arms[0])) / spread)

    for efficacy in (0.3, 1.0, 3.0, 10.0, 30.0):
        print(f"effect: mNSS SMD at efficacy {efficacy}: {smd(efficacy):.2f}")
    return {("efficacy", "any"): float(brentq(lambda e: smd(e) - wanted, 0.01, 1000.0, xtol=1e-2))}


def _draw(animals: int) -> dict[str, FloatArray]:
    spread = stroke.population("mouse").traits
    draws = uniforms(1, "animals", 0, animals, len(spread))
    return {t.name: t.sample(draws[:, i]) for i, t in enumerate(spread)}
