"""A third level: subjects of a study share what sets the study apart."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from tests.inference.mixed.problems import model

from exodyn.cli import main
from exodyn.errors import InputError
from exodyn.inference.mixed.fit import fit

PASTES = [
    "62.8 62.6 60.1 62.3 62.7 63.1", "60.0 61.4 57.5 56.9 61.1 58.9", "58.7 57.5 63.9 63.1 65.4 63.7",
    "57.1 56.4 56.9 58.6 64.7 64.5", "55.1 55.1 54.7 54.2 58.8 57.5", "63.4 64.9 59.3 58.1 60.5 60.0",
    "62.5 62.6 61.0 58.7 56.9 57.7", "59.2 59.4 65.2 66.0 64.8 64.1", "54.8 54.8 64.0 64.0 57.7 56.8",
    "58.3 59.3 59.2 59.2 58.9 56.6",
]  # fmt: skip
"""Strength of a paste: ten batches, three casks of each, two readings of each cask (Davies, Goldsmith 1972,
as R's lme4 has them)."""
LEVEL = '''
from exodyn.symbolic import Parameter, Process, Quantity, State

class Level(Process):
    """A number that does not change."""
    level = Parameter("1", "the number")
    still = State("1", "nothing", start=0)
    still.rate = 0 * level
    score = Quantity("1", "the number again")
    score.value = level + still
'''
FILE = """
    [model]
    processes = ["level.py:Level"]
    time = "h"
    [data]
    study = "BATCH"
    [parameters.level]
    start = 59
    between = "normal"
    sd = 2
    study_sd = 2
    [residual.score]
    additive = 1
    [fit]
    method = "focei"
    replicates = 100
    """


def pastes() -> str:
    rows = ["ID,BATCH,TIME,DV"]
    for batch, line in enumerate(PASTES):
        for k, value in enumerate(line.split()):
            rows.append(f"{'ABCDEFGHIJ'[batch]}{k // 2},{'ABCDEFGHIJ'[batch]},{k % 2},{value}")
    return "\n".join(rows) + "\n"


@pytest.fixture
def problem(tmp_path: Path):
    (tmp_path / "level.py").write_text(LEVEL)
    (tmp_path / "data.csv").write_text(pastes())
    file = model(tmp_path, FILE)
    return file, file.data(tmp_path / "data.csv")


def exact(y: np.ndarray, mean: float, between_studies: float, between_subjects: float, error: float) -> float:
    """Of one batch, whose readings are jointly normal."""
    cask = np.arange(len(y)) // 2
    covariance = (
        between_studies**2 + between_subjects**2 * (cask[:, None] == cask) + error**2 * np.eye(len(y))
    )
    return float(multivariate_normal.logpdf(y, np.full(len(y), mean), covariance))


def test_the_likelihood_of_a_linear_model_is_exact(problem) -> None:
    file, table = problem
    likelihood = file.likelihood(table)
    names = {"level": 60.0, "sd(level, study)": 1.3, "sd(level)": 2.9, "additive": 0.8}
    found = likelihood.by_subject(np.array([names[name] for name in likelihood.names]))
    expected = [exact(np.array(line.split(), dtype=float), 60.0, 1.3, 2.9, 0.8) for line in PASTES]
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_pastes(problem) -> None:
    """lme4 by REML: sd 2.90408 of casks, 1.28736 of batches, 0.82341 of readings; mean 60.0533.

    The design is balanced, so that maximum likelihood gives the same mean and the same inner variances, and
    a mean square between the ten batches that is smaller by 9 in 10.
    """
    file, table = problem
    found = fit(file.likelihood(table))
    assert found.converged
    v = {one.name: one.value for one in found.estimates}
    assert [v["level"], v["sd(level)"], v["additive"]] == pytest.approx([60.0533, 2.90408, 0.82341], abs=2e-4)
    inner = 2 * 2.90408**2 + 0.82341**2
    batches = (0.9 * (6 * 1.28736**2 + inner) - inner) / 6
    assert v["sd(level, study)"] == pytest.approx(np.sqrt(batches), abs=2e-4)
    assert len(found.phi()["level"]) == 30
    assert set(found.shrinkage) == {"level", "level between studies"}


def test_rows_in_any_order_of_studies_and_the_command(problem, tmp_path: Path, capsys) -> None:
    header, *rows = pastes().splitlines()
    mixed = sorted(range(0, 60, 2), key=lambda k: (k % 6, k))  # first casks of all batches, then second ones
    (tmp_path / "other.csv").write_text(
        "\n".join([header, *(r for k in mixed for r in rows[k : k + 2])]) + "\n"
    )
    file, table = problem
    likelihood, other = file.likelihood(table), file.likelihood(file.data(tmp_path / "other.csv"))
    theta = np.array([one.start for one in file.model.free])
    assert other(theta)[0] == pytest.approx(likelihood(theta)[0], rel=1e-12)
    target = tmp_path / "out"
    assert main(["fit", file.path, str(tmp_path / "other.csv"), "-o", str(target), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["subjects"], printed["studies"]) == (30, 10)
    subjects = list(csv.DictReader(io.StringIO((target / "subjects.csv").read_text())))
    assert [(one["ID"], one["STUDY"]) for one in subjects[:2]] == [("A0", "A"), ("B0", "B")]
    assert "30 subjects of 10 studies" in (target / "report.html").read_text()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('study = "BATCH"', 'study = "batch"', "no column 'batch' for the study"),
        ('study = "BATCH"\n', "covariates = []\n", "needs \\[data\\] study"),
        ("study_sd = 2", "occasion_sd = 2", "occasions beside studies are not supported"),
        ("sd = 2\n    study_sd = 2", "", "between and sd need each other"),
    ],
)
def test_what_does_not_fit_together(problem, tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in FILE
    with pytest.raises(InputError, match=message):
        model(tmp_path, FILE.replace(old, new)).data(tmp_path / "data.csv")


def test_a_subject_in_two_studies(problem, tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text(pastes().replace("A0,A,1", "A0,B,1"))
    with pytest.raises(InputError, match="line 3, column 'BATCH': 'B', but subject A0 was in 'A' above"):
        problem[0].data(tmp_path / "data.csv")
