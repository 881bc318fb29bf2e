"""The machine that a measurement was made on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from exodyn.engine import this_host

PACKAGES = ("exodyn", "numpy", "scipy", "llvmlite", "libroadrunner", "scikit-sundae", "numba")


def load() -> float | None:
    """Processes that want a processor, mean of the last minute; None where the system does not say."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def describe_host(load_before: float | None) -> dict[str, Any]:
    """Processor, vector width, load before and after, versions of the programs."""
    here = this_host()
    return {
        "processor": _processor(),
        "cpu": here.cpu,
        "vector_bits": here.vector_bits,
        "lanes": {"double": here.lanes("double"), "single": here.lanes("float")},
        "processors": os.cpu_count(),
        "load": {"before": load_before, "after": load()},
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: found for name in PACKAGES if (found := _version(name))},
    }


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
