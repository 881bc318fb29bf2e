"""Levels of the full stroke model that are 1 by definition in the untreated animal or patient.

python -m exodyn.calibration.full [--write]
"""

from __future__ import annotations

import sys

import numpy as np

from exodyn.calibration.stroke_levels import PRODUCT, ROUTE
from exodyn.calibration.write import Fitted, write
from exodyn.engine import Engine
from exodyn.indications.stroke import STROKE

ROUNDS = 8
"""TNF and IL-1b act on what makes them: their scales are found by steps that shrink at least threefold."""


def definitions() -> Fitted:
    """TNF and IL-1b at most 1, newborn neurons 1 at day 90."""
    full = STROKE.full
    assert full is not None
    days = np.linspace(0.0, 90.0, 901)
    fitted: dict[tuple[str, str], float] = {}
    for species in full.species:
        known = full.parameters(species)
        scaled = {name: known[name].value for name in ("k_tnf_made", "k_il1b_made", "k_settled")}
        engine = Engine(full.model(species, PRODUCT, ROUTE), outputs=["tnf", "il1b", "newborn"])
        for _ in range(ROUNDS):
            tnf, il1b, newborn = engine.run(scaled, patients=1, times=days, rtol=1e-7).values[0].T
            for name, level in zip(scaled, (tnf.max(), il1b.max(), newborn[-1]), strict=True):
                scaled[name] /= level
        fitted |= {(name, "any"): scaled[name] for name in ("k_tnf_made", "k_il1b_made")}
        fitted["k_settled", species] = scaled["k_settled"]
    return fitted


def main() -> None:
    """Print the values; --write puts them into the parameter files."""
    fitted = definitions()
    for (name, species), value in fitted.items():
        print(f"{name} ({species}): {value:.4g}")
    if "--write" in sys.argv[1:]:
        write(fitted, STROKE.name)


if __name__ == "__main__":
    main()
