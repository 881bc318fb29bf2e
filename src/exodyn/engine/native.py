"""LLVM text to machine code of this host (or, for a look at the code, of another one)."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import llvmlite.binding as llvm

from exodyn.engine.emit import Type

llvm.initialize_all_targets()
llvm.initialize_all_asmprinters()
# The kernels are long straight lines that come in a good order already. The machine scheduler takes time
# that grows with the square of their length (144 states: 5.5 s of 6.4 s) and makes them no faster.
OPTIONS = ("-enable-misched=0", "-dag-maps-huge-region=100")
for _option in OPTIONS:
    llvm.set_option("exodyn", _option)

PASSES = ("sroa", "instruction_combine", "simplify_cfg", "dead_code_elimination")


@dataclass(frozen=True)
class Host:
    """A processor as the code generator sees it."""

    triple: str
    cpu: str
    features: str
    vector_bits: int

    def lanes(self, scalar: str) -> int:
        """Patients that one vector of this scalar holds."""
        return self.vector_bits // Type(scalar).bits

    @property
    def attributes(self) -> str:
        """Function attributes that let vectors have their full width."""
        bits = self.vector_bits
        return f'alignstack({bits // 8}) "prefer-vector-width"="{bits}" "min-legal-vector-width"="{bits}"'


@cache
def this_host() -> Host:
    features: dict[str, bool] = llvm.get_host_cpu_features()
    flat = ",".join(("+" if on else "-") + name for name, on in sorted(features.items()))
    if features.get("avx512f") and features.get("avx512dq"):
        bits = 512
    elif features.get("avx2"):
        bits = 256
    else:
        bits = 128
    return Host(llvm.get_process_triple(), llvm.get_host_cpu_name(), flat, bits)


ARM64 = Host("aarch64-unknown-linux-gnu", "neoverse-n1", "+neon", 128)


def _target_machine(host: Host, optimise: bool = True) -> Any:
    target = llvm.Target.from_triple(host.triple)
    # The small code model reaches constants by short addresses: a tenth faster than the JIT's default.
    return target.create_target_machine(
        cpu=host.cpu,
        features=host.features,
        opt=2 if optimise else 0,
        reloc="pic",
        codemodel="small",
    )


def _parsed(text: str, machine: Any) -> Any:
    module = llvm.parse_assembly(text)
    module.triple = machine.triple
    module.data_layout = str(machine.target_data)
    return module


def _optimised(text: str, machine: Any) -> Any:
    module = _parsed(text, machine)
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=2))
    passes = llvm.create_new_function_pass_manager()
    for name in PASSES:
        getattr(passes, f"add_{name}_pass")()
    for function in module.functions:
        if not function.is_declaration:
            passes.run(function, builder)
    return module


def compile_object(text: str, host: Host, optimise: bool = True) -> bytes:
    """An object file of the module's functions; without optimising ten times sooner done, and slower."""
    machine = _target_machine(host, optimise)
    module = _optimised(text, machine) if optimise else _parsed(text, machine)
    return bytes(machine.emit_object(module))


def compile_assembly(text: str, host: Host) -> str:
    """The module as assembly, to be looked at."""
    machine = _target_machine(host)
    return str(machine.emit_assembly(_optimised(text, machine)))


Compiled = Callable[[int, int], None]


class Loaded:
    """An object file in memory, ready to be called."""

    def __init__(self, image: bytes) -> None:
        backing = llvm.parse_assembly("")
        machine = llvm.Target.from_default_triple().create_target_machine(
            opt=2, reloc="pic", codemodel="small", jit=True
        )
        self._engine = llvm.create_mcjit_compiler(backing, machine)
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(image))
        self._engine.finalize_object()

    def function(self, name: str) -> Compiled:
        """A function of a job and the lanes' memory."""
        address = self._engine.get_function_address(name)
        if not address:
            raise RuntimeError(f"the compiled code has no function '{name}'")
        return ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(address)
