"""A study as a PEtab problem, for every program that reads the format.

The model is that of the patient with median traits: PEtab has no virtual patients. An arm is a condition that
switches its doses on. Parameters that were fitted are estimated, within a factor of ten.
"""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from exodyn.errors import InputError, MachineError, nearest
from exodyn.study import Study, joint
from exodyn.symbolic import Model
from exodyn.symbolic.sbml import sbml_text

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


@dataclass(frozen=True)
class Value:
    """One value to write. value: None is what the model says. noise: its SD, None if not known."""

    arm: int
    readout: str
    time: float
    value: float | None = None
    noise: float | None = None


def tables(study: Study, values: Sequence[Value] = (), arm: str | None = None) -> dict[str, str]:
    """All files of the problem by name.

    values: what was measured; without any, the model's own predictions at the study's visits, so that another
    program can be held against them. arm: this one only. Raises InputError for arms with different models.
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
    files = {
        "problem.yaml": PROBLEM,
        "model.xml": sbml_text(model),
        "conditions.tsv": _conditions(study, ids),
        "parameters.tsv": "",
        "observables.tsv": "",
        "measurements.tsv": "",
    }
    if any(v.value is None for v in wanted):
        wanted = _predicted(files, wanted, ids, readouts)
    sizes = {r: max([abs(v.value or 0.0) for v in wanted if v.readout == r]) or 1.0 for r in readouts}
    known = {r: all(v.noise is not None for v in wanted if v.readout == r) for r in readouts}
    files["observables.tsv"] = _observables(readouts)
    files["measurements.tsv"] = _measurements(wanted, ids)
    files["parameters.tsv"] = _parameters(model, {r: sizes[r] * NOISE for r in readouts if not known[r]})
    return files


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
    files: Mapping[str, str], wanted: Sequence[Value], ids: Mapping[int, str], readouts: Sequence[str]
) -> list[Value]:
    """The values with the model's own numbers: the problem itself is simulated for them."""
    from exodyn.inference.petab.objective import Compiled, nominal
    from exodyn.inference.petab.problem import read_problem

    draft = [Value(v.arm, v.readout, v.time, 0.0, 1.0) for v in wanted]
    complete = {
        **files,
        "observables.tsv": _observables(readouts),
        "measurements.tsv": _measurements(draft, ids),
        "parameters.tsv": _table([PARAMETER]),
    }
    with tempfile.TemporaryDirectory() as folder:
        write(complete, Path(folder))
        problem = read_problem(Path(folder) / "problem.yaml")
        simulated = Compiled(problem).outcome(nominal(problem)).simulated.tolist()
    size = {
        r: max(abs(s) for s, v in zip(simulated, wanted, strict=True) if v.readout == r) for r in readouts
    }
    return [
        Value(v.arm, v.readout, v.time, s, NOISE * size[v.readout] or 1.0)
        for s, v in zip(simulated, wanted, strict=True)
    ]


PARAMETER = (
    "parameterId", "parameterName", "parameterScale", "lowerBound", "upperBound", "nominalValue", "estimate",
)  # fmt: skip


def _table(rows: Sequence[Sequence[object]]) -> str:
    """Tab-separated values; a cell cannot hold tabs or line ends."""
    return "".join("\t".join(" ".join(str(cell).split()) for cell in row) + "\n" for row in rows)


def _conditions(study: Study, ids: Mapping[int, str]) -> str:
    rows = [["conditionId", "conditionName", *(f"in_{name}" for name in ids.values())]]
    for number, name in ids.items():
        rows.append([name, study.arms[number].name, *(str(int(other == name)) for other in ids.values())])
    return _table(rows)


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


def _measurements(values: Sequence[Value], ids: Mapping[int, str]) -> str:
    head = ("observableId", "simulationConditionId", "time", "measurement", "noiseParameters")
    rows = [
        (f"observable_{v.readout}", ids[v.arm], repr(v.time), repr(v.value), v.noise or f"sd_{v.readout}")
        for v in values
    ]
    return _table([head, *rows])


def _parameters(model: Model, noise: Mapping[str, float]) -> str:
    """What was fitted is estimated; all else stays in the model. Then a standard deviation a readout."""
    rows: list[Sequence[object]] = [PARAMETER]
    for p in model.parameters:
        if p.status == "fitted" and math.isfinite(p.value) and p.value != 0:
            ends = sorted((p.value / RANGE, p.value * RANGE))
            scale = "log10" if p.value > 0 else "lin"
            rows.append((p.name, p.meaning or p.name, scale, repr(ends[0]), repr(ends[1]), repr(p.value), 1))
    for name, size in noise.items():
        ends = [size / 1000, size * 1000]
        rows.append((f"sd_{name}", f"noise of {name}", "log10", repr(ends[0]), repr(ends[1]), repr(size), 1))
    return _table(rows)


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

    from petab.v1 import Problem, lint_problem

    found: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(record.getMessage())

    logger, handler = logging.getLogger("petab"), Keep(logging.ERROR)
    logger.addHandler(handler)
    propagate, logger.propagate = logger.propagate, False
    try:
        failed = lint_problem(Problem.from_yaml(str(problem)))
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagate
    return found or ["not valid"] if failed else []
