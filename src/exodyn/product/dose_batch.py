"""What is known of one batch: from a small file (TOML, JSON or CSV) or from an instrument's own.

Keys: ``name``, ``particles_per_ml``, ``protein_ug_per_ml``, ``cells_per_ml``, ``cells`` with ``volume_ml``,
``diameter_nm`` (mean, by number), ``source``, ``isolation``. A measured one may have its own ``..._sd``,
``..._se`` or ``..._cv_percent`` beside it.
"""

from __future__ import annotations

import csv
import io
import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exodyn.errors import InputError, nearest
from exodyn.evidence import conversion

LEAST, MOST = 1e-15, 1e18
"""What is measured of a batch lies between: a mL of nothing but vesicles holds 1e15."""
_MEASURED = ("particles_per_ml", "protein_ug_per_ml", "cells_per_ml", "cells", "volume_ml", "diameter_nm")
_TEXTS = ("name", "source", "isolation")
_SPREADS = ("sd", "se", "cv_percent")
_KEYS = (*_MEASURED, *_TEXTS, *(f"{key}_{spread}" for key in _MEASURED for spread in _SPREADS))


@dataclass(frozen=True)
class Amount:
    """A measured amount, log10, and the standard deviation of its error, log10."""

    value: float
    error: float


@dataclass(frozen=True)
class Batch:
    """What was measured of a batch, None where it was not; amounts per mL, diameter in nm.

    says: where each number is from, in words.
    """

    name: str
    particles: Amount | None = None
    protein: Amount | None = None
    cells: Amount | None = None
    diameter: Amount | None = None
    source: str = ""
    isolation: str = ""
    says: tuple[str, ...] = ()


def read_batch(path: str | Path) -> Batch:
    """The batch that a file describes. Raises InputError with file, key or line for what is wrong."""
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}, expected a file of a batch") from None
    described = _described(path, data)
    return _of_instrument(path) if described is None else _of_keys(path.name, described)


def _described(path: Path, data: bytes) -> Mapping[str, Any] | None:
    """The keys of a batch file; None where it is another kind of file."""
    suffix = path.suffix.lower()
    if suffix not in (".toml", ".json", ".csv"):
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        if suffix == ".csv":
            return None
        raise InputError(f"{path.name}: not UTF-8, which {suffix[1:].upper()} is written in") from None
    if suffix == ".csv":
        return _one_row(path.name, text)
    try:
        found = tomllib.loads(text) if suffix == ".toml" else json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path.name}: no {suffix[1:].upper()}: {error}") from None
    if isinstance(found, dict) and isinstance(found.get("batch"), dict):
        found = found["batch"]
    if not isinstance(found, dict):
        raise InputError(f"{path.name}: expected keys with values, such as particles_per_ml")
    return found


def _one_row(file: str, text: str) -> Mapping[str, Any] | None:
    """A line of headings, all of them keys of a batch, and one line of values; None for any other table."""
    delimiter = ";" if ";" in text.split("\n", 1)[0] else ","
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(map(str.strip, row))]
    if len(rows) < 2 or not {key.strip() for key in rows[0]} <= set(_KEYS):
        return None
    if len(rows) > 2 and "diameter_nm" in map(str.strip, rows[0]):
        return None  # a size distribution
    if len(rows) > 2:
        raise InputError(f"{file}, line 3: a second batch, expected one line of values below the headings")
    if len(rows[1]) != len(rows[0]):
        raise InputError(f"{file}, line 2: {len(rows[1])} cells, expected {len(rows[0])}")
    return {key.strip(): cell.strip() for key, cell in zip(*rows, strict=True) if cell.strip()}


def _of_keys(file: str, keys: Mapping[str, Any]) -> Batch:
    for key in keys:
        if key not in _KEYS:
            raise InputError(f"{file}: key '{key}' is none of a batch{nearest(str(key), _KEYS)}")
    texts = {key: _text(file, key, keys[key]) for key in _TEXTS if key in keys}
    values = {key: _positive(file, key, keys[key]) for key in _MEASURED if key in keys}
    if not values:
        raise InputError(f"{file}: nothing measured; expected one or more of {', '.join(_MEASURED)}")
    if "cells" in values and "volume_ml" not in values:
        raise InputError(f"{file}: 'cells' needs 'volume_ml', the volume that their vesicles are in")
    if "cells" in values and "cells_per_ml" in values:
        raise InputError(f"{file}: 'cells' and 'cells_per_ml' say the same, expected one of them")
    for key in keys:
        of = key.rsplit("_se", 1)[0].rsplit("_sd", 1)[0].rsplit("_cv_percent", 1)[0]
        if of != key and of not in values:
            raise InputError(f"{file}: '{key}' has no '{of}' beside it")
    says = []

    def amount(key: str, default: float, why: str) -> Amount | None:
        if key not in values:
            return None
        error = _spread(file, key, keys, values[key])
        says.append(
            f"{key} {values[key]:g} from {file}, error {error if error else default:.3g}%"
            + ("" if error else f" ({why})")
        )
        return Amount(math.log10(values[key]), _log(error or default))

    number = {symbol: one.value for symbol, one in conversion().items()}
    particles = amount("particles_per_ml", number["count_repeat"], "assumed, of one count")
    protein = amount("protein_ug_per_ml", number["protein_error"], "assumed, of one assay")
    cells = amount("cells_per_ml", number["protein_error"], "assumed")
    if cells is None and "cells" in values:
        per_ml = values["cells"] / values["volume_ml"]
        says.append(f"{per_ml:g} cells per mL: {values['cells']:g} cells gave {values['volume_ml']:g} mL")
        cells = Amount(math.log10(per_ml), _log(number["protein_error"]))
    diameter = None
    if "diameter_nm" in values:
        says.append(f"mean diameter {values['diameter_nm']:g} nm from {file}, taken as by number")
        diameter = Amount(math.log10(values["diameter_nm"]), number["diameter_error"])
    name = texts.get("name", file)
    return Batch(
        name,
        particles,
        protein,
        cells,
        diameter,
        texts.get("source", ""),
        texts.get("isolation", ""),
        tuple(says),
    )


def _of_instrument(path: Path) -> Batch:
    from exodyn.product.instruments import describe, read

    found = describe(read(path))
    if len(found) != 1:
        samples = ", ".join(one.sample for one in found[:5])
        raise InputError(f"{path.name}: {len(found)} samples ({samples}), expected a file of one batch")
    one = found[0]
    if one.particles_per_ml is None or not one.particles_per_ml > 0:
        raise InputError(
            f"{path.name}: no count of particles per mL, which a batch needs; give a batch file with"
            " particles_per_ml and protein_ug_per_ml"
        )
    number = {symbol: known.value for symbol, known in conversion().items()}
    says = [f"{one.particles_per_ml:.3g} particles/mL from {path.name}, mean of {one.replicates} replicates"]
    error = 100 * (one.standard_error or 0.0) / one.particles_per_ml
    if not error:
        error = number["count_repeat"]
        says[0] += f", error {error:g}% (assumed, of one count)"
    if one.dilution is None:
        says.append("the file states no dilution: the count is taken as that of the batch")
    diameter = None
    if one.ours is not None and one.ours.weighting == "number" and one.ours.mean > 0:
        says.append(f"mean diameter {one.ours.mean:.3g} nm by number")
        diameter = Amount(math.log10(one.ours.mean), number["diameter_error"])
    return Batch(
        one.sample or path.name,
        Amount(math.log10(one.particles_per_ml), _log(error)),
        diameter=diameter,
        says=tuple(says),
    )


def _spread(file: str, key: str, keys: Mapping[str, Any], value: float) -> float:
    """The error of a number in percent; 0 where none is stated."""
    stated = [spread for spread in _SPREADS if f"{key}_{spread}" in keys]
    if len(stated) > 1:
        raise InputError(f"{file}: '{key}' has {' and '.join(stated)}, expected one of them")
    if not stated:
        return 0.0
    number = _positive(file, f"{key}_{stated[0]}", keys[f"{key}_{stated[0]}"])
    return number if stated[0] == "cv_percent" else 100 * number / value


def _positive(file: str, key: str, value: Any) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not LEAST <= number <= MOST:
        raise InputError(
            f"{file}: '{key}' is {str(value)[:40]!r}, expected a number above 0, from {LEAST:g} to {MOST:g}"
        )
    return number


def _text(file: str, key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise InputError(f"{file}: '{key}' is {str(value)[:40]!r}, expected text")
    return value


def _log(percent: float) -> float:
    """The sd of log10 of a coefficient of variation in percent, log-normal."""
    return math.sqrt(math.log1p((percent / 100) ** 2)) / math.log(10)
