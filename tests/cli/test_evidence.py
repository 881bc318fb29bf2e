"""``exodyn evidence`` as a user meets it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from exodyn.cli import main
from exodyn.evidence import all_records, records
from exodyn.evidence.schemas import SAFETY


def printed(capsys: pytest.CaptureFixture[str], *args: str) -> Any:
    assert main(["evidence", *args, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def refused(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    assert main(["evidence", *args]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    return err


def test_json_has_every_record_once(capsys: pytest.CaptureFixture[str]) -> None:
    found = printed(capsys)["records"]
    assert [one["id"] for one in found] == [one.id for one in all_records()]
    first = found[0]
    assert first["fields"]["organ"] == "liver"
    assert first["names"] == {
        "species": ["mouse"],
        "indication": [],
        "route": ["intravenous"],
        "unit": [],
    }


def test_filters(capsys: pytest.CaptureFixture[str]) -> None:
    found = printed(capsys, "--area", "outcomes", "--indication", "Spinal cord injury")["records"]
    assert {one["table"] for one in found} == {"outcomes_sci"}
    assert len(found) == len(records("outcomes_sci"))
    assert {one["id"] for one in printed(capsys, "--indication", "TBI")["records"]} >= {"TBI001", "TRB065"}
    assert len(printed(capsys, "--area", "natural_history")["records"]) == 466


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--area", "kinetic"], "no area 'kinetic' of evidence; did you mean 'kinetics'?"),
        (["--indication", "strok"], "no indication 'strok'; did you mean 'stroke'?"),
        (["--used-by", "BIO64"], "no record 'BIO64'; did you mean 'BIO064'?"),
        (["--used-by", "?"], "no record '?'; valid are ADZ001, ADZ002"),
        (["--used-by", "KIN2003", "--runs", "nowhere"], "nowhere: no such directory"),
        (["--runs", "."], "--runs: expected together with --used-by ID"),
    ],
)
def test_what_is_wrong_is_said(args: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert message in refused(capsys, *args)


def test_a_line_says_number_spread_and_n(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evidence", "--area", "kinetics"]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "clearance 0.0104 mL/min (0.0054 to 0.0154 range)" in lines["KIN003"]
    assert "validation" in lines["KIN006"]


def test_sources_as_bibtex(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evidence", "--area", "translation", "--cite"]) == 0
    text = capsys.readouterr().out
    keys = re.findall(r"^@misc\{(.+),$", text, re.MULTILINE)
    assert (
        len(keys) == len(set(keys)) == len({(r.study, r.source) for r in records("translation") if r.source})
    )
    cited = re.findall(r"TRB\d+", " ".join(re.findall(r"note = \{records (.*)\},", text)))
    assert sorted(cited) == sorted(one.id for one in records("translation") if one.source)
    assert "doi = {10.1016/s0140-6736(14)60584-5}" in text
    for line in text.splitlines():  # every bracket is closed and what TeX would read is escaped
        assert line.count("{") - line.count("}") == (1 if line.startswith("@") else -1 if line == "}" else 0)
        assert not re.search(r"(?<!\\)[%&#_$]", line.split("=")[-1]) or "doi" in line or "url" in line


def test_what_rests_on_a_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, manifest in {
        "runs/mine": '{"records": ["NHS001", "NHS002"]}',
        "runs/other": '{"records": ["NHS002"]}',
        "somebody/elses": "[1, 2",
    }.items():
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "manifest.json").write_text(manifest)
    (one,) = printed(capsys, "--used-by", "NHS001")["records"]
    assert one["id"] == "NHS001"
    assert "population/stroke_targets.csv: toast_fall_7" in one["used_by"]["model"]
    assert one["used_by"]["runs"] == ["./runs/mine"]
    (one,) = printed(capsys, "--used-by", "NHS001", "--runs", "runs/mine", "runs/other")["records"]
    assert one["used_by"]["runs"] == ["runs/mine"]
    (one,) = printed(capsys, "--used-by", "CLM001")["records"]
    assert one["used_by"] == {"model": [], "runs": []}


def test_our_records_are_judged(capsys: pytest.CaptureFixture[str]) -> None:
    found = {one["id"]: one for one in printed(capsys, "--check")["records"]}
    assert list(found) == [one.id for one in all_records()]
    assert found["NHS154"]["verdict"] == "impossible"
    assert {one["verdict"] for one in found.values()} == {"sound", "doubtful", "impossible", "unchecked"}
    some = printed(capsys, "--area", "claims", "--check")["records"]
    assert [one["id"] for one in some] == [one.id for one in records("claims")]
    assert some == [found[one["id"]] for one in some]


def test_a_table_of_ones_own_is_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    columns = SAFETY.columns
    row = {"id": "MINE1", "outcome": "fever", "n": "87", "rate_percent": "2.0", "status": "measured"}
    file = tmp_path / "mine.csv"
    file.write_text(",".join(columns) + "\n" + ",".join(row.get(column, "") for column in columns) + "\n")
    assert printed(capsys, "--check", str(file)) == {
        "records": [
            {
                "id": "MINE1",
                "verdict": "impossible",
                "reasons": ["2% of 87 is 1.74 subjects; the nearest count, 2, is 2.299"],
            }
        ]
    }
    assert main(["evidence", "--check", str(file)]) == 0
    out, err = capsys.readouterr()
    assert out == "MINE1    impossible 2% of 87 is 1.74 subjects; the nearest count, 2, is 2.299\n"
    assert err == "1 records: 1 impossible, 0 doubtful, 0 sound, 0 unchecked\n"


def test_a_table_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "nowhere.csv: no such file" in refused(capsys, "--check", "nowhere.csv")
    file = tmp_path / "mine.csv"
    file.write_text("id,value\n1,2\n")
    assert "mine.csv, line 1: the header is that of no table" in refused(capsys, "--check", str(file))
    file.write_text(
        ",".join(SAFETY.columns).replace("events,", "") + "\n1" + "," * (len(SAFETY.columns) - 2) + "\n"
    )
    assert "no column 'events', which a table 'safety' has" in refused(capsys, "--check", str(file))
    assert "without --area" in refused(capsys, "--check", str(file), "--area", "claims")
