"""Which state of the data a result was made from: a hash over every table of evidence."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable


@cache
def data_hash() -> str:
    """Hash of all tables of the evidence."""
    total = hashlib.sha256()
    for name, data in sorted(_data(files("exodyn.evidence"), "")):
        total.update(name.encode() + b"\0" + hashlib.sha256(data).digest())
    return total.hexdigest()


def _data(folder: Traversable, prefix: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name != "__pycache__":
            found += _data(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".csv"):
            found.append((prefix + entry.name, entry.read_bytes()))
    return found
