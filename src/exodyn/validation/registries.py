"""Motor courses after cord injury in two registries: one was fitted to, the other is predicted.

    python -m exodyn.validation.registries docs/figures/cord_registries.svg

Prints the table of docs/spinal_cord_injury.md (means inside the 90% band, by limbs and grade) and draws the
courses that it counts.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from exodyn.evidence import Record, records
from exodyn.study.figures import COLOURS, CONTROL, PUBLISHED, STYLE
from exodyn.validation.answers import Given
from exodyn.validation.predictors import PREDICTORS
from exodyn.validation.validate import Scored, validate

INDICATION = "spinal_cord_injury"
GRADES = ("A", "B", "C", "D")
LIMBS = {
    ("UEMS", "tetraplegia"): "arms, tetraplegia",
    ("LEMS", "tetraplegia"): "legs, tetraplegia",
    ("LEMS", "paraplegia"): "legs, paraplegia",
}
FULL = 50.0
Courses = Mapping[tuple[str, str], Sequence[Scored]]
"""Means by grade and limbs, of both registries, by week."""


def courses() -> Courses:
    """Every mean of arms or legs at a week, predicted."""
    wanted = [one for one in records("natural_history") if place(one)]
    found: dict[tuple[str, str], list[Scored]] = {(g, limb): [] for g in GRADES for limb in LIMBS.values()}
    for one in validate(wanted, PREDICTORS, Given(file=wanted, threads=2)):
        where = place(one.record)
        assert where is not None
        found[where].append(one)
    return {where: sorted(them, key=lambda one: one.record.time or 0.0) for where, them in found.items()}


def place(one: Record) -> tuple[str, str] | None:
    """Grade and limbs of a mean at a week; None where a record is something else."""
    severity, population = one.fields["severity"], one.fields["strain_or_population"]
    if one.indication != INDICATION or one.time_unit != "weeks" or not severity.endswith("at baseline"):
        return None
    for (scale, level), limbs in LIMBS.items():
        if one.quantity == scale and level in population:
            return severity[4], limbs
    return None


def figure(found: Courses) -> Figure:
    """A row a grade, a column a pair of limbs: the registry fitted to, and the one held back in its band."""
    with mpl.rc_context(STYLE):
        drawn = Figure(figsize=(7.6, 8.2), layout="constrained")
        for number, ((grade, limbs), them) in enumerate(found.items(), 1):
            axes = drawn.add_subplot(len(GRADES), len(LIMBS), number)
            _course(axes, [one for one in them if one.split == "validation" and one.band])
            fitted = [one for one in them if one.split == "calibration"]
            axes.plot(*_observed(fitted), marker="o", ms=3, ls="", color=CONTROL, label="EMSCI, fitted")
            axes.set_ylim(-1.5, FULL + 1.5)
            axes.set_xticks(np.sqrt([0, 4, 12, 26, 52]), ["0", "4", "12", "26", "52"])
            axes.set_title(f"AIS {grade}: {limbs}")
            if number % len(LIMBS) == 1:
                axes.set_ylabel("points of 50")
            if number > len(LIMBS) * (len(GRADES) - 1):
                axes.set_xlabel("weeks (root scale)")
            if number == 1:
                axes.legend(loc="upper left")
    return drawn


def _course(axes: Axes, held_back: Sequence[Scored]) -> None:
    """The band and median of a registry that nobody has seen, and what was: a miss in another colour."""
    weeks, observed = _observed(held_back)
    bands = np.array([(one.band.low, one.band.median, one.band.high) for one in held_back if one.band]).T
    axes.fill_between(weeks, bands[0], bands[2], color=COLOURS[0], alpha=0.18, linewidth=0)
    axes.plot(weeks, bands[1], color=COLOURS[0], linewidth=1)
    inside = np.array([bool(one.inside) for one in held_back])
    for which, colour, label in (
        (inside, COLOURS[0], "Sygen, inside"),
        (~inside, PUBLISHED, "Sygen, outside"),
    ):
        axes.plot(weeks[which], observed[which], marker="D", ms=3.5, ls="", color=colour, label=label)


def _observed(them: Sequence[Scored]) -> tuple[np.ndarray, np.ndarray]:
    return (
        np.sqrt([one.record.time or 0.0 for one in them]),
        np.array([one.observed for one in them], dtype=np.float64),
    )


def table(found: Courses) -> str:
    """Held-back means inside their band, and mean error in points, by limbs, grade and time."""
    lines = [
        "| limbs | grade | weeks 0-1: inside, error | weeks 4-52: inside, error |",
        "| --- | --- | --- | --- |",
    ]
    for limbs in LIMBS.values():
        for grade in GRADES:
            held_back = [one for one in found[grade, limbs] if one.split == "validation"]
            early = [one for one in held_back if (one.record.time or 0.0) < 2]
            late = [one for one in held_back if (one.record.time or 0.0) >= 2]
            lines.append(f"| {limbs} | {grade} | {_count(early)} | {_count(late)} |")
    return "\n".join(lines)


def _count(them: Sequence[Scored]) -> str:
    errors = [abs(one.observed - one.band.median) for one in them if one.observed is not None and one.band]
    inside = sum(bool(one.inside) for one in them)
    return f"{inside} of {len(them)}, {np.mean(errors):.1f}" if errors else "–"


def main() -> None:
    """Print the table and draw the courses."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("figure", type=Path, help="SVG file to write")
    asked = parser.parse_args()
    found = courses()
    print(table(found))
    figure(found).savefig(asked.figure, metadata={"Date": None})


if __name__ == "__main__":
    main()
