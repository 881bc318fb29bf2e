"""Particles per ug and per cell: exact where it can be checked, wide where little is known."""

import math

import numpy as np
import pytest
from scipy import integrate, stats

from exodyn.evidence import canonical_names, conversion, is_validation, record, records
from exodyn.product import dose_ratio
from exodyn.product.dose_ratio import Mixture, Observation

BAND = np.array([0.05, 0.5, 0.95])


def test_one_study_by_direct_integration() -> None:
    """Median and ends against plain importance sampling of the whole model."""
    seen = [Observation("X", "one", 9.8, "", "")]
    found = dose_ratio.predict("per_ug", observed=seen)
    number = {symbol: one.value for symbol, one in conversion().items()}
    scales = np.array([number[f"per_ug_{part}"] for part in dose_ratio.PARTS])
    random = np.random.default_rng(1)
    sds = np.abs(random.standard_normal((400_000, 4))) * scales
    mean = dose_ratio.expected("per_ug") + number["per_ug_uncertainty"] * random.standard_normal(len(sds))
    one = np.sqrt((sds**2).sum(1))  # a new laboratory shares the mean alone with the study that was seen
    weight = stats.norm.pdf(9.8, mean, one)
    new = mean + one * random.standard_normal(len(sds))
    kept = new < dose_ratio.ceiling()
    new, weight = new[kept], weight[kept]
    order = np.argsort(new)
    below = np.cumsum(weight[order]) / weight.sum()
    exact = np.interp(BAND, below, new[order])
    assert found.quantile(BAND) == pytest.approx(exact, abs=0.03)


def test_quantiles_are_those_of_the_mixture() -> None:
    mixture = Mixture(np.array([0.3, 0.7]), np.array([0.0, 2.0]), np.array([0.5, 1.0]))
    median = float(mixture.quantile(0.5))
    below = 0.3 * stats.norm.cdf(median, 0, 0.5) + 0.7 * stats.norm.cdf(median, 2, 1)
    assert below == pytest.approx(0.5, abs=1e-4)
    cut = Mixture(np.array([1.0]), np.array([0.0]), np.array([1.0]), 0.0)
    assert float(cut.quantile(0.5)) == pytest.approx(stats.norm.ppf(0.25), abs=1e-4)


def test_a_measurement_is_weighed_exactly() -> None:
    mixture = Mixture(np.array([0.4, 0.6]), np.array([-1.0, 1.0]), np.array([0.5, 1.0]))
    found = mixture.measured(0.3, 0.2)

    def density(x: float) -> float:
        prior = 0.4 * stats.norm.pdf(x, -1, 0.5) + 0.6 * stats.norm.pdf(x, 1, 1)
        return float(prior * stats.norm.pdf(0.3, x, 0.2))

    whole = integrate.quad(density, -6, 6, limit=200)[0]
    for x in found.quantile(BAND):
        assert integrate.quad(density, -6, float(x), limit=200)[0] / whole == pytest.approx(
            {0: 0.05, 1: 0.5, 2: 0.95}[int(np.argmin(abs(found.quantile(BAND) - x)))], abs=2e-3
        )


def test_a_known_source_or_method_is_never_wider() -> None:
    for ratio in ("per_ug", "per_cell"):
        unknown = np.ptp(dose_ratio.predict(ratio).quantile(BAND))
        for source in ("", "msc", "hek293", "milk"):
            for isolation in ("", *canonical_names("isolation")):
                known = np.ptp(dose_ratio.predict(ratio, source, isolation).quantile(BAND))
                assert known <= unknown + 0.02, (ratio, source, isolation)


def test_filtration_is_purer_than_ultracentrifugation_as_its_record_says() -> None:
    methods = ("filtration", "ultracentrifugation")
    pure, less = (float(dose_ratio.predict("per_ug", "", each).quantile(0.5)) for each in methods)
    assert 0 < pure - less <= math.log10(2)


def test_more_studies_narrow_the_interval() -> None:
    few = [Observation(str(i), str(i), 9.0 + 0.1 * i, "", "") for i in range(2)]
    many = [Observation(str(i), str(i), 9.0 + 0.1 * (i % 2), "", "") for i in range(12)]
    wide, narrow = (np.ptp(dose_ratio.predict("per_ug", observed=o).quantile(BAND)) for o in (few, many))
    assert narrow < 0.7 * wide


def test_no_number_of_a_study_that_is_held_back_steers_it() -> None:
    for one in conversion().values():
        for id in one.records:
            assert not is_validation(record(id)), (one.symbol, id)
    for ratio in ("per_ug", "per_cell"):
        assert not any(is_validation(record(one.id)) for one in dose_ratio.observations(ratio))


def test_the_ceiling_is_a_microgram_of_the_smallest_vesicles() -> None:
    mass = math.pi / 6 * 40**3 * 1e-21 * 1.1 * 1e15  # fg
    assert 10 ** dose_ratio.ceiling() == pytest.approx(1e9 / (0.1 * mass), rel=1e-9)
    assert 10 ** dose_ratio.ceiling() > 3e10  # what Webber and Clayton call pure is possible


def test_the_papers_held_back() -> None:
    """Calibrated on half of the papers, checked on the others; docs/doses.md prints the same table.

    The one outside was found after the prior was fixed and is kept as a miss. So few papers cannot show a
    coverage of 85%, but a worse one than these would deny it.
    """
    inside: dict[str, list[bool]] = {}
    for one in dose_ratio.observations("per_ug", validation=True):
        low, high = dose_ratio.predict("per_ug", one.source, one.isolation).quantile(np.array([0.05, 0.95]))
        inside.setdefault(one.study, []).append(low <= one.value <= high)
    assert len(inside) >= 3
    outside = {study for study, each in inside.items() if not all(each)}
    assert outside <= {"10.3791/58814"}
    assert stats.binom.cdf(len(inside) - len(outside), len(inside), 0.85) > 0.05


def test_a_harvest_that_was_weighed_tells_of_its_particles() -> None:
    """Its count is that of its micrograms at the usual ratio, as uncertain as the ratio (DSU012)."""
    weighed = next(one for one in dose_ratio.observations("per_cell") if one.id == "DSU012")
    per_ug = dose_ratio.predict("per_ug", weighed.source, weighed.isolation)
    assert weighed.value == pytest.approx(np.log10(8e-6) + per_ug.mean)
    assert weighed.error == per_ug.sd
    draws = per_ug.quantile(dose_ratio.even(4095, 1)[:, 0])
    assert (per_ug.mean, per_ug.sd) == pytest.approx((draws.mean(), draws.std()), abs=0.1)  # but for the cut


def test_the_records_are_in_every_word_known() -> None:
    from exodyn.evidence import names

    for one in records("dose_units"):
        names("vesicle_source", one.fields["source_cell"])
        names("isolation", one.fields["method"])
