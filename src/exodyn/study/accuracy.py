"""How far a run's numbers can be trusted: vesicles that went missing, and single precision beside double."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exodyn.engine import Schedule

Floats = NDArray[np.float64]

BALANCE = {"double": 1e-8, "single": 1e-4}
"""Relative error of the mass balance above which a run warns; rounding leaves 2e-14 and 2e-5 (300 doses)."""

SINGLE_IN_RTOL = 10.0
"""Difference of single precision from double, in rtol, above which a run warns."""


def balance_error(accounted: Floats, schedule: Schedule, times: Floats) -> float | None:
    """The largest error of `accounted`, f64[patients, times], relative to what had been given by then.

    Before the first dose it is relative to all that will be given. Patients who failed (NaN) do not count;
    None if nobody is left or nothing is given.
    """
    due = given(schedule, len(accounted), times)
    ever = given(schedule, len(accounted), np.array([np.inf]))
    size = np.where(due > 0, due, ever)
    counts = ~np.isnan(accounted) & (size > 0)
    off = np.abs(accounted - due)[counts] / size[counts]
    return float(np.max(off)) if off.size else None


def given(schedule: Schedule, patients: int, times: Floats) -> Floats:
    """What single doses have brought by each time, f64[patients, times]; infusions evenly over their time."""
    total = np.zeros((patients, len(times)))
    for dose in schedule.doses:
        since = times - (_column(dose.time) + _column(dose.lag))
        share = (since >= 0) if dose.duration is None else np.clip(since / _column(dose.duration), 0, 1)
        total += _column(dose.amount) * _column(dose.bioavailability) * share
    return total


def largest(errors: Iterable[float | None]) -> float | None:
    """The largest error that was found; None if none was."""
    return max((error for error in errors if error is not None), default=None)


def as_json(error: float | None) -> float | str | None:
    """An error for the manifest: JSON has no infinity."""
    return "infinity" if error == np.inf else error


def accuracy_warnings(manifest: Mapping[str, Any]) -> list[str]:
    """What a reader of the run must be warned of, a sentence each."""
    precision = manifest["identity"]["engine"]["precision"]
    balance, single = (_number(manifest[name]) for name in ("balance_error", "single_error"))
    rtol = manifest["identity"]["study"]["rtol"]
    found = []
    if not balance <= BALANCE[precision]:
        found.append(
            f"the mass balance of particles is off by {balance:.1e} of what was given; "
            f"{precision} precision should keep {BALANCE[precision]:g}"
        )
    if not single <= SINGLE_IN_RTOL * rtol:
        much = (
            "without bound: a patient failed in one of them alone" if single == np.inf else f"by {single:.1e}"
        )
        found.append(
            f"single precision is off double {much}, more than {SINGLE_IN_RTOL:g} times rtol ({rtol:g}); "
            '[numerics] precision = "double" has no such error'
        )
    return found


def _number(error: float | str | None) -> float:
    return 0.0 if error is None else float(error)


def _column(value: Any) -> Floats:
    """One value, or one a patient, to stand beside times."""
    return np.reshape(np.asarray(value, dtype=np.float64), (-1, 1))
