"""Estimating a PEtab problem: what comes out is an optimum, and the same for the same seed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from exodyn.cli import main
from exodyn.errors import InputError
from exodyn.inference.petab import evaluate, read_problem
from exodyn.inference.petab.fit import fit, objective

CONVERSION = Path(__file__).parents[2] / "data" / "petab" / "conversion" / "problem.yaml"


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """The small problem, fitted by the command."""
    target = tmp_path_factory.mktemp("fit") / "out"
    assert main(["fit", str(CONVERSION), "-o", str(target), "--starts", "6", "--seed", "3"]) == 0
    return target


def test_the_directory_holds_what_others_go_on_with(fitted, tmp_path):
    result = json.loads((fitted / "manifest.json").read_text())["result"]
    assert result["llh"] > evaluate(CONVERSION)["llh"]
    assert {p.name for p in fitted.iterdir()} >= {
        "fit.png",
        "waterfall.png",
        "starts.csv",
        "measurements.csv",
    }
    # the table of parameters with the estimates in it takes the place of the problem's own
    folder = shutil.copytree(CONVERSION.parent, tmp_path / "again")
    shutil.copy(fitted / "parameters.tsv", folder / "parameters.tsv")
    again = evaluate(folder / "problem.yaml")
    assert again["llh"] == pytest.approx(result["llh"], rel=1e-5)
    assert again["log_prior"] == pytest.approx(result["log_prior"], rel=1e-9)


def test_same_seed_same_optimum_over_threads():
    problem = read_problem(CONVERSION)
    one, two = fit(problem, starts=3, seed=1, threads=1), fit(problem, starts=3, seed=1, threads=2)
    np.testing.assert_array_equal(one.table, two.table)


def test_gradient_of_the_objective_with_its_priors():
    target = objective(read_problem(CONVERSION))
    x = np.array([one.scaled(one.start) for one in target.free]) + 0.01
    _, slope = target.gradient(x)
    for i in range(len(x)):
        step = np.eye(len(x))[i] * 1e-3
        high, low = ([target(x + k * sign * step) for k in (1, 2)] for sign in (1, -1))
        found = (8 * (high[0] - low[0]) - (high[1] - low[1])) / 12e-3
        assert found == pytest.approx(slope[i], rel=1e-5, abs=1e-4), target.free[i].name


def test_the_prior_of_a_value_is_added_as_the_format_states_it_and_sampled_with_its_jacobian():
    """sd_a: laplace(0.3, 0.1) of the value, estimated on a log10 scale."""
    target = objective(read_problem(CONVERSION))
    x = np.array([one.scaled(one.start) for one in target.free])
    jacobian = sum(np.log(np.log(10.0) * one.start) for one in target.free if one.name == "sd_a")
    uniform = 0.0  # parameters without prior are flat on their scale in both
    assert target.posterior()(x) - target(x) == pytest.approx(jacobian + uniform, rel=1e-9)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("log10\t0.01\t10\t0.55", "log10\t0\t10\t0.55", "lower bound must be above 0"),
        ("log10\t0.01\t10\t0.55", "log10\t0.01\t\t0.55", "'k2' needs bounds"),
        ("lin\t-1\t1\t", "lin\t1\t1\t", "'offset_a' has no room"),
    ],
)
def test_what_cannot_be_estimated(tmp_path, old, new, message):
    folder = shutil.copytree(CONVERSION.parent, tmp_path / "changed")
    table = folder / "parameters.tsv"
    table.write_text(table.read_text().replace(old, new))
    with pytest.raises(InputError, match=message):
        objective(read_problem(folder / "problem.yaml"))


def test_a_table_that_estimates_nothing(tmp_path):
    folder = shutil.copytree(CONVERSION.parent, tmp_path / "changed")
    table = folder / "parameters.tsv"
    rows = [line.split("\t") for line in table.read_text().splitlines()]
    table.write_text(
        "".join("\t".join([*r[:5], "0" if k else r[5], *r[6:]]) + "\n" for k, r in enumerate(rows))
    )
    with pytest.raises(InputError, match="estimates nothing"):
        objective(read_problem(folder / "problem.yaml"))
