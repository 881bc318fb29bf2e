"""The likelihood of a user's data under a study's model, with its gradient.

Behind each subject or group stand virtual patients (`population`), and the model is solved for each of them
(`given` says with what). `marginal` is the likelihood of what was measured, given what they show.

The derivative by what the model gives goes back through the solver by its adjoint; what lies before it is
differenced.
"""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exodyn.engine import Engine, Schedule
from exodyn.engine.gradient import GRADIENTS_AT_ONCE
from exodyn.inference.objective import Impossible, Posterior
from exodyn.inference.study.data import Data, outputs_of
from exodyn.inference.study.given import Given, Pattern
from exodyn.inference.study.marginal import Columns, Slopes, likelihood
from exodyn.inference.study.population import traits_of
from exodyn.inference.study.reading import Law
from exodyn.inference.study.settings import Settings
from exodyn.study import Study
from exodyn.study.ensemble import Ensemble

Floats = NDArray[np.float64]

RTOL = 1e-6
"""Of the integration while fitting: an optimiser sees the steps of a looser one."""
STEP = 1e-5
"""Of a parameter's width: the step of the differences before the solver."""
JUMP = 0.05
"""Of a parameter's width: how far it is moved to see what it moves, and whether in jumps."""


@dataclass(frozen=True)
class Batch:
    """Patterns that are solved together, at all their times, with the doses of all their virtual patients."""

    arm: int
    patterns: tuple[Pattern, ...]
    times: Floats
    doses: Schedule


@dataclass(frozen=True)
class Solved:
    """A pattern after a solve: its columns, the likelihood's derivative by each, and what the model gave."""

    pattern: Pattern
    columns: Columns
    by: Columns
    values: Floats
    times: Floats
    found: Slopes


class StudyLikelihood:
    """Call it with values of `settings.free`; it gives the log likelihood and its gradient.

    refused: how often it could not be computed, by reason; its posterior counts there.
    """

    def __init__(self, study: Study, data: Data, settings: Settings) -> None:
        """Compiles the model with its derivatives. Raises InputError for what cannot be fitted."""
        self.refused: Counter[str] = Counter()
        self.study = dataclasses.replace(study, rtol=min(study.rtol, RTOL), precision="double")
        self.settings = settings
        self.ensemble = Ensemble(self.study)
        self.given = Given(self.study, data, settings)
        self.outputs = tuple(sorted(set(outputs_of(self.study.models[0])) & self.given.reads))
        self.engines = self._compiled()
        self.batches = self._batches()

    @property
    def patterns(self) -> tuple[Pattern, ...]:
        """Subjects and groups, by arm and what is known of them."""
        return self.given.patterns

    def __call__(self, values: Floats) -> tuple[float, Floats]:
        """The log likelihood and its gradient by values, float64[parameters]."""
        estimated = dict(zip(self.given.names, values[: len(self.given.names)].tolist(), strict=True))
        noise = {
            one.name: float(value)
            for one, value in zip(self.settings.noise, values[len(self.given.names) :], strict=True)
        }
        total, by_noise = 0.0, dict.fromkeys(noise, 0.0)
        by_estimated = np.zeros(len(self.given.names))
        study = self.given.at(estimated)
        laws = self.given.laws(study)
        for batch in self.batches:
            columns = [self.given.columns(pattern, study) for pattern in batch.patterns]
            for one in self._solve(batch, columns, laws, noise):
                total += one.found.value
                for name, slope in one.found.noise.items():
                    by_noise[name] += slope
                for j, name in enumerate(self.given.names):
                    by_estimated[j] += self._by_estimated(one, name, estimated, laws, noise)
        return total, np.array([*by_estimated, *(by_noise[one.name] for one in self.settings.noise)])

    def _by_estimated(
        self,
        one: Solved,
        name: str,
        estimated: Mapping[str, float],
        laws: Mapping[str, Law],
        noise: Mapping[str, float],
    ) -> float:
        """The derivative of a pattern's log likelihood by one estimated parameter."""
        direct = self.given.direct.get((one.pattern.arm, name))
        if direct is not None:
            return math.fsum(rate * float(np.sum(one.by[column])) for column, rate in direct.items())
        h = STEP * self.given.width[name]
        above, below = (self.given.at({**estimated, name: estimated[name] + s * h}) for s in (1, -1))
        up, down = self.given.columns(one.pattern, above), self.given.columns(one.pattern, below)
        slope = 0.0
        for column, by in one.by.items():
            slope += float(by @ (up[column] - down[column])) / (2 * h)
        upper, lower = self.given.laws(above), self.given.laws(below)
        if upper != laws or lower != laws:
            high, low = (
                likelihood(
                    one.pattern.units, one.values, one.times, self.outputs, one.columns, its, noise
                ).value
                for its in (upper, lower)
            )
            slope += (high - low) / (2 * h)
        return slope

    # -- the model

    def _solve(
        self, batch: Batch, columns: Sequence[Columns], laws: Mapping[str, Law], noise: Mapping[str, float]
    ) -> list[Solved]:
        """Solve the model for all virtual patients of a batch, and go back from the likelihood."""
        engine = self.engines[batch.arm]
        table = np.concatenate(
            [
                _table(engine, its, len(pattern.scores))
                for its, pattern in zip(columns, batch.patterns, strict=True)
            ]
        )
        if not np.all(np.isfinite(table)):
            raise Impossible("a parameter of a virtual patient is not a finite number")
        ends = np.cumsum([len(pattern.scores) for pattern in batch.patterns])[:-1]
        found: list[Slopes] = []

        def weigh(values: Floats) -> Floats:
            if not np.all(np.isfinite(values)):
                raise Impossible("the model could not be integrated for a virtual patient")
            for pattern, its, part in zip(batch.patterns, columns, np.split(values, ends), strict=True):
                found.append(likelihood(pattern.units, part, batch.times, self.outputs, its, laws, noise))
            return np.concatenate([one.outputs for one in found])

        given: dict[str, Any] = {
            "times": batch.times,
            "doses": batch.doses,
            "rtol": self.study.rtol,
            "atol": self.ensemble.atol[batch.arm],
        }
        with np.errstate(all="ignore"):
            if engine.sensitivities:
                run = engine.gradient(weigh, table, **given)
                values, gradient = run.values, run.gradient
            else:
                values = engine.run(table, **given).values
                weigh(values)
                gradient = np.zeros((len(table), 0))
        solved = []
        for pattern, its, slopes_of, part, by_part in zip(
            batch.patterns,
            columns,
            found,
            np.split(values, ends),
            np.split(gradient, ends),
            strict=True,
        ):
            by = {name: by_part[:, i] for i, name in enumerate(engine.sensitivities) if name in its}
            by |= {f"trait:{name}": slope for name, slope in slopes_of.traits.items()}
            solved.append(Solved(pattern, its, by, part, batch.times, slopes_of))
        return solved

    def _batches(self) -> tuple[Batch, ...]:
        """Patterns of one arm, together as many virtual patients as the solver takes back at one time."""
        found: list[Batch] = []
        for arm in range(len(self.study.arms)):
            waiting: list[Pattern] = []
            for pattern in (one for one in self.patterns if one.arm == arm):
                if waiting and sum(len(one.scores) for one in (*waiting, pattern)) > GRADIENTS_AT_ONCE:
                    found.append(self._batch(arm, waiting))
                    waiting = []
                waiting.append(pattern)
            if waiting:
                found.append(self._batch(arm, waiting))
        return tuple(found)

    def _batch(self, arm: int, patterns: Sequence[Pattern]) -> Batch:
        traits = [traits_of(self.study.population, one.scores, one.covariates) for one in patterns]
        together = {name: np.concatenate([its[name] for its in traits]) for name in traits[0]}
        times = np.unique(np.concatenate([one.times for one in patterns]))
        return Batch(arm, tuple(patterns), times, self.ensemble.schedule(arm, together))

    def predict(self, batch: Batch, values: Mapping[str, float], times: Floats) -> list[Columns]:
        """What the laws read in the virtual patients of each pattern, float64[patients, times] by name.

        values: of all estimated parameters and errors, by name. Raises `Impossible`.
        """
        study = self.given.at({name: values[name] for name in self.given.names})
        columns = [self.given.columns(pattern, study) for pattern in batch.patterns]
        engine = self.engines[batch.arm]
        sizes = [len(pattern.scores) for pattern in batch.patterns]
        table = np.concatenate([_table(engine, its, n) for its, n in zip(columns, sizes, strict=True)])
        with np.errstate(all="ignore"):
            run = engine.run(
                table, times, batch.doses, rtol=self.study.rtol, atol=self.ensemble.atol[batch.arm]
            )
        found = []
        for its, part in zip(columns, np.split(run.values, np.cumsum(sizes)[:-1]), strict=True):
            seen = {name: part[:, :, i] for i, name in enumerate(self.outputs)}
            for name, column in its.items():
                if name.startswith("trait:"):
                    seen[name.removeprefix("trait:")] = np.repeat(column[:, None], len(times), axis=1)
            for one in self.settings.noise:
                seen[one.name] = np.full((len(part), len(times)), values[one.name])
            found.append(seen)
        return found

    def laws(self, values: Mapping[str, float]) -> dict[str, Law]:
        """The laws of readings at these parameters, by readout."""
        return self.given.laws(self.given.at({name: values[name] for name in self.given.names}))

    def _compiled(self) -> list[Engine]:
        """An engine for each arm, with derivatives by every column that an estimated parameter moves."""
        made: dict[int, Engine] = {}
        found = []
        for arm, model in enumerate(self.study.models):
            moved = {
                name
                for pattern in self.patterns
                if pattern.arm == arm
                for name in self.given.moved(pattern)
                if not name.startswith("trait:")
            }
            key = id(model)
            if key not in made or not moved <= set(made[key].sensitivities):
                old = set(made[key].sensitivities) if key in made else set()
                infused = [
                    dose[0]
                    for dose, other, its in zip(
                        self.ensemble.doses, self.study.arms, self.study.models, strict=True
                    )
                    if dose and other.dosing and other.dosing.infusion and its is model
                ]
                made[key] = Engine(
                    model, list(self.outputs), sorted(set(infused)), sensitivities=sorted(moved | old)
                )
            found.append(made[key])
        return [made[id(model)] for model in self.study.models]


def posterior(study: Study, data: Data, settings: Settings) -> tuple[Posterior, StudyLikelihood]:
    """The objective of a study's fit, and the likelihood in it."""
    likelihood = StudyLikelihood(study, data, settings)
    return Posterior(settings.free, likelihood, likelihood.refused), likelihood


def _table(engine: Engine, columns: Columns, patients: int) -> Floats:
    """Parameters of the engine's model, float64[patients, parameters]."""
    table = np.tile(engine.defaults, (patients, 1))
    for i, name in enumerate(engine.parameters):
        if name in columns:
            table[:, i] = columns[name]
    return table
