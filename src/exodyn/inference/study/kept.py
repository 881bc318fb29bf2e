"""What an interrupted fit keeps of its finished stages, and draws as a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from exodyn import __version__
from exodyn.evidence import data_hash
from exodyn.inference.optimise import Optimum
from exodyn.inference.parameters import Free
from exodyn.inference.profile import Profile
from exodyn.inference.sample import InferenceData, library
from exodyn.study.directory import CHUNKS, PartialDirectory


def keep(partial: PartialDirectory, stage: int, content: Any) -> None:
    """Put aside what a stage found, as JSON values."""
    partial.write(f"{CHUNKS}/{stage:09d}.json", json.dumps(content).encode())


def kept(partial: PartialDirectory, stage: int) -> Any:
    """What a finished stage found."""
    return json.loads((partial.path / CHUNKS / f"{stage:09d}.json").read_text(encoding="utf-8"))


def optimum_as_json(one: Optimum) -> dict[str, Any]:
    return {
        name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in vars(one).items()
    }


def optimum_of_json(one: Mapping[str, Any]) -> Optimum:
    arrays = {name: np.array(one[name]) for name in ("start", "x", "gradient")}
    return Optimum(**{**one, **arrays})


def profile_as_json(one: Profile) -> dict[str, Any]:
    return {
        name: value.tolist() if isinstance(value, np.ndarray) else value
        for name, value in vars(one).items()
        if name != "free"
    }


def profile_of_json(free: Free, one: Mapping[str, Any]) -> Profile:
    arrays = {name: np.array(one[name]) for name in ("x", "drop", "others")}
    return Profile(free, **{**one, **arrays})


def netcdf(draws: InferenceData) -> bytes:
    """Draws as the bytes of a netCDF file that ArviZ reads, with the release of the data but no time."""
    import tempfile

    for group in draws.groups():
        draws[group].attrs = {"exodyn": __version__, "data_sha256": data_hash()}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "posterior.nc"
        draws.to_netcdf(str(path))
        return path.read_bytes()


def read_draws(path: Path) -> InferenceData:
    """All draws that a fit kept, as arviz.InferenceData."""
    arviz = library()
    with arviz.rc_context({"data.load": "eager"}):
        return arviz.from_netcdf(str(path))
