"""Light, detection, broadening, and the way back from what was counted."""

from __future__ import annotations

import numpy as np
import pytest

from exodyn.errors import InputError
from exodyn.product.response import (
    INSTRUMENTS,
    Window,
    broadening,
    coincidence,
    compare,
    dls,
    instrument,
    light,
    linearity,
    true_number,
)

EDGES = np.arange(0.0, 1001.0, 5.0)


def seen(one, diameters, factor, random, index=light.VESICLE, half_at=None):
    """What the instrument would print of particles that each stand for `factor` per mL."""
    found = diameters[random.random(len(diameters)) < one.detects(diameters, index, half_at)]
    if one.steps:
        found = found / random.gamma(one.steps, 1 / one.steps, len(found))
    counts = np.histogram(found, EDGES)[0]
    return one, EDGES, counts * factor, float(counts.sum())


def vesicles(random, n, median=80.0, gsd=1.6):
    return median * np.exp(np.log(gsd) * random.standard_normal(n))


@pytest.mark.parametrize(
    ("ratio", "size", "scattering", "s1_at_90"),
    [  # miepython 3.3.0
        (1.39 / 1.33, 0.5, 0.00013584476657338532, 1.69626579e-05 + 0.0071309j),
        (1.59 / 1.33, 2.0, 0.22965746809338877, 0.27010667 + 0.71844417j),
        (1.46 / 1.33, 1.2, 0.01430091660867583, 0.00988347 + 0.16953254j),
    ],
)
def test_mie_agrees_with_another_program(ratio, size, scattering, s1_at_90):
    assert light.efficiency(size, ratio) == pytest.approx(scattering, rel=1e-9)
    s1, _ = light.amplitudes(size, ratio, np.array([np.cos(np.radians(90))]))
    # its norm has twice the amplitude, and the other sign of time
    assert 2 * np.conj(s1[0]) == pytest.approx(s1_at_90, rel=1e-5)  # as printed


def test_small_particles_scatter_with_the_sixth_power():
    small = light.collected(np.array([10.0, 20.0]), light.VESICLE, 488, 90, 0.1)
    assert small[1] / small[0] == pytest.approx(64, rel=0.02)


def test_low_index_hides_small_particles():
    """A polystyrene bead is seen where a vesicle of its size is not; silica lies between."""
    limits = [instrument("nanosight").limit(n) for n in (light.VESICLE, light.SILICA, light.POLYSTYRENE)]
    assert limits[0] == pytest.approx(75, rel=0.01)
    assert limits == sorted(limits, reverse=True) and limits[2] < 50


def test_volume_instruments_do_not_care_for_the_index():
    one = instrument("mrps")
    assert one.limit(light.VESICLE) == one.limit(light.POLYSTYRENE) == pytest.approx(60, rel=0.01)
    with pytest.raises(InputError, match="did you mean 'mrps'"):
        instrument("mrpss")


def test_tracks_broaden_as_simulated():
    random = np.random.default_rng(1)
    simulated = 100 / random.gamma(10, 0.1, 200_000)
    shares = broadening.kernel(EDGES, np.array([100.0]), 10)[:, 0]
    assert np.histogram(simulated, EDGES)[0] / 200_000 == pytest.approx(shares, abs=0.003)
    assert np.log(simulated).std() == pytest.approx(broadening.spread(10), rel=0.01)


def test_without_tracks_a_particle_stays_in_its_bin():
    assert np.array_equal(broadening.kernel([0, 10, 20], [5, 15], 0), np.eye(2))


def test_light_scattering_sees_the_large_ones():
    d = np.array([60.0, 120.0, 240.0])
    assert dls.z_average(d[:1], [1.0]) == pytest.approx(60)
    number = np.array([0.9, 0.09, 0.01])
    assert dls.z_average(d, number) > 1.5 * float(d @ number)
    small = d / 10
    rayleigh = (number * small**6).sum() / (number * small**5).sum()
    assert dls.z_average(small, number) == pytest.approx(rayleigh, rel=0.02)
    assert dls.number_from_intensity(d, dls.intensity_from_number(d, number)) == pytest.approx(number)


@pytest.mark.parametrize("name", ["nanosight", "mrps"])
def test_intervals_hold_the_true_number(name):
    """Samples, indices, limits, calibrations drawn as the model says: 90% intervals hold most truths."""
    random = np.random.default_rng(3)
    one, window, held = instrument(name), Window(80.0, 500.0), 0
    for trial in range(30):
        d = vesicles(random, 4000, random.uniform(70, 120))
        index = random.uniform(1.37, 1.41)
        half = one.half_at * np.exp(one.half_at_sd * random.standard_normal())
        factor = 1e6 * np.exp(one.calibration_sd * random.standard_normal())
        found = true_number(*seen(one, d, factor, random, index, half), window, seed=trial)
        truth = 1e6 * np.sum((d > window.low) & (d < window.high))
        held += found.interval[0] <= truth <= found.interval[1]
    assert held >= 23  # of 30 at 90%: fewer has a chance of 1%


def test_a_window_below_the_limit_is_refused():
    random = np.random.default_rng(4)
    with pytest.raises(InputError, match="less than half"):
        true_number(*seen(instrument("nanosight"), vesicles(random, 500), 1e6, random), Window(30, 200))


def test_one_sample_on_two_instruments_agrees_though_raw_counts_do_not():
    random = np.random.default_rng(5)
    d = vesicles(random, 20_000, 55, 1.7)
    found = compare(
        seen(instrument("nanosight"), d, 1e6, random), seen(instrument("nanoflow"), d, 1e6, random)
    )
    assert found.raw > 1.3
    assert found.answer == "agree" and found.window.low == pytest.approx(75, rel=0.05)


def test_a_tenfold_difference_is_found():
    random = np.random.default_rng(6)
    d = vesicles(random, 8000, 100)
    found = compare(seen(instrument("nanosight"), d, 1e6, random), seen(instrument("mrps"), d, 1e7, random))
    assert found.answer == "differ" and found.interval[0] < 10 < found.interval[1]


def test_small_vesicles_on_a_large_pore_cannot_be_compared():
    random = np.random.default_rng(7)
    d = vesicles(random, 8000, 60, 1.25)
    found = compare(seen(instrument("nanosight"), d, 1e6, random), seen(instrument("trps"), d, 1e6, random))
    assert found.answer == "cannot be compared" and found.ratio is None and "expected 20%" in found.reason


def test_counts_of_vesicles_fall_short_where_those_of_beads_do_not():
    """Arab 2021: NTA counts far fewer vesicles than resistive pulses, not fewer synthetic particles."""
    random = np.random.default_rng(8)
    # numbers rise toward small size by a power law
    d = 40 * (1 - random.random(40_000)) ** (-1 / 3)
    nta, pulses = instrument("nanosight"), instrument("nanoflow")
    of_vesicles = pulses.detects(d).sum() / nta.detects(d).sum()
    beads = 100 * np.exp(0.03 * random.standard_normal(1000))
    of_beads = pulses.detects(beads, light.POLYSTYRENE).sum() / nta.detects(beads, light.POLYSTYRENE).sum()
    assert of_vesicles > 1.5 and of_beads == pytest.approx(1, abs=0.01)


def test_linearity_tells_hiding_from_following():
    dilution = np.array([100, 200, 500, 1000, 2000.0])
    true = 1e11 / dilution
    assert linearity(dilution, true * [1.01, 0.99, 1.0, 1.01, 0.99]).linear
    hidden = true / (1 + true / 5e8)
    found = linearity(dilution, hidden)
    assert not found.linear and "hide" in found.reason and found.factor < 0.5
    assert "cannot say" in linearity(dilution[:3], true[:3] * [1.3, 0.7, 1.2]).reason


def test_coincidence_limits():
    assert coincidence.share_coincident(1e-6) == pytest.approx(5e-7, rel=1e-3)
    limit = coincidence.highest_for(0.05, 50)
    assert coincidence.share_coincident(coincidence.in_probe(limit, 50)) == pytest.approx(0.05)
    assert coincidence.true_rate(900, 1e-4) == pytest.approx(900 / 0.91)
    assert all(one.source for one in INSTRUMENTS.values())
