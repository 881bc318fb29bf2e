"""A study, read from its file and checked against its indication. Times are days after the injury."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exodyn.evidence import Limits, ParameterRecord, says
from exodyn.indications import Indication, Population, get_indication
from exodyn.scales import FloatArray, Scale
from exodyn.study import document
from exodyn.study.protocol import Arm, Override, Precision
from exodyn.study.uncertainty import Uncertainty, of_draw
from exodyn.symbolic import Model, override
from exodyn.symbolic.units import factor

if TYPE_CHECKING:
    from exodyn.study.result import Result


@dataclass(frozen=True)
class Study:
    """Arms, virtual patients and visits of one indication.

    patients: how many; every arm follows the same ones. visits: days after the injury, the first is the
    baseline. control: index of the arm that others are compared with. population: the indication's with the
    study's changes. rtol: relative tolerance of the integration; precision: "double" or "single".
    uncertainty: what bands carry.
    """

    title: str
    indication: Indication
    species: str
    patients: int
    visits: tuple[float, ...]
    arms: tuple[Arm, ...]
    control: int
    seed: int
    keep: str
    population: Population
    changed_traits: tuple[str, ...]
    overrides: tuple[Override, ...]
    rtol: float
    precision: Precision
    text: str
    uncertainty: Uncertainty = field(default_factory=Uncertainty)

    @staticmethod
    def load(path: str | Path, find: Callable[[str], Indication] = get_indication) -> Study:
        """Read a study file. Raises InputError with file, line and key."""
        from exodyn.study.reading import study_of

        return study_of(document.read(path), find)

    @staticmethod
    def parse(text: str, path: str = "study", find: Callable[[str], Indication] = get_indication) -> Study:
        """Read the text of a study file. Raises InputError; `path` stands in its messages."""
        from exodyn.study.reading import study_of

        return study_of(document.parse(text, path), find)

    def with_(
        self, *, patients: int | None = None, seed: int | None = None, keep: str | None = None
    ) -> Study:
        """The study with another number of patients, seed or extent of what is kept. Raises InputError."""
        changes = {
            name: value
            for name, value in (("patients", patients), ("seed", seed), ("keep", keep))
            if value is not None
        }
        for name, value in changes.items():
            document.check_value(name, value)
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]

    def run(
        self,
        patients: int | None = None,
        seed: int | None = None,
        threads: int | None = None,
        keep: str | None = None,
    ) -> Result:
        """Run the study in memory and return its result; `exodyn run` does the same into a directory.

        threads: None takes all cores that this process may use. Raises InputError.
        """
        from exodyn.study.run import run

        return run(self.with_(patients=patients, seed=seed, keep=keep), threads=threads)

    @cached_property
    def models(self) -> tuple[Model, ...]:
        """The model of each arm, the study's own parameter values in it.

        An untreated arm runs the model of the first treated one without doses, so that both are compared
        by the same equations.
        """
        treated = [arm.dosing for arm in self.arms if arm.dosing is not None]
        if treated:
            default = treated[0].product, treated[0].route
        else:
            default = self.indication.products(self.species)[0], self.indication.routes(self.species)[0]
        pairs = [
            (arm.dosing.product, arm.dosing.route) if arm.dosing is not None else default for arm in self.arms
        ]
        made = {pair: self._model(*pair) for pair in dict.fromkeys(pairs)}
        return tuple(made[pair] for pair in pairs)

    def _model(self, product: str, route: str) -> Model:
        model = self.indication.model(self.species, product, route)
        own = {one.name: one for one in self.overrides}
        for parameter in model.parameters:
            by = self.set_by(parameter.name, own)
            if by is not None:
                one = own[by]
                model = override(
                    model, parameter.name, one.value, one.unit, status=one.status, source=one.reason
                )
        return model

    def set_by(self, parameter: str, given: Container[str]) -> str | None:
        """Which of the names given sets a parameter of the model.

        The liver's copy of k_release is set by its own name, or else with all others by k_release.
        """
        if parameter in given:
            return parameter
        records = self.indication.parameters(self.species)
        record = None if parameter in records else self.record(parameter)
        return record.symbol if record is not None and record.symbol in given else None

    def of_draw(self, number: int) -> Study:
        """The study with the parameters of one posterior draw; itself where there are no draws."""
        return of_draw(self, number)

    @cached_property
    def parameters(self) -> Mapping[str, ParameterRecord]:
        """What the model, its patients and its scales go by: the records with the study's own values."""
        found = dict(self.indication.parameters(self.species))
        for one in self.overrides:
            if one.name in found:
                old = found[one.name]
                value = one.value * factor(one.unit, old.unit)
                found[one.name] = dataclasses.replace(
                    old, value=value, records=(), status=one.status, reason=one.reason
                )
        return found

    @cached_property
    def scales(self) -> tuple[Scale, ...]:
        """The scales by which function is read."""
        return self.indication.scales(self.species, self.parameters)

    def person(self, traits: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        """Model parameters of each patient from its traits, arrays over patients."""
        return self.indication.person(self.species, traits, self.parameters)

    def record(self, parameter: str) -> ParameterRecord | None:
        """What is known of a parameter; ``liver_k_release`` is the liver's copy of ``k_release``."""
        records = self.indication.parameters(self.species)
        if parameter in records:
            return records[parameter]
        return next((one for name, one in records.items() if parameter.endswith(f"_{name}")), None)

    def doubts(self) -> list[str]:
        """A line for each value set outside of where its number may lie, and for draws of older data."""
        draws = self.uncertainty.used
        found = [draws.stale()] if draws is not None and draws.stale() else []
        for one in self.overrides:
            record = self.record(one.name)
            if record is None or record.low is None or record.high is None:
                continue
            plausible = Limits(record.low, record.high)
            if not plausible.allow(one.value * factor(one.unit, record.unit)):
                expected = plausible.says(record.unit)
                found.append(
                    f"parameters.{one.name}: {says(one.value, one.unit)} is unusual, known is {expected}"
                )
        return found

    def inputs(self) -> dict[str, Any]:
        """All that the study says, as JSON values: what decides a result together with versions."""
        return {
            "indication": self.indication.name,
            "model": self.indication.size,
            "species": self.species,
            "patients": self.patients,
            "seed": self.seed,
            "keep": self.keep,
            "visits_d": list(self.visits),
            "control": self.arms[self.control].name,
            "arms": {
                arm.name: dataclasses.asdict(arm.dosing) if arm.dosing is not None else None
                for arm in self.arms
            },
            "traits": {
                trait.name: {
                    "kind": trait.kind,
                    "center": trait.center,
                    "spread": trait.spread,
                    "low": trait.low,
                    "high": trait.high,
                    "unit": trait.unit,
                }
                for trait in self.population.traits
            },
            "correlations": {f"{a}, {b}": value for a, b, value in self.population.correlations},
            "parameters": {one.name: dataclasses.asdict(one) for one in self.overrides},
            "rtol": self.rtol,
            "precision": self.precision,
            "uncertainty": self.uncertainty.inputs(),
        }

    @property
    def sha256(self) -> str:
        """Hash of the study file's text."""
        return hashlib.sha256(self.text.encode()).hexdigest()
