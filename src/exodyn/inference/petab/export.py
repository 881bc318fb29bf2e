"""A study, with its data if there are any, as a PEtab problem for every program that reads the format.

The model is that of the patient with median traits, or with those that the data state of a subject or group:
PEtab has no virtual patients. An arm is a condition that switches its doses on.
"""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from exodyn.errors import InputError, MachineError, nearest
from exodyn.inference.parameters import Free
from exodyn.inference.petab.scale import KINDS
from exodyn.inference.petab.version1 import PRIORS
from exodyn.study import Study, joint
from exodyn.study.population import typical
from exodyn.symbolic import Model
from exodyn.symbolic.sbml import sbml_text

if TYPE_CHECKING:
    from exodyn.inference.study.data import Unit

PROBLEM = """format_version: 1
parameter_file: parameters.tsv
problems:
  - sbml_files: [model.xml]
    condition_files: [conditions.tsv]
    measurement_files: [measurements.tsv]
    observable_files: [observables.tsv]
"""
NOISE = 0.1
"""Assumed standard deviation where data state none, as a part of the largest value of the readout."""
HOUR = 1 / 24
RANGE = 10.0
"""A fitted parameter may move by this factor either way."""


Person = tuple[tuple[str, float], ...]
Key = tuple[int, Person]
"""An arm and a person."""


@dataclass(frozen=True)
class Value:
    """One value to write. value: None is what the model says. noise: its SD, None if not known.

    person: model parameters by name that differ from those of the patient with median traits.
    """

    arm: int
    readout: str
    time: float
    value: float | None = None
    noise: float | None = None
    person: Person = ()


def with_data(study_file: str | Path, data_file: str | Path, arm: str | None = None) -> dict[str, str]:
    """All files of the problem of a study with a [fit] table and a user's measurements, by name.

    Raises InputError for what PEtab cannot say: scales, censored values, counts, spreads of traits.
    """
    from exodyn.inference.study.settings import settings_of
    from exodyn.inference.study.table import read
    from exodyn.study.document import read as read_document

    study = Study.load(study_file)
    data = read(data_file, study)
    settings = settings_of(read_document(Path(study_file)), study, data)
    for free in settings.estimated:
        if free.name.startswith("population."):
            raise InputError(f"{study_file}: [fit] estimates '{free.name}': PEtab knows no population")
    for name, law in settings.laws.items():
        if getattr(law, "kind", "normal") != "normal":
            raise InputError(f"{study_file}: [fit.noise] {name}: only normal noise is written as PEtab")
    values = [value for unit in data.units for value in _measured(study, data.path, unit)]
    chosen = _arms(study, arm)
    return tables(study, [v for v in values if v.arm in chosen], arm, settings.estimated)


def _measured(study: Study, path: str, unit: Unit) -> list[Value]:
    """What was measured of a subject or group, as far as PEtab can say it."""
    lines = [c.line for c in unit.counts] + [r.line for r in unit.readings if r.low != r.high]
    if lines:
        raise InputError(f"{path}:{lines[0]}: PEtab has no counts and no censored values")
    person = _person(study, unit)
    read = [Value(unit.arm, r.readout, r.time, r.low, None, person) for r in unit.readings]
    for mean in unit.means:
        noise = mean.sd / math.sqrt(mean.n) if mean.sd else None
        read.append(Value(unit.arm, mean.readout, mean.time, mean.value, noise, person))
    return read


def _person(study: Study, unit: Unit) -> Person:
    """The model parameters by which a unit's covariates set it apart from the patient with median traits."""
    median = typical(study.population)
    traits = {**median, **{name: np.full(1, value) for name, value in unit.covariates.items()}}
    own, usual = study.person(traits), study.person(median)
    known = {p.name for p in study.models[unit.arm].parameters}
    apart = [name for name in own if name in known and own[name][0] != usual[name][0]]
    return tuple((name, float(own[name][0])) for name in apart)


def tables(
    study: Study,
    values: Sequence[Value] = (),
    arm: str | None = None,
    estimated: Sequence[Free] | None = None,
) -> dict[str, str]:
    """All files of the problem by name.

    values: what was measured; without any, the model's own predictions at the study's visits, so that another
    program can be held against them. arm: this one only. estimated: None is what was fitted, within a factor
    of ten. Raises InputError for arms with different models.
    """
    chosen = _arms(study, arm)
    ids = {number: _id(study.arms[number].name) for number in chosen}
    if len(set(ids.values())) < len(ids):
        raise InputError(
            f"arms {', '.join(study.arms[n].name for n in chosen)}: names too alike for PEtab ids"
        )
    model = joint(study, {number: f"in_{name}" for number, name in ids.items()})
    wanted = list(values) or _visits(study, chosen)
    readouts = _readouts(model, [v.readout for v in wanted])
    conditions = _conditions(study, ids, wanted)
    if any(v.value is None for v in wanted):
        wanted = _predicted(model, conditions, wanted, readouts)
    sizes = {r: max([abs(v.value or 0.0) for v in wanted if v.readout == r]) or 1.0 for r in readouts}
    open_noise = {v.readout: sizes[v.readout] * NOISE for v in wanted if v.noise is None}
    free = _fitted(model) if estimated is None else estimated
    for name in {name for v in wanted for name, _ in v.person} & {one.name for one in free}:
        raise InputError(f"'{name}' is to be estimated, but follows from covariates in the data")
    return _files(model, conditions, wanted, readouts, _parameters(free, model, open_noise))


def _files(
    model: Model,
    conditions: Mapping[Key, Condition],
    values: Sequence[Value],
    readouts: Sequence[str],
    parameters: str,
) -> dict[str, str]:
    return {
        "problem.yaml": PROBLEM,
        "model.xml": sbml_text(model),
        "conditions.tsv": _condition_table(list(conditions.values()), model),
        "parameters.tsv": parameters,
        "observables.tsv": _observables(readouts),
        "measurements.tsv": _measurements(values, conditions),
    }


def _arms(study: Study, arm: str | None) -> list[int]:
    names = [one.name for one in study.arms]
    if arm is not None:
        if arm not in names:
            raise InputError(f"--arm: no arm is called '{arm}'{nearest(arm, names)}")
        return [names.index(arm)]
    for number, model in enumerate(study.models):
        if model is not study.models[0]:
            raise InputError(
                f"arms '{names[0]}' and '{names[number]}' have different models (product or route), "
                "a PEtab problem has one: choose with --arm"
            )
    return list(range(len(names)))


def _id(name: str) -> str:
    """A PEtab id: letters, digits and underscores, no digit first."""
    found = re.sub(r"\W", "_", name, flags=re.ASCII)
    return f"arm_{found}" if not found or found[0].isdigit() else found


def _readouts(model: Model, wanted: Sequence[str]) -> list[str]:
    known = [s.name for s in model.states] + [r.name for r in model.readouts]
    for name in wanted:
        if name not in known:
            raise InputError(
                f"'{name}' is no state or readout of the model, so there is no formula of it for PEtab"
                f"{nearest(name, known)}"
            )
    return list(dict.fromkeys(wanted))


def _visits(study: Study, arms: Sequence[int]) -> list[Value]:
    """What a report of the study shows, at its visits and an hour after each dose, as the model predicts it.

    Not at the instant of a dose: programs differ in whether it comes before or after what is read then.
    """
    model = study.models[arms[0]]
    known = {s.name for s in model.states} | {r.name for r in model.readouts}
    shown = [name for names in study.indication.figures.values() for name in names if name in known]
    doses = {t for arm in arms if (dosing := study.arms[arm].dosing) is not None for t in dosing.times}
    times = sorted(({*study.visits} | {t + HOUR for t in doses}) - doses)
    return [Value(arm, name, time) for arm in arms for name in shown for time in times]


def _predicted(
    model: Model,
    conditions: Mapping[Key, Condition],
    wanted: Sequence[Value],
    readouts: Sequence[str],
) -> list[Value]:
    """The values with the model's own numbers: the problem itself is simulated for them."""
    from exodyn.inference.petab.objective import Compiled, nominal
    from exodyn.inference.petab.read import read_problem

    draft = [replace(v, value=0.0, noise=1.0) for v in wanted]
    with tempfile.TemporaryDirectory() as folder:
        write(_files(model, conditions, draft, readouts, _table([PARAMETER])), Path(folder))
        problem = read_problem(Path(folder) / "problem.yaml")
        simulated = Compiled(problem).outcome(nominal(problem)).simulated.tolist()
    size = {
        r: max(abs(s) for s, v in zip(simulated, wanted, strict=True) if v.readout == r) for r in readouts
    }
    return [
        replace(v, value=s, noise=NOISE * size[v.readout] or 1.0)
        for s, v in zip(simulated, wanted, strict=True)
    ]


PARAMETER = (
    "parameterId", "parameterName", "parameterScale", "lowerBound", "upperBound", "nominalValue", "estimate",
    "objectivePriorType", "objectivePriorParameters",
)  # fmt: skip


def _table(rows: Sequence[Sequence[object]]) -> str:
    """Tab-separated values; a cell cannot hold tabs or line ends."""
    return "".join("\t".join(" ".join(str(cell).split()) for cell in row) + "\n" for row in rows)


@dataclass(frozen=True)
class Condition:
    """id and name of a condition, and all that it sets."""

    id: str
    name: str
    sets: Mapping[str, float]


def _conditions(study: Study, ids: Mapping[int, str], values: Sequence[Value]) -> dict[Key, Condition]:
    """One for each arm and person."""
    found: dict[Key, Condition] = {}
    for value in values:
        key = value.arm, value.person
        if key not in found:
            number = sum(arm == value.arm for arm, _ in found)
            name = ids[value.arm] + (f"_{number + 1}" if number else "")
            switches = {f"in_{other}": float(arm == value.arm) for arm, other in ids.items()}
            found[key] = Condition(name, study.arms[value.arm].name, {**switches, **dict(value.person)})
    return found


def _condition_table(conditions: Sequence[Condition], model: Model) -> str:
    """Where a condition leaves out what another sets, the model's own value stands."""
    names = list(dict.fromkeys(name for c in conditions for name in c.sets))
    usual = {p.name: p.value for p in model.parameters}
    rows = [[c.id, c.name, *(repr(c.sets.get(name, usual[name])) for name in names)] for c in conditions]
    return _table([["conditionId", "conditionName", *names], *rows])


def _observables(readouts: Sequence[str]) -> str:
    head = (
        "observableId",
        "observableFormula",
        "noiseFormula",
        "observableTransformation",
        "noiseDistribution",
    )
    noise = "noiseParameter1_observable_{}"
    return _table([head, *((f"observable_{r}", r, noise.format(r), "lin", "normal") for r in readouts)])


def _measurements(values: Sequence[Value], conditions: Mapping[Key, Condition]) -> str:
    head = ("observableId", "simulationConditionId", "time", "measurement", "noiseParameters")
    rows = [
        (
            f"observable_{v.readout}",
            conditions[v.arm, v.person].id,
            repr(v.time),
            repr(v.value),
            v.noise or f"sd_{v.readout}",
        )
        for v in values
    ]
    return _table([head, *rows])


def _fitted(model: Model) -> list[Free]:
    """The parameters that were fitted, on a logarithmic scale where they allow it."""
    found = []
    for p in model.parameters:
        if p.status == "fitted" and math.isfinite(p.value) and p.value != 0:
            low, high = sorted((p.value / RANGE, p.value * RANGE))
            found.append(Free(p.name, low, high, "log10" if p.value > 0 else "lin", p.value))
    return found


def _parameters(free: Sequence[Free], model: Model, noise: Mapping[str, float]) -> str:
    """What is estimated, then an SD for each readout without one; all else stays in the model."""
    value = {p.name: p.value for p in model.parameters}
    meaning = {p.name: p.meaning for p in model.parameters}
    rows: list[Sequence[object]] = [PARAMETER]
    for one in free:
        if one.name not in value:
            raise InputError(f"'{one.name}' is no parameter of the model")
        ends = repr(one.lower), repr(one.upper)
        scale = one.scale if one.scale != "logit" else "lin"
        name = meaning[one.name] or one.name
        rows.append((one.name, name, scale, *ends, repr(value[one.name]), 1, *_prior(one)))
    for readout, size in noise.items():
        ends = repr(size / 1000), repr(size * 1000)
        rows.append((f"sd_{readout}", f"noise of {readout}", "log10", *ends, repr(size), 1, "", ""))
    return _table(rows)


def _prior(free: Free) -> tuple[str, str]:
    """Type and parameters of the objective prior."""
    prior = free.prior
    if prior is None:
        return "", ""
    if prior.kind == "lognormal" and free.scale == "log":
        # The same density, of the logarithm that is estimated: the format adds no Jacobian.
        return "parameterScaleNormal", f"{prior.a!r};{prior.b!r}"
    names = {KINDS[name]: name for name in PRIORS if name.startswith("parameterScale") == prior.of_scaled}
    if prior.kind not in names:
        raise InputError(f"the {prior.kind} prior of '{free.name}' has no name in PEtab")
    return names[prior.kind], f"{prior.a!r};{prior.b!r}"


def write(files: Mapping[str, str], folder: Path) -> None:
    """Write files into a folder that exists. Raises MachineError."""
    for name, text in files.items():
        try:
            (folder / name).write_text(text, encoding="utf-8")
        except OSError as error:
            raise MachineError(f"{folder / name}: {(error.strerror or str(error)).lower()}") from None


def complaints(problem: Path) -> list[str]:
    """What the format's own library has to say against a problem; nothing where it is valid."""
    import logging
    import warnings

    from petab.v1 import Problem, lint_problem

    found: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(record.getMessage())

    logger, handler = logging.getLogger("petab"), Keep(logging.ERROR)
    logger.addHandler(handler)
    propagate, logger.propagate = logger.propagate, False
    try:
        with warnings.catch_warnings():  # the library's own calls of pandas, which it has yet to mend
            warnings.filterwarnings("ignore", category=DeprecationWarning, module="petab")
            failed = lint_problem(Problem.from_yaml(str(problem)))
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagate
    return found or ["not valid"] if failed else []
