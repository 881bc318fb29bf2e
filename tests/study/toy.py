"""A small indication with a closed-form answer: one vesicle compartment, one deficit that recovers.

A deficit falls from its start to a plateau; vesicles speed that up in proportion to what is in the body.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from exodyn.errors import InputError, nearest
from exodyn.evidence import ParameterRecord
from exodyn.indications import Indication, Point, Population, Trait
from exodyn.symbolic import Model, Parameter, Process, Quantity, State, compose
from exodyn.symbolic.model import ParameterValue

Floats = NDArray[np.float64]


class Body(Process):
    """Vesicles leave the body at one rate and speed recovery; the hazard of death follows the deficit."""

    k_out = Parameter("1/d", "loss of vesicles")
    k_heal = Parameter("1/d", "recovery without treatment")
    effect = Parameter("1/particles", "recovery added per vesicle")
    start_deficit = Parameter("points", "deficit at the injury")
    k_death = Parameter("1/points/d", "hazard per point of deficit")
    plasma = State("particles", "vesicles in the body", start=0)
    deficit = State("points", "deficit", start=start_deficit)
    hazard = State("1", "cumulative hazard of death", start=0)
    lost = State("particles", "vesicles that left", start=0)
    cells = Parameter("cells", "target cells")
    cargo = Parameter("copies/particles", "cargo of a vesicle")
    per_cell = Quantity("copies/cells", "cargo copies per target cell")
    accounted = Quantity("particles", "vesicles in the body or gone")

    plasma.rate = -k_out * plasma
    deficit.rate = -k_heal * (1 + effect * plasma) * deficit
    hazard.rate = k_death * deficit
    lost.rate = k_out * plasma
    accounted.value = plasma + lost
    per_cell.value = cargo * plasma / cells


VALUES = {
    "k_out": (2.0, "1/d"),
    "k_heal": (0.02, "1/d"),
    "effect": (1e-11, "1/particles"),
    "start_deficit": (12.0, "points"),
    "k_death": (2e-4, "1/points/d"),
    "cells": (1e9, "cells"),
    "cargo": (0.01, "copies/particles"),
}


@dataclass(frozen=True)
class Score:
    """Deficit and a rater's error, in steps."""

    name: str = "Score"
    unit: str = "points"
    low: float = 0.0
    high: float = 42.0
    step: float = 1.0
    higher_is: str = "worse"
    levels: tuple[str, ...] = ()
    reads: tuple[str, ...] = ("deficit", "hazard")

    def draws(self, visits: int) -> int:
        return 1 + visits

    def observe(self, readouts: Mapping[str, Floats], uniforms: Floats) -> Floats:
        reading = readouts["deficit"] + ndtri(uniforms[:, 1:])
        steps = np.clip(np.round(reading / self.step), 0, round(self.high / self.step))
        dead = readouts["hazard"] > -np.log(uniforms[:, :1])
        return np.where(dead, np.nan, steps * self.step)


def _model(species: str, product: str, route: str) -> Model:
    values = {
        name: ParameterValue(getattr(Body, name), value, unit, status="assumed", source="a toy")
        for name, (value, unit) in VALUES.items()
    }
    return compose("toy", {"body": Body}, values, "d")


def _dose(species: str, product: str, route: str, amount: float, unit: str) -> tuple[str, float]:
    if unit != "particles":
        raise InputError(f"dose unit '{unit}'{nearest(unit, ['particles'])}")
    return "plasma", amount


def _person(species: str, traits: Mapping[str, Floats], known: Any = None) -> dict[str, Floats]:
    return {"start_deficit": traits["severity"], "k_heal": traits["healing"]}


TOY = Indication(
    name="toy",
    title="A toy injury",
    species=("human", "mouse"),
    products=lambda species: ("vesicles",),
    routes=lambda species: ("intravenous",),
    model=_model,
    dose=_dose,
    population=lambda species: Population(
        (
            Trait("severity", "points", "bounded", center=12, spread=0.5, low=4, high=30, status="assumed"),
            Trait("healing", "1/d", "lognormal", center=0.02, spread=0.4, status="assumed"),
            Trait("weight", "kg", "normal", center=75, spread=12, low=40, high=130, status="assumed"),
            Trait("age", "year", "constant", center=70, status="assumed"),
        ),
        (("severity", "healing", -0.3),),
    ),
    person=_person,
    scales=lambda species, known=None: (Score(), Score(name="Timed", unit="s", step=0.1)),
    visits=lambda species: (1.0, 7.0, 90.0),
    published=lambda species: (
        Point("TOY1", "Toy 2020", "Score", "mean", "control", 90.0, 2.5, (1.0,), "sd", 40.0, "calibration"),
    ),
    parameters=lambda species: {
        name: ParameterRecord(
            name, "any", "any", name, value, unit, None, None, (), "assumed", "a toy", "toy"
        )
        for name, (value, unit) in VALUES.items()
    },
    stoichiometry={
        "given": "plasma",
        "at_lesion": "plasma",
        "cargo_per_cell": "per_cell",
        "endogenous_per_cell": "per_cell",
    },
    balance="accounted",
    figures={"exposure": ("plasma",), "tissue": ("deficit", "hazard")},
    remarks=lambda species: ("A toy predicts nothing.",),
)


def find(name: str) -> Indication:
    """The toy, or InputError."""
    if name != "toy":
        raise InputError(f"no indication '{name}'{nearest(name, ['toy'])}")
    return TOY


STUDY = """
title = "A toy study"
indication = "toy"
species = "human"
patients = 40
seed = 3
visits = ["1 d", "7 d", "90 d"]
control = "none"

[[arms]]
name = "none"

[[arms]]
name = "vesicles"
product = "vesicles"
route = "intravenous"
dose = "1e10 particles/kg"
start = "24 h"
interval = "7 d"
count = 3
infusion = "1 h"
"""
