"""Golden values read off the files of NTA 3.4, and a made file for what they do not show."""

from __future__ import annotations

import numpy as np
import pytest
from tests.product.instruments.made import CAPTURES, nanosight_rows, rows_as_text

from exodyn.errors import InputError
from exodyn.product.instruments import Source, describe, read, read_source
from exodyn.product.instruments.describe import sizes

# Concentrations, their average and error; mean, mode, sd, d10, d50, d90 averaged.
GOLDEN = {
    "AD_144h_A": (
        [6.76e8, 7.32e8, 8.45e8, 7.82e8],
        (7.59e8, 3.60e7),
        (197.1, 191.7, 49.1, 140.4, 195.6, 254.8),
    ),
    "AD_12h_A": (
        [3.83e7, 4.63e7, 4.23e7, 3.85e7],
        (4.13e7, 1.88e6),
        (128.7, 113.4, 59.8, 71.7, 114.1, 194.3),
    ),
    "HOT1A3_12h_A": (
        [1.69e6, 1.50e6, 1.51e6, 1.80e6],
        (1.62e6, 7.36e4),
        (178.6, 190.0, 42.9, 129.7, 193.1, 214.0),
    ),
    "MIT_72h_C": (
        [3.48e8, 7.59e8, 2.06e9, 2.39e8],
        (8.51e8, 4.18e8),
        (229.8, 324.6, 90.7, 152.2, 194.6, 320.1),
    ),
    "BGP6_F1": (
        [5.74e8, 6.61e8, 6.66e8, 6.04e8, 7.25e8],
        (6.46e8, 2.63e7),
        (144.0, 92.5, 96.7, 73.2, 106.7, 265.4),
    ),
    "HOT1A3_F3": (
        [1.87e8, 2.27e8, 2.05e8, 3.36e8, 2.16e8],
        (2.34e8, 2.64e7),
        (175.3, 157.3, 77.3, 88.1, 171.6, 269.2),
    ),
}
CONDITIONS = {
    "AD_144h_A": ("23.827", "0.912964"),
    "AD_12h_A": ("21.298", "0.969049"),
    "HOT1A3_12h_A": ("23.413", "0.921785"),
    "MIT_72h_C": ("24.070", "0.907850"),
    "BGP6_F1": ("23.731", "0.914998"),
    "HOT1A3_F3": ("23.579", "0.918232"),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_values(sample, name):
    concentrations, (average, error), figures = GOLDEN[name]
    measurement = read(
        sample(f"nanosight/{name} " if name in ("BGP6_F1", "HOT1A3_F3") else f"nanosight/{name}_")
    )
    assert [each.reported["particles_per_ml"] for each in measurement.replicates] == concentrations
    assert measurement.averages["particles_per_ml"] == average
    assert measurement.standard_errors["particles_per_ml"] == error
    assert tuple(measurement.averages[key] for key in ("mean", "mode", "sd", "d10", "d50", "d90")) == figures
    assert measurement.dilution is None
    first = measurement.replicates[0]
    assert (first.settings["Temperature/C"], first.settings["Viscosity/cP"]) == CONDITIONS[name]
    for replicate in measurement.replicates:
        assert np.array_equal(replicate.histogram.edges, np.arange(1001.0))
        # The bins hold particles/mL, no density, and our figures are the program's to its rounding.
        assert replicate.particles_per_ml == pytest.approx(replicate.reported["particles_per_ml"], rel=0.005)
        ours = sizes(replicate.histogram)
        for key in ("d10", "d50", "d90", "mean"):
            assert getattr(ours, key) == pytest.approx(replicate.reported[key], abs=0.051)
        assert ours.mode == pytest.approx(replicate.reported["mode"], abs=0.51)


def test_one_capture_in_full(sample):
    measurement = read(sample("nanosight/AD_144h_A_"))
    first = measurement.replicates[0]
    assert measurement.sha256.startswith("31dd8e3ec3de")
    assert {key: first.reported[key] for key in ("mean", "mode", "sd", "d10", "d50", "d90")} == {
        "mean": 217.6, "mode": 199.5, "sd": 44.3, "d10": 176.7, "d50": 212.0, "d90": 265.1,
    }  # fmt: skip
    assert (first.reported["valid_tracks"], first.reported["completed_tracks"]) == (2565, 10026)
    assert first.reported["particles_per_frame"] == 60.3
    assert first.histogram.total == pytest.approx(6.7562e8, rel=1e-4)
    shares = [sizes(each.histogram).share_40_150 for each in measurement.replicates]
    # By awk over the same columns.
    assert np.round(100 * np.array(shares), 2).tolist() == [3.86, 12.37, 20.26, 22.15]


def test_the_mean_of_the_captures_is_not_that_of_the_mean_histogram(sample):
    (description,) = describe(read(sample("nanosight/AD_144h_A_")))
    assert description.instrument["d10"] == 140.4
    assert description.ours.d10 == pytest.approx(140.4, abs=0.05)
    assert description.pooled.d10 == pytest.approx(135.1, abs=0.05)
    assert description.standard_error == pytest.approx(3.60e7, rel=0.005)


def test_shares_of_five_captures(sample):
    shares = [sizes(each.histogram).share_40_150 for each in read(sample("nanosight/BGP6_F1")).replicates]
    assert np.round(100 * np.array(shares), 2).tolist() == [65.83, 69.62, 68.36, 66.96, 68.75]


def test_the_instrument_s_doubts_are_kept(sample):
    captures = read(sample("nanosight/AD_12h_A_")).replicates
    validity = "Validity of concentration measurement"
    assert captures[0].settings[validity] == "Be cautious of data due to noise"
    assert [each.settings[validity] for each in captures[1:]] == ["Not Calibrated"] * 3
    assert captures[1].settings["Camera Type"] == "Unknown"


def test_a_ruined_capture_is_flagged(sample):
    captures = read(sample("nanosight/MIT_72h_C_")).replicates
    ours = [[flag for flag in each.flags if flag.startswith("checked here")] for each in captures]
    assert [len(flags) for flags in ours] == [0, 0, 2, 0]
    assert "999.3" in ours[2][0] and "71 valid tracks" in ours[2][1]


def made(rows: list[list[str]]) -> Source:
    return Source("made.csv", rows_as_text(rows).encode())


def test_a_recorded_dilution_is_not_applied_twice():
    plain = read_source(made(nanosight_rows()))
    diluted = read_source(made(nanosight_rows(dilution="500")))
    assert (plain.dilution, diluted.dilution) == (None, 500)
    assert diluted.replicates[0].particles_per_ml == plain.replicates[0].particles_per_ml
    assert [each.name for each in plain.replicates] == list(CAPTURES)
    assert plain.samples == ("A",)


def test_a_file_without_averages_reads():
    rows = [row[:4] if len(row) == 7 else row for row in nanosight_rows()]
    measurement = read_source(made(rows))
    assert measurement.averages == {}
    assert len(measurement.replicates) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows[:60], "line 60: the file ends inside the size table"),
        (lambda rows: [*rows[:50], rows[50][:2]], "line 51: expected 4 numbers"),
        (
            lambda rows: [*rows[:50], ["31", "x", "1", "1"], *rows[50:]],
            "line 51: expected a number for capture 1",
        ),
        (lambda rows: [*rows[:50], rows[25], *rows[50:]], "line 51: bin centres must rise"),
        (lambda rows: rows[:18], "no heading like 'bin centre (nm)'"),
        (lambda rows: [*rows, *rows], "line 223: a second file begins here (NanoSight NTA summary)"),
    ],
)
def test_broken_files_are_refused_by_line(change, message):
    with pytest.raises(InputError) as refused:
        read_source(made(change(nanosight_rows())))
    assert str(refused.value).startswith("made.csv")
    assert message in str(refused.value)


TRACKS = "Particle ID,Size/nm,Diffusion coefficient/nm^2 s^-1,Included in distribution?\n"


def test_particle_data_counts_each_particle_once():
    text = TRACKS + "1,100.2,5,True\n1,100.2,5,True\n2,100.9,5,True\n3,300,5,False\n4,150,4,TRUE\n"
    (replicate,) = read_source(Source("tracks.csv", text.encode())).replicates
    assert replicate.reported == {"particles_used": 3, "particles_tracked": 4}
    assert (replicate.histogram.amounts[100], replicate.histogram.amounts[150]) == (2, 1)
    assert replicate.particles_per_ml is None and replicate.dilution is None


def test_particle_data_cut_short_is_refused():
    with pytest.raises(InputError, match="line 3: expected 4 cells, found 2"):
        read_source(Source("tracks.csv", (TRACKS + "1,100,5,True\n2,1").encode()))


def test_beads_of_nta_3_4_with_a_recorded_dilution(sample):
    """Real, five captures of 100 nm beads; printed concentrations have three digits."""
    measurement = read(sample("nanosight/beads2"))
    assert measurement.samples == ("100nmbeads",)
    assert [f"{each.particles_per_ml:.3g}" for each in measurement.replicates] == [
        "5.91e+12", "6.05e+12", "6.01e+12", "6.25e+12", "6.24e+12",
    ]  # fmt: skip
    assert measurement.dilution == 1e4


def test_combined_experiments_of_nta_3_2_keep_their_samples(sample):
    """Real; the program's D50 is that of the lower edges of its bins, a nanometre below ours."""
    measurement = read(sample("nanosight/beads.csv"))
    assert measurement.samples == ("std_10000_yes_2", "std_10000_no_2", "std_10000_yes_1", "std_10000_no_1")
    first = measurement.replicates[0]
    assert first.particles_per_ml == pytest.approx(1.43e9, rel=0.005) and first.dilution is None
    assert first.reported["d50"] == 96.0 and sizes(first.histogram).d50 == pytest.approx(97.007, abs=0.001)


def test_captures_of_one_experiment_are_one_sample_where_the_file_names_none():
    rows = [row for row in nanosight_rows() if row[0] != "Sample Description"]
    rows.insert(3, ["Experiment Name", "lot 7_.nano", ""])
    measurement = read_source(Source("x.csv", rows_as_text(rows).encode()))
    assert measurement.samples == ("lot 7",)


def test_american_spelling_and_no_average_columns():
    rows = [row for row in nanosight_rows() if row]
    head = next(row for row in rows if row[0].startswith("Bin"))
    rows = [row[:4] + row[6:] if len(row) == len(head) - 1 else row for row in rows]
    text = rows_as_text(rows).replace("Bin centre (nm)", "Bin Center (nm)")
    found = read_source(Source("x.csv", text.encode()))
    whole = read_source(Source("x.csv", rows_as_text(nanosight_rows()).encode()))
    assert [one.histogram for one in found.replicates] == [one.histogram for one in whole.replicates]
