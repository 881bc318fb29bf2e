"""What the model needs to reach the source article's figures of stroke, and whether anything supports that.

    python -m exodyn.calibration.article examples

reads ``article_stroke_patient.toml`` and ``article_stroke_vessels.toml`` there. Each figure is asked of the
typical animal (no spread, no rater's error, parameters on file); one parameter at a time is multiplied until
the figure is met.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from scipy.optimize import brentq

from exodyn.study import Override, Study

LARGEST = 1e8
"""No parameter is multiplied by more."""


@dataclass(frozen=True)
class Figure:
    """One claimed figure. reached: the model's number for a study; handle: what is multiplied."""

    claim: str
    what: str
    wanted: float
    reached: Callable[[Study], float]
    handle: str


@dataclass(frozen=True)
class Needed:
    """What a figure takes: the model's own number, and the multiple of the handle that meets it.

    multiple: None where no multiple up to `LARGEST` does, 0 where the figure is passed without the handle;
    most: the number at the largest multiple.
    """

    figure: Figure
    as_is: float
    multiple: float | None
    most: float
    value: float
    plausible: tuple[float | None, float | None]


def typical(study: Study) -> Study:
    """One animal with the median of each trait, read without error."""
    carries = replace(study.uncertainty, parameters=False, patients=False, noise=False)
    return replace(study, patients=1, uncertainty=carries)


def multiplied(study: Study, name: str, by: float) -> Study:
    """The study with a parameter multiplied."""
    (parameter,) = (one for one in study.models[0].parameters if one.name == name)
    reason = f"{by:g} times what is on file"
    own = Override(name, parameter.value * by, parameter.unit, "assumed", reason)
    return replace(study, overrides=(*study.overrides, own))


def ratio(readout: str, day: float, study: Study, start: float | None = None) -> float:
    """A readout of the last arm over that of control, or what each gained since `start` if that is given."""
    sample = study.run().sample
    found = []
    for arm in (study.arms[-1].name, study.arms[study.control].name):
        rows = sample[sample["arm"] == arm].set_index("time")[readout]
        found.append(float(rows[day] - (rows[start] if start is not None else 0.0)))
    return found[0] / found[1]


def scale_ratio(scale: str, day: float, study: Study) -> float:
    """A scale's mean in the last arm over that in control."""
    rows = {row["arm"]: row for row in study.run().scale(scale).rows if row["visit_d"] == day}
    treated, control = (rows[name]["mean"] for name in (study.arms[-1].name, study.arms[study.control].name))
    assert isinstance(treated, float) and isinstance(control, float)
    return treated / control


VESSELS = partial(ratio, "vessels", 14.0)


def through_notch(study: Study) -> float:
    """Vessel density where vesicles have no sprouting effect of their own beside what they do to Notch."""
    none = Override("vesicle_sprouting_max", 0.0, "1", "assumed", "through Notch alone")
    return VESSELS(replace(study, overrides=(*study.overrides, none)))


FLOW = partial(ratio, "perfusion", 14.0, start=1.0)
DIVIDING = partial(ratio, "active", 14.0)

FIGURES = (
    Figure("CLM028", "vessel density, day 14", 1.23, VESSELS, "vegf_per_particle"),
    Figure("CLM028", "vessel density, day 14", 1.23, VESSELS, "vesicle_sprouting_max"),
    Figure("CLM027", "vessel density, day 14, through Notch alone", 1.23, through_notch, "notch_max"),
    Figure("CLM029", "flow regained since day 1, day 14", 1.5, FLOW, "vegf_per_particle"),
    Figure("CLM029", "flow regained since day 1, day 14", 1.5, FLOW, "vesicle_sprouting_max"),
    Figure("CLM030", "rotarod, day 14", 1.65, partial(scale_ratio, "rotarod", 14.0), "vesicle_wiring_max"),
    Figure("CLM024", "dividing stem cells, day 14", 7.2 / 5.2, DIVIDING, "fgf2_per_particle"),
    Figure("CLM024", "dividing stem cells, day 14", 7.2 / 5.2, DIVIDING, "wnt_per_particle"),
    Figure("CLM024", "dividing stem cells, day 14", 7.2 / 5.2, DIVIDING, "vesicle_birth_max"),
)


def needed(study: Study, figure: Figure) -> Needed:
    """The multiple of a figure's handle that meets it in the typical animal."""
    one = typical(study)
    (parameter,) = (each for each in one.models[0].parameters if each.name == figure.handle)
    record = study.record(figure.handle)
    base = one
    if parameter.value == 0:  # a multiple of nothing is nothing
        base = replace(
            one, overrides=(*one.overrides, Override(figure.handle, 1.0, parameter.unit, "assumed", "1"))
        )

    def short(log10: float) -> float:
        return figure.reached(multiplied(base, figure.handle, 10**log10)) - figure.wanted

    most = short(8.0) + figure.wanted
    multiple = None
    if most >= figure.wanted:
        multiple = 0.0 if short(-8.0) >= 0 else 10 ** float(brentq(short, -8.0, 8.0, xtol=0.01))
    start = parameter.value or 1.0
    ends = (None, None) if record is None else (record.low, record.high)
    return Needed(figure, figure.reached(one), multiple, most, start * (multiple or 0.0), ends)


def main() -> None:
    """Print the tables of docs/article.md."""
    if len(sys.argv) != 2:
        raise SystemExit("python -m exodyn.calibration.article FOLDER")
    folder = Path(sys.argv[1])
    print(
        "| arm | NIHSS at 24 h, mean (sd) | at 90 d, mean (sd) | fall of the mean | alive |\n"
        + "| --- " * 5
        + "|"
    )
    patients = Study.load(folder / "article_stroke_patient.toml")
    rows = patients.run().scale("NIHSS").rows
    for arm in patients.arms:
        first, last = (
            next(r for r in rows if r["arm"] == arm.name and r["visit_d"] == day) for day in (1.0, 90.0)
        )
        cells = [f"{r['mean']:.1f} ({r['sd']:.1f})" for r in (first, last)]
        share = 100 * (1 - last["mean"] / first["mean"])  # type: ignore[operator]
        alive = 100 * last["n"] / patients.patients  # type: ignore[operator]
        print(f"| {arm.name} | {cells[0]} | {cells[1]} | {share:.0f}% | {alive:.0f}% |")
    mice = Study.load(folder / "article_stroke_vessels.toml")
    print(
        "\n| claim | figure | claimed | model | handle | times | value | plausible | at most |\n"
        + "| --- " * 9
        + "|"
    )
    for figure in FIGURES:
        n = needed(mice, figure)
        times = "not reached" if n.multiple is None else f"{n.multiple:.3g}"
        value = "" if n.multiple is None else f"{n.value:.3g}"
        low, high = (f"{x:g}" if x is not None else "?" for x in n.plausible)
        print(
            f"| {figure.claim} | {figure.what} | {figure.wanted:.3g} | {n.as_is:.3f} | {figure.handle} "
            f"| {times} | {value} | {low} to {high} | {n.most:.3g} |"
        )


if __name__ == "__main__":
    main()
