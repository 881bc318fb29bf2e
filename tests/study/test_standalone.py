"""A study's model for other programs gives what the study gives for the typical patient."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from exodyn.engine import Engine
from exodyn.study import Study, run, standalone

from . import toy


@pytest.mark.parametrize("infusion", ['infusion = "1 h"', ""])
def test_doses_in_the_equations_are_the_studys(infusion: str) -> None:
    study = Study.parse(toy.STUDY.replace('infusion = "1 h"', infusion), find=toy.find)
    fixed = [
        dataclasses.replace(trait, kind="constant", center=float(trait.sample(np.full(1, 0.5))[0]))
        for trait in study.population.traits
    ]
    people = dataclasses.replace(study.population, traits=tuple(fixed), correlations=())
    study = dataclasses.replace(study, patients=1, population=people, rtol=1e-9)
    seen = run(study, threads=1).to_xarray().sel(arm="vesicles")
    engine = Engine(standalone(study, 1), ["plasma", "deficit"])
    found = engine.run(None, [1.0, 7.0, 90.0], rtol=1e-9, atol=1e-9).values[0]
    np.testing.assert_allclose(found[1:, 0], seen["plasma"][0, 1:], rtol=1e-5, atol=1.0)
    np.testing.assert_allclose(found[:, 1], seen["deficit"][0], rtol=1e-6)
