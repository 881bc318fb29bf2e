"""The model's numbers: parameters of a process, traits of virtual patients, published cohorts.

One file an area in ``parameters/``; its columns are those of `ParameterRecord`. A parameter that differs
by species has a line for each, one that does not has species "any".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import hypot, sqrt
from types import MappingProxyType

from exodyn.evidence.records import DATA, STATUSES, EvidenceError, number, record, rows

NORMAL_95 = 1.959963984540054


@dataclass(frozen=True)
class ParameterRecord:
    """A number of the model and what it rests on.

    low, high: where the number may lie (about 90%), None where nothing is known beyond the value.
    records: ids of the published records behind it. status: measured, reported, fitted (reason names the
    command) or assumed (reason says why this value).
    """

    symbol: str
    species: str
    meaning: str
    value: float
    unit: str
    low: float | None
    high: float | None
    records: tuple[str, ...]
    status: str
    reason: str
    area: str


@dataclass(frozen=True)
class TraitRecord:
    """How a quantity of a virtual patient is spread over the population; kinds as in `indications.Trait`."""

    name: str
    species: str
    meaning: str
    unit: str
    kind: str
    center: float | None
    spread: float | None
    low: float | None
    high: float | None
    records: tuple[str, ...]
    status: str
    reason: str


@dataclass(frozen=True)
class Cohort:
    """Who was in a published trial arm: severity and age at entry, entry time in days after onset.

    nihss_low, nihss_high: the trial's inclusion limits. sigma: sd of the log of NIHSS before they apply.
    """

    name: str
    title: str
    nihss_median: float
    nihss_sigma: float
    nihss_low: float
    nihss_high: float
    age_median: float
    age_sd: float
    entry: float
    split: str
    status: str
    reason: str


@cache
def areas() -> tuple[str, ...]:
    """Names of the parameter files."""
    return tuple(sorted(f.name[:-4] for f in (DATA / "parameters").iterdir() if f.name.endswith(".csv")))


@cache
def parameters(species: str) -> Mapping[str, ParameterRecord]:
    """Every parameter of the model for one species, by symbol.

    Raises EvidenceError for a line that is wrong, a symbol given twice, an unknown record or no status.
    """
    found: dict[str, ParameterRecord] = {}
    for area in areas():
        for line, row in rows(DATA / "parameters" / f"{area}.csv"):
            one = _parameter(area, f"parameters/{area}.csv, line {line}", row)
            if one.species not in ("any", species):
                continue
            if one.symbol in found:
                raise EvidenceError(f"'{one.symbol}' stands in '{found[one.symbol].area}' and in '{area}'")
            found[one.symbol] = one
    return MappingProxyType(found)


@cache
def traits(indication: str, species: str) -> tuple[TraitRecord, ...]:
    """How the quantities of virtual patients are spread, in the order of the file."""
    file = f"population/{indication}.csv"
    return tuple(
        TraitRecord(
            name=row["name"],
            species=row["species"],
            meaning=row["meaning"],
            unit=row["unit"],
            kind=row["kind"],
            center=number(row["center"], f"{file}, line {line}"),
            spread=number(row["spread"], f"{file}, line {line}"),
            low=number(row["low"], f"{file}, line {line}"),
            high=number(row["high"], f"{file}, line {line}"),
            records=_ids(row["records"], f"{file}, line {line}"),
            status=_status(row["status"], f"{file}, line {line}"),
            reason=row["reason"],
        )
        for line, row in rows(DATA / "population" / f"{indication}.csv")
        if row["species"] == species
    )


@cache
def correlations(indication: str, species: str) -> tuple[tuple[str, str, float], ...]:
    """(trait, trait, correlation of the normal scores), for the pairs that are not independent."""
    return tuple(
        (row["a"], row["b"], float(row["correlation"]))
        for _, row in rows(DATA / "population" / f"{indication}_correlations.csv")
        if row["species"] == species
    )


@cache
def cohorts(indication: str) -> Mapping[str, Cohort]:
    """The published cohorts that calibration and validation compare with."""
    found = {}
    for line, row in rows(DATA / "population" / f"{indication}_cohorts.csv"):
        place = f"population/{indication}_cohorts.csv, line {line}"
        numbers = {k: float(row[k]) for k in row if k.startswith(("nihss", "age", "entry"))}
        found[row["name"]] = Cohort(
            row["name"],
            row["title"],
            **numbers,
            split=row["split"],
            status=_status(row["status"], place),
            reason=row["reason"],
        )
    return MappingProxyType(found)


def _parameter(area: str, place: str, row: dict[str, str]) -> ParameterRecord:
    value = number(row["value"], place)
    if value is None:
        raise EvidenceError(f"{place}: '{row['symbol']}' has no value")
    if not row["reason"].strip():
        raise EvidenceError(f"{place}: '{row['symbol']}' gives no reason or source")
    return ParameterRecord(
        symbol=row["symbol"],
        species=row["species"],
        meaning=row["meaning"],
        value=value,
        unit=row["unit"],
        low=number(row["low"], place),
        high=number(row["high"], place),
        records=_ids(row["records"], place),
        status=_status(row["status"], place),
        reason=row["reason"],
        area=area,
    )


def _ids(text: str, place: str) -> tuple[str, ...]:
    ids = tuple(text.split())
    for id in ids:
        try:
            record(id)
        except EvidenceError as error:
            raise EvidenceError(f"{place}: {error}") from None
    return ids


def _status(text: str, place: str) -> str:
    if text not in STATUSES:
        raise EvidenceError(f"{place}: status '{text}', expected one of {', '.join(STATUSES)}")
    return text


@dataclass(frozen=True)
class Target:
    """A published figure of a cohort that the model is fitted to ("fit"), compared with ("check") or held to
    without having seen it ("validation").

    value: in percent, except for a correlation. low, high: its 95% interval by sampling (Wilson for shares),
    widened by the printed range where the record is one. se: sd of the sampling error.
    """

    name: str
    cohort: str
    statistic: str
    at: float | None
    day: float | None
    records: tuple[str, ...]
    use: str
    value: float
    low: float
    high: float
    se: float
    n: float


@cache
def targets(indication: str) -> tuple[Target, ...]:
    """What untreated cohorts of an indication showed, pooled over the records named."""
    file = f"population/{indication}_targets.csv"
    return tuple(_target(row, f"{file}, line {line}") for line, row in rows(DATA / file))


def _target(row: dict[str, str], place: str) -> Target:
    ids = _ids(row["records"], place)
    found = [record(id) for id in ids]
    first = found[0]
    n = number(row["n"], place) or sum(one.n or 0.0 for one in found)
    se = number(row["se"], place)
    if first.spread_kind == "range":
        low, high = first.spread
        value, reach = (low + high) / 2, (high - low) / 2
    else:
        counted = first.unit.startswith("patients")
        total = sum(one.value or 0.0 for one in found)
        value, reach = (100 * total / n if counted else total / len(found)), 0.0
    if se is None:
        share = value / 100
        interval = _wilson(share, n)
        low, high = 100 * interval[0], 100 * interval[1]
        se = 100 * sqrt(max(share * (1 - share), 0.25 / n) / n)
    else:
        low, high = value - NORMAL_95 * se, value + NORMAL_95 * se
    return Target(
        name=row["name"],
        cohort=row["cohort"],
        statistic=row["statistic"],
        at=number(row["at"], place),
        day=number(row["day"], place),
        records=ids,
        use=row["use"],
        value=value,
        low=low - reach,
        high=high + reach,
        se=hypot(se, reach),
        n=n,
    )


def _wilson(share: float, n: float) -> tuple[float, float]:
    """Wilson's 95% interval of a share."""
    z2 = NORMAL_95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = NORMAL_95 / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return middle - half, middle + half
