"""How far a treatment can reach: dead tissue stays dead, and nobody is better than intact."""

import dataclasses

import numpy as np
import pytest

from exodyn.evidence import record
from exodyn.validation import reach
from exodyn.validation.answers import Given
from exodyn.validation.asking import Asked, asks
from exodyn.validation.between import between_studies
from exodyn.validation.follow import Followed
from exodyn.validation.predictors.outcomes import OUTCOMES

WORLDS, PATIENTS = 3, 16


def asked(id: str, **cells: str) -> Asked:
    one = record(id)
    found = asks(dataclasses.replace(one, fields={**one.fields, **cells}))
    assert not isinstance(found, str)
    return found


def followed(name: str, course: dict[float, float]) -> Followed:
    """Untreated and treated animals that are all alike."""
    levels = np.array(list(course.values()))
    values = np.broadcast_to(levels, (2, WORLDS, PATIENTS, len(levels)))
    return Followed({name: values}, np.ones((WORLDS, PATIENTS), bool), tuple(course), 1.0, {})


@pytest.mark.parametrize(("start", "share"), [("1", 0.25), ("0.125", 1.0), ("7", 0.0)])
def test_a_late_dose_finds_little_of_a_lesion_open(start: str, share: float) -> None:
    course = {0.125: 0.6, 1.0: 0.75, 7.0: 0.8}
    assert reach.share(asked("TBI019", first_dose_time=start), followed("dead", course)) == pytest.approx(
        share
    )


def test_where_the_start_is_not_said_nothing_is_taken_away() -> None:
    one = asked("TBI019", first_dose_time="")
    assert reach.times(one) == () and np.all(reach.share(one, followed("dead", {7.0: 0.8})) == 1)


def test_function_is_not_bound_by_the_lesion_but_by_what_is_left_to_gain() -> None:
    one = asked("TBI017")
    name = one.reading.reads
    assert np.all(reach.share(one, followed(name, {one.time: 5.0})) == 1)
    assert np.all(reach.room(one, followed(name, {one.time: 5.0})) == pytest.approx(1 / reach.LEAST_CV))
    assert np.all(reach.room(one, followed(name, {one.time: 0.1})) < 0.5)
    assert np.all(np.isinf(reach.room(asked("TBI024"), followed(name, {28.0: 0.1}))))


def test_vesicles_without_their_cargo_differ_less_between_studies() -> None:
    family, given = between_studies()["effect_function"], Given(file=())
    none, all_ = (family.published(np.zeros(400), given, "x", -1.0, np.full(400, k)) for k in (0.0, 1.0))
    assert np.all(none == 0) and np.std(all_) > 1
    without = asked("TBI033")
    assert 0 < without.study.potency < 0.5
    assert without.study.potency == reach.share(without, followed("mNSS", {28.0: 5.0}))


@pytest.mark.parametrize("id", ["TBI019", "TBI033"])
def test_nulls_of_the_calibration_records_are_told_as_nulls(id: str) -> None:
    answer = OUTCOMES.predict([record(id)], Given(file=[record(id)]))[id]
    assert answer.says == "same" and answer.probability > 0.5  # type: ignore[union-attr]
