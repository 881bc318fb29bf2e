"""A run directory appears under its name only when whole.

Until then the run lives in ``DIR.partial``: each finished chunk is there for good (written aside, flushed
to disk, renamed; its marker last), so that neither Ctrl-C nor ``kill -9`` loses one. The same command goes
on from them; a command with other inputs is refused. A DIR that exists is never touched.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from exodyn.errors import InputError, MachineError

CHUNKS = "chunks"  # what only an unfinished run needs: markers, counts, the identity of the run
TEMPORARY = ".tmp"


class PartialDirectory:
    """``DIR.partial``, locked by this process while it is open.

    target: the directory that is to appear. identity: all that decides the result (inputs, seed,
    versions), as JSON values; a partial run with another identity is not gone on with.
    Raises InputError when the target exists or belongs to another run.
    """

    def __init__(self, target: Path, identity: Mapping[str, Any]) -> None:
        self.target = Path(os.path.abspath(target))
        self.path = self.target.with_name(self.target.name + ".partial")
        self.identity = json.loads(json.dumps(identity))
        self._lock = -1
        check_free(self.target)

    def __enter__(self) -> Self:
        try:
            self.path.mkdir(exist_ok=True)
            self._lock = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise _machine(self.path, error) from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise InputError(f"{self.path}: another process is writing this run; choose another -o") from None
        try:
            self._adopt()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and self.path.exists() and not self.finished():
            shutil.rmtree(self.path, ignore_errors=True)
        self._close()

    def finished(self) -> list[int]:
        """First patients of the chunks that are whole, rising."""
        return sorted(int(path.stem) for path in (self.path / CHUNKS).glob("[0-9]*.json"))

    def write(self, name: str, data: bytes) -> None:
        """Write one file so that it is there whole or not at all. Raises MachineError (disk full...)."""
        path = self.path / name
        aside = path.with_name(path.name + TEMPORARY)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with aside.open("wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                aside.replace(path)
            except OSError:
                aside.unlink(missing_ok=True)
                raise
            _sync(path.parent)
        except OSError as error:
            raise _machine(path, error) from None

    def complete(self) -> None:
        """Give the finished run its name, then drop what only an unfinished one needs."""
        try:
            _sync(self.path)
            check_free(self.target)
            self.path.rename(self.target)
            _sync(self.target.parent)
        except OSError as error:
            raise _machine(self.target, error) from None
        shutil.rmtree(self.target / CHUNKS, ignore_errors=True)

    def _adopt(self) -> None:
        """Go on with what is there if it is the same run."""
        note = f"{CHUNKS}/identity.json"
        found = self.path / note
        if found.exists():
            theirs = json.loads(found.read_text(encoding="utf-8"))
            if theirs != self.identity:
                what = ", ".join(differences(theirs, self.identity))
                raise InputError(
                    f"{self.path}: holds an unfinished run with other inputs ({what}); "
                    "repeat that command to finish it, remove the directory, or choose another -o"
                )
        elif any(path.name != CHUNKS for path in self.path.iterdir()):
            raise InputError(f"{self.path}: exists and is no unfinished run; choose another -o")
        for leftover in self.path.rglob("*" + TEMPORARY):
            leftover.unlink()
        if not found.exists():
            self.write(note, json.dumps(self.identity, indent=1).encode())

    def _close(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def check_free(target: Path) -> None:
    """Refuse a target that exists or cannot exist. Raises InputError."""
    if os.path.lexists(target):
        raise InputError(f"{target}: exists and is not overwritten; choose another -o or remove it")
    if not target.parent.is_dir():
        raise InputError(f"{target.parent}: no such directory to put the run into")


def differences(old: Mapping[str, Any], new: Mapping[str, Any], prefix: str = "") -> list[str]:
    """What differs between two nested tables of JSON values, as ``seed: 1 -> 2``."""
    found: list[str] = []
    for key in sorted({*old, *new}):
        a, b, name = old.get(key), new.get(key), f"{prefix}{key}"
        if isinstance(a, Mapping) and isinstance(b, Mapping):
            found += differences(a, b, name + ".")
        elif a != b:
            found.append(f"{name}: {_brief(a)} -> {_brief(b)}")
    return found


def _brief(value: object) -> str:
    if value is None:
        return "absent"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _machine(path: Path, error: OSError) -> MachineError:
    reason = (error.strerror or str(error)).lower()
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        reason += "; free some space and repeat the command, finished chunks are kept"
    return MachineError(f"{path}: {reason}")
