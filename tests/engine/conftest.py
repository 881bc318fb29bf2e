"""What the engine's tests share: compiled models are kept for the session only."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def compiled_code_of_this_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cache of compiled models that starts empty, shared by the workers of one test run."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "compiled"
    before = os.environ.get("EXODYN_CACHE")
    os.environ["EXODYN_CACHE"] = str(folder)
    yield
    if before is None:
        del os.environ["EXODYN_CACHE"]
    else:
        os.environ["EXODYN_CACHE"] = before
