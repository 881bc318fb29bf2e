"""Errors and costs of the vector functions: the table of ``docs/decisions/vectormath.md``.

Run ``python benchmarks/vectormath.py`` from the root of a checkout. Errors are measured as the tests do, with
a million arguments of each kind; costs are the least of many rounds over 1024 numbers.
"""

from __future__ import annotations

import ctypes
import math
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm
import numpy as np

from exodyn.engine import vectormath
from exodyn.engine.emit import I64, PTR, Function, Module, Type, Value

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "engine"))
import test_vectormath as check

C_NAME = {
    "abs": "fabs",
    "factorial": "tgamma",
    "rem": "fmod",
    "exp2_core": "exp2",
    "log_core": "log",
}
NUMBERS = 1024
ROUNDS = 200


def nanoseconds(function: Callable[..., Value], arity: int, kind: Type, cpu: str | None = None) -> float:
    """The least time of one vector of `kind`, loads and store included."""
    module = Module()
    f = Function(module, "rounds", [("x", PTR), ("y", PTR), ("out", PTR), ("n", I64), ("rounds", I64)])
    with f.loop(f["rounds"]):
        with f.loop(f["n"]) as i:
            f.store(function(*(f.load(kind, f[a], i) for a in "xy"[:arity])), f["out"], i)
        f.raw('call void asm sideeffect "", "~{memory}"()')
    f.finish()
    machine = check.target(cpu)
    engine = llvm.create_mcjit_compiler(check.optimised(module.text(), machine), machine)
    engine.finalize_object()
    entry = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3, ctypes.c_int64, ctypes.c_int64)(
        engine.get_function_address("rounds")
    )
    arrays = [check._aligned(NUMBERS, np.dtype(check.dtype_of(kind.scalar))) for _ in range(3)]
    for array, numbers in zip(arrays, _numbers(), strict=False):
        array[:] = numbers
    vectors = NUMBERS // kind.lanes
    pointers = [a.ctypes.data for a in arrays]
    return _least(lambda: entry(*pointers, vectors, ROUNDS)) / (ROUNDS * vectors)


def instructions(function: Callable[..., Value], arity: int, kind: Type) -> int:
    """How many instructions the function has on this machine, its return included."""
    module = Module()
    f = Function(module, "once", [(a, kind) for a in "xy"[:arity]], kind)
    f.finish(function(*(f[a] for a in "xy"[:arity])))
    machine = check.target()
    lines = machine.emit_assembly(check.optimised(module.text(), machine)).splitlines()
    return sum(line.startswith("\t") and not line.startswith("\t.") for line in lines)


def numpy_nanoseconds(name: str, arity: int, kind: Type) -> float:
    """NumPy's time for as many numbers as the vector has, from an array of 32 thousand."""
    other = {f"a{n}": f"arc{n}" for n in ("sin", "cos", "tan", "sinh", "cosh", "tanh")} | {"rem": "fmod"}
    plain = name.removesuffix("_core")
    function: Any = getattr(np, other.get(plain, plain), None)
    if function is None:
        return math.nan
    arrays = [np.tile(a, 32).astype(check.dtype_of(kind.scalar)) for a in _numbers()[:arity]]
    out = np.empty_like(arrays[0])
    return _least(lambda: function(*arrays, out=out)) / (out.size // kind.lanes)


def _numbers() -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    return rng.uniform(0.1, 0.9, NUMBERS), rng.uniform(-3, 3, NUMBERS)


def _least(call: Callable[[], object]) -> float:
    best = math.inf
    for _ in range(15):
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return best * 1e9


def main() -> None:
    warnings.simplefilter("ignore")
    print(
        "| function | error double | float | 8 double | AVX2 | no FMA | C | NumPy | 16 float | NumPy | size |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    double, single = Type("double", 8), Type("float", 16)
    for name, function in sorted(check.FUNCTIONS.items()):
        arity = 2 if name in check.TWO_ARGUMENTS else 1
        row = [name]
        for scalar in check.PRECISIONS:
            known = name in check.BOUNDS
            row.append(
                f"{check.worst(name, scalar, check.arguments(name, scalar, 1_000_000))[0]:.2f}"
                if known
                else ""
            )
        times = [nanoseconds(function, arity, double)]
        times += [nanoseconds(function, arity, double, cpu) for cpu in ("x86-64-v3", "x86-64")]
        times.append(nanoseconds(vectormath._each_lane(C_NAME.get(name, name)), arity, double))
        times.append(numpy_nanoseconds(name, arity, double))
        times += [nanoseconds(function, arity, single), numpy_nanoseconds(name, arity, single)]
        row += ["" if math.isnan(t) else f"{t:.1f}" for t in times]
        print("| " + " | ".join([*row, str(instructions(function, arity, double))]) + " |", flush=True)


if __name__ == "__main__":
    main()
