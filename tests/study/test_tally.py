"""Counts give what numpy gives on the values themselves, in any order and any grouping."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from exodyn.study.statistics import moments, quantile
from exodyn.study.tally import MISSING, Codes, Grid, ScaleTally, differences, from_table, tally, to_table

NIHSS = Grid("NIHSS", 0.0, 1.0, 42)
TIMED = Grid("rotarod", 0.0, 0.1, 3000)


@st.composite
def codes(draw: st.DrawFn, top: int = 42) -> NDArray[np.int32]:
    arms, patients, visits = draw(st.integers(1, 3)), draw(st.integers(1, 30)), draw(st.integers(1, 4))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    found = generator.integers(0, top + 1, (arms, patients, visits)).astype(np.int32)
    found[generator.random(found.shape) < draw(st.sampled_from([0.0, 0.1, 1.0]))] = MISSING
    return found


def counted(found: Codes) -> ScaleTally:
    """The tally of one rater's readings, the first arm the control."""
    return tally(NIHSS, found, differences(found[:, None], 0))


@given(codes(), st.data())
def test_counts_add_up_in_any_grouping(found: NDArray[np.int32], data: st.DataObject) -> None:
    whole = counted(found)
    order = data.draw(st.permutations(range(found.shape[1])))
    cut = data.draw(st.integers(0, found.shape[1]))
    parts = counted(found[:, order[:cut]]) + counted(found[:, order[cut:]])
    for quantity in ("value", "change", "difference"):
        np.testing.assert_array_equal(getattr(parts, quantity).patients, getattr(whole, quantity).patients)


@given(codes(), st.sampled_from([0.05, 0.25, 0.5, 0.75, 0.95]))
def test_statistics_equal_numpy(found: NDArray[np.int32], share: float) -> None:
    one = counted(found)
    arm, visit = found.shape[0] - 1, found.shape[2] - 1
    values = NIHSS.values(found)
    expected = {
        "value": values[arm, :, visit],
        "change": values[arm, :, visit] - values[arm, :, 0],
        "difference": values[arm, :, visit] - values[0, :, visit],
    }
    for quantity, column in expected.items():
        column = column[np.isfinite(column)]
        steps, patients = getattr(one, quantity).at(arm, visit)
        got = moments(steps, patients, 0.0, 1.0)
        assert got.n == len(column)
        if len(column):
            assert got.mean == pytest.approx(column.mean(), abs=1e-12)
            assert quantile(steps, patients, 0.0, 1.0, share) == pytest.approx(
                np.quantile(column, share, method="inverted_cdf")
            )
        if len(column) > 1:
            assert got.sd == pytest.approx(column.std(ddof=1), abs=1e-12)
            assert got.error == pytest.approx(got.sd / np.sqrt(got.n))


@given(codes())
def test_a_table_holds_all_counts(found: NDArray[np.int32]) -> None:
    arms = [f"arm {index}" for index in range(found.shape[0])]
    visits = [7.0 * index for index in range(found.shape[2])]
    one = counted(found)
    back = from_table(to_table({"NIHSS": one}, arms, visits), {"NIHSS": NIHSS}, arms, visits)["NIHSS"]
    for quantity in ("value", "change", "difference"):
        np.testing.assert_array_equal(getattr(back, quantity).patients, getattr(one, quantity).patients)


@given(codes(), st.integers(2, 5))
def test_a_difference_is_the_mean_over_raters(found: NDArray[np.int32], raters: int) -> None:
    """Raters who rate all of the same patients, each another arm's worth apart from the first."""
    grid = Grid("NIHSS", 0.0, 1.0, 42, raters)
    shift = np.random.default_rng(1).integers(0, 42, (len(found), raters, *found.shape[1:]))
    each = np.where(found[:, None] == MISSING, MISSING, np.minimum(found[:, None] + shift, 42)).astype(
        np.int32
    )
    one = tally(grid, found, differences(each, 0))
    arm, visit = found.shape[0] - 1, found.shape[2] - 1
    values = NIHSS.values(each)
    column = np.mean(values[arm, :, :, visit] - values[0, :, :, visit], axis=0)
    column = column[np.isfinite(column)]
    got = moments(*one.difference.at(arm, visit), 0.0, grid.difference_step)
    assert got.n == len(column)
    if len(column):
        assert got.mean == pytest.approx(column.mean(), abs=1e-12)
    back = from_table(
        to_table({"NIHSS": one}, list("abc")[: arm + 1], range(visit + 1)),
        {"NIHSS": grid},
        list("abc")[: arm + 1],
        range(visit + 1),
    )
    np.testing.assert_array_equal(back["NIHSS"].difference.patients, one.difference.patients)


@given(st.lists(st.integers(0, 3000), min_size=1, max_size=20))
def test_steps_survive_the_way_to_values_and_back(steps: list[int]) -> None:
    found = np.array(steps, dtype=np.int32)
    np.testing.assert_array_equal(TIMED.codes(TIMED.values(found)), found)


def test_a_value_off_the_scale_is_a_fault() -> None:
    with pytest.raises(ValueError, match="43"):
        NIHSS.codes(np.array([3.0, 43.0]))
    np.testing.assert_array_equal(NIHSS.codes(np.array([np.nan, 42.0])), [MISSING, 42])
