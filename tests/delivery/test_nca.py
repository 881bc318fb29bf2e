"""Non-compartmental analysis against closed forms and against what WinNonlin and PKNCA print."""

import numpy as np
import pytest

from exodyn.delivery.nca import followed, half_lives, mean_residence_time, moments

# Theophylline, subjects 1 to 3 of Theoph in R's datasets.
HOURS = {
    1: [0, 0.25, 0.57, 1.12, 2.02, 3.82, 5.1, 7.03, 9.05, 12.12, 24.37],
    2: [0, 0.27, 0.52, 1, 1.92, 3.5, 5.02, 7.03, 9, 12, 24.3],
    3: [0, 0.27, 0.58, 1.02, 2.02, 3.62, 5.08, 7.07, 9, 12.15, 24.17],
}
MG_PER_L = {
    1: [0.74, 2.84, 6.57, 10.5, 9.66, 8.58, 8.36, 7.47, 6.89, 5.94, 3.28],
    2: [0, 1.72, 7.91, 8.31, 8.33, 6.85, 6.08, 5.4, 4.55, 3.01, 0.9],
    3: [0, 4.4, 6.9, 8.2, 7.8, 7.5, 6.2, 5.3, 4.9, 3.7, 1.05],
}
# Linear-up log-down: WinNonlin's as printed by public tests of other programs, and PKNCA's vignette.
PUBLISHED = {
    1: (147.234748, 214.923632, 14.3044),
    2: (88.731275, 97.377935, 6.6593),
    3: (95.878198, 106.127668, 6.7661),
}


@pytest.mark.parametrize("subject", [1, 2, 3])
def test_theophylline_as_published(subject: int) -> None:
    found = moments(HOURS[subject], MG_PER_L[subject])
    last, all_, half_life = PUBLISHED[subject]
    assert found.auc_last == pytest.approx(last, rel=1e-6)
    assert found.auc == pytest.approx(all_, rel=1e-6)
    assert found.half_life == pytest.approx(half_life, rel=1e-5)


def test_two_exponentials_equal_their_closed_form() -> None:
    """50 (half-life 2 min) + 8.8 (60 min) %ID/mL: AUC A/a + B/b, AUMC A/a^2 + B/b^2."""
    t = np.concatenate([[0], np.geomspace(1e-3, 1200, 4000)])
    found = moments(t, 50 * 2 ** (-t / 2) + 8.8 * 2 ** (-t / 60))
    assert found.auc == pytest.approx(906.012486, rel=1e-6)
    assert found.clearance(100) == pytest.approx(0.110373755, rel=1e-6)
    assert found.mrt == pytest.approx(73.2374489, rel=1e-5)
    assert found.steady_volume(100) == pytest.approx(8.08349223, rel=1e-5)
    assert 100 / found.cmax == pytest.approx(1.70068027, rel=1e-8)


def test_half_lives_of_exponentials() -> None:
    t = np.concatenate([[0], np.geomspace(1e-4, 100, 400)])
    curves = np.array([np.exp(-np.log(2) / h * t) for h in (0.01, 0.3, 4.0)])
    for late in (False, True):
        assert half_lives(t, curves, late) == pytest.approx([0.01, 0.3, 4.0], rel=1e-3)
    assert mean_residence_time(t, curves)[2] == pytest.approx(4 / np.log(2), rel=5e-3)


@pytest.mark.parametrize(
    ("times", "values"),
    [([0, 1], [1, 0.5]), ([0, 1, 2, 3], [1, 2, 3, 4]), ([0, 1, 1], [3, 2, 1]), ([0, 1, 2], [3, -1, 1])],
)
def test_courses_without_a_terminal_slope_are_refused(times: list[float], values: list[float]) -> None:
    with pytest.raises(ValueError, match=r"terminal slope|expected rising"):
        moments(times, values)


def test_a_followed_curve_has_the_moments_of_its_closed_form() -> None:
    """One exponential: area C0/k and residence 1/k with the tail; a slow hundredth is not followed."""
    t = np.concatenate([[0], np.geomspace(1e-4, 100, 2000)])
    rates = np.log(2) / np.array([0.01, 0.3, 4.0])
    curves = np.exp(-rates[:, None] * t)
    area, first = followed(t, curves)
    assert area == pytest.approx(1 / rates, rel=1e-3)
    assert first / area == pytest.approx(1 / rates, rel=1e-3)
    until, _ = followed(t, curves, tail=False)
    assert until == pytest.approx((1 - 0.0125) / rates, rel=1e-3)
    with_rest = 0.99 * np.exp(-t / 0.02) + 0.01 * np.exp(-t / 40)
    assert mean_residence_time(t, with_rest[None, :])[0] < 0.1
