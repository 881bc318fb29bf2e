"""The summary table: what each arm's patients had on each scale at each visit.

Intervals are 95% intervals over virtual patients (Student's). They say how much more patients would still
move a mean; they say nothing of how sure the model's parameters are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from exodyn.study.statistics import Moments, moments, quantile
from exodyn.study.tally import ScaleTally

Row = dict[str, str | int | float | None]

COLUMNS = {
    "scale": "name of the scale",
    "unit": "its unit",
    "arm": "name of the arm",
    "visit_d": "time of the visit, days after the injury",
    "n": "patients rated",
    "mean": "mean over patients",
    "sd": "standard deviation between patients",
    "mc_error": "Monte Carlo error of the mean, sd / sqrt(n)",
    "median": "median over patients",
    "p05": "5% of patients are below",
    "p95": "95% of patients are below",
    "change": "mean change from the first visit, same patients",
    "change_sd": "its standard deviation between patients",
    "change_low": "lower end of the mean change's 95% interval",
    "change_high": "upper end",
    "change_mc_error": "Monte Carlo error of the mean change",
    "difference": "mean difference to the control arm, each patient against itself",
    "difference_low": "lower end of the mean difference's 95% interval",
    "difference_high": "upper end",
    "difference_mc_error": "Monte Carlo error of the mean difference",
}


def summary(
    tallies: Mapping[str, ScaleTally],
    units: Mapping[str, str],
    arms: Sequence[str],
    visits: Sequence[float],
    control: int,
) -> list[Row]:
    """Rows by scale, arm and visit with the keys of COLUMNS; what cannot be computed is None."""
    rows: list[Row] = []
    for scale, tally in tallies.items():
        for arm, name in enumerate(arms):
            for visit, day in enumerate(visits):
                row: Row = {"scale": scale, "unit": units[scale], "arm": name, "visit_d": day}
                row |= _values(tally, arm, visit)
                row |= _changes(tally, arm, visit)
                row |= _differences(tally, arm, visit) if arm != control else {}
                rows.append({column: _plain(row.get(column)) for column in COLUMNS})
    return rows


def _values(tally: ScaleTally, arm: int, visit: int) -> Row:
    low, step = tally.grid.low, tally.grid.step
    steps, patients = tally.value.at(arm, visit)
    found = moments(steps, patients, low, step)
    row: Row = {"n": found.n, "mean": found.mean, "sd": found.sd, "mc_error": found.error}
    for name, share in (("median", 0.5), ("p05", 0.05), ("p95", 0.95)):
        row[name] = quantile(steps, patients, low, step, share)
    return row


def _changes(tally: ScaleTally, arm: int, visit: int) -> Row:
    found = moments(*tally.change.at(arm, visit), 0.0, tally.grid.step)
    return {"change_sd": found.sd, **_with_interval("change", found)}


def _differences(tally: ScaleTally, arm: int, visit: int) -> Row:
    return _with_interval("difference", moments(*tally.difference.at(arm, visit), 0.0, tally.grid.step))


def _with_interval(name: str, found: Moments) -> Row:
    low, high = found.interval()
    return {name: found.mean, f"{name}_low": low, f"{name}_high": high, f"{name}_mc_error": found.error}


def _plain(value: str | int | float | None) -> str | int | float | None:
    """NaN is not JSON: what cannot be computed is absent."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
