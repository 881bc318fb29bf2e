"""Release from a gel: the series of a slab, Higuchi's square root, erosion alone, and the sealed gel."""

import numpy as np
import pytest

from alone import run
from exodyn.delivery import Blood, Body, Gel
from exodyn.engine import Dose, Schedule
from exodyn.symbolic import Part

HALF = 0.05


def held(times: np.ndarray, **given: float) -> np.ndarray:
    """Share of the dose that is still in gel, packed or in a pool."""
    parts = {"gel": Part(Gel, "gel_", {"depot": "blood"}), "sink": Blood, "body": Body}
    fixed = {"gel_half_thickness": HALF, "gel_k_mix": 1e6, "k_blood": 0.0}
    doses = Schedule([Dose(state="gel_packed", amount=1.0, time=0.0)])
    found = run(parts, times, doses=doses, **{**fixed, **given})
    assert found["gel_waiting"] + found["blood"] == pytest.approx(np.ones(len(times)), rel=1e-8)
    return found["gel_waiting"]


def test_diffusion_is_the_series_of_a_slab() -> None:
    times = np.array([0.05, 0.2, 0.5, 1.0, 2.0])
    D = 1e-3
    n = np.arange(1, 2001, 2)[:, None]
    series = (8 / (n * np.pi) ** 2 * np.exp(-((n * np.pi) ** 2) * D * times / (4 * HALF**2))).sum(axis=0)
    assert held(times, gel_diffusion=D, gel_k_erode=0.0) == pytest.approx(series, abs=2e-3)


def test_early_release_is_higuchis_square_root() -> None:
    D = 1e-4
    times = np.array([0.5, 1.0, 2.0])
    released = 1 - held(times, gel_diffusion=D, gel_k_erode=0.0)
    assert released == pytest.approx(2 * np.sqrt(D * times / np.pi) / HALF, rel=0.03)


def test_erosion_alone_is_exponential() -> None:
    times = np.array([0.5, 3.0, 9.0])
    assert held(times, gel_diffusion=0.0, gel_k_erode=0.3) == pytest.approx(np.exp(-0.3 * times), rel=1e-5)


def test_a_sealed_gel_keeps_all() -> None:
    assert held(np.array([60.0]), gel_diffusion=0.0, gel_k_erode=0.0) == pytest.approx([1.0], rel=1e-12)
