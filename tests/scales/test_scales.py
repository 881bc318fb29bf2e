"""Scales: inside their bounds, in steps, with rater error, a floor and death."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.special import expit, logit

from exodyn.engine.random import uniforms
from exodyn.evidence import parameters
from exodyn.scales import (
    BARTHEL,
    FUGL_MEYER,
    MNSS,
    MRS,
    NIHSS,
    NSS,
    NSS_SWINE,
    SCALES,
    BehaviourTest,
    Scale,
    behaviour_tests,
)


def readouts(deficit: np.ndarray, hazard: float = 0.0, age: float = 70.0) -> dict[str, np.ndarray]:
    return {"deficit": deficit, "hazard": np.full_like(deficit, hazard), "age": np.full_like(deficit, age)}


@pytest.mark.parametrize("scale", SCALES.values(), ids=list(SCALES))
@settings(max_examples=50, deadline=None)
@given(deficit=hnp.arrays(np.float64, (4, 3), elements=st.floats(-1, 60)), seed=st.integers(0, 2**32))
def test_readings_are_steps_inside_the_bounds(scale: Scale, deficit: np.ndarray, seed: int) -> None:
    seen = dict.fromkeys(scale.reads, deficit) | readouts(deficit)
    found = scale.observe(seen, uniforms(seed, "rater", 0, 4, scale.draws(3)))
    assert found.shape == (4, 3)
    assert np.all((found >= scale.low) & (found <= scale.high))
    assert np.all((found - scale.low) / scale.step == np.round((found - scale.low) / scale.step))


@pytest.mark.parametrize("scale", [NIHSS, MNSS], ids=["NIHSS", "mNSS"])
def test_no_deficit_scores_zero_without_error(scale: Scale) -> None:
    found = scale.observe(readouts(np.zeros((500, 2))), uniforms(1, "rater", 0, 500, scale.draws(2)))
    assert np.all(found == 0)


def test_two_raters_of_a_large_deficit_differ_by_the_recorded_sd() -> None:
    found = NIHSS.observe(readouts(np.full((20000, 2), 20.0)), uniforms(1, "rater", 0, 20000, NIHSS.draws(2)))
    expected = np.hypot(1.5 * 20 / 22, np.sqrt(1 / 12))  # rater error, and rounding to a point
    assert (found[:, 0] - found[:, 1]).std() / np.sqrt(2) == pytest.approx(expected, rel=0.03)
    assert found.mean() == pytest.approx(20.0, abs=0.05)


def test_the_dead_score_six_on_mrs_and_nothing_on_severity_scales() -> None:
    draws = uniforms(1, "rater", 0, 1000, MRS.draws(2))
    deficit = np.full((1000, 2), 5.0)
    hazard = np.tile([0.0, np.log(2)], (1000, 1))
    seen = {"deficit": deficit, "hazard": hazard, "age": np.full_like(deficit, 70.0)}
    mrs, nihss = MRS.observe(seen, draws), NIHSS.observe(seen, draws[:, : NIHSS.draws(2)])
    assert not np.any(mrs[:, 0] == 6)
    assert (mrs[:, 1] == 6).mean() == pytest.approx(0.5, abs=0.05)
    assert np.array_equal(mrs == 6, np.isnan(nihss))  # both agree on who died


def test_mrs_rises_with_the_deficit_and_with_age() -> None:
    draws = uniforms(1, "rater", 0, 1, MRS.draws(1))
    grid = np.linspace(0, 42, 200)
    many = np.repeat(draws, 200, axis=0)
    at_70 = MRS.observe(readouts(grid[:, None]), many)[:, 0]
    at_90 = MRS.observe(readouts(grid[:, None], age=90.0), many)[:, 0]
    assert np.all(np.diff(at_70) >= 0)
    assert at_70[0] <= 1
    assert at_70[-1] == 5
    assert np.all(at_90 >= at_70)
    assert at_90.sum() > at_70.sum()


def test_scores_of_other_ranges_take_the_same_share() -> None:
    deficit = np.full((2000, 1), 9.0)  # half of the mNSS
    for scale in (NSS, NSS_SWINE):
        found = scale.observe(readouts(deficit), uniforms(1, "rater", 0, 2000, scale.draws(1)))
        assert found.mean() == pytest.approx(scale.high / 2, rel=0.02)


TESTS = [*behaviour_tests(parameters("mouse")), *behaviour_tests(parameters("rat"))]


@pytest.mark.parametrize("test", TESTS, ids=lambda test: test.name)
def test_behaviour_goes_from_intact_to_worst(test: BehaviourTest) -> None:
    level = test.level(np.linspace(0.0, 18.0, 50))
    assert (level[0], level[-1]) == (test.intact, pytest.approx(test.worst))
    assert np.all(np.diff(level) * (1 if test.higher_is == "worse" else -1) > 0)


def test_animals_differ_in_a_test_and_each_from_trial_to_trial() -> None:
    test = behaviour_tests(parameters("rat"))[0]
    found = test.observe(readouts(np.full((5000, 2), 6.0)), uniforms(1, "rod", 0, 5000, test.draws(2)))
    assert np.corrcoef(found.T)[0, 1] == pytest.approx(0.5, abs=0.05)
    assert found.std() / found.mean() == pytest.approx(test.cv, rel=0.05)


def test_barthel_reads_the_same_disability_as_mrs() -> None:
    """Who is at mRS 0 to 2 does almost everything without help, who is bedridden almost nothing."""
    deficit = np.repeat(np.linspace(0, 30, 300)[:, None], 2, axis=1)
    draws = np.full((300, 4), 0.5)
    draws[:, 0] = 1e-9
    mrs, barthel = (scale.observe(readouts(deficit), draws)[:, 0] for scale in (MRS, BARTHEL))
    assert np.all(barthel[mrs <= 2] >= 90) and np.all(barthel[mrs == 5] <= 30)
    assert np.all(np.diff(barthel) <= 0)


def test_an_arm_recovers_by_the_share_of_its_group() -> None:
    """The group that regains 86% of 66 - FM0 does so once its programme has run (van der Vliet 2020)."""
    known = parameters("human", "stroke")
    limb = known["group_3_reserve"].value
    target = expit(logit(limb) + known["reserve_shift"].value)
    seen = {name: np.array([[value, value]]) for name, value in (("nihss", 8.0), ("reserve_score", 0.0))}
    seen |= {"target": np.array([[target, target]]), "connectivity": np.array([[0.0, target]])}
    first, last = FUGL_MEYER.points(seen, np.zeros(1))[0]
    assert (last - first) / (66 - first) == pytest.approx(limb, rel=1e-6)


def test_the_page_of_scales_says_what_the_facts_say() -> None:
    page = (Path(__file__).parents[2] / "docs" / "scales.md").read_text(encoding="utf-8")
    for scale in SCALES.values():
        assert f"| {scale.name} | {scale.low:g} to {scale.high:g} {scale.unit} |" in page
