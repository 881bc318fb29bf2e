"""Elementary functions of vectors against extended precision, over the whole range of both formats."""

from __future__ import annotations

import ctypes
import importlib.util
import math
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm
import mpmath  # type: ignore[import-untyped]
import numpy as np
import numpy.typing as npt
import pytest

from exodyn.engine import vectormath
from exodyn.engine.emit import I64, PTR, Function, Module, Type, Value
from exodyn.symbolic.expr import EVALUATE

Array = npt.NDArray[Any]

FUNCTIONS: dict[str, Callable[..., Value]] = {
    **vectormath.FUNCTIONS,
    "exp2_core": vectormath.exp2_core,
    "log_core": vectormath.log_core,
}
ROOT = Path(__file__).parents[2]
TWO_ARGUMENTS = {"pow", "rem"}
PRECISIONS = ["double", "float"]
EXTENDED = np.finfo(np.longdouble).nmant > 60
needs_extended = pytest.mark.skipif(not EXTENDED, reason="numpy's long double is no wider than double here")


# -- compiling one function


def code(name: str, kind: Type, then_add: bool = False) -> str:
    """A loop that applies a function to arrays of vectors and may add the first argument."""
    module = Module()
    f = Function(module, f"each_{name}", [("x", PTR), ("y", PTR), ("out", PTR), ("n", I64)])
    with f.loop(f["n"]) as i:
        arguments = [f.load(kind, f[a], i) for a in ("xy" if name in TWO_ARGUMENTS else "x")]
        result = FUNCTIONS[name](*arguments)
        f.store(result + arguments[0] if then_add else result, f["out"], i)
    f.finish()
    return module.text()


def optimised(text: str, machine: llvm.TargetMachine) -> llvm.ModuleRef:
    module = llvm.parse_assembly(text)
    module.triple = machine.triple
    passes = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(3))
    passes.getModulePassManager().run(module, passes)
    return module


def target(cpu: str | None = None, features: str | None = None) -> llvm.TargetMachine:
    """This machine, or a processor of its kind with fewer instructions."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    if cpu is None:
        cpu, features = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    return llvm.Target.from_default_triple().create_target_machine(cpu=cpu, features=features or "", opt=3)


@cache
def compiled(
    name: str, scalar: str, lanes: int, cpu: str | None = None, then_add: bool = False
) -> Callable[..., Array]:
    machine = target(cpu)
    text = code(name, Type(scalar, lanes), then_add)
    engine = llvm.create_mcjit_compiler(optimised(text, machine), machine)
    engine.finalize_object()
    pointers = [ctypes.c_void_p] * 3
    entry = ctypes.CFUNCTYPE(None, *pointers, ctypes.c_int64)(engine.get_function_address(f"each_{name}"))
    width = max(1, lanes)

    def call(*arguments: Array, keep: llvm.ExecutionEngine = engine) -> Array:
        count = arguments[0].size
        padded = -(-count // width) * width
        arrays = [_aligned(padded, np.dtype(dtype_of(scalar))) for _ in range(3)]
        for array, argument in zip(arrays, arguments, strict=False):
            array[:count], array[count:] = argument, 1
        entry(*(a.ctypes.data for a in arrays), padded // width)
        return arrays[2][:count]

    return call


def _aligned(count: int, dtype: np.dtype[Any]) -> Array:
    raw = np.zeros(count * dtype.itemsize + 128, np.uint8)
    start = -raw.ctypes.data % 128
    return raw[start : start + count * dtype.itemsize].view(dtype)


# -- arguments


def dtype_of(scalar: str) -> Any:
    return np.float64 if scalar == "double" else np.float32


def any_bits(scalar: str, count: int, seed: int = 1) -> Array:
    """Every kind of number alike: normal, subnormal, infinite, NaN."""
    rng = np.random.default_rng(seed)
    if scalar == "double":
        return rng.integers(0, 2**64, count, np.uint64).view(np.float64)
    return rng.integers(0, 2**32, count, np.uint32).view(np.float32)


def edges(scalar: str) -> Array:
    """Where formulas change or break, with the neighbours of each on both sides."""
    dtype = dtype_of(scalar)
    info = np.finfo(dtype)
    points = [0.0, 0.5, 1, 1.5, 2, 3, math.sqrt(0.5), math.sqrt(2), 10, 22, 40, 100, 1000, math.e, math.pi]
    points += [info.tiny, info.smallest_subnormal, info.max, info.eps, info.eps / 2]
    points += [88.02969, 88.37626, 88.72284, 89.41599, 87.33655, 103.27893, 103.97208, 17.32868]
    if scalar == "double":
        points += [709.0895657128241, 709.4361393031039, 709.782712893384, 710.4758600739439]
        points += [708.3964185322641, 744.4400719213812, 745.1332191019411, 36.7368005696771]
        points += [2.0**52, 2.0**53]
    points += [k * math.log(2) / 2 for k in range(1, 12)] + [k * math.pi / 4 for k in range(1, 40)]
    with np.errstate(all="ignore"):
        base = np.array(points, dtype)
        near = [base]
        for _ in range(3):
            near += [np.nextafter(near[-1], dtype(np.inf))]
        below = base
        for _ in range(3):
            below = np.nextafter(below, dtype(-np.inf))
            near.append(below)
    positive = np.concatenate([*near, np.array([np.inf, np.nan], dtype)])
    return np.concatenate([positive, -positive])


def spread(scalar: str, low: float, high: float, count: int, seed: int = 2) -> Array:
    return np.random.default_rng(seed).uniform(low, high, count).astype(dtype_of(scalar))


def logarithmic(scalar: str, low: float, high: float, count: int, seed: int = 3) -> Array:
    """Both signs, all magnitudes between two powers of two alike."""
    rng = np.random.default_rng(seed)
    with np.errstate(all="ignore"):
        return (rng.choice([-1, 1], count) * 2.0 ** rng.uniform(low, high, count)).astype(dtype_of(scalar))


def arguments(name: str, scalar: str, count: int) -> tuple[Array, ...]:
    """Arguments from the whole range and dense where a function is hard."""
    wide = 712.0 if scalar == "double" else 90.0
    if name == "exp2_core":
        return (
            spread(scalar, -1020, 1022, count) if scalar == "double" else spread(scalar, -125, 127, count),
        )
    if name == "log_core":
        return (abs(logarithmic(scalar, -99, 120, count)),)
    if name in TWO_ARGUMENTS:
        return pairs(scalar, count)
    parts = [any_bits(scalar, count), edges(scalar), spread(scalar, -1.5, 1.5, count)]
    parts += [spread(scalar, 0.4, 2.2, count), 1 + logarithmic(scalar, -50, -1, count)]
    parts += [spread(scalar, low, -low, count) for low in (-20, -wide)] + [logarithmic(scalar, -60, 3, count)]
    if name in ("sin", "cos", "tan"):
        parts += [logarithmic(scalar, 0, 40, count), near_quarter_turns(scalar, count)]
    return (np.concatenate(parts),)


def near_quarter_turns(scalar: str, count: int) -> Array:
    """The numbers next to multiples of pi/2, where most digits cancel."""
    turns = abs(logarithmic("double", 0, 31, count)).round().astype(np.longdouble)
    return np.asarray(turns * (2 * np.arctan(np.longdouble(1))), dtype_of(scalar))


def pairs(scalar: str, count: int) -> tuple[Array, Array]:
    dtype, some = dtype_of(scalar), edges(scalar)
    whole = [*range(-20, 21), 0.5, -0.5, 1 / 3, 1e9, -1e9, 1e9 + 1, math.inf, -math.inf, math.nan]
    exponents = np.concatenate([np.array(whole, dtype), some[::5]])
    a, b = (g.ravel() for g in np.meshgrid(np.concatenate([some, exponents]), exponents))
    xs, ys = [a, any_bits(scalar, count)], [b, any_bits(scalar, count, seed=5)]
    # Results over the whole range of the format: y log2(x) between its ends, for bases far from 1 and near.
    top, wide = (1100.0, 1000.0) if scalar == "double" else (160.0, 126.0)
    for size in (wide, 2.0, 1e-3):
        logarithm = spread("double", -size, size, count, seed=6)
        with np.errstate(all="ignore"):
            ys.append((spread("double", -top, top, count, seed=7) / logarithm).astype(dtype))
        xs.append((2.0**logarithm).astype(dtype))
    xs.append(spread(scalar, -30, 30, count).round())
    ys.append(spread(scalar, -30, 30, count, seed=8).round())
    return np.concatenate(xs), np.concatenate(ys)


# -- errors


def reference(name: str, *arguments: Array, wide: type[np.floating[Any]] = np.longdouble) -> Array:
    """The function in a wider format; long double has 64 bits of mantissa on x86."""
    with np.errstate(all="ignore"):
        x = [a.astype(wide) for a in arguments]
        if name == "pow":
            return np.power(*x)
        if name == "rem":
            return np.fmod(*x)
        if name == "abs":
            return abs(x[0])
        other = {f"a{n}": f"arc{n}" for n in ("sin", "cos", "tan", "sinh", "cosh", "tanh")}
        plain = name.removesuffix("_core")
        return np.asarray(getattr(np, other.get(plain, plain))(x[0]))


def ulps(got: Array, want: Array) -> Array:
    """Errors in units in the last place of the right result; infinite where one is NaN and the other not.

    Infinity counts as the first power of two that is too large.
    """
    info = np.finfo(got.dtype)
    one = want.dtype.type(1)
    beyond = np.ldexp(one, info.maxexp)
    with np.errstate(all="ignore"):
        w = np.clip(want, -beyond, beyond)
        g = np.clip(got.astype(want.dtype), -beyond, beyond)
        exponent = np.maximum(np.frexp(np.where(w == 0, 1, w))[1] - 1, info.minexp)
        exponent = np.where(w == 0, info.minexp, np.minimum(exponent, info.maxexp - 1))
        error = abs(g - w) / np.ldexp(one, exponent - info.nmant)
    error = np.where(np.isnan(got) & np.isnan(want), 0, error)
    return np.where(np.isnan(got) != np.isnan(want), np.inf, error)


def worst(name: str, scalar: str, x: tuple[Array, ...], lanes: int = 8) -> tuple[float, str]:
    """The largest error of a function in ulp, and where it is."""
    got = compiled(name, scalar, lanes)(*x)
    want = reference(name, *x)
    error = ulps(got, want)
    at = int(np.argmax(error))
    where = ", ".join(float(a[at]).hex() for a in x)
    return float(error[at]), f"{name}({where}) = {got[at]!r} instead of {want[at]!r}"


C_LIBRARY = {"acos", "acosh", "asin", "asinh", "atan", "atanh"}
BOUNDS: dict[str, float] = dict.fromkeys(C_LIBRARY, 3.0) | {
    "abs": 0.0,
    "ceil": 0.0,
    "cos": 0.85,
    "cosh": 0.9,
    "exp": 0.85,
    "exp2_core": 1.2,
    "expm1": 1.2,
    "floor": 0.0,
    "log": 0.95,
    "log10": 0.55,
    "log1p": 1.05,
    "log_core": 0.95,
    "pow": 0.95,
    "rem": 0.0,
    "sin": 0.85,
    "sinh": 0.9,
    "sqrt": 0.5,
    "tan": 1.05,
    "tanh": 1.05,
}
"""The largest error promised, in ulp of the right result (docs/decisions/vectormath.md)."""

MEASURED = sorted(BOUNDS)


@needs_extended
@pytest.mark.parametrize("count", [50_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("scalar", PRECISIONS)
@pytest.mark.parametrize("name", MEASURED)
def test_error_stays_within_its_bound(name: str, scalar: str, count: int) -> None:
    error, where = worst(name, scalar, arguments(name, scalar, count))
    assert error <= BOUNDS[name], f"{error:.3f} ulp: {where}"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["exp", "expm1", "log", "log1p", "sinh", "cosh", "tanh"])
def test_every_hundredth_float(name: str) -> None:
    for part in np.array_split(np.arange(0, 2**32, 101, dtype=np.uint32), 20):
        x = part.view(np.float32)
        error = ulps(compiled(name, "float", 16)(x), reference(name, x, wide=np.float64))
        assert error.max() <= BOUNDS[name]


@pytest.mark.parametrize("scalar", PRECISIONS)
def test_factorial_is_gamma_of_the_next_number(scalar: str) -> None:
    x = np.concatenate([np.arange(0, 171), spread("double", -5, 30, 200)]).astype(dtype_of(scalar))
    got = compiled("factorial", scalar, 4)(x)
    with np.errstate(all="ignore"):
        after = x + dtype_of(scalar)(1)
        want = np.array([np.longdouble(mpmath.nstr(mpmath.gamma(mpmath.mpf(float(a))), 25)) for a in after])
    assert ulps(got, want).max() <= 5  # glibc's own bound for tgamma is 5 ulp
    special = compiled("factorial", scalar, 4)(np.array([-1, -2, np.nan, np.inf, 1000], dtype_of(scalar)))
    np.testing.assert_array_equal(special, [np.nan, np.nan, np.nan, np.inf, np.inf])


@pytest.mark.parametrize("scalar", PRECISIONS)
@pytest.mark.parametrize("name", sorted(set(vectormath.FUNCTIONS) - {"factorial"}))
def test_signs_of_zero_infinities_and_nan_are_those_of_c(name: str, scalar: str) -> None:
    positive = [
        0.0,
        0.5,
        1.0,
        2.0,
        3.0,
        4.0,
        1e-20,
        1e30,
        math.inf,
        math.nan,
        float(np.finfo(dtype_of(scalar)).tiny),
    ]
    x = np.array([*positive, *(-v for v in positive)], dtype_of(scalar))
    xs = tuple(g.ravel() for g in np.meshgrid(x, x)) if name in TWO_ARGUMENTS else (x,)
    got, want = compiled(name, scalar, 4)(*xs), reference(name, *xs)
    with np.errstate(all="ignore"):
        want = want.astype(x.dtype)
    number = ~np.isnan(want)
    np.testing.assert_array_equal(np.isnan(got), ~number)
    np.testing.assert_array_equal(np.signbit(got[number]), np.signbit(want[number]))
    special = number & ((want == 0) | np.isinf(want))
    np.testing.assert_array_equal(got[special], want[special])


@pytest.mark.parametrize("scalar", PRECISIONS)
def test_cores_keep_nan_and_overflow_honest(scalar: str) -> None:
    x = np.array([math.nan, math.inf, -math.inf, 1e4, -1e4, 0.0, -0.0], dtype_of(scalar))
    x = np.concatenate([x, np.array([0x7FF8000000000FFF], np.uint64).view(np.float64).astype(x.dtype)])
    want = [math.nan, math.inf, 0, math.inf, 0, 1, 1, math.nan]
    np.testing.assert_array_equal(compiled("exp2_core", scalar, 8)(x), want)
    np.testing.assert_array_equal(compiled("log_core", scalar, 2)(x[:2]), [math.nan, math.inf])
    nans = any_bits(scalar, 200_000)
    nans = nans[np.isnan(nans)]
    for name in ("exp2_core", "log_core"):
        assert np.isnan(compiled(name, scalar, 8)(nans)).all()


# -- lanes, widths and machines


@pytest.mark.parametrize("scalar", PRECISIONS)
@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_lane_knows_neither_its_neighbours_nor_the_width(name: str, scalar: str) -> None:
    xs = arguments(name, scalar, 2000)
    order = np.random.default_rng(4).permutation(xs[0].size)
    first = compiled(name, scalar, 8)(*xs)
    shuffled = compiled(name, scalar, 8)(*(x[order] for x in xs))
    np.testing.assert_array_equal(shuffled, first[order])
    assert (np.signbit(shuffled) == np.signbit(first[order]))[~np.isnan(shuffled)].all()
    for lanes in (0, 2, 4, 16):
        np.testing.assert_array_equal(compiled(name, scalar, lanes)(*xs), first, err_msg=f"{lanes} lanes")


@pytest.mark.skipif(not target().triple.startswith("x86_64"), reason="names processors of the x86-64 kind")
@pytest.mark.parametrize("cpu", ["x86-64", "x86-64-v3"])
@pytest.mark.parametrize("scalar", PRECISIONS)
@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_an_older_processor_gives_the_same_bits(name: str, scalar: str, cpu: str) -> None:
    if cpu == "x86-64-v3" and not llvm.get_host_cpu_features().get("avx2", False):
        pytest.skip("this machine has no AVX2")
    xs = arguments(name, scalar, 500)
    np.testing.assert_array_equal(compiled(name, scalar, 4, cpu)(*xs), compiled(name, scalar, 8)(*xs))


@pytest.mark.parametrize("name", ["exp", "exp2_core", "expm1", "log", "log_core", "pow", "sin", "tanh"])
@pytest.mark.parametrize(("scalar", "shape"), [("double", "2d"), ("float", "4s")])
def test_arm_code_has_fused_vector_instructions(name: str, scalar: str, shape: str) -> None:
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    machine = llvm.Target.from_triple("aarch64-unknown-linux-gnu").create_target_machine(opt=3)
    lanes = 2 if scalar == "double" else 4
    assembly = machine.emit_assembly(optimised(code(name, Type(scalar, lanes)), machine))
    in_double = scalar == "float" and name in ("pow", "sin")
    assert re.search(rf"fml[as]\s+v\d+\.{'2d' if in_double else shape}", assembly)
    assert not re.search(r"bl\s+fmaf?\b", assembly)


@pytest.mark.slow
def test_coefficients_are_those_that_the_script_finds() -> None:
    spec = importlib.util.spec_from_file_location("minimax", ROOT / "benchmarks" / "minimax.py")
    assert spec is not None and spec.loader is not None
    minimax = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(minimax)
    used = {
        "EXP double": vectormath.FORMATS["double"].exp_rest,
        "EXP float": vectormath.FORMATS["float"].exp_rest,
        "EXP2 double": vectormath.FORMATS["double"].exp2_tail,
        "EXP2 float": vectormath.FORMATS["float"].exp2_tail,
        "LOG double": vectormath.FORMATS["double"].log_tail,
        "LOG float": vectormath.FORMATS["float"].log_tail,
        "LOG_REST double": vectormath.LOG_REST,
        "SIN double": vectormath.SIN_TAIL,
        "COS double": vectormath.COS_TAIL,
    }
    assert {n: tuple(map(float, minimax.remez(*p)[0])) for n, p in minimax.POLYNOMIALS.items()} == used


@pytest.mark.parametrize("name", ["exp", "exp2_core", "log", "log_core", "pow"])
def test_arithmetic_around_a_function_leaves_it_alone(name: str) -> None:
    """The last product of a function must not be fused with a sum that follows."""
    xs = arguments(name, "double", 2000)
    with np.errstate(all="ignore"):
        want = compiled(name, "double", 8)(*xs) + xs[0]
    np.testing.assert_array_equal(compiled(name, "double", 8, then_add=True)(*xs), want)


def test_every_function_of_the_expressions_is_there() -> None:
    arithmetic = {"add", "sub", "mul", "div", "neg", "min", "max", "hill", "where"}
    conditions = {"lt", "le", "gt", "ge", "eq", "ne", "and", "or", "xor", "not"}
    assert set(vectormath.FUNCTIONS) == set(EVALUATE) - arithmetic - conditions
