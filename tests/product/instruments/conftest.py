"""Where the samples lie."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
HERE = REPOSITORY / "tests" / "data" / "instruments"


@pytest.fixture(scope="session")
def sample() -> Callable[[str], Path]:
    """A sample by folder and start of its name; skips where its licence keeps it out of the repository."""
    other = Path(os.environ.get("EXODYN_INSTRUMENTS", REPOSITORY.parent / "shared" / "instruments"))

    def find(name: str) -> Path:
        for folder in (HERE, other):
            found = sorted(folder.glob(f"{name}*"))
            if found:
                return found[0]
        pytest.skip(f"no sample {name}: set EXODYN_INSTRUMENTS to the folder of samples")

    return find
