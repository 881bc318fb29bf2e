"""The likelihood of a study's data: gradients through solver, population and scales; known answers."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from tests.inference.study.simulated import FIT, load, objective, slopes, subjects, without_covariates

from exodyn.errors import InputError
from exodyn.inference.optimise import multistart
from exodyn.inference.study.population import points, traits_of

TRUTH = {"k_out": 1.5, "effect": 2e-11}
POPULATION = FIT.replace('"effect"]', '"effect", "population.severity.center", "population.healing.spread"]')


@pytest.fixture(scope="module")
def csv() -> str:
    return subjects(load()[1], TRUTH, 0.3, 5, 1)


def start(posterior) -> np.ndarray:
    return np.array([one.scaled(one.start) for one in posterior.free])


def test_the_gradient_is_exact_with_covariates_and_without(csv: str, tmp_path: Path) -> None:
    for table, fit in ((csv, FIT), (without_covariates(csv), POPULATION)):
        posterior, _, _ = objective(table, tmp_path, fit)
        x = start(posterior)
        value, gradient = posterior.gradient(x)
        assert math.isfinite(value)
        assert gradient == pytest.approx(slopes(posterior, x), rel=1e-3, abs=1e-4)


def test_the_gradient_is_exact_for_groups_censored_readings_and_any_error(tmp_path: Path) -> None:
    table = "\n".join(
        [
            "arm,time,readout,value,subject,n,sd",
            "none,1,deficit,11.8,,20,4",
            "none,7,deficit,10,,20,4.2",
            "vesicles,90,deficit,2,,15,",
            "vesicles,7,deficit,<9,a,,",
            "vesicles,30,deficit,3 to 8,a,,",
            "vesicles,1.2,plasma,3e11,b,,",
        ]
    )
    fit = POPULATION + '\n[fit.noise]\ndeficit = "combined"\nplasma = "lognormal"\n'
    posterior, likelihood, _ = objective(table, tmp_path, fit)
    assert [one.name for one in posterior.free[4:]] == [
        "noise.deficit.proportional",
        "noise.deficit.additive",
        "noise.plasma",
    ]
    x = start(posterior)
    assert posterior.gradient(x)[1] == pytest.approx(slopes(posterior, x), rel=1e-3, abs=2e-4)
    assert likelihood.refused == {}


def test_a_subject_of_whom_all_is_known_has_the_density_of_its_readings(csv: str, tmp_path: Path) -> None:
    one = [line for line in csv.splitlines() if line.startswith(("subject", "none0,"))]
    posterior, likelihood, data = objective("\n".join(one), tmp_path)
    assert [len(p.scores) for p in likelihood.patterns] == [1]
    own = data.units[0].covariates
    values = [v.value(x) for v, x in zip(posterior.free, start(posterior), strict=True)]
    predicted = [own["severity"] * math.exp(-own["healing"] * r.time) for r in data.units[0].readings]
    expected = stats.norm(predicted, values[2]).logpdf([r.low for r in data.units[0].readings]).sum()
    assert posterior.log_likelihood(start(posterior)) == pytest.approx(expected, rel=1e-4)


def test_what_is_not_known_of_a_subject_is_integrated_over(tmp_path: Path) -> None:
    table = "arm,time,readout,value,subject,healing\nnone,0,deficit,10,a,0.02\n"
    posterior, _, _ = objective(table, tmp_path, FIT.replace("patients = 64", "patients = 512"))
    sd = posterior.free[2].start
    study = load()[1]
    severity = traits_of(study.population, points(study.population, 2**14, 3), {"healing": 0.02})["severity"]
    expected = math.log(np.mean(stats.norm(severity, sd).pdf(10.0)))
    assert posterior.log_likelihood(start(posterior)) == pytest.approx(expected, abs=0.02)


def test_a_covariate_moves_what_it_correlates_with() -> None:
    people = load()[1].population  # severity and healing correlate by -0.3
    scores = points(people, 512, 1)
    severe = traits_of(people, scores, {"severity": 20.0})["healing"]
    mild = traits_of(people, scores, {"severity": 8.0})["healing"]
    score = math.log((20 - 4) / 10 / ((12 - 4) / 18))  # logits of 20 and 12 between 4 and 30
    assert np.median(severe) == pytest.approx(0.02 * math.exp(0.4 * -0.3 * score / 0.5), rel=0.02)
    assert np.median(mild) > np.median(severe)


def test_means_at_two_visits_of_one_group_are_no_independent_data(tmp_path: Path) -> None:
    once = "arm,time,readout,value,n\nnone,0,deficit,14,12\n"
    twice = once + "none,0.001,deficit,14,12\n"
    fit = FIT.replace('["k_out", "effect"]', '["population.severity.center"]')
    fit = fit[: fit.index("[fit.priors")]

    def curvature(table: str) -> float:
        posterior, _, _ = objective(table, tmp_path, fit)
        x = np.array([14.0, math.log(0.05)])
        posterior_at = [posterior(x + np.array([h, 0.0])) for h in (-0.2, 0.0, 0.2)]
        return -(posterior_at[0] - 2 * posterior_at[1] + posterior_at[2]) / 0.04

    assert curvature(twice) == pytest.approx(curvature(once), rel=0.05)


def test_the_truth_is_found(csv: str, tmp_path: Path) -> None:
    # k_out and effect act as a ratio alone in these readings: one of them is set
    fit = FIT.replace('["k_out", "effect"]', '["effect"]').replace("[fit.priors.k_out]", "[fit.priors.none]")
    fit = fit[: fit.index("[fit.priors.none]")] + fit[fit.index("[fit.priors.effect]") :]
    text = load()[1].text.split("[fit]")[0]
    text += '\n[parameters.k_out]\nvalue = 1.5\nunit = "1/d"\nstatus = "assumed"\nreason = "a test"\n'
    posterior, _, _ = objective(csv, tmp_path, fit, text)
    optima = multistart(posterior, starts=3, seed=1)
    assert optima.values["effect"] == pytest.approx(2e-11, rel=0.15)
    assert optima.values["noise.deficit"] == pytest.approx(0.3, rel=0.35)


@pytest.mark.parametrize(
    ("fit", "says"),
    [
        ('[fit]\nestimate = ["k_heall"]', r"fit.estimate: no such parameter; did you mean 'k_heal'"),
        ('[fit]\nestimate = ["population.severity.middle"]', "no such part of the population"),
        ('[fit]\nestimate = ["population.age.spread"]', "a constant trait has no spread"),
        ('[fit]\nestimate = ["population.weight.center"]', "sets the doses per kg"),
        ('[fit]\nestimate = ["k_out"]\n[fit.priors.k_in]\nkind = "normal"', "not among what is estimated"),
        ('[fit]\nestimate = ["k_out"]\n[fit.priors.k_out]\nkind = "normal"\ncenter = 1', "needs 'spread'"),
        (
            '[fit]\nestimate = ["k_out"]\n[fit.noise]\ndefect = "normal"',
            "no such readout in the data",
        ),
        ("", r"has no \[fit\] table"),
    ],
)
def test_a_fit_that_is_wrong_is_refused(csv: str, tmp_path: Path, fit: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        objective(csv, tmp_path, fit)


def test_a_scale_without_a_density_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"readings of Score have no density here: fit what it reads"):
        objective("arm,time,readout,value,subject\nnone,7,Score,5,a\n", tmp_path)


@pytest.mark.parametrize("threads", [2, 4])
def test_values_do_not_depend_on_which_thread_came_first(csv: str, tmp_path: Path, threads: int) -> None:
    places = [start(objective(csv, tmp_path)[0]) + 0.1 * k for k in (-2, -1, 0, 1, 2)]
    one_by_one = [objective(csv, tmp_path)[0].gradient(x) for x in places]
    fresh = objective(csv, tmp_path)[0]
    with ThreadPoolExecutor(threads) as pool:
        together = list(pool.map(fresh.gradient, places))
    for (value, slope), (expected, by) in zip(together, one_by_one, strict=True):
        assert value == expected and np.array_equal(slope, by)
