"""Golden values of FCS files, computed from their bytes without a library, and calibration by beads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from exodyn.errors import InputError
from exodyn.product.instruments import Beads, Events, Source, calibrated, describe, read, read_source


def test_accuri(sample):
    (run,) = read(sample("fcs/B01")).replicates
    assert run.events.values.shape == (1589, 14)
    # The order of the keywords in the TEXT part is not that of the channels: $P1N is FSC-A, $P2N is SSC-A.
    assert run.events.channels[:2] == ("FSC-A", "SSC-A")
    assert run.events.channel("FSC-A").mean() == pytest.approx(71403.9918, abs=5e-5)
    assert run.events.channel("SSC-A").mean() == pytest.approx(104390.2813, abs=5e-5)
    assert np.median(run.events.channel("FSC-A")) == 19393
    assert run.reported["volume_nl"] == 25016
    assert run.reported["events_per_ul"] == pytest.approx(63.52, abs=0.005)
    # Events are not particles of a size, and the file names no dilution.
    assert run.particles_per_ml is None and run.histogram is None and run.dilution is None


def test_facscalibur(sample):
    (run,) = read(sample("fcs/data1")).replicates
    assert run.events.values.shape == (13367, 8)
    three = [run.events.channel(name) for name in ("FSC-H", "SSC-H", "FL1-H")]
    assert [values.mean() for values in three] == pytest.approx([239.3617, 215.3714, 240.8410], abs=5e-5)
    assert [np.median(values) for values in three] == [258, 189, 252]
    assert "volume_nl" not in run.reported
    assert "FL1-H" in run.flags[0]


@pytest.mark.parametrize(
    ("name", "flag"),
    [
        ("variable_int", None),
        ("data_start", "start of the events: HEADER 5555, TEXT 6081; TEXT was used"),
        ("data_stop", "end of the events: HEADER 6944, TEXT 6188; TEXT was used"),
    ],
)
def test_where_header_and_text_disagree_the_reader_says_so(sample, name, flag):
    (run,) = read(sample(f"fcs/{name}")).replicates
    assert run.events.values.shape == (2, 26)
    assert run.events.values[0, :4].tolist() == [49135, 61373, 48575, 49135]
    assert run.events.values.mean(axis=0)[:4].tolist() == [55200.5, 54974.0, 48855.0, 35030.0]
    warned = [each for each in run.flags if "HEADER" in each]
    assert warned == ([] if flag is None else [f"checked here: {flag}"])


def test_damaged_files_are_refused(sample):
    data = sample("fcs/variable_int").read_bytes()
    for changed in (data[:5000], data[:-60], data[:100], data.replace(b"$TOT\\000002", b"$TOT\\000009")):
        with pytest.raises(InputError, match=r"^cut\.fcs: "):
            read_source(Source("cut.fcs", changed))


def test_a_run_without_events_is_empty_not_damaged(sample):
    data = sample("fcs/variable_int").read_bytes()
    at = data.index(b"$TOT")
    empty = data[: at + 5] + data[at + 5 : at + 11].replace(b"2", b"0") + data[at + 11 :]
    (run,) = read_source(Source("empty.fcs", empty)).replicates
    assert run.reported["events"] == 0 and run.events.values.shape == (0, 26)
    assert "no event was recorded" in " ".join(run.flags)


def run_with(values: list[float], sample, **reported: float):
    """A measurement of one channel with signals of our own."""
    measurement = read(sample("fcs/variable_int"))
    (run,) = measurement.replicates
    events = Events(("SSC-H",), np.array(values)[:, None])
    return replace(measurement, replicates=(replace(run, events=events, reported=reported, flags=()),))


def test_beads_give_diameters_inside_their_range_only(sample):
    # A signal that grows with the fourth power of the diameter, two beads: the power follows from them.
    diameters = np.array([50.5, 80.5, 100.5, 180.5, 250.5])
    run = run_with((diameters**4).tolist(), sample, volume_nl=2000.0)
    beads = Beads("SSC-H", (80.0, 200.0), (80.0**4, 200.0**4))
    (found,) = calibrated(run, beads).replicates
    assert found.histogram.centres[found.histogram.amounts > 0].tolist() == [80.5, 100.5, 180.5]
    assert found.particles_per_ml == pytest.approx(3 / 0.002)  # 3 in 2000 nL
    assert "2 of 5 events not sized" in found.flags[0]
    (description,) = describe(calibrated(run, beads))
    assert description.ours.mean == pytest.approx((80.5 + 100.5 + 180.5) / 3)
    (uncounted,) = calibrated(run_with([1e8], sample), beads).replicates
    assert uncounted.particles_per_ml is None and uncounted.histogram.unit == "particles"


def test_one_bead_is_enough_for_resistive_pulses(sample):
    run = read(sample("trps_qnano/made_legacy_blockade"))
    (found,) = calibrated(run, Beads("magnitude", (110.0,), (0.05,))).replicates
    median = 110 * (found.reported["median_magnitude"] / 0.05) ** (1 / 3)
    ours = describe(calibrated(run, Beads("magnitude", (110.0,), (0.05,))))[0].ours
    assert ours.d50 == pytest.approx(median, abs=1)  # nm, a bin's width
    assert found.particles_per_ml is None
    assert not any("no calibration" in flag for flag in found.flags)


def test_beads_that_cannot_calibrate_are_refused(sample):
    run = run_with([1e8], sample)
    for diameters, signals in (
        ((100.0, 90.0), (1.0, 2.0)),
        ((100.0,), (0.0,)),
        ((90.0, 100.0), (1.0,)),
        ((), ()),
    ):
        with pytest.raises(InputError, match="beads in SSC-H"):
            Beads("SSC-H", diameters, signals)
    for beads, message in (
        (Beads("SSC-H", (100.0,), (1e8,)), "expected two populations or more"),
        (Beads("FL1-H", (100.0, 200.0), (1.0, 2.0)), "no channel 'FL1-H'"),
        (Beads("SSC-H", (100.0, 200.0), (1.0, 2.0)), "no event lies between"),
    ):
        with pytest.raises(InputError, match=message):
            calibrated(run, beads)
    with pytest.raises(InputError, match="logarithmic scale"):
        calibrated(read(sample("fcs/variable_int")), Beads("FSC LogH", (100.0, 200.0), (1.0, 9e5)))
