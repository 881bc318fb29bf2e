"""A study as a PEtab problem: what is read back is what the study's own model says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from exodyn.cli import main
from exodyn.engine import Engine
from exodyn.errors import InputError
from exodyn.inference.petab import evaluate
from exodyn.inference.petab.export import Value, complaints, tables, write
from exodyn.study import Study, standalone

MOUSE = Path(__file__).parents[3] / "examples" / "stroke_mouse.toml"


@pytest.fixture(scope="module")
def study() -> Study:
    return Study.load(MOUSE)


def test_measured_values_are_held_against_the_model_of_their_arm(study, tmp_path):
    given = [Value(arm, "tnf", time, 1.0, 0.5) for arm in (0, 2) for time in (3.0, 7.0)]
    write(tables(study, given), tmp_path)
    found = evaluate(tmp_path / "problem.yaml")
    model = [
        Engine(standalone(study, arm), ["tnf"]).run(times=[3.0, 7.0], rtol=1e-9, atol=1e-12).values[0, :, 0]
        for arm in (0, 2)
    ]
    z = (1.0 - np.concatenate(model)) / 0.5
    assert found["chi2"] == pytest.approx(np.sum(z**2), rel=1e-6)
    assert found["llh"] == pytest.approx(np.sum(-0.5 * np.log(2 * np.pi * 0.25) - 0.5 * z**2), rel=1e-6)


def test_unknown_noise_is_estimated_and_what_was_fitted_too(study, tmp_path):
    write(tables(study, [Value(1, "tnf", 3.0, 1.0)], arm="3e9"), tmp_path)
    gradient = evaluate(tmp_path / "problem.yaml", gradient=True)["gradient"]
    assert "sd_tnf" in gradient and "k_tnf" in gradient
    assert gradient["k_tnf"] != 0


def test_the_command_writes_what_the_library_accepts_and_objective_reads(study, tmp_path, capsys):
    target = tmp_path / "problem"
    assert main(["export", str(MOUSE), "--to", "petab", "-o", str(target)]) == 0
    assert complaints(target / "problem.yaml") == []
    capsys.readouterr()
    assert main(["objective", str(target / "problem.yaml"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["chi2"] == pytest.approx(0.0, abs=1e-12)  # without data: the model's own predictions
    assert list(tmp_path.iterdir()) == [target]
    assert main(["export", str(MOUSE), "--to", "petab", "-o", str(target)]) == 2


def test_what_petab_cannot_say_is_refused(study):
    with pytest.raises(InputError, match=r"'mNSS' is no state or readout"):
        tables(study, [Value(0, "mNSS", 3.0, 5.0)])
    with pytest.raises(InputError, match=r"no arm is called 'vehicel'; did you mean 'vehicle'"):
        tables(study, arm="vehicel")
