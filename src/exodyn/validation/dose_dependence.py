"""How half-life, liver share and clearance change with dose, beside the records that vary it.

    python -m exodyn.validation.dose_dependence [FIGURE.svg]

Prints the table of ``docs/delivery.md`` and draws its figure. Both ends of a ratio are seen by one
laboratory, so that what differs between studies is common to them.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.stats import norm

from exodyn.delivery.draws import draws
from exodyn.delivery.kinds import STUDY
from exodyn.delivery.kinetics import as_biodistribution
from exodyn.delivery.nca import followed, half_lives
from exodyn.delivery.observe import Course
from exodyn.delivery.setting import Setting, setting
from exodyn.delivery.simulate import simulate
from exodyn.engine.random import uniforms
from exodyn.evidence import record
from exodyn.study.figures import COLOURS, CONTROL, STYLE

Floats = NDArray[np.float64]

DOSES = np.geomspace(1e9, 1e16, 15)
LIVER_DAY = 4 / 24
DEPLETED = 0.1
"""Macrophages that clodronate leaves (KIN2202)."""
PAIRS = (
    ("rat, male, 0.5 to 8 mg/kg", "KIN2119", "KIN2131"),
    ("rat, female, 0.5 to 8 mg/kg", "KIN2122", "KIN2134"),
    ("rabbit, 1 to 10 mg/kg", "KIN2149", "KIN2152"),
)
"""Clearances of PEG-liposomes at a low and a high dose (Lobatto 2015)."""


@dataclass(frozen=True)
class AtDose:
    """Of one dose: first half-life (min), clearance (mL/d), liver's percent at 4 h; float64[draws] each."""

    half_life: Floats
    clearance: Floats
    liver: Floats


def at_doses(wheres: Sequence[Setting], differ: bool = True) -> list[AtDose]:
    """What the next laboratory would find at each setting, all by one; differ: False, a middle one."""
    numbers = differ * np.asarray(norm.ppf(uniforms(1, "dose dependence", 0, len(draws()), len(STUDY))))
    return [_of(course) for course in simulate([(w, draws().new_study(w, numbers)) for w in wheres])]


def _of(course: Course) -> AtDose:
    plasma, liver = course.per_gram("plasma"), course.whole("liver")
    k = int(np.searchsorted(course.days, LIVER_DAY))
    area, _ = followed(course.days, plasma)
    return AtDose(half_lives(course.days, plasma) * 1440, 100.0 / area, liver[:, k])


def vesicles(macrophages: float) -> list[AtDose]:
    """125I on vesicles in the mouse, by `DOSES`."""
    where = Setting("mouse", "vesicle", False, 100.0, 1e10, "iodine", macrophages=macrophages)
    return at_doses([where.changed(particles=float(dose)) for dose in DOSES])


def ratio(low: str, high: str, differ: bool = True) -> tuple[Floats, float]:
    """Clearance at the low dose over that at the high one: foretold, float64[draws], and seen."""
    seen = [record(name) for name in (low, high)]
    wheres = [setting(as_biodistribution(one)) for one in seen]
    ours = at_doses([where for where in wheres if isinstance(where, Setting)], differ)
    values = [one.value or np.nan for one in seen]
    return ours[0].clearance / ours[1].clearance, values[0] / values[1]


def figure(intact: Sequence[AtDose], depleted: Sequence[AtDose]) -> Figure:
    """Half-life and liver share of vesicles in the mouse by dose, with 90% bands."""
    with mpl.rc_context(STYLE):
        drawn = Figure(figsize=(7.2, 3.2), layout="constrained")
        for column, (name, title) in enumerate(
            (("half_life", "half-life in plasma, min"), ("liver", "percent of the dose in the liver, 4 h"))
        ):
            axes = drawn.add_subplot(1, 2, column + 1)
            for found, colour, label in (
                (intact, COLOURS[0], "intact"),
                (depleted, CONTROL, "a tenth of the macrophages"),
            ):
                values = np.array([getattr(one, name) for one in found])
                low, middle, high = np.quantile(values, [0.05, 0.5, 0.95], axis=1)
                axes.fill_between(DOSES, low, high, color=colour, alpha=0.15, linewidth=0)
                axes.plot(DOSES, middle, color=colour, label=label)
            axes.set_xscale("log")
            axes.set_yscale("log" if column == 0 else "linear")
            axes.set_xlabel("vesicles given")
            axes.set_title(title)
        drawn.axes[0].legend(loc="upper left")
    return drawn


def main() -> None:
    """Print the tables; draw the figure if asked for."""
    intact, depleted = vesicles(1.0), vesicles(DEPLETED)
    print("| vesicles, mouse | half-life, min | with a tenth of the macrophages | liver at 4 h, % | so |")
    print("| --- | --- | --- | --- | --- |")
    for k in range(0, len(DOSES), 2):
        cells = [_band(v) for one in (intact, depleted) for v in (one[k].half_life, one[k].liver)]
        print(f"| {DOSES[k]:.0e} | {cells[0]} | {cells[2]} | {cells[1]} | {cells[3]} |")
    print("\n| PEG-liposomes, fold of clearance | middle study | new study | seen |")
    print("| --- | --- | --- | --- |")
    for name, low, high in PAIRS:
        found, seen = ratio(low, high)
        middle, _ = ratio(low, high, differ=False)
        print(f"| {name} | {_band(middle)} | {_band(found)} | {seen:.2f} |")
    longer = depleted[0].half_life / intact[0].half_life
    print(f"\nafter depletion the half-life is {_band(longer)} times as long")
    if len(sys.argv) > 1:
        figure(intact, depleted).savefig(Path(sys.argv[1]), metadata={"Date": None})


def _band(values: Floats) -> str:
    low, middle, high = np.quantile(values, [0.05, 0.5, 0.95])
    return f"{middle:.2g} ({low:.2g} to {high:.2g})"


if __name__ == "__main__":
    main()
