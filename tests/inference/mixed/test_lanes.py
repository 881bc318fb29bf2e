"""What a table says of doses, against closed forms of one compartment."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from problems import model

from exodyn.errors import InputError
from exodyn.inference.mixed import MixedLikelihood, read_event_table

CL, V, K_A = 2.0, 10.0, 1.3
K = CL / V

IV = """
[model]
pk = "one_compartment"
[parameters]
cl = {start = 2}
v = {start = 10}
[residual.concentration]
additive = 0.5
"""


def predict(folder: Path, text: str, rows: str) -> NDArray[np.float64]:
    """Population predictions at the starts."""
    file = model(folder, text)
    (folder / "data.csv").write_text(rows)
    data = read_event_table(folder / "data.csv", file.model.covariates)
    likelihood = MixedLikelihood(file.model, data)
    theta = np.array([one.start or 0.0 for one in file.model.free])
    u = np.zeros((1, len(data.subjects), likelihood.dimensions))
    return likelihood.lanes.predict(likelihood.individuals(theta, u).phi)[0]


def bolus(t: float, amount: float = 100.0) -> float:
    return amount / V * np.exp(-K * t)


def infusion(t: float, rate: float, duration: float) -> float:
    inside = min(t, duration)
    return rate / CL * (1 - np.exp(-K * inside)) * np.exp(-K * (t - inside))


def test_bolus_and_additional_doses(tmp_path: Path) -> None:
    found = predict(tmp_path, IV, "ID,TIME,AMT,II,ADDL,DV\n1,0,100,6,2,\n1,5,,,,1\n1,14,,,,1\n")
    assert found == pytest.approx([bolus(5), bolus(14) + bolus(8) + bolus(2)], rel=1e-7)


def test_infusion(tmp_path: Path) -> None:
    found = predict(tmp_path, IV, "ID,TIME,AMT,RATE,DV\n1,1,100,25,\n1,3,,,1\n1,9,,,1\n")
    assert found == pytest.approx([infusion(2, 25, 4), infusion(8, 25, 4)], rel=1e-7)


def test_steady_state(tmp_path: Path) -> None:
    found = predict(tmp_path, IV, "ID,TIME,AMT,SS,II,DV\n1,0,100,1,8,\n1,3,,,,1\n")
    assert found[0] == pytest.approx(bolus(3) / (1 - np.exp(-8 * K)), rel=1e-5)


def test_reset_forgets_doses_and_those_still_to_come(tmp_path: Path) -> None:
    rows = "ID,TIME,AMT,EVID,II,ADDL,DV\n1,0,100,1,4,9,\n1,5,,3,,,\n1,9,,0,,,1\n1,10,50,4,,,\n1,12,,0,,,1\n"
    found = predict(tmp_path, IV, rows)
    assert found == pytest.approx([0.0, bolus(2, 50)], abs=1e-9)


def test_subjects_have_their_own_doses(tmp_path: Path) -> None:
    found = predict(tmp_path, IV, "ID,TIME,AMT,DV\n1,0,100,\n1,2,,1\n2,1,30,\n2,2,,1\n3,0,,1\n")
    assert found == pytest.approx([bolus(2), bolus(1, 30), 0.0], abs=1e-8)


def test_lag_and_bioavailability_are_parameters(tmp_path: Path) -> None:
    text = IV.replace(
        "[residual", '''t_lag = {start = 0.5, between = "lognormal", sd = 0.3}
share = {start = 0.6, between = "logit", sd = 0.4}
[doses.central]
lag = "t_lag"
bioavailability = "share"
[residual''',
        1,
    )  # fmt: skip
    found = predict(tmp_path, text, "ID,TIME,AMT,DV\n1,0,100,\n1,0.4,,1\n1,2,,1\n")
    assert found == pytest.approx([0.0, 0.6 * bolus(1.5)], abs=1e-7)
    file = model(tmp_path, text)
    data = read_event_table(tmp_path / "data.csv")
    likelihood = MixedLikelihood(file.model, data, "focei")
    phi = likelihood.individuals(
        np.array([one.start or 0.0 for one in file.model.free]), np.zeros((1, 1, 2))
    ).phi
    _, by = likelihood.lanes.slopes(phi)
    names = likelihood.lanes.parameters
    exact = 0.6 * bolus(1.5)
    assert by[0, 1, names.index("t_lag")] == pytest.approx(K * exact, rel=1e-5)
    assert by[0, 1, names.index("share")] == pytest.approx(exact / 0.6, rel=1e-5)


def test_duration_of_an_infusion_is_a_parameter(tmp_path: Path) -> None:
    rows = "ID,TIME,AMT,RATE,DV\n1,0,100,-2,\n1,3,,,1\n"
    text = IV.replace("[residual", 'span = {start = 2}\n[doses.central]\nduration = "span"\n[residual', 1)
    assert predict(tmp_path, text, rows)[0] == pytest.approx(infusion(3, 50, 2), rel=1e-7)
    with pytest.raises(InputError, match=r"line 2, column 'RATE': -2 asks for an estimated duration"):
        predict(tmp_path, IV, rows)


def test_compartments_by_number_and_by_name(tmp_path: Path) -> None:
    text = IV.replace("one_compartment", "one_compartment_oral").replace(
        "v = {", "k_a = {start = 1.3}\nv = {"
    )
    oral = 100 * K_A / V / (K_A - K) * (np.exp(-K * 2) - np.exp(-K_A * 2))
    for compartment, expected in (("1", oral), ("depot", oral), ("2", bolus(2)), ("central", bolus(2))):
        rows = f"ID,TIME,AMT,CMT,DV\n1,0,100,{compartment},\n1,2,,,1\n"
        assert predict(tmp_path, text, rows)[0] == pytest.approx(expected, rel=1e-7)
    with pytest.raises(
        InputError, match=r"line 2, column 'CMT': the model has no compartment 'centre'; did you"
    ):
        predict(tmp_path, text, "ID,TIME,AMT,CMT,DV\n1,0,100,centre,\n1,2,,,1\n")


def test_units_of_parameters_are_converted(tmp_path: Path) -> None:
    text = IV.replace("cl = {start = 2}", 'cl = {start = 33.333333333333336, unit = "mL/min"}')
    found = predict(tmp_path, text, "ID,TIME,AMT,DV\n1,0,100,\n1,2,,1\n")
    assert found[0] == pytest.approx(bolus(2), rel=1e-7)


def test_two_outputs_by_their_id(tmp_path: Path) -> None:
    text = IV.replace(
        "additive = 0.5", "additive = 0.5\ndvid = 1\n[residual.central]\nproportional = 0.1\ndvid = 2"
    )
    rows = "ID,TIME,AMT,DVID,DV\n1,0,100,.,\n1,2,,1,1\n1,2,,2,1\n"
    assert predict(tmp_path, text, rows) == pytest.approx([bolus(2), V * bolus(2)], rel=1e-7)
    with pytest.raises(InputError, match=r"line 4, column 'DVID': no output of the model has the id '3'"):
        predict(tmp_path, text, rows.replace("2,,2,1", "2,,3,1"))


def test_times_before_zero(tmp_path: Path) -> None:
    found = predict(tmp_path, IV, "ID,TIME,AMT,DV\n1,-3,100,\n1,-1,,1\n")
    assert found[0] == pytest.approx(bolus(2), rel=1e-7)
