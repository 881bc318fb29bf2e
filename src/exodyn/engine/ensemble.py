"""The engine: a model compiled once, then run for many patients, each integrated on its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Unpack

import numpy as np
from numpy.typing import ArrayLike

from exodyn.engine.case import Case, Floats, Integration, Options, Parameters, case_of
from exodyn.engine.gradient import EnsembleGradient, Weights, gradient_of
from exodyn.engine.integrate import EnsembleRun, integrate, relative_difference
from exodyn.engine.machine_code import CompiledModel, Precision, compiled, lane_type
from exodyn.engine.native import Host, this_host
from exodyn.engine.program import build_program
from exodyn.engine.schedule import Schedule
from exodyn.symbolic.expr import Expr, Symbol
from exodyn.symbolic.model import Model, Readout

NOTHING = Schedule()

SINGLE_RTOL = 1e-4
"""The tightest tolerance that single precision can keep: its error levels off near 2e-5."""
CHECKED_PATIENT = 256
"""In single precision every patient whose number is a multiple of this is integrated in double as well."""


class Engine:
    """A model compiled for this host.

    outputs: names of states or readouts, readouts or expressions; all states by default.
    inputs: states that may be infused. precision: "single" doubles the lanes.
    optimise: False compiles ten times faster to slower code, which is sooner done for a single patient.
    sensitivities: parameters by which every run differentiates its outputs, through starts, doses, events and
    conditions on time; in double precision only. The values are those of a run without, to the bit.
    Raises KeyError for a name that the model does not have.
    """

    def __init__(
        self,
        model: Model,
        outputs: Sequence[str | Readout | Expr] | None = None,
        inputs: Sequence[str] = (),
        precision: Precision = "double",
        host: Host | None = None,
        optimise: bool = True,
        sensitivities: Sequence[str] = (),
    ) -> None:
        if sensitivities and precision != "double":
            raise ValueError("sensitivities are computed in double precision only")
        self.model = model
        self.host = host or this_host()
        self.precision: Precision = precision
        self.outputs = tuple(outputs) if outputs is not None else tuple(s.name for s in model.states)
        self.inputs = tuple(inputs)
        self.sensitivities = tuple(sensitivities)
        self.kind = lane_type(precision, self.host)
        self._optimise = optimise
        directions = tuple(_parameter(model, name) for name in sensitivities)
        infused = [_state(model, name) for name in inputs]
        outputs_of = [_expression(model, o) for o in self.outputs]
        self.program = build_program(model, outputs_of, infused, directions)
        code = compiled(self.program, self.kind, self.host, optimise)
        self._compiled = CompiledModel(model, self.program, code, precision, directions)
        self.parameters = tuple(self._compiled.parameters)
        self.defaults: Floats = self._compiled.defaults
        self.code_bytes = code.bytes
        self._adjoint: CompiledModel | None = None
        self._double: Engine | None = None

    def run(
        self,
        parameters: Parameters | None = None,
        times: ArrayLike = (0.0, 1.0),
        doses: Schedule | Sequence[Schedule] = NOTHING,
        arms: ArrayLike | None = None,
        **options: Unpack[Options],
    ) -> EnsembleRun:
        """Integrate every patient over `times` (increasing; f64[points]).

        doses: one schedule, or one an arm with `arms` i64[patients]. Options are those of `Options`.
        Results of a patient depend on its own inputs and number alone, not on threads or chunks.
        Raises ValueError for a shape or number that cannot be, InputError for an unknown parameter.
        """
        case = self._case(parameters, times, doses, arms, Integration(**options))
        run = integrate(self._compiled, case)
        if self.precision == "single":
            run.single_error = self._check_single(case, run)
        return run

    def gradient(
        self,
        weights: Weights,
        parameters: Parameters | None = None,
        times: ArrayLike = (0.0, 1.0),
        doses: Schedule | Sequence[Schedule] = NOTHING,
        arms: ArrayLike | None = None,
        **options: Unpack[Options],
    ) -> EnsembleGradient:
        """Integrate as `run` does, and differentiate the weighted sum of each patient's outputs.

        weights: f64[patients, points, outputs], or what gives them for the values of that shape (in which
        NaN marks what could not be computed): the derivative of a scalar objective by the outputs makes the
        result that objective's gradient. A weight of 0 leaves an output out.
        By an adjoint of the steps that were taken, which costs a few runs however many parameters there are;
        where events or instants depend on parameters, by the directions of `run`.
        """
        if not self.sensitivities:
            raise ValueError("name the parameters in Engine(sensitivities=...) to have gradients by them")
        case = self._case(parameters, times, doses, arms, Integration(**options))
        return gradient_of(case, weights, self._compiled, self._backward)

    def _case(
        self,
        parameters: Parameters | None,
        times: ArrayLike,
        doses: Schedule | Sequence[Schedule],
        arms: ArrayLike | None,
        how: Integration,
    ) -> Case:
        if self.precision == "single" and how.rtol < SINGLE_RTOL:
            raise ValueError(f"rtol {how.rtol}: single precision keeps {SINGLE_RTOL} at best; use double")
        case = case_of(self._compiled, parameters, times, doses, arms, how)
        if case.steady and self.program.reads_time:
            raise ValueError(f"model '{self.model.name}': rates depend on time, so there is no steady state")
        return case

    def _backward(self) -> CompiledModel:
        """Code that keeps its steps and goes back over them; compiled when it is first needed."""
        if self._adjoint is None:
            program = replace(self.program, tangent=None, adjoint=self.program.tangent)
            code = compiled(program, self.kind, self.host, self._optimise)
            self._adjoint = replace(self._compiled, program=program, code=code)
        return self._adjoint

    def _check_single(self, case: Case, run: EnsembleRun) -> float | None:
        chosen = np.flatnonzero(case.number % CHECKED_PATIENT == 0)
        if not chosen.size:
            return None
        if self._double is None:
            self._double = Engine(self.model, self.outputs, self.inputs, "double", self.host)
        exact = integrate(self._double._compiled, case.subset(chosen)).values
        return float(np.max(relative_difference(run.values[chosen], exact)))


def _state(model: Model, name: str) -> Symbol:
    for state in model.states:
        if state.name == name:
            return state.symbol
    raise KeyError(f"model '{model.name}' has no state '{name}' to be infused")


def _parameter(model: Model, name: str) -> Symbol:
    for parameter in model.parameters:
        if parameter.name == name:
            return parameter.symbol
    raise KeyError(f"model '{model.name}' has no parameter '{name}' to differentiate by")


def _expression(model: Model, output: str | Readout | Expr) -> Expr:
    if isinstance(output, Expr):
        return output
    if isinstance(output, Readout):
        return output.expression
    for state in model.states:
        if state.name == output:
            return state.symbol
    for readout in model.readouts:
        if readout.name == output:
            return readout.expression
    raise KeyError(f"model '{model.name}' has no state or readout '{output}'")
