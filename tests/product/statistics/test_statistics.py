"""Methods that the file of reference values does not cover, against closed forms and published values."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from exodyn.errors import InputError
from exodyn.product.statistics import (
    charts,
    dose_response,
    equivalence,
    mixture,
    multivariate,
    outliers,
    potency,
    run_rules,
    stability,
    tolerance,
    variance,
)

WE = run_rules.WESTERN_ELECTRIC
DATA = Path(__file__).parents[2] / "data" / "evidence"


@pytest.mark.parametrize(
    ("rules", "shift", "published"),  # Champ and Woodall 1987, table 1
    [((0, 1, 2), 0.0, 132.89), ((0, 3), 0.0, 152.73), ((0, 2, 3), 0.0, 105.78), ((0, 1, 2, 3), 0.0, 91.75)],
)
def test_run_lengths_of_champ_and_woodall(rules, shift, published):
    found = run_rules.average_run_length([WE[i] for i in rules], shift)
    assert found == pytest.approx(published, abs=0.005)


def test_run_length_agrees_with_simulation():
    mean, error = run_rules.simulated_run_length(WE, 1.5, runs=600)
    assert abs(mean - run_rules.average_run_length(WE, 1.5)) < 4 * error


def test_nelsons_eight_rules_cry_wolf_more_often_than_western_electrics_four():
    mean, error = run_rules.simulated_run_length(run_rules.NELSON, runs=4000)
    assert error < 2 and mean < run_rules.average_run_length(WE)


def test_two_sided_factor_is_the_wald_and_wolfowitz_limit_for_many_values():
    """As n grows, k tends to the normal quantile."""
    assert tolerance.two_sided_factor(100_000, 0.95, 0.95) == pytest.approx(1.96, abs=0.02)


def test_tolerance_limits_hold_their_confidence():
    """Of many samples of five, 95% have limits that hold 90% of the population."""
    random = np.random.default_rng(3)
    k = tolerance.two_sided_factor(5, 0.9, 0.95)
    x = random.standard_normal((20_000, 5))
    low, high = x.mean(1) - k * x.std(1, ddof=1), x.mean(1) + k * x.std(1, ddof=1)
    held = (stats.norm.cdf(high) - stats.norm.cdf(low) >= 0.9).mean()
    assert held == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / 20_000))


def test_signals_name_rule_and_point():
    z = [0, 0, 2.5, 0.1, 2.6, 3.5, -0.1]
    found = run_rules.signals(z, 0, 1, WE[:2])
    assert [(s.point, s.rule) for s in found] == [
        (4, "2 of 3 beyond 2 sd"),
        (5, "1 beyond 3 sd"),
        (5, "2 of 3 beyond 2 sd"),
    ]


def test_nelson_trend_and_alternation():
    trend, alternating = run_rules.NELSON[2], run_rules.NELSON[3]
    assert run_rules.signals([0, 0.1, 0.2, 0.3, 0.4, 0.5], 0, 1, [trend])[0].point == 5
    assert run_rules.signals([(-1) ** i * 0.3 for i in range(14)], 0, 1, [alternating])[0].point == 13
    assert not run_rules.signals([0, 0.1, 0.2, 0.3, 0.3, 0.5], 0, 1, [trend])
    with pytest.raises(InputError, match="simulate"):
        run_rules.average_run_length([trend])


def test_published_power_of_a_crossover():
    # PowerTOST, sampleN.TOST(CV = 0.2): n = 20, power 0.834680
    assert equivalence.power_of_ratio(0.2, 20) == pytest.approx(0.83468, abs=5e-6)
    assert equivalence.n_for_power(0.8, 0.3) == 40


def test_power_of_two_samples_agrees_with_simulation():
    random = np.random.default_rng(5)
    n, bound = 6, 1.5
    exact = equivalence.power(-bound, bound, 0.3, math.sqrt(2 / n), 2 * n - 2)
    x, y = random.standard_normal((4000, n)) + 0.3, random.standard_normal((4000, n))
    passed = [
        equivalence.two_samples(a, b, -bound, bound, equal_variance=True).equivalent
        for a, b in zip(x, y, strict=True)
    ]
    assert np.mean(passed) == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 4000))


def test_equivalence_refuses_what_cannot_be_tested():
    with pytest.raises(InputError, match="do not vary"):
        equivalence.two_samples([1, 1], [1, 1], -1, 1)
    with pytest.raises(InputError, match="bounds"):
        equivalence.one_sample([1, 2], 1, 1)


def test_errors_of_a_sigmoid_are_those_of_drc():
    """R package drc, data ryegrass, summary and ED of LL.4 (recalled output; Ritz et al. 2015)."""
    with (DATA / "qc_data" / "ryegrass.csv").open() as file:
        dose, response = np.array(list(csv.reader(file))[1:], dtype=float).T
    found = dose_response.four_parameters(dose, response)
    errors = [found.error(name) for name in ("b", "c", "d", "e")]
    assert errors == pytest.approx([0.46506, 0.21219, 0.18857, 0.18573], abs=1.5e-5)
    places = [dose_response.effective_dose(found, percent)[1] for percent in (10, 50, 90)]
    assert places == pytest.approx([0.18677, 0.18573, 0.84510], abs=1.5e-5)


# Davies and Goldsmith 1972, as in lme4's documentation (Bates 2010): yield of dyestuff, strength of pastes.
DYESTUFF = """1545 1440 1440 1520 1580 1540 1555 1490 1560 1495 1595 1550 1605 1510 1560
              1445 1440 1595 1465 1545 1595 1630 1515 1635 1625 1520 1455 1450 1480 1445"""
PASTES = """62.8 62.6 60.1 62.3 62.7 63.1 60.0 61.4 57.5 56.9 61.1 58.9 58.7 57.5 63.9 63.1 65.4 63.7
            57.1 56.4 56.9 58.6 64.7 64.5 55.1 55.1 54.7 54.2 58.8 57.5 63.4 64.9 59.3 58.1 60.5 60.0
            62.5 62.6 61.0 58.7 56.9 57.7 59.2 59.4 65.2 66.0 64.8 64.1 54.8 54.8 64.0 64.0 57.7 56.8
            58.3 59.3 59.2 59.2 58.9 56.6"""


def test_components_are_those_of_lme4_for_dyestuff():
    y = np.array(DYESTUFF.split(), dtype=float)
    batch = np.repeat(list("ABCDEF"), 5)
    found = variance.components([("batch", batch)], y)
    assert found.variances == pytest.approx((1764.05, 2451.25), abs=0.01)
    assert found.deviance == pytest.approx(319.6543, abs=1e-4) and found.mean == pytest.approx(1527.5)
    # Balanced and above zero: the mean squares say the same.
    one = variance.one_way(batch, y)
    assert found.variances == pytest.approx((one.between, one.within), rel=1e-4)
    low, high = found.intervals[0]
    assert low < 1764 < high and found.shares["batch"] == pytest.approx(0.4185, abs=1e-4)


def test_nested_components_are_those_of_lme4_for_pastes():
    y = np.array(PASTES.split(), dtype=float)
    batch = np.repeat(list("ABCDEFGHIJ"), 6)
    sample = [f"{b}{c}" for b, c in zip(batch, np.tile(np.repeat(list("abc"), 2), 10), strict=True)]
    found = variance.components([("sample", sample), ("batch", batch)], y)
    assert found.variances == pytest.approx((8.4337, 1.6573, 0.6780), abs=1e-3)
    assert found.deviance == pytest.approx(246.9907, abs=1e-4)
    assert found.groups == (30, 10, 60)
    assert found.intervals[1][0] == 0  # a batch effect is not excluded (Bates 2010)


def test_a_day_shared_by_batches_is_crossed_with_them():
    random = np.random.default_rng(8)
    batch, day = np.repeat(np.arange(12), 8), np.tile(np.repeat(np.arange(4), 2), 12)
    effects = random.standard_normal(12), random.standard_normal(4)
    y = 3 * (effects[0] / effects[0].std(ddof=1))[batch] + 2 * (effects[1] / effects[1].std(ddof=1))[day]
    found = variance.components([("batch", batch), ("day", day)], y + 0.1 * random.standard_normal(96))
    assert found.variances == pytest.approx((9, 4, 0.01), rel=0.15)


@pytest.mark.parametrize(
    ("levels", "message"),
    [
        ([("batch", list("aabb")), ("day", list("1122"))], "batch, day cannot be told apart"),
        ([("batch", list("aaaa"))], "batch has 1 groups"),
        ([("day", list("abcd"))], "day has 4 groups of 4 values"),
    ],
)
def test_components_that_cannot_be_told_apart_are_refused(levels, message):
    with pytest.raises(InputError, match=message):
        variance.components(levels, [1.0, 2.0, 3.0, 5.0])


@pytest.mark.parametrize(
    ("n", "critical"),  # Dixon 1953, one end at 0.05
    [(3, 0.941), (5, 0.642), (7, 0.507), (8, 0.554), (10, 0.477), (13, 0.521), (14, 0.546), (20, 0.450)],
)
def test_published_critical_ratios_of_dixon(n, critical):
    assert outliers.dixon_critical(n, 0.05) == pytest.approx(critical, abs=1.1e-3)


def test_dixon_names_the_value_farthest_out():
    found = outliers.dixon([0.189, 0.167, 0.187, 0.183, 0.186, 0.182, 0.181, 0.184, 0.181, 0.177])
    assert found.index == 1 and found.statistic == pytest.approx(0.5) and found.outlier


def test_what_ich_q1e_lets_one_claim():
    assert [stability.furthest(12, where) for where in ("room", "refrigerated", "frozen")] == [24, 18, 12]
    assert [stability.furthest(24, where) for where in ("room", "refrigerated", "frozen")] == [36, 30, 24]


def test_gage_finds_the_instrument():
    random = np.random.default_rng(6)
    part, instrument = np.repeat(np.arange(30), 6), np.tile(np.repeat(np.arange(3), 2), 30)
    y = 5 * random.standard_normal(30)[part] + np.array([-1.0, 0.0, 1.0])[instrument]
    found = variance.gage(part, instrument, y + 0.1 * random.standard_normal(180))
    assert found.instrument == pytest.approx(1.0, rel=0.05)
    assert found.repeatability == pytest.approx(0.01, rel=0.3)
    assert found.part == pytest.approx(25, rel=0.6)


def test_mixture_recovers_two_populations():
    random = np.random.default_rng(8)
    d = np.concatenate(
        [90 * np.exp(0.2 * random.standard_normal(3000)), 250 * np.exp(0.15 * random.standard_normal(1000))]
    )
    edges = np.arange(0, 1001, 5.0)
    found = mixture.mixture(edges, np.histogram(d, edges)[0], 4000)
    assert len(found.populations) == 2
    small, large = found.populations
    for value, (low, high) in (
        (90, small.median_interval),
        (250, large.median_interval),
        (0.75, small.share_interval),
    ):
        assert low < value < high and high / low < 1.1
    assert small.gsd == pytest.approx(math.exp(0.2), abs=0.02)
    assert found.distribution(1e6) == pytest.approx(1)


def test_mixture_of_one_population_stays_one():
    random = np.random.default_rng(9)
    edges = np.arange(0, 601, 10.0)
    counts = np.histogram(120 * np.exp(0.4 * random.standard_normal(800)), edges)[0]
    assert len(mixture.mixture(edges, counts, 800).populations) == 1


def test_q_limit_agrees_with_simulation():
    random = np.random.default_rng(1)
    left = np.array([0.5, 0.3, 0.1])
    q = (random.standard_normal((200_000, 3)) ** 2 * left).sum(1)
    assert (q > multivariate.q_limit(left, 0.05)).mean() == pytest.approx(0.05, abs=0.005)


def test_model_of_batches_tells_inside_from_outside():
    random = np.random.default_rng(7)
    x = random.standard_normal((20, 1)) @ [[1, 2, -1, 1]] + 0.1 * random.standard_normal((20, 4))
    model = multivariate.model(x, components=1)
    along, across = x.mean(0) + np.array([10, 20, -10, 10]), x.mean(0) + np.array([1, -1, 1, 1])
    assert model.t2(along)[0] > model.t2_limit and model.q(along)[0] < model.q_limit
    assert model.q(across)[0] > model.q_limit and model.t2(across)[0] < model.t2_limit


def test_phase_two_limit_tends_to_chi_squared():
    assert multivariate.phase_two_limit(10**6, 3, 0.05) == pytest.approx(
        multivariate.chi2_limit(3, 0.05), rel=1e-4
    )


def test_rosner_finds_two_outliers_that_hide_each_other():
    values = [*np.linspace(-1, 1, 20), 9.0, 9.2]
    assert outliers.rosner(values, 3) == (21, 20)


def test_shelf_life_of_a_frozen_product_ends_with_the_data():
    month = [0, 3, 6, 9, 12] * 2
    value = [100, 99.2, 98.1, 97.3, 96.1, 100.3, 99.1, 98.3, 97.1, 96.3]
    found = stability.shelf_life(["a"] * 5 + ["b"] * 5, month, value, 90.0)
    assert found.months > 24 and found.poolability.model == "common"
    assert [stability.allowed(found, s) for s in ("frozen", "refrigerated", "room")] == [12, 18, 24]


def test_a_product_that_gains_never_expires_below():
    found = stability.shelf_life(["a"] * 4, [0, 1, 2, 3], [100, 101.1, 101.9, 103], 90.0)
    assert found.months == math.inf


def test_an_asymmetric_curve_is_recovered():
    dose = np.geomspace(0.01, 100, 25)
    found = dose_response.five_parameters(dose, dose_response.curve(dose, 1.5, 1, 9, 2, 0.4))
    assert [found[name] for name in "bcdef"] == pytest.approx([1.5, 1, 9, 2, 0.4], rel=1e-6)
    half, _ = dose_response.effective_dose(found, 50)
    assert dose_response.curve(half, 1.5, 1, 9, 2, 0.4) == pytest.approx(5)


def test_curves_of_different_slope_are_not_similar():
    random = np.random.default_rng(1)
    dose = np.tile(np.geomspace(0.1, 100, 8), 3)
    first = dose_response.curve(dose, -1, 0, 1, 3) + 0.01 * random.standard_normal(24)
    second = dose_response.curve(dose, -2, 0, 1, 3) + 0.01 * random.standard_normal(24)
    found = potency.relative_potency(
        np.tile(dose, 2), np.concatenate([first, second]), np.repeat([False, True], 24)
    )
    assert not found.similar and found.p < 1e-6 and found.ratios["slope"][0] == pytest.approx(2, rel=0.1)


def test_cusum_signals_a_shift_that_shewhart_misses():
    upper, lower = charts.cusum([0.8] * 20, 0, 1)
    assert upper[-1] == pytest.approx(6.0) and not lower.any()


def test_ewma_of_weight_one_is_the_values():
    assert charts.ewma([1, 5, 2], 0, 1.0).tolist() == [1, 5, 2]
