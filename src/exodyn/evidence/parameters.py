"""The model's numbers: parameters of processes and scales.

One file an area in ``parameters/``; its columns are those of `ParameterRecord`. A parameter that differs
by species or by indication has a line for each, one that does not has "any" there: no line overrides another.
``parameters/full/`` holds what the models at full size have beyond the default ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from exodyn.evidence.limits import NOT_NEGATIVE, Limits, limits
from exodyn.evidence.records import record
from exodyn.evidence.table import DATA, STATUSES, EvidenceError, number, rows


@dataclass(frozen=True)
class ParameterRecord:
    """A number of the model and what it rests on.

    low, high: where the number may lie (about 90%), None where nothing is known beyond the value; limits:
    which values are possible at all.
    records: ids of the published records behind it. status: measured, reported, fitted (reason names the
    command) or assumed (reason says why this value).
    """

    symbol: str
    species: str
    indication: str
    meaning: str
    value: float
    unit: str
    low: float | None
    high: float | None
    records: tuple[str, ...]
    status: str
    reason: str
    area: str
    limits: Limits = NOT_NEGATIVE


SIZES = ("default", "full")
"""Sizes of a model: what data identify, and a richer one for scenarios."""


@cache
def areas(size: str = "default") -> tuple[str, ...]:
    """Names of the parameter files of a model of that size; those at full size begin with ``full/``."""
    folders = ("", "full/") if size == "full" else ("",)
    return tuple(
        sorted(
            folder + file.name[:-4]
            for folder in folders
            for file in (DATA / "parameters" / folder).iterdir()
            if file.name.endswith(".csv")
        )
    )


@cache
def parameters(species: str, indication: str = "any", size: str = "default") -> Mapping[str, ParameterRecord]:
    """Every parameter of the model for one species and indication, by symbol; "any": what all share.

    Raises EvidenceError for a line that is wrong, a symbol given twice, an unknown record or no status.
    """
    found: dict[str, ParameterRecord] = {}
    for area in areas(size):
        for line, row in rows(DATA / "parameters" / f"{area}.csv"):
            one = _parameter(area, f"parameters/{area}.csv, line {line}", row)
            if one.species not in ("any", species) or one.indication not in ("any", indication):
                continue
            if one.symbol in found:
                raise EvidenceError(f"'{one.symbol}' stands in '{found[one.symbol].area}' and in '{area}'")
            found[one.symbol] = one
    return MappingProxyType(found)


@cache
def conversion() -> Mapping[str, ParameterRecord]:
    """What a dose in one unit is in another rests on these, by symbol: ``conversion.csv``.

    They stand apart from the parameters of models: no study sets them. Raises EvidenceError as `parameters`.
    """
    return _numbers("conversion")


@cache
def storage_numbers() -> Mapping[str, ParameterRecord]:
    """The same for what is left of a preparation after storage: ``storage.csv``."""
    return _numbers("storage")


def _numbers(area: str) -> Mapping[str, ParameterRecord]:
    lines = rows(DATA / f"{area}.csv")
    found = (_parameter(area, f"{area}.csv, line {line}", row) for line, row in lines)
    return MappingProxyType({one.symbol: one for one in found})


def _parameter(area: str, place: str, row: dict[str, str]) -> ParameterRecord:
    value = number(row["value"], place)
    if value is None:
        raise EvidenceError(f"{place}: '{row['symbol']}' has no value")
    if not row["reason"].strip():
        raise EvidenceError(f"{place}: '{row['symbol']}' gives no reason or source")
    return ParameterRecord(
        symbol=row["symbol"],
        species=row["species"],
        indication=row.get("indication", "any"),
        meaning=row["meaning"],
        value=value,
        unit=row["unit"],
        low=number(row["low"], place),
        high=number(row["high"], place),
        records=record_ids(row["records"], place),
        status=checked_status(row["status"], place),
        reason=row["reason"],
        area=area,
        limits=limits(row["symbol"]),
    )


def record_ids(text: str, place: str) -> tuple[str, ...]:
    """The record ids in a cell, each of which must exist."""
    ids = tuple(text.split())
    for id in ids:
        try:
            record(id)
        except EvidenceError as error:
            raise EvidenceError(f"{place}: {error}") from None
    return ids


def checked_status(text: str, place: str) -> str:
    """The status in a cell, which must be one of the four."""
    if text not in STATUSES:
        raise EvidenceError(f"{place}: status '{text}', expected one of {', '.join(STATUSES)}")
    return text
