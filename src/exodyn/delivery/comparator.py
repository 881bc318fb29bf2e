"""Vesicles across the blood-brain barrier beside conventional nanoparticles of the same size.

    python -m exodyn.delivery.comparator

The article's claim is 3 to 5 times (CLM011); no primary text has it. Here the ratio is computed from the
fitted disposition, with an interval over its draws: as the influx (per gram of brain and exposure in blood),
and as what of a dose enters the brain, in which the carriers' longer or shorter stay in blood counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from exodyn.delivery.draws import draws
from exodyn.delivery.kinds import NAMES, STUDY
from exodyn.delivery.setting import USUAL_DOSE, USUAL_SIZE, Setting
from exodyn.delivery.simulate import simulate
from exodyn.engine.random import uniforms

Floats = NDArray[np.float64]

CLAIMED = 3.0, 5.0
CARRIERS = (
    ("lipid", False),
    ("lipid", True),
    ("polymer", False),
    ("polymer", True),
    ("lnp", False),
    ("solid", False),
)
"""Conventional particles: kind, and whether a dense polymer coats it."""


@dataclass(frozen=True)
class Ratio:
    """Vesicle over carrier, float64[draws]. influx: per gram and exposure; dose: what enters of one dose."""

    kind: str
    coated: bool
    influx: Floats
    dose: Floats


def ratios(species: str = "mouse", same_study: bool = True) -> tuple[Ratio, ...]:
    """Ratios of influx and of the share of the dose that enters the brain, for each carrier.

    same_study: both were looked at by one laboratory, so that what differs between studies is common to both;
    else each by its own.
    """
    ours = _entering(species, "vesicle", False, "a")
    found = []
    for kind, coated in CARRIERS:
        theirs = _entering(species, kind, coated, "a" if same_study else "b")
        found.append(Ratio(kind, coated, ours[0] / theirs[0], ours[1] / theirs[1]))
    return tuple(found)


def _entering(species: str, kind: str, coated: bool, study: str) -> tuple[Floats, Floats]:
    """Influx (mL/g/d), and percent of the dose that enters the brain within ten days; float64[draws] each."""
    where = Setting(species, kind, coated, USUAL_SIZE, USUAL_DOSE["vesicle"], "unstated")
    numbers = norm.ppf(uniforms(1, f"comparator {study}", 0, len(draws()), len(STUDY)))
    scaled = draws().new_study(where, np.asarray(numbers))
    influx = np.exp(scaled[:, NAMES.index("brain_uptake")])
    (course,) = simulate([(where, scaled)])
    within = course.days <= 10.0
    area = np.trapezoid(course.in_blood[:, within], course.days[within])
    return influx, influx * area


def main() -> None:
    """Print the table of ``docs/delivery.md``."""
    print("| vesicle against, 100 nm | influx | of a dose | of a dose above 1 | 3 to 5 |")
    print("| --- | --- | --- | --- | --- |")
    for one in ratios():
        name = f"{'coated ' if one.coated else 'bare '}{one.kind}"
        above = np.mean(one.dose > 1)
        claimed = np.mean((one.dose >= CLAIMED[0]) & (one.dose <= CLAIMED[1]))
        shares = f"{100 * above:.0f}% | {100 * claimed:.0f}%"
        print(f"| {name} | {_band(one.influx)} | {_band(one.dose)} | {shares} |")


def _band(values: Floats) -> str:
    low, middle, high = np.quantile(values, [0.05, 0.5, 0.95])
    return f"{middle:.2g} ({low:.2g} to {high:.2g})"


if __name__ == "__main__":
    main()
