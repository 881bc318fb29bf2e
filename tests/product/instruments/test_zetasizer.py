"""Golden values read off Zetasizer exports and a `.zmes` file."""

from __future__ import annotations

import sqlite3

import numpy as np
import pytest

from exodyn.errors import InputError
from exodyn.product.instruments import Source, describe, read, read_source


def figures(measurement, name):
    return [each.reported[name] for each in measurement.replicates]


def test_two_tables_of_the_same_records(sample):
    measurement = read(sample("dls_zetasizer/chc_particleSize"))
    assert len(measurement.replicates) == 4
    assert measurement.samples == ("SD283 - F1, HBG6.4, 0h",)
    assert figures(measurement, "z_average") == [108.0, 108.1, 108.2, 108.1]
    assert figures(measurement, "pdi") == [0.112, 0.116, 0.116, 0.090]
    assert figures(measurement, "intensity_mean") == [116.1, 119.4, 119.8, 118.4]
    assert figures(measurement, "number_mean") == [78.38, 67.67, 77.59, 83.53]
    assert figures(measurement, "volume_mean") == [99.31, 97.57, 99.59, 103.6]
    # Its heading occurs twice, once with an empty cell.
    assert figures(measurement, "derived_count_rate_kcps")[0] == 2683.0
    first = measurement.replicates[0]
    assert (first.settings["temperature (°c)"], first.settings["viscosity (cp)"]) == ("25.0", "0.8872")
    centres = first.histogram.centres
    assert (len(centres), centres[0], centres[-1]) == (70, 0.4, 10000)
    assert first.histogram.weighting == "intensity"
    assert first.particles_per_ml is None and first.dilution is None
    # The mean by our definition is the program's intensity mean to the rounding of its percentages.
    assert describe(measurement)[0].ours.mean == pytest.approx(
        np.mean([116.1, 119.4, 119.8, 118.4]), rel=0.005
    )


def test_a_missing_z_average_is_reported_as_missing(sample):
    measurement = read(sample("dls_zetasizer/mxd_particleSize"))
    assert [each.settings["viscosity (cp)"] for each in measurement.replicates] == ["1.2000"] * 3
    for replicate, total in zip(measurement.replicates, (100.0, 100.1, 99.9), strict=True):
        assert "z_average" not in replicate.reported
        assert replicate.flags == ("checked here: the export has no Z-average",)
        assert replicate.histogram.centres[np.argmax(replicate.histogram.amounts)] == 105.7
        assert replicate.histogram.total == pytest.approx(total, abs=1e-9)


def test_zeta_potentials(sample):
    measurement = read(sample("dls_zetasizer/chc_zetaPotential"))
    assert figures(measurement, "zeta_potential_mv") == [8.10, 8.02, 6.29, 8.45]
    assert figures(measurement, "conductivity_ms_per_cm") == [0.0966, 0.0970, 0.0977, 0.0980]
    assert all(each.histogram is None for each in measurement.replicates)


def test_one_zeta_record(sample):
    (record,) = read(sample("dls_zetasizer/mxd_zetaPotential")).replicates
    assert record.sample == "LCD in FB 75/25 1"
    assert record.reported["zeta_potential_mv"] == -16.8
    assert record.reported["zeta_deviation_mv"] == 5.71
    assert record.reported["conductivity_ms_per_cm"] == 0.943


def test_radii_are_doubled(sample):
    text = sample("dls_zetasizer/mxd_particleSize").read_bytes()
    (first, *_) = read_source(Source("r.txt", text.replace(b"(d.nm)", b"(r.nm)"))).replicates
    assert first.histogram.centres[0] == 0.8


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text[: text.rindex("\t") - 40], "line 4: expected 378 cells"),
        (
            lambda text: text.replace("\r\nSize\t", "\r\nTrend\t", 1),
            "line 2: expected a record of type Size or Zeta",
        ),
        (lambda text: text.replace("d.nm", "d.um"), "line 2: sizes must be in d.nm or r.nm"),
        (
            lambda text: text.replace("Sizes[2]", "Sizes[1]"),
            "line 2: the heading 'sizes[1] (d.nm)' occurs twice",
        ),
        (
            lambda text: text.replace("\t0.4000\t", "\tn/a\t"),
            "line 2: expected a number for size, found 'n/a'",
        ),
        (lambda text: text.split("\r\n")[0], "no record below the headings"),
    ],
)
def test_broken_exports_are_refused_by_line(sample, change, message):
    text = sample("dls_zetasizer/mxd_particleSize").read_bytes().decode("latin-1")
    with pytest.raises(InputError) as refused:
        read_source(Source("z.txt", change(text).encode("latin-1")))
    assert message in str(refused.value)


def test_zmes(sample):
    measurement = read(sample("dls_zetasizer/test.zmes"))
    assert len(measurement.replicates) == 2
    first = measurement.replicates[0]
    assert first.sample == "TEST XX230.A"
    assert first.reported["z_average"] == pytest.approx(489.1436, abs=5e-5)
    assert first.reported["pdi"] == pytest.approx(0.26445, abs=5e-6)
    assert first.reported["intercept"] == pytest.approx(0.93110, abs=5e-6)
    centres = first.histogram.centres
    assert len(centres) == 70
    assert centres[[0, -1]] == pytest.approx([0.3, 10000])
    settings = ("Attenuator", "Number Of Runs", "Repeat", "Number Of Repeats")
    assert [first.settings[name] for name in settings] == ["7", "35", "2", "3"]


def small_zmes(tmp_path, blob: bytes, view: bool = False) -> Source:
    """A file in the layout with one size record, for what the sample does not show."""
    path = tmp_path / "small.zmes"
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    connection.executescript(
        """CREATE TABLE RecordParameterTypes (Id INTEGER, FriendlyName TEXT);
        CREATE TABLE RecordParameterTreeNodes (Id INTEGER, ParameterPath TEXT);
        CREATE TABLE RecordParameterData (Id INTEGER, RecordId INTEGER, ParameterTreeNodeId INTEGER,
            ParameterTypeId INTEGER, Data_Blob BLOB, Data_Double REAL, Data_Single REAL, Data_Int32 INTEGER,
            Data_Int64 INTEGER, Data_Text TEXT);"""
    )
    if view:  # that never ends
        connection.executescript(
            """DROP TABLE RecordParameterTypes; CREATE VIEW RecordParameterTypes AS WITH RECURSIVE
            t(Id, FriendlyName) AS (SELECT 1, 'a' UNION ALL SELECT Id + 1, 'a' FROM t) SELECT * FROM t;"""
        )
    names = ("Z-Average (nm)", "Sizes", "Particle Size Intensity Distribution")
    for i, name in enumerate(names):
        if not view:
            connection.execute("INSERT INTO RecordParameterTypes VALUES (?, ?)", (i, name))
        connection.execute("INSERT INTO RecordParameterTreeNodes VALUES (?, ?)", (i, f"a/{i}"))
        values = (i, 1, i, i, blob if i else None, None if i else 90.0, None, None, None, None)
        connection.execute("INSERT INTO RecordParameterData VALUES (?,?,?,?,?,?,?,?,?,?)", values)
    connection.commit()
    connection.close()
    return Source("small.zmes", path.read_bytes())


def serialised(values: list[float]) -> bytes:
    step = bytes.fromhex("060101010201")
    return b"head" + b"".join(step + np.float64(value).tobytes() for value in values)


def test_a_small_zmes(tmp_path):
    (record,) = read_source(small_zmes(tmp_path, serialised([1.0, 2.0, 4.0]))).replicates
    assert record.reported == {"z_average": 90.0}
    assert record.histogram.centres.tolist() == [1, 2, 4]
    assert record.histogram.edges == pytest.approx(2.0 ** np.array([-0.5, 0.5, 1.5, 2.5]))


def test_a_damaged_zmes_is_refused(tmp_path):
    for blob in (serialised([1.0, 2.0])[:-1], serialised([1.0, np.nan]), serialised([2.0, 1.0])):
        with pytest.raises(InputError, match=r"^small\.zmes: "):
            read_source(small_zmes(tmp_path, blob))
    whole = small_zmes(tmp_path, serialised([1.0, 2.0])).data
    with pytest.raises(InputError, match="damaged"):
        read_source(Source("cut.zmes", whole[: len(whole) // 2] + b"RecordParameterData"))


def test_a_damaged_schema_is_refused_in_one_line(tmp_path):
    whole = small_zmes(tmp_path, serialised([1.0, 2.0])).data
    damaged = whole.replace(b"RecordId INTEGER, ", b'\n"\n(            , '[:18])
    assert damaged != whole
    with pytest.raises(InputError, match="damaged") as refused:
        read_source(Source("bad.zmes", damaged))
    assert "\n" not in str(refused.value)


def test_a_query_without_end_is_stopped(tmp_path):
    with pytest.raises(InputError, match="interrupted"):
        read_source(small_zmes(tmp_path, b"", view=True))
