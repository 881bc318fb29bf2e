"""Calibrate the model of spinal cord injury, and say how well it holds.

    python -m exodyn.calibration.spinal_cord sample [--write]   the untreated course by Markov chains
    python -m exodyn.calibration.spinal_cord compare            printed motor scores beside the fit

--write puts the values (medians of the posterior) into the parameter files, and keeps the posterior's draws,
with the command's manifest, where every study takes them from. A draw is one registry that could be: its
parameters hold what a new registry adds.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtri

import exodyn
from exodyn.calibration.sampled import Own, Sampled, of_chains, show_progress, show_summary
from exodyn.calibration.spinal_cord_grades import CONVERSIONS, DRAWN, drawn
from exodyn.calibration.spinal_cord_likelihood import (
    BOTH,
    FITTED,
    LIMBS,
    posterior,
    predicted,
    series,
)
from exodyn.calibration.transfer import with_transfer
from exodyn.calibration.write import write
from exodyn.engine.random import uniforms
from exodyn.evidence import Draws, ParameterRecord, stamp
from exodyn.indications.spinal_cord_injury import GRADES, NAME, parameters, start_name
from exodyn.inference.optimise import multistart
from exodyn.inference.sample import sample

Floats = NDArray[np.float64]

SEED = 1
KEPT = 400
TABLES = (
    "parameters/cord_recovery.csv",
    "parameters/plasticity.csv",
    "parameters/survival.csv",
    "parameters/inflammation.csv",
    "parameters/vasculature.csv",
    "population/spinal_cord_injury.csv",
    "records/natural_history.csv",
)
"""What the posterior rests on; its draws are out of date when one of these changes."""
BETWEEN = ("between_recovery", "between_start", "between_level", "between_sensory")


def sampled(draws: int = 1500, chains: int = 4, warmup: int = 500) -> Sampled:
    """Sample the posterior of the motor course. Raises `exodyn.inference.sample.Unconverged`."""
    objective = posterior()
    best = multistart(objective, starts=2, seed=SEED)
    print(f"optima below the best by {np.round(best.waterfall, 3)}", file=sys.stderr)
    start = best.best.x
    found = sample(
        objective, draws, chains, SEED, warmup=warmup, threads=2, start=start, progress=show_progress
    )
    return of_chains(found, objective.free)


def as_new_registry(own: Own, scores: Floats) -> dict[str, float]:
    """The model's parameters in a registry that nobody has seen; scores: standard normal, one each."""
    known = parameters("human")
    recovery, start, level, sensory = (known[name].value * z for name, z in zip(BETWEEN, scores, strict=True))
    found = dict(own)
    for grade in GRADES:
        for limb in LIMBS:
            found[f"recovery_{grade}_{limb}"] += recovery
        for name in {start_name(grade, limb) for limb in LIMBS}:
            found[name] += start
    found["cervical_mean"] += level
    share = found["ais_sensory_share"]
    found["ais_sensory_share"] = float(expit(logit(share) + sensory))
    return found


def registries(found: Sampled) -> list[dict[str, float]]:
    """Draws thinned evenly, each with its grades and a new registry's differences."""
    thinned = [found.draws[k] for k in np.linspace(0, len(found.draws) - 1, KEPT).round().astype(int)]
    scores = ndtri(uniforms(SEED, "new registries", 0, KEPT, len(BETWEEN)))
    rows = []
    for k, (own, score) in enumerate(zip(thinned, scores, strict=True)):
        motor = {name: own[name] for name in FITTED}
        rows.append(as_new_registry(motor | drawn(_known(motor), k), score))
    return rows


def keep(found: Sampled) -> None:
    """Medians into the parameter files, then draws, whose manifest names the files as they are."""
    rows = registries(found)
    medians = {name: float(np.median([own[name] for own in found.draws])) for name in FITTED}
    medians |= {name: float(np.median([row[name] for row in rows])) for name in DRAWN}
    write({(name, "human"): value for name, value in medians.items()}, NAME)
    used = sorted({id for one in series() for id in one.ids})
    used += sorted({id for one in CONVERSIONS for id in one.percent.values()})
    manifest = stamp(
        "python -m exodyn.calibration.spinal_cord sample --write",
        SEED,
        exodyn.__version__,
        TABLES,
        (NAME, "human"),
    )
    manifest |= {"records": used, **found.diagnostics}
    known = parameters("human")
    kept = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    draws = Draws(NAME, "human", kept, {name: known[name].unit for name in kept}, manifest)
    folder = Path(exodyn.__file__).parent / "evidence" / "data" / "draws"
    with_transfer(draws).save(folder / f"{NAME}_human.parquet")


def _known(own: Own) -> dict[str, ParameterRecord]:
    known = parameters("human")
    return dict(known) | {name: replace(known[name], value=value) for name, value in own.items()}


def compare() -> None:
    """The table of docs/spinal_cord_injury.md: printed figures beside those of the values on file."""
    known = {name: one.value for name, one in parameters("human").items()}
    print("| grade and limbs | printed mean, weeks 2 to 52 | fitted | printed sd | fitted |")
    print("| --- | --- | --- | --- | --- |")
    found = predicted(known, known["isncsci_rater_sd"])
    for one in sorted(series(), key=lambda each: (each.grade, each.limb)):
        if one.limb != BOTH:
            (mean, _), (sd, _) = found[one.grade, one.limb]
            cells = " | ".join(_words(cell) for cell in (one.mean, mean, one.sd, sd))
            print(f"| {one.grade.upper()} {one.limb} | {cells} |")


def _words(numbers: Floats) -> str:
    return ", ".join(f"{number:.1f}" for number in numbers)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one of the commands."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("sample", "compare"))
    parser.add_argument("--write", action="store_true", help="keep values and draws in the source tree")
    asked = parser.parse_args(arguments)
    if asked.what == "compare":
        compare()
        return
    found = sampled()
    show_summary(found)
    if asked.write:
        keep(found)


if __name__ == "__main__":
    main()
