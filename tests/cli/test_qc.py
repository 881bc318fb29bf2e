"""``exodyn qc`` as a user meets it."""

from __future__ import annotations

import json
import os
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from tests.product.instruments.conftest import HERE

from exodyn.cli import main

ZETAVIEW = HERE / "zetaview" / "made_lognormal_120nm_size_488.txt"
DLS = HERE / "dls_zetasizer" / "mxd_particleSize.txt"
KEYS = (
    "path",
    "sha256",
    "format",
    "error",
    "particles_per_ml",
    "dilution",
    "d10",
    "d50",
    "d90",
    "mean",
    "mode",
)


def test_json_has_a_line_for_each_file_in_order(capsys, tmp_path):
    bad = tmp_path / "bad.txt"
    bad.write_text("x")
    assert main(["qc", str(ZETAVIEW), str(bad), str(DLS), "--json"]) == 2
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert [one["path"] for one in found["files"]] == [str(ZETAVIEW), str(bad), str(DLS)]
    assert all(key in one for one in found["files"] for key in (*KEYS, "share_40_150", "flags"))
    assert found["files"][1]["error"] and found["files"][1]["d50"] is None
    assert "1 of 3 files" in err and "bad.txt" in err
    assert found["directory"] is None
    assert [one["batch"] for one in found["batches"]]


def test_good_files_end_with_zero_and_keep_the_record(capsys, tmp_path):
    folder = tmp_path / "lab"
    spec = tmp_path / "spec.toml"
    spec.write_text('title = "Lots <b> & co"\n[limits.d50]\nlow = 100\nhigh = 110\n')
    for _ in range(2):
        assert main(["qc", str(ZETAVIEW), "--spec", str(spec), "-o", str(folder)]) == 0
    assert "OUTSIDE" in capsys.readouterr().out
    record = [json.loads(line) for line in (folder / "audit.jsonl").read_text().splitlines()]
    assert [one["changed"] for one in record] == [[], []]
    assert record[1]["previous"] == record[0]["hash"]
    page = (folder / "0002" / "report.html").read_text()
    assert not any(word in page for word in ("<script", "<link", "src=", "@import", "url(http"))
    assert "Lots &lt;b&gt; &amp; co" in page and record[0]["files"][str(ZETAVIEW)] in page
    for svg in page.split("<svg")[1:]:
        ET.fromstring("<svg" + svg.split("</svg>")[0] + "</svg>")
    spec.write_text("[limits.d50]\nlow = 100\n")
    assert main(["qc", str(ZETAVIEW), "--spec", str(spec), "-o", str(folder), "--json"]) == 0
    last = json.loads((folder / "audit.jsonl").read_text().splitlines()[-1])
    assert last["changed"] == ["the specification changed"]
    assert json.loads(capsys.readouterr().out)["directory"] == str(folder / "0003")


def test_a_folder_that_is_not_ours_is_left_alone(capsys, tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    assert main(["qc", str(ZETAVIEW), "-o", str(tmp_path)]) == 2
    assert "holds no record" in capsys.readouterr().err
    assert [one.name for one in tmp_path.iterdir()] == ["mine.txt"]


def test_a_wrong_specification_ends_before_anything_is_read(capsys, tmp_path):
    spec = tmp_path / "s.toml"
    spec.write_text("limmits = 1\n")
    assert main(["qc", str(ZETAVIEW), "--spec", str(spec), "-o", str(tmp_path / "out")]) == 2
    out, err = capsys.readouterr()
    assert out == "" and "did you mean 'limits'" in err and not (tmp_path / "out").exists()


@pytest.mark.slow
def test_two_hundred_files_take_less_than_ten_seconds(tmp_path):
    files = []
    for i in range(200):
        path = Path(tmp_path / f"LOT{i // 4}_rep{i % 4}.txt")
        shutil.copy(ZETAVIEW, path)
        files.append(str(path))
    before = os.times()
    assert main(["qc", *files, "-o", str(tmp_path / "out")]) == 0
    after = os.times()
    # All cores together: on an idle machine with two of them the clock shows less.
    spent = sum(after[:4]) - sum(before[:4])
    assert spent < 10, f"{spent:.1f} s of computing for 200 files"


@pytest.mark.slow
def test_the_example_goes_from_files_to_limits(capsys, tmp_path):
    example = Path(__file__).resolve().parents[2] / "examples" / "batches"
    files = [str(one) for one in sorted(example.glob("*.txt"))]
    assert (
        main(["qc", *files, "--spec", str(example / "spec.toml"), "--json", "-o", str(tmp_path / "o")]) == 0
    )
    found = json.loads(capsys.readouterr().out)
    assert [one["batch"] for one in found["batches"]] == [f"LOT{i}" for i in range(1, 7)]
    potency, particles = found["patients"]
    assert potency["effect"]["p05"] <= potency["effect"]["median"] <= potency["effect"]["p95"] < 0
    assert potency["limit_low"] or potency["limit_high"]
    assert particles["scale"] == "NIHSS" and particles["patients"]["p95"] > particles["patients"]["p05"]
