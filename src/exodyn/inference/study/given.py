"""From estimated parameters to what the model of a study is given: its parameters, and traits of patients.

What lies before the solver (traits, people, scales) is differenced, which is cheap and smooth.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exodyn.errors import InputError
from exodyn.inference.objective import Impossible
from exodyn.inference.study.data import Data, Unit
from exodyn.inference.study.marginal import Columns
from exodyn.inference.study.population import points, traits_of
from exodyn.inference.study.reading import Law, ReadoutLaw, law_of
from exodyn.inference.study.settings import Settings
from exodyn.study import Study
from exodyn.study.protocol import PER_WEIGHT, WEIGHT
from exodyn.study.uncertainty import TRAITS, with_parameters
from exodyn.symbolic.units import factor

Floats = NDArray[np.float64]

JUMP = 0.05
"""Of a parameter's width: how far it is moved to see what it moves, and whether in jumps."""


@dataclass(frozen=True)
class Pattern:
    """Units of one arm of which the same is known, and the virtual patients that stand behind all of them.

    times: rising, float64[times]. scores: normal scores of the traits, float64[patients, traits].
    """

    arm: int
    covariates: Mapping[str, float]
    units: tuple[Unit, ...]
    times: Floats
    scores: Floats


class Given:
    """What estimated parameters decide on. start and width: of each, where the fit starts and about the
    standard deviation of its prior. Raises InputError for a parameter that cannot be fitted.
    """

    def __init__(self, study: Study, data: Data, settings: Settings) -> None:
        self.study, self.settings = study, settings
        self.names = [one.name for one in settings.estimated]
        self.units = {one.name: one.unit for one in settings.estimated}
        self.start = {
            one.name: one.value(one.draw(0.5)) if one.start is None else one.start
            for one in settings.estimated
        }
        self.width = {
            one.name: abs(one.value(one.draw(0.84)) - one.value(one.draw(0.16))) / 2
            for one in settings.estimated
        }
        self._check_dose()
        self.reads = {name for law in settings.laws.values() for name in law.reads}
        self.set_by = self._find_set_by()
        patterns = _patterns(study, data, settings)
        self._check_jumps(patterns)
        self.patterns = tuple(self._without_needless(one) for one in patterns)
        self.direct = self._find_direct()

    def at(self, estimated: Mapping[str, float]) -> Study:
        """The study with these parameters. Raises Impossible."""
        try:
            return with_parameters(self.study, estimated, self.units, "being fitted")
        except ValueError as error:  # a trait whose center left its bounds
            raise Impossible(str(error)) from None

    def laws(self, study: Study) -> dict[str, Law]:
        """The laws of readings, by readout. Raises Impossible."""
        try:
            scales = {scale.name: scale for scale in study.scales}
        except InputError as error:
            raise Impossible(str(error)) from None
        return {
            name: law if isinstance(law, ReadoutLaw) else law_of(scales[name])
            for name, law in self.settings.laws.items()
        }

    def columns(self, pattern: Pattern, study: Study) -> Columns:
        """Model parameters and, as ``trait:NAME``, traits of virtual patients, float64[patients] by name."""
        with np.errstate(all="ignore"):
            traits = traits_of(study.population, pattern.scores, pattern.covariates)
            person = study.person(traits)
        found = {f"trait:{name}": column for name, column in traits.items() if name in self.reads}
        given = {one.name: one.value for one in study.overrides}
        for name, (by, rate) in self.set_by[pattern.arm].items():
            found[name] = np.full(len(pattern.scores), given[by] * rate)
        model = {parameter.name for parameter in self.study.models[pattern.arm].parameters}
        return found | {
            name: np.asarray(column, dtype=np.float64) for name, column in person.items() if name in model
        }

    def _find_set_by(self) -> list[dict[str, tuple[str, float]]]:
        """By arm: which estimated parameter sets a parameter of the model, and the factor of their units."""
        found = []
        for model in self.study.models:
            pairs = [(p, self.study.set_by(p.name, self.units)) for p in model.parameters]
            found.append({p.name: (by, factor(self.units[by], p.unit)) for p, by in pairs if by is not None})
        return found

    def moved(self, pattern: Pattern) -> set[str]:
        """Columns that some estimated parameter moves."""
        base = self.columns(pattern, self.at(self.start))
        found: set[str] = set()
        for name in self.names:
            h = JUMP * self.width[name]
            other = self.columns(pattern, self.at({**self.start, name: self.start[name] + h}))
            found |= {column for column in base if not np.array_equal(base[column], other[column])}
        return found

    def _find_direct(self) -> dict[tuple[int, str], dict[str, float]]:
        """d column / d parameter by arm and estimated parameter, for those that the model alone reads."""
        found: dict[tuple[int, str], dict[str, float]] = {}
        for pattern in self.patterns:
            study = self.at(self.start)
            base, laws = self.columns(pattern, study), self.laws(study)
            for name in self.names:
                if name.startswith(TRAITS):
                    continue
                h = JUMP * self.width[name]
                other = self.at({**self.start, name: self.start[name] + h})
                moved = self.columns(pattern, other)
                person = self.study.person(
                    traits_of(self.study.population, pattern.scores, pattern.covariates)
                )
                changes = {c: moved[c] - base[c] for c in base if not np.array_equal(moved[c], base[c])}
                if self.laws(other) == laws and not any(c in person for c in changes):
                    found[pattern.arm, name] = {c: float(d[0]) / h for c, d in changes.items()}
        return found

    def _check_jumps(self, patterns: Sequence[Pattern]) -> None:
        """Refuse a parameter that sorts patients into groups: the likelihood would be a staircase."""
        base_study = self.at(self.start)
        for one in self.settings.estimated:
            start, h = self.start[one.name], JUMP * self.width[one.name]
            for pattern in patterns[:1]:
                base = self.columns(pattern, base_study)
                steps = [
                    self.columns(pattern, self.at({**self.start, one.name: start + s * h}))
                    for s in (0.5, 1.0)
                ]
                for column, values in base.items():
                    half, whole = (np.abs(other[column] - values) for other in steps)
                    # a smooth column moves about half as far with half the step
                    jumped = (whole > 1e-9 * np.max(np.abs(values))) & ((half == 0) | (half == whole))
                    if np.any(jumped):
                        raise InputError(
                            f"'{one.name}' cannot be fitted: it sorts patients into groups, so that "
                            f"'{column}' jumps and the likelihood is a staircase; estimate something else"
                        )

    def _check_dose(self) -> None:
        """Weight that also sets the dose cannot be estimated."""
        by_weight = any(arm.dosing and arm.dosing.unit.endswith(PER_WEIGHT) for arm in self.study.arms)
        if by_weight and any(name.startswith(f"{TRAITS}{WEIGHT}.") for name in self.names):
            raise InputError(f"'{TRAITS}{WEIGHT}' sets the doses per kg: it cannot be estimated")

    def _without_needless(self, pattern: Pattern) -> Pattern:
        """A single virtual patient where all are the same in everything that the data read."""
        study = self.at({name: value + JUMP * self.width[name] for name, value in self.start.items()})
        columns = self.columns(pattern, study)
        model = study.models[pattern.arm]
        needed = {p.name for p in model.parameters} | {c for c in columns if c.startswith("trait:")}
        alike = all(np.ptp(column) == 0 for name, column in columns.items() if name in needed)
        by_weight = (arm := study.arms[pattern.arm]).dosing and arm.dosing.unit.endswith(PER_WEIGHT)
        if alike and not (by_weight and WEIGHT not in pattern.covariates):
            return dataclasses.replace(pattern, scores=np.zeros((1, pattern.scores.shape[1])))
        return pattern


def _patterns(study: Study, data: Data, settings: Settings) -> tuple[Pattern, ...]:
    scores = points(study.population, settings.patients, study.seed)
    groups: dict[tuple[int, tuple[tuple[str, float], ...]], list[Unit]] = {}
    for unit in data.units:
        groups.setdefault((unit.arm, tuple(unit.covariates.items())), []).append(unit)
    found = []
    for (arm, covariates), units in groups.items():
        times = sorted({one.time for unit in units for one in unit.measured})
        found.append(Pattern(arm, dict(covariates), tuple(units), np.array(times), scores))
    return tuple(found)
