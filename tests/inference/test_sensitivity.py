"""Sobol's indices against a function whose indices are known, and against SALib on the same function."""

import numpy as np
import pytest
from scipy.stats import uniform

from exodyn.evidence import parameters
from exodyn.indications import get_indication
from exodyn.inference import sobol
from exodyn.inference.sensitivity import Drawn, Range, inputs, questions, sensitivity
from exodyn.inference.sobol import indices
from exodyn.study import Study
from exodyn.study.starter import starter

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
    monkeypatch.setattr(sobol, "RESAMPLES", 10)


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


def test_an_answer_that_a_few_samples_carry_is_not_told() -> None:
    def skewed(x: np.ndarray) -> np.ndarray:
        return np.exp(12 * (x[0] + x[1]))

    spread = dict.fromkeys("ab", uniform(-1, 2))
    assert not indices(skewed, spread, samples=16).told
    assert indices(ishigami, dict.fromkeys("abc", uniform(-np.pi, 2 * np.pi)), samples=1024).told


@pytest.mark.peer
def test_ishigami_beside_salib() -> None:
    """Both estimate from 8192 base points; their differences are smaller than the bootstrap intervals."""
    salib = pytest.importorskip("SALib.analyze.sobol")
    from SALib.sample import sobol as sampler

    problem = {"num_vars": 3, "names": ["a", "b", "c"], "bounds": [[-np.pi, np.pi]] * 3}
    x = sampler.sample(problem, 8192, calc_second_order=False, seed=1)
    theirs = salib.analyze(problem, ishigami(x.T), calc_second_order=False, seed=1)
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
    assert set(found.names) == set(inputs(study))
    assert "severity" not in found.names  # drawn for each animal
    assert {"wiring_max", "efficacy", "contact_half"} & set(found.names[:4])
    assert found.spread > 0
    assert all(row["total"] is not None for row in found.rows())


CORD = """
[population.ais]
kind = "constant"
center = 3
reason = "AIS C"
[population.paraplegia]
kind = "constant"
center = 0
reason = "tetraplegia"
[parameters.pace_c]
value = 90
unit = "d"
status = "assumed"
reason = "as the study has it"
"""


def test_cord_injury_asks_of_arms_and_legs_and_varies_what_makes_the_patient() -> None:
    study = Study.parse(starter(get_indication("spinal_cord_injury"), "human") + CORD)
    asked = questions(study)
    assert [one.readout for one in asked] == ["arms", "arms", "legs", "legs"]
    varied = inputs(study)
    assert isinstance(varied["recovery_c_legs"], Drawn)
    assert not {"pace_c", "recovery_a_legs", "start_c_paraplegia", "population.carry_over.center"} & set(
        varied
    )
    found = sensitivity(study, asked[2], samples=16)
    assert found.names[0] == "recovery_c_legs"
    assert found.total[0] > 0.5
    # the rim decides nothing of man: the deficit at onset is solved for what was seen
    assert found.total[found.names.index("rim_start")] < 0.05


def test_where_a_population_lies_is_varied_within_its_bounds() -> None:
    """No draws were made of cord injury in rats: their usual reserve has the range of its record."""
    study = Study.parse(starter(get_indication("spinal_cord_injury"), "rat"))
    varied = inputs(study)
    assert varied["population.reserve.center"].ppf(np.array([0.05, 0.95])) == pytest.approx([0.25, 0.6])
    rim = varied["population.rim_start.center"].ppf(np.array([0.0, 1.0]))
    assert 0.02 < rim[0] < rim[1] < 0.8
