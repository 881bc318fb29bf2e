"""A problem read and checked table by table.

Files are read here rather than with the `petab` library because loading that takes seconds and its errors do
not name the line (``docs/decisions/petab.md``).
"""

from __future__ import annotations

from pathlib import Path

from exodyn.errors import InputError
from exodyn.inference.petab.files import read_yaml
from exodyn.inference.petab.problem import Problem
from exodyn.inference.petab.version1 import read_version1
from exodyn.inference.petab.version2 import read_version2


def read_problem(path: str | Path) -> Problem:
    """The problem that a YAML file names. Raises InputError with file, line and what was expected."""
    file = Path(path)
    document = read_yaml(file)
    version = str(document.get("format_version", "")).split(".")[0]
    if version == "1":
        return read_version1(file, document)
    if version == "2":
        return read_version2(file, document)
    raise InputError(f"{file}: format_version: {document.get('format_version')!r}, expected 1 or 2")
