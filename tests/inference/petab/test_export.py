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


def test_a_study_with_data(tmp_path, capsys):
    """Individual readings, a group's mean with its SD, and a covariate that sets a subject apart."""
    text = MOUSE.read_text() + (
        '\n[fit]\nestimate = ["k_tnf"]\n[fit.priors.k_tnf]\nkind = "lognormal"\ncenter = 1.0\nspread = 0.5\n'
        'reason = "a test"\n'
    )
    (tmp_path / "study.toml").write_text(text)
    (tmp_path / "data.csv").write_text(
        "arm,time,readout,value,subject,n,sd,weight\n"
        "vehicle,3,tnf,1.2,a,,,\nvehicle,7,tnf,0.7,a,,,\nvehicle,3,tnf,1.4,b,,,30 \n3e9,3,tnf,1.1,,8,0.4,\n"
    )
    arguments = [str(tmp_path / "study.toml"), str(tmp_path / "data.csv"), "--to", "petab", "-o"]
    assert main(["export", *arguments, str(tmp_path / "problem")]) == 0, capsys.readouterr().err
    found = evaluate(tmp_path / "problem" / "problem.yaml", gradient=True)
    assert found["points"] == 4
    assert list(found["gradient"]) == ["k_tnf", "sd_tnf"]
    k_tnf = next(p.value for p in Study.load(MOUSE).models[0].parameters if p.name == "k_tnf")
    z = np.log(k_tnf) / 0.5  # the prior of the study's own fit, of the logarithm
    assert found["log_prior"] == pytest.approx(-0.5 * z**2 - np.log(0.5 * np.sqrt(2 * np.pi)), rel=1e-9)
    model = standalone(Study.load(MOUSE), 0)
    tnf = Engine(model, ["tnf"]).run(times=[3.0, 7.0], rtol=1e-9, atol=1e-12).values[0, :, 0]
    sizes = 0.1 * 1.4
    lines = (tmp_path / "problem" / "conditions.tsv").read_text().splitlines()
    assert [line.split("\t")[0] for line in lines[1:]] == ["vehicle", "vehicle_2", "arm_3e9"]
    heavy = dict(zip(lines[0].split("\t"), lines[2].split("\t"), strict=True))
    assert float(heavy["weight"]) == 30.0
    part = ((1.2 - tnf[0]) / sizes) ** 2 + ((0.7 - tnf[1]) / sizes) ** 2
    assert found["chi2"] > part > 0


def test_data_that_petab_cannot_hold(tmp_path, capsys):
    (tmp_path / "study.toml").write_text(MOUSE.read_text() + '\n[fit]\nestimate = ["k_tnf"]\n')
    arguments = [str(tmp_path / "study.toml"), str(tmp_path / "data.csv"), "--to", "petab", "-o"]
    for row, message in (
        ("vehicle,3,tnf,<1.2,a,", "data.csv:2: PEtab has no counts and no censored values"),
        ("vehicle,3,mNSS,5,a,", "'mNSS' is no state or readout"),
    ):
        (tmp_path / "data.csv").write_text(f"arm,time,readout,value,subject,n\n{row}\n")
        assert main(["export", *arguments, str(tmp_path / "problem")]) == 2
        assert message in capsys.readouterr().err
