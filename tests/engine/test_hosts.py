"""Code for other processors: AVX2 alone, SSE2 alone and 64-bit Arm, from the same generator.

What this machine can run is run and compared with what it runs by default; the rest is looked at as assembly.
"""

from __future__ import annotations

import platform
import re
from functools import cache

import numpy as np
import pytest
from networks import Features, random_network, random_population, random_schedule
from toy import Floats

from exodyn.engine import Engine, EnsembleRun
from exodyn.engine.machine_code import lane_type, write_module
from exodyn.engine.native import ARM64, Host, compile_assembly, this_host
from exodyn.symbolic import Model

X86 = platform.machine() in ("x86_64", "AMD64")
on_x86 = pytest.mark.skipif(not X86, reason="this processor is no x86-64")
PRECISIONS = ["double", "single"]
EVERYTHING = Features(hill=True, timed=True, conditions=True, events=True, ties=True)


def network(features: Features = EVERYTHING) -> Model:
    return random_network(np.random.default_rng(11), 9, features)


def without(*prefixes: str) -> str:
    """This host's features, those that begin so switched off."""
    return ",".join("-" + f[1:] if f[1:].startswith(prefixes) else f for f in this_host().features.split(","))


def hosts() -> dict[str, Host]:
    """The x86 processors that this one can be: fewer features, narrower vectors."""
    here = this_host()
    found = {"as it is": here}
    if X86 and here.vector_bits >= 256:
        found["AVX2"] = Host(here.triple, "haswell", without("avx512", "avx10", "amx"), 256)
    if X86:
        found["SSE2"] = Host(here.triple, "x86-64", "+sse2", 128)
        found["one lane"] = Host(here.triple, "x86-64", "+sse2", 64)
    return found


def assembly(host: Host, precision: str, features: Features = EVERYTHING) -> dict[str, str]:
    """The model's code by function."""
    model = network(features)
    program = Engine(model, inputs=["x0"], optimise=False).program
    text, _ = write_module(program, lane_type(precision, host), host)  # type: ignore[arg-type]
    functions: dict[str, str] = {}
    name = ""
    for line in compile_assembly(text, host).splitlines():
        label = re.match(r"([A-Za-z_][\w.]*):", line)
        if label:
            name = label[1]
        functions[name] = functions.get(name, "") + line + "\n"
    return functions


KERNELS = ("factor", "rhs", "solve", *(f"combine{i}" for i in range(1, 8)))


@cache
def ensemble(name: str, precision: str) -> EnsembleRun:
    engine = Engine(network(), inputs=["x0"], precision=precision, host=hosts()[name])  # type: ignore[arg-type]
    draw = np.random.default_rng(12)
    table = random_population(draw, engine.model, 21)
    schedule = random_schedule(draw, 21)
    tight = precision == "double"
    return engine.run(
        table, np.arange(21.0), schedule, rtol=1e-9 if tight else 1e-4, atol=1e-12 if tight else 1e-7
    )


def largest_difference(a: Floats, b: Floats) -> float:
    return float(np.max(np.abs(a - b) / np.max(np.abs(b), axis=(0, 1))))


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", [n for n in hosts() if n != "as it is"])
def test_narrower_vectors_give_the_same_numbers(name: str, precision: str) -> None:
    """To the tolerance; not to the bit, since fused instructions round once where others round twice."""
    found, right = ensemble(name, precision), ensemble("as it is", precision)
    assert found.failures == right.failures == []
    assert largest_difference(found.values, right.values) <= (1e-8 if precision == "double" else 1e-3)
    assert abs(found.steps.sum() / right.steps.sum() - 1.0) <= 0.05


@pytest.mark.parametrize("precision", PRECISIONS)
def test_code_that_was_not_optimised_gives_the_same_numbers(precision: str) -> None:
    model = network()
    table = random_population(np.random.default_rng(1), model, 11)
    tight = precision == "double"
    tolerance = {"rtol": 1e-9, "atol": 1e-12} if tight else {"rtol": 1e-4, "atol": 1e-7}
    fast, plain = (
        Engine(model, precision=precision, optimise=o).run(table, np.arange(11.0), **tolerance)  # type: ignore[arg-type]
        for o in (True, False)
    )
    assert largest_difference(plain.values, fast.values) <= (1e-8 if tight else 1e-3)


@on_x86
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize(("name", "has", "has_not"), [("AVX2", "%ymm", "%zmm"), ("SSE2", "%xmm", "%ymm")])
def test_each_host_gets_its_own_registers(name: str, has: str, has_not: str, precision: str) -> None:
    if name not in hosts():
        pytest.skip(f"this processor has no {name}")
    code = assembly(hosts()[name], precision)
    assert all(has in code[kernel] for kernel in KERNELS)
    assert not any(has_not in part for part in code.values())


@on_x86
@pytest.mark.parametrize("precision", PRECISIONS)
def test_avx2_multiplies_and_adds_in_one_instruction(precision: str) -> None:
    if "AVX2" not in hosts():
        pytest.skip("this processor has no AVX2")
    code = assembly(hosts()["AVX2"], precision)
    suffix = "pd" if precision == "double" else "ps"
    assert all(re.search(rf"vfn?m(add|sub)\d+{suffix}\s.*%ymm", code[k]) for k in KERNELS)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_arm_code_is_vector_code(precision: str) -> None:
    """The kernels hold fused vector instructions and no arithmetic on one number at a time, nor calls.

    Without sin: it has a way out through the C library, for arguments beyond its reduction.
    """
    code = assembly(ARM64, precision, Features(conditions=True, events=True, ties=True))
    lanes = "2d" if precision == "double" else "4s"
    scalar = re.compile(r"^\s+(fadd|fsub|fmul|fdiv|fmadd|fmsub|fnmadd|fnmsub|fsqrt)\s+[dsh]\d", re.MULTILINE)
    for kernel in KERNELS:
        assert re.search(rf"\sfml[as]\s+v\d+\.{lanes}", code[kernel]), kernel
        assert not scalar.search(code[kernel]), kernel
        assert not re.search(r"^\s+bl\s", code[kernel], re.MULTILINE), kernel


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("lanes", [2, 4, 8, 16, 32])
def test_any_width_compiles_and_agrees(lanes: int, precision: str) -> None:
    """Vectors wider than a register are cut by the compiler: slow, and right."""
    here = this_host()
    bits = lanes * (64 if precision == "double" else 32)
    wide = Host(here.triple, here.cpu, here.features, bits)
    model = network(Features(timed=True, events=True))
    table = random_population(np.random.default_rng(1), model, 37)
    tight = precision == "double"
    tolerance = {"rtol": 1e-9, "atol": 1e-12} if tight else {"rtol": 1e-4, "atol": 1e-7}
    runs = [
        Engine(model, precision=precision, host=host, optimise=False).run(table, np.arange(11.0), **tolerance)  # type: ignore[arg-type]
        for host in (wide, here)
    ]
    assert runs[0].failures == []
    assert largest_difference(runs[0].values, runs[1].values) <= (1e-8 if tight else 1e-3)
