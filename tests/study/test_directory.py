"""DIR appears when whole; what was finished is never lost; nothing that exists is touched."""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from exodyn.errors import InputError, MachineError
from exodyn.study.directory import PartialDirectory

IDENTITY = {"seed": 1, "study": {"patients": 10}}


def leave(target: Path, why: BaseException, *files: str) -> PartialDirectory:
    """A run that wrote some files and then ended by an exception."""
    partial = PartialDirectory(target, IDENTITY)
    with suppress(type(why)), partial:
        for name in files:
            partial.write(name, b"{}")
        raise why
    return partial


def test_a_run_appears_when_complete(tmp_path: Path) -> None:
    target = tmp_path / "run"
    with PartialDirectory(target, IDENTITY) as partial:
        partial.write("summary.csv", b"x")
        partial.write("chunks/0.json", b"{}")
        assert not target.exists()
        partial.complete()
    assert [path.name for path in target.iterdir()] == ["summary.csv"]
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    with pytest.raises(InputError, match="not overwritten"):
        PartialDirectory(target, IDENTITY)


def test_finished_chunks_survive_and_leftovers_do_not(tmp_path: Path) -> None:
    partial = leave(tmp_path / "run", KeyboardInterrupt(), "chunks/2048.json", "chunks/0.json")
    (partial.path / "readouts.parquet.tmp").write_bytes(b"half")
    with PartialDirectory(tmp_path / "run", IDENTITY) as partial:
        assert partial.finished() == [0, 2048]
        assert not list(partial.path.rglob("*.tmp"))


def test_nothing_is_left_when_nothing_was_finished(tmp_path: Path) -> None:
    leave(tmp_path / "run", ZeroDivisionError(), "patients/0.parquet")
    assert list(tmp_path.iterdir()) == []


def test_another_run_is_refused_and_named(tmp_path: Path) -> None:
    leave(tmp_path / "run", KeyboardInterrupt(), "chunks/0.json")
    with pytest.raises(InputError, match=r"study\.patients: 10 -> 20"):
        PartialDirectory(tmp_path / "run", {**IDENTITY, "study": {"patients": 20}}).__enter__()
    assert PartialDirectory(tmp_path / "run", IDENTITY).path.is_dir()


def test_somebody_elses_directory_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "run.partial").mkdir()
    (tmp_path / "run.partial" / "mine").write_text("")
    with pytest.raises(InputError, match="no unfinished run"):
        PartialDirectory(tmp_path / "run", IDENTITY).__enter__()
    assert (tmp_path / "run.partial" / "mine").exists()


def test_two_writers_do_not_meet(tmp_path: Path) -> None:
    with PartialDirectory(tmp_path / "run", IDENTITY) as partial:
        with pytest.raises(InputError, match="another process"):
            PartialDirectory(tmp_path / "run", IDENTITY).__enter__()
        partial.write("chunks/0.json", b"{}")
    assert partial.finished() == [0]


def test_a_missing_parent_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such directory"):
        PartialDirectory(tmp_path / "a" / "run", IDENTITY)


def test_a_full_disk_leaves_no_half_file(tmp_path: Path) -> None:
    """A limit on the file size fails like a full disk does; it is set in a process of its own."""
    code = """
import resource, sys
from pathlib import Path
from exodyn.errors import MachineError
from exodyn.study.directory import PartialDirectory
target = Path(sys.argv[1])
try:
    with PartialDirectory(target, {"seed": 1}) as partial:
        if sys.argv[2] == "1":
            partial.write("chunks/0.json", b"{}")
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        partial.write("readouts/0.parquet", b"x" * 100_000)
except MachineError as error:
    print(error)
"""
    for finished in ("0", "1"):
        target = tmp_path / finished
        run = subprocess.run(
            [sys.executable, "-c", code, str(target), finished], capture_output=True, text=True, check=True
        )
        assert "free some space" in run.stdout
        left = [
            path.name for path in tmp_path.rglob("*") if path.is_file() and f"{finished}.partial" in str(path)
        ]
        assert sorted(left) == ([] if finished == "0" else ["0.json", "identity.json"])


def test_no_permission_is_the_machines_fault(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    tmp_path.chmod(0o500)
    with pytest.raises(MachineError, match="permission denied"):
        PartialDirectory(tmp_path / "run", IDENTITY).__enter__()
