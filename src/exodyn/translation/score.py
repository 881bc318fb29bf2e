"""Leave one therapy out: what would the bridge have said of each, before its human trial?

Every prediction is made from the therapy's animal rows and from the human rows of therapies that are no kin
of it. All are frozen as one text, whose SHA-256 is printed, before any of them is compared with its result.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from exodyn.evidence import Record, records, translation_truth
from exodyn.evidence.meta import pool
from exodyn.translation.bridge import Bridge
from exodyn.translation.effects import Effect, NoEffectError, effect_of, error_without_interval
from exodyn.translation.predict import Mixture, observed, true_effect
from exodyn.translation.therapies import Therapy, is_early, is_open, therapies

Floats = NDArray[np.float64]

FLOOR = 0.01
"""Least probability in a log score, so that one certain miss does not decide the table."""


@dataclass(frozen=True)
class Forecast:
    """Of one human trial, on the log odds scale: a 90% band, and the probability that it succeeds.

    outcome: the printed effect, None where the row has no number. succeeds: as the truth table says.
    """

    record: str
    therapy: str
    median: float
    low: float
    high: float
    probability: float
    outcome: float | None
    succeeds: bool

    @property
    def inside(self) -> bool | None:
        """Whether the printed effect lies in the band; None without one."""
        return None if self.outcome is None else self.low <= self.outcome <= self.high


@dataclass(frozen=True)
class Score:
    """How well a set of forecasts did, on the log odds scale.

    width: of the 90% bands, geometric mean. interval_score: their mean (Gneiting and Raftery 2007).
    """

    name: str
    inside: int
    numbers: int
    width: float
    interval_score: float
    brier: float
    log_score: float

    @property
    def coverage_interval(self) -> tuple[float, float]:
        """Exact 95% interval of the share inside."""
        found = binomtest(self.inside, self.numbers).proportion_ci()
        return float(found.low), float(found.high)


def forecasts(bridge: Bridge) -> dict[str, list[Forecast]]:
    """Of every therapy with a known result, by forecaster."""
    known = therapies(records("translation"))
    truth = translation_truth()
    cases = [(one, row) for one in known for row in one.humans if row.id in truth]
    return {
        "bridge": [_forecast(bridge, one, row) for one, row in cases],
        "class alone": [_forecast(bridge, replace(one, animals=()), row) for one, row in cases],
        "base rate": [_base_rate(one, row, cases) for one, row in cases],
        "no effect": [_no_effect(one, row, cases) for one, row in cases],
    }


def frozen(found: Sequence[Forecast]) -> str:
    """SHA-256 of the forecasts alone, without what they are compared with."""
    text = json.dumps([[f.record, f.median, f.low, f.high, f.probability] for f in found])
    return hashlib.sha256(text.encode()).hexdigest()


def score(name: str, found: Sequence[Forecast]) -> Score:
    """The scores of one forecaster."""
    numbers = [f for f in found if f.outcome is not None]
    hit = [math.log(max(f.probability if f.succeeds else 1 - f.probability, FLOOR)) for f in found]
    return Score(
        name,
        sum(bool(f.inside) for f in numbers),
        len(numbers),
        float(np.exp(np.mean([math.log(f.high - f.low) for f in numbers]))),
        float(np.mean([_interval_score(f) for f in numbers])),
        float(np.mean([(f.probability - f.succeeds) ** 2 for f in found])),
        float(np.mean(hit)),
    )


def at_equal_coverage(found: Sequence[Forecast]) -> list[Forecast]:
    """The forecasts with a number, each band stretched or shrunk by what the other trials' bands need.

    The factor is the one at which 90% of the others would hold (jackknife, Barber 2021, Ann Stat 49:486): so
    forecasters are compared by how sharp they are at the coverage that they claim.
    """
    numbers = [f for f in found if f.outcome is not None]
    needed = np.array([_needed(f) for f in numbers])
    scaled = []
    for k, f in enumerate(numbers):
        others = np.sort(np.delete(needed, k))
        factor = float(others[min(math.ceil(0.9 * (len(others) + 1)), len(others)) - 1])
        low, high = (f.median + factor * (end - f.median) for end in (f.low, f.high))
        scaled.append(replace(f, low=low, high=high))
    return scaled


def _needed(f: Forecast) -> float:
    """By what factor the band must reach out from its median to hold the outcome."""
    assert f.outcome is not None
    end = f.high if f.outcome > f.median else f.low
    return (f.outcome - f.median) / (end - f.median)


def _interval_score(f: Forecast) -> float:
    assert f.outcome is not None
    return f.high - f.low + 20 * (max(f.low - f.outcome, 0.0) + max(f.outcome - f.high, 0.0))


def _effect(row: Record) -> Effect | None:
    try:
        return effect_of(row)
    except NoEffectError:
        return None


def _se(row: Record) -> float:
    found = _effect(row)
    return found.se if found else error_without_interval(row)[0]


def _forecast(bridge: Bridge, therapy: Therapy, row: Record) -> Forecast:
    posterior = bridge.posterior(left_out=(therapy,))
    printed = observed(posterior, true_effect(posterior, therapy), _se(row), is_early(row), is_open(row))
    return _of(therapy, row, printed, 1 - printed.below(1.96 * _se(row)))


def _base_rate(therapy: Therapy, row: Record, cases: Sequence[tuple[Therapy, Record]]) -> Forecast:
    """Random effects over the results of the other therapies, and their share of success."""
    others = [(one, other) for one, other in cases if not one.is_kin(therapy)]
    found = [e for _, other in others if (e := _effect(other)) and e.value is not None]
    pooled = pool([e.value for e in found if e.value is not None], [e.se**2 for e in found])
    spread = math.sqrt(pooled.tau2 + float(pooled.se[0]) ** 2 + _se(row) ** 2)
    truth = translation_truth()
    share = float(np.mean([truth[other.id] for _, other in others]))
    return _of(therapy, row, _normal(float(pooled.estimate[0]), spread), share)


def _no_effect(therapy: Therapy, row: Record, cases: Sequence[tuple[Therapy, Record]]) -> Forecast:
    """Nothing works: effects of spread 0.1 about none, and one trial in forty positive by chance."""
    return _of(therapy, row, _normal(0.0, math.hypot(0.1, _se(row))), 0.025)


def _normal(mean: float, sd: float) -> Mixture:
    return Mixture(np.array([mean]), np.array([sd]), np.array([1.0]))


def _of(therapy: Therapy, row: Record, printed: Mixture, probability: float) -> Forecast:
    effect = _effect(row)
    low, median, high = (printed.quantile(p) for p in (0.05, 0.5, 0.95))
    return Forecast(
        row.id,
        therapy.name,
        median,
        low,
        high,
        probability,
        effect.value if effect else None,
        translation_truth()[row.id],
    )
