"""What a study that was not seen before would print, for the records of a table of biodistribution.

Draws of the coefficients, of what differs between studies, and of the noise of a single number; courses of
every setting that the records name; readings of these. Records of one study share its differences.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, t

from exodyn.delivery.contrast import contrast
from exodyn.delivery.curve import FIRST_SAMPLE
from exodyn.delivery.draws import draws
from exodyn.delivery.kinds import STUDY
from exodyn.delivery.observe import Course
from exodyn.delivery.places import NO_MASS, place_of
from exodyn.delivery.rank import ranked
from exodyn.delivery.reading import at, days_of, most, reading
from exodyn.delivery.routes import KNOWN
from exodyn.delivery.setting import Setting, setting
from exodyn.delivery.simulate import simulate
from exodyn.delivery.unread import UnreadError, UntimedError
from exodyn.delivery.words import find, lines
from exodyn.engine.random import uniforms
from exodyn.evidence import Record, lowered
from exodyn.evidence.statement import statement
from exodyn.evidence.units import per_volume, unit_in

Floats = NDArray[np.float64]

NOISE_FREEDOM = 4.0
"""Of Student's t, as in the fit."""
USUAL_HOURS = {"blood": 0.5, "plasma": 0.5}
OTHER_HOURS = 4.0
"""When a statement that gives no time was seen: assumed."""
LIMIT_SD = 1.5
"""Sd of the log of the smallest amount that a label shows, between studies: assumed."""
LEAKS = 3.0, 1.0
"""An injured place takes in so many times what the intact one does (median, sd of the log): see
``contrasts.csv``.
"""
EQUAL = 0.7
"""Logs: amounts within twofold are not told apart by the few animals of a study."""
SAMPLING = 0.1
"""Sd of the log of a contrast from the animals that happened to be in it: assumed."""
BACKGROUND = 10.0
"""A signal above that of animals without vesicles must exceed what the free dye shows: assumed."""
_PERFUSED = re.compile(
    r"(?<!re)(?<!re-)(?<!non-)(?<!un)(?<!not )(?<!without )perfus(?!ion (mri|imag|defect|index))|exsanguinat"
)
UNSTATED_HOURS = 0.5, 24.0
"""When a number that gives no time was measured: log-uniform, assumed."""


@dataclass(frozen=True)
class Forecast:
    """Draws of a number in the record's unit, or the probability of a statement with draws of its
    contrast.
    """

    draws: Floats
    basis: str
    probability: float | None = None


def forecast(wanted: Sequence[Record], seed: int = 1) -> dict[str, Forecast | str]:
    """By id, a forecast for each record of one study, or why there is none."""
    study = Study(wanted, seed)
    return {one.id: _answer(one, study) for one in wanted}


def _answer(one: Record, study: Study) -> Forecast | str:
    try:
        said = statement(one)
        if said == "rank":
            return _rank(one, study)
        if said == "detected":
            return _differs(one, study) if "differ" in one.quantity else _detected(one, study)
        if said == "direction" or lowered(one.quantity).startswith("fold"):
            return _contrast(one, study)
        if (prior := _of_a_place(one)) is not None:
            return prior
        where = study.setting(one)
        values = study.readings(one, where)
        values = np.minimum(values * np.exp(study.noise(one.id)), most(one))
        if one.value == 0:  # printed where nothing was seen: below what the label shows
            values = np.where(values < limit(where), 0.0, values)
        return Forecast(values, basis(where))
    except UnreadError as error:
        return str(error)


class Study:
    """One study: its settings, its differences, and courses, computed once."""

    def __init__(self, records_: Sequence[Record], seed: int) -> None:
        self.records = records_
        self.seed = seed
        self.name = records_[0].study
        self._courses: dict[tuple[Setting, bool], Course] = {}

    def differences(self, other: bool) -> Floats:
        """Standard normal, float64[draws, study]; those of another study where asked for."""
        stream = f"{'other' if other else 'study'} {self.name}"
        return np.asarray(norm.ppf(uniforms(self.seed, stream, 0, len(draws()), len(STUDY))))

    def normal(self, what: str) -> Floats:
        """Standard normal numbers for a use, float64[draws]."""
        return np.asarray(norm.ppf(uniforms(self.seed, f"{what} {self.name}", 0, len(draws()), 1)[:, 0]))

    def noise(self, id: str) -> Floats:
        """Noise of one number, on the log scale."""
        numbers = uniforms(self.seed, f"number {id}", 0, len(draws()), 1)[:, 0]
        return np.asarray(draws().residual * t.ppf(numbers, NOISE_FREEDOM))

    def setting(self, one: Record) -> Setting:
        """The setting of a record. Raises UnreadError where the model has none."""
        found = setting(one)
        if isinstance(found, str):
            raise UnreadError(found)
        if found.route not in KNOWN:
            raise UnreadError(
                f"route '{one.route}': the model has no such route (there is {', '.join(KNOWN)})"
            )
        if KNOWN[found.route].depot == "gel":
            raise UnreadError(f"route '{one.route}': what a gel lets go is not in the model of tables")
        return found

    def course(self, where: Setting, other: bool = False) -> Course:
        """The course in a setting."""
        if (where, other) not in self._courses:
            scaled = draws().new_study(where, self.differences(other))
            (self._courses[where, other],) = simulate([(where, scaled)])
        return self._courses[where, other]

    def seen(self, one: Record, where: Setting, other: bool = False) -> Course:
        """The course in a setting as the record looks at it: of perfused organs where it says so."""
        course = self.course(where, other)
        said = lowered(" ; ".join([one.fields["health"], one.note, one.where]))
        return course.perfused() if _PERFUSED.search(said) else course

    def readings(self, one: Record, where: Setting) -> Floats:
        """The record's quantity in a setting, without noise."""
        course = self.seen(one, where)
        sampled = np.exp(np.interp(norm.cdf(self.normal("sample")), (0, 1), np.log(FIRST_SAMPLE)))
        leak = LEAKS[0] * np.exp(LEAKS[1] * self.normal("leak"))
        read = partial(reading, course=course, sampled=sampled, leak=leak, among=self._organs_beside(one))
        try:
            values = read(one)
        except UntimedError:
            hours = np.exp(np.interp(norm.cdf(self.normal("time")), (0, 1), np.log(UNSTATED_HOURS)))
            levels = np.geomspace(*UNSTATED_HOURS, 16)
            at_each = np.array([read(replace(one, time=h, time_unit="h")) for h in levels])
            nearest = np.abs(np.log(hours[:, None] / levels)).argmin(axis=1)
            values = at_each[nearest, np.arange(len(hours))]
        if "brain" in _places(one.fields["organ"]):
            values = values * np.exp(KNOWN[where.route].spread * self.normal("route"))
        return values

    def _organs_beside(self, one: Record) -> tuple[str, ...]:
        """The organs that the study prints the same quantity of at the same time."""
        alike = (
            r
            for r in self.records
            if (r.quantity, r.time, r.time_unit) == (one.quantity, one.time, one.time_unit)
        )
        return tuple(dict.fromkeys(r.fields["organ"] for r in alike))

    def signal(
        self, one: Record, organ: str, where: Setting, whole: bool = False, other: bool = False
    ) -> Floats:
        """Label of a place at a record's time, per gram or whole, float64[draws]."""
        place, leaks = _seen_at(organ)
        course = self.seen(one, where, other)
        whole = whole or place in NO_MASS
        value = at(course, course.whole(place) if whole else course.per_gram(place), _day(one, place))
        if place in ("brain", "cord"):
            value = value * np.exp(KNOWN[where.route].spread * self.normal("route"))
        if leaks:
            value = value * LEAKS[0] * np.exp(LEAKS[1] * self.normal("leak"))
        return np.asarray(value)


def _contrast(one: Record, study: Study) -> Forecast:
    """A direction or fold against what the quantity names."""
    where = study.setting(one)
    found = contrast(one, where)
    both = found.ours.organ == found.other.organ
    ours = study.signal(found.ours.record, found.ours.organ, found.ours.setting, whole=both)
    other = study.signal(
        found.other.record, found.other.organ, found.other.setting, whole=both, other=found.apart
    )
    shift = np.log(found.fold) + found.fold_sd * study.normal("contrast")
    log = np.log(ours / other) + shift + SAMPLING * study.noise(one.id) / draws().residual
    said = f"{basis(where)}; {found.reason}"
    if lowered(one.quantity).startswith("fold"):
        return Forecast(np.exp(log + study.noise(one.id)), said)
    sign = np.sign(one.value or 0.0)
    chance = float(np.mean(sign * log > 0)) if sign else float(np.mean(np.abs(log) < EQUAL))
    return Forecast(log, said, _of_either(chance))


def _rank(one: Record, study: Study) -> Forecast:
    """Whether an organ stands in its place among those that the study ranks at that time."""
    amounts, chance = ranked(one, study, _day(one, place_of(one.fields["organ"])))
    return Forecast(amounts, basis(study.setting(one)), _of_either(chance))


def _differs(one: Record, study: Study) -> Forecast:
    """Whether two routes differ by more than the few animals of a study tell apart."""
    where = study.setting(one)
    other = where.changed(route="intraperitoneal" if where.route == "intravenous" else "intravenous")
    organ = one.fields["organ"]
    log = np.log(study.signal(one, organ, where) / study.signal(one, organ, other))
    chance = float(np.mean((np.abs(log) > EQUAL) == bool(one.value)))
    return Forecast(log, f"{basis(where)}; against {other.route}", _of_either(chance))


def _detected(one: Record, study: Study) -> Forecast:
    """Whether the label would show above its plausible limit."""
    where = study.setting(one)
    value = study.signal(one, one.fields["organ"], where)
    least = limit(where)
    if lowered(one.quantity).startswith("signal"):
        least *= BACKGROUND
    margin = np.log(value / least) + LIMIT_SD * study.normal("limit")
    seen = float(np.mean(margin > 0))
    said = f"{basis(where)}; limit {least:g} % of the dose per gram (assumed)"
    holds = bool(one.value) != lowered(one.quantity).startswith(("not", "un"))
    return Forecast(value, said, _of_either(seen if holds else 1 - seen))


def limit(where: Setting) -> float:
    """The smallest amount that a label shows, percent of the dose per gram."""
    return next(float(line["limit"]) for line in lines("labels") if line["label"] == where.label)


def _of_a_place(one: Record) -> Forecast | None:
    """A number of a place that has its own distribution over published studies, and no course."""
    place = find("organs", one.fields["organ"])
    if place is None:
        return None
    want, _ = unit_in(per_volume(one.quantity))
    for line in lines("places"):
        have, _ = unit_in(per_volume(line["unit"]))
        if (
            line["place"] == place["place"]
            and want is not None
            and have is not None
            and (have / want).check("")
        ):
            median = float(line["median"]) * float((have / want).to("").magnitude)
            numbers = norm.ppf(uniforms(1, f"place {one.id}", 0, 400, 1)[:, 0])
            return Forecast(median * np.exp(float(line["sd"]) * numbers), line["reason"])
    return None


def _day(one: Record, place: str) -> float:
    try:
        return days_of(one)
    except UntimedError:
        return USUAL_HOURS.get(place, OTHER_HOURS) / 24


def _seen_at(organ: str) -> tuple[str, bool]:
    """The place of the model where an organ's signal is read, and whether an open barrier adds to it."""
    found = find("organs", organ)
    if found is None:
        raise UnreadError(f"organ '{organ}': the model has no such place")
    place = found["place"]
    if place in ("lesion", "tumour"):
        return ("cord" if "cord" in organ.casefold() else "brain" if _is_nervous(organ) else "muscle"), True
    if place == "csf":
        return "brain", False
    if place == "cells":
        inside = find("holders", organ)
        if inside is None:
            raise UnreadError(f"organ '{organ}': {found['note']}")
        return inside["place"], inside["place"] == "brain"
    return place_of(organ), False


def _is_nervous(organ: str) -> bool:
    return bool(re.search(r"brain|isch|infarct|impact|lesion|glioma|hemat|haemat", organ, re.IGNORECASE))


def _places(organ: str) -> Iterable[str]:
    found = find("organs", organ)
    return () if found is None else (found["place"].replace("cord", "brain").replace("olfactory", "brain"),)


def _of_either(chance: float) -> float:
    """No statement is certain: the draws leave a thousandth."""
    return min(max(chance, 1e-3), 1 - 1e-3)


def basis(where: Setting) -> str:
    """What was read, how well its route is known, and what was assumed."""
    coat = "coated " if where.coated else ""
    said = f"{coat}{where.kind} {where.size:g} nm, {where.particles:.1e} particles, label {where.label}"
    grade = f"{where.route}: {KNOWN[where.route].grade}"
    return "; ".join([said, grade, *where.assumed])
