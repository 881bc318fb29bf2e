"""One run of one model, as exact as is sensible, with tolerances that it finds by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exodyn.engine.ensemble import Engine
from exodyn.engine.integrate import EnsembleRun, IntegrationFailure
from exodyn.errors import MachineError
from exodyn.symbolic.expr import TIME, Expr, Symbol, const, evaluate, substitute, walk
from exodyn.symbolic.model import Model, fix

Floats = NDArray[np.float64]

RTOL = (1e-9, 1e-7, 1e-5)
"""Relative tolerances, each tried where the one before cannot be met."""
NOISE = 1e-3
"""A state is resolved to this part of the relative tolerance of its largest value."""
LEAST_STEPS = 1000
"""No step is longer than this part of the time, or the distance of two outputs where that is more: what rises
and falls again between two steps is seen by nobody."""


def time_course(model: Model, outputs: Sequence[Expr], times: ArrayLike) -> Floats:
    """The outputs at the times (increasing, from 0 on) with default parameters, f64[points, outputs].

    A state without a value (NaN, or infinite) stays so, as does one whose rate has none.
    Raises MachineError where the model cannot be integrated to the end.
    """
    points = np.asarray(times, dtype=np.float64)
    values_of: dict[Symbol, Expr] = {p.symbol: const(p.value) for p in model.parameters}
    asked = substitute(outputs, values_of)
    frozen = fix(model, values_of)
    limits = _undefined(frozen)
    later = substitute(asked, limits)
    changing = [k for k, output in enumerate(later) if output.op != "const"]
    values = np.empty((len(points), len(later)))
    values[:] = [output.value for output in later]
    if changing:
        values[:, changing] = _integrate(_without(frozen, limits), [later[k] for k in changing], points)
    if limits:
        values[points == 0.0] = evaluate(asked, {TIME: 0.0, **_initial_values(frozen)})
    return values


def _integrate(model: Model, outputs: Sequence[Expr], times: Floats) -> Floats:
    states = [s.symbol for s in model.states]
    engine = Engine(model, [*outputs, *states], optimise=False)
    spacing = (times[-1] - times[0]) / max(1, len(times) - 1)
    largest_step = max(spacing, times[-1] / LEAST_STEPS) or np.inf  # time 0 alone needs no step
    failure = IntegrationFailure(0, 0.0, "")
    for rtol in RTOL:
        run = _resolved(engine, times, len(outputs), rtol, largest_step)
        if not run.failures:
            return run.values[0, :, : len(outputs)]
        failure = run.failures[0]
    raise MachineError(f"model '{model.name}': integration failed at time {failure.time:g}: {failure.cause}")


def _resolved(engine: Engine, times: Floats, outputs: int, rtol: float, largest_step: float) -> EnsembleRun:
    """A run whose absolute tolerances fit the sizes that the states reach, which takes runs to find out."""
    sizes = np.abs([float(v) for v in _initial_values(engine.model).values()])
    largest = np.full(len(sizes), np.max(sizes, where=np.isfinite(sizes), initial=0.0))
    run = EnsembleRun(np.empty((1, 0, 0)), np.empty(0, np.int64), np.empty(0, np.int64))
    for _ in range(6):
        largest = np.where(largest > 0, largest, 1.0)
        atol = np.maximum(largest * (rtol * NOISE), 1e-300)
        run = engine.run(times=times, rtol=rtol, atol=atol, largest_step=largest_step)
        reached = np.abs(run.values[0, :, outputs:])
        found = np.max(reached, axis=0, where=np.isfinite(reached), initial=0.0)
        if run.failures or np.all((found >= 0.1 * largest) | (found == 0.0)):
            return run
        largest = np.where(found > 0, found, largest)
    return run


def _initial_values(model: Model) -> dict[Symbol, float]:
    """The value of each state at time 0, for a model without parameters."""
    known: dict[Symbol, float] = {TIME: 0.0}
    for state in model.states:
        (known[state.symbol],) = evaluate([state.initial], known)
    del known[TIME]
    return known


def _undefined(model: Model) -> dict[Symbol, Expr]:
    """The states that have no finite value after time 0, and what they have instead."""
    now = _initial_values(model)
    limits: dict[Symbol, Expr] = {s: const(v) for s, v in now.items() if not np.isfinite(v)}
    rates = [s.rate for s in model.states]
    while True:
        fresh = {
            s.symbol: float(slope)
            for s, slope in zip(model.states, evaluate(rates, {TIME: 0.0, **now}), strict=True)
            if s.symbol not in limits and not np.isfinite(slope) and _reads_undefined(s.rate, limits)
        }
        if not fresh:
            break
        limits.update((symbol, const(value)) for symbol, value in fresh.items())
        now.update(fresh)
    mended = {target for event in model.events for target, _ in event.assignments} & limits.keys()
    # An event may give a value to a state, or to a rate at the very start: then nothing is known beforehand.
    return {} if mended or not all(event.initial for event in model.events) else limits


def _reads_undefined(rate: Expr, limits: Mapping[Symbol, Expr]) -> bool:
    """Whether a rate has no value because something in it has none; dividing by 0 is another matter."""
    return any(n in limits or (n.op == "const" and not np.isfinite(n.value)) for n in walk([rate]))


def _without(model: Model, limits: Mapping[Symbol, Expr]) -> Model:
    """The model without undefined states; what is left of it starts where it did."""
    if not limits:
        return model
    first = _initial_values(model)
    started = replace(model, states=tuple(replace(s, initial=const(first[s.symbol])) for s in model.states))
    return fix(started, limits)
