"""Meta-analysis against the documented output of the R package metafor.

Expected values: metafor, commit 71ae8f5a, tests/testthat (each test names the file), to the digits given.
Data: published counts and effects, as that package ships them.
"""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from exodyn.cli import main
from exodyn.errors import InputError
from exodyn.evidence import record, select
from exodyn.evidence.meta import (
    effect_of,
    log_ratio,
    pool,
    profile_interval,
    standardised_difference,
    tau2_interval,
)
from exodyn.evidence.meta_figures import forest, funnel
from exodyn.evidence.pooling import pool_records
from exodyn.evidence.small_studies import egger, rank_correlation, trim_and_fill

# metafor stops when tau2 moves by less than 1e-5, its default, which moves the last digit of a few figures.
# (Its iteration done here with that stop gives its digits, done to the end ours.)
STOPPED = 1.2e-4

# BCG vaccine against tuberculosis (Colditz 1994): cases and others, vaccinated and not, and latitude
BCG = np.array(
    [
        (4, 119, 11, 128, 44),
        (6, 300, 29, 274, 55),
        (3, 228, 11, 209, 42),
        (62, 13536, 248, 12619, 52),
        (33, 5036, 47, 5761, 13),
        (180, 1361, 372, 1079, 44),
        (8, 2537, 10, 619, 19),
        (505, 87886, 499, 87892, 13),
        (29, 7470, 45, 7232, 27),
        (17, 1699, 65, 1600, 42),
        (186, 50448, 141, 27197, 18),
        (5, 2493, 3, 2338, 33),
        (27, 16886, 29, 17825, 33),
    ],
    dtype=float,
).T
LATITUDE = BCG[4]
LOG_OR = log_ratio(BCG[0], BCG[0] + BCG[1], BCG[2], BCG[2] + BCG[3], kind="OR")
LOG_RR = log_ratio(BCG[0], BCG[0] + BCG[1], BCG[2], BCG[2] + BCG[3], kind="RR")

# passive smoking and lung cancer (Hackshaw 1998): odds ratios with 95% intervals
SMOKING = np.array(
    [
        (1.18, 0.9, 1.54), (1.45, 1.02, 2.08), (2.02, 0.48, 8.56), (1.2, 0.8, 1.6), (0.75, 0.43, 1.3),
        (2.07, 0.81, 5.25), (2.13, 1.19, 3.83), (0.8, 0.34, 1.9), (0.79, 0.25, 2.45), (2.01, 1.09, 3.72),
        (1.23, 0.81, 1.87), (1.2, 0.5, 3.3), (1.52, 0.87, 2.63), (1.03, 0.41, 2.55), (1.55, 0.9, 2.67),
        (1.03, 0.61, 1.74), (2.34, 0.81, 6.75), (1.65, 1.16, 2.35), (1.19, 0.82, 1.73), (1.52, 0.39, 5.96),
        (2.16, 1.08, 4.29), (1.08, 0.64, 1.82), (2.55, 0.74, 8.78), (1.62, 0.9, 2.91), (1.06, 0.74, 1.52),
        (0.79, 0.62, 1.02), (0.74, 0.32, 1.69), (2.27, 0.75, 6.82), (0.97, 0.78, 1.21), (1.6, 0.8, 3),
        (1.19, 0.66, 2.13), (1.66, 0.73, 3.78), (1.26, 1.04, 1.54), (1.1, 0.62, 1.96), (1.66, 1.12, 2.45),
        (1.16, 0.8, 1.69), (1.11, 0.67, 1.84),
    ]
)  # fmt: skip
# to three and four decimals, as the data set had them when the output was printed: that gives every digit
LOG_SMOKING = (
    np.round(np.log(SMOKING[:, 0]), 3),
    np.round((np.log(SMOKING[:, 2] / SMOKING[:, 1]) / (2 * 1.959964)) ** 2, 4),
)

# aspirin in pregnancy (CLASP; DerSimonian and Kacker 2007): events and women, treated and not
ASPIRIN = np.array(
    [(5, 156, 8, 74), (5, 303, 17, 303), (12, 565, 9, 477), (69, 1570, 94, 1565), (9, 103, 11, 105),
     (313, 4659, 352, 4650)], dtype=float,
).T  # fmt: skip

# teachers' expectancy (Raudenbush 1985): standardised differences, variances, weeks of contact (3: more)
EXPECTANCY = np.array(
    [
        0.03,
        0.12,
        -0.14,
        1.18,
        0.26,
        -0.06,
        -0.02,
        -0.32,
        0.27,
        0.80,
        0.54,
        0.18,
        -0.02,
        0.23,
        -0.18,
        -0.06,
        0.30,
        0.07,
        -0.07,
    ],
    dtype=float,
)
EXPECTANCY_V = np.array(
    [
        0.0156,
        0.0216,
        0.0279,
        0.1391,
        0.1362,
        0.0106,
        0.0106,
        0.0484,
        0.0269,
        0.0630,
        0.0912,
        0.0497,
        0.0835,
        0.0841,
        0.0253,
        0.0279,
        0.0193,
        0.0088,
        0.0303,
    ],
    dtype=float,
)
WEEKS = np.array([2, 3, 3, 0, 0, 3, 3, 3, 0, 1, 0, 0, 1, 2, 3, 3, 1, 2, 3], dtype=float)

# diuretics against pre-eclampsia (Collins 1985): events and n, treated and control
DIURETICS = np.array(
    [
        (14, 131, 14, 136),
        (21, 385, 17, 134),
        (14, 57, 24, 48),
        (6, 38, 18, 40),
        (12, 1011, 35, 760),
        (138, 1370, 175, 1336),
        (15, 506, 20, 524),
        (6, 108, 2, 103),
        (65, 153, 40, 102),
    ],
    dtype=float,
).T

# intravenous magnesium after myocardial infarction (Egger 2001): deaths and n, treated and control
MAGNESIUM = np.array(
    [
        (1, 40, 2, 36),
        (9, 135, 23, 135),
        (2, 200, 7, 200),
        (1, 48, 1, 46),
        (10, 150, 8, 148),
        (1, 59, 9, 56),
        (1, 25, 3, 23),
        (0, 22, 1, 21),
        (6, 76, 11, 75),
        (1, 27, 7, 27),
        (2, 89, 12, 80),
        (5, 23, 13, 33),
        (4, 130, 8, 122),
        (90, 1159, 118, 1157),
        (4, 107, 17, 108),
        (2216, 29011, 2103, 29039),
    ],
    dtype=float,
).T


def test_one_effect_that_all_share() -> None:
    """test_misc_metan_vs_rma.uni_with_dat.bcg.r"""
    found = pool(*LOG_RR, method="EE", hartung_knapp=False)
    told = [found.estimate[0], found.low[0], found.high[0], found.statistic[0], found.q]
    assert_allclose(told, [-0.4303, -0.5097, -0.3509, -10.6247, 152.2330], atol=6e-5)
    found = pool(*LOG_OR, method="EE", hartung_knapp=False)
    told = [found.estimate[0], found.low[0], found.high[0], found.statistic[0], found.q]
    assert_allclose(told, [-0.4361, -0.5190, -0.3533, -10.3190, 163.1649], atol=6e-5)


def test_dersimonian_and_laird() -> None:
    """test_misc_metan_vs_rma.uni_with_dat.bcg.r, test_misc_confint.r"""
    found = pool(*LOG_RR, method="DL", hartung_knapp=False)
    told = [
        found.estimate[0],
        found.low[0],
        found.high[0],
        found.statistic[0],
        found.tau2,
        found.i2,
        found.h2,
    ]
    assert_allclose(told, [-0.7141, -1.0644, -0.3638, -3.9952, 0.3088, 92.1173, 12.6861], atol=6e-5)
    assert_allclose(tau2_interval(*LOG_RR, method="Q"), [0.1197, 1.1115], atol=6e-5)


def test_maximum_likelihood() -> None:
    """test_analysis_example_vanhouwelingen2002.r"""
    found = pool(*LOG_OR, method="ML", hartung_knapp=False)
    assert_allclose(
        np.exp([found.estimate[0], found.low[0], found.high[0]]), [0.476, 0.336, 0.675], atol=6e-4
    )
    assert found.tau2 == pytest.approx(0.302, abs=6e-4)
    assert_allclose(found.prediction(), [-1.875, 0.391], atol=6e-4)
    assert_allclose(tau2_interval(*LOG_OR, method="Q"), [0.130, 1.181], atol=6e-4)
    knapp = pool(*LOG_OR, method="ML")
    assert_allclose(np.exp([knapp.low[0], knapp.high[0]]), [0.318, 0.714], atol=6e-4)


def test_regression_on_latitude() -> None:
    """test_analysis_example_vanhouwelingen2002.r"""
    found = pool(*LOG_OR, LATITUDE, method="ML", hartung_knapp=False)
    assert_allclose(found.estimate, [0.371, -0.033], atol=6e-4)
    assert_allclose(found.se, [0.106, 0.003], atol=6e-4)
    assert found.tau2 == pytest.approx(0.004, abs=6e-4)


def test_restricted_maximum_likelihood_and_its_regression() -> None:
    """test_analysis_example_raudenbush1985.r, test_analysis_example_raudenbush2009.r"""
    found = pool(EXPECTANCY, EXPECTANCY_V, hartung_knapp=False)
    told = [found.tau2, found.estimate[0], found.q, found.statistic[0]]
    assert_allclose(told, [0.0188, 0.0837, 35.8295, 1.6208], atol=6e-5)
    assert_allclose(found.prediction(), [-0.2036, 0.3711], atol=STOPPED)
    found = pool(EXPECTANCY, EXPECTANCY_V, WEEKS, hartung_knapp=False)
    assert found.tau2 == pytest.approx(0.0, abs=6e-5)
    assert_allclose(found.estimate, [0.4072, -0.1572], atol=6e-5)
    assert_allclose(found.statistic, [4.6782, -4.3884], atol=STOPPED)
    assert found.q == pytest.approx(16.5708, abs=6e-5)


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("ML", [0.0126, 0.0777, 0.0593, 1.3110, -0.0468, 0.2023]),
        ("REML", [0.0188, 0.0837, 0.0616, 1.3593, -0.0457, 0.2131]),
        ("DL", [0.0259, 0.0893, 0.0636, 1.4050, -0.0442, 0.2229]),
    ],
)
def test_knapp_and_hartung(method: str, expected: list[float]) -> None:
    """test_analysis_example_raudenbush2009.r, table 16.3 of that chapter"""
    found = pool(EXPECTANCY, EXPECTANCY_V, method=method)  # type: ignore[arg-type]
    told = [found.tau2, found.estimate[0], found.se[0], found.statistic[0], found.low[0], found.high[0]]
    near = [6e-5, 6e-5, 6e-5, STOPPED, 6e-5, 6e-5]
    assert np.all(np.abs(np.subtract(told, expected)) < near), told


@pytest.mark.parametrize(
    ("method", "tau", "mean", "se"),
    [
        ("PM", 0.3681, -0.3811, 0.2060),
        ("DL", 0.2323, -0.3240, 0.1540),
        ("ML", 0.0023, -0.1974, 0.0694),
        ("REML", 0.1843, -0.2980, 0.1343),
    ],
)
def test_estimators_differ_on_few_studies(method: str, tau: float, mean: float, se: float) -> None:
    """test_analysis_example_dersimonian2007.r, tables 3 and 4 of that paper"""
    found = pool(*log_ratio(*ASPIRIN, kind="OR"), method=method, hartung_knapp=False)  # type: ignore[arg-type]
    # ML ends at zero; metafor's search stops at 0.0023.
    assert np.sqrt(found.tau2) == pytest.approx(tau, abs=3e-3 if method == "ML" else 6e-5)
    assert_allclose([found.estimate[0], found.se[0]], [mean, se], atol=6e-5)


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("DL", [0.2768, 80.4447, 5.1137]),
        ("ML", [0.1967, 74.5098, 3.9231]),
        ("REML", [0.2232, 76.8399, 4.3178]),
        ("PM", [0.1920, 74.0511, 3.8537]),
    ],
)
def test_heterogeneity_by_estimator(method: str, expected: list[float]) -> None:
    """test_analysis_example_viechtbauer2005.r, page 271 of that paper (PM is its empirical Bayes)"""
    y = [-0.581, 0.530, 0.771, 1.031, 0.553, 0.295, 0.078, 0.573, -0.176, -0.232]
    v = [0.023, 0.052, 0.060, 0.115, 0.095, 0.203, 0.200, 0.211, 0.051, 0.040]
    found = pool(y, v, method=method)  # type: ignore[arg-type]
    assert found.tau2 == pytest.approx(expected[0], abs=6e-5)
    # the search for ML and REML stops at 1e-5 there
    assert_allclose([found.i2, found.h2], expected[1:], atol=6e-5 if method == "DL" else 3e-3)


def test_interval_of_the_variance_that_a_regression_leaves() -> None:
    """test_analysis_example_jackson2014.r, example 2: Paule and Mandel's, with the year as moderator"""
    y = [0.54, 0.4, 0.64, 0.365, 0.835, 0.02, 0.12, 0.085, 1.18, 0.08, 0.18, 0.325, 0.06, 0.715, 0.065,
         0.245, 0.24, 0.06, 0.19]  # fmt: skip
    v = [0.0176, 0.019, 0.0906, 0.0861, 0.0063, 0.0126, 0.0126, 0.0041, 0.0759, 0.0126, 0.0104, 0.0242,
         0.0026, 0.2629, 0.0169, 0.0156, 0.0481, 0.0084, 0.0044]  # fmt: skip
    year = [86, 87, 88, 88, 98, 99, 100, 100, 100, 101, 101, 101, 102, 102, 102, 102, 103, 103, 103]
    assert_allclose(tau2_interval(y, v, year, method="Q"), [0.0178, 0.1564], atol=6e-5)


def test_intervals_of_the_variance_between_studies() -> None:
    """test_analysis_example_viechtbauer2007a.r"""
    data = log_ratio(*DIURETICS, kind="OR")
    found = [pool(*data, method=method).tau2 for method in ("DL", "ML", "REML")]
    assert_allclose(found, [0.2297, 0.2386, 0.3008], atol=6e-5)
    assert_allclose(tau2_interval(*data, method="Q"), [0.0723, 2.2027], atol=6e-5)
    assert_allclose(tau2_interval(*data, method="ML"), [0.0266, 1.1308], atol=6e-5)
    assert_allclose(tau2_interval(*data, method="REML"), [0.0427, 1.4747], atol=6e-5)


def test_small_study_effects() -> None:
    """test_misc_pub_bias.r"""
    data = log_ratio(*MAGNESIUM, kind="OR")
    assert egger(*data, model="random").statistic == pytest.approx(-4.6686, abs=6e-5)
    size = MAGNESIUM[1] + MAGNESIUM[3]
    found = egger(*data, predictor=1 / np.sqrt(size))
    assert found.statistic == pytest.approx(-5.6083, abs=6e-5)
    assert found.df == 14


def test_rank_correlation_of_the_funnel() -> None:
    """test_misc_pub_bias.r"""
    tau, p = rank_correlation(*log_ratio(*MAGNESIUM, kind="OR"))
    assert tau == pytest.approx(0.15, abs=1e-12)
    assert p == pytest.approx(0.4503, abs=6e-5)


def test_trim_and_fill_of_passive_smoking() -> None:
    """metafor's printed trimfill(rma(yi, vi, data=dat.hackshaw1998)): k = 44 with 7 filled on the left."""
    found = trim_and_fill(*LOG_SMOKING)
    assert (found.missing, found.side, len(found.pooled.weights)) == (7, "left", 44)
    assert found.se == pytest.approx(4.0399, abs=6e-5)
    pooled = found.pooled
    told = [pooled.tau2, pooled.estimate[0], pooled.se[0], pooled.low[0], pooled.high[0]]
    assert_allclose(told, [0.0245, 0.1745, 0.0484, 0.0795, 0.2694], atol=6e-5)
    assert_allclose([pooled.q, pooled.statistic[0]], [60.5196, 3.6015], atol=STOPPED)
    assert pooled.i2 == pytest.approx(28.86, abs=6e-3)


@pytest.mark.parametrize("method", ["REML", "DL"])
def test_trim_and_fill_where_nothing_is_missing(method: str) -> None:
    """metafor's printed trimfill of the odds ratios of BCG: 0 on the right, SE 2.3309, by either."""
    found = trim_and_fill(*LOG_OR, method=method)  # type: ignore[arg-type]
    assert (found.missing, found.side) == (0, "right")
    assert found.se == pytest.approx(2.3309, abs=6e-5)
    expected = {"REML": [-0.7452, 0.1860, -4.0057], "DL": [-0.7474, 0.1923, -3.8873]}[method]
    assert_allclose(
        [found.pooled.estimate[0], found.pooled.se[0], found.pooled.statistic[0]], expected, atol=STOPPED
    )


def test_trim_and_fill_on_the_right_mirrors_that_on_the_left() -> None:
    y, v = LOG_SMOKING
    left = trim_and_fill(y, v, side="left", estimator="R0")
    right = trim_and_fill(-y, v, side="right", estimator="R0")
    assert (left.missing, left.p) == (right.missing, right.p)
    assert left.pooled.estimate[0] == pytest.approx(-right.pooled.estimate[0], rel=1e-9)


def test_profile_likelihood_of_the_mean_by_its_definition() -> None:
    y, v = LOG_OR
    low, high = profile_interval(y, v)
    tau2 = np.linspace(0, 3, 6001)

    def likelihood(mean: float) -> float:
        total = v + tau2[:, None]
        return float(np.max(-0.5 * np.sum(np.log(total) + (y - mean) ** 2 / total, axis=1)))

    best = max(likelihood(mean) for mean in np.linspace(low, high, 401))
    assert_allclose([2 * (best - likelihood(end)) for end in (low, high)], 3.8415, atol=2e-3)
    wald = pool(y, v, method="ML", hartung_knapp=False)
    assert low < wald.low[0]  # it is wider than what takes tau2 as known
    assert high > wald.high[0]


def test_standardised_differences() -> None:
    """test_misc_rma_uni.r (stay after stroke, Normand 1999); g as in Borenstein 2009, chapter 4."""
    lines = [
        (55, 47, 155, 75, 64, 156),
        (27, 7, 31, 29, 4, 32),
        (64, 17, 75, 119, 29, 71),
        (66, 20, 18, 137, 48, 18),
    ]
    assert pool(*standardised_difference(*np.array(lines, dtype=float).T)).tau2 == pytest.approx(
        1.0090, abs=6e-5
    )
    g, _ = standardised_difference(103, 5.5, 50, 100, 4.5, 50)
    assert g == pytest.approx(0.5924, abs=1e-4)


def test_agreement_between_studies_gives_no_variance_between_them() -> None:
    found = pool([0.1, 0.1, 0.1], [0.2, 0.3, 0.4], hartung_knapp=False)
    assert (found.tau2, found.i2, found.h2) == (0, 0, 1)
    assert math.isinf(found.df)
    assert found.weights.sum() == pytest.approx(100)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.1], [0.2]), "1 studies for 1 coefficients, expected more"),
        (([0.1, 0.2], [0.2, 0.0]), "variances of effects, expected positive numbers"),
        (([0.1, math.nan], [0.2, 0.1]), "is missing"),
        (([0.1, 0.2], [0.2]), "expected one of each for every study"),
        (([0.1, 0.2, 0.3], [0.2, 0.1, 0.1], [5.0, 5.0, 5.0]), "moderators that do not vary"),
    ],
)
def test_what_cannot_be_pooled_is_refused(arguments: tuple[list[float], ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        pool(*arguments)


def test_events_beyond_n_are_refused() -> None:
    with pytest.raises(InputError, match="0 <= events <= n"):
        log_ratio([5], [4], [1], [4], kind="OR")


def test_effects_of_records() -> None:
    ratio = effect_of(record("TRB003"))  # odds ratio 1.75 (1.35 to 2.27)
    assert ratio is not None
    assert ratio[0] == pytest.approx(math.log(1.75))
    assert math.sqrt(ratio[1]) == pytest.approx(math.log(2.27 / 1.35) / 3.919928)
    difference = effect_of(record("STR046"))  # SMD -1.64 to -0.87
    assert difference is not None
    assert math.sqrt(difference[1]) == pytest.approx((1.64 - 0.87) / 3.919928)
    assert effect_of(record("NHS001")) is None
    assert effect_of(record("KIN003")) is None


def test_plots_show_every_study(tmp_path: Path) -> None:
    pooled = pool(*LOG_OR)
    names = [f"study {i}" for i in range(13)]
    drawn = forest(*LOG_OR, names, pooled)
    labels = [text.get_text() for text in drawn.axes[0].get_yticklabels()]
    assert labels[:13] == names
    assert labels[13].startswith("REML, -0.75 (")
    assert len(funnel(*LOG_OR, pooled).axes[0].collections[0].get_offsets()) == 13
    drawn.savefig(tmp_path / "forest.svg")
    assert (tmp_path / "forest.svg").stat().st_size > 1000


def test_records_of_one_effect_are_pooled_as_their_numbers_are() -> None:
    found = pool_records(select("translation", "stroke"), "infarct", "percent")
    pairs = [effect_of(one) for one in found.records]
    effects, variances = zip(*(pair for pair in pairs if pair is not None), strict=True)
    assert len(found.records) == 8
    assert_allclose(found.pooled.estimate, pool(effects, variances).estimate)
    assert found.profile == profile_interval(effects, variances)
    assert found.small is not None and found.dose is None


def test_what_has_several_units_or_too_few_records_is_refused() -> None:
    records = select("outcomes_sci")
    with pytest.raises(InputError, match="SMD, points, choose one by --unit"):
        pool_records(records, "BBB")
    with pytest.raises(InputError, match="expected two or more"):
        pool_records(records, "moonwalk")


def test_the_effect_per_tenfold_dose_is_that_of_the_regression() -> None:
    lines = [
        dataclasses.replace(
            record("STR046"),
            id=f"A{k}",
            value=-0.5 - 0.4 * k,
            spread=(-0.9 - 0.4 * k, -0.1 - 0.4 * k),
            fields={"dose_particles": f"1e{8 + k}"},
        )
        for k in range(5)
    ]
    found = pool_records(lines, "neurological")
    assert found.dose is not None
    assert_allclose(found.dose.estimate[1], -0.4, atol=1e-9)


def test_the_command_pools_and_draws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drawn = tmp_path / "forest.svg"
    words = [
        "evidence",
        "--area",
        "translation",
        "--pool",
        "infarct",
        "--unit",
        "percent",
        "--forest",
        str(drawn),
    ]
    assert main([*words, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["unit"] == "percent" and len(document["records"]) >= 8
    low, high = document["pooled"]["prediction"]
    assert low < document["pooled"]["mean"] < high
    assert "<svg" in drawn.read_text()
    assert main([*words[:-1], "forest.doc"]) == 2
    assert main(["evidence", "--forest", str(drawn)]) == 2
