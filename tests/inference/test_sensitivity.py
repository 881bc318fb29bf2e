"""Sobol's indices against a function whose indices are known, and against SALib on the same function."""

import numpy as np
import pytest
from scipy.stats import uniform

from exodyn.evidence import parameters
from exodyn.inference import sensitivity as module
from exodyn.inference.sensitivity import Range, indices, questions, ranges, sensitivity
from exodyn.study import Study

A, B = 7.0, 0.1
STUDY = """
indication = "stroke"
species = "mouse"
patients = 1
visits = ["1 d", "28 d"]
[[arms]]
name = "none"
[[arms]]
name = "ev"
product = "adipose_msc_exosomes"
route = "intravenous"
dose = "3e10 particles"
start = "24 h"
"""


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Intervals are not what is tested here, and cost more than all else."""
    monkeypatch.setattr(module, "RESAMPLES", 10)


def ishigami(x: np.ndarray) -> np.ndarray:
    return np.sin(x[0]) + A * np.sin(x[1]) ** 2 + B * x[2] ** 4 * np.sin(x[0])


def known() -> tuple[np.ndarray, np.ndarray]:
    """Ishigami and Homma 1990: first-order and total indices in closed form."""
    pi = np.pi
    parts = np.array([0.5 * (1 + B * pi**4 / 5) ** 2, A**2 / 8, 0.0])
    crossed = B**2 * pi**8 * (1 / 18 - 1 / 50)
    variance = parts.sum() + crossed
    total = parts + np.array([crossed, 0, crossed])
    return parts / variance, total / variance


def by_name(found, field: str) -> np.ndarray:
    column = dict(zip(found.names, getattr(found, field), strict=True))
    return np.array([column[name] for name in ("a", "b", "c")])


def test_ishigami_in_closed_form() -> None:
    spread = uniform(-np.pi, 2 * np.pi)
    found = indices(ishigami, dict.fromkeys("abc", spread), samples=32768)
    first, total = known()
    assert by_name(found, "first") == pytest.approx(first, abs=0.01)
    assert by_name(found, "total") == pytest.approx(total, abs=0.01)
    assert found.names[0] == "a"


@pytest.mark.peer
def test_ishigami_beside_salib() -> None:
    """Both estimate from 8192 base points; their differences are smaller than the bootstrap intervals."""
    sobol = pytest.importorskip("SALib.analyze.sobol")
    from SALib.sample import sobol as sampler

    problem = {"num_vars": 3, "names": ["a", "b", "c"], "bounds": [[-np.pi, np.pi]] * 3}
    x = sampler.sample(problem, 8192, calc_second_order=False, seed=1)
    theirs = sobol.analyze(problem, ishigami(x.T), calc_second_order=False, seed=1)
    ours = indices(ishigami, dict.fromkeys("abc", uniform(-np.pi, 2 * np.pi)), samples=8192)
    assert by_name(ours, "first") == pytest.approx(theirs["S1"], abs=0.02)
    assert by_name(ours, "total") == pytest.approx(theirs["ST"], abs=0.02)


def test_a_range_is_the_middle_90_percent() -> None:
    one = parameters("mouse", "stroke")["contact_half"]
    assert Range(one).ppf(np.array([0.05, 0.95])) == pytest.approx([one.low, one.high])
    wide = Range(parameters("mouse", "stroke")["brake"])  # 0 to 5
    assert wide.ppf(np.array([0.0, 0.5, 1.0])) == pytest.approx([0.0, 2.5, 5.0])


def test_a_study_names_what_decides_it() -> None:
    study = Study.parse(STUDY)
    untreated, effect = questions(study)
    assert (untreated.control, effect.control) == (None, 0)
    found = sensitivity(study, effect, samples=32)
    assert set(found.names) == set(ranges(study))
    assert "severity" not in found.names  # drawn for each animal
    assert {"wiring_max", "potency", "contact_half"} & set(found.names[:4])
    assert found.spread > 0
    assert all(row["total"] is not None for row in found.rows())
