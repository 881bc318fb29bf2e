"""Smooth courses of untreated cohorts: equal to the engine's, with the derivatives of the likelihood."""

import numpy as np
import pytest

from exodyn.calibration.stroke_course import AT, DAYS, cases_of, courses
from exodyn.calibration.stroke_likelihood import FITTED, model_values, posterior
from exodyn.calibration.stroke_nodes import ENTRY
from exodyn.calibration.stroke_statistics import of_cohort
from exodyn.engine import Engine
from exodyn.engine.random import uniforms
from exodyn.evidence import cohorts
from exodyn.indications import stroke
from exodyn.inference.parameters import values
from exodyn.scales import MRS, NIHSS

KNOWN = {name: one.value for name, one in stroke.parameters("human").items()}
PRODUCT, ROUTE = "adipose_msc_exosomes", "intravenous"


def test_courses_are_those_of_the_engine() -> None:
    """Deficit within 0.02 points, survival within 0.3 percentage points (quadrature), over a year."""
    cases = cases_of(("treasure",), 4)
    found = courses(cases, KNOWN)
    known = stroke.parameters("human")
    reserve, time = stroke.recovery_groups(known)
    lost_at_entry, residue = found.lost[:, ENTRY], found.residue
    own = {
        "rim_start": cases.rim,
        "severity": residue + (cases.nihss - residue) / lost_at_entry,
        "residue": residue,
        "age": cases.age,
        "reserve": stroke.reserve_of(known, reserve[cases.group], cases.score),
        "recovery_time": time[cases.group],
    }
    engine = Engine(stroke.model("human", PRODUCT, ROUTE), outputs=["deficit", "hazard"])
    times = [cohorts("stroke")["treasure"].entry, *DAYS]
    run = engine.run(own, times=times, patients=len(residue), rtol=1e-7).values
    assert np.abs(run[:, :, 0] - found.deficit).max() < 0.02
    survival = np.exp(run[:, :1, 1] - run[:, 1:, 1])
    assert np.abs(survival - found.survival).max() < 0.003


def test_derivatives_are_those_of_the_log_density() -> None:
    objective = posterior()
    start = np.array([one.scaled(one.start) for one in objective.free if one.start is not None])
    for seed in range(2):
        x = start + 0.3 * (uniforms(seed, "place", 0, 1, len(start))[0] - 0.5)
        _, slope = objective.gradient(x)
        differences = []
        for each in np.eye(len(x)) * 1e-5:
            differences.append((objective(x + each) - objective(x - each)) / 2e-5)
        assert np.allclose(slope, differences, rtol=1e-5, atol=1e-3 * np.abs(slope).max() ** 0.5)


def test_leaving_a_cohort_out_leaves_out_what_it_alone_tells() -> None:
    names = [one.name for one in posterior(("treasure",)).free]
    assert not any(name.endswith("_treasure") for name in names)
    assert "hazard_lees_late" in names


def test_statistics_are_those_of_patients_rated_one_by_one() -> None:
    """mRS classes and rated NIHSS of the smooth course, against readings of the scales themselves."""
    found = courses(cases_of(("treasure",), 6), KNOWN)
    cohort = of_cohort(found, "treasure")
    repeats = 400
    chance = np.repeat(found.weight / found.weight.sum(), repeats) / repeats
    k = DAYS.index(90.0)
    rows = len(chance)
    seen = {
        "deficit": np.repeat(found.deficit[:, 1 + k], repeats)[:, None],
        "hazard": np.repeat(-np.log(found.survival[:, k]), repeats)[:, None],
        "age": np.repeat(found.cases.age, repeats)[:, None],
    }
    mrs = MRS.observe(seen, uniforms(1, "mrs", 0, rows, MRS.draws(1)))[:, 0]
    shares = [chance[mrs == score].sum() for score in range(7)]
    assert np.allclose(shares, cohort.rankin(90.0).value, atol=0.006)
    nihss = NIHSS.observe(seen, uniforms(1, "nihss", 0, rows, NIHSS.draws(1)))[:, 0]
    alive = ~np.isnan(nihss)
    share = chance[alive & (nihss <= 1)].sum() / chance[alive].sum()
    assert share == pytest.approx(float(cohort.reading_at_most(90.0, 1).value), abs=0.006)


def test_cut_points_are_steps_up_from_the_first() -> None:
    free = posterior().free
    start = np.array([one.scaled(one.start) for one in free if one.start is not None])
    own = dict(zip((one.name for one in free), values(free, start), strict=True))
    assert all(model_values(own)[name] == pytest.approx(KNOWN[name], rel=1e-3) for name in FITTED)
    assert list(AT) == list(DAYS)
