"""Which state of the data a result was made from: a hash over every table of evidence."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable


@cache
def data_hash(tables: tuple[str, ...] = ()) -> str:
    """Hash of these tables, such as ``parameters/survival.csv``; of all if none is named."""
    total = hashlib.sha256()
    for name, data in sorted(_data(files("exodyn.evidence") / "data", "")):
        if name in tables or not tables:
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
