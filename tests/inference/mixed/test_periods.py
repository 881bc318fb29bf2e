"""Occasions and covariates that change within a subject, against closed forms and integrals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from problems import model, table
from scipy import stats

from exodyn.errors import InputError
from exodyn.inference.mixed import MixedLikelihood, read_event_table
from exodyn.inference.mixed.fit import fit
from exodyn.inference.mixed.lanes import Lanes

CHANGING = """
[model]
pk = "one_compartment"
[data]
covariates = ["CR"]
[parameters]
cl = {start = 2, typical = "cl * CR / 100", between = "lognormal", sd = 0.3}
v = {start = 10}
[residual.concentration]
additive = 0.5
"""


def test_a_covariate_that_changes(tmp_path: Path) -> None:
    """Clearance 2 until hour 5, then 1: NONMEM's rule, a row's value holds since the row before it."""
    file = model(tmp_path, CHANGING)
    (tmp_path / "data.csv").write_text(
        "ID,TIME,AMT,DV,CR\n1,0,100,,100\n1,5,,1,100\n1,9,,1,50\n1,12,,1,50\n2,0,100,,50\n2,9,,1,50\n"
    )
    data = file.data(tmp_path / "data.csv")
    likelihood = file.likelihood(data)
    theta = np.array([{"cl": 2.0, "v": 10.0, "sd(cl)": 0.3, "additive": 0.5}[n] for n in likelihood.names])
    f = likelihood.lanes.predict(likelihood.individuals(theta, np.zeros((1, 2, 1))).phi)[0]
    first = 10 * np.exp(-0.2 * 5)
    expected = [first, first * np.exp(-0.1 * 4), first * np.exp(-0.1 * 7), 10 * np.exp(-0.1 * 9)]
    assert f == pytest.approx(expected, rel=1e-6)


OCCASIONS = """
[model]
processes = ["level.py:Level"]
[parameters]
level = {start = 5, between = "normal", sd = 2, occasion_sd = 1}
[residual.score]
additive = 0.5
[fit]
method = "focei"
"""
LEVEL = '''
from exodyn.symbolic import Parameter, Process, Quantity


class Level(Process):
    """A level that does not change by itself."""

    level = Parameter("1", "level")
    score = Quantity("1", "score")

    score.value = level * 1
'''


def occasions(folder: Path) -> list[dict[str, object]]:
    random = np.random.default_rng(3)
    rows: list[dict[str, object]] = []
    for subject in range(30):
        level = 5 + 2 * random.standard_normal()
        for occasion in range(3):
            here = level + random.standard_normal()
            for k in range(4):
                value = here + 0.5 * random.standard_normal()
                rows.append({"ID": subject, "TIME": 10 * occasion + k, "DV": value, "OCC": occasion + 1})
    return rows


def test_occasions_of_a_linear_model_are_exact(tmp_path: Path) -> None:
    (tmp_path / "level.py").write_text(LEVEL)
    file = model(tmp_path, OCCASIONS)
    data = table(tmp_path, file, list(occasions(tmp_path)))
    likelihood = file.likelihood(data)
    theta = np.array([one.start or 0.0 for one in file.model.free])
    value, gradient = likelihood(theta)
    seen = data.observations
    total = 0.0
    for subject in range(30):
        mine = seen.subject == subject
        same = seen.occasion[mine][:, None] == seen.occasion[mine][None, :]
        covariance = 4.0 + 1.0 * same + 0.25 * np.eye(mine.sum())
        total += stats.multivariate_normal.logpdf(seen.value[mine], np.full(mine.sum(), 5.0), covariance)
    assert value == pytest.approx(total, abs=1e-7)
    for k in range(len(theta)):
        up, down = theta.copy(), theta.copy()
        up[k] += 1e-4
        down[k] -= 1e-4
        slope = (likelihood.by_subject(up).sum() - likelihood.by_subject(down).sum()) / 2e-4
        assert gradient[k] == pytest.approx(slope, rel=1e-4, abs=1e-4)
    found = {one.name: one for one in fit(likelihood).estimates}
    for name, truth in {"level": 5, "sd(level)": 2, "sd(level, occasion)": 1, "additive": 0.5}.items():
        one = found[name]
        assert one.se is not None
        assert abs(one.value - truth) < 3 * one.se


def test_a_dose_reads_the_parameters_of_its_own_row(tmp_path: Path) -> None:
    text = CHANGING.replace("v = {", 'lag = {start = 1, typical = "lag * CR / 100"}\nv = {').replace(
        "[residual", '[doses.central]\nlag = "lag"\n[residual', 1
    )
    file = model(tmp_path, text)
    (tmp_path / "data.csv").write_text("ID,TIME,AMT,DV,CR\n1,0,,0,100\n1,4,100,,200\n1,9,,1,200\n")
    data = read_event_table(tmp_path / "data.csv", ("CR",))
    likelihood = MixedLikelihood(file.model, data)
    theta = np.array([one.start or 0.0 for one in file.model.free])
    f = likelihood.lanes.predict(likelihood.individuals(theta, np.zeros((1, 1, 1))).phi)[0]
    assert f[1] == pytest.approx(10 * np.exp(-0.4 * 3), rel=1e-6)


def test_too_many_changes_are_refused(tmp_path: Path) -> None:
    file = model(tmp_path, CHANGING)
    rows = "".join(f"1,{t},,1,{100 - t}\n" for t in range(1, 40))
    (tmp_path / "data.csv").write_text("ID,TIME,AMT,DV,CR\n1,0,100,,100\n" + rows)
    with pytest.raises(InputError, match="change 39 times, expected at most 23: CR"):
        Lanes(file.model, file.data(tmp_path / "data.csv"), 1e-8)
