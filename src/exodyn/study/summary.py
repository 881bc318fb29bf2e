"""The summary table: what each arm's patients had on each scale at each visit.

Intervals are 95% intervals over virtual patients (Student's): how much more patients would still move a mean.
How sure the parameters are stands apart, as the standard deviation of a mean over posterior draws.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtrc

from exodyn.study.statistics import Moments, moments, quantile
from exodyn.study.tally import ScaleTally

if TYPE_CHECKING:
    import xarray as xr

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
    "mean_parameter_sd": "standard deviation of the mean over posterior draws of the parameters; empty where "
    "too few patients live by each draw to tell it from the spread between patients",
    "difference_parameter_sd": "the same of the mean difference to the control arm",
}

ALARM = 0.05
"""How often patients alone may be taken for a spread of the draws."""


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


def add_parameter_spread(rows: Sequence[Row], readings: xr.Dataset, draws: int, control: str) -> None:
    """Fill in how far means move with the parameters; readings: scales by arm, patient and time.

    Patients of one posterior draw have a mean; those means vary by the draws and, because each is over few
    patients, by the patients: see `_between`.
    """
    for row in rows:
        values = readings[str(row["scale"])].sel(time=row["visit_d"])
        own, base = (values.sel(arm=arm).values for arm in (row["arm"], control))
        row["mean_parameter_sd"] = _plain(_between(own, draws))
        if row["arm"] != control:
            row["difference_parameter_sd"] = _plain(_between(own - base, draws))


def _between(values: NDArray[np.float64], draws: int) -> float:
    """Standard deviation between groups i, i + draws, i + 2 draws ... that is not due to their members.

    The component of variance of an unbalanced one-way layout (Searle, Casella and McCulloch 1992, Variance
    Components, section 3.6). NaN where the F test at `ALARM` cannot tell it from zero: the root of a difference
    that is all noise would look like a spread of the draws.
    """
    groups = [group for k in range(draws) if len(group := values[k::draws][np.isfinite(values[k::draws])])]
    size = np.array([len(group) for group in groups], dtype=np.float64)
    total, count = float(size.sum()), len(groups)
    if count < 2 or total <= count:
        return math.nan
    means = np.array([group.mean() for group in groups])
    between = float(size @ (means - size @ means / total) ** 2) / (count - 1)
    within = math.fsum(float(np.sum((group - group.mean()) ** 2)) for group in groups) / (total - count)
    each = (total - float(size @ size) / total) / (count - 1)
    component = (between - within) / each
    if not within > 0:
        return math.sqrt(between / each)
    told = fdtrc(count - 1, total - count, between / within) < ALARM
    return math.sqrt((between - within) / each) if told else math.nan


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
