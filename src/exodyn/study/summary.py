"""The summary table: what each arm's patients had on each scale at each visit.

Intervals are 95% intervals over virtual patients (Student's): how much more patients would still move a mean.
How sure the parameters are stands apart: how a mean is spread over their posterior draws.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from exodyn.study.by_draw import DrawSums, spread
from exodyn.study.statistics import Moments, moments, quantile
from exodyn.study.tally import Grid, ScaleTally

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
    "median": "median over patients: the least value that half of them do not exceed",
    "p05": "the least value that 5% of patients do not exceed",
    "p95": "the least value that 95% of patients do not exceed",
    "change": "mean change from the first visit, same patients",
    "change_sd": "its standard deviation between patients",
    "change_low": "lower end of the mean change's 95% interval",
    "change_high": "upper end",
    "change_mc_error": "Monte Carlo error of the mean change",
    "difference": "mean difference to the control arm, each patient against itself, over several raters",
    "difference_low": "lower end of the mean difference's 95% interval",
    "difference_high": "upper end",
    "difference_mc_error": "Monte Carlo error of the mean difference",
    "mean_parameter_sd": "standard deviation of the mean over posterior draws of the parameters; empty where "
    "too few patients live by each draw to tell it from the spread between patients",
    "difference_parameter_sd": "the same of the mean difference to the control arm",
    "difference_parameter_p05": "5% of draws have a mean difference to the control arm below",
    "difference_parameter_p95": "95% of draws have one below",
}


def summary(
    tallies: Mapping[str, ScaleTally],
    by_draw: Mapping[str, DrawSums],
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
                if scale in by_draw:
                    row |= _over_draws(by_draw[scale], arm, visit, tally.grid, arm == control)
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
    found = moments(*tally.difference.at(arm, visit), 0.0, tally.grid.difference_step)
    return _with_interval("difference", found)


def _over_draws(sums: DrawSums, arm: int, visit: int, grid: Grid, control: bool) -> Row:
    mean = spread(*sums.at("value", arm, visit), grid.step)
    row: Row = {"mean_parameter_sd": mean.sd if mean else None}
    if not control and (found := spread(*sums.at("difference", arm, visit), grid.difference_step)):
        row |= {
            "difference_parameter_sd": found.sd,
            "difference_parameter_p05": found.low,
            "difference_parameter_p95": found.high,
        }
    return row


def _with_interval(name: str, found: Moments) -> Row:
    low, high = found.interval()
    return {name: found.mean, f"{name}_low": low, f"{name}_high": high, f"{name}_mc_error": found.error}


def _plain(value: str | int | float | None) -> str | int | float | None:
    """NaN is not JSON: what cannot be computed is absent."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
