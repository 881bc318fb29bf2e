"""The untreated course of cord injury: in closed form as the model runs it, and as EMSCI printed it."""

import numpy as np
import pytest

from exodyn.calibration.spinal_cord_course import WEEKS
from exodyn.calibration.spinal_cord_grades import CONVERSIONS, at_a_year
from exodyn.calibration.spinal_cord_likelihood import BOTH, posterior, predicted, series
from exodyn.engine import Engine
from exodyn.engine.random import uniforms
from exodyn.evidence import record
from exodyn.indications.spinal_cord_injury import SPINAL_CORD_INJURY, parameters, person, population
from exodyn.scales import AIS

KNOWN = {name: one.value for name, one in parameters("human").items()}


def test_gradient_is_that_of_the_density() -> None:
    objective = posterior()
    x = np.array([one.scaled(one.start) for one in objective.free])
    slope = objective.gradient(x)[1]
    for k in (0, 5, 14, 22, 26, 31, 35, 38, 40):
        step = np.zeros(len(x))
        step[k] = 1e-5
        assert slope[k] == pytest.approx(
            (objective(x + step) - objective(x - step)) / 2e-5, rel=1e-3, abs=1e-3
        )


def test_every_series_of_the_registry_is_fitted() -> None:
    """20 means each of arms, legs and paraplegic legs, their spreads, and those of the total."""
    assert len(series()) == 16
    assert {one.limb for one in series()} == {"arms", "legs", "paraplegia", BOTH}
    found = predicted(KNOWN, KNOWN["isncsci_rater_sd"])
    gaps = np.array([found[one.grade, one.limb][0][0] - one.mean for one in series() if one.limb != BOTH])
    assert np.sqrt(np.mean(gaps**2)) < 1.2  # points of 50
    inside = [
        np.abs(found[one.grade, one.limb][0][0] - one.mean) < 1.96 * np.hypot(one.mean_error, 0.5)
        for one in series()
        if one.limb != BOTH
    ]
    assert np.mean(inside) > 0.9


def test_the_closed_form_is_the_model() -> None:
    patients = 4000
    traits = {
        t.name: t.sample(uniforms(2, f"traits:{t.name}", 0, patients, 1)[:, 0])
        for t in population("human").traits
    }
    traits |= {"ais": np.full(patients, 3.0), "paraplegia": np.zeros(patients)}
    engine = Engine(
        SPINAL_CORD_INJURY.model("human", "adipose_msc_exosomes", "intravenous"), outputs=["arms", "legs"]
    )
    own = {name: column for name, column in person("human", traits).items() if name in engine.parameters}
    run = engine.run(own, patients=patients, times=[7 * week for week in WEEKS], rtol=1e-4).values
    found = predicted(KNOWN, 0.0)
    for k, limb in enumerate(("arms", "legs")):
        (mean, _), (sd, _) = found["c", limb]
        assert run[:, :, k].mean(axis=0) == pytest.approx(mean, abs=1.0)
        assert run[:, :, k].std(axis=0) == pytest.approx(sd, abs=1.0)


def test_conversions_of_the_registry_are_near() -> None:
    """Given the motor course, within the binomial error of the two papers' patients (95%)."""
    for one in CONVERSIONS:
        read = AIS.observe(at_a_year(parameters("human"), one.grade), uniforms(4, "slip", 0, 1000, 2))[:, 0]
        for grades, id in one.percent.items():
            share = float(np.isin(read, grades).mean())
            printed = (record(id).value or 0.0) / 100
            error = np.sqrt(max(share * (1 - share), 0.01) / one.n)
            assert abs(share - printed) < 2.5 * error, (id, share, printed)
