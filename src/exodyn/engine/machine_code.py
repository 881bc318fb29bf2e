"""Compiled models: from the text of a program to functions in memory, and calling them in threads."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import llvmlite
import numpy as np
from numpy.typing import NDArray

from exodyn.engine import cache
from exodyn.engine.codes import FLOATS, JOB
from exodyn.engine.driver import write_driver
from exodyn.engine.emit import Module, Type
from exodyn.engine.lanes import Lanes
from exodyn.engine.native import OPTIONS, PASSES, Host, Loaded, compile_object
from exodyn.engine.program import Program
from exodyn.engine.rodas import RODAS5P
from exodyn.symbolic.expr import Symbol
from exodyn.symbolic.model import Model

Precision = Literal["double", "single"]

PAGE = 4096
"""Memory of a thread begins at a multiple of this."""


@dataclass(frozen=True)
class MachineCode:
    """A compiled program: its functions, their size and the bytes of memory that its lanes need."""

    loaded: Loaded
    bytes: int
    lane_bytes: int

    def call(
        self, name: str, arrays: Mapping[str, NDArray[np.generic]], numbers: Mapping[str, float], threads: int
    ) -> tuple[float, ...]:
        """Call a function in so many threads on the arrays and numbers of `JOB`; the CPU seconds of each."""
        function = self.loaded.function(name)
        job = _job(arrays, numbers)

        def work() -> float:
            began = time.thread_time()
            memory = np.zeros(self.lane_bytes + PAGE, dtype=np.uint8)
            aligned = -(-memory.ctypes.data // PAGE) * PAGE
            function(job.ctypes.data, aligned)
            return time.thread_time() - began

        if threads == 1:
            return (work(),)
        with ThreadPoolExecutor(threads) as pool:
            waiting = [pool.submit(work) for _ in range(threads)]
            try:
                return tuple(w.result() for w in waiting)
            except BaseException:
                arrays["stop"][0] = 1
                raise


@dataclass(frozen=True)
class CompiledModel:
    """A model, its program and code; `directions` are the parameters that it is differentiated by."""

    model: Model
    program: Program
    code: MachineCode
    precision: Precision
    directions: tuple[Symbol, ...]

    @cached_property
    def parameters(self) -> dict[str, int]:
        """Column of each parameter."""
        return {p.name: k for k, p in enumerate(self.model.parameters)}

    @cached_property
    def defaults(self) -> NDArray[np.float64]:
        """Value of each parameter, f64[parameters]."""
        return np.array([p.value for p in self.model.parameters], dtype=np.float64)

    @cached_property
    def states(self) -> dict[str, int]:
        """Number of each state in the program."""
        return {s.name: i for i, s in enumerate(self.program.states)}

    @cached_property
    def infusions(self) -> dict[str, int]:
        """Number of each infusion, by the state that it goes into."""
        return {self.program.states[s].name: i for i, s in enumerate(self.program.infused)}


def lane_type(precision: Precision, host: Host) -> Type:
    """The vector type of a precision on a host."""
    scalar = {"double": "double", "single": "float"}[precision]
    return Type(scalar, host.lanes(scalar))


def write_module(program: Program, kind: Type, host: Host) -> tuple[str, int]:
    """The LLVM text of a program for a vector type, and the bytes of memory that its lanes need."""
    module = Module(has_rough_inverse=host.vector_bits == 512)
    lanes = Lanes(module, program, RODAS5P, kind, host.attributes)
    write_driver(lanes)
    return module.text(), lanes.layout.size


def compiled(program: Program, kind: Type, host: Host, optimise: bool) -> MachineCode:
    """The program as machine code, from the cache where it was compiled before."""
    text, lane_bytes = write_module(program, kind, host)
    options = str((optimise, PASSES, OPTIONS))
    parts = (llvmlite.__version__, host.triple, host.cpu, host.features, options, text)
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    image = cache.load(key)
    if image is None:
        image = compile_object(text, host, optimise)
        cache.store(key, image)
    return MachineCode(Loaded(image), len(image), lane_bytes)


def _job(arrays: Mapping[str, NDArray[np.generic]], numbers: Mapping[str, float]) -> NDArray[np.int64]:
    """The table of addresses and numbers that compiled functions read, in the order of `JOB`."""
    job = np.zeros(len(JOB), dtype=np.int64)
    for i, word in enumerate(JOB):
        if word in arrays:
            job[i] = arrays[word].ctypes.data
        elif word in FLOATS:
            job[i : i + 1].view(np.float64)[0] = numbers[word]
        elif word in numbers:
            job[i : i + 1].view(np.uint64)[0] = int(numbers[word]) % 2**64
    return job
