"""Problems in version 1 of the format: one row a condition, which holds before or during a simulation."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from exodyn.errors import InputError, nearest
from exodyn.inference.petab.files import files, listed
from exodyn.inference.petab.formula import names
from exodyn.inference.petab.problem import Measurement, Observable, Parameter, Period, Problem, Value
from exodyn.inference.petab.tables import Row, as_number, known_name, once, read_table
from exodyn.symbolic.sbml import read_sbml

SCALES = ("lin", "log", "log10")
TRANSFORMATIONS = ("lin", "log", "log10")
DISTRIBUTIONS = ("normal", "laplace")
PRIORS = (
    "parameterScaleUniform", "parameterScaleNormal", "parameterScaleLaplace",
    "uniform", "normal", "laplace", "logNormal", "logLaplace",
)  # fmt: skip
READ = ("sbml_files", "condition_files", "observable_files", "measurement_files")


def read_version1(file: Path, document: Mapping[str, Any]) -> Problem:
    """The problem that a YAML file of version 1 describes. Raises InputError."""
    problems = document.get("problems")
    if not isinstance(problems, list) or not problems or not isinstance(problems[0], dict):
        raise InputError(f"{file}: problems: expected a list with the files of one problem")
    if len(problems) > 1:
        raise InputError(f"{file}: problems: {len(problems)} models in one problem are not supported")
    part: Mapping[str, Any] = problems[0]
    for extension in listed(document.get("extensions")):
        raise InputError(f"{file}: the extension '{extension}' is not supported")
    for key in ("mapping_files", "model_files"):
        if part.get(key):
            raise InputError(f"{file}: {key} is not supported in version 1")
    models = files(file, part, "sbml_files")
    if len(models) > 1:
        raise InputError(f"{file}: sbml_files: {len(models)} models, expected one")
    parameters = _parameters(files(file, document, "parameter_file"))
    known = [p.name for p in parameters]
    conditions = _conditions(_optional(file, part, "condition_files"), known, _Constants(models[0]))
    observables = _observables(files(file, part, "observable_files"))
    rows = [r for f in files(file, part, "measurement_files") for r in read_table(f, MEASURED)]
    experiments: dict[tuple[str, str], int] = {}
    measurements = [_measurement(row, conditions, observables, known, experiments) for row in rows]
    kept = tuple(m for m in measurements if not math.isnan(m.value))
    if not kept:
        raise InputError(f"{file}: measurement_files: there is no measurement")
    tables = [f for key in READ for f in _optional(file, part, key)]
    return Problem(
        file, models[0], parameters, observables,
        _experiments(conditions, experiments),
        kept, len(measurements) - len(kept),
        (file, *files(file, document, "parameter_file"), *tables),
    )  # fmt: skip


def _optional(file: Path, part: Mapping[str, Any], key: str) -> list[Path]:
    return files(file, part, key) if part.get(key) else []


# ---------------------------------------------------------------- parameters


def _parameters(files: Iterable[Path]) -> tuple[Parameter, ...]:
    required = ("parameterId", "parameterScale", "estimate")
    rows = [r for file in files for r in read_table(file, required)]
    once(rows, "parameterId")
    return tuple(map(_parameter, rows))


def _parameter(row: Row) -> Parameter:
    name = row.required("parameterId")
    scale = row.one_of("parameterScale", SCALES, "lin")
    estimated = row.text("estimate").lower()
    if estimated not in ("0", "1", "0.0", "1.0", "true", "false"):
        raise row.error("estimate", f"'{estimated}', expected 0 or 1")
    nominal = row.number("nominalValue")
    if math.isinf(nominal) or (math.isnan(nominal) and estimated[0] not in "1t"):
        raise row.error("nominalValue", f"parameter '{name}' needs a finite nominal value")
    if scale != "lin" and nominal < 0 and estimated[0] in "1t":
        raise row.error(
            "nominalValue", f"{nominal:g} of '{name}' has no {scale}; expected a number from 0 on"
        )
    lower, upper = row.number("lowerBound"), row.number("upperBound")
    if lower > upper:
        raise row.error("lowerBound", f"{lower:g} is above the upper bound, {upper:g}")
    return Parameter(
        name, scale,
        -math.inf if math.isnan(lower) else lower, math.inf if math.isnan(upper) else upper,
        nominal, estimated[0] in "1t", _prior(row), row.file, row.line,
    )  # fmt: skip


def _prior(row: Row) -> tuple[str, float, float] | None:
    """The objective prior that the row states; a uniform one without numbers is only the bounds."""
    kind = row.text("objectivePriorType")
    stated = row.text("objectivePriorParameters")
    if not kind or (kind == "parameterScaleUniform" and not stated):
        return None
    row.one_of("objectivePriorType", PRIORS, "")
    numbers = [n for part in stated.split(";") if (n := as_number(part.strip())) is not None]
    if len(numbers) != 2 or stated.count(";") != 1:
        raise row.error("objectivePriorParameters", f"'{stated}', expected two numbers such as 0;1")
    a, b = numbers
    uniform = kind in ("uniform", "parameterScaleUniform")
    if not (math.isfinite(a) and math.isfinite(b)) or (a >= b if uniform else b <= 0):
        wanted = "a lower and an upper end" if uniform else "a location and a scale above 0"
        raise row.error("objectivePriorParameters", f"'{stated}', expected {wanted}")
    return kind, a, b


# ---------------------------------------------------------------- conditions and observables


class _Constants:
    """Values of the model's parameters, which conditions may name too; the model is read when one does."""

    def __init__(self, model: Path) -> None:
        self.model = model

    def __getitem__(self, name: str) -> float:
        """The value of a constant parameter. Raises KeyError where there is none of this name."""
        return self._values[name]

    @cached_property
    def _values(self) -> dict[str, float]:
        return {p.name: p.value for p in read_sbml(self.model).model.parameters}


def _conditions(
    files: Iterable[Path], known: Sequence[str], constants: _Constants
) -> dict[str, dict[str, Value]]:
    """For each condition the values that it states; without any, under "" one that states nothing."""
    rows = [r for file in files for r in read_table(file, ("conditionId",))]
    once(rows, "conditionId")
    ignored = ("conditionId", "conditionName", "")
    found: dict[str, dict[str, Value]] = {} if rows else {"": {}}
    for row in rows:
        stated = {c: t for c in row.cells if c not in ignored and (t := row.text(c))}
        found[row.required("conditionId")] = {
            column: _changed(row, column, text, known, constants) for column, text in stated.items()
        }
    return found


def _changed(row: Row, column: str, text: str, known: Sequence[str], constants: _Constants) -> Value:
    if as_number(text) is None and text not in known:
        with contextlib.suppress(KeyError):
            return constants[text]
    return _value(row, column, text, known)


def _value(row: Row, column: str, text: str, known: Sequence[str]) -> Value:
    number = as_number(text)
    if number is not None:
        return number
    if text not in known:
        raise row.error(
            column, f"'{text}' is neither a number nor in the parameter table{nearest(text, known)}"
        )
    return text


def _observables(files: Iterable[Path]) -> dict[str, Observable]:
    rows = [r for file in files for r in read_table(file, ("observableId", "observableFormula"))]
    once(rows, "observableId")
    return {row.required("observableId"): _observable(row) for row in rows}


def _observable(row: Row) -> Observable:
    formula = row.required("observableFormula")
    noise = row.text("noiseFormula") or "1"
    for column, text in (("observableFormula", formula), ("noiseFormula", noise)):
        try:
            names(text)
        except InputError as error:
            raise row.error(column, str(error)) from None
    return Observable(
        row.text("observableId"), formula, noise,
        row.one_of("observableTransformation", TRANSFORMATIONS, "lin"),
        row.one_of("noiseDistribution", DISTRIBUTIONS, "normal"),
        f"{row.file}, line {row.line}",
    )  # fmt: skip


# ---------------------------------------------------------------- measurements

MEASURED = ("observableId", "simulationConditionId", "measurement", "time")


def _measurement(
    row: Row,
    conditions: Mapping[str, object],
    observables: Mapping[str, Observable],
    known: Sequence[str],
    experiments: dict[tuple[str, str], int],
) -> Measurement:
    observable = known_name(row, "observableId", row.required("observableId"), observables)
    during = row.text("simulationConditionId")
    if during or "" not in conditions:
        known_name(row, "simulationConditionId", during or row.required("simulationConditionId"), conditions)
    kind = row.text("measurementType")
    if kind:
        raise row.error(
            "measurementType", f"'{kind}' is no part of the format: only measured numbers are read"
        )
    before = row.text("preequilibrationConditionId")
    if before:
        known_name(row, "preequilibrationConditionId", before, conditions)
    time = row.number("time")
    if not time >= 0:
        raise row.error("time", f"'{row.text('time')}', expected a number from 0 on, or inf")
    value = row.number("measurement")
    if math.isinf(value):
        raise row.error("measurement", "is infinite")
    if value <= 0 and observables[observable].transformation != "lin":
        kind = observables[observable].transformation
        raise row.error("measurement", f"{value:g} has no {kind}, by which '{observable}' is transformed")
    return Measurement(
        observable,
        experiments.setdefault((before, during), len(experiments)),
        time,
        value,
        _overrides(row, "observableParameters", known),
        _overrides(row, "noiseParameters", known),
        f"{row.file}, line {row.line}",
    )


def _overrides(row: Row, column: str, known: Sequence[str]) -> tuple[Value, ...]:
    stated = row.text(column)
    return tuple(_value(row, column, t.strip(), known) for t in stated.split(";")) if stated else ()


def _experiments(
    conditions: Mapping[str, Mapping[str, Value]], pairs: Iterable[tuple[str, str]]
) -> tuple[tuple[Period, ...], ...]:
    """The periods of each pair of conditions, before and during; equal ones are one object."""
    before = {name: Period(-math.inf, values) for name, values in conditions.items()}
    during = {name: Period(0.0, values) for name, values in conditions.items()}
    return tuple((before[b], during[d]) if b else (during[d],) for b, d in pairs)
