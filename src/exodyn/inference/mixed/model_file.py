"""A mixed-effects model written as a page of TOML; docs/mixed_effects.md explains every key.

[model]
pk = "one_compartment_oral"

[parameters]
k_a = {start = 1.5, unit = "1/h", between = "lognormal", sd = 0.5}
cl = {start = 2.8, unit = "L/h", typical = "cl * (WT / 70)**0.75", between = "lognormal", sd = 0.3}
v = {start = 32, unit = "L"}

[residual.concentration]
additive = 0.7
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from exodyn.errors import InputError, nearest
from exodyn.inference.mixed.event_reader import read_event_table
from exodyn.inference.mixed.event_table import EventTable
from exodyn.inference.mixed.likelihood import Method, MixedLikelihood
from exodyn.inference.mixed.model import Correlated, Dosing, Individual, MixedModel, correlated, subjects
from exodyn.inference.mixed.residual import ResidualError
from exodyn.inference.parameters import Free
from exodyn.inference.priors import Prior
from exodyn.pharmacokinetics import STRUCTURES, Units
from exodyn.study.document import Document, Key, read
from exodyn.symbolic import Expr, Model, ParameterValue, Process, Symbol, compose, symbols
from exodyn.symbolic.formula import formula
from exodyn.symbolic.process import Parameter, members
from exodyn.symbolic.units import factor

WIDE = 1000.0
"""Without bounds of its own a positive parameter lies within this factor of its start."""
GREATEST_SD = 5.0
LEAST_SD = 1e-3
GREATEST_CORRELATION = 0.9999


@dataclass(frozen=True)
class ModelFile:
    """A model, what it reads from data, and how it is fitted."""

    path: str
    title: str
    model: MixedModel
    columns: Mapping[str, str]
    levels: Mapping[str, Mapping[str, float]]
    method: Method
    nodes: int
    starts: int
    seed: int
    replicates: int
    study: str = ""

    def data(self, path: str | Path) -> EventTable:
        """Read an event table for this model. Raises InputError."""
        unit = self.model.structure.time_unit
        return read_event_table(path, self.model.covariates, self.columns, self.levels, self.study, unit)

    def likelihood(self, table: EventTable, threads: int = 1) -> MixedLikelihood:
        """The likelihood of the table by this file's method."""
        return MixedLikelihood(self.model, table, self.method, self.nodes, threads)


@cache
def schema() -> dict[str, Any]:
    """The JSON schema of a model file."""
    text = files("exodyn.inference.mixed").joinpath("model.schema.json").read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)
    return content


def read_model(path: str | Path) -> ModelFile:
    """Read a model file. Raises InputError that names line and key."""
    return _Reader(read(path, schema())).model_file()


class _Reader:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.content = document.content
        self.free: list[Free] = []
        self.fixed: dict[str, float] = {}
        self.covariates: list[str] = document.content.get("data", {}).get("covariates", [])
        self.study: str = document.content.get("data", {}).get("study", "")

    def model_file(self) -> ModelFile:
        content = self.content
        structure, scale = self._structure()
        for name, entry in content.get("effects", {}).items():
            self._effect(("effects", name), name, entry)
        individuals = tuple(self._individual(name, entry) for name, entry in content["parameters"].items())
        groups = self._correlated()
        residuals = self._residuals(structure)
        data = content.get("data", {})
        for place, name in enumerate(self.covariates):
            if not name.isidentifier():
                self.document.complain(
                    ("data", "covariates", place), f"'{name}' is no name that a formula can hold"
                )
        try:
            model = MixedModel(
                structure=structure,
                free=tuple(self.free),
                fixed=self.fixed,
                individuals=individuals,
                residuals=residuals,
                covariates=tuple(self.covariates),
                correlated=groups,
                dosing=self._dosing(structure),
                compartments=data.get("compartments", {}),
                scale=scale,
            )
        except InputError as error:
            self.document.complain((), str(error))
        self._check(model)
        fit = content.get("fit", {})
        return ModelFile(
            path=self.document.path,
            title=content.get("title", ""),
            model=model,
            columns=data.get("columns", {}),
            levels=data.get("levels", {}),
            method=fit.get("method", "quadrature"),
            nodes=fit.get("nodes", 7),
            starts=fit.get("starts", 1),
            seed=fit.get("seed", 1),
            replicates=fit.get("replicates", 500),
            study=self.study,
        )

    # -- structure

    def _structure(self) -> tuple[Model, dict[str, float]]:
        """The structure with the starts as values, and the factor from each given unit to the structure's."""
        entry = self.content["model"]
        units = Units(**{k: entry[k] for k in ("amount", "volume", "time") if k in entry})
        parts: dict[str, type[Process]] = {}
        if "pk" in entry:
            if entry["pk"] not in STRUCTURES:
                hint = nearest(entry["pk"], STRUCTURES)
                self.document.complain(("model", "pk"), f"no structure '{entry['pk']}'{hint}")
            try:
                parts["pk"] = STRUCTURES[entry["pk"]](units)
            except InputError as error:
                self.document.complain(("model",), str(error))
        for place, text in enumerate(entry.get("processes", [])):
            parts[text] = self._process(("model", "processes", place), text)
        if not parts:
            self.document.complain(("model",), "expected pk or processes")
        own = {m.name: m.unit for p in parts.values() for m in members(p) if isinstance(m, Parameter)}
        given = self.content["parameters"]
        for name in own:
            if name not in given:
                self.document.complain(("parameters",), f"'{name}' is missing, which the structure needs")
        scale = {name: self._factor(name, unit) for name, unit in own.items()}
        records = {
            name: ParameterValue(Symbol(name), float(entry.get("start", 1.0)), own.get(name, ""))
            for name, entry in given.items()
        }
        try:
            return compose(Path(self.document.path).stem, parts, records, units.time), scale
        except InputError as error:
            self.document.complain(("model",), str(error))

    def _process(self, key: Key, text: str) -> type[Process]:
        path, _, name = text.rpartition(":")
        file = Path(self.document.path).parent / path
        if not (path and file.suffix == ".py" and file.is_file()):
            self.document.complain(key, f"'{text}', expected FILE.py:CLASS with a file that is there")
        spec = importlib.util.spec_from_file_location(file.stem, file)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        own = {
            k: v
            for k, v in vars(module).items()
            if isinstance(v, type) and issubclass(v, Process) and v is not Process
        }
        if name not in own:
            self.document.complain(key, f"{file.name} has no process '{name}'{nearest(name, own)}")
        return own[name]

    def _factor(self, name: str, unit: str) -> float:
        given = self.content["parameters"][name].get("unit", unit)
        try:
            return factor(given, unit) if given != unit else 1.0
        except InputError as error:
            self.document.complain(("parameters", name, "unit"), str(error))

    # -- parameters

    def _effect(self, key: Key, name: str, entry: Mapping[str, Any], positive: bool = False) -> None:
        """A fixed effect: free, or fixed at its start."""
        if not name.isidentifier():
            self.document.complain(key, "expected a name of letters, digits and _")
        if name in self.covariates:
            self.document.complain(key, f"'{name}' is a covariate: choose another name")
        start = float(entry["start"])
        if entry.get("fixed", False):
            self.fixed[name] = start
            return
        low, high, scale = entry.get("low"), entry.get("high"), "lin"
        if positive:
            if start <= 0:
                self.document.complain((*key, "start"), f"{start:g}, expected a number above 0")
            scale = "log"
            low, high = (
                low if low is not None else start / WIDE,
                high if high is not None else start * WIDE,
            )
        size = max(abs(start), 1.0)
        low = -WIDE * size if low is None else low
        high = WIDE * size if high is None else high
        self.free.append(
            Free(name, float(low), float(high), scale, start, self._prior(key, entry), entry.get("unit", "1"))
        )

    def _prior(self, key: Key, entry: Mapping[str, Any]) -> Prior | None:
        given = entry.get("prior")
        if given is None:
            return None
        try:
            return Prior(given["kind"], given["a"], given["b"], source=given.get("source", ""))
        except InputError as error:
            self.document.complain((*key, "prior"), str(error))

    def _individual(self, name: str, entry: Mapping[str, Any]) -> Individual:
        key: Key = ("parameters", name)
        if ("start" in entry) == ("value" in entry):
            self.document.complain(key, "expected either start or value")
        between = entry.get("between")
        if "value" in entry:
            for other in (
                "typical",
                "between",
                "sd",
                "fixed",
                "low",
                "high",
                "prior",
                "sd_fixed",
                "occasion_sd",
                "study_sd",
            ):
                if other in entry:
                    self.document.complain((*key, other), "stands beside value, which decides all")
            return Individual(name, self._formula((*key, "value"), entry["value"], name))
        if (between is None) != ("sd" not in entry):
            self.document.complain(key, "between and sd need each other")
        for other in ("occasion_sd", "study_sd"):
            if between is None and other in entry:
                self.document.complain((*key, other), "needs between and sd beside it")
        if "study_sd" in entry and not self.study:
            self.document.complain((*key, "study_sd"), "needs [data] study, the column that names the study")
        if "occasion_sd" in entry and self.study:
            self.document.complain((*key, "occasion_sd"), "occasions beside studies are not supported")
        positive = between == "lognormal" or (
            between is None and entry["start"] > 0 and entry.get("low", 0) >= 0
        )
        low, high = 0.0, 1.0
        if between == "logit":
            low, high = float(entry.get("low", 0.0)), float(entry.get("high", 1.0))
            if not low < entry["start"] < high:
                self.document.complain(
                    (*key, "start"), f"{entry['start']}, expected between {low:g} and {high:g}"
                )
            edge = 1e-6 * (high - low)
            entry = {**entry, "low": low + edge, "high": high - edge}
        self._effect(key, name, entry, positive)
        typical = self._formula((*key, "typical"), entry.get("typical", name))
        if between is None:
            return Individual(name, typical)
        sd, occasion = f"sd({name})", ""
        if self.study:
            sd, occasion = "", sd
            if "study_sd" in entry:
                sd = f"sd({name}, study)"
                self._spread(sd, float(entry["study_sd"]), False, between, entry)
            self._spread(occasion, float(entry["sd"]), entry.get("sd_fixed", False), between, entry)
            return Individual(name, typical, between, sd, low, high, occasion)
        self._spread(sd, float(entry["sd"]), entry.get("sd_fixed", False), between, entry)
        if "occasion_sd" in entry:
            occasion = f"sd({name}, occasion)"
            self._spread(occasion, float(entry["occasion_sd"]), False, between, entry)
        return Individual(name, typical, between, sd, low, high, occasion)

    def _spread(self, sd: str, start: float, fixed: bool, between: str, entry: Mapping[str, Any]) -> None:
        if fixed:
            self.fixed[sd] = start
            return
        least, most = LEAST_SD, GREATEST_SD
        if between == "normal":
            least, most = start / WIDE, start * WIDE
        unit = entry.get("unit", "1") if between == "normal" else "1"
        self.free.append(Free(sd, min(least, start), max(most, start), "log", start, None, unit))

    def _formula(self, key: Key, text: str, own: str = "") -> Expr:
        """A formula of parameters (but not its own), effects and covariates."""
        known = [*self.content["parameters"], *self.content.get("effects", {}), *self.covariates]
        try:
            return formula(text, {name: Symbol(name) for name in known if name != own})
        except InputError as error:
            self.document.complain(key, str(error))

    def _correlated(self) -> tuple[Correlated, ...]:
        if self.study and self.content.get("correlated"):
            self.document.complain(("correlated",), "correlations beside studies are not supported")
        groups = tuple(correlated(group) for group in self.content.get("correlated", []))
        for group in groups:
            for row in group.partial:
                for name in row:
                    bound = GREATEST_CORRELATION
                    self.free.append(Free(name, -bound, bound, "lin", 0.0))
        return groups

    def _dosing(self, structure: Model) -> tuple[Dosing, ...]:
        states = [s.name for s in structure.states]
        found = []
        for state, entry in self.content.get("doses", {}).items():
            if state not in states:
                self.document.complain(("doses", state), f"no such state{nearest(state, states)}")
            for kind, name in entry.items():
                if name not in self.content["parameters"]:
                    hint = nearest(name, self.content["parameters"])
                    self.document.complain(("doses", state, kind), f"no parameter '{name}'{hint}")
            found.append(Dosing(state, **entry))
        return tuple(found)

    def _residuals(self, structure: Model) -> tuple[ResidualError, ...]:
        known = [r.name for r in structure.readouts] + [s.name for s in structure.states]
        entries = self.content["residual"]
        found = []
        for output, entry in entries.items():
            key: Key = ("residual", output)
            if output not in known:
                self.document.complain(key, f"the structure has no output '{output}'{nearest(output, known)}")
            if "log" in entry and ("additive" in entry or "proportional" in entry):
                self.document.complain(
                    key, "log stands alone: an error of the logarithm is proportional already"
                )
            if len(entries) > 1 and "dvid" not in entry:
                self.document.complain(key, "expected dvid, the value of DVID for this output")
            names = {}
            for kind in ("additive", "proportional", "log"):
                if kind in entry:
                    start = float(entry[kind])
                    names[kind] = kind if len(entries) == 1 else f"{kind}({output})"
                    self.free.append(Free(names[kind], start / WIDE, start * WIDE, "log", start))
            found.append(ResidualError(output, dvid=str(entry.get("dvid", "")), **names))
        return tuple(found)

    def _check(self, model: MixedModel) -> None:
        try:
            subjects(model)
        except InputError as error:
            self.document.complain(("parameters",), str(error))
        if not model.free:
            self.document.complain(("parameters",), "everything is fixed: nothing is to be estimated")
        used = {p.name for p in model.structure.parameters}
        used |= {name for one in model.dosing for name in one.parameters}
        reads = {one.name: {s.name for s in symbols([one.typical])} for one in model.individuals}
        while more := {n for name in used if name in reads for n in reads[name]} - used:
            used |= more
        for name in [*self.content["parameters"], *self.content.get("effects", {})]:
            if name not in used:
                key = ("parameters" if name in self.content["parameters"] else "effects", name)
                self.document.complain(key, f"decides nothing{nearest(name, used)}")
