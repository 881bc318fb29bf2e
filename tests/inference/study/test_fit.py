"""A fit into a directory: whole, repeatable to the bit, gone on with, refused where the posterior is none."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from tests.inference.study.simulated import FIT, load, subjects

from exodyn.errors import InputError, MachineError
from exodyn.evidence import Draws
from exodyn.inference.study import read, settings_of
from exodyn.inference.study.fit import Problem
from exodyn.inference.study.kept import read_draws
from exodyn.inference.study.run import run_into
from exodyn.report.fit import write_fit_report

SHORT = FIT.replace('["k_out", "effect"]', '["effect"]').replace(
    "starts = 3", "starts = 2\ndraws = 250\nwarmup = 100\nchains = 2"
)
SHORT = SHORT[: SHORT.index("[fit.priors.k_out]")] + SHORT[SHORT.index("[fit.priors.effect]") :]


@pytest.fixture(scope="module")
def problem(tmp_path_factory: pytest.TempPathFactory) -> Problem:
    source, study = load(SHORT)
    file = tmp_path_factory.mktemp("data") / "data.csv"
    file.write_text(subjects(study, {"effect": 2e-11}, 0.3, 1, 1))
    data = read(file, study)
    return Problem(source, study, data, settings_of(source, study, data), file.read_bytes())


@pytest.fixture(scope="module")
def fitted(problem: Problem, tmp_path_factory: pytest.TempPathFactory):
    target = tmp_path_factory.mktemp("fit") / "one"
    return target, run_into(problem, target, 7, "a test", threads=2, finish=write_fit_report)


def test_the_directory_holds_what_others_go_on_with(fitted) -> None:
    target, fit = fitted
    names = {path.name for path in target.iterdir()}
    assert {"parameters.csv", "posterior.nc", "draws.parquet", "optima.csv", "profiles.csv"} <= names
    assert {
        "identifiability.txt",
        "report.html",
        "figures",
        "manifest.json",
        "study.toml",
        "data.csv",
    } <= names
    manifest = json.loads((target / "manifest.json").read_text())
    assert manifest["data_sha256"] and manifest["seed"] == 7
    draws = read_draws(target / "posterior.nc")
    assert np.array_equal(draws.posterior["effect"], fit.draws.posterior["effect"])
    assert draws.posterior.attrs["data_sha256"] == manifest["data_sha256"]
    page = (target / "report.html").read_text()
    assert "What the data can tell apart" in page
    assert "every parameter is identified" in page


def test_the_interval_holds_the_truth_and_the_bands_the_data(fitted) -> None:
    _, fit = fitted
    rows = {row["name"]: row for row in fit.table()}
    assert rows["effect"]["lo90"] / 1.3 < 2e-11 < rows["effect"]["hi90"] * 1.3
    assert rows["effect"]["r_hat"] < 1.01


def test_the_kept_draws_serve_a_study(fitted) -> None:
    target, fit = fitted
    draws = Draws.load(target / "draws.parquet")
    assert (draws.indication, draws.species, set(draws.values)) == ("toy", "human", {"effect"})
    assert draws.stale() == ""
    study = fit.problem.study
    unsure = dataclasses.replace(study, uncertainty=dataclasses.replace(study.uncertainty, draws=draws))
    assert unsure.run(threads=1).layout.draws == draws.count


def test_an_interrupted_fit_goes_on_and_ends_with_the_same_bits(
    problem: Problem, fitted, tmp_path: Path
) -> None:
    class CutError(Exception):
        pass

    def cut(stage: str, done: int, of: int) -> None:
        if stage == "draws":
            raise CutError

    stages: list[str] = []
    with pytest.raises(BaseException):  # noqa: B017, PT011, the sampler hands it on in its own way
        run_into(problem, tmp_path / "two", 7, "a test", progress=cut)
    assert (tmp_path / "two.partial").is_dir()
    run_into(problem, tmp_path / "two", 7, "a test", progress=lambda stage, done, of: stages.append(stage))
    assert "searches for the optimum" not in stages
    for name in ("parameters.csv", "draws.parquet", "posterior.nc", "optima.csv"):
        assert (tmp_path / "two" / name).read_bytes() == (fitted[0] / name).read_bytes(), name
    with pytest.raises(InputError, match="exists"):
        run_into(problem, tmp_path / "two", 7, "a test")


def test_a_posterior_that_has_not_converged_is_not_reported(problem: Problem, tmp_path: Path) -> None:
    few = dataclasses.replace(problem, settings=dataclasses.replace(problem.settings, draws=8, warmup=5))
    with pytest.raises(MachineError, match=r"has not converged: .*(R-hat|ess).*What the data can tell apart"):
        run_into(few, tmp_path / "few", 7, "a test")
    assert list(tmp_path.iterdir()) == []
