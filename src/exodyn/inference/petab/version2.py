"""Problems in version 2 of the format: conditions in rows, experiments in periods, placeholders by name.

Not read, and refused by name: models in other languages than SBML, several models, extensions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from exodyn.errors import InputError, nearest
from exodyn.inference.petab.files import files, listed
from exodyn.inference.petab.formula import names
from exodyn.inference.petab.problem import Measurement, Observable, Parameter, Period, Problem, Value
from exodyn.inference.petab.scale import KINDS
from exodyn.inference.petab.tables import Row, as_number, known_name, once, read_table
from exodyn.inference.priors import Prior

DISTRIBUTIONS = {
    "normal": ("normal", "lin"),
    "laplace": ("laplace", "lin"),
    "log-normal": ("normal", "log"),
    "log-laplace": ("laplace", "log"),
}
"""Noise distributions as distribution and transformation."""
PRIORS = {
    "uniform": "uniform",
    "normal": "normal",
    "laplace": "laplace",
    "log-normal": "logNormal",
    "log-laplace": "logLaplace",
    "log-uniform": "logUniform",
    "cauchy": "cauchy",
    "gamma": "gamma",
}
ONE_NUMBER: dict[str, Callable[[float], tuple[str, float, float]]] = {
    "rayleigh": lambda scale: ("rayleigh", 0.0, scale),
    "exponential": lambda scale: ("gamma", 1.0, scale),
    "chisquare": lambda degrees: ("gamma", degrees / 2, 2.0),
}
"""Priors that one number states."""
TABLES = ("condition_files", "experiment_files", "observable_files", "measurement_files", "parameter_files")


def read_version2(file: Path, document: Mapping[str, Any]) -> Problem:
    """The problem that a YAML file of version 2 describes. Raises InputError."""
    for extension in listed(document.get("extensions")):
        raise InputError(f"{file}: the extension '{extension}' is not supported")
    model = _model(file, document)
    found = {key: _files(file, document, key) for key in TABLES}
    parameters = _parameters(found["parameter_files"])
    values = _Values([p.name for p in parameters])
    conditions = _conditions(found["condition_files"], values)
    experiments = _experiments(found["experiment_files"], conditions)
    observables = _observables(found["observable_files"])
    rows = [r for f in found["measurement_files"] for r in read_table(f, MEASURED)]
    numbers = {name: i for i, name in enumerate(experiments)}
    measurements = [
        _measurement(row, numbers, list(experiments.values()), observables, values) for row in rows
    ]
    kept = tuple(m for m in measurements if not math.isnan(m.value))
    if not kept:
        raise InputError(f"{file}: measurement_files: there is no measurement")
    return Problem(
        file, model, parameters, observables, tuple(experiments.values()), kept,
        len(measurements) - len(kept), (file, model, *(f for key in TABLES for f in found[key])),
        tuple(values.derived), persistent=True, of_state=tuple(values.of_state),
    )  # fmt: skip


def _model(file: Path, document: Mapping[str, Any]) -> Path:
    models = document.get("model_files")
    if not isinstance(models, dict) or len(models) != 1:
        raise InputError(f"{file}: model_files: expected one model")
    (model,) = models.values()
    if not isinstance(model, dict) or model.get("language") != "sbml":
        language = model.get("language") if isinstance(model, dict) else model
        raise InputError(f"{file}: model_files: models in '{language}' are not supported, only in sbml")
    return files(file, model, "location")[0]


def _files(file: Path, document: Mapping[str, Any], key: str) -> list[Path]:
    optional = key in ("condition_files", "experiment_files")
    return [] if optional and not document.get(key) else files(file, document, key)


@dataclass
class _Values:
    """Cells that hold a number, a parameter or a formula of parameters, which is gathered in `derived`.

    What a condition sets may also be a formula of the model's state, which is gathered in `of_state`.
    """

    known: Sequence[str]
    derived: list[str] = field(default_factory=list)
    of_state: list[str] = field(default_factory=list)

    def change(self, row: Row, column: str, text: str) -> Value:
        """What a condition sets its target to."""
        try:
            state = as_number(text) is None and not set(names(text)) <= set(self.known)
        except InputError as error:
            raise row.error(column, str(error)) from None
        if not state:
            return self.read(row, column, text)
        if text not in self.of_state:
            self.of_state.append(text)
        return text

    def read(self, row: Row, column: str, text: str) -> Value:
        number = as_number(text)
        if number is not None:
            return number
        if text in self.known:
            return text
        try:
            used = names(text)
        except InputError as error:
            raise row.error(column, str(error)) from None
        for name in used:
            if name not in self.known:
                raise row.error(
                    column,
                    f"'{name}' in '{text}' is not in the parameter table{nearest(name, self.known)}",
                )
        if text not in self.derived:
            self.derived.append(text)
        return text


def _parameters(tables: Iterable[Path]) -> tuple[Parameter, ...]:
    rows = [r for file in tables for r in read_table(file, ("parameterId", "estimate"))]
    once(rows, "parameterId")
    return tuple(map(_parameter, rows))


def _parameter(row: Row) -> Parameter:
    name = row.required("parameterId")
    estimated = row.one_of("estimate", ("true", "false", "True", "False", "1", "0"), "true") in (
        "true",
        "True",
        "1",
    )
    nominal, lower, upper = row.number("nominalValue"), row.number("lowerBound"), row.number("upperBound")
    if math.isinf(nominal) or (math.isnan(nominal) and not estimated):
        raise row.error("nominalValue", f"parameter '{name}' needs a finite nominal value")
    if lower > upper:
        raise row.error("lowerBound", f"{lower:g} is above the upper bound, {upper:g}")
    lower, upper = (-math.inf if math.isnan(lower) else lower), (math.inf if math.isnan(upper) else upper)
    prior = _prior(row, lower, upper) if estimated else None
    return Parameter(name, "lin", lower, upper, nominal, estimated, prior, row.file, row.line, truncated=True)


def _prior(row: Row, lower: float, upper: float) -> tuple[str, float, float] | None:
    """What the row states; without a word, an even density between finite bounds."""
    kind = row.text("priorDistribution")
    if not kind:
        return ("uniform", lower, upper) if math.isfinite(lower) and math.isfinite(upper) else None
    row.one_of("priorDistribution", (*PRIORS, *ONE_NUMBER), "")
    stated = row.text("priorParameters")
    numbers = [n for part in stated.split(";") if (n := as_number(part.strip())) is not None]
    wanted = "one number" if kind in ONE_NUMBER else "two numbers such as 0;1"
    if len(numbers) != (1 if kind in ONE_NUMBER else 2) or not all(map(math.isfinite, numbers)):
        raise row.error("priorParameters", f"'{stated}', expected {wanted}")
    if kind in ONE_NUMBER:
        name, a, b = ONE_NUMBER[kind](numbers[0])
    else:
        name, (a, b) = PRIORS[kind], numbers
    try:
        Prior(KINDS[name], a, b)
    except InputError as error:
        raise row.error("priorParameters", f"'{stated}': {error}") from None
    return name, a, b


def _conditions(tables: Iterable[Path], values: _Values) -> dict[str, dict[str, Value]]:
    """For each condition the values that it states."""
    found: dict[str, dict[str, Value]] = {}
    for row in (r for f in tables for r in read_table(f, ("conditionId", "targetId", "targetValue"))):
        changes = found.setdefault(row.required("conditionId"), {})
        target = row.required("targetId")
        if target in changes:
            raise row.error("targetId", f"'{target}' is set twice by condition '{row.text('conditionId')}'")
        changes[target] = values.change(row, "targetValue", row.required("targetValue"))
    return found


def _experiments(
    tables: Sequence[Path], conditions: Mapping[str, Mapping[str, Value]]
) -> dict[str, tuple[Period, ...]]:
    """The periods of each experiment in order; under "" one without conditions, from time 0 on."""
    starts: dict[str, dict[float, dict[str, Value]]] = {}
    for row in (r for f in tables for r in read_table(f, ("experimentId", "time", "conditionId"))):
        time = row.number("time")
        if not (math.isfinite(time) or time == -math.inf):
            raise row.error("time", f"'{row.text('time')}', expected a number or -inf")
        changes = starts.setdefault(row.required("experimentId"), {}).setdefault(time, {})
        condition = row.text("conditionId")
        if condition:
            known_name(row, "conditionId", condition, conditions)
            for target, value in conditions[condition].items():
                if target in changes:
                    raise row.error("conditionId", f"'{target}' is set by two conditions at once")
                changes[target] = value
    found: dict[str, tuple[Period, ...]] = {"": (Period(0.0, {}),)}
    for name, periods in starts.items():
        if max(periods) == -math.inf:
            periods[0.0] = {}
        found[name] = tuple(Period(time, periods[time]) for time in sorted(periods))
    return found


def _observables(tables: Iterable[Path]) -> dict[str, Observable]:
    rows = [r for file in tables for r in read_table(file, ("observableId", "observableFormula"))]
    once(rows, "observableId")
    return {row.required("observableId"): _observable(row) for row in rows}


def _observable(row: Row) -> Observable:
    formula, noise = row.required("observableFormula"), row.text("noiseFormula") or "1"
    for column, text in (("observableFormula", formula), ("noiseFormula", noise)):
        try:
            names(text)
        except InputError as error:
            raise row.error(column, str(error)) from None
    distribution, transformation = DISTRIBUTIONS[
        row.one_of("noiseDistribution", tuple(DISTRIBUTIONS), "normal")
    ]
    placeholders: dict[str, tuple[str, int]] = {}
    for kind in ("observable", "noise"):
        stated = row.text(f"{kind}Placeholders")
        for number, name in enumerate(filter(None, map(str.strip, stated.split(";"))), 1):
            placeholders[name] = kind, number
    return Observable(
        row.text("observableId"), formula, noise, transformation, distribution,
        f"{row.file}, line {row.line}", placeholders,
    )  # fmt: skip


MEASURED = ("observableId", "measurement", "time")


def _measurement(
    row: Row,
    numbers: Mapping[str, int],
    experiments: Sequence[tuple[Period, ...]],
    observables: Mapping[str, Observable],
    values: _Values,
) -> Measurement:
    observable = known_name(row, "observableId", row.required("observableId"), observables)
    experiment = row.text("experimentId")
    if experiment:
        known_name(row, "experimentId", experiment, numbers)
    number = numbers[experiment]
    begin = next(p.start for p in experiments[number] if math.isfinite(p.start))
    time, value = row.number("time"), row.number("measurement")
    if not time >= begin:
        raise row.error("time", f"'{row.text('time')}', expected a number from {begin:g} on, or inf")
    if math.isinf(value):
        raise row.error("measurement", "is infinite")
    if value <= 0 and observables[observable].transformation != "lin":
        raise row.error("measurement", f"{value:g} has no logarithm, which the noise of '{observable}' is of")
    return Measurement(
        observable, number, time, value,
        _overrides(row, "observableParameters", values), _overrides(row, "noiseParameters", values),
        f"{row.file}, line {row.line}",
    )  # fmt: skip


def _overrides(row: Row, column: str, values: _Values) -> tuple[Value, ...]:
    stated = row.text(column)
    return tuple(values.read(row, column, t.strip()) for t in stated.split(";")) if stated else ()
