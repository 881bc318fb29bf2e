"""Posterior predictive checks: what data the fitted model would have given, beside those that there are.

For draws of the posterior, readings are drawn from the virtual patients behind each subject or group. A
visual predictive check shows quantiles of them over time with the readings; the coverage counts how many
values lie in the band of 90% that was predicted for each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from exodyn.engine.random import uniforms
from exodyn.inference.objective import Impossible
from exodyn.inference.sample import InferenceData
from exodyn.inference.study.data import Mean, Reading
from exodyn.inference.study.given import Pattern
from exodyn.inference.study.marginal import Columns
from exodyn.inference.study.objective import Batch, StudyLikelihood
from exodyn.inference.study.reading import Law

Floats = NDArray[np.float64]

DRAWS = 60
GRID = 40


@dataclass(frozen=True)
class Check:
    """One readout in one arm. times, and 5%, 50% and 95% of predicted readings: float64[points]."""

    readout: str
    arm: int
    times: Floats
    low: Floats
    median: Floats
    high: Floats
    readings: tuple[Reading, ...]
    means: tuple[Mean, ...]


@dataclass(frozen=True)
class Predictive:
    """All checks; inside of values lie in the band of 90% that was predicted for each."""

    checks: tuple[Check, ...]
    inside: int
    values: int


def predictive(likelihood: StudyLikelihood, draws: InferenceData, seed: int) -> Predictive:
    """The checks of a fit, from draws spread over all chains."""
    names = list(draws.posterior.data_vars)
    columns = {str(name): np.asarray(draws.posterior[name]).ravel() for name in names}
    size = len(next(iter(columns.values())))
    chosen = np.unique(np.linspace(0, size - 1, DRAWS).astype(int))
    checks: list[Check] = []
    inside = values = 0
    for number, batch in enumerate(likelihood.batches):
        grid = np.unique(np.concatenate([np.linspace(0, batch.times[-1], GRID), batch.times]))
        runs = []
        for i in chosen:
            one = {name: float(column[i]) for name, column in columns.items()}
            try:
                runs.append((likelihood.predict(batch, one, grid), likelihood.laws(one)))
            except Impossible:
                continue
        if not runs:
            continue
        hits, all_of = _coverage(batch, runs, grid, seed, number)
        inside, values = inside + hits, values + all_of
        checks += _checks(batch, runs, grid, seed, number)
    return Predictive(_merged(checks), inside, values)


Run = tuple[list[Columns], dict[str, Law]]
Runs = list[Run]


def _drawn(law: Law, seen: Columns, at: int, seed: int, stream: str) -> Floats:
    """A reading of each virtual patient at one time."""
    now = {name: column[:, at] for name, column in seen.items() if name in law.reads}
    uniform = uniforms(seed, stream, 0, len(next(iter(now.values()))), 1)[:, 0]
    return law.draw(now, uniform)


def _coverage(batch: Batch, runs: Runs, grid: Floats, seed: int, number: int) -> tuple[int, int]:
    """How many values lie in the predicted 90% band of each, and how many there are."""
    inside = values = 0
    for p, pattern in enumerate(batch.patterns):
        for u, unit in enumerate(pattern.units):
            for mean in unit.means:
                at = int(np.searchsorted(grid, mean.time))
                made = np.array([_a_mean(run, p, mean, at, k, seed) for k, run in enumerate(runs)])
                inside += _in_band(made, mean.value, mean.value)
            for one in unit.readings:
                at = int(np.searchsorted(grid, one.time))
                streams = [f"check {number} {u} {one.line} {k}" for k in range(len(runs))]
                made = np.concatenate(
                    [
                        _drawn(laws[one.readout], seen[p], at, seed, stream)
                        for (seen, laws), stream in zip(runs, streams, strict=True)
                    ]
                )
                inside += _in_band(made, one.low, one.high)
            values += len(unit.means) + len(unit.readings)
    return inside, values


def _in_band(made: Floats, low: float, high: float) -> bool:
    """Whether a value, or some of an interval, lies in the middle 90% of replicates."""
    first, last = np.quantile(made, [0.05, 0.95])
    return bool(high >= first and low <= last)


def _a_mean(run: Run, p: int, one: Mean, at: int, k: int, seed: int) -> float:
    """A replicate of a group's mean."""
    seen, laws = run
    law = laws[one.readout]
    now = {name: column[:, at] for name, column in seen[p].items() if name in law.reads}
    mean, variance = law.moments(now)
    w = law.alive(now)
    w = w / w.sum()
    middle = float(w @ mean)
    spread = float(w @ (variance + (mean - middle) ** 2)) / one.n
    return middle + float(np.sqrt(spread) * ndtri(uniforms(seed, f"mean {one.line}", k, 1, 1)[0, 0]))


def _checks(batch: Batch, runs: Runs, grid: Floats, seed: int, number: int) -> list[Check]:
    found = []
    units = [unit for pattern in batch.patterns for unit in pattern.units]
    for readout in sorted({one.readout for unit in units for one in unit.measured}):
        bands = []
        for at in range(len(grid)):
            made = np.concatenate(
                [
                    _drawn(laws[readout], seen[p], at, seed, f"band {number} {p} {k} {at}")
                    for k, (seen, laws) in enumerate(runs)
                    for p in range(len(batch.patterns))
                    if _has(batch.patterns[p], readout)
                ]
            )
            bands.append(np.quantile(made, [0.05, 0.5, 0.95]))
        low, median, high = np.array(bands).T
        found.append(
            Check(
                readout,
                batch.arm,
                grid,
                low,
                median,
                high,
                tuple(one for unit in units for one in unit.readings if one.readout == readout),
                tuple(one for unit in units for one in unit.means if one.readout == readout),
            )
        )
    return found


def _has(pattern: Pattern, readout: str) -> bool:
    return any(one.readout == readout for unit in pattern.units for one in unit.measured)


def _merged(checks: list[Check]) -> tuple[Check, ...]:
    """One check for each readout and arm; of several batches the first one's band stands for all."""
    found: dict[tuple[str, int], Check] = {}
    for one in checks:
        key = one.readout, one.arm
        if key in found:
            old = found[key]
            found[key] = Check(
                old.readout, old.arm, old.times, old.low, old.median, old.high,
                (*old.readings, *one.readings), (*old.means, *one.means),
            )  # fmt: skip
        else:
            found[key] = one
    return tuple(found[key] for key in sorted(found))
