"""Which state of the data a result was made from: a hash over the tables of evidence."""

from __future__ import annotations

import csv
import hashlib
import io
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

OWNERS = ("species", "indication")
"""Columns that say whose a line of parameters or of a population is."""
WORDS = ("meaning", "reason", "title")
"""Columns that decide nothing: a better sentence does not make draws out of date."""


@cache
def data_hash(tables: tuple[str, ...] = (), species: str = "", indication: str = "") -> str:
    """Hash of these tables, such as ``parameters/survival.csv``; of all if none is named.

    species, indication: where given, lines of parameters and populations that are for others are left out:
    what a new species brings does not make the draws of an old one out of date.
    """
    total = hashlib.sha256()
    for name, data in sorted(_data(files("exodyn.evidence") / "data", "")):
        if name in tables or not tables:
            if species and name.startswith(("parameters/", "population/")):
                data = _lines_of(data, species, indication)
            total.update(name.encode() + b"\0" + hashlib.sha256(data).digest())
    return total.hexdigest()


def _lines_of(data: bytes, species: str, indication: str) -> bytes:
    """The lines of a table that hold for a species and an indication, without whose they are and why."""
    wanted = {"species": ("any", species), "indication": ("any", indication)}
    found = []
    for row in csv.DictReader(io.StringIO(data.decode())):
        if all(row.pop(column) in wanted[column] for column in OWNERS if column in row):
            told = (f"{key}\1{value}" for key, value in row.items() if key not in WORDS)
            found.append("\0".join(told))
    return "\n".join(found).encode()


def _data(folder: Traversable, prefix: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name != "__pycache__":
            found += _data(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".csv"):
            found.append((prefix + entry.name, entry.read_bytes()))
    return found
