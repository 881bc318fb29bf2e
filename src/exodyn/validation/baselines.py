"""Three dumb forecasts that a model must beat: the mean of what is known, a meta-regression, and no effect.

Each knows only calibration records of the evidence base: the same quantity in other studies. None knows the
record that it forecasts, nor its study.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from exodyn.errors import InputError
from exodyn.evidence import Record, all_records, is_validation
from exodyn.evidence.meta import pool
from exodyn.validation.describe import species_of
from exodyn.validation.kinds import kind_of
from exodyn.validation.quantity import Quantity, quantity_of
from exodyn.validation.score import LEVEL, Band
from exodyn.validation.times import time_of

NAMES = ("mean", "meta_regression", "no_effect")
REACH = 1.6448536269514722  # of a standard normal: 90% lie nearer to the middle


@dataclass(frozen=True)
class Known:
    """A calibration record where it is compared."""

    study: str
    compared: float
    variance: float
    log_time: float | None
    log_dose: float | None
    species: str


def forecasts(one: Record) -> Mapping[str, Band]:
    """What each baseline says of a record in its own unit; none for a baseline that has nothing to go by."""
    if kind_of(one) != "number" or one.value is None:
        return {}
    quantity = quantity_of(one)
    known = [each for each in _known().get(quantity.key, ()) if each.study != _source(one)]
    found = {"mean": mean(known, quantity), "meta_regression": regression(known, one, quantity)}
    if quantity.contrast:
        found["no_effect"] = _band(quantity, 0.0, REACH * math.sqrt(quantity.variance))
    return {name: band for name, band in found.items() if band is not None}


def mean(known: Sequence[Known], quantity: Quantity) -> Band | None:
    """Mean and spread of the calibration records, by Student's t for a next one."""
    from scipy.stats import t

    if len(known) < 2:
        return None
    values = np.array([one.compared for one in known])
    k, sd = len(values), float(values.std(ddof=1))
    reach = float(t.ppf((1 + LEVEL) / 2, k - 1)) * sd * math.sqrt(1 + 1 / k)
    return _band(quantity, float(values.mean()), reach)


def regression(known: Sequence[Known], one: Record, quantity: Quantity) -> Band | None:
    """Random-effects meta-regression on dose, time and species, as far as the records tell of them."""
    y = np.array([each.compared for each in known])
    v = np.array([each.variance for each in known])
    columns, at = _moderators(known, one)
    while True:
        x = np.array(columns).T if columns else None
        try:
            found = pool(y, v, x, method="DL", level=LEVEL) if len(y) > len(columns) + 2 else None
        except (InputError, np.linalg.LinAlgError):
            found = None
        if found is not None:
            low, high = found.prediction(*at)
            middle = (low + high) / 2
            reach = math.hypot((high - low) / 2, REACH * math.sqrt(quantity.variance))
            return _band(quantity, middle, reach)
        if not columns:
            return None
        columns, at = columns[:-1], at[:-1]


def _moderators(known: Sequence[Known], one: Record) -> tuple[list[list[float]], list[float]]:
    """Columns that all records have and that vary, and their values for the record: time, dose, species."""
    columns, at = [], []
    each_of = (_time(one), [k.log_time for k in known]), (_dose(one), [k.log_dose for k in known])
    for value, each in each_of:
        filled = [x for x in each if x is not None]
        if value is not None and len(filled) == len(known) and len(set(filled)) > 1:
            columns.append(filled)
            at.append(value)
    same = [float(each.species == species_of(one)) for each in known]
    if 2 <= sum(same) <= len(same) - 2:
        columns.append(same)
        at.append(1.0)
    return columns, at


@cache
def _known() -> Mapping[tuple[str, ...], tuple[Known, ...]]:
    """Calibration records of the evidence base by quantity."""
    found: dict[tuple[str, ...], list[Known]] = {}
    for one in all_records():
        if one.value is None or not _may_be_known(one):
            continue
        quantity = quantity_of(one)
        there = quantity.to(one.value), quantity.variance
        known = Known(_source(one), *there, _time(one), _dose(one), species_of(one))
        found.setdefault(quantity.key, []).append(known)
    return {key: tuple(them) for key, them in found.items()}


def _may_be_known(one: Record) -> bool:
    """Whether a baseline may go by a record: a number of a calibration study, or of a table without split."""
    split = one.split == "calibration" or ("split" not in one.fields and not is_validation(one))
    return split and kind_of(one) == "number" and "ever calibrate" not in one.note


def _source(one: Record) -> str:
    """Records of one source do not forecast each other: a study's, or a therapy's."""
    return one.fields.get("therapy", one.study)


def _time(one: Record) -> float | None:
    time = time_of(one)
    return math.log(time) if time is not None and time > 0 else None


def _dose(one: Record) -> float | None:
    for column in ("dose_particles", "dose_value"):
        text = one.fields.get(column, "").strip()
        try:
            dose = float(text) if text else 0.0
        except ValueError:
            continue
        if dose > 0:
            return math.log(dose)
    return None


def _band(quantity: Quantity, middle: float, reach: float) -> Band:
    return Band(quantity.back(middle), quantity.back(middle - reach), quantity.back(middle + reach))
