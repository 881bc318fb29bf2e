"""What all tests share: how properties are searched, and where other people's models lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# "ci" draws the same examples on every machine; HYPOTHESIS_PROFILE=explore looks for new ones.
_common = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("ci", derandomize=True, database=None, print_blob=True, **_common)
settings.register_profile("explore", max_examples=2000, **_common)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_cases() -> Path:
    """The folder of third-party model suites (sbml/, petab/, biomodels/); skips where there is none.

    They are data of others and not part of this repository.
    """
    folder = Path(os.environ.get("EXODYN_CASES", REPOSITORY.parent / "shared" / "cases"))
    if not folder.is_dir():
        pytest.skip(f"no model suites at {folder}: set EXODYN_CASES to their folder")
    return folder


@pytest.fixture(scope="session")
def shared_datasets() -> Path:
    """The folder of open data sets that are not part of this repository; skips where there is none."""
    folder = Path(os.environ.get("EXODYN_DATASETS", REPOSITORY.parent / "shared" / "datasets"))
    if not folder.is_dir():
        pytest.skip(f"no data sets at {folder}: set EXODYN_DATASETS to their folder")
    return folder
