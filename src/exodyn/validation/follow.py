"""Virtual patients of a described study, followed through the model, in many worlds: each world is one study
that could be the described one, with its own value of what is uncertain about a study as a whole.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtri

from exodyn.engine import Dose, Engine, Schedule
from exodyn.engine.random import uniforms
from exodyn.evidence import ParameterRecord
from exodyn.evidence.draws import explanations
from exodyn.indications import Trait, get_indication
from exodyn.scales import Scale
from exodyn.study import Dosing
from exodyn.study.population import merge, sample
from exodyn.symbolic.units import factor
from exodyn.validation.answers import Floats, Given
from exodyn.validation.describe import Described, Severity
from exodyn.validation.words import lines

RTOL = 1e-3  # a hundredth of what sampling leaves open
FIRST = 64  # patients who tell how the deficit at entry stands to that at the indication's baseline
SEVERITY = "nihss"  # the trait that is rated at entry and stands for the deficit at the baseline
CHANGE = "early_change"  # the parameter that says how much of a deficit is open until the baseline
TRAITS = "population."
LEVEL_90 = 3.29  # standard deviations between the ends of a central 90% interval


@dataclasses.dataclass(frozen=True)
class Followed:
    """What became of the patients. Arrays are float64[arms, worlds, patients, times]; arm 0 is untreated.

    values: readings of scales and readouts of the model by name; NaN of who cannot be rated. present:
    bool[worlds, patients], who was there to come in. entry: when patients were first rated, in days. own:
    traits and parameters that differ between patients or worlds, float64[worlds, patients].
    """

    values: Mapping[str, Floats]
    present: NDArray[np.bool_]
    times: tuple[float, ...]
    entry: float
    own: Mapping[str, Floats]

    @property
    def arms(self) -> int:
        """1, or 2 where there is a treatment."""
        return len(next(iter(self.values.values())))

    def at(self, name: str, arm: int, time: float) -> Floats:
        """Values of a scale or readout, float64[worlds, patients]; NaN of who was not there."""
        column = self.values[name][arm, :, :, self.times.index(time)]
        return np.where(self.present, column, np.nan)

    def at_entry(self, name: str) -> Floats:
        """The same at entry."""
        return self.at(name, 0, self.entry)


@dataclasses.dataclass(frozen=True)
class World:
    """One world: its parameters, the traits of its patients, and what of the model is their own.

    change: of each patient's deficit between entry and the indication's baseline, as a factor.
    """

    known: Mapping[str, ParameterRecord]
    traits: Mapping[str, Floats]
    change: Floats
    person: Mapping[str, Floats]
    dose_factor: float


def follow(study: Described, times: Sequence[float], given: Given) -> Followed:
    """Follow a study's patients, untreated and, where it describes a treatment, treated.

    times: days after the injury. What is asked before the entry is read as it was then.
    """
    entry = study.entry if study.entry is not None else study.indication.visits(study.model)[0]
    points = tuple(sorted({entry, *times}))
    worlds = [_world(study, number, given) for number in range(given.worlds)]
    arms = (None,) if study.dosing is None else (None, study.dosing)
    shape = (len(arms), given.worlds, given.patients, len(points))
    runs = [_run(study, dosing, worlds, points, given) for dosing in arms]
    values = {name: np.stack([run[name] for run in runs]).reshape(shape) for name in runs[0]}
    early = np.array(points) < study.indication.visits(study.model)[0]
    if "deficit" in values:
        values["deficit"][..., early] /= np.stack([world.change for world in worlds])[:, :, None]
    readings = _readings(study, worlds, values, given)
    present = np.ones(shape[1:3], dtype=bool)
    for scale, column in readings.items():
        present &= ~_gone(column[0, :, :, points.index(entry)], scale)
    own = {
        name: np.stack([np.broadcast_to(world.person[name], given.patients) for world in worlds])
        for name in worlds[0].person
    }
    return Followed({**values, **readings}, present, points, entry, own)


def _gone(at_entry: Floats, scale: str) -> NDArray[np.bool_]:
    """Who was dead at entry, as the scale says it."""
    dead: NDArray[np.bool_] = np.isnan(at_entry)
    return dead | (at_entry == 6) if scale == "mRS" else dead


def _world(study: Described, number: int, given: Given) -> World:
    indication, model = study.indication, study.model
    draws = given.draws.get((indication.name, model))
    one, units = ({}, {}) if draws is None else (draws.one(number), draws.units)
    way = explanations()
    drawn = _drawn(indication.parameters(model), {**way.one(number), **one}, {**way.units, **units})
    known = {**indication.parameters(model), **drawn}
    by_name = {trait.name: trait for trait in indication.population(model).traits}
    rated = study.entry is not None and SEVERITY in by_name
    share = _share_at(study.name, model, study.entry or 0.0) if rated else 1.0
    by_name |= _spread_about(by_name, one)
    changed = by_name | {
        name: _trait(by_name[name], severity, _score(name, number, given), share if name == SEVERITY else 1.0)
        for name, severity in study.traits
        if name in by_name
    }
    population = merge(indication.population(model), changed, ())
    traits = sample(population, given.seed, number * given.patients, given.patients)
    whole = {
        name: np.full(given.patients, value)
        for name, value in _of_study(study, by_name, known, number, given)
    }
    traits |= {name: column for name, column in whole.items() if name in by_name}
    change = _change(study, known, number, given)
    if SEVERITY in traits:
        traits[SEVERITY] = traits[SEVERITY] * change
    own = {name: np.full(given.patients, known[name].value) for name in drawn}
    person = own | indication.person(model, traits, known) | whole
    if study.potency != 1.0:
        person["potency"] = study.potency * person.get(
            "potency", np.full(given.patients, known["potency"].value)
        )
    factor = float(np.exp(study.dose_doubt * _score("dose", number, given)))
    return World(known, traits, change, person, factor)


def _change(study: Described, known: Mapping[str, ParameterRecord], number: int, given: Given) -> Floats:
    """What vessels that open and strokes that go on make of each patient's deficit before the baseline.

    As in `exodyn.calibration.stroke_course`: nothing for those who come in at the baseline or later.
    """
    baseline = study.indication.visits(study.model)[0]
    to_come = 0.0 if study.entry is None else max(0.0, 1 - study.entry / baseline)
    if CHANGE not in known or not to_come:
        return np.ones(given.patients)
    places = uniforms(given.seed, "validation:change", number * given.patients, given.patients, 1)[:, 0]
    return np.asarray(np.exp(known[CHANGE].value * math.sqrt(to_come) * ndtri(places)))


def _drawn(
    known: Mapping[str, ParameterRecord], one: Mapping[str, float], units: Mapping[str, str]
) -> dict[str, ParameterRecord]:
    """Parameters of one posterior draw."""
    return {
        name: dataclasses.replace(known[name], value=value * factor(units[name], known[name].unit))
        for name, value in one.items()
        if name in known
    }


def _spread_about(traits: Mapping[str, Trait], one: Mapping[str, float]) -> dict[str, Trait]:
    """Traits whose center or spread a posterior draw moves (``population.TRAIT.center``)."""
    changed: dict[str, Trait] = {}
    for name, value in one.items():
        if name.startswith(TRAITS):
            trait, what = name.removeprefix(TRAITS).rsplit(".", 1)
            moved = changed.get(trait, traits[trait])
            changed[trait] = dataclasses.replace(moved, **{what: value})  # type: ignore[arg-type]
    return changed


def _trait(trait: Trait, severity: Severity, score: float, share: float) -> Trait:
    """A trait as a study has it; share: of the value at entry that is there at the indication's baseline."""
    stated = severity.center is not None and trait.kind != "bounded"
    center = severity.center if severity.center is not None else trait.center
    low = severity.low if severity.low is not None or stated else trait.low
    if trait.kind == "lognormal" and low is not None and low <= 0:
        low = None
    high = severity.high if severity.high is not None or stated else trait.high
    return dataclasses.replace(
        trait,
        center=None if center is None else _moved(trait, center * share, severity.doubt * score),
        spread=severity.spread if severity.spread is not None else trait.spread,
        low=None if low is None else low * share,
        high=None if high is None else high * share,
    )


def _moved(trait: Trait, center: float, by: float) -> float:
    """A center moved by so much on its logarithm; between bounds by as much near it, on the log odds."""
    if trait.kind != "bounded":
        return center * float(np.exp(by))
    assert trait.low is not None and trait.high is not None
    place = (center - trait.low) / (trait.high - trait.low)
    return trait.low + (trait.high - trait.low) * float(expit(logit(place) + by / (1 - place)))


@cache
def _share_at(name: str, model: str, entry: float) -> float:
    """Mean deficit at the indication's baseline relative to that at entry, of typical untreated patients."""
    indication = get_indication(name)
    baseline = indication.visits(model)[0]
    if abs(entry - baseline) < 1e-9:
        return 1.0
    traits = sample(indication.population(model), 1, 0, FIRST)
    points = sorted((entry, baseline))
    engine = _engine(name, model, None)
    run = engine.run(indication.person(model, traits), times=points, patients=FIRST, rtol=RTOL)
    deficit = run.values[:, :, list(_outputs(name, model)).index("deficit")].mean(axis=0)
    return float(deficit[points.index(baseline)] / deficit[points.index(entry)])


def _of_study(
    study: Described,
    traits: Mapping[str, Trait],
    known: Mapping[str, ParameterRecord],
    number: int,
    given: Given,
) -> list[tuple[str, float]]:
    """What is one value for a whole study: a draw of the trait, or of the parameter over its range."""
    found = []
    for line in lines("between_worlds"):
        if not line.serves(study.name, study.model):
            continue
        name, place = line["symbol"], _place(line["symbol"], number, given)
        if name in traits:
            found.append((name, float(traits[name].sample(np.array([place]))[0])))
            continue
        one = known[name]
        assert one.low is not None and one.high is not None
        found.append((name, one.value * float(np.exp(ndtri(place) * np.log(one.high / one.low) / LEVEL_90))))
    return found


def _place(stream: str, number: int, given: Given) -> float:
    """A place in (0, 1) of one world: worlds lie evenly, in an order of the stream's own."""
    draws = uniforms(given.seed, f"validation:world:{stream}", 0, given.worlds, 2)
    order = np.argsort(np.argsort(draws[:, 0]))
    return float((order[number] + draws[number, 1]) / given.worlds)


def _score(stream: str, number: int, given: Given) -> float:
    return float(ndtri(_place(stream, number, given)))


@cache
def _outputs(name: str, model: str) -> tuple[str, ...]:
    """What of the model scales and lines of words read."""
    indication = get_indication(name)
    made = indication.model(model, indication.products(model)[0], indication.routes(model)[0])
    read = {"deficit", *(reads for scale in indication.scales(model) for reads in scale.reads)}
    read |= {line["reads"] for line in lines("readings") if line.serves(name, model)}
    named = [readout.name for readout in made.readouts] + [state.name for state in made.states]
    return tuple(one for one in named if one in read)


@cache
def _engine(name: str, model: str, dosing: Dosing | None) -> Engine:
    indication = get_indication(name)
    product = dosing.product if dosing else indication.products(model)[0]
    route = dosing.route if dosing else indication.routes(model)[0]
    return Engine(indication.model(model, product, route), outputs=_outputs(name, model))


def _run(
    study: Described, dosing: Dosing | None, worlds: Sequence[World], points: Sequence[float], given: Given
) -> dict[str, Floats]:
    """Readouts of one arm, float64[worlds * patients, times] by name."""
    engine = _engine(study.name, study.model, study.dosing)

    def joined(columns: Sequence[Floats]) -> Floats:
        return np.concatenate([np.broadcast_to(column, given.patients) for column in columns])

    own = {
        name: joined([world.person[name] for world in worlds])
        for name in worlds[0].person
        if name in engine.parameters
    }
    schedule = Schedule()
    if dosing is not None:
        state, amount = study.indication.dose(
            study.model, dosing.product, dosing.route, dosing.amount, dosing.unit.removesuffix("/kg")
        )
        per_kg = dosing.unit.endswith("/kg")
        each = [amount * w.dose_factor * (w.traits["weight"] if per_kg else np.ones(1)) for w in worlds]
        schedule = Schedule([Dose(state, amount=joined(each), time=time) for time in dosing.times])
    run = engine.run(
        own,
        times=np.array(points),
        patients=given.worlds * given.patients,
        doses=schedule,
        rtol=RTOL,
        threads=given.threads,
    )
    return {name: run.values[:, :, i] for i, name in enumerate(_outputs(study.name, study.model))}


def _readings(
    study: Described, worlds: Sequence[World], values: Mapping[str, Floats], given: Given
) -> dict[str, Floats]:
    """What raters write down, float64[arms, worlds, patients, times] by scale."""
    shape = next(iter(values.values())).shape
    found: dict[str, Floats] = {}
    for number, world in enumerate(worlds):
        first = number * given.patients
        fate = uniforms(given.seed, "validation:death", first, given.patients, 1)
        for scale in study.indication.scales(study.model, world.known):
            column = found.setdefault(scale.name, np.empty(shape))
            draws = scale.draws(shape[3]) - 1
            rater = uniforms(given.seed, f"validation:{scale.name}", first, given.patients, draws)
            uniform = np.concatenate([fate, rater], axis=1)
            for arm in range(shape[0]):
                column[arm, number] = scale.observe(_seen(scale, values, world, arm, number), uniform)
    return found


def _seen(
    scale: Scale, values: Mapping[str, Floats], world: World, arm: int, number: int
) -> dict[str, Floats]:
    """What a rater sees: readouts of the model, and traits, which stay as they are."""
    times = next(iter(values.values())).shape[3]
    return {
        name: values[name][arm, number]
        if name in values
        else np.repeat(world.traits[name][:, None], times, axis=1)
        for name in scale.reads
    }
