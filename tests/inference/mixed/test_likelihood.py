"""The likelihood against integrals that are known otherwise, and its gradient against differences."""

from __future__ import annotations

import csv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from problems import THEOPHYLLINE, functional_scale, model, table
from scipy import integrate, stats

from exodyn.errors import InputError
from exodyn.inference.mixed import EventTable, MixedLikelihood, ModelFile
from exodyn.inference.mixed.fit import fit
from exodyn.inference.mixed.lanes import Lanes

ORAL = """
correlated = [["k_a", "cl"]]
[model]
pk = "one_compartment_oral"
amount = "mg/kg"
volume = "L/kg"
[data]
covariates = ["WT"]
[parameters]
k_a = {start = 1.5, between = "lognormal", sd = 0.5}
cl = {start = 0.04, typical = "cl * (WT / 70)**slope", between = "lognormal", sd = 0.3}
v = {start = 0.5}
[effects]
slope = {start = 0.5}
[residual.concentration]
additive = 0.3
proportional = 0.1
"""


def few(folder: Path, subjects: str) -> tuple[ModelFile, EventTable]:
    file = model(folder, ORAL)
    with THEOPHYLLINE.with_suffix(".csv").open(newline="") as data:
        rows = [row for row in csv.DictReader(data) if row["ID"] in subjects.split()]
    return file, table(folder, file, list(rows))


@pytest.mark.parametrize("method", ["quadrature", "focei", "laplace"])
def test_gradient(tmp_path: Path, method: str) -> None:
    file, data = few(tmp_path, "1 4 9")
    lanes = Lanes(file.model, data, 1e-12)
    likelihood = MixedLikelihood(file.model, data, method, nodes=3, lanes=lanes)  # type: ignore[arg-type]
    theta = np.array([one.start or 0.0 for one in file.model.free])
    theta[likelihood.names.index("correlation(k_a, cl)")] = -0.4
    value, gradient = likelihood(theta)
    assert value == pytest.approx(float(likelihood.by_subject(theta).sum()), abs=1e-9)
    for k in range(len(theta)):
        h = 3e-4 * max(abs(theta[k]), 0.1)
        up, down = theta.copy(), theta.copy()
        up[k] += h
        down[k] -= h
        slope = (likelihood.by_subject(up).sum() - likelihood.by_subject(down).sum()) / (2 * h)
        assert gradient[k] == pytest.approx(slope, rel=2e-4, abs=2e-3), likelihood.names[k]


def test_quadrature_is_the_integral(tmp_path: Path) -> None:
    """One subject with censored values, one random effect: adaptive integration by SciPy."""
    file = model(
        tmp_path,
        """
        [model]
        pk = "one_compartment"
        [parameters]
        cl = {start = 2, between = "lognormal", sd = 0.6}
        v = {start = 10, fixed = true}
        [residual.concentration]
        additive = 0.5
        """,
    )
    head = {"AMT": "", "EVID": 0, "CENS": 0}
    data = table(
        tmp_path,
        file,
        [
            {"ID": 1, "TIME": 0, "DV": "", "AMT": 100, "EVID": 1, "CENS": 0},
            {"ID": 1, "TIME": 2, "DV": 7.5, **head},
            {"ID": 1, "TIME": 10, "DV": 1.0, **head, "CENS": 1},
        ],
    )

    def integrand(eta: float) -> float:
        f = 10 * np.exp(-2 * np.exp(eta) / 10 * np.array([2.0, 10.0]))
        density = stats.norm.pdf(7.5, f[0], 0.5) * stats.norm.cdf(1.0, f[1], 0.5)
        return float(density * stats.norm.pdf(eta, 0, 0.6))

    exact = np.log(integrate.quad(integrand, -4, 3, epsabs=1e-14, epsrel=1e-12, limit=500)[0])
    likelihood = MixedLikelihood(file.model, data, nodes=15)
    theta = np.array([{"cl": 2.0, "sd(cl)": 0.6, "additive": 0.5}[name] for name in likelihood.names])
    assert likelihood(theta)[0] == pytest.approx(exact, abs=1e-6)


def test_a_linear_model_is_exact(tmp_path: Path) -> None:
    """Random intercepts and slopes: a multivariate normal distribution."""
    file, data = functional_scale(tmp_path)
    likelihood = file.likelihood(data)
    theta = dict(zip(likelihood.names, (one.start or 0.0 for one in file.model.free), strict=True))
    theta["correlation(level, slope)"] = 0.3
    found = likelihood.by_subject(np.array(list(theta.values())))
    seen = data.observations
    mine = seen.subject == 0
    z = np.stack([np.ones(mine.sum()), seen.time[mine]], axis=1)
    sd = np.array([theta["sd(level)"], theta["sd(slope)"]])
    omega = np.outer(sd, sd) * np.array([[1, 0.3], [0.3, 1]])
    covariance = z @ omega @ z.T + theta["additive"] ** 2 * np.eye(mine.sum())
    dose = int(data.covariates["dose"][0])
    mean = theta["level"] + (theta["slope"] + theta.get(f"by_{dose}", 0.0)) * seen.time[mine]
    exact = stats.multivariate_normal.logpdf(seen.value[mine], mean, covariance)
    assert found[0] == pytest.approx(exact, abs=1e-8)


def test_a_subject_without_observations_adds_nothing(tmp_path: Path) -> None:
    file, data = few(tmp_path, "1 4")
    theta = np.array([one.start or 0.0 for one in file.model.free])
    alone = file.likelihood(data)(theta)[0]
    rows: list[dict[str, object]] = []
    with THEOPHYLLINE.with_suffix(".csv").open(newline="") as source:
        rows += [row for row in csv.DictReader(source) if row["ID"] in ("1", "4")]
    rows.insert(12, {"ID": "7", "TIME": 0, "AMT": 4, "DV": ".", "MDV": 1, "EVID": 1, "WT": 70})
    more = table(tmp_path, file, list(rows))
    assert len(more.subjects) == 3
    assert file.likelihood(more)(theta)[0] == pytest.approx(alone, abs=1e-9)


def test_too_many_nodes_are_refused(tmp_path: Path) -> None:
    file, data = few(tmp_path, "1")
    with pytest.raises(InputError, match=r"40,000 a subject|take fewer"):
        MixedLikelihood(file.model, data, nodes=200)


def test_results_do_not_depend_on_threads(tmp_path: Path) -> None:
    file, data = few(tmp_path, "1 4 9")
    theta = np.array([one.start or 0.0 for one in file.model.free])
    one, two = (MixedLikelihood(file.model, data, nodes=5, threads=t)(theta) for t in (1, 2))
    assert one[0] == two[0] and np.array_equal(one[1], two[1])


@pytest.mark.parametrize("threads", [2, 4])
def test_values_do_not_depend_on_which_thread_came_first(tmp_path: Path, threads: int) -> None:
    """Nor on what was computed before: modes are looked for anew."""
    file, data = few(tmp_path, "1 4 9")
    theta = np.array([one.start or 0.0 for one in file.model.free])
    places = [theta * (1 + 0.05 * k) for k in (-2, -1, 0, 1, 2)]
    one_by_one = [MixedLikelihood(file.model, data, nodes=3)(x) for x in places]
    fresh = MixedLikelihood(file.model, data, nodes=3)
    with ThreadPoolExecutor(threads) as pool:
        together = list(pool.map(fresh, places))
    for (value, slope), (expected, by) in zip(together, one_by_one, strict=True):
        assert value == expected and np.array_equal(slope, by)


def test_a_measurement_that_no_error_allows_is_named(tmp_path: Path) -> None:
    """A concentration before the dose cannot be, if the error is proportional."""
    file = model(tmp_path, ORAL.replace("additive = 0.3\n", ""))
    with THEOPHYLLINE.with_suffix(".csv").open(newline="") as source:
        rows = [row for row in csv.DictReader(source) if row["ID"] in ("1", "2")]
    data = table(tmp_path, file, list(rows))
    with pytest.raises(
        InputError, match=r"data.csv, line 3: 0.74 measured where 0 is predicted has no likelihood"
    ):
        fit(file.likelihood(data))
