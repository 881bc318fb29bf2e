"""Scores, statistics of virtual patients and dumb forecasts, beside closed forms."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import t

from exodyn.evidence import all_records, is_validation, record
from exodyn.validation import Given, statistics
from exodyn.validation.baselines import Known as KnownRecord
from exodyn.validation.baselines import _known, forecasts, mean
from exodyn.validation.between import Between, between_studies
from exodyn.validation.estimate_between import Residual, spread
from exodyn.validation.quantity import Quantity, quantity_of
from exodyn.validation.score import Band, binomial_interval, fold_error, gmfe, interval_score
from exodyn.validation.statistics import Chance

NONE = np.zeros(1)


def test_interval_score_of_gneiting_and_raftery():
    band = Band(5.0, 4.0, 6.0)
    assert interval_score(band, 5.5) == 2.0
    assert interval_score(band, 7.0) == pytest.approx(2.0 + 2 / 0.1)
    assert interval_score(band, 3.5) == pytest.approx(2.0 + 0.5 * 20)


def test_exact_binomial_intervals():
    # Clopper and Pearson 1934: 0 and 10 of 10 end at the solution of p^10 = 0.025
    low, high = binomial_interval(10, 10)
    assert (low, high) == (pytest.approx(0.025**0.1), 1.0)
    assert binomial_interval(0, 10) == (0.0, pytest.approx(1 - 0.025**0.1))
    assert binomial_interval(8, 10) == (pytest.approx(0.4439, abs=5e-5), pytest.approx(0.9748, abs=5e-5))


def test_fold_errors():
    assert fold_error(2.0, 1.0) == fold_error(1.0, 2.0) == 2.0
    assert fold_error(0.0, 1.0) is None
    assert gmfe([2.0, 8.0]) == pytest.approx(4.0)
    assert gmfe([]) is None


def test_a_share_has_binomial_sampling():
    holds = np.tile(np.repeat([1.0, 0.0], [300, 700]), (200, 1))
    drawn = statistics.share(holds, 50, NONE, Chance(1, "share"))
    assert drawn.mean() == pytest.approx(0.3, abs=0.005)
    assert drawn.std() == pytest.approx(math.sqrt(0.3 * 0.7 / 50), rel=0.03)
    assert np.allclose(drawn * 50, np.rint(drawn * 50))


def test_a_mean_has_the_error_of_its_n():
    values = np.tile(np.linspace(10.0, 20.0, 1001), (200, 1))
    drawn = statistics.mean(values, 9, NONE, 0.0, 42.0, Chance(1, "mean"))
    assert drawn.std() == pytest.approx(values[0].std() / 3, rel=0.03)
    wide = statistics.mean(values, 9, np.full(8000, 1.0), 0.0, 42.0, Chance(1, "mean"))
    assert np.median(wide) > np.median(drawn) + 5 and wide.max() <= 42


def test_a_median_of_n_patients():
    values = np.tile(np.arange(1001.0), (50, 1))
    drawn = statistics.median(values, 101, NONE, -math.inf, math.inf, Chance(1, "median"))
    # the sd of the median of n uniform numbers is half over the root of n + 2
    assert drawn.std() == pytest.approx(1000 * 0.5 / math.sqrt(103), rel=0.06)


def test_standardised_differences():
    control = np.tile(np.linspace(-1.0, 1.0, 2001) * math.sqrt(3) + 10, (3, 1))
    found = statistics.standardised(control - 2.0, control, 0.0)
    assert found == pytest.approx(np.full(3, -2.0), rel=1e-3)
    assert statistics.standardised(control - 2.0, control, 0.1) == pytest.approx(
        -2 / math.hypot(1, 1), rel=1e-3
    )


def test_random_numbers_hang_on_the_record_alone():
    assert np.array_equal(Chance(1, "A").uniform(5), Chance(1, "A").uniform(5))
    assert not np.array_equal(Chance(1, "A").uniform(5), Chance(1, "B").uniform(5))


def test_what_differs_between_studies():
    one = Between("share", "logit", 0.4, math.inf, 1.0, 0.0)
    given = Given(file=())
    assert one.draws(20000, given, "x").std() == pytest.approx(0.4, rel=0.03)
    assert not one.draws(100, Given(file=(), between_studies=False), "x").any()


def test_what_studies_find_beyond_the_mechanism():
    given, none = Given(file=()), np.zeros(20000)
    larger = Between("effect", "linear", 0.5, math.inf, 3.0, 0.0)
    assert larger.published(none - 1.0, given, "x", -1.0).mean() == pytest.approx(-3.0, abs=0.02)
    assert larger.published(none, given, "x", -1.0).mean() == pytest.approx(0.0, abs=0.02)
    floored = Between("effect", "linear", 0.5, math.inf, 1.0, 2.0)
    assert floored.published(none, given, "x", -1.0).mean() == pytest.approx(-2.0, abs=0.02)
    assert floored.published(none - 5.0, given, "x", -1.0).mean() == pytest.approx(-5.0, abs=0.02)
    alone = Given(file=(), between_studies=False)
    assert np.array_equal(floored.published(none, alone, "x", -1.0), none)


def test_the_term_between_studies_is_found_again():
    random = np.random.default_rng(1)
    sizes = [1, 2, 5, 30] * 10
    known = []
    for number, size in enumerate(sizes):
        for k in range(size):
            variance = random.uniform(0.01, 0.2)
            value = random.normal(0, math.sqrt(0.5**2 + variance))
            known.append(Residual(f"{number}.{k}", f"study {number}", value, variance))
    assert spread(known) == pytest.approx(0.5, rel=0.15)


def test_no_held_back_record_stands_behind_the_term_between_studies():
    import csv

    from exodyn.validation.words import FOLDER

    for line in csv.DictReader((FOLDER / "between_studies.csv").read_text().splitlines()):
        assert not any(is_validation(record(id)) for id in line["records"].split()), line["family"]
    assert set(between_studies()) >= {"share", "death", "mean", "effect_function", "effect_tissue"}


def test_the_mean_of_what_is_known_by_students_t():
    quantity = Quantity(("x",), "log", 1.0, 0.01, False)
    known = [
        KnownRecord(f"S{k}", math.log(value), 0.01, None, None, "") for k, value in enumerate([1.0, 2.0, 4.0])
    ]
    band = mean(known, quantity)
    assert band is not None and band.median == pytest.approx(2.0)
    reach = t.ppf(0.95, 2) * math.log(2.0) * math.sqrt(4 / 3)
    assert band.high == pytest.approx(2.0 * math.exp(reach))
    assert mean(known[:1], quantity) is None


def test_dumb_forecasts_know_calibration_records_of_other_studies_alone():
    held = {one.study for one in all_records() if is_validation(one)}
    assert not held & {known.study for them in _known().values() for known in them}
    one = record("NHS134")
    assert set(forecasts(one)) == {"mean", "meta_regression"}
    assert set(forecasts(record("STR046"))) >= {"no_effect"}
    assert forecasts(record("STR001")) == {}


@pytest.mark.parametrize("id", ["NHS029", "NHS134", "STR046", "BIO001", "TRB003", "KIN015", "DSN050"])
def test_a_value_comes_back_from_where_it_is_compared(id):
    one = record(id)
    assert one.value is not None
    quantity = quantity_of(one)
    assert quantity.back(quantity.to(one.value)) == pytest.approx(one.value, rel=1e-6)
    assert quantity.variance > 0


@pytest.mark.parametrize("value", [1e300, -1e308, 5e-324])
@pytest.mark.parametrize("id", ["BIO001", "KIN015", "NHS134"])
def test_a_value_beyond_all_reason_scores_without_a_fault(id, value):
    one = replace(record(id), value=value)
    assert quantity_of(one).variance >= 0 and isinstance(forecasts(one), dict)
    assert fold_error(1.0, value) is None or fold_error(1.0, value) > 1e200
