"""Batches over time and against each other: control charts with run rules, T² and Q, comparability."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from exodyn.product import comparability
from exodyn.product.quality.batches import Batch
from exodyn.product.quality.spec import Spec
from exodyn.product.statistics import charts, multivariate, run_rules
from exodyn.product.statistics.run_rules import SETS, Signal
from exodyn.product.statistics.run_rules import Trend as TrendRule

# A chart of fewer batches draws its limits from almost nothing.
FEWEST = 4
# The attributes that T² and Q look at together; quantiles beside the mean would say the same thing again.
_TOGETHER = ("particles_per_ml", "d50", "d90", "share_40_150", "particles_per_ug")


@dataclass(frozen=True)
class Trend:
    """One attribute over the batches in order. limits: (lower, centre, upper), None below FEWEST batches.

    run_length: points between false alarms of the rules, if nothing changes (simulated for rules of trends).
    logarithmic: limits are those of the logarithm, for numbers that spread by factors.
    """

    attribute: str
    batches: tuple[str, ...]
    values: tuple[float, ...]
    limits: tuple[float, float, float] | None
    signals: tuple[Signal, ...]
    rules: str
    run_length: float
    logarithmic: bool

    def as_json(self) -> dict[str, Any]:
        """As it stands in the results."""
        return {
            "attribute": self.attribute,
            "batches": list(self.batches),
            "values": list(self.values),
            "lower": self.limits[0] if self.limits else None,
            "centre": self.limits[1] if self.limits else None,
            "upper": self.limits[2] if self.limits else None,
            "logarithmic": self.logarithmic,
            "rules": self.rules,
            "average_run_length": self.run_length,
            "signals": [{"batch": self.batches[s.point], "rule": s.rule} for s in self.signals],
        }


def trend(batches: Sequence[Batch], attribute: str, spec: Spec) -> Trend | None:
    """Chart of individual batch means with the moving range; None if no batch has the attribute."""
    having = [one for one in batches if attribute in one.attributes]
    if not having:
        return None
    values = np.array([one.attributes[attribute].mean for one in having])
    logarithmic = attribute != "share_40_150" and bool(np.all(values > 0))
    scaled = np.log(values) if logarithmic else values
    limits = None
    signals: tuple[Signal, ...] = ()
    if len(values) >= FEWEST:
        chart, _ = charts.individuals(scaled)
        sd = float(chart.upper - chart.centre) / 3
        low, centre, high = float(chart.lower), chart.centre, float(chart.upper)
        limits = (math.exp(low), math.exp(centre), math.exp(high)) if logarithmic else (low, centre, high)
        if sd > 0:
            signals = run_rules.signals(scaled, centre, sd, SETS[spec.rules])
    return Trend(
        attribute,
        tuple(one.name for one in having),
        tuple(values.tolist()),
        limits,
        signals,
        spec.rules,
        _run_length(spec.rules),
        logarithmic,
    )


@cache
def _run_length(rules: str) -> float:
    if any(isinstance(rule, TrendRule) for rule in SETS[rules]):
        return run_rules.simulated_run_length(SETS[rules])[0]
    return run_rules.average_run_length(SETS[rules])


@dataclass(frozen=True)
class Comparability:
    """Whether future batches lie within a factor of the mean, with the spread (CV) between and within."""

    attribute: str
    margin: float
    batches: int
    answer: str
    probability: float
    reason: str
    between_cv: tuple[float, float, float]
    within_cv: float | None
    batches_needed: int | None

    def as_json(self) -> dict[str, Any]:
        """As it stands in the results."""
        low, middle, high = self.between_cv
        return {
            "attribute": self.attribute,
            "margin": self.margin,
            "batches": self.batches,
            "answer": self.answer,
            "probability": self.probability,
            "reason": self.reason,
            "between_cv_percent": {"p05": low, "median": middle, "p95": high},
            "within_cv_percent": self.within_cv,
            "batches_needed_for_power_80": self.batches_needed,
        }


def compare(batches: Sequence[Batch], spec: Spec) -> tuple[Comparability, ...]:
    """The hierarchical model for each attribute that has a margin and two batches or more."""
    found = []
    for attribute, margin in spec.margins.items():
        values = {
            one.name: one.attributes[attribute].values for one in batches if attribute in one.attributes
        }
        if len(values) < 2 or any(value <= 0 for each in values.values() for value in each):
            continue
        posterior = comparability.posterior(values)
        centre = float(np.exp(posterior.quantiles("mu")[1]))
        verdict = comparability.consistent(
            values, centre / margin, centre * margin, spec.content, spec.confidence
        )
        cv = tuple(100 * float(np.sqrt(np.expm1(q**2))) for q in posterior.quantiles("tau"))
        repeats = any(len(each) > 1 for each in values.values())
        within = 100 * float(np.sqrt(np.expm1(posterior.quantiles("sigma")[1] ** 2))) if repeats else None
        total = float(np.hypot(cv[1], within or 0.0)) / 100
        found.append(
            Comparability(
                attribute,
                margin,
                len(values),
                verdict.answer,
                verdict.probability,
                verdict.reason,
                (cv[0], cv[1], cv[2]),
                within,
                comparability.batches_for_equivalence(total, margin=margin),
            )
        )
    return tuple(found)


def together(batches: Sequence[Batch], alpha: float = 0.01) -> dict[str, Any] | None:
    """T² and Q of each batch by principal components of the attributes that all batches have.

    None below FEWEST batches or two attributes. The model is made of these same batches, so T² has the
    limit of phase I.
    """
    names = [name for name in _TOGETHER if all(name in one.attributes for one in batches)]
    values = np.array([[one.attributes[name].mean for name in names] for one in batches])
    if len(batches) < FEWEST or len(names) < 2:
        return None
    varying = [i for i in range(len(names)) if values[:, i].std() > 0]
    if len(varying) < 2:
        return None
    values, names = values[:, varying], [names[i] for i in varying]
    model = multivariate.model(values, alpha=alpha)
    components = model.loadings.shape[1]
    return {
        "attributes": names,
        "components": components,
        "alpha": alpha,
        "t2_limit": multivariate.phase_one_limit(model.n, components, alpha),
        "q_limit": model.q_limit,
        "batches": [
            {"batch": one.name, "t2": float(t2), "q": float(q)}
            for one, t2, q in zip(batches, model.t2(values), model.q(values), strict=True)
        ],
    }
