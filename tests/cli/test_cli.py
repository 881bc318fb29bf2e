"""The command line as a user meets it: exit status, one message, JSON alone on standard output."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from exodyn import cli
from exodyn.report import words
from exodyn.study import accuracy

STUDY = """
title = "A small study"
indication = "stroke"
species = "human"
patients = 20
visits = ["1 d", "7 d", "90 d"]

[[arms]]
name = "untreated"

[[arms]]
name = "exosomes"
product = "adipose_msc_exosomes"
route = "intravenous"
dose = "5e11 particles"
start = "24 h"
"""


def exodyn(*args: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the program; whatever happens, it shows no traceback."""
    command = [sys.executable, "-m", "exodyn", *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=300)
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def study(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(STUDY)
    return path


def test_a_study_runs_once_into_its_directory(study: Path) -> None:
    done = exodyn("run", study, cwd=study.parent)
    assert done.returncode == 0, done.stderr
    target = study.parent / "small"
    assert {"report.html", "summary.csv", "manifest.json", "figures", "readouts"} <= {
        p.name for p in target.iterdir()
    }
    assert "research use only" in done.stdout
    assert "particles that reached the lesion" in done.stdout
    again = exodyn("run", study, cwd=study.parent)
    assert (again.returncode, again.stdout) == (2, "")
    assert "not overwritten" in again.stderr


def test_names_are_shown_as_they_are(study: Path) -> None:
    name = "[red]$x_1$ \\\\frac <b>&amp; :smile: %s {x}"
    study.write_text(STUDY.replace('"exosomes"', f'"{name}"'))
    done = exodyn("run", study, "-o", study.parent / "run", "--patients", "3")
    assert done.returncode == 0, done.stderr
    assert name.replace("\\\\", "\\") in done.stdout


def test_json_is_one_document_and_nothing_else(study: Path, tmp_path: Path) -> None:
    done = exodyn(
        "run", study, "-o", tmp_path / "run", "--json", "--patients", "8", "--seed", "5", "--threads", "1"
    )
    document = json.loads(done.stdout)
    assert document["directory"] == str(tmp_path / "run")
    assert len(document["summary"]) == 4 * 2 * 3  # NIHSS, mRS, Barthel, Fugl-Meyer; arms; visits
    assert {row["n"] for row in document["summary"] if row["scale"] == "mRS"} == {8}
    assert document["failures"] == []
    assert set(document["stoichiometry"]) == {"untreated", "exosomes"}
    assert done.stderr == ""


def test_a_dry_run_says_what_it_would_do_and_does_nothing(study: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    document = json.loads(exodyn("run", study, "--dry-run", "--json", "--patients", "100000").stdout)
    assert document["patients"] == 100_000
    assert document["chunks"] == 49
    assert document["seconds"] > 0
    assert document["megabytes"] > 0
    assert "Nothing was run" in exodyn("run", study, "--dry-run").stdout
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("patients = 20", "patiens = 20", "did you mean 'patients'"),
        ("patients = 20", "patients = 1000000000", "at most 10000000"),
        ('"5e11 particles"', '"-1 particles"', "negative"),
        ('"5e11 particles"', '"5 parsecs"', "parsecs"),
        ('["1 d"', '["-1 d"', "before the injury"),
        ("A small study", "\udcff", "UTF-8"),
    ],
)
def test_wrong_input_ends_with_2_and_leaves_nothing(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(STUDY.replace(old, new), errors="surrogateescape")
    done = exodyn("run", path, "-o", tmp_path / "run")
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert str(path) in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == [path]


def test_an_arm_without_a_result_ends_with_1(study: Path, tmp_path: Path) -> None:
    """Flows beyond what numbers hold: nobody can be computed."""
    entry = 'value = 1e6\nunit = "1"\nstatus = "assumed"\nreason = "x"'
    study.write_text(STUDY + f"[parameters.flow_exponent]\n{entry}\n")
    done = exodyn("run", study, "-o", tmp_path / "run", "--patients", "3")
    assert done.returncode == 1
    warning, *errors = done.stderr.splitlines()
    assert "warning: " in warning
    assert "parameters.flow_exponent: 1e+06 is unusual" in warning
    assert len(errors) == 2
    assert "arm 'untreated': all 3 patients failed, 3 of them with: " in errors[0]
    assert (tmp_path / "run" / "failures.csv").exists()


def test_wrong_arguments_end_with_2(study: Path, tmp_path: Path) -> None:
    for args, message in [
        (("run", tmp_path), "is a directory"),
        (("run", tmp_path / "none.toml"), "no such file"),
        (("run", study, "--patients", "0"), "patients: 0 is too small"),
        (("run", study, "--seed", "-1"), "seed: -1 is too small"),
        (("run", study, "--threads", "0"), "threads: 0"),
        (("run", study, "-o", tmp_path / "no" / "run"), "no such directory"),
        (("compare", tmp_path, tmp_path), "is no run directory"),
        (("new", "strok"), "did you mean 'stroke'"),
        (("new", "stroke", "-o", study), "not overwritten"),
        (("export", study, "--to", "sbml", "-o", study), "not overwritten"),
        (("list", "everything"), "invalid choice"),
        ((), "required"),
    ]:
        done = exodyn(*args)
        assert (done.returncode, done.stdout) == (2, ""), args
        assert message in done.stderr, args
    assert list(tmp_path.iterdir()) == [study]


def test_a_terminal_without_signs_or_a_closed_output_is_no_fault() -> None:
    """± is written as an escape where the terminal's encoding lacks it."""
    command = [sys.executable, "-m", "exodyn", "evidence", "--area", "storage"]
    ascii_only = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, capture_output=True, text=True, env=ascii_only)
    assert (done.returncode, done.stderr) == (0, "")
    assert "(\\xb13 sd)" in done.stdout
    closed = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", *command], capture_output=True, text=True)
    assert (closed.returncode, closed.stderr) == (0, "")


def interrupted(study: Path, target: Path, how: signal.Signals) -> subprocess.CompletedProcess[str]:
    """Start a run of many chunks and stop it when the first of them is stored."""
    command = [sys.executable, "-m", "exodyn", "run", study, "-o", target, "--patients", "8000"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    markers = target.with_name("run.partial") / "chunks"
    deadline = time.monotonic() + 120
    while not list(markers.glob("0*.json")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.send_signal(how)
    out, err = process.communicate(timeout=120)
    assert not target.exists()
    assert list(markers.glob("0*.json"))
    return subprocess.CompletedProcess(command, process.returncode, out, err)


@pytest.mark.parametrize("how", [signal.SIGKILL, pytest.param(signal.SIGINT, marks=pytest.mark.slow)])
def test_an_interrupted_run_goes_on_to_the_same_result(
    study: Path, tmp_path: Path, how: signal.Signals
) -> None:
    done = interrupted(study, tmp_path / "run", how)
    if how is signal.SIGINT:
        assert done.returncode == 1
        assert "the same command goes on" in done.stderr
        assert "Traceback" not in done.stderr
    other = exodyn("run", study, "-o", tmp_path / "run", "--patients", "8000", "--seed", "2")
    assert other.returncode == 2
    assert "study.seed: 1 -> 2" in other.stderr
    stored = {
        path.name: path.stat().st_mtime_ns for path in (tmp_path / "run.partial" / "chunks").glob("0*.json")
    }
    assert stored
    resumed = exodyn("run", study, "-o", tmp_path / "run", "--patients", "8000", "--threads", "1")
    assert resumed.returncode == 0, resumed.stderr
    assert not (tmp_path / "run.partial").exists()
    assert exodyn("run", study, "-o", tmp_path / "whole", "--patients", "8000").returncode == 0
    document = json.loads(exodyn("compare", tmp_path / "run", tmp_path / "whole", "--json").stdout)
    assert document["same"]
    assert document["inputs"] == []
    for name in ("readouts", "trajectories", "patients"):
        files = [sorted((tmp_path / run / name).iterdir()) for run in ("run", "whole")]
        assert [file.read_bytes() for file in files[0]] == [file.read_bytes() for file in files[1]]
    assert (tmp_path / "run" / "summary.csv").read_bytes() == (
        tmp_path / "whole" / "summary.csv"
    ).read_bytes()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 200 kB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", disk], capture_output=True)
    if mount.returncode:
        pytest.skip("may not mount a file system here")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_full_disk_ends_with_1_and_leaves_no_run(study: Path, small_disk: Path) -> None:
    done = exodyn("run", study, "-o", small_disk / "run", "--patients", "2000")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no space left on device" in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(small_disk.iterdir()) == []


def test_a_starter_study_can_be_run_as_it_is(tmp_path: Path) -> None:
    for species in ("human", "mouse"):
        path = tmp_path / f"{species}.toml"
        assert exodyn("new", "stroke", "--species", species, "-o", path).returncode == 0
        done = exodyn("run", path, "-o", tmp_path / species, "--patients", "4", "--json")
        assert done.returncode == 0, done.stderr
        every_key = re.sub(r"(?m)^# (\[|\w+ = )", r"\1", path.read_text())
        path.write_text(every_key)
        assert exodyn("run", path, "--dry-run").returncode == 0


def test_products_are_listed_with_size_and_content() -> None:
    (one,) = json.loads(exodyn("list", "products", "--json").stdout)["products"]
    shown = exodyn("list", "products").stdout
    for name in ("diameter_nm", "diameter_sd_nm", "particles_per_ug", "mirna_per_particle"):
        assert one[name] > 0
        assert words.plain(one[name]) in shown
    assert f"({one['status']})" in shown


@pytest.mark.parametrize("precision", ["double", "single"])
def test_a_run_that_is_off_warns_on_stderr(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], precision: str
) -> None:
    """Bounds of nothing, so that rounding itself is above them."""
    file = tmp_path / "s.toml"
    file.write_text(STUDY + f'\n[numerics]\nprecision = "{precision}"\n')
    command = ["run", str(file), "--patients", "3", "--threads", "1", "--keep", "summary", "--json", "-o"]
    assert cli.main([*command, str(tmp_path / "good")]) == 0
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(accuracy, "BALANCE", {"double": 0.0, "single": 0.0})
    monkeypatch.setattr(accuracy, "SINGLE_IN_RTOL", 0.0)
    assert cli.main([*command, str(tmp_path / "bad")]) == 0
    seen = capsys.readouterr()
    json.loads(seen.out)
    lines = seen.err.splitlines()
    assert len(lines) == {"double": 1, "single": 2}[precision]
    assert all(line.startswith("exodyn: warning: ") for line in lines)
    assert f"{precision} precision should keep" in lines[0]
    assert "single precision is off double by" in lines[-1] or precision == "double"


def test_lists_and_cache_and_schema(tmp_path: Path) -> None:
    for what in ("indications", "routes", "scales", "species", "products", "cargo"):
        assert json.loads(exodyn("list", what, "--json").stdout)[what]
        assert exodyn("list", what).stdout
    assert json.loads(exodyn("schema").stdout)["properties"]["arms"]
    environment = {**os.environ, "EXODYN_CACHE": str(tmp_path)}
    (tmp_path / "x.code").write_bytes(b"abc")
    command = [sys.executable, "-m", "exodyn", "cache", "--json"]
    shown = json.loads(subprocess.run(command, env=environment, capture_output=True, check=True).stdout)
    assert (shown["entries"], shown["bytes"]) == (1, 3)
    done = subprocess.run([*command, "--clear"], env=environment, capture_output=True, check=True)
    cleared = json.loads(done.stdout)
    assert (cleared["entries"], cleared["removed"]) == (0, 1)


def test_a_study_can_be_exported(study: Path, tmp_path: Path) -> None:
    from exodyn.symbolic.sbml import read_sbml

    assert exodyn("export", study, "--to", "sbml", "-o", tmp_path / "m.xml").returncode == 0
    assert read_sbml(str(tmp_path / "m.xml")).model.events
    assert exodyn("export", study, "--to", "markdown", "-o", tmp_path / "m.md").returncode == 0
    assert "$$" in (tmp_path / "m.md").read_text(encoding="utf-8")
    assert exodyn("export", study, "--to", "latex", "-o", tmp_path / "m.tex").returncode == 0
    assert (tmp_path / "m.tex").read_text().startswith(r"\documentclass")
    wrong = exodyn("export", study, "--to", "sbml", "-o", tmp_path / "n.xml", "--arm", "exosome")
    assert wrong.returncode == 2
    assert "did you mean 'exosomes'" in wrong.stderr


def test_a_reader_who_leaves_gets_no_traceback() -> None:
    command = f"{sys.executable} -m exodyn schema | true"
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert done.stderr == ""


def test_help_and_version_load_nothing_large() -> None:
    code = (
        "import sys\nfrom exodyn.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "large = {'numpy', 'llvmlite', 'pint', 'matplotlib', 'rich'} & set(sys.modules)\n"
        "assert not large, large"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert exodyn("--version").stdout.startswith("exodyn ")
