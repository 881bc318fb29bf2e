"""What a band carries: how sure parameters are, how patients differ, how raters read. Each can be left out.

Of how vesicles act, each draw has one explanation out of those that remain, as often as it is probable.

Patient number i lives by posterior draw number i modulo the number of draws, whatever the chunk, so that the
spread over patients holds that of the parameters too. `exodyn.study.summary` takes the two apart.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from exodyn.delivery import doubt
from exodyn.delivery.draws import draws_sha256
from exodyn.evidence import Draws
from exodyn.evidence.draws import explanations
from exodyn.indications import Population
from exodyn.study.protocol import Override
from exodyn.symbolic.units import factor

if TYPE_CHECKING:
    from exodyn.study.study import Study

Floats = NDArray[np.float64]

TRAITS = "population."


@dataclass(frozen=True)
class Uncertainty:
    """parameters: each patient lives by a posterior draw of `draws`, if there are any.

    patients: False gives every patient the median of each trait and of fate. noise: False reads scales
    without a rater's error. draws: None where nothing has been calibrated, or the study asked for none.
    """

    parameters: bool = True
    patients: bool = True
    noise: bool = True
    draws: Draws | None = None

    @property
    def used(self) -> Draws | None:
        """The draws, if they are to be used."""
        return self.draws if self.parameters else None

    def inputs(self) -> dict[str, Any]:
        """JSON values that decide a result."""
        return {
            "parameters": self.used is not None,
            "patients": self.patients,
            "noise": self.noise,
            "draws_sha256": self.used.sha256 if self.used else None,
            "delivery_sha256": draws_sha256() if self.parameters else None,
            "explanations_sha256": explanations().sha256 if self.parameters else None,
        }


def of_draw(study: Study, number: int) -> Study:
    """The study with the parameters of one posterior draw, and no other uncertainty of parameters.

    What the study file sets itself stays as it is.
    """
    draws = study.uncertainty.draws
    if draws is None:
        return study
    return with_parameters(
        study, draws.one(number), draws.units, f"draw {number % draws.count} of {draws.count}"
    )


def groups(by_draw: Sequence[Study], first: int, patients: int) -> Iterator[tuple[NDArray[np.int64], Study]]:
    """Positions of the patients from `first` of each posterior draw, and the study with its parameters."""
    number = (first + np.arange(patients)) % len(by_draw)
    order = np.argsort(number, kind="stable")
    starts = np.flatnonzero(np.diff(number[order], prepend=-1))
    for own in np.split(order, starts[1:]):
        yield own, by_draw[number[own[0]]]


def with_parameters(study: Study, found: Mapping[str, float], units: Mapping[str, str], reason: str) -> Study:
    """The study with these parameters and parts of the population, where it does not set them itself."""
    own = {one.name for one in study.overrides}
    more = tuple(
        Override(name, value, units[name], "fitted", reason)
        for name, value in found.items()
        if not name.startswith(TRAITS) and name not in own
    )
    return dataclasses.replace(
        study,
        overrides=(*study.overrides, *more),
        population=_population(study, found),
        uncertainty=dataclasses.replace(study.uncertainty, parameters=False),
    )


def _population(study: Study, found: Mapping[str, float]) -> Population:
    """The population with the traits' centers and spreads of a draw; those that the study set itself stay."""
    changes: dict[str, dict[str, float]] = {}
    for name, value in found.items():
        if name.startswith(TRAITS):
            trait, what = name.removeprefix(TRAITS).rsplit(".", 1)
            changes.setdefault(trait, {})[what] = value
    traits = tuple(
        dataclasses.replace(trait, **changes[trait.name])  # type: ignore[arg-type]
        if trait.name in changes and trait.name not in study.changed_traits
        else trait
        for trait in study.population.traits
    )
    return Population(traits, study.population.correlations)


def model_columns(study: Study) -> dict[str, Floats]:
    """Values by draw of every model parameter that draws move, float64[draws] in the model's unit.

    Draws of the untreated course and of delivery need not be as many; each patient takes its own of both.
    """
    if not study.uncertainty.parameters:
        return {}
    draws = study.uncertainty.used
    known = study.indication.parameters(study.species)
    delivery = doubt.columns(study.species, known)
    tables: list[tuple[Mapping[str, Floats], Mapping[str, str]]] = [
        (delivery, {name: known[name].unit for name in delivery})
    ]
    if study.indication.size == "default":  # a full model has its ways switched by name
        tables.append((explanations().values, explanations().units))
    if draws is not None:
        tables.append((draws.values, draws.units))
    own = {one.name for one in study.overrides}
    found = {}
    for model in study.models:
        for parameter in model.parameters:
            for values, units in tables:
                name = study.set_by(parameter.name, values)
                if name is not None and study.set_by(parameter.name, own) is None:
                    found[parameter.name] = values[name] * factor(units[name], parameter.unit)
    return found
