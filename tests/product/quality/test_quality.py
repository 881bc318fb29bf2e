"""Specification, files, batches, trends and the record of runs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.product.instruments.conftest import HERE
from tests.product.instruments.made import nanosight_rows, rows_as_text

from exodyn.errors import InputError
from exodyn.product.quality import (
    Spec,
    append,
    batches,
    changes,
    check_names,
    compare,
    examine,
    examine_all,
    read_record,
    sources,
    together,
    trend,
)
from exodyn.product.quality.batches import batch_of

ZETAVIEW = HERE / "zetaview" / "made_lognormal_120nm_size_488.txt"


def table(folder: Path, name: str, median: float, total: float, dilution: str = "100") -> str:
    """A long table of a log-normal sample, replicates not repeated."""
    d = np.arange(10.0, 500, 10)
    share = np.exp(-0.5 * (np.log(d / median) / 0.3) ** 2)
    rows = [f"S,{size:g},{total * s / share.sum():.6g},{dilution}" for size, s in zip(d, share, strict=True)]
    path = folder / name
    path.write_text("sample,size (nm),particles_per_ml,dilution\n" + "\n".join(rows) + "\n")
    return str(path)


@pytest.fixture
def made(tmp_path):
    """Six batches of two files; the last is five times as concentrated."""
    random = np.random.default_rng(1)
    totals = np.exp(random.normal(0, 0.05, 12)) * 1e8
    totals[10:] *= 5
    return [table(tmp_path, f"LOT{i // 2}_rep{i % 2}.csv", 120 + i % 3, totals[i]) for i in range(12)]


def test_a_file_in_figures():
    found = examine(str(ZETAVIEW)).as_json()
    assert found["format"] == "ZetaView text" and found["error"] is None
    assert found["particles_per_ml"] == pytest.approx(2.98e10) and found["dilution"] == 500
    assert found["d50"] == pytest.approx(119.8, abs=0.05)
    assert found["mean"] == pytest.approx(128.83, abs=0.005)
    assert found["share_40_150"] == pytest.approx(0.7131, abs=5e-5)
    assert len(found["sha256"]) == 64


def test_what_a_file_does_not_say_is_null(tmp_path):
    path = tmp_path / "n.csv"
    path.write_text(rows_as_text(nanosight_rows()))
    found = examine(str(path)).as_json()
    assert found["dilution"] is None and found["particles_per_ml"] > 0
    assert any("dilution is not recorded" in flag for flag in found["flags"])
    assert "mean" in found["instrument"]
    light = examine(str(HERE / "dls_zetasizer" / "mxd_particleSize.txt")).as_json()
    assert light["particles_per_ml"] is None and light["weighting"] == "intensity"


def test_an_error_is_part_of_the_report(tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text("nothing")
    found = examine(str(bad))
    assert found.error.startswith("bad.csv") and found.sha256 and not found.samples
    assert examine(str(tmp_path / "none.csv")).sha256 is None
    assert "directory" in examine(str(tmp_path)).error


def test_order_does_not_depend_on_processes(made):
    assert [one.path for one in examine_all(made, Spec())] == made
    assert examine_all(made[:3], Spec()) == examine_all(made, Spec())[:3]


@pytest.mark.parametrize(
    ("name", "batch"),
    [
        ("AD_144h_A_LS 2020-10-27 13-04-21-ExperimentSummary.csv", "AD_144h_A_LS"),
        ("20250219_0009_EV_ip_p1_F7-5000R1_size_488.txt", "EV_ip_p1_F7-5000"),
        ("20250219_0009_EV_ip_p1_F7-5000_size_488_11pos.txt", "EV_ip_p1_F7-5000"),
        ("LOT7_rep2.csv", "LOT7"),
        ("LOT 7 run 2.csv", "LOT 7"),
        ("LOT 7.csv", "LOT 7"),
        ("12.csv", "12"),
    ],
)
def test_batches_by_file_name(name, batch):
    report = examine(str(ZETAVIEW))
    assert batch_of(type(report)(name, None, None, "not read"), None, Spec()) == batch


def test_batches_trends_and_comparability(made):
    spec = Spec.parse(
        "[limits.particles_per_ml]\nhigh = 2e10\n[limits.d90]\nlow = 100\n"
        "[comparability]\nd50 = 1.25\nparticles_per_ml = 1.25\n[protein_ug_per_ml]\nLOT0 = 20\n"
    )
    found = batches(examine_all(made, spec), spec)
    assert [one.name for one in found] == [f"LOT{i}" for i in range(6)]
    assert [one.inside for one in found] == [True] * 5 + [False]
    assert [one.verdict for one in found] == ["inside"] * 5 + ["OUTSIDE"]
    asked = Spec.parse("[limits.d90]\nlow = 100\n[limits.endotoxin_eu_per_ml]\nhigh = 5\n")
    assert batches(examine_all(made[:1], asked), asked)[0].verdict == "inside where measured"
    assert found[0].attributes["particles_per_ug"].mean == pytest.approx(1e10 / 20, rel=0.1)
    assert any("plausible" in flag or "protein" in flag for flag in found[0].flags)
    chart = trend(found, "particles_per_ml", spec)
    assert chart.run_length == pytest.approx(91.75, abs=0.01)
    assert chart.limits[0] > 0
    answers = {one.attribute: one.answer for one in compare(found, spec)}
    assert answers["particles_per_ml"] == "no"
    assert answers["d50"] in ("yes", "cannot say")
    assert together(found)["batches"][5]["t2"] == max(one["t2"] for one in together(found)["batches"])


def test_too_few_batches_have_no_limits(made):
    found = batches(examine_all(made[:4], Spec()), Spec())
    assert trend(found, "d50", Spec()).limits is None and together(found) is None


def test_known_and_unknown_dilutions_are_not_averaged(tmp_path):
    files = [table(tmp_path, "A_rep1.csv", 120, 1e8), table(tmp_path, "A_rep2.csv", 120, 1e8, "")]
    (one,) = batches(examine_all(files, Spec()), Spec())
    assert one.attributes["particles_per_ml"].values == pytest.approx((1e10,))
    assert "dilution" in one.excluded[0][2]
    spec = Spec.parse('[dilution]\n"A_rep2.csv" = 100\n')
    (one,) = batches(examine_all(files, spec), spec)
    assert one.attributes["particles_per_ml"].values == pytest.approx((1e10, 1e10))


def test_exclusions_need_a_reason_and_are_listed(made):
    spec = Spec.parse('[exclude]\n"LOT0_rep0.csv" = "bubble in the cell"\n')
    found = batches(examine_all(made[:2], spec), spec)
    assert found[0].excluded == ((made[0], "S", "specification: bubble in the cell"),)
    assert len(found[0].attributes["d50"].values) == 1
    with pytest.raises(InputError, match="reason"):
        Spec.parse('[exclude]\n"a.csv" = ""\n')


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("limit = 1\n", "did you mean 'limits'"),
        ("[limits.d55]\nlow = 1\n", "did you mean 'd50'"),
        ("[limits.d50]\nlow = 2\nhigh = 1\n", "low below high"),
        ("[limits.d50]\nlow = nan\n", "expected a number"),
        ("[comparability]\nd50 = 0.9\n", "above 1"),
        ("[comparability]\ncontent = 2\n", "between 0 and 1"),
        ("[batches]\npattern = '(x'\n", "regular expression"),
        ("[batches]\npattern = 'x'\n", "batch"),
        ("[batches.files]\nA = ['x']\nB = ['x']\n", "in the batches A and B"),
        ("rules = 'nelsen'\n", "did you mean 'nelson'"),
        ("[dilution]\nx = 0.5\n", "1 or more"),
        ("[calibration]\nchannel = 'SSC-A'\nsignals = [1]\n", "diameters_nm"),
        ("title = 3\n", "must be a text"),
    ],
)
def test_a_wrong_specification_names_the_key(text, says):
    with pytest.raises(InputError, match=says.replace("(", r"\(")):
        Spec.parse(text)


def test_a_name_that_no_file_has_is_refused(made):
    with pytest.raises(InputError, match=r"did you mean 'LOT0_rep0\.csv'"):
        check_names(made, Spec.parse('[exclude]\n"LOT0_rp0.csv" = "x"\n'))


def test_the_record_is_a_chain(tmp_path):
    for i in range(3):
        append(tmp_path, read_record(tmp_path), {"figures": {"a": i}})
    record = read_record(tmp_path)
    assert [one["run"] for one in record.entries] == [1, 2, 3]
    assert changes(record.entries[0], {"figures": {"a": 2}}) == ["a: 0 to 2"]
    path = tmp_path / "audit.jsonl"
    lines = path.read_text().splitlines()
    for broken in (
        [lines[0].replace('"a": 0', '"a": 9'), *lines[1:]],
        lines[1:],
        [lines[0], lines[2]],
        [*lines, "{}"],
        [*lines[:2], lines[2][:-5]],
    ):
        path.write_text("\n".join(broken) + "\n")
        with pytest.raises(InputError, match=r"audit\.jsonl, line"):
            read_record(tmp_path)


def test_a_record_whose_end_was_cut_off_is_found(tmp_path):
    for _ in range(2):
        append(tmp_path, read_record(tmp_path), {})
    (tmp_path / "0002").mkdir()
    path = tmp_path / "audit.jsonl"
    path.write_text(path.read_text().splitlines()[0] + "\n")
    with pytest.raises(InputError, match="lines are missing"):
        read_record(tmp_path)


def test_two_runs_at_once_do_not_share_a_number(tmp_path):
    record = read_record(tmp_path)
    append(tmp_path, record, {})
    with pytest.raises(InputError, match="another run"):
        append(tmp_path, record, {})


def test_the_report_is_json(made):
    json.dumps([one.as_json() for one in examine_all(made[:2], Spec())], allow_nan=False)


PLATE = Path(__file__).resolve().parents[2] / "data" / "evidence" / "qc_data" / "potency_made.csv"


def test_potency_and_entered_results_are_attributes(made):
    spec = Spec.parse(
        f"[potency]\nLOT0 = '{PLATE}'\n[limits.potency]\nlow = 0.9\n"
        "[results.LOT1]\npotency = 1.0\nsterile = true\n[results.LOT2]\npotency = 1.0\nsterile = false\n"
    )
    found = batches(examine_all(made, spec), spec)
    assert found[0].attributes["potency"].mean == pytest.approx(0.79297, abs=2e-4)
    assert found[0].as_json()["potency_assay"]["similar"]
    assert [one.inside for one in found[:4]] == [False, True, False, None]
    assert "not sterile" in found[2].flags


def test_a_potency_of_other_curves_does_not_count(made, tmp_path):
    lines = PLATE.read_text().splitlines()
    steeper = [
        line
        if "standard" in line
        else ",".join([*line.split(",")[:3], str(0.1 + 0.3 * float(line.split(",")[3]))])
        for line in lines[1:]
    ]
    (tmp_path / "p.csv").write_text("\n".join([lines[0], *steeper]))
    spec = Spec.parse("[potency]\nLOT0 = 'p.csv'\n", tmp_path)
    found = batches(examine_all(made, spec), spec)
    assert "potency" not in found[0].attributes
    assert "not similar" in found[0].excluded[-1][2]


def test_a_wrong_assay_names_its_file(made, tmp_path):
    (tmp_path / "p.csv").write_text("preparation,dose,response\nstandard,1,x\ntest,1,2\n")
    spec = Spec.parse("[potency]\nLOT0 = 'p.csv'\n", tmp_path)
    with pytest.raises(InputError, match=r"p\.csv, line 2"):
        batches(examine_all(made, spec), spec)


def test_results_of_no_batch_are_refused(made):
    spec = Spec.parse("[results.LOT9]\npotency = 1\n")
    with pytest.raises(InputError, match="no batch here; did you mean 'LOT"):
        batches(examine_all(made, spec), spec)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[patients]\nscale = 'NIHSS'\nmargin = 1\n", "study"),
        ("[patients]\nstudy = 's'\nscale = 'NIHSS'\nmargin = 0\n", "above 0"),
        (
            "[patients]\nstudy = 's'\nscale = 'NIHSS'\nmargin = 1\nattributes = ['potncy']\n",
            "did you mean 'potency'",
        ),
        ("[patients]\nstudy = 's'\nscale = 'NIHSS'\nmargin = 1\nassumed_gsd = {potency = 1}\n", "above 1"),
        ("[patients]\nstudy = 's'\nscale = 'NIHSS'\nmargin = 1\npatients = 1\n", "2 or more"),
        ("[results.A]\npotenci = 1\n", "did you mean 'potency'"),
        ("[results.A]\nsterile = 1\n", "true or false"),
        ("[potency]\nA = 1\n", "name of a file"),
    ],
)
def test_a_wrong_part_on_patients_or_results_names_the_key(text, says):
    with pytest.raises(InputError, match=says):
        Spec.parse(text)


def test_the_same_bytes_count_once(made, tmp_path):
    again = tmp_path / "LOT0_rep9.csv"
    again.write_bytes(Path(made[0]).read_bytes())
    (one,) = batches(examine_all([made[0], str(again)], Spec()), Spec())
    assert len(one.attributes["d50"].values) == 1 and "same bytes" in one.excluded[0][2]


def test_a_dilution_series_is_checked(tmp_path):
    thinned = [(100, 1.0e8), (200, 0.708e8), (400, 0.5e8)]
    files = [table(tmp_path, f"A_rep{d}.csv", 120, total, str(d)) for d, total in thinned]
    (one,) = batches(examine_all(files, Spec()), Spec())
    assert any("rise less than the concentration" in flag for flag in one.flags)


def test_the_spread_is_split_into_batch_instrument_and_day(tmp_path):
    """Four batches, each counted twice on two days by two instruments that differ by a third."""
    random = np.random.default_rng(4)
    days, instruments, files = {}, {}, []
    for batch, of_batch in enumerate(np.exp(random.normal(0, 0.4, 4))):
        for i in range(8):
            name = f"LOT{batch}_rep{i}.csv"
            day, instrument = (i // 2) % 2, i // 4
            factor = of_batch * 1.1**day * 1.33**instrument * np.exp(random.normal(0, 0.02))
            files.append(table(tmp_path, name, 120, 1e8 * factor))
            days[name], instruments[name] = f"2026-03-0{day + 1}", f"N{instrument}"
    spec = Spec(days=days, instruments=instruments)
    reports = examine_all(files, spec)
    found = {one.attribute: one for one in sources(reports, batches(reports, spec))}["particles_per_ml"]
    assert found.levels == ("batch", "instrument", "day", "repeat") and found.groups == (4, 2, 2, 32)
    assert found.spreads[3] == pytest.approx(2, abs=0.7) and not found.left_out
    assert found.spreads[1] == pytest.approx(100 * np.log(1.33) / np.sqrt(2), rel=0.15)
    line = found.as_json()["levels"][0]
    assert line["level"] == "batch" and line["p05"] < line["cv_percent"] < line["p95"]


def test_levels_that_are_not_known_or_not_apart_are_named(tmp_path, made):
    (one, *_) = sources(examine_all(made, Spec()), batches(examine_all(made, Spec()), Spec()))
    assert one.levels == ("batch", "repeat")
    assert one.left_out["day"] == "not known for 12 of 12 values"
    days = {Path(path).name: Path(path).name[:4] for path in made}
    reports = examine_all(made, Spec(days=days))
    (one, *_) = sources(reports, batches(reports, Spec()))
    assert one.left_out["day"] == "not to be told from batch and the repeats"


def test_day_and_instrument_are_read_from_the_file():
    found = examine(str(HERE / "fcs" / "B01 KC-A-W---91-US.fcs"))
    assert (found.day, found.instrument) == ("19-FEB-2019", "R660517590125")
    assert examine(str(HERE / "dls_zetasizer" / "chc_particleSize.txt")).day == "06 March 2026"


def test_counts_in_the_cell_do_not_stand_beside_counts_of_a_sample_in_another_batch(tmp_path, made):
    path = tmp_path / "CELL.csv"
    path.write_text(rows_as_text(nanosight_rows()))
    found = {one.name: one for one in batches(examine_all([*made[:4], str(path)], Spec()), Spec())}
    assert "particles_per_ml" not in found["CELL"].attributes and "d50" in found["CELL"].attributes
    assert any("dilution is not recorded, others' are" in reason for _, _, reason in found["CELL"].excluded)
    assert "particles_per_ml" in found["LOT0"].attributes
    (alone,) = batches(examine_all([str(path)], Spec()), Spec())
    assert "particles_per_ml" in alone.attributes and "in the cell" in " ".join(alone.flags)
