"""What adverse events an arm should expect, from the trials of vesicles that counted them."""

from __future__ import annotations

from typing import Any

import numpy as np

from exodyn.evidence import safety
from exodyn.study import population
from exodyn.study.protocol import PER_WEIGHT, WEIGHT, Dosing
from exodyn.study.study import Study


def expected(study: Study) -> dict[str, list[dict[str, Any]]]:
    """By dosed arm: each event with its rate in percent of patients and the number in this study.

    low and high are the 5% and 95% points of a new trial, whose own difference from others is in them. Empty
    for animals.
    """
    if study.species != "human":
        return {}
    return {
        arm.name: [_row(prior.event, study, arm.dosing) for prior in safety.priors()]
        for arm in study.arms
        if arm.dosing is not None and arm.dosing.amount > 0
    }


def _row(event: str, study: Study, dosing: Dosing) -> dict[str, Any]:
    doses = sum(time <= study.visits[-1] for time in dosing.times)
    particles = _particles(study, dosing)
    found = safety.rates(event)
    low, middle, high = np.quantile(100 * found.of(doses, particles), (0.05, 0.5, 0.95))
    events = np.quantile(found.events(study.patients, doses, particles), (0.05, 0.5, 0.95))
    return {
        "event": event,
        "percent": float(middle),
        "percent_low": float(low),
        "percent_high": float(high),
        "patients": study.patients,
        "events": round(float(events[1])),
        "events_low": round(float(events[0])),
        "events_high": round(float(events[2])),
    }


def _particles(study: Study, dosing: Dosing) -> float:
    """Particles of one dose in a typical patient."""
    unit = dosing.unit.removesuffix(PER_WEIGHT)
    _, amount = study.indication.dose(study.species, dosing.product, dosing.route, dosing.amount, unit)
    if dosing.unit.endswith(PER_WEIGHT):
        amount *= float(population.typical(study.population)[WEIGHT][0])
    return 1e9 * amount
