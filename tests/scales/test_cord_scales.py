"""Scales of cord injury: the sum of limbs, grades in order, what parts them."""

import numpy as np
import pytest

from exodyn.engine.random import uniforms
from exodyn.scales import AIS, LEMS, MOTOR, UEMS

PATIENTS = 4000


def seen(**given: float) -> dict[str, np.ndarray]:
    usual = {"arms": 50.0, "legs": 0.0, "legs_below": 0.0, "days": 365.0, "ais": 1.0}
    columns = {name: np.full((PATIENTS, 2), value) for name, value in (usual | given).items()}
    ranks = uniforms(3, "ranks", 0, PATIENTS, 2)
    return columns | {"exam": np.zeros(1), "sensory_rank": ranks[:, :1], "grading_rank": ranks[:, 1:]}


def grades(**given: float) -> np.ndarray:
    return AIS.observe(seen(**given), uniforms(1, "rater", 0, PATIENTS, AIS.draws(2)))


def test_the_total_is_arms_and_legs_with_the_error_of_both() -> None:
    readouts = seen(arms=25.0, legs=25.0)
    total, arms = (s.observe(readouts, uniforms(1, s.name, 0, PATIENTS, s.draws(2))) for s in (MOTOR, UEMS))
    assert total.mean() == pytest.approx(50.0, abs=0.3)
    assert total.std() == pytest.approx(np.sqrt(2) * arms.std(), rel=0.05)
    assert arms.std() == pytest.approx(UEMS.rater_sd, rel=0.05)


def test_nothing_and_everything_are_read_without_error() -> None:
    """Examiners repeat a complete injury within two points (RPM049)."""
    assert np.all(LEMS.observe(seen(), uniforms(1, "rater", 0, PATIENTS, LEMS.draws(2))) == 0)
    assert np.all(UEMS.observe(seen(), uniforms(1, "rater", 0, PATIENTS, UEMS.draws(2))) == 50)


def test_strength_below_the_level_parts_the_grades() -> None:
    assert np.median(grades(legs_below=AIS.any_motion / 2)) == 1
    assert np.median(grades(legs_below=(AIS.any_motion + AIS.half_strength) / 2)) == 3
    assert np.median(grades(legs_below=AIS.half_strength + 0.01, legs=30.0)) == 4
    assert np.median(grades(legs_below=1.0, legs=50.0)) == 5


def test_a_share_of_complete_injuries_regains_sensation_alone() -> None:
    found = (grades(days=3650.0) == 2).mean()
    assert found == pytest.approx(AIS.sensory_share + AIS.slip / 2, abs=0.03)
    assert (grades(days=0.0) == 2).mean() < 0.05


def test_nobody_truly_falls_below_the_first_grade() -> None:
    assert (grades(ais=2.0) < 2).mean() == pytest.approx(AIS.slip / 2, abs=0.01)
    assert (grades(ais=3.0) == 1).mean() == pytest.approx(AIS.misgraded, abs=0.015)


def test_shares_of_grades_sum_to_one() -> None:
    found = grades(ais=3.0, legs_below=0.3, legs=15.0)
    assert sum((found == grade).mean() for grade in (1, 2, 3, 4, 5)) == pytest.approx(1.0)


def test_the_first_examination_has_the_grade_that_patients_were_put_together_by() -> None:
    """However strong a patient is by then: who is followed from C began as C."""
    first = seen(ais=3.0, legs_below=1.0, legs=50.0, days=14.0) | {"exam": np.full(1, 14.0)}
    assert np.all(AIS.observe(first, uniforms(1, "rater", 0, PATIENTS, AIS.draws(2))) == 3)
    assert np.median(grades(ais=3.0, legs_below=1.0, legs=50.0, days=28.0)) == 5
