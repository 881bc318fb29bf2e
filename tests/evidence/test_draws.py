"""Files of draws: what was saved is read back, anything else is refused."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from exodyn.errors import InputError
from exodyn.evidence import Draws, stamp

DRAWS = Draws("stroke", "mouse", {"k": np.array([1.0, 2.5])}, {"k": "1/d"}, stamp("exodyn fit", 4, "0.1"))


def test_draws_are_read_as_they_were_saved(tmp_path: Path) -> None:
    DRAWS.save(tmp_path / "d.parquet")
    found = Draws.load(tmp_path / "d.parquet")
    assert found.one(3) == {"k": 2.5}
    assert (found.sha256, found.units, found.manifest) == (DRAWS.sha256, DRAWS.units, DRAWS.manifest)
    assert DRAWS.to_bytes() == found.to_bytes()


def test_older_data_are_told_of_with_the_command_that_makes_new_draws() -> None:
    old = dataclasses.replace(DRAWS, manifest={**DRAWS.manifest, "data_sha256": "abc"})
    assert "make them again by exodyn fit" in old.stale()
    assert DRAWS.stale() == ""


def test_other_files_and_broken_draws_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.parquet").write_text("nothing")
    with pytest.raises(InputError, match="no posterior draws"):
        Draws.load(tmp_path / "text.parquet")
    with pytest.raises(InputError, match="not a finite number"):
        Draws("a", "b", {"k": np.array([np.nan])}, {"k": "1"}, {})
    with pytest.raises(InputError, match="all as long"):
        Draws("a", "b", {"k": np.ones(2), "l": np.ones(3)}, {"k": "1", "l": "1"}, {})
