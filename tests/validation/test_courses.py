"""Times that are read off a course, on courses whose times are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from exodyn.evidence import record
from exodyn.validation.answers import Given, Number
from exodyn.validation.asking import asks
from exodyn.validation.courses import COURSES, TIMES
from exodyn.validation.follow import Followed

DAYS = np.array(TIMES)


def read(statistic: str, name: str, course: np.ndarray) -> np.ndarray:
    """Draws, in hours, of a time read off the same course in three worlds of two patients."""
    asked = asks(record("NHS094"))
    assert not isinstance(asked, str)
    asked = replace(asked, reading=replace(asked.reading, reads=name, statistic=statistic))
    values = {name: np.broadcast_to(course, (1, 3, 2, len(DAYS)))}
    followed = Followed(values, np.ones((3, 2), bool), TIMES, 0.0, {})
    answer = COURSES[statistic](asked, followed, Given(file=(), draws={}, worlds=3, between_studies=False))
    assert isinstance(answer, Number)
    return answer.draws / 24


def test_a_peak_is_where_the_course_is_highest() -> None:
    assert read("time_of_peak", "tnf", DAYS * np.exp(-DAYS / 2)) == pytest.approx(2, abs=0.05)


def test_a_plateau_is_where_it_is_reached() -> None:
    expected = -np.log(0.05)  # 1 - exp(-t) is at 95% there
    assert read("time_of_peak", "dead", 1 - np.exp(-DAYS)) == pytest.approx(expected, abs=0.06)


def test_the_return_is_that_of_the_first_stretch() -> None:
    course = 1 - 0.4 * np.exp(-DAYS) + 0.5 * np.exp(-(((DAYS - 14) / 4) ** 2))  # fewer vessels, then more
    back = read("time_of_return", "vessels", course)
    assert back == pytest.approx(np.log(0.4 / 0.05), abs=0.3)


def test_a_range_lies_where_the_course_differs() -> None:
    course = ((DAYS > 3) & (DAYS < 21)).astype(float)
    times = read("time_while_different", "leak", course)
    assert times.min() > 3 and times.max() < 21 and np.ptp(times) > 10


@pytest.mark.parametrize(
    ("id", "statistic"),
    [
        ("NHS024", "time_of_peak"),
        ("NHS095", "time_of_peak"),
        ("NHS173", "time_of_return"),
        ("NHS026", "time_of_return"),
        ("NHS027", "time_while_different"),
    ],
)
def test_words_say_which_time_it_is(id: str, statistic: str) -> None:
    asked = asks(record(id))
    assert not isinstance(asked, str) and asked.reading.statistic == statistic


def test_an_earlier_day_is_what_a_finding_compares_with() -> None:
    asked = asks(record("NHS169"))
    assert not isinstance(asked, str) and asked.since == 11
