"""The description of a preparation: a TOML or JSON file of what was done and found.

Tables as the items of ``evidence/data/reporting`` name them; ``quantities``, ``markers``, ``separation`` are
lists of tables, and ``not_applicable`` gives the reason for each item that does not apply.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from exodyn.errors import InputError, nearest
from exodyn.evidence import marker_categories, reporting_items

Description = Mapping[str, Any]
_LISTS = {
    "quantities": ("method", "of", "value", "unit"),
    "markers": ("name", "method", "result", "antibody", "dilution", "category"),
    "separation": (
        "step",
        "g",
        "rotor",
        "time_min",
        "k",
        "resin",
        "bed_ml",
        "membrane",
        "cutoff_kda",
        "details",
    ),
}
_EXTRA = {
    "source": ("species",),
    "storage": ("time_d",),
    "cells": ("mycoplasma",),
    "single_particle": ("instrument",),
    "lysis": (),
    "density": (),
    "function": ("assay",),
}


def read_description(path: str | Path) -> Description:
    """A description. Raises InputError with file and key for what is wrong."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}, expected a description") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: not UTF-8, expected a TOML or JSON file") from None
    try:
        found = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: {error}, expected a TOML or JSON file") from None
    if not isinstance(found, dict):
        raise InputError(f"{path}: expected tables such as [source]")
    check_description(found, str(path))
    return found


def check_description(found: Mapping[str, Any], place: str) -> None:
    """Raises InputError for a table or key that no item knows, and for values of another kind."""
    tables = _tables()
    for name, table in found.items():
        if name == "name":
            if not isinstance(table, str):
                raise InputError(f"{place}, name: expected text")
        elif name in _LISTS:
            if not isinstance(table, list) or not all(isinstance(each, dict) for each in table):
                raise InputError(f"{place}, {name}: expected a list of tables, [[{name}]]")
            for at, each in enumerate(table, start=1):
                _check_keys(f"{place}, {name} {at}", each, _LISTS[name])
        elif name == "not_applicable":
            if not isinstance(table, dict) or not all(isinstance(why, str) and why for why in table.values()):
                raise InputError(f"{place}, not_applicable: expected items with the reason why, in words")
            _check_keys(f"{place}, not_applicable", table, tuple(item.key for item in reporting_items()))
        elif name in tables:
            if not isinstance(table, dict):
                raise InputError(f"{place}, {name}: expected a table, [{name}]")
            _check_keys(f"{place}, [{name}]", table, tables[name])
        else:
            known = ("name", "not_applicable", *_LISTS, *tables)
            raise InputError(f"{place}: no table '{name}'{nearest(str(name), known)}")


def category(marker: str) -> int | None:
    """Category of a protein by MISEV, None where it is not known."""
    name = " ".join(marker.upper().replace("-", " ").replace("Α", "A").split())
    known = marker_categories()
    if name in known:
        return known[name]
    # A family by how its names begin (RAB7 of RAB); a name that ends in a digit is itself alone.
    ends = {each: r"\b" if each[-1].isdigit() else r"S?(\b|[A-Z]?\d)" for each in known}
    begins = [each for each in known if re.match(re.escape(each) + ends[each], name)]
    return known[max(begins, key=len)] if begins else None


def given(description: Description, key: str) -> bool:
    """Whether ``table.key`` has a value."""
    found = value(description, key)
    return found is not None and found != "" and found != []


def value(description: Description, key: str) -> Any:
    """What ``table.key`` holds, None where it is not there."""
    table, _, name = key.partition(".")
    inside = description.get(table, {})
    return inside.get(name) if isinstance(inside, Mapping) else None


def markers(description: Description, wanted: int | None = None, result: str = "") -> list[Mapping[str, Any]]:
    """The markers of a category, all where not given, with a result, any where not given."""
    found = []
    for marker in description.get("markers", ()):
        if wanted is not None and category_of(marker) != wanted:
            continue
        if not result or str(marker.get("result", "")).lower() == result:
            found.append(marker)
    return found


def category_of(marker: Mapping[str, Any]) -> int | None:
    """The category that a marker is given, or else that of its name."""
    own = marker.get("category", category(str(marker.get("name", ""))))
    return own if isinstance(own, int) else None


def number(quantity: Mapping[str, Any]) -> float | None:
    """The value of a quantity that has a method and a unit; None of any other."""
    value = quantity.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float) or not quantity.get("method"):
        return None
    return float(value) if quantity.get("unit") and 0 < value < math.inf else None


def particles_per_ug(description: Description) -> float | None:
    """Of the counts and protein of a description, per mL or in all; None where the units do not match."""
    found = {}
    for each in description.get("quantities", ()):
        unit = re.sub(r"[µμ]", "u", str(each.get("unit", "")).lower().replace(" ", ""))
        amount, of = number(each), str(each.get("of", "")).lower()
        factor = {"ug": 1.0, "mg": 1e3, "ng": 1e-3}.get(unit.split("/")[0], 1.0) if of == "protein" else 1.0
        if amount is not None and of in ("particles", "protein"):
            found[of] = (amount * factor, unit.split("/")[1:])
    if len(found) < 2 or found["particles"][1] != found["protein"][1]:
        return None
    return found["particles"][0] / found["protein"][0]


def _tables() -> Mapping[str, tuple[str, ...]]:
    """Tables of a description and their keys: those that the items need, and a few that the text uses."""
    found: dict[str, list[str]] = {name: list(keys) for name, keys in _EXTRA.items()}
    for item in reporting_items():
        for key in item.needs:
            table, _, name = key.partition(".")
            if name not in found.setdefault(table, []):
                found[table].append(name)
    return {name: tuple(keys) for name, keys in found.items()}


def _check_keys(place: str, table: Mapping[str, Any], known: Sequence[str]) -> None:
    for key in table:
        if key not in known:
            raise InputError(f"{place}: no key '{key}'{nearest(str(key), known)}")
        value = table[key]
        if isinstance(value, int | float) and "temperature" not in key and not 0 <= value < math.inf:
            raise InputError(f"{place}, {key}: {value}, expected a number of 0 or more")
