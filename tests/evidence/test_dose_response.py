"""Dose-response meta-analysis against the documented output of the R package dosresmeta.

Expected values: dosresmeta 2.1.1 (alecri/dosresmeta, commit dcc47a98), reference pages grl, covar.logrr and
dosresmeta, to the digits that they print. The numbers of the six studies of alcohol and heart disease are as
its alcohol_cvd has them.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from exodyn.errors import InputError
from exodyn.evidence.dose_response import (
    Design,
    effective_counts,
    pool_trends,
    ratio_covariance,
    spline,
    trend,
)

STUDIES: list[tuple[Design, list[tuple[float, ...]]]] = [
    ("case-control", [(0, 126, 414, 0, 0), (9.06, 61, 261, -0.223144, 0.223338),
                      (27, 69, 228, -0.0001, 0.233752), (45, 22, 44, 0.530628, 0.376514),
                      (64.800003, 19, 34, 0.875469, 0.444005)]),
    ("case-control", [(0, 77, 258, 0, 0), (16.049999, 88, 413, -0.430783, 0.221305),
                      (46.424999, 24, 202, -1.078810, 0.297565), (77.160004, 13, 64, -0.616186, 0.387079)]),
    ("case-control", [(0, 83, 208, 0, 0), (1.176, 46, 175, -0.579818, 0.317147),
                      (8.916, 17, 58, -0.562119, 0.418614), (18.719999, 4, 11, 0.615186, 0.909101)]),
    ("case-control", [(0, 83, 208, 0, 0), (0.955, 29, 117, -0.287682, 0.333234),
                      (7.43, 32, 81, 0.512824, 0.338373), (15.6, 18, 39, -0.314711, 0.471345)]),
    ("incidence", [(0, 159, 480, 0, 0), (6, 229, 975, -0.415516, 0.144215),
                   (18, 38, 207, -0.634878, 0.238349), (28.799999, 39, 133, -0.083382, 0.273885)]),
    ("incidence", [(0, 302, 1269, 0, 0), (6.25, 129, 436, -0.223144, 0.156587),
                   (18.75, 19, 49, -0.010050, 0.351089), (30, 15, 41, -0.261365, 0.416511)]),
]  # fmt: skip
"""Dose in g a day, cases, subjects, log ratio, its standard error."""
KNOTS = (0.0, 9.06, 45.855)


def fitted(shape):
    found = []
    for design, rows in STUDIES:
        dose, cases, n, y, se = np.array(rows).T
        found.append(trend(y, ratio_covariance(y, se**2, cases, n, design), shape(dose)))
    return pool_trends(found)


def test_effective_counts() -> None:
    expected = [
        [125.045754, 67.121348, 68.861059, 18.649722, 17.321957],
        [76.326336, 88.590929, 25.247951, 11.834726],
        [81.774216, 46.587219, 15.641699, 5.996615],
        [75.746492, 35.156220, 39.598921, 11.498375],
        [153.244004, 230.458403, 41.209336, 40.088318],
        [343.064318, 99.685219, 13.149854, 9.100567],
    ]
    for (design, rows), counts in zip(STUDIES, expected, strict=True):
        _, cases, n, y, _ = np.array(rows).T
        # the package's logs have more digits than it prints, and it stops within 0.003 of the cases
        assert_allclose(effective_counts(y, cases, n, design), counts, atol=2e-3)


def test_covariance_of_the_first_study() -> None:
    _, cases, n, y, se = np.array(STUDIES[0][1]).T
    assert_allclose(
        ratio_covariance(y, se**2, cases, n, "case-control"),
        [[0.04987985, 0.01875906, 0.01678737, 0.01780975], [0.01875906, 0.05463996, 0.01736485, 0.01842239],
         [0.01678737, 0.01736485, 0.14176254, 0.01648609], [0.01780975, 0.01842239, 0.01648609, 0.19714011]],
        atol=1e-6,
    )  # fmt: skip


def test_linear_trend() -> None:
    found = fitted(lambda dose: dose)
    assert_allclose([found.estimate[0], found.se[0]], [-0.0044, 0.0059], atol=5e-5)
    assert_allclose(np.sqrt(found.between[0, 0]), 0.0100, atol=5e-5)
    assert_allclose([found.q, found.q_df], [14.1464, 5], atol=1e-3)
    assert_allclose(found.i2, 64.7, atol=0.05)
    assert_allclose(np.exp(found.estimate[0]), 0.9956441, atol=1e-6)


def test_quadratic_trend() -> None:
    found = fitted(lambda dose: np.column_stack([dose, dose**2]))
    assert_allclose(found.estimate, [-0.0302, 0.0008], atol=5e-5)
    assert_allclose(found.se, [0.0132, 0.0005], atol=5e-5)
    sd = np.sqrt(np.diag(found.between))
    assert_allclose(sd, [0.0209, 0.0008], atol=5e-5)
    assert_allclose(found.between[0, 1] / np.prod(sd), -0.9063, atol=1e-3)
    assert_allclose([found.q, found.q_df], [35.1177, 10], atol=1e-3)
    assert_allclose(found.i2, 71.5, atol=0.05)


def test_a_spline_is_linear_beyond_its_outer_knots_and_smooth_at_them() -> None:
    x = np.linspace(-5, 80, 1701)
    basis = spline(x, KNOTS)
    assert basis.shape == (1701, 2)
    second = np.diff(basis[:, 1], 2) / np.diff(x)[0] ** 2
    assert_allclose(second[x[1:-1] < KNOTS[0] - 0.1], 0, atol=1e-9)
    assert_allclose(second[x[1:-1] > KNOTS[-1] + 0.1], 0, atol=1e-6)
    assert np.abs(np.diff(second)).max() < 0.01 * np.abs(second).max()


def test_a_spline_trend_is_j_shaped_where_a_line_sees_nothing() -> None:
    """Beside R's rcs(dose, 3), of which mahmood726-cyber/allmeta's test states the coefficients."""
    found = fitted(lambda dose: spline(dose, KNOTS))
    assert_allclose(found.estimate, [-0.0306779651, 0.0942379747], rtol=1e-5)
    assert_allclose(found.se, np.sqrt([0.0001195897, 0.0025153234]), rtol=1e-5)
    ratio = spline([12.0, 60.0], KNOTS) @ found.estimate
    assert_allclose(ratio, [-0.2921094216, 0.4883393221], rtol=1e-5)


@pytest.mark.parametrize(
    ("y", "cases", "n", "message"),
    [
        ([0.1, 0.2], [5, 5], [10, 10], "0 for the first"),
        ([0, 0.2], [5, 10], [10, 10], "below the total"),
        ([0, np.nan], [5, 5], [10, 10], "below the total"),
    ],
)
def test_what_cannot_be_is_refused(y, cases, n, message) -> None:
    with pytest.raises(InputError, match=message):
        effective_counts(y, cases, n, "case-control")


def test_too_few_doses_for_a_shape() -> None:
    with pytest.raises(InputError, match="1 doses cannot tell 2 coefficients apart"):
        trend([0, 0.3], [[0.1]], spline([0, 10], KNOTS))
