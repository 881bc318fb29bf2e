"""From a checked document to a study: names that must exist, times and doses that must make sense."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from math import isfinite
from pathlib import Path
from typing import Any

from exodyn.delivery import engineering as engineered
from exodyn.errors import InputError, nearest
from exodyn.evidence import Draws, Limits, ParameterRecord, draws_of, says
from exodyn.indications import Indication, Population, Trait
from exodyn.study import population
from exodyn.study.document import Document, Key
from exodyn.study.protocol import PER_WEIGHT, WEIGHT, Arm, Dosing, Override
from exodyn.study.quantity import days, quantity
from exodyn.study.study import Study
from exodyn.study.uncertainty import TRAITS, Uncertainty
from exodyn.symbolic import ModelError
from exodyn.symbolic.units import factor

LONGEST = 36525.0  # days; a hundred years are a slip of the pen

KEPT_DRAWS = "draws.parquet"  # what a run directory calls the draws that its study named

SINGLE_RTOL = 1e-4  # below, the error of single precision no longer falls


def study_of(source: Document, find: Callable[[str], Indication]) -> Study:
    """The study that a document describes. Raises InputError."""
    content = source.content
    try:
        indication = find(content["indication"])
    except InputError as error:
        source.complain(("indication",), str(error))
    indication = _sized(source, indication)
    species = content["species"]
    if species not in indication.species:
        message = f"'{species}' has no model of {indication.name}{nearest(species, indication.species)}"
        source.complain(("species",), message)
    arms = _arms(source, indication, species)
    visits = _visits(source)
    _check_doses(source, arms, visits[-1])
    people, changed = _population(source, indication, species)
    study = Study(
        title=content.get("title", indication.title),
        indication=indication,
        species=species,
        patients=int(content["patients"]),
        visits=visits,
        arms=arms,
        control=_control(source, arms),
        seed=int(content.get("seed", 1)),
        keep=content.get("keep", "readouts"),
        population=people,
        changed_traits=changed,
        overrides=(
            *_without(source, indication),
            *(
                Override(name, float(entry["value"]), entry["unit"], entry["status"], entry["reason"])
                for name, entry in content.get("parameters", {}).items()
            ),
        ),
        rtol=float(content.get("numerics", {}).get("rtol", 1e-4)),
        precision=content.get("numerics", {}).get("precision", "double"),
        text=source.text,
        uncertainty=_uncertainty(source, indication, species),
    )
    if study.precision == "single" and study.rtol < SINGLE_RTOL:
        message = f"single precision cannot keep {study.rtol:g}, expected {SINGLE_RTOL:g} or more"
        source.complain(("numerics", "rtol"), message)
    _check_weights(source, study)
    _check_overrides(source, study)
    return study


def _sized(source: Document, indication: Indication) -> Indication:
    """The indication with the size of model that the study asks for."""
    if source.content.get("model", {}).get("size", indication.size) == indication.size:
        return indication
    if indication.full is None:
        source.complain(("model", "size"), f"{indication.name} has no full model, expected 'default'")
    return indication.full


def _without(source: Document, indication: Indication) -> Iterator[Override]:
    """Mechanisms that the study leaves out, as parameters that are 0."""
    for index, name in enumerate(source.content.get("model", {}).get("without", [])):
        key: Key = ("model", "without", index)
        if name not in indication.mechanisms:
            hint = (
                nearest(name, indication.mechanisms)
                if indication.mechanisms
                else "; only a model of size 'full' has some"
            )
            source.complain(key, f"no mechanism '{name}' that can be left out{hint}")
        parameter = indication.mechanisms[name]
        if parameter in source.content.get("parameters", {}):
            source.complain(("parameters", parameter), f"stands beside [model] without '{name}'")
        unit = indication.parameters(source.content["species"])[parameter].unit
        yield Override(parameter, 0.0, unit, "assumed", f"this study leaves out: {name}")


def _time(source: Document, key: Key, text: str, *, positive: bool = False) -> float:
    try:
        time = days(text)
    except ValueError as error:
        source.complain(key, f'{error}; expected a time such as "36 h"')
    if time < 0:
        source.complain(key, f"'{text}' is before the injury; times count from it, expected 0 or more")
    if positive and time == 0:
        source.complain(key, f"'{text}' is no time at all, expected more than 0")
    if time > LONGEST:
        source.complain(key, f"'{text}' is more than 100 years")
    return time


def _visits(source: Document) -> tuple[float, ...]:
    texts = source.content["visits"]
    visits = [_time(source, ("visits", index), text) for index, text in enumerate(texts)]
    for index in range(1, len(visits)):
        if visits[index] <= visits[index - 1]:
            message = (
                f"'{texts[index]}' does not come after '{texts[index - 1]}'; visits stand in rising order"
            )
            source.complain(("visits", index), message)
    return tuple(visits)


def _arms(source: Document, indication: Indication, species: str) -> tuple[Arm, ...]:
    arms: list[Arm] = []
    for index, entry in enumerate(source.content["arms"]):
        key: Key = ("arms", index)
        if any(arm.name == entry["name"] for arm in arms):
            source.complain((*key, "name"), f"'{entry['name']}' names two arms")
        arms.append(Arm(entry["name"], _dosing(source, key, entry, indication, species)))
    return tuple(arms)


def _check_doses(source: Document, arms: tuple[Arm, ...], end: float) -> None:
    """An arm that nobody looks at after its first dose is a slip of the pen: its effect would be none."""
    if "fit" in source.content:  # the visits are those of the data
        return
    for index, arm in enumerate(arms):
        if arm.dosing is not None and arm.dosing.times[0] > end:
            name = "times" if "times" in source.content["arms"][index] else "start"
            message = (
                f"the first dose, on day {arm.dosing.times[0]:g}, comes after the last visit, day {end:g}"
            )
            source.complain(("arms", index, name), message)


def _dosing(
    source: Document, key: Key, entry: Mapping[str, Any], indication: Indication, species: str
) -> Dosing | None:
    if "dose" not in entry:
        needless = next((name for name in entry if name != "name"), None)
        if needless is not None:
            message = "has no meaning in an arm without a 'dose'; add one, or leave it out"
            source.complain((*key, needless), message)
        return None
    for name, valid in (("product", indication.products(species)), ("route", indication.routes(species))):
        if name not in entry:
            source.complain(key, f"'{name}' is missing; valid are {', '.join(valid)}")
        if entry[name] not in valid:
            source.complain((*key, name), f"'{entry[name]}' is unknown{nearest(entry[name], valid)}")
    try:
        amount, unit = quantity(entry["dose"])
    except ValueError as error:
        source.complain((*key, "dose"), f'{error}; expected a dose such as "5e11 particles"')
    if amount < 0:
        source.complain((*key, "dose"), f"'{entry['dose']}' is negative, expected 0 or more")
    infusion = (
        _time(source, (*key, "infusion"), entry["infusion"], positive=True) if "infusion" in entry else 0.0
    )
    made = engineered.NOTHING
    if "engineering" in entry:
        known = indication.parameters(species)
        try:
            made = engineered.read(entry["engineering"], entry["route"], known)
        except ValueError as error:
            source.complain((*key, "engineering"), str(error))
    times = _dose_times(source, key, entry)
    dosing = Dosing(entry["product"], entry["route"], amount, unit, times, infusion, made)
    try:
        indication.dose(species, dosing.product, dosing.route, amount, unit.removesuffix(PER_WEIGHT))
    except (InputError, ModelError, ValueError) as error:
        source.complain((*key, "dose"), str(error))
    return dosing


def _dose_times(source: Document, key: Key, entry: Mapping[str, Any]) -> tuple[float, ...]:
    if "times" in entry:
        for name in ("start", "interval", "count"):
            if name in entry:
                source.complain((*key, name), "stands beside 'times'; give one or the other")
        times = [_time(source, (*key, "times", index), text) for index, text in enumerate(entry["times"])]
        if any(b <= a for a, b in pairwise(times)):
            source.complain((*key, "times"), "are not in rising order")
        return tuple(times)
    if "start" not in entry:
        source.complain(key, "'start' (or 'times') is missing: when the first dose is given, as in \"24 h\"")
    start = _time(source, (*key, "start"), entry["start"])
    count = int(entry.get("count", 1))
    if count == 1:
        return (start,)
    if "interval" not in entry:
        source.complain(key, f"'interval' is missing: {count} doses need a time from one to the next")
    interval = _time(source, (*key, "interval"), entry["interval"], positive=True)
    return tuple(start + interval * index for index in range(count))


def _control(source: Document, arms: tuple[Arm, ...]) -> int:
    names = [arm.name for arm in arms]
    name = source.content.get("control", names[0])
    if name not in names:
        source.complain(("control",), f"no arm is called '{name}'{nearest(name, names)}")
    return names.index(name)


def _population(source: Document, indication: Indication, species: str) -> tuple[Population, tuple[str, ...]]:
    default = indication.population(species)
    traits = {trait.name: trait for trait in default.traits}
    changed: dict[str, Trait] = {}
    for name, entry in source.content.get("population", {}).items():
        key: Key = ("population", name)
        if name not in traits:
            source.complain(key, f"no such trait{nearest(name, traits)}")
        changed[name] = _trait(source, key, traits[name], entry)
    pairs: list[tuple[str, str, float]] = []
    for index, entry in enumerate(source.content.get("correlations", [])):
        a, b = entry["between"]
        for name in (a, b):
            if name not in traits:
                source.complain(
                    ("correlations", index, "between"), f"no trait '{name}'{nearest(name, traits)}"
                )
        if a == b:
            source.complain(("correlations", index, "between"), f"'{a}' stands on both sides")
        pairs.append((a, b, float(entry["value"])))
    people = population.merge(default, changed, pairs)
    pair = population.contradiction(people)
    if pair is not None:
        message = f"no population has this correlation of {pair[0]} and {pair[1]} beside the other ones"
        source.complain(("correlations",), message)
    return people, tuple(changed)


def _trait(source: Document, key: Key, default: Trait, entry: Mapping[str, Any]) -> Trait:
    unit = entry.get("unit", default.unit)
    try:
        scale = factor(unit, default.unit)
    except ModelError as error:
        source.complain((*key, "unit"), str(error))
    numbers: dict[str, float | None] = {
        name: float(entry[name]) * scale if name in entry else None for name in ("center", "low", "high")
    }
    limits = default.limits
    for name, value in numbers.items():
        allow = limits.allow if name == "center" else limits.allow_bound
        if value is not None and not allow(value):
            source.complain((*key, name), _impossible(entry[name], unit, limits, default.unit))
    if entry["kind"] in ("normal", "lognormal"):  # without bounds of its own it ends where the possible does
        if numbers["low"] is None and isfinite(limits.least) and entry["kind"] == "normal":
            numbers["low"] = limits.least
        if numbers["high"] is None and isfinite(limits.greatest):
            numbers["high"] = limits.greatest
    spread = entry.get("spread")
    if entry["kind"] == "normal" and spread is not None:
        spread *= scale  # a logarithm or logit has no unit
    try:
        return Trait(
            default.name,
            default.unit,
            entry["kind"],
            default.meaning,
            numbers["center"],
            spread,
            numbers["low"],
            numbers["high"],
            status="assumed",
            reason=entry.get("reason", "set by the study"),
            limits=limits,
        )
    except ValueError as error:
        source.complain(key, str(error))


def _uncertainty(source: Document, indication: Indication, species: str) -> Uncertainty:
    entry = source.content.get("uncertainty", {})
    key: Key = ("uncertainty", "draws")
    draws = draws_of(indication.name, species)
    if "draws" in entry:
        try:
            draws = Draws.load(_draws_file(Path(source.path).parent, entry["draws"]))
        except InputError as error:
            source.complain(key, str(error))
        if (draws.indication, draws.species) != (indication.name, species):
            message = f"draws of {draws.indication} ({draws.species}), expected {indication.name} ({species})"
            source.complain(key, message)
    elif entry.get("parameters") and draws is None:
        message = f"no posterior draws of {indication.name} ({species}) are kept: name a file by 'draws'"
        source.complain(("uncertainty", "parameters"), message)
    if draws is not None:
        _check_draws(source, key, draws, indication, species)
    return Uncertainty(
        entry.get("parameters", True), entry.get("patients", True), entry.get("noise", True), draws
    )


def _draws_file(folder: Path, named: str) -> Path:
    """The file that a study names; a run directory keeps it beside its study file, by one name."""
    kept = folder / KEPT_DRAWS
    return kept if kept.is_file() and not (folder / named).is_file() else folder / named


def _check_draws(source: Document, key: Key, draws: Draws, indication: Indication, species: str) -> None:
    """Refuse draws of a parameter or trait that this indication does not have."""
    traits = {trait.name for trait in indication.population(species).traits}
    known = indication.parameters(species)
    model = indication.model(species, indication.products(species)[0], indication.routes(species)[0])
    valid = {*known, *(parameter.name for parameter in model.parameters)}
    valid |= {f"{TRAITS}{trait}.{what}" for trait in traits for what in ("center", "spread")}
    for name in draws.values:
        if name not in valid:
            source.complain(key, f"draws of '{name}', which is no parameter here{nearest(name, valid)}")


def _check_weights(source: Document, study: Study) -> None:
    for index, arm in enumerate(study.arms):
        by_weight = arm.dosing is not None and arm.dosing.unit.endswith(PER_WEIGHT)
        if by_weight and WEIGHT not in {trait.name for trait in study.population.traits}:
            message = f"these patients have no trait '{WEIGHT}': give the dose in total"
            source.complain(("arms", index, "dose"), message)


def _check_overrides(source: Document, study: Study) -> None:
    bare = dataclasses.replace(study, overrides=())
    units = {name: one.unit for name, one in bare.parameters.items()}
    units |= {parameter.name: parameter.unit for model in bare.models for parameter in model.parameters}
    drawn = bare.person(population.typical(study.population))
    for one in study.overrides:
        key: Key = ("parameters", one.name)
        if one.name not in units:
            source.complain(key, f"no such parameter{nearest(one.name, units)}")
        if one.name in drawn:
            source.complain(key, "is drawn for each patient: change its trait under [population]")
        try:
            value = one.value * factor(one.unit, units[one.name])
        except ModelError as error:
            source.complain((*key, "unit"), str(error))
        record = study.record(one.name)
        if record is not None and not record.limits.allow(value):
            message = _impossible(one.value, one.unit, record.limits, record.unit)
            source.complain((*key, "value"), message)
    _check_use(source, study)


class _Watched(dict[str, ParameterRecord]):
    """Parameters that remember which of them were asked for."""

    def __init__(self, known: Mapping[str, ParameterRecord]) -> None:
        super().__init__(known)
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> ParameterRecord:
        self.asked.add(name)
        return super().__getitem__(name)


def _check_use(source: Document, study: Study) -> None:
    """Refuse parameters that a scale cannot have, and those that decide nothing in a study."""
    known = _Watched(study.parameters)
    try:
        study.indication.scales(study.species, known)
        study.indication.person(study.species, population.typical(study.population), known)
    except InputError as error:
        source.complain(("parameters",), str(error))
    used = {parameter.name for model in study.models for parameter in model.parameters}
    used |= {record.symbol for name in used if (record := study.record(name)) is not None}
    for one in study.overrides:
        if one.name not in used | known.asked:
            source.complain(
                ("parameters", one.name), "decides nothing in a study: calibration alone reads it"
            )


def _impossible(value: float, unit: str, limits: Limits, limits_unit: str) -> str:
    return f"{says(value, unit)} is impossible, expected {limits.says(limits_unit)}"
