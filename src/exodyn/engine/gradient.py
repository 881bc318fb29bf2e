"""The gradient of a scalar of each patient's outputs: by an adjoint of the steps that were taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from exodyn.engine.case import Case, Floats, Integers
from exodyn.engine.integrate import EnsembleRun, IntegrationFailure, Tape, integrate, integrate_once
from exodyn.engine.machine_code import CompiledModel
from exodyn.engine.program import Program

Weights = ArrayLike | Callable[[Floats], ArrayLike]
"""f64[patients, points, outputs], or what gives them for the values of that shape."""

GRADIENTS_AT_ONCE = 512
"""Patients whose steps are on the tape at one time."""


@dataclass
class EnsembleGradient:
    """What a gradient gives.

    gradient: f64[patients, parameters asked for], the derivative of each patient's weighted sum of outputs,
    NaN for a patient that failed. values, steps, failures, thread_seconds: as of a run.
    """

    gradient: Floats
    values: Floats
    steps: Integers
    failures: list[IntegrationFailure] = field(default_factory=list)
    thread_seconds: tuple[float, ...] = ()


def gradient_of(
    case: Case, weights: Weights, forward: CompiledModel, backward: Callable[[], CompiledModel]
) -> EnsembleGradient:
    """The gradients of a case, part by part.

    forward: code with sensitivities. backward: gives code that records its steps and goes back over them,
    asked for only where it serves.
    """
    shape = case.patients, len(case.times), len(forward.program.outputs)
    if not callable(weights) and np.shape(weights) != shape:
        raise ValueError(f"weights: shape {np.shape(weights)}, expected {shape}")
    by = backward() if _adjoint_serves(case, forward.program) else None
    parts = [
        _part(case.subset(part), weights if callable(weights) else np.asarray(weights)[part], forward, by)
        for part in np.array_split(np.arange(case.patients), -(-case.patients // GRADIENTS_AT_ONCE))
    ]
    return EnsembleGradient(
        np.concatenate([p.gradient for p in parts]),
        np.concatenate([p.values for p in parts]),
        np.concatenate([p.steps for p in parts]),
        [f for p in parts for f in p.failures],
        tuple(s for p in parts for s in p.thread_seconds),
    )


def _part(
    case: Case, weights: Weights, forward: CompiledModel, backward: CompiledModel | None
) -> EnsembleGradient:
    if backward is None:
        run = integrate(forward, case)
        weight = _weight(weights, run)
        assert run.sensitivities is not None
        used = np.where(weight[..., None] != 0.0, run.sensitivities, 0.0)
        gradient = np.einsum("ito,itop->ip", weight, used)
        return EnsembleGradient(gradient, run.values, run.steps, run.failures, run.thread_seconds)
    tape = Tape(case.patients, backward.program)
    run = integrate_once(backward, case, tape=tape)
    if tape.longest > tape.room:
        tape = Tape(case.patients, backward.program, tape.longest)
        run = integrate_once(backward, case, tape=tape)
    gradient = np.full((case.patients, len(forward.directions)), np.nan)
    own = {"weights": _weight(weights, run), "gradients": gradient, "next_patient": np.zeros(1, np.int64)}
    seconds = backward.code.call("back", tape.arrays | own, tape.numbers, case.threads)
    return EnsembleGradient(gradient, run.values, run.steps, run.failures, run.thread_seconds + seconds)


def _weight(weights: Weights, run: EnsembleRun) -> Floats:
    given = weights(run.values) if callable(weights) else weights
    weight = np.ascontiguousarray(given, dtype=np.float64)
    if weight.shape != run.values.shape:
        raise ValueError(f"weights: shape {weight.shape}, expected {run.values.shape}")
    return weight


def _adjoint_serves(case: Case, program: Program) -> bool:
    """Whether nothing happens at instants that depend on states or parameters."""
    moves = any(name in ("time", "lag", "duration", "rate") for s in case.slopes for _, name in s)
    timed = any(d.rate is not None for s in case.schedules for d in s.doses)
    of = program.tangent
    shifts = of is not None and bool(of.breakpoints.count or of.switches)
    amounts = any(case.slopes) and timed  # of an infusion by rate: when it ends
    return not (program.events or moves or amounts or shifts or case.steady)
