"""Counter-based random numbers: the same for a patient whatever else is drawn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from exodyn.engine.random import uniforms


@given(
    seed=st.integers(0, 2**64 - 1),
    first=st.integers(0, 2**40),
    patients=st.integers(1, 40),
    draws=st.integers(1, 11),
    data=st.data(),
)
def test_a_patient_draws_the_same_in_any_chunk(
    seed: int, first: int, patients: int, draws: int, data: st.DataObject
) -> None:
    whole = uniforms(seed, "traits", first, patients, draws)
    offset = data.draw(st.integers(0, patients - 1))
    fewer = data.draw(st.integers(1, draws))
    part = uniforms(seed, "traits", first + offset, patients - offset, fewer)
    np.testing.assert_array_equal(part, whole[offset:, :fewer])


def test_streams_seeds_and_draws_are_independent_and_uniform() -> None:
    a = uniforms(1, "traits", 0, 20_000, 6)
    others = [uniforms(1, "rater", 0, 20_000, 6), uniforms(2, "traits", 0, 20_000, 6)]
    columns = np.concatenate([a, *others], axis=1)
    assert len(np.unique(columns)) == columns.size
    assert 0 < columns.min() and columns.max() < 1
    correlations = np.corrcoef(columns, rowvar=False) - np.eye(columns.shape[1])
    assert np.abs(correlations).max() < 5 / np.sqrt(20_000)
    for column in columns.T:
        assert stats.kstest(column, "uniform").pvalue > 1e-4


def test_numbers_do_not_change_between_versions() -> None:
    """The draws of a seed are part of a result's identity: a change here is a new `draws` version."""
    expected = [0.857775925567163, 0.38138473845852705, 0.9269011727012298]
    np.testing.assert_array_equal(uniforms(1, "traits", 7, 1, 3)[0], expected)


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="seed"):
        uniforms(-1, "traits", 0, 1, 1)
    with pytest.raises(ValueError, match="negative"):
        uniforms(1, "traits", 0, -1, 1)
