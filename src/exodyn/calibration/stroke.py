"""Calibrate the stroke model, and say how well it holds.

    python -m exodyn.calibration.stroke definitions [--write]   levels that are 1 by definition
    python -m exodyn.calibration.stroke posterior [--write]     the untreated course, sampled
    python -m exodyn.calibration.stroke compare                 untreated figures beside the prediction
    python -m exodyn.calibration.stroke leave-out               each cohort predicted by the others

--write puts the values (medians of the posterior) into the parameter files, and keeps the posterior's draws,
with the command's manifest, where every study of stroke takes them from. A draw is one study that could be:
its parameters hold what a new cohort adds.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import binom

import exodyn
from exodyn.calibration.stroke_course import ENTRY, cases_of, courses
from exodyn.calibration.stroke_levels import POOLED_EFFECT, definitions
from exodyn.calibration.stroke_likelihood import (
    BETWEEN,
    CUTS,
    FITTED,
    model_values,
    posterior,
)
from exodyn.calibration.stroke_statistics import of_cohort, statistic
from exodyn.calibration.transfer import with_transfer
from exodyn.calibration.write import write
from exodyn.engine.random import uniforms
from exodyn.evidence import Draws, Target, draws_of, stamp, targets
from exodyn.indications.stroke import NAME, parameters
from exodyn.inference.optimise import multistart
from exodyn.inference.sample import Unconverged, convergence, sample

Floats = NDArray[np.float64]
Own = Mapping[str, float]
"""What one draw says of everything that is estimated, by name."""

SEED = 1
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


@dataclass(frozen=True)
class Sampled:
    """A posterior: each draw, and what says that the chains agree (worst of all parameters)."""

    draws: tuple[Own, ...]
    diagnostics: Mapping[str, float]


def sampled(left_out: Sequence[str] = (), draws: int = 1300, chains: int = 4, warmup: int = 300) -> Sampled:
    """Sample the posterior without the cohorts left out. Raises `exodyn.inference.sample.Unconverged`."""
    objective = posterior(left_out)
    best = multistart(objective, starts=4, seed=SEED)
    print(f"optima below the best by {np.round(best.waterfall, 3)}", file=sys.stderr)
    found = sample(
        objective, draws, chains, SEED, warmup=warmup, threads=2, start=best.best.x, progress=_progress
    )
    each = convergence(found).values()
    values = {one.name: np.asarray(found.posterior[one.name]).ravel() for one in objective.free}
    count = draws * chains
    return Sampled(
        tuple({name: float(column[k]) for name, column in values.items()} for k in range(count)),
        {
            "r_hat": max(one["r_hat"] for one in each),
            "ess_bulk": min(one["ess_bulk"] for one in each),
            "ess_tail": min(one["ess_tail"] for one in each),
        },
    )


def as_new_cohort(own: Own, scores: Floats) -> dict[str, float]:
    """The model's parameters in a cohort that nobody has seen; scores: standard normal, [offsets]."""
    found = model_values(own)
    recovery, hazard, rating = (own[name] * z for name, z in zip(BETWEEN, scores, strict=True))
    found["reserve_shift"] += recovery
    found["poor_logit"] -= recovery
    for name in ("early_hazard", "late_hazard"):
        found[name] *= float(np.exp(hazard))
    for name in CUTS:
        found[name] -= rating
    return found


def kept(found: Sampled) -> Draws:
    """The draws as every study takes them, thinned evenly, each with a new cohort's own differences."""
    thinned = [found.draws[k] for k in np.linspace(0, len(found.draws) - 1, KEPT).round().astype(int)]
    scores = ndtri(uniforms(SEED, "new cohorts", 0, KEPT, len(BETWEEN)))
    rows = [as_new_cohort(own, score) for own, score in zip(thinned, scores, strict=True)]
    known = parameters("human")
    used = sorted({id for one in targets("stroke") if one.use == "fit" for id in one.records})
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
    return with_transfer(untreated, POOLED_EFFECT, SEED)


def baseline_share(values: Mapping[str, float]) -> float:
    """Share of the deficit at onset that is left at the baseline: it follows from the other parameters."""
    fixed = {name: one.value for name, one in parameters("human").items() if name not in FITTED}
    course = courses(cases_of((SEEN_AT_BASELINE,)), fixed | dict(values))
    return float(np.average(course.lost[:, ENTRY], weights=course.weight))


@dataclass(frozen=True)
class Predicted:
    """A target and the 90% band of what its study would print."""

    target: Target
    median: float
    low: float
    high: float

    @property
    def inside(self) -> bool:
        """Whether the printed figure lies in the band."""
        return self.low <= self.target.value <= self.high


def predicted(wanted: Sequence[Target], draws: Sequence[Mapping[str, float]]) -> list[Predicted]:
    """Targets of one or more cohorts as their studies would print them, with the sampling of their patients.

    draws: parameters of the model, one set a draw.
    """
    names = tuple(dict.fromkeys(one.cohort for one in wanted))
    cases = cases_of(names)
    fixed = {name: one.value for name, one in parameters("human").items() if name not in FITTED}
    found = np.empty((len(draws), len(wanted)))
    for k, own in enumerate(draws):
        course = courses(cases, fixed | dict(own))
        found[k] = [float(statistic(one, of_cohort(course, one.cohort)).value) for one in wanted]
    return [_band(one, found[:, i]) for i, one in enumerate(wanted)]


def compare() -> list[Predicted]:
    """Every target that the model has a statistic for, from the package's draws, as of a new cohort."""
    draws = draws_of("stroke", "human")
    if draws is None:
        raise SystemExit("no draws yet: python -m exodyn.calibration.stroke posterior --write")
    wanted = [one for one in targets("stroke") if one.statistic != "correlation"]
    return predicted(wanted, [draws.one(k) for k in range(draws.count)])


def left_out() -> list[Predicted]:
    """Each calibration cohort as the other cohorts predict it, sampled anew without it (minutes each).

    A cohort without which the chains do not agree is said on standard error and left out of the table.
    """
    found = []
    fitted = [one for one in targets("stroke") if one.use == "fit"]
    for cohort in dict.fromkeys(one.cohort for one in fitted):
        try:
            without = sampled((cohort,))
        except Unconverged as reason:
            print(f"without {cohort}: {reason}", file=sys.stderr)
            continue
        scores = ndtri(uniforms(SEED, f"without {cohort}", 0, len(without.draws), len(BETWEEN)))
        rows = [as_new_cohort(own, score) for own, score in zip(without.draws, scores, strict=True)]
        found += predicted([one for one in fitted if one.cohort == cohort], rows)
    return found


def _band(target: Target, shares: Floats) -> Predicted:
    """With the chance in n patients: binomial for a share, the printed error for a median."""
    places = uniforms(SEED, f"sampling {target.name}", 0, len(shares), 1)[:, 0]
    if target.statistic == "median_fall":
        printed = 100 * shares + target.se * ndtri(places)
    else:
        n = round(target.n)
        printed = 100 * np.asarray(binom.ppf(places, n, np.clip(shares, 0, 1))) / n
    low, median, high = np.quantile(printed, (0.05, 0.5, 0.95))
    return Predicted(target, float(median), float(low), float(high))


def show(found: Sequence[Predicted]) -> None:
    """The table of docs/stroke.md."""
    print("| cohort and figure | records | use | observed | predicted | 90% band | |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for one in found:
        t = one.target
        ids = t.records[0] if len(t.records) == 1 else f"{t.records[0]} and {len(t.records) - 1} more"
        band = f"{one.low:.1f} to {one.high:.1f}"
        verdict = "inside" if one.inside else "**outside**"
        print(f"| {t.name} | {ids} | {t.use} | {t.value:.1f} | {one.median:.1f} | {band} | {verdict} |")
    for use in dict.fromkeys(one.target.use for one in found):
        group = [one for one in found if one.target.use == use]
        print(f"{use}: {sum(one.inside for one in group)} of {len(group)} inside", file=sys.stderr)


def _progress(done: int, of: int) -> None:
    print(f"\r{done} of {of} draws", end="" if done < of else "\n", file=sys.stderr, flush=True)


def _summary(found: Sampled) -> None:
    print("| parameter | median | 90% |\n| --- | --- | --- |")
    for name in found.draws[0]:
        low, median, high = np.quantile([own[name] for own in found.draws], (0.05, 0.5, 0.95))
        print(f"| {name} | {median:.4g} | {low:.4g} to {high:.4g} |")
    print({name: round(value, 3) for name, value in found.diagnostics.items()})


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one of the commands."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("definitions", "posterior", "compare", "leave-out"))
    parser.add_argument("--write", action="store_true", help="keep values and draws in the source tree")
    asked = parser.parse_args(arguments)
    if asked.what == "compare":
        show(compare())
    elif asked.what == "leave-out":
        show(left_out())
    elif asked.what == "posterior":
        found = sampled()
        _summary(found)
        if asked.write:
            keep(found)
    else:
        fitted = definitions()
        for (name, species), value in fitted.items():
            print(f"{name} ({species}): {value:.4g}")
        if asked.write:
            write(fitted, NAME)


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
