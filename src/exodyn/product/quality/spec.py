"""The specification: how files form batches, limits, bounds of comparability, calibration, exclusions."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from exodyn.errors import InputError, nearest
from exodyn.product.instruments import Beads
from exodyn.product.statistics.run_rules import SETS

# What a batch is judged by, with the unit of its limits.
UNITS = {
    "particles_per_ml": "particles/mL",
    "d10": "nm",
    "d50": "nm",
    "d90": "nm",
    "mean": "nm",
    "mode": "nm",
    "share_40_150": "share from 0 to 1",
    "particles_per_ug": "particles per ug of protein",
    "potency": "relative to the standard",
    "cargo_per_particle": "copies per particle",
    "endotoxin_eu_per_ml": "EU/mL",
}
# Those that a laboratory enters by batch, beside whether the batch is sterile.
ENTERED = ("potency", "cargo_per_particle", "endotoxin_eu_per_ml")
_KEYS = {
    "title": "text",
    "batches": "table",
    "dilution": "table",
    "days": "table",
    "instruments": "table",
    "protein_ug_per_ml": "table",
    "results": "table",
    "potency": "table",
    "limits": "table",
    "comparability": "table",
    "rules": "text",
    "calibration": "table",
    "exclude": "table",
    "patients": "table",
}
_GROUP = "batch"


@dataclass(frozen=True)
class Limits:
    """Acceptance limits of an attribute; None where there is none on that side."""

    low: float | None
    high: float | None

    def holds(self, value: float) -> bool:
        """Whether a value lies inside."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


@dataclass(frozen=True)
class Patients:
    """A study in which the spread of batches is followed to function.

    margin: points of the scale by which a batch may change the mean effect. attributes: whose spread. gsds:
    geometric sds assumed for attributes that too few batches were measured for. patients: None: the study's.
    """

    study: Path
    scale: str
    margin: float
    attributes: tuple[str, ...]
    gsds: Mapping[str, float] = field(default_factory=dict)
    patients: int | None = None


@dataclass(frozen=True)
class Spec:
    """What a laboratory asks; the default asks nothing and groups files by name.

    pattern: an expression with a group "batch", searched in file names. files: batch of a file, by name.
    dilution, days, instruments: by file name, where the file does not say. protein: by batch. results,
    sterile, assays: by batch, figures entered, and files of potency assays. margins: factor either way
    within which future batches must lie, by attribute; content and confidence of that claim.
    """

    title: str = "Quality control of batches"
    pattern: str | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    dilution: Mapping[str, float] = field(default_factory=dict)
    days: Mapping[str, str] = field(default_factory=dict)
    instruments: Mapping[str, str] = field(default_factory=dict)
    protein: Mapping[str, float] = field(default_factory=dict)
    results: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    sterile: Mapping[str, bool] = field(default_factory=dict)
    assays: Mapping[str, Path] = field(default_factory=dict)
    limits: Mapping[str, Limits] = field(default_factory=dict)
    margins: Mapping[str, float] = field(default_factory=dict)
    content: float = 0.9
    confidence: float = 0.95
    rules: str = "western_electric"
    beads: Beads | None = None
    exclude: Mapping[str, str] = field(default_factory=dict)
    patients: Patients | None = None
    text: str = ""

    @property
    def sha256(self) -> str | None:
        """Of the file; None for the default."""
        return hashlib.sha256(self.text.encode()).hexdigest() if self.text else None

    @classmethod
    def load(cls, path: str | Path) -> Spec:
        """Raises InputError that names the file and the key."""
        try:
            text = Path(path).read_bytes().decode("utf-8")
        except OSError as problem:
            raise InputError(f"{path}: cannot be read: {problem.strerror or problem}") from None
        except UnicodeDecodeError:
            raise InputError(f"{path}: not UTF-8 text; expected a TOML file") from None
        try:
            return cls.parse(text, Path(path).parent)
        except tomllib.TOMLDecodeError as problem:
            raise InputError(f"{path}: not TOML: {problem}") from None
        except InputError as problem:
            raise InputError(f"{path}: {problem}") from None

    @classmethod
    def parse(cls, text: str, folder: Path = Path()) -> Spec:
        """The same from text; files that it names lie in the folder."""
        table = tomllib.loads(text)
        for key in table:
            if key not in _KEYS:
                raise InputError(f"unknown key '{key}'{nearest(key, _KEYS)}")
        for key, kind in _KEYS.items():
            if key in table and not isinstance(table[key], dict if kind == "table" else str):
                raise InputError(f"'{key}' must be a {kind}")
        grouping = _only(table.get("batches", {}), "batches", ("pattern", "files"))
        pattern, files = grouping.get("pattern"), grouping.get("files", {})
        claim = dict(table.get("comparability", {}))
        content, confidence = (
            _share(claim, name, usual) for name, usual in (("content", 0.9), ("confidence", 0.95))
        )
        rules = table.get("rules", "western_electric")
        if rules not in SETS:
            raise InputError(f"'rules' is {rules!r}{nearest(rules, SETS)}")
        return cls(
            title=table.get("title", cls.title),
            pattern=None if pattern is None else _pattern(pattern),
            files=_files(files),
            dilution=_numbers(table.get("dilution", {}), "dilution", 1.0),
            days=_words(table.get("days", {}), "days"),
            instruments=_words(table.get("instruments", {}), "instruments"),
            protein=_numbers(table.get("protein_ug_per_ml", {}), "protein_ug_per_ml", 0.0),
            results={batch: _entered(batch, each) for batch, each in table.get("results", {}).items()},
            sterile={
                batch: bool(each["sterile"])
                for batch, each in table.get("results", {}).items()
                if "sterile" in each
            },
            assays={batch: _assay(batch, each, folder) for batch, each in table.get("potency", {}).items()},
            limits={name: _limits(name, each) for name, each in table.get("limits", {}).items()},
            margins={_attribute(name, "comparability"): _margin(name, each) for name, each in claim.items()},
            content=content,
            confidence=confidence,
            rules=rules,
            beads=_beads(table["calibration"]) if "calibration" in table else None,
            exclude=_words(
                table.get("exclude", {}), "exclude", "a reason in words; nothing is left out without one"
            ),
            patients=_patients(table["patients"], folder) if "patients" in table else None,
            text=text,
        )


def _only(table: Mapping[str, Any], where: str, keys: tuple[str, ...]) -> Mapping[str, Any]:
    for key in table:
        if key not in keys:
            raise InputError(f"[{where}]: unknown key '{key}'{nearest(key, keys)}")
    return table


def _attribute(name: str, where: str) -> str:
    if name not in UNITS:
        raise InputError(f"[{where}]: unknown attribute '{name}'{nearest(name, UNITS)}")
    return name


def _number(value: object, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e300:
        raise InputError(f"{what}: expected a number, found {value!r}")
    return float(value)


def _numbers(table: Mapping[str, Any], where: str, least: float) -> dict[str, float]:
    found = {name: _number(value, f"[{where}] {name}") for name, value in table.items()}
    for name, value in found.items():
        if not value >= least or value == 0:
            raise InputError(f"[{where}] {name}: {value:g}; expected {least:g} or more")
    return found


def _entered(batch: str, table: object) -> dict[str, float]:
    where = f"results.{batch}"
    if not isinstance(table, dict):
        raise InputError(f"[{where}]: expected figures by name, such as potency = 0.9")
    _only(table, where, (*ENTERED, "sterile"))
    if not isinstance(table.get("sterile", True), bool):
        raise InputError(f"[{where}] sterile: expected true or false")
    numbers = {name: value for name, value in table.items() if name != "sterile"}
    found = {name: _number(value, f"[{where}] {name}") for name, value in numbers.items()}
    for name, value in found.items():
        if value < 0:
            raise InputError(f"[{where}] {name}: {value:g}; expected 0 or more")
    return found


def _assay(batch: str, name: object, folder: Path) -> Path:
    if not isinstance(name, str):
        raise InputError(f"[potency] {batch}: expected the name of a file of doses and responses")
    return folder / name


def _share(table: dict[str, Any], name: str, usual: float) -> float:
    value = _number(table.pop(name, usual), f"[comparability] {name}")
    if not 0 < value < 1:
        raise InputError(f"[comparability] {name}: {value:g}; expected between 0 and 1")
    return value


def _margin(name: str, value: object, where: str = "comparability") -> float:
    margin = _number(value, f"[{where}] {name}")
    if not margin > 1:
        raise InputError(f"[{where}] {name}: {margin:g}; expected a factor above 1, such as 1.25")
    return margin


def _limits(name: str, table: object) -> Limits:
    _attribute(name, "limits")
    if not isinstance(table, dict):
        raise InputError(f"[limits.{name}]: expected 'low', 'high' or both")
    _only(table, f"limits.{name}", ("low", "high"))
    low, high = (
        None if key not in table else _number(table[key], f"[limits.{name}] {key}") for key in ("low", "high")
    )
    if (low is None and high is None) or (low is not None and high is not None and low >= high):
        raise InputError(f"[limits.{name}]: low {low}, high {high}; expected one or both, low below high")
    return Limits(low, high)


def _pattern(text: object) -> str:
    try:
        groups = re.compile(str(text)).groupindex
    except re.error as problem:
        raise InputError(f"[batches] pattern: no regular expression ({problem})") from None
    if _GROUP not in groups:
        raise InputError("[batches] pattern: expected a group (?P<batch>...)")
    return str(text)


def _files(table: object) -> dict[str, str]:
    found: dict[str, str] = {}
    if not isinstance(table, dict):
        raise InputError("[batches.files]: expected lists of file names by batch")
    for batch, names in table.items():
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise InputError(f"[batches.files] {batch}: expected a list of file names")
        for name in names:
            if found.setdefault(name, batch) != batch:
                raise InputError(f"[batches.files] {name}: in the batches {found[name]} and {batch}")
    return found


def _words(table: Mapping[str, Any], where: str, expected: str = "text") -> dict[str, str]:
    for name, word in table.items():
        if not isinstance(word, str) or not word.strip():
            raise InputError(f"[{where}] {name}: expected {expected}")
    return dict(table)


def _patients(table: Mapping[str, Any], folder: Path) -> Patients:
    keys = ("study", "scale", "margin", "attributes", "assumed_gsd", "patients")
    _only(table, "patients", keys)
    for key in ("study", "scale"):
        if not isinstance(table.get(key), str):
            raise InputError(f"[patients] {key}: expected text")
    margin = _number(table.get("margin"), "[patients] margin")
    attributes, gsds = table.get("attributes", ["potency"]), table.get("assumed_gsd", {})
    if not isinstance(attributes, list) or not attributes or not isinstance(gsds, dict):
        raise InputError("[patients]: expected 'attributes' as a list and 'assumed_gsd' as a table")
    for name in (*attributes, *gsds):
        _attribute(str(name), "patients")
    spreads = {name: _margin(name, value, "patients.assumed_gsd") for name, value in gsds.items()}
    many = table.get("patients")
    if many is not None and (not isinstance(many, int) or isinstance(many, bool) or many < 2):
        raise InputError(f"[patients] patients: expected a number of 2 or more, found {many!r}")
    if not margin > 0:
        raise InputError(f"[patients] margin: {margin:g}; expected above 0, in points of the scale")
    return Patients(folder / table["study"], table["scale"], margin, tuple(attributes), spreads, many)


def _beads(table: Mapping[str, Any]) -> Beads:
    _only(table, "calibration", ("channel", "diameters_nm", "signals"))
    lists = []
    for key in ("diameters_nm", "signals"):
        values = table.get(key)
        if not isinstance(values, list) or not values:
            raise InputError(f"[calibration] {key}: expected a list of numbers")
        lists.append(tuple(_number(value, f"[calibration] {key}") for value in values))
    if not isinstance(table.get("channel"), str):
        raise InputError("[calibration] channel: expected the name of a channel")
    return Beads(table["channel"], *lists)
