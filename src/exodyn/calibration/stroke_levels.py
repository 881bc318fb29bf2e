"""Levels of the stroke model that hold by definition."""

from __future__ import annotations

import numpy as np

from exodyn.calibration.write import Fitted
from exodyn.engine import Engine
from exodyn.indications import stroke

PRODUCT, ROUTE = "adipose_msc_exosomes", "intravenous"


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
