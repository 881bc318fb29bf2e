"""Where the particles of each treated arm were: amounts and concentrations by place and time, and what a
non-compartmental analysis makes of them.

Of the patients whose whole courses every run keeps (`Result.sample`). Particles count, not a label: what a
study would see with a dye or a radiolabel stays longer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from exodyn.delivery import AMOUNTS, ORGANS
from exodyn.delivery.nca import areas, half_lives, moments
from exodyn.symbolic.units import factor

if TYPE_CHECKING:
    from exodyn.study.result import Result

Floats = NDArray[np.float64]
Row = dict[str, str | float | None]

ROLES = {
    "given": "particles",
    "at_lesion": "particles",
    "cargo_per_cell": "copies/cells",
    "endogenous_per_cell": "copies/cells",
}
"""Roles of the stoichiometry line and the units it is told in."""
DENSITIES = {"lesion": "lesion_density", "around the lesion": "organ_density"}
BANDS = {"median": 0.5, "p05": 0.05, "p95": 0.95}
LEAST = 1e-6
"""Share of its peak below which a course is not followed: no assay sees it."""
MINUTES = 1440.0
SEEN = (5 / MINUTES, 4 / 24, 1.0)
"""Days after the first dose at which the map shows the body."""


@dataclass(frozen=True)
class Place:
    """Courses of one place in one arm, float64[patients, times]: particles, and particles per mL or g.

    per: "mL" or "g"; "" for a depot, which has no concentration.
    """

    name: str
    amount: Floats
    concentration: Floats
    per: str


@dataclass(frozen=True)
class Exposure:
    """One treated arm.

    times: days after the injury; first: that of the first dose. given: particles so far, float64[patients,
    times]. largest: float64[patients], by role of the stoichiometry line.
    """

    arm: str
    times: Floats
    first: float
    given: Floats
    places: tuple[Place, ...]
    largest: Mapping[str, Floats]

    def share(self, place: Place) -> Floats:
        """Percent of the dose given so far that is in a place, float64[patients, times]."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.given > 0, 100.0 * place.amount / self.given, 0.0)

    def at(self, day: float, curves: Floats) -> float:
        """Median over patients at the time nearest to a day after the first dose, before one given then."""
        k = int(np.argmin(np.abs(self.times - self.first - day)))
        k -= int(k > 0 and np.any(self.given[:, k] > self.given[:, k - 1]))
        return float(np.nanmedian(curves[:, k]))

    @cached_property
    def analysed(self) -> Mapping[str, Mapping[str, Floats]]:
        """By place, each patient's results: float64[patients] by the names of `QUANTITIES`."""
        found = {place.name: self._analysis(place) for place in self.places}
        counts = {name: values for name, values in self.largest.items() if name in QUANTITIES}
        entered = 100.0 * self.largest["at_lesion"] / self.largest["given"]
        return found | {"lesion": {**found.get("lesion", {}), "entered_percent": entered, **counts}}

    def _analysis(self, place: Place) -> dict[str, Floats]:
        after = self.times >= self.first
        days = self.times[after] - self.first
        shares = self.share(place)[:, after]
        found = {"peak_percent": shares.max(axis=1)}
        if not place.per:
            return found
        curves = np.maximum(place.concentration[:, after], 0.0)
        peak = curves.argmax(axis=1)
        starts_full = curves[:, 0] > 0.5 * curves.max(axis=1)
        found |= {
            "auc": areas(days, curves)[0] * 24,
            "cmax": curves.max(axis=1),
            "tmax": days[peak] * 24,
            "half_life": np.array([_terminal(days, curve) for curve in curves]) * 24,
        }
        if np.any(starts_full):
            found["first_half_life"] = np.where(starts_full, half_lives(days, curves) * 24, np.nan)
        return found


QUANTITIES: Mapping[str, tuple[str, str]] = {
    "peak_percent": ("%", "largest share of the dose given so far that was there at once"),
    "cmax": ("particles/{per}", "largest concentration"),
    "tmax": ("h", "when, after the first dose"),
    "auc": ("particles h/{per}", "area under the concentration, to the end of the study"),
    "first_half_life": ("h", "time in which the first concentration falls by half"),
    "half_life": ("h", "terminal half-life"),
    "entered_percent": ("%", "share of all doses that got there in the end"),
    "cargo_per_cell": ("copies/cell", "copies of an abundant miRNA delivered into a cell, at their most"),
    "endogenous_per_cell": ("copies/cell", "copies of it that such a cell has of its own"),
}
"""Result -> its unit and meaning."""


def exposures(result: Result) -> tuple[Exposure, ...]:
    """The treated arms of a result, in its order."""
    return tuple(_exposure(result, arm) for arm in result.layout.arms if _is_treated(result, arm))


def _is_treated(result: Result, arm: str) -> bool:
    rows = result.sample[result.sample["arm"] == arm]
    return bool(rows[result.layout.stoichiometry["given"]].max() > 0)


def _exposure(result: Result, arm: str) -> Exposure:
    rows = result.sample[result.sample["arm"] == arm].sort_values(["patient", "time"])
    patients = rows["patient"].nunique()
    units = result.layout.readouts

    def course(name: str) -> Floats:
        return rows[name].to_numpy().reshape(patients, -1)

    def counted(name: str) -> Floats:
        return course(name) * factor(units[name], "particles")

    times = rows["time"].to_numpy().reshape(patients, -1)[0]
    given = counted(result.layout.stoichiometry["given"])
    around = next((organ for organ in ORGANS if AMOUNTS[organ] not in units), "")
    places = tuple(
        Place(
            around if name == "organ_wall" else place,
            counted(name),
            *_concentration(place, units, course, counted(name)),
        )
        for place, name in AMOUNTS.items()
        if name in units and not np.all(np.isnan(course(name)))
    )
    first = float(times[np.nanmax(given, axis=0) > 0][0])
    largest = {
        role: np.nanmax(course(name), axis=1) * factor(units[name], ROLES[role])
        for role, name in result.layout.stoichiometry.items()
    }
    return Exposure(arm, times, first, given, places, largest)


def _concentration(
    place: str, units: Mapping[str, str], course: Callable[[str], Floats], amount: Floats
) -> tuple[Floats, str]:
    """A place's particles per mL of blood or g of tissue, and which of the two; the amount in a depot."""
    if place == "blood" and "blood_volume" in units:
        return amount / course("blood_volume"), "mL"
    if (density := DENSITIES.get(place, "")) in units:
        return course(density) * factor(units[density], "particles/g"), "g"
    if f"{place}_mass" in units:
        return amount / course(f"{place}_mass"), "g"
    return amount, ""


def _terminal(days: Floats, curve: Floats) -> float:
    """Terminal half-life (days) of what an assay could see; NaN where there is no slope."""
    seen = np.flatnonzero(curve > LEAST * curve.max())
    if not len(seen):
        return np.nan
    try:
        return moments(days[: seen[-1] + 1], curve[: seen[-1] + 1]).half_life
    except ValueError:
        return np.nan


def tables(found: tuple[Exposure, ...]) -> dict[str, list[Row]]:
    """Rows of the files that a run directory has of this, by file name."""
    rows = {
        "amounts.csv": list(amount_rows(found)),
        "kinetics.csv": list(kinetic_rows(found)),
        "folds.csv": list(fold_rows(found)),
    }
    return {name: own for name, own in rows.items() if own}


def amount_rows(found: tuple[Exposure, ...]) -> Iterator[Row]:
    """Rows of ``amounts.csv``: each arm, place and time, with medians and 90% of patients."""
    for one in found:
        for place in one.places:
            columns = {"particles": place.amount, "percent_of_dose": one.share(place)}
            if place.per:
                columns["per_mL_or_g"] = place.concentration
            levels = {
                f"{name}_{band}": values
                for name, curves in columns.items()
                for band, values in zip(BANDS, _quantiles(curves), strict=True)
            }
            for k, time in enumerate(one.times):
                if time >= one.first:
                    row: Row = {"arm": one.arm, "place": place.name, "time_d": float(time), "per": place.per}
                    yield row | {name: float(f"{values[k]:.5g}") for name, values in levels.items()}


def _quantiles(curves: Floats) -> Floats:
    """Medians and 90% by time, float64[3, times]; patients who failed have NaN, for which NumPy is slow."""
    of = np.nanquantile if np.isnan(curves).any() else np.quantile
    return np.asarray(of(curves, list(BANDS.values()), axis=0))


def kinetic_rows(found: tuple[Exposure, ...]) -> Iterator[Row]:
    """Rows of ``kinetics.csv``: each arm, place and result, with the median and 90% of patients."""
    for one in found:
        per = {place.name: place.per for place in one.places}
        for place, results in one.analysed.items():
            for name, values in results.items():
                unit, meaning = QUANTITIES[name]
                row: Row = {"arm": one.arm, "place": place, "quantity": name, **bands(values)}
                yield row | {"unit": unit.format(per=per.get(place, "")), "meaning": meaning}


def fold_rows(found: tuple[Exposure, ...]) -> Iterator[Row]:
    """Rows of ``folds.csv``: each later treated arm against the first, patient by patient, by the area under
    the concentration for the same dose.
    """
    for one in found[1:]:
        base = found[0]
        per_dose = base.given[:, -1] / one.given[:, -1]
        for name, own in one.analysed.items():
            theirs = base.analysed.get(name, {})
            if "auc" not in own or "auc" not in theirs:
                continue
            with np.errstate(invalid="ignore", divide="ignore"):
                folds = own["auc"] / theirs["auc"] * per_dose
            yield {"arm": one.arm, "against": base.arm, "place": name, **bands(folds)}


def bands(values: Floats) -> dict[str, float | None]:
    """Median and 90% of the values that are numbers; None where none is."""
    known = values[np.isfinite(values)]
    return {
        band: float(f"{np.quantile(known, level):.5g}") if len(known) else None
        for band, level in BANDS.items()
    }
