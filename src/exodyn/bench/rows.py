"""Measurements as rows of numbers, each with its range over the repetitions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from exodyn.bench.comparison import TARGETS as GRADIENT_TARGETS
from exodyn.bench.comparison import Comparison
from exodyn.bench.matching import Series, at_error
from exodyn.bench.problem import Problem
from exodyn.bench.program import Floats
from exodyn.bench.scaling import COPIES, RTOL, Pair, weekly
from exodyn.bench.searches import SAME
from exodyn.bench.startup import Start

Row = dict[str, Any]
TARGETS = (1e-3, 1e-4, 1e-5)
MICRO = 1e6


def matched(problem: str, series: Series) -> list[Row]:
    """A program at each error that it reaches, matched on the median patient, the worst beside it."""
    rows = []
    for target in TARGETS:
        seconds = series.at(target, series.median)
        if np.isnan(seconds).any():
            continue
        rows.append({
            "problem": problem,
            "engine": series.name,
            "threads": 1,
            "achieved_error": target,
            "us_per_patient": rounded(MICRO * np.median(seconds)),
            "range": spread(MICRO * seconds),
            "worst_error": rounded(at_error(series.median, series.worst, target)),
            "us_per_patient_with_worst_at_this_error": rounded(
                MICRO * np.median(series.at(target, series.worst))
            ),
            "patients": series.patients,
        })  # fmt: skip
    return rows


def gradients(found: Comparison) -> list[Row]:
    """Gradients at each error that a program reaches, and what it took to find an optimum."""
    parameters = found.problem.reference.shape[1]
    rows = [
        {
            "problem": f"{found.name}, gradient",
            "engine": series.name,
            "threads": 1,
            "parameters": parameters,
            "achieved_error": target,
            "us_per_patient": rounded(MICRO * np.median(seconds)),
            "range": spread(MICRO * seconds),
            "worst_error": rounded(at_error(series.median, series.worst, target)),
            "patients": series.patients,
        }
        for series in found.series
        for target in GRADIENT_TARGETS
        if np.all(np.isfinite(seconds := series.at(target, series.median)))
    ]
    best = max(float(np.max(s.ended)) for s in found.searches)
    for s in found.searches:
        each = s.seconds_per_optimum(best)
        rows.append({
            "problem": f"{found.name}, optimum",
            "engine": s.engine,
            "threads": 1,
            "parameters": parameters,
            "achieved_error": None,
            "us_per_patient": rounded(MICRO * each),
            "range": spread(MICRO * s.seconds),
            "starts": len(s.seconds),
            "found": int(np.sum(s.ended > best - SAME)),
            "log_likelihood": rounded(float(np.max(s.ended))),
        })  # fmt: skip
    return rows


def points(problem: Problem, series: Series) -> list[Row]:
    """A program at each of its tolerances: what the matched rows lie between."""
    return [
        {
            "problem": problem.name,
            "engine": series.name,
            "rtol": rounded(rtol),
            "achieved_error": rounded(series.median[k]),
            "worst_error": rounded(series.worst[k]),
            "us_per_patient": rounded(MICRO * np.median(series.seconds[:, k])),
            "range": spread(MICRO * series.seconds[:, k]),
        }
        for k, rtol in enumerate(series.rtols)
    ]


def scaling(problem: Problem, threads: Pair, alike: Pair, unlike: Pair) -> list[Row]:
    """One thread and two; the model, and four copies of it as one model."""
    states = len(problem.states)
    large = f"{problem.name} x {COPIES}"
    cases = [
        (weekly(problem).name, 1, states, threads.error, threads.one),
        (weekly(problem).name, 2, states, threads.error, threads.other),
        (problem.name, 1, states, alike.error, states * alike.other),
        (large, 1, COPIES * states, alike.error, COPIES * states * alike.one),
        (f"{large}, unlike", 1, COPIES * states, unlike.error, COPIES * states * unlike.one),
    ]
    return [
        {
            "problem": name,
            "engine": "exodyn double",
            "threads": count,
            "states": size,
            "rtol": rounded(RTOL),
            "achieved_error": rounded(error),
            "us_per_patient": rounded(MICRO * np.median(seconds)),
            "range": spread(MICRO * seconds),
        }
        for name, count, size, error, seconds in cases
    ]


def whole_body(found: Pair, states: int) -> Row:
    """Delivery in the whole body, as many doses and times as the stroke model's weekly row."""
    seconds = MICRO * states * found.one
    return {
        "problem": "delivery, whole body, weekly",
        "engine": "exodyn double",
        "threads": 1,
        "states": states,
        "rtol": rounded(RTOL),
        "achieved_error": None,
        "us_per_patient": rounded(np.median(seconds)),
        "range": spread(seconds),
    }


def start(found: Start) -> Row:
    """From starting Python to the first patient's result."""
    return {
        "problem": "first result",
        "engine": found.name,
        "threads": 1,
        "achieved_error": None,
        "us_per_patient": rounded(MICRO * np.median(found.cpu)),
        "range": spread(MICRO * found.cpu),
        "wall_s": rounded(np.median(found.wall)),
    }


def rounded(value: float | np.floating[Any]) -> float | None:
    """Four digits; None for what was not reached."""
    return float(f"{value:.4g}") if math.isfinite(value) else None


def spread(values: Floats) -> list[float | None]:
    """The least and the largest."""
    return [rounded(np.min(values)), rounded(np.max(values))]
