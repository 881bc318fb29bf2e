"""Compiled code on disk, found by its content: safe with several writers, damaged files and full disks."""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import platformdirs

DIGEST = 32
VARIABLE = "EXODYN_CACHE"
"""Environment variable that puts the cache elsewhere; `off` keeps nothing."""


def folder() -> Path | None:
    """Where compiled code is kept, None if it is not to be kept."""
    place = os.environ.get(VARIABLE)
    if place == "off":
        return None
    return Path(place) if place else Path(platformdirs.user_cache_dir("exodyn")) / "compiled"


def load(key: str) -> bytes | None:
    """What was stored under the key; None if nothing was or the file is damaged (it is then removed)."""
    path = _path(key)
    if path is None:
        return None
    try:
        content = path.read_bytes()
    except OSError:
        return None
    digest, image = content[:DIGEST], content[DIGEST:]
    if image and hashlib.sha256(image).digest() == digest:
        return image
    with suppress(OSError):
        path.unlink()
    return None


def store(key: str, image: bytes) -> None:
    """Keep the image. A cache that cannot be written is no error: the next run compiles again."""
    path = _path(key)
    if path is None:
        return
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(image).digest() + image)
            # Renaming is atomic: a reader sees the old file, the new one or none, never a part.
            os.replace(temporary, path)
        except OSError:
            os.unlink(temporary)
            raise


def _path(key: str) -> Path | None:
    place = folder()
    return place / f"{key}.code" if place else None


@dataclass(frozen=True)
class Summary:
    """What the cache holds."""

    folder: Path | None
    entries: int
    bytes: int


def summary() -> Summary:
    sizes = [_size(p) for p in _files()]
    return Summary(folder(), len(sizes), sum(sizes))


def clear() -> int:
    """Remove all compiled code; returns how many files went."""
    removed = 0
    for path in _files():
        with suppress(OSError):
            path.unlink()
            removed += 1
    return removed


def _files() -> list[Path]:
    place = folder()
    if place is None or not place.is_dir():
        return []
    return [*place.glob("*.code"), *place.glob(".new-*")]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
