"""Which parameters decide a prediction: Sobol's indices of variance over the ranges that sources leave.

First order: the share of the variance that a parameter takes away once it is known (Sobol 1993); total: the
share that is left while it alone is not (Homma and Saltelli 1996). SciPy's estimators (Saltelli 2010) on a
Sobol sequence; the ensemble engine runs all samples together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import qmc, sobol_indices

from exodyn.engine import Engine
from exodyn.evidence import ParameterRecord
from exodyn.study import Study
from exodyn.study.ensemble import Ensemble
from exodyn.study.population import typical

Floats = NDArray[np.float64]

NORMAL_90 = 1.6448536269514722
RESAMPLES = 200


class Spread(Protocol):
    """Anything with the inverse of a distribution function."""

    def ppf(self, probability: Floats, /) -> Floats: ...


@dataclass(frozen=True)
class Range:
    """A parameter over what its sources leave: the middle 90% of a lognormal, or even where it may be 0."""

    record: ParameterRecord

    def ppf(self, probability: Floats) -> Floats:
        """Values at these probabilities, none that is impossible."""
        low, high = self.record.low, self.record.high
        assert low is not None and high is not None
        if low <= 0:
            return low + (high - low) * probability
        middle, spread = np.log(low * high) / 2, np.log(high / low) / (2 * NORMAL_90)
        values = np.exp(middle + spread * ndtri(np.clip(probability, 1e-9, 1 - 1e-9)))
        limits = self.record.limits
        return np.asarray(np.clip(values, limits.least, limits.greatest))


@dataclass(frozen=True)
class Indices:
    """First and total index of each input with 90% bootstrap intervals; most important first.

    low, high: float64[inputs, 2] of (first, total), by resampling the base points. spread: sd of the
    prediction.
    """

    names: tuple[str, ...]
    first: Floats
    total: Floats
    low: Floats
    high: Floats
    spread: float

    def rows(self) -> list[dict[str, float | str | None]]:
        """One row an input; None where it has no interval."""
        columns = {
            "first": self.first,
            "first_low": self.low[:, 0],
            "first_high": self.high[:, 0],
            "total": self.total,
            "total_low": self.low[:, 1],
            "total_high": self.high[:, 1],
        }
        return [
            {"parameter": name}
            | {key: float(x[i]) if np.isfinite(x[i]) else None for key, x in columns.items()}
            for i, name in enumerate(self.names)
        ]


def indices(
    function: Callable[[Floats], Floats], inputs: Mapping[str, Spread], samples: int = 256, seed: int = 1
) -> Indices:
    """Sobol's indices of a function of float64[inputs, points]; samples: a power of 2.

    The function is called once with samples x (inputs + 2) points.
    """
    count = len(inputs)
    points = qmc.Sobol(2 * count, rng=np.random.default_rng(seed)).random(samples).T
    a, b = (_scaled(part, inputs) for part in (points[:count], points[count:]))
    mixed = [np.where(np.arange(count)[:, None] == i, b, a) for i in range(count)]
    values = np.asarray(function(np.concatenate([a, b, *mixed], axis=1)), dtype=np.float64)
    runs = values.reshape(count + 2, samples)
    first, total = _estimate(runs)
    rng = np.random.default_rng(seed + 1)
    again = [_estimate(runs[:, rng.integers(0, samples, samples)]) for _ in range(RESAMPLES)]
    low, high = (np.quantile(again, share, axis=0).T for share in (0.05, 0.95))
    order = np.argsort(-total, kind="stable")
    names = tuple(inputs)
    return Indices(
        names=tuple(names[i] for i in order),
        first=first[order],
        total=total[order],
        low=low[order],
        high=high[order],
        spread=float(np.std(runs[:2])),
    )


def _scaled(points: Floats, inputs: Mapping[str, Spread]) -> Floats:
    return np.array([one.ppf(row) for one, row in zip(inputs.values(), points, strict=True)])


def _estimate(runs: Floats) -> tuple[Floats, Floats]:
    """First and total indices from the function at A, at B, and at A with one input of B each."""
    func: Mapping[Literal["f_A", "f_B", "f_AB"], Floats] = {
        "f_A": runs[None, 0],
        "f_B": runs[None, 1],
        "f_AB": runs[2:, None],
    }
    found = sobol_indices(func=func, n=runs.shape[1])
    return np.ravel(found.first_order), np.ravel(found.total_order)


def ranges(study: Study) -> dict[str, Range]:
    """Parameters of the study's models whose sources leave a range; not those drawn for each patient."""
    drawn = study.person(typical(study.population))
    own = {one.name for one in study.overrides}
    found = {}
    for model in study.models:
        for parameter in model.parameters:
            record = study.indication.parameters(study.species).get(parameter.name)
            if record is None or record.low is None or record.high is None or record.low >= record.high:
                continue
            if parameter.name not in drawn and parameter.name not in own and record.unit == parameter.unit:
                found[parameter.name] = Range(record)
    return found


@dataclass(frozen=True)
class Question:
    """A number that a study predicts of its typical patient: a readout on a day, alone or against control."""

    readout: str
    day: float
    arm: int
    control: int | None

    def says(self, study: Study) -> str:
        """In words."""
        name = study.arms[self.arm].name
        what = f"{self.readout} on day {self.day:g}, {name}"
        return what if self.control is None else f"{what} against {study.arms[self.control].name}"


def questions(study: Study) -> tuple[Question, ...]:
    """At the last visit: what the first scale reads, under control, and what each other arm does to it."""
    readout = study.scales[0].reads[0]
    day = study.visits[-1]
    others = [arm for arm in range(len(study.arms)) if arm != study.control]
    return (
        Question(readout, day, study.control, None),
        *(Question(readout, day, arm, study.control) for arm in others),
    )


def sensitivity(study: Study, asked: Question, samples: int = 256, threads: int = 1) -> Indices:
    """Which parameters decide the answer, over the ranges that their sources leave, in a typical patient."""
    inputs = ranges(study)
    return indices(predictor(study, asked, tuple(inputs), threads), inputs, samples, study.seed)


def predictor(
    study: Study, asked: Question, names: Sequence[str], threads: int = 1
) -> Callable[[Floats], Floats]:
    """The answer as a function of parameters, float64[names, points] -> float64[points]."""
    traits = typical(study.population)
    person = study.person(traits)
    ensemble = Ensemble(study)

    def run(arm: int, values: Floats) -> Floats:
        engine = Engine(study.models[arm], outputs=[asked.readout])
        given = dict(zip(names, values, strict=True))
        given |= {name: np.broadcast_to(column, values.shape[1]) for name, column in person.items()}
        known = {name: column for name, column in given.items() if name in engine.parameters}
        found = engine.run(
            known,
            patients=values.shape[1],
            times=[asked.day],
            doses=ensemble.schedule(
                arm, {name: np.full(values.shape[1], x[0]) for name, x in traits.items()}
            ),
            rtol=study.rtol,
            threads=threads,
        )
        return found.values[:, 0, 0]

    def answer(values: Floats) -> Floats:
        found = run(asked.arm, values)
        return found if asked.control is None else found - run(asked.control, values)

    return answer
