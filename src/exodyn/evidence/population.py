"""Who the virtual patients are, who was in the published cohorts, and what those cohorts showed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import hypot, sqrt
from types import MappingProxyType

from exodyn.evidence.limits import Limits, limits
from exodyn.evidence.parameters import checked_status, record_ids
from exodyn.evidence.records import record
from exodyn.evidence.table import DATA, number, rows

NORMAL_95 = 1.959963984540054


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
    limits: Limits


@dataclass(frozen=True)
class Cohort:
    """Who was in a published trial arm: severity and age at entry, entry time in days after onset.

    nihss_low, nihss_high: the trial's inclusion limits. sigma: sd of the log of NIHSS before they apply.
    doubt: sd of the log of the median, for what was not read. trials: how many trials of equal size would
    make as sure an average as those that were pooled; 1 for one trial.
    """

    name: str
    title: str
    nihss_median: float
    nihss_sigma: float
    nihss_low: float
    nihss_high: float
    nihss_doubt: float
    age_median: float
    age_sd: float
    entry: float
    trials: float
    split: str
    status: str
    reason: str


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
            records=record_ids(row["records"], f"{file}, line {line}"),
            status=checked_status(row["status"], f"{file}, line {line}"),
            reason=row["reason"],
            limits=limits(row["name"]),
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
        numbers = {k: float(row[k]) for k in row if k.startswith(("nihss", "age", "entry", "trials"))}
        found[row["name"]] = Cohort(
            row["name"],
            row["title"],
            **numbers,
            split=row["split"],
            status=checked_status(row["status"], place),
            reason=row["reason"],
        )
    return MappingProxyType(found)


@dataclass(frozen=True)
class Target:
    """A published figure of a cohort that the model is fitted to ("fit"), compared with ("check") or held to
    without having seen it ("validation"). Of deaths of "timing" only when they came is fitted to.

    value: in percent, except for a correlation. low, high: its 95% interval by sampling (Wilson for shares),
    widened by the printed range where the record is one. se: sd of the sampling error. entry_low, entry_high:
    the score at entry of those who are counted.
    """

    name: str
    cohort: str
    statistic: str
    at: float | None
    day: float | None
    entry_low: float | None
    entry_high: float | None
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
    ids = record_ids(row["records"], place)
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
        entry_low=number(row["entry_low"], place),
        entry_high=number(row["entry_high"], place),
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
