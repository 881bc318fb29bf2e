"""A model's rates and Jacobian as functions compiled by Numba, for solvers that call back.

They are given what this engine gives itself: shared terms computed once, terms of parameters alone
computed before the integration, the same licence to contract and reorder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from exodyn.engine import build_program
from exodyn.symbolic import Expr, Model, Symbol, evaluate, walk

Floats = NDArray[np.float64]

FAST = {"contract", "nsz", "reassoc"}
INFIX = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "**"} | {
    "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!=", "and": "and", "or": "or",
}  # fmt: skip
CALLS = {"exp2_core": "exp2", "log_core": "log", "min": "min", "max": "max", "abs": "abs"} | {
    name: name for name in ("exp", "log", "sqrt", "tanh", "sin", "cos", "expm1", "log1p")
}


@dataclass(frozen=True)
class Compiled:
    """rates(y, constants, out f64[states]); jacobian(y, constants, out f64[states, states], zeros kept)."""

    rates: Callable[[Floats, Floats, Floats], None]
    jacobian: Callable[[Floats, Floats, Floats], None]
    initial: Callable[[Floats], Floats]
    constants: Callable[[Floats], Floats]
    pattern: Floats


@cache
def compile_model(model: Model) -> Compiled:
    """Compile the rates of a model that time does not enter; states are in the model's order."""
    states = [s.symbol for s in model.states]
    program = build_program(model, states, [])
    if program.reads_time:
        raise ValueError(f"model '{model.name}': rates depend on time")
    place = {s: k for k, s in enumerate(states)}
    names = {s: f"y[{k}]" for s, k in place.items()}
    names |= {s: f"c[{k}]" for k, s in enumerate((*program.parameters, *program.prepared))}
    moving = program.states[: program.moving]
    rates = {f"out[{place[s]}]": rate for s, rate in zip(moving, program.rates, strict=True)}
    entries = {(place[moving[i]], place[moving[j]]): e for (i, j), e in program.jacobian.items()}
    pattern = np.zeros((len(states), len(states)))
    pattern[tuple(np.array(list(entries)).T)] = 1.0

    def constants(parameters: Floats) -> Floats:
        known = dict(zip(program.parameters, parameters, strict=True))
        return np.array([*parameters, *evaluate(list(program.prepared_terms), known)])

    def initial(parameters: Floats) -> Floats:
        known = dict(zip(program.parameters, parameters, strict=True))
        values = dict(zip(program.states, evaluate(list(program.initial), known), strict=True))
        return np.array([values[s] for s in states])

    return Compiled(
        _function(rates, names),
        _function({f"out[{i}, {j}]": e for (i, j), e in entries.items()}, names),
        initial,
        constants,
        pattern,
    )


def _function(targets: Mapping[str, Expr], names: Mapping[Symbol, str]) -> Any:
    """A compiled function of (y, c, out) that sets each target to its expression."""
    lines = ["def function(y, c, out):"]
    local: dict[int, str] = {}
    for n in walk(list(targets.values())):
        if isinstance(n, Symbol):
            local[id(n)] = names[n]
        elif n.op in ("const", "true", "false"):
            local[id(n)] = repr(n.value) if n.op == "const" else n.op.capitalize()
        else:
            local[id(n)] = f"t{len(lines)}"
            lines.append(f"    {local[id(n)]} = {_term(n.op, [local[id(a)] for a in n.args])}")
    lines += [f"    {target} = {local[id(e)]}" for target, e in targets.items()]
    space: dict[str, Any] = {name: getattr(np, name) for name in set(CALLS.values()) - {"min", "max", "abs"}}
    exec("\n".join(lines), space)
    return numba.njit(fastmath=FAST, error_model="numpy")(space["function"])


def _term(op: str, arguments: list[str]) -> str:
    if op in INFIX:
        return f" {INFIX[op]} ".join(arguments)
    if op == "neg":
        return f"-{arguments[0]}"
    if op == "not":
        return f"not {arguments[0]}"
    if op == "where":
        condition, yes, no = arguments
        return f"{yes} if {condition} else {no}"
    return f"{CALLS[op]}({', '.join(arguments)})"
