"""Calibrate the stroke model, and say how well it holds.

    python -m exodyn.calibration.stroke definitions [--write]   levels that are 1 by definition
    python -m exodyn.calibration.stroke posterior [--write]     the untreated course, sampled
    python -m exodyn.calibration.stroke compare                 untreated figures beside the prediction
    python -m exodyn.calibration.stroke leave-out [--write] [COHORT ...]
                                                                each cohort predicted by the others

--write puts the values (medians of the posterior) into the parameter files, and keeps the posterior's draws,
with the command's manifest, where every study of stroke takes them from. A draw is one study that could be:
its parameters hold what a new cohort adds. leave-out --write keeps each cohort's prediction as soon as it is
made, and goes on with those that are missing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import exodyn
from exodyn.calibration.sampled import Sampled, of_chains, show_progress, show_summary
from exodyn.calibration.stroke_course import cases_of, courses
from exodyn.calibration.stroke_left_out import keep_apart, kept_apart
from exodyn.calibration.stroke_levels import definitions
from exodyn.calibration.stroke_likelihood import BETWEEN, FITTED, model_values, posterior
from exodyn.calibration.stroke_nodes import ENTRY
from exodyn.calibration.stroke_predicted import SEED, as_new_cohorts, compare, predicted, show
from exodyn.calibration.transfer import with_transfer
from exodyn.calibration.write import write
from exodyn.errors import nearest
from exodyn.evidence import Draws, Target, stamp, targets
from exodyn.evidence.draws import release_of
from exodyn.indications.stroke import NAME, parameters
from exodyn.inference import Posterior
from exodyn.inference.optimise import multistart
from exodyn.inference.sample import Unconverged, sample

Floats = NDArray[np.float64]

KEPT = 400
SEEN_AT_BASELINE = "rangaraju"
"""A cohort that came in at the baseline visit, 24 h."""
TABLES = (
    "parameters/barrier.csv",
    "parameters/inflammation.csv",
    "parameters/mortality.csv",
    "parameters/neurogenesis.csv",
    "parameters/plasticity.csv",
    "parameters/recovery_groups.csv",
    "parameters/scales.csv",
    "parameters/survival.csv",
    "parameters/vasculature.csv",
    "population/stroke.csv",
    "population/stroke_cohorts.csv",
    "population/stroke_targets.csv",
    "records/natural_history_stroke.csv",
)
"""What the posterior rests on; its draws are out of date when one of these changes."""


def sampled(left_out: Sequence[str] = (), draws: int = 500, chains: int = 4, warmup: int = 400) -> Sampled:
    """Sample the posterior without the cohorts left out. Raises `exodyn.inference.sample.Unconverged`.

    Age, the spread between patients and the slope by severity trade against each other far from the optimum,
    most where a cohort is left out: with correlations learnt the slowest moves two thirds faster.
    """
    objective = posterior(left_out)
    start = _start(objective, left_out)
    found = sample(
        objective,
        draws,
        chains,
        SEED,
        warmup=warmup,
        threads=2,
        start=start,
        correlated=True,
        progress=show_progress,
    )
    return of_chains(found, objective.free)


def _start(objective: Posterior, left_out: Sequence[str]) -> Floats:
    """The optimum with the spreads between trials at the middle of their priors, as scaled parameters.

    With all free, the density is highest with spreads and offsets near none, far from its mass.
    """
    held = posterior(left_out, BETWEEN)
    best = multistart(held, starts=4, seed=SEED)
    print(f"optima below the best by {np.round(best.waterfall, 3)}", file=sys.stderr)
    found = {one.name: x for one, x in zip(held.free, best.best.x, strict=True)}
    return np.array([found.get(one.name, one.scaled(BETWEEN.get(one.name, 1.0))) for one in objective.free])


def kept(found: Sampled) -> Draws:
    """The draws as every study takes them, thinned evenly, each with a new cohort's own differences."""
    rows = as_new_cohorts(found.draws, KEPT, "new cohorts")
    known = parameters("human")
    used = sorted({id for one in targets("stroke") if one.use in ("fit", "timing") for id in one.records})
    manifest = stamp(
        "python -m exodyn.calibration.stroke posterior --write",
        SEED,
        exodyn.__version__,
        TABLES,
        (NAME, "human"),
    )
    between = {name: float(np.median([own[name] for own in found.draws])) for name in BETWEEN}
    manifest |= {"records": used, "between_cohorts": between, **found.diagnostics}
    for row in rows:
        row["baseline_share"] = baseline_share(row)
    values = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    untreated = Draws("stroke", "human", values, {name: known[name].unit for name in values}, manifest)
    return with_transfer(untreated)


def baseline_share(values: Mapping[str, float]) -> float:
    """Share of the deficit at onset that is left at the baseline: it follows from the other parameters."""
    fixed = {name: one.value for name, one in parameters("human").items() if name not in FITTED}
    course = courses(cases_of((SEEN_AT_BASELINE,)), fixed | dict(values))
    return float(np.average(course.lost[:, ENTRY], weights=course.weight))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one of the commands."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("definitions", "posterior", "compare", "leave-out"))
    parser.add_argument("cohorts", nargs="*", help="leave-out: these alone")
    parser.add_argument("--write", action="store_true", help="keep values and draws in the source tree")
    asked = parser.parse_intermixed_args(arguments)
    for name in asked.cohorts:
        if name not in fitted_to():
            parser.error(f"no cohort '{name}' is fitted to{nearest(name, fitted_to())}")
    if asked.what == "compare":
        show(compare())
    elif asked.what == "leave-out":
        leave_out(asked.cohorts, asked.write)
    elif asked.what == "posterior":
        found = sampled()
        show_summary(found)
        if asked.write:
            keep(found)
    else:
        fitted = definitions()
        for (name, species), value in fitted.items():
            print(f"{name} ({species}): {value:.4g}")
        if asked.write:
            write(fitted, NAME)


def leave_out(names: Sequence[str], keeps: bool) -> None:
    """Predict cohorts by the others, each sampled anew (minutes each), those that are kept apart.

    A cohort without which the chains do not agree is said on standard error and stays missing.
    """
    release = release_of(TABLES, NAME, "human")
    done = {one.cohort for one in kept_apart() if one.release == release}
    for cohort, figures in fitted_to().items():
        if cohort in done or (names and cohort not in names):
            continue
        try:
            without = _without(cohort)
        except Unconverged as reason:
            print(f"without {cohort}: {reason}", file=sys.stderr)
            continue
        rows = as_new_cohorts(without.draws, len(without.draws), f"without {cohort}")
        found = predicted(figures, rows)
        show(found)
        if keeps:
            keep_apart(found, release)


def fitted_to() -> dict[str, list[Target]]:
    """The figures fitted to, by cohort."""
    found: dict[str, list[Target]] = {}
    for one in targets("stroke"):
        if one.use == "fit":
            found.setdefault(one.cohort, []).append(one)
    return found


def _without(cohort: str) -> Sampled:
    """The posterior without a cohort, of twice the draws where the chains do not agree at first."""
    try:
        return sampled((cohort,))
    except Unconverged:
        return sampled((cohort,), draws=1000)


def keep(found: Sampled) -> None:
    """Medians into the parameter files, draws beside them."""
    rows = [model_values(own) for own in found.draws]
    medians = {name: float(np.median([row[name] for row in rows])) for name in FITTED}
    medians["baseline_share"] = baseline_share(medians)
    write({(name, "human"): value for name, value in medians.items()}, NAME)
    folder = Path(exodyn.__file__).parent / "evidence" / "data" / "draws"
    folder.mkdir(exist_ok=True)
    kept(found).save(folder / "stroke_human.parquet")


if __name__ == "__main__":
    main()
