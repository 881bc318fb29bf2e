"""What of published figures is fitted to: nobody twice, pools by their trials, deaths by their time."""

import math

import numpy as np
import pytest

from exodyn.calibration.stroke_course import Offsets, cases_of, courses
from exodyn.calibration.stroke_likelihood import (
    BETWEEN,
    _between,
    _timing,
    fitted_data,
    free_parameters,
    posterior,
)
from exodyn.calibration.stroke_predicted import as_new_cohorts, figure
from exodyn.calibration.stroke_statistics import of_cohort
from exodyn.engine.random import uniforms
from exodyn.evidence import targets
from exodyn.indications.stroke import parameters
from exodyn.scales import NIHSS

KNOWN = {name: one.value for name, one in parameters("human").items()}


def test_figures_that_count_the_same_patients_count_them_once() -> None:
    data = [one for one in fitted_data() if one.cohort == "treasure"]
    assert sum(one.counted for one in data) == 102 + 102 + 85 + 85
    rankin = next(one for one in data if one.name == "treasure mRS at 90 d")
    even = np.full(7, 1 / 7)
    value, slope = rankin.log_likelihood(even)
    assert value == pytest.approx(102 / 374 * 102 * math.log(1 / 7), rel=0.01)
    assert slope.sum() == pytest.approx(102 / 374 * 102 * 7, rel=0.01)


def test_timing_says_nothing_of_how_many_died() -> None:
    counts = np.array([40.0, 10.0, 12.0, 25.0, 225.0])
    told = _timing(counts, 3)
    shares = np.array([0.1, 0.05, 0.05, 0.1, 0.7])
    doubled = shares * np.array([2, 2, 2, 0.75, 0.75])
    assert told(shares)[0] == pytest.approx(told(doubled)[0])
    assert told(counts / counts.sum())[0] > told(shares)[0]
    for k, each in enumerate(np.eye(5) * 1e-6):
        difference = (told(shares + each)[0] - told(shares - each)[0]) / 2e-6
        assert told(shares)[1][k] == pytest.approx(difference, rel=1e-5, abs=1e-4)


def test_a_pool_of_four_trials_lies_half_as_far_from_the_middle() -> None:
    """An offset costs a pool as much as twice the offset costs one trial."""
    spreads = {"hazard_between": 0.6, "recovery_between": 0.6, "rating_between": 0.6}
    pool, _ = _between(spreads | {"hazard_lees_late": 0.3})
    none, _ = _between(spreads | {"hazard_lees_late": 0.0})
    trial, _ = _between(spreads | {"hazard_treasure": 0.6})
    nothing, _ = _between(spreads | {"hazard_treasure": 0.0})
    assert none - pool == pytest.approx(nothing - trial)


def test_spreads_can_be_held() -> None:
    names = {one.name for one in posterior((), BETWEEN).free}
    assert not names & set(BETWEEN)
    assert "rating_toast" in names


def test_a_new_cohort_is_one_trial() -> None:
    own = {one.name: one.start for one in free_parameters(("treasure",))}
    rows = as_new_cohorts([own | {"hazard_between": 0.5}] * 4000, 4000, "a test")
    logs = np.log([row["late_hazard"] for row in rows])
    assert logs.std() == pytest.approx(0.5, rel=0.05)
    assert all(row["early_slope"] == own["early_slope"] for row in rows)


def test_who_is_counted_by_a_band_at_entry_is_rated_by_raters() -> None:
    """Against patients rated one by one: mRS 0-1 of those whom a rater gives 7 to 10 at entry."""
    found = courses(cases_of(("toast",), 6), KNOWN)
    cohort = of_cohort(found, "toast")
    repeats = 200
    truth = np.repeat(found.nihss, repeats)[:, None]
    rows = len(truth)
    rated = NIHSS.observe(
        {"deficit": truth, "hazard": np.zeros_like(truth)}, uniforms(1, "entry", 0, rows, NIHSS.draws(1))
    )[:, 0]
    counted = (rated >= 7) & (rated <= 10)
    share, _ = cohort._counted(7, 10)
    assert counted.reshape(-1, repeats).mean(axis=1) == pytest.approx(np.asarray(share), abs=0.15)
    assert float(np.mean(share)) == pytest.approx(counted.mean(), abs=0.003)


def test_a_more_severe_cohort_does_worse() -> None:
    cases = cases_of(("toast",), 4)
    plain, severe = (
        of_cohort(courses(cases, KNOWN, Offsets.of_severity(np.array([by]))), "toast") for by in (0.0, 0.3)
    )
    assert severe.rankin(90.0).value[:2].sum() < plain.rankin(90.0).value[:2].sum()
    assert float(severe.deaths(90.0).value) > float(plain.deaths(90.0).value)


def test_every_figure_has_words() -> None:
    words = [figure(one) for one in targets("stroke") if one.statistic != "correlation"]
    assert "mRS 0-1 at 90 d, NIHSS 7-10 at entry" in words
    assert "mRS 0-2 at 90 d, NIHSS 20 or more at entry" in words
    assert all("None" not in one and "{" not in one for one in words)


def test_without_a_cohort_its_offsets_are_not_estimated() -> None:
    names = {one.name for one in posterior(("lees_late",)).free}
    assert "severity_lees_early" in names
    assert not {one for one in names if one.endswith("lees_late")}
