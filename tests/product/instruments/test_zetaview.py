"""The made ZetaView files, and their variants."""

from __future__ import annotations

import numpy as np
import pytest

from exodyn.errors import InputError
from exodyn.product.instruments import Source, describe, read, read_source
from exodyn.product.instruments.describe import sizes


@pytest.mark.parametrize("name", ["made_lognormal", "made_decimal_comma"])
def test_golden_values(sample, name):
    (replicate,) = read(sample(f"zetaview/{name}")).replicates
    assert replicate.reported["particles_counted"] == 596  # one table's, not the sum of both
    assert replicate.reported["particles_per_ml_in_cell"] == pytest.approx(5.96e7)
    assert replicate.dilution == 500
    assert replicate.particles_per_ml == pytest.approx(2.98e10)
    assert np.array_equal(replicate.histogram.edges, np.arange(0.0, 6001.0, 5.0))
    ours = sizes(replicate.histogram)
    assert ours.d50 == pytest.approx(119.8, abs=0.05)
    assert ours.mean == pytest.approx(128.83, abs=0.005)
    assert 100 * ours.share_40_150 == pytest.approx(71.31, abs=0.005)
    fullest = replicate.histogram.centres[replicate.histogram.amounts == replicate.histogram.amounts.max()]
    assert fullest.tolist() == [97.5, 102.5, 107.5]
    assert replicate.reported["d50"] == 119.8
    assert replicate.sample == "made_lognormal_120nm"


@pytest.fixture
def lines(sample) -> list[str]:
    return sample("zetaview/made_lognormal").read_text("latin-1").splitlines()


def made(lines: list[str]) -> Source:
    return Source("z.txt", "\n".join(lines).encode("latin-1"))


def test_an_unknown_dilution_is_not_one(lines):
    changed = [line.replace("Dilution::\t500.000000", "Dilution::\tNaN") for line in lines]
    (replicate,) = read_source(made(changed)).replicates
    assert replicate.dilution is None
    assert replicate.particles_per_ml == pytest.approx(5.96e7)


def test_the_correction_factor_multiplies(lines):
    changed = [line.replace("Correction Factor:\t1.0", "Correction Factor:\t1.5") for line in lines]
    assert read_source(made(changed)).replicates[0].particles_per_ml == pytest.approx(1.5 * 2.98e10)


def test_more_header_lines_move_the_table(lines):
    assert read_source(made([lines[0], *["Comment:\t"] * 47, *lines[1:]])).replicates[0].dilution == 500


def test_an_empty_measurement_has_only_the_row_of_minus_one(lines):
    start = next(i for i, line in enumerate(lines) if line.startswith("Size / nm"))
    end = next(i for i, line in enumerate(lines) if line.startswith("-1"))
    (replicate,) = read_source(made([*lines[: start + 1], lines[end]])).replicates
    assert (replicate.histogram, replicate.particles_per_ml) == (None, 0)
    assert "no particle was traced" in replicate.flags[0]
    (description,) = describe(read_source(made([*lines[: start + 1], lines[end]])))
    assert description.ours is None and description.pooled is None


def test_a_second_heading_parts_the_tables_as_a_row_of_minus_one_does(lines):
    start = next(i for i, line in enumerate(lines) if line.startswith("Size / nm"))
    end = next(i for i, line in enumerate(lines) if line.startswith("-1"))
    for between in ([lines[start]], ["Size Distribution", lines[start]], [lines[end], "", lines[start]]):
        changed = read_source(made([*lines[:end], *between, *lines[end + 1 :]]))
        assert changed.replicates == read_source(made(lines)).replicates


def test_fluorescence_counts_labelled_particles_only(lines):
    changed = [*lines[:20], "Filter Wavelength nm:\t500.000000", *lines[20:]]
    assert any("unlabelled" in flag for flag in read_source(made(changed)).replicates[0].flags)
    assert not any("unlabelled" in flag for flag in read_source(made(lines)).replicates[0].flags)


def test_superscripts_in_the_heading(lines):
    changed = "\n".join(lines).replace("cm-3", "cm⁻³").replace("nm^3", "nm³")
    assert read_source(Source("z.txt", changed.encode())).replicates[0].particles_per_ml == pytest.approx(
        2.98e10
    )


def test_checks_never_made_and_failed_are_flagged(lines):
    changed = [*lines[:20], "Particle Drift Checked:\t1904-01-01", *lines[20:]]
    changed = [line.replace("Cell Check Result:\tVery Good", "Cell Check Result:\tBad") for line in changed]
    flags = read_source(made(changed)).replicates[0].flags
    assert any("never made" in flag for flag in flags) and any("Bad" in flag for flag in flags)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: lines[:500], "line 500: the file ends inside the first table"),
        (lambda lines: [*lines[:99], lines[99][:15]], "line 100: expected 5 cells, found 2"),
        (lambda lines: lines[:40], "no table 'Size / nm'"),
        (lambda lines: [*lines, *lines], "line 1448: a second file begins here (ZetaView text)"),
        (lambda lines: [*lines[:99], lines[99].replace(".", ","), *lines[100:]], "line 100"),
        (lambda lines: [line.replace("cm-3", "mL-7") for line in lines], "expected columns 'Number'"),
        (lambda lines: [line.replace("::\t500", "::\t-5") for line in lines], "'Dilution' must lie between"),
    ],
)
def test_broken_files_are_refused_by_line(lines, change, message):
    with pytest.raises(InputError) as refused:
        read_source(made(change(lines)))
    assert message in str(refused.value)


def test_what_is_no_known_format_is_refused():
    with pytest.raises(InputError, match="the file is empty"):
        read_source(Source("x.dat", b" \n"))
    for data in (b"\0\1\2", b"hello", "günstig".encode("utf-16")):
        with pytest.raises(InputError, match="not a known format; expected one of NanoSight"):
            read_source(Source("x.dat", data))


POSITIONS = [
    "Use\tPosition\tMean Int.\tAv. No of Particles\tConc. (p./mL)\tOrig. Conc. (p./cm^3)\tNo. of Traces\t"
    "X50 (nm)\tPeak ø (nm)\tSpan\tDrift (µm/s)\tRemoval",
    "X\t0.10\t25.8\t506.0\t2.2E+8\t1.1E+12\t13\t105.0\t35.8\t2.2\t2.0\t",
    "\t0.15\t29.1\t391.0\t1.7E+8\t8.5E+11\t10\t62.5\t218.4\t3.8\t0.3\tGRUBBS_SIZE",
    "X\t0.20\t27.1\t458.0\t2.0E+8\t1.0E+12\t12\t52.5\t45.6\t4.2\t0.7\t",
    "\tMean\t26.4\t482.0\t2.1E+8\t1.1E+12\t12.5\t78.8\t40.7\t3.2\t1.4\t",
    "\tSt.Dev.\t0.9\t33.9\t1.4E+7\t7.1E+10\t0.7\t37.1\t6.9\t1.4\t0.9\t",
]


def test_positions_count_those_used_and_name_the_others():
    measurement = read_source(Source("a_size_488_11pos.txt", "\n".join(POSITIONS).encode("latin-1")))
    assert measurement.format == "ZetaView positions"
    assert [each.particles_per_ml for each in measurement.replicates] == [1.1e12, 1.0e12]
    assert measurement.dilution == 5000
    assert "0.15 (GRUBBS_SIZE)" in measurement.flags[0]
    (found,) = describe(measurement)
    assert found.particles_per_ml == pytest.approx(1.05e12)
    assert found.instrument["d50"] == pytest.approx(78.75)
    assert found.ours is None


def test_positions_of_which_none_was_used_have_no_figure():
    lines = [POSITIONS[0], *(line.replace("X\t", "\t", 1) for line in POSITIONS[1:4])]
    (replicate,) = read_source(Source("p.txt", "\n".join(lines).encode())).replicates
    assert replicate.particles_per_ml is None and "no position was used" in replicate.flags[-1]


def test_a_profile_gives_the_zeta_potential_in_spite_of_zero_bytes(lines):
    head = lines[: next(i for i, line in enumerate(lines) if line.startswith("Size / nm"))]
    results = ["Results:", "Zeta Potential / mV:\t-22.210896", "ZP Profile:", "Position\tAverage\tZP"]
    text = "\r\n".join([*head, *results]) + "\0\0"
    (replicate,) = read_source(Source("a_prof_488.txt", text.encode("latin-1"))).replicates
    assert replicate.reported["zeta_potential_mv"] == -22.210896
    assert (replicate.histogram, replicate.particles_per_ml) == (None, None)


def test_neither_sizes_nor_zeta_is_refused(lines):
    with pytest.raises(InputError, match="no table 'Size / nm' and no zeta potential"):
        read_source(made(lines[:30]))
