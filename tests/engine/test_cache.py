"""Compiled code on disk: found by content, safe against damage, several writers, full and locked folders."""

from __future__ import annotations

import multiprocessing
import os
import stat
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from toy import flat_model, named

from exodyn.engine import Engine, cache, native
from exodyn.symbolic import Model


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "deep" / "compiled"
    monkeypatch.setenv("EXODYN_CACHE", str(place))
    return place


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were compiled, in order."""
    from exodyn.engine import machine_code

    texts: list[str] = []

    def counted(text: str, *arguments: object, **options: object) -> bytes:
        texts.append(text)
        return native.compile_object(text, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(machine_code, "compile_object", counted)
    return texts


def decay(rate: float = 1.0) -> Model:
    x, k = named("x k")
    return flat_model({x: -rate * k * x}, {x: 1.0}, {k: 1.0})


def works(engine: Engine, rate: float = 1.0) -> bool:
    return bool(np.allclose(engine.run(times=[1.0], rtol=1e-6).values, np.exp(-rate), rtol=1e-5))


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def test_one_model_is_compiled_once(folder: Path, compilations: list[str]) -> None:
    assert works(Engine(decay()))
    assert works(Engine(decay()))
    assert len(compilations) == 1
    assert [p.suffix for p in files(folder)] == [".code"]


def test_every_difference_makes_a_key_of_its_own(folder: Path, compilations: list[str]) -> None:
    Engine(decay())
    Engine(decay(2.0))
    Engine(decay(), outputs=[])
    Engine(decay(), inputs=["x"])
    Engine(decay(), precision="single")
    Engine(decay(), optimise=False)
    assert len(compilations) == len(files(folder)) == 6


def test_parameters_are_no_part_of_the_code(folder: Path, compilations: list[str]) -> None:
    x, k = named("x k")
    for value in (1.0, 2.0):
        Engine(flat_model({x: -k * x}, {x: 1.0}, {k: value}))
    assert len(compilations) == 1


@pytest.mark.parametrize("damage", ["empty", "short", "one bit", "digest only", "other bytes", "longer"])
def test_a_damaged_file_is_compiled_anew(folder: Path, compilations: list[str], damage: str) -> None:
    Engine(decay())
    (path,) = files(folder)
    whole = path.read_bytes()
    middle = len(whole) // 2
    path.write_bytes(
        {
            "empty": b"",
            "short": whole[:middle],
            "one bit": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
            "digest only": whole[:32],
            "other bytes": os.urandom(len(whole)),
            "longer": whole + b"\0",
        }[damage]
    )
    assert works(Engine(decay()))
    assert len(compilations) == 2
    assert files(folder) == [path]
    assert path.read_bytes()[:32] == whole[:32]


def test_off_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compilations: list[str]) -> None:
    monkeypatch.setenv("EXODYN_CACHE", "off")
    monkeypatch.chdir(tmp_path)
    assert works(Engine(decay()))
    assert works(Engine(decay()))
    assert len(compilations) == 2
    assert files(tmp_path) == []
    assert cache.summary().folder is None
    assert cache.clear() == 0


def test_a_folder_that_cannot_be_written_is_no_error(
    folder: Path, compilations: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.mkdir(parents=True)
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        assert works(Engine(decay()))
        assert works(Engine(decay()))
    finally:
        folder.chmod(stat.S_IRWXU)
    if os.geteuid() != 0:  # root writes wherever it likes
        assert len(compilations) == 2


def test_a_file_in_the_place_of_the_folder_is_no_error(folder: Path, compilations: list[str]) -> None:
    folder.parent.mkdir(parents=True)
    folder.write_text("not a folder")
    assert works(Engine(decay()))
    assert folder.read_text() == "not a folder"
    assert cache.summary().entries == 0


def test_a_full_disk_is_no_error_and_leaves_nothing(
    folder: Path, compilations: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        assert works(Engine(decay()))
    assert files(folder) == []
    assert works(Engine(decay()))
    assert len(files(folder)) == 1


def compile_many(folder: str, rates: list[float]) -> bool:
    os.environ["EXODYN_CACHE"] = folder
    return all(works(Engine(decay(rate), optimise=False), rate) for rate in rates)


def test_several_writers_at_once(folder: Path) -> None:
    """Four processes compile the same models in different orders; a fifth reads what they left."""
    rates = [1.0, 1.25, 1.5, 1.75]
    orders = [rates[k:] + rates[:k] for k in range(4)]
    # Unlike multiprocessing.Pool it fails when a process dies, and does not wait for ever.
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert all(pool.map(compile_many, [str(folder)] * 4, orders))
    assert len(files(folder)) == 4
    for path in files(folder):
        assert cache.load(path.stem) is not None


def test_summary_and_clear(folder: Path) -> None:
    assert cache.summary().entries == 0
    Engine(decay())
    Engine(decay(2.0))
    found = cache.summary()
    assert (found.folder, found.entries) == (folder, 2)
    assert found.bytes == sum(p.stat().st_size for p in files(folder))
    (folder / "note.txt").write_text("not ours")
    assert cache.clear() == 2
    assert [p.name for p in files(folder)] == ["note.txt"]
