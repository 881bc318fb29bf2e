"""The likelihood of a user's data under a study's model, with its gradient.

Behind each subject or group stand virtual patients (`population`), and the model is solved for each of them.
A subject's readings have the density that they have in one virtual patient, averaged over all of them: what
is not known of a subject is integrated over. A group's mean and SD have those of its virtual patients; its
means at several visits are correlated, because the same subjects were read.

The derivative by what the model gives goes back through the solver by its adjoint; what lies before it
(traits, people, scales) is differenced, which is cheap and smooth.
"""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exodyn.engine import Engine, Schedule
from exodyn.engine.gradient import GRADIENTS_AT_ONCE
from exodyn.errors import InputError
from exodyn.inference.likelihoods import mean_and_sd, mean_with_error
from exodyn.inference.objective import Impossible, Posterior
from exodyn.inference.study.data import Counts, Data, Mean, Reading, Unit, outputs_of
from exodyn.inference.study.population import points, traits_of
from exodyn.inference.study.reading import TINY, Law, ReadoutLaw, law_of, slopes
from exodyn.inference.study.settings import Settings
from exodyn.study import Study
from exodyn.study.ensemble import Ensemble
from exodyn.study.protocol import PER_WEIGHT, WEIGHT
from exodyn.study.uncertainty import TRAITS, with_parameters
from exodyn.symbolic.units import factor

Floats = NDArray[np.float64]
Columns = dict[str, Floats]

RTOL = 1e-6
"""Of the integration while fitting: an optimiser sees the steps of a looser one."""
STEP = 1e-5
"""Of a parameter's width: the step of the differences before the solver."""
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


@dataclass(frozen=True)
class Batch:
    """Patterns that are solved together, at all their times, with the doses of all their virtual patients."""

    arm: int
    patterns: tuple[Pattern, ...]
    times: Floats
    doses: Schedule


@dataclass
class Slopes:
    """A log likelihood; its derivatives by outputs, float64[patients, times, outputs], traits and noise."""

    value: float
    outputs: Floats
    traits: Columns
    noise: dict[str, float]


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

    refused: how often it could not be computed, by reason; its posterior counts there. start and width: of
    each estimated parameter, where the fit starts and about the standard deviation of its prior.
    """

    def __init__(self, study: Study, data: Data, settings: Settings) -> None:
        """Compiles the model with its derivatives. Raises InputError for what cannot be fitted."""
        self.refused: Counter[str] = Counter()
        self.study = dataclasses.replace(study, rtol=min(study.rtol, RTOL), precision="double")
        self.data, self.settings = data, settings
        self.ensemble = Ensemble(self.study)
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
        self.patterns = _patterns(self.study, data, settings)
        self._check_jumps()
        self.patterns = tuple(self._without_needless(one) for one in self.patterns)
        self.engines = self._compiled()

    def __call__(self, values: Floats) -> tuple[float, Floats]:
        """The log likelihood and its gradient by values, float64[parameters]."""
        estimated = dict(zip(self.names, values[: len(self.names)].tolist(), strict=True))
        noise = {
            one.name: float(value)
            for one, value in zip(self.settings.noise, values[len(self.names) :], strict=True)
        }
        total, by_noise = 0.0, dict.fromkeys(noise, 0.0)
        by_estimated = np.zeros(len(self.names))
        study = self._study(estimated)
        laws = self._laws(study)
        for batch in self.batches:
            columns = [self.columns(pattern, study) for pattern in batch.patterns]
            for one in self._solve(batch, columns, laws, noise):
                total += one.found.value
                for name, slope in one.found.noise.items():
                    by_noise[name] += slope
                for j, name in enumerate(self.names):
                    by_estimated[j] += self._by_estimated(one, name, estimated, laws, noise)
        return total, np.array([*by_estimated, *(by_noise[one.name] for one in self.settings.noise)])

    # -- from estimated parameters to what the model is given

    def _study(self, estimated: Mapping[str, float]) -> Study:
        try:
            return with_parameters(self.study, estimated, self.units, "being fitted")
        except ValueError as error:  # a trait whose center left its bounds
            raise Impossible(str(error)) from None

    def _laws(self, study: Study) -> dict[str, Law]:
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
        for name, (by, rate) in self._set_by[pattern.arm].items():
            found[name] = np.full(len(pattern.scores), given[by] * rate)
        model = {parameter.name for parameter in self.study.models[pattern.arm].parameters}
        return found | {
            name: np.asarray(column, dtype=np.float64) for name, column in person.items() if name in model
        }

    @cached_property
    def _set_by(self) -> list[dict[str, tuple[str, float]]]:
        """By arm: which estimated parameter sets a parameter of the model, and the factor of their units."""
        found = []
        for model in self.study.models:
            pairs = [(p, self.study.set_by(p.name, self.units)) for p in model.parameters]
            found.append({p.name: (by, factor(self.units[by], p.unit)) for p, by in pairs if by is not None})
        return found

    def _by_estimated(
        self,
        one: Solved,
        name: str,
        estimated: Mapping[str, float],
        laws: Mapping[str, Law],
        noise: Mapping[str, float],
    ) -> float:
        """The derivative of a pattern's log likelihood by one estimated parameter."""
        direct = self._direct.get((one.pattern.arm, name))
        if direct is not None:
            return math.fsum(rate * float(np.sum(one.by[column])) for column, rate in direct.items())
        h = STEP * self.width[name]
        above, below = (self._study({**estimated, name: estimated[name] + s * h}) for s in (1, -1))
        up, down = self.columns(one.pattern, above), self.columns(one.pattern, below)
        slope = 0.0
        for column, by in one.by.items():
            slope += float(by @ (up[column] - down[column])) / (2 * h)
        upper, lower = self._laws(above), self._laws(below)
        if upper != laws or lower != laws:
            high, low = (
                _likelihood(one.pattern, one.values, one.times, self._outputs, one.columns, its, noise).value
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
                found.append(_likelihood(pattern, part, batch.times, self._outputs, its, laws, noise))
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

    @cached_property
    def batches(self) -> tuple[Batch, ...]:
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
        study = self._study({name: values[name] for name in self.names})
        columns = [self.columns(pattern, study) for pattern in batch.patterns]
        engine = self.engines[batch.arm]
        sizes = [len(pattern.scores) for pattern in batch.patterns]
        table = np.concatenate([_table(engine, its, n) for its, n in zip(columns, sizes, strict=True)])
        with np.errstate(all="ignore"):
            run = engine.run(
                table, times, batch.doses, rtol=self.study.rtol, atol=self.ensemble.atol[batch.arm]
            )
        found = []
        for its, part in zip(columns, np.split(run.values, np.cumsum(sizes)[:-1]), strict=True):
            seen = {name: part[:, :, i] for i, name in enumerate(self._outputs)}
            for name, column in its.items():
                if name.startswith("trait:"):
                    seen[name.removeprefix("trait:")] = np.repeat(column[:, None], len(times), axis=1)
            for one in self.settings.noise:
                seen[one.name] = np.full((len(part), len(times)), values[one.name])
            found.append(seen)
        return found

    def laws(self, values: Mapping[str, float]) -> dict[str, Law]:
        """The laws of readings at these parameters, by readout."""
        return self._laws(self._study({name: values[name] for name in self.names}))

    @cached_property
    def _outputs(self) -> tuple[str, ...]:
        """States and readouts of the model that a law reads."""
        model = self.study.models[0]
        return tuple(sorted(set(outputs_of(model)) & self.reads))

    def _compiled(self) -> list[Engine]:
        """An engine for each arm, with derivatives by every column that an estimated parameter moves."""
        made: dict[int, Engine] = {}
        found = []
        for arm, model in enumerate(self.study.models):
            moved = {
                name
                for pattern in self.patterns
                if pattern.arm == arm
                for name in self._moved(pattern)
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
                    model, list(self._outputs), sorted(set(infused)), sensitivities=sorted(moved | old)
                )
            found.append(made[key])
        return [made[id(model)] for model in self.study.models]

    # -- what moves what

    def _moved(self, pattern: Pattern) -> set[str]:
        """Columns that some estimated parameter moves."""
        base = self.columns(pattern, self._study(self.start))
        found: set[str] = set()
        for name in self.names:
            h = JUMP * self.width[name]
            other = self.columns(pattern, self._study({**self.start, name: self.start[name] + h}))
            found |= {column for column in base if not np.array_equal(base[column], other[column])}
        return found

    @cached_property
    def _direct(self) -> dict[tuple[int, str], dict[str, float]]:
        """d column / d parameter by arm and estimated parameter, for those that the model alone reads."""
        found: dict[tuple[int, str], dict[str, float]] = {}
        for pattern in self.patterns:
            study = self._study(self.start)
            base, laws = self.columns(pattern, study), self._laws(study)
            for name in self.names:
                if name.startswith(TRAITS):
                    continue
                h = JUMP * self.width[name]
                other = self._study({**self.start, name: self.start[name] + h})
                moved = self.columns(pattern, other)
                person = self.study.person(
                    traits_of(self.study.population, pattern.scores, pattern.covariates)
                )
                changes = {c: moved[c] - base[c] for c in base if not np.array_equal(moved[c], base[c])}
                if self._laws(other) == laws and not any(c in person for c in changes):
                    found[pattern.arm, name] = {c: float(d[0]) / h for c, d in changes.items()}
        return found

    def _check_jumps(self) -> None:
        """Refuse a parameter that sorts patients into groups: the likelihood would be a staircase."""
        base_study = self._study(self.start)
        for one in self.settings.estimated:
            start, h = self.start[one.name], JUMP * self.width[one.name]
            for pattern in self.patterns[:1]:
                base = self.columns(pattern, base_study)
                steps = [
                    self.columns(pattern, self._study({**self.start, one.name: start + s * h}))
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
        study = self._study({name: value + JUMP * self.width[name] for name, value in self.start.items()})
        columns = self.columns(pattern, study)
        model = study.models[pattern.arm]
        needed = {p.name for p in model.parameters} | {c for c in columns if c.startswith("trait:")}
        alike = all(np.ptp(column) == 0 for name, column in columns.items() if name in needed)
        by_weight = (arm := study.arms[pattern.arm]).dosing and arm.dosing.unit.endswith(PER_WEIGHT)
        if alike and not (by_weight and WEIGHT not in pattern.covariates):
            return dataclasses.replace(pattern, scores=np.zeros((1, pattern.scores.shape[1])))
        return pattern


def posterior(study: Study, data: Data, settings: Settings) -> tuple[Posterior, StudyLikelihood]:
    """The objective of a study's fit, and the likelihood in it."""
    likelihood = StudyLikelihood(study, data, settings)
    return Posterior(settings.free, likelihood, likelihood.refused), likelihood


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


def _table(engine: Engine, columns: Columns, patients: int) -> Floats:
    """Parameters of the engine's model, float64[patients, parameters]."""
    table = np.tile(engine.defaults, (patients, 1))
    for i, name in enumerate(engine.parameters):
        if name in columns:
            table[:, i] = columns[name]
    return table


class _Sum:
    """Collects derivatives by outputs, traits and noise for one pattern."""

    def __init__(
        self,
        values: Floats,
        times: Floats,
        outputs: Sequence[str],
        columns: Columns,
        noise: Mapping[str, float],
    ) -> None:
        self.values, self.noise = values, noise
        self.place = {name: i for i, name in enumerate(outputs)}
        self.time = {time: i for i, time in enumerate(times.tolist())}
        self.traits = {
            name.removeprefix("trait:"): column
            for name, column in columns.items()
            if name.startswith("trait:")
        }
        self.found = Slopes(
            0.0,
            np.zeros_like(values),
            {name: np.zeros(len(values)) for name in self.traits},
            dict.fromkeys(noise, 0.0),
        )

    def seen(self, law: Law, time: float) -> Columns:
        """What a law reads at a time, float64[patients] by name."""
        patients = len(self.values)
        found = {}
        for name in law.reads:
            if name in self.place:
                found[name] = self.values[:, self.time[time], self.place[name]]
            elif name in self.noise:
                found[name] = np.full(patients, self.noise[name])
            else:
                found[name] = self.traits[name]
        return found

    def add(self, time: float, by: Mapping[str, Floats]) -> None:
        """Derivatives by what was seen at a time, float64[patients] by name."""
        for name, slope in by.items():
            if name in self.place:
                self.found.outputs[:, self.time[time], self.place[name]] += slope
            elif name in self.noise:
                self.found.noise[name] += float(np.sum(slope))
            else:
                self.found.traits[name] += slope


def _likelihood(
    pattern: Pattern,
    values: Floats,
    times: Floats,
    outputs: Sequence[str],
    columns: Columns,
    laws: Mapping[str, Law],
    noise: Mapping[str, float],
) -> Slopes:
    """The log likelihood of all units of a pattern, values float64[patients, times, outputs]."""
    total = _Sum(values, times, outputs, columns, noise)
    with np.errstate(all="ignore"):
        subjects = [unit for unit in pattern.units if unit.readings]
        if subjects:
            _subjects(total, subjects, laws)
        for unit in pattern.units:
            if unit.means:
                _means(total, unit.means, laws)
            for counts in unit.counts:
                _counts(total, counts, laws[counts.readout])
    return total.found


def _subjects(total: _Sum, subjects: Sequence[Unit], laws: Mapping[str, Law]) -> None:
    """Readings of subjects: their density in each virtual patient, averaged over those alive by then."""
    patients = len(total.values)
    logs = np.zeros((len(subjects), patients))
    alive = np.zeros((len(subjects), patients))
    rows: dict[tuple[float, str], list[tuple[int, Reading]]] = {}
    last: dict[tuple[int, str], float] = {}
    for s, unit in enumerate(subjects):
        for one in unit.readings:
            rows.setdefault((one.time, one.readout), []).append((s, one))
            last[s, one.readout] = max(one.time, last.get((s, one.readout), one.time))
    kept = []
    for (time, readout), its in rows.items():
        law = laws[readout]
        seen = total.seen(law, time)
        who = np.array([s for s, _ in its])
        low, high = (np.array([[getattr(one, end)] for _, one in its]) for end in ("low", "high"))
        density = law.density(low, high, seen)
        logs[who] += np.broadcast_to(density.log, (len(its), patients))
        kept.append((time, who, density.by))
        ends = np.array([s for s, _ in its if last[s, readout] == time], dtype=np.int64)
        if ends.size and law.ends_with_death:
            share, by = _alive(law, seen)
            alive[ends] += np.log(np.maximum(share, TINY))
            kept.append((time, ends, {f"alive:{name}": slope / share for name, slope in by.items()}))
    sums, base = _log_sum(logs + alive), _log_sum(alive)
    total.found.value += float(np.sum(sums - base))
    if not math.isfinite(total.found.value):
        return
    weight = np.exp(logs + alive - sums[:, None])
    prior = np.exp(alive - base[:, None])
    for time, who, slopes_of in kept:
        for name, slope in slopes_of.items():
            of_alive = name.startswith("alive:")
            used = weight[who] - prior[who] if of_alive else weight[who]
            total.add(time, {name.removeprefix("alive:"): np.sum(used * slope, axis=0)})


def _log_sum(logs: Floats) -> Floats:
    """Logarithm of the sum of exponentials over patients, [subjects]."""
    top = logs.max(axis=1)
    return np.asarray(top + np.log(np.exp(logs - np.where(np.isfinite(top), top, 0.0)[:, None]).sum(axis=1)))


def _alive(law: Law, seen: Columns) -> tuple[Floats, Columns]:
    """The probability of a reading and its derivatives; those that are zero left out."""
    if not law.ends_with_death:
        return law.alive(seen), {}
    by = slopes(law.alive, seen)
    return law.alive(seen), {name: slope for name, slope in by.items() if np.any(slope)}


def _means(total: _Sum, means: Sequence[Mean], laws: Mapping[str, Law]) -> None:
    """Means and SDs of a group: means at several times jointly normal, each SD by its chi-squared law."""
    seen = [total.seen(laws[one.readout], one.time) for one in means]
    m, v = (
        np.array(each)
        for each in zip(
            *(laws[one.readout].moments(s) for one, s in zip(means, seen, strict=True)), strict=True
        )
    )
    alive = [_alive(laws[one.readout], s) for one, s in zip(means, seen, strict=True)]
    share = np.array([each for each, _ in alive])
    whole = share.sum(axis=1, keepdims=True)
    w = share / whole
    mu = np.sum(w * m, axis=1)
    root = np.sqrt(w)
    off = root * (m - mu[:, None])
    spread = off @ off.T + np.diag(np.sum(w * v, axis=1))
    n = np.array([one.n for one in means])
    together = np.minimum.outer(n, n) / np.outer(n, n)  # the smaller group's subjects are in both
    y = np.array([one.value for one in means])
    value, by_mu, by_spread = _joint_normal(y - mu, spread * together)
    by_spread = by_spread * together
    for i, one in enumerate(means):
        if one.sd is not None and one.n > 1 and one.sd > 0:
            sd = math.sqrt(spread[i, i])
            both = mean_and_sd(0.0, one.sd, one.n, 0.0, sd)
            alone = mean_with_error(0.0, sd / math.sqrt(one.n), 0.0)
            value += both.total - alone.total
            by_spread[i, i] += (float(both.by["predicted_sd"]) + 1 / sd) / (2 * sd)
    total.found.value += value
    # back through mu = sum w m, off = sqrt(w) (m - mu), spread = off off' + diag(sum w v)
    by_off = 2 * by_spread @ off
    by_mu = by_mu - np.sum(by_off * root, axis=1)
    by_m = by_off * root + by_mu[:, None] * w
    by_v = np.diag(by_spread)[:, None] * w
    by_w = (
        by_off * (m - mu[:, None]) / (2 * np.maximum(root, TINY))
        + by_mu[:, None] * m
        + np.diag(by_spread)[:, None] * v
    )
    by_share = (by_w - np.sum(w * by_w, axis=1, keepdims=True)) / whole
    for i, one in enumerate(means):
        law = laws[one.readout]
        by_moment = slopes(lambda s, law=law: np.array(law.moments(s)), seen[i])  # type: ignore[misc]
        total.add(one.time, {name: by_m[i] * by[0] + by_v[i] * by[1] for name, by in by_moment.items()})
        total.add(one.time, {name: by_share[i] * slope for name, slope in alive[i][1].items()})


def _joint_normal(off: Floats, covariance: Floats) -> tuple[float, Floats, Floats]:
    """Log density of a deviation from the mean, its derivative by the mean and by the covariance."""
    try:
        inverse = np.linalg.inv(covariance)
        sign, log_size = np.linalg.slogdet(covariance)
    except np.linalg.LinAlgError:
        sign, log_size, inverse = 0.0, 0.0, covariance
    if not sign > 0:
        raise Impossible("the predicted spread of a group is zero")
    solved = inverse @ off
    value = -0.5 * (float(off @ solved) + log_size + len(off) * math.log(2 * math.pi))
    return value, solved, 0.5 * (np.outer(solved, solved) - inverse)


def _counts(total: _Sum, counts: Counts, law: Law) -> None:
    """A table over the levels of a scale: multinomial; of those alive where death is no level."""
    seen = total.seen(law, counts.time)
    share, by_alive = _alive(law, seen)
    w = share / share.sum()
    for level, count in counts.counts.items():
        if count:
            at = np.array([[level]], dtype=np.float64)
            density = law.density(at, at, seen)
            p = np.exp(density.log[0])
            whole = float(w @ p)
            total.found.value += count * math.log(max(whole, TINY))
            scale = count / max(whole, TINY)
            total.add(counts.time, {name: scale * w * p * slope[0] for name, slope in density.by.items()})
            total.add(
                counts.time,
                {name: scale * (p - whole) / share.sum() * slope for name, slope in by_alive.items()},
            )
    table = [count for count in counts.counts.values() if count]
    total.found.value += math.lgamma(sum(table) + 1) - math.fsum(math.lgamma(k + 1) for k in table)
