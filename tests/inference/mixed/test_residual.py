"""Residual errors: densities against SciPy's, slopes against differences, censoring as a probability."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from exodyn.inference.mixed.residual import ResidualError, scatter

ERRORS = {
    "additive": ResidualError("y", additive="a"),
    "proportional": ResidualError("y", proportional="b"),
    "combined": ResidualError("y", additive="a", proportional="b"),
    "log": ResidualError("y", log="s"),
}
F = np.array([[0.5, 2.0, 3.0, 8.0, 4.0, 6.0]])
Y = np.array([0.7, 1.5, 2.0, 7.0, 5.0, 9.0])
CENSORING = np.array([0, 0, 1, -1, 1, -1])
LIMIT = np.array([np.nan, np.nan, np.nan, np.nan, 1.0, 12.0])
VALUES = {name: np.array([[value]]) for name, value in {"a": 0.4, "b": 0.2, "s": 0.3}.items()}


def density(kind: str, f: np.ndarray, **changed: float) -> np.ndarray:
    values = VALUES | {name: np.array([[value]]) for name, value in changed.items()}
    return scatter(ERRORS[kind], f, Y, CENSORING, LIMIT, values).log_density


@pytest.mark.parametrize("kind", ERRORS)
def test_density(kind: str) -> None:
    if kind == "log":
        law = stats.lognorm(0.3, scale=F[0])
    else:
        variance = {"additive": 0.16 + 0 * F, "proportional": (0.2 * F) ** 2}
        law = stats.norm(F[0], np.sqrt(variance.get(kind, 0.16 + (0.2 * F) ** 2))[0])
    ends = np.where(np.isnan(LIMIT), np.where(CENSORING == 1, 0.0, 99.0), LIMIT)
    expected = np.select(
        [CENSORING == 0, (CENSORING == 1) & np.isnan(LIMIT), (CENSORING == -1) & np.isnan(LIMIT)],
        [law.logpdf(Y), law.logcdf(Y), law.logsf(Y)],
        np.log(np.where(CENSORING == 1, law.cdf(Y) - law.cdf(ends), law.sf(Y) - law.sf(ends))),
    )
    np.testing.assert_allclose(density(kind, F)[0], expected, rtol=1e-11)


@pytest.mark.parametrize("kind", ERRORS)
def test_slopes(kind: str) -> None:
    found = scatter(ERRORS[kind], F, Y, CENSORING, LIMIT, VALUES)
    h = 1e-5
    by_f = (density(kind, F + h) - density(kind, F - h)) / (2 * h)
    np.testing.assert_allclose(found.by_prediction, by_f, rtol=1e-6, atol=1e-8)
    for name, by in found.by_parameter.items():
        value = float(VALUES[name][0, 0])
        slope = (density(kind, F, **{name: value + h}) - density(kind, F, **{name: value - h})) / (2 * h)
        np.testing.assert_allclose(by, slope, rtol=1e-6, atol=1e-8)
    assert np.all(found.information >= 0)


def test_far_below_a_limit_the_probability_keeps_its_slope() -> None:
    found = scatter(
        ERRORS["additive"], np.array([[40.0]]), np.array([1.0]), np.array([1]), np.array([np.nan]), VALUES
    )
    assert found.log_density[0, 0] == pytest.approx(stats.norm.logcdf(1.0, 40.0, 0.4), rel=1e-10)
    assert found.by_prediction[0, 0] < 0


def test_a_log_error_has_no_density_at_a_prediction_of_zero() -> None:
    found = scatter(
        ERRORS["log"], np.array([[0.0]]), np.array([1.0]), np.array([0]), np.array([np.nan]), VALUES
    )
    assert found.log_density[0, 0] == -np.inf and found.by_prediction[0, 0] == 0


@pytest.mark.parametrize("kind", ERRORS)
def test_an_interval_from_zero_on(kind: str) -> None:
    """Below a limit but not below 0, which the logarithm cannot be anyway."""
    given = np.array([[2.0]]), np.array([1.5]), np.array([1])
    found = scatter(ERRORS[kind], *given, np.array([0.0]), VALUES)
    open_ = scatter(ERRORS[kind], *given, np.array([np.nan]), VALUES)
    assert np.isfinite(found.log_density[0, 0]) and np.isfinite(found.by_prediction[0, 0])
    assert found.log_density[0, 0] <= open_.log_density[0, 0]
    if kind == "log":
        assert found.log_density[0, 0] == open_.log_density[0, 0]
