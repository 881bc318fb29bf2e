"""Event files without calibration, and plain tables."""

from __future__ import annotations

import numpy as np
import pytest

from exodyn.errors import InputError
from exodyn.product.instruments import Source, describe, read, read_source


def source(text: str, encoding: str = "utf-8") -> Source:
    return Source("t.csv", text.encode(encoding))


def test_trps_events_have_no_diameter(sample):
    (run,) = read(sample("trps_qnano/made_legacy_blockade")).replicates
    assert run.reported["events"] == 200
    assert run.reported["seconds"] == 36.410601
    assert run.reported["events_per_minute"] == pytest.approx(329.6, abs=0.05)
    assert run.reported["median_magnitude"] == pytest.approx(0.050225)
    assert run.histogram is None and run.particles_per_ml is None
    assert len(run.events.channel("magnitude")) == 200


def test_trps_refuses_by_line(sample):
    text = sample("trps_qnano/made_legacy_blockade").read_text()
    with pytest.raises(InputError, match=r"line 201: expected 14 cells, found"):
        read_source(source(text[:-30]))
    with pytest.raises(InputError, match=r"line 3: events must follow in time"):
        read_source(source(text.replace("\n0.093302", "\n0.003302")))


def test_wide_table_named_like_an_experiment_summary(sample):
    measurement = read(sample("tidy_nta/Day1"))
    assert measurement.format == "table (CSV)"
    assert len(measurement.replicates) == 39
    first = measurement.replicates[:3]
    assert [each.histogram.total for each in first] == [592162472, 587129453, 518357100]
    assert [each.histogram.centres[np.argmax(each.histogram.amounts)] for each in first] == [85.5, 93.5, 90.5]
    assert np.array_equal(first[0].histogram.edges, np.arange(1001.0))
    # Neither the unit of the values nor a dilution is stated, whatever the headings suggest.
    assert all(each.particles_per_ml is None and each.dilution is None for each in measurement.replicates)


def test_sheets_without_sizes(sample):
    standards = read(sample("tidy_nta/Rerun_standards")).replicates
    assert len(standards) == 6
    assert [each.reported["total"] for each in standards[:2]] == [3.0894192250e10, 3.93366946875e10]
    assert [each.settings["When"] for each in standards[:2]] == ["before", "after"]
    sheet = read(sample("tidy_nta/timecourse2017")).replicates
    assert len(sheet) == 41
    assert "placenta1" not in sheet[0].reported  # an empty cell is missing, not zero


def test_a_table_with_a_column_like_another_format_s_is_a_table():
    measurement = read_source(source("size (nm),count\n50,2\n60,3\n"))
    assert measurement.format == "table (CSV)"
    values = read_source(source("particle id,weight\n1,50\n2,60\n"))
    assert values.format == "table (CSV)"


LONG = """sample,replicate,dilution,size (nm),particles_per_ml
A,1,100,50,1e6
A,1,100,100,3e6
A,1,100,150,1e6
A,2,100,50,1e6
A,2,100,100,5e6
A,2,100,150,1e6
B,1,,50,2
B,1,,100,2
"""


def test_long_table():
    measurement = read_source(source(LONG))
    assert measurement.samples == ("A", "B")
    assert [each.particles_per_ml for each in measurement.replicates] == [5e8, 7e8, 4]
    assert [each.dilution for each in measurement.replicates] == [100, 100, None]
    a, b = describe(measurement)
    assert (a.particles_per_ml, a.dilution, a.replicates) == (6e8, 100, 2)
    assert a.standard_error == pytest.approx(1e8)
    assert a.ours.mode == 100 and a.ours.d50 == pytest.approx(100)
    assert (b.standard_error, b.dilution) == (None, None)


def test_micrometres_decimal_commas_and_semicolons():
    text = "size (µm);n per mL\n0,05;10,5\n0,1;20\n0,15;10,5\n"
    (replicate,) = read_source(source(text, "latin-1")).replicates
    assert replicate.histogram.centres == pytest.approx([50, 100, 150])
    assert replicate.particles_per_ml == 41


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("size,a\n1,2\n2\n", "line 3: expected 2 cells, found 1"),
        ("size,a\n1,2\n2,x\n", "line 3: expected a number for 'a', found 'x'"),
        ("size,a\n1,2\n2,\n", "line 3: expected a number for 'a', found ''"),
        ("size,a\n2,2\n1,1\n", "line 3: sizes must be above zero and rise"),
        ("size,a\n1,2\n2,-1\n", "line 3: an amount below zero"),
        ("size,a,a\n1,2,3\n2,3,4\n", "line 1: the heading 'a' occurs twice"),
        ("size;a\n1,5;2\n2.5;3\n", "line 3: 'size': decimal points and decimal commas in one column"),
        ("size,particles/ml/nm\n1,2\n2,3\n", "is a density per nm"),
        ("size,a\n1,nan\n2,inf\n", "line 2: expected a number for 'a', found 'nan'"),
        ("size,a\n1,1e308\n2,1e308\n", "numbers too large to add up"),
        ("size,a\n1,1e999\n2,1\n", "line 2: 'a' is out of range"),
        ('size,a\n1,"1,500"\n2,1\n', "line 2: 'a': '1,500' may mean thousands"),
        (
            "sample,size,particles_per_ml,dilution\nA,1,1,10\nA,2,1,20\n",
            "line 3: a replicate has one dilution",
        ),
        ("sample,size,a,b\nA,1,1,1\nA,2,1,1\n", "expected one column of values"),
    ],
)
def test_broken_tables_are_refused_by_line(text, message):
    with pytest.raises(InputError) as refused:
        read_source(source(text))
    assert message in str(refused.value)
