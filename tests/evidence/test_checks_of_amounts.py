"""Checks of shares of a dose, of kinetic parameters and of preparations."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from exodyn.evidence import Judgement, judge, read_records
from exodyn.evidence.schemas import BIODISTRIBUTION, PARAMETER, Schema

STORAGE = ("temperature_c", "time_days", "freeze_thaw_cycles", "direction")


def verdicts(folder: Path, schema: Schema, *rows: dict[str, str]) -> list[Judgement]:
    file = folder / "mine.csv"
    with file.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, [*schema.columns, *STORAGE])
        writer.writeheader()
        for k, row in enumerate(rows):
            own = {"id": f"X{k}", "study": "Doe2031", "species": "mouse", "status": "measured"}
            writer.writerow(dict.fromkeys(writer.fieldnames, "") | own | row)
    return list(judge(read_records(file)))


def of_dose(organ: str, value: float, quantity: str = "percent_ID", **cells: str) -> dict[str, str]:
    return {"organ": organ, "value": f"{value}", "quantity": quantity, "time": "4", "time_unit": "h"} | cells


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        (of_dose("liver", 130.0), "impossible"),
        (of_dose("liver", 1.3, "fraction_of_dose"), "impossible"),
        (of_dose("blood", 103.0), "doubtful"),
        (of_dose("liver", 150.0, "%ID/g"), "impossible"),  # 1.3 g in a mouse
        (of_dose("spleen", 160.0, "% of injected dose per gram"), "sound"),  # 0.1 g
        (of_dose("liver", 30.0, "%IA/g", species="Wistar rats"), "impossible"),  # 10 g in a rat
        (of_dose("plasma", 300.0, "percent_ID_per_mL"), "impossible"),
        (of_dose("brain", -0.01, "%ID/g"), "doubtful"),
        (of_dose("liver", -40.0, "%ID/g"), "impossible"),
        (of_dose("liver", -20.0, "ug_per_g"), "impossible"),
        (of_dose("liver", 20.0, "%ID/g", time="-1"), "impossible"),
        (of_dose("liver", 20.0, "%ID/g", size_nm="0"), "impossible"),
        (of_dose("liver", 0.0, "rank"), "impossible"),
        (of_dose("liver", 0.5, "detected"), "impossible"),
        (of_dose("liver", -1.0, "direction_vs_healthy"), "unchecked"),
    ],
)
def test_a_row_of_biodistribution(tmp_path: Path, row: dict[str, str], verdict: str) -> None:
    (one,) = verdicts(tmp_path, BIODISTRIBUTION, row)
    assert one.verdict == verdict, one


def test_organs_of_the_same_animals_hold_no_more_than_the_dose(tmp_path: Path) -> None:
    organs = [of_dose("liver", 70.0), of_dose("spleen", 20.0), of_dose("lungs", 25.0)]
    assert {one.verdict for one in verdicts(tmp_path, BIODISTRIBUTION, *organs)} == {"impossible"}
    assert verdicts(tmp_path, BIODISTRIBUTION, *organs[:2])[0].verdict == "sound"
    later = [*organs[:2], organs[2] | {"time": "24"}]
    assert verdicts(tmp_path, BIODISTRIBUTION, *later)[0].verdict == "sound"
    two_arms = [*organs, of_dose("liver", 60.0)]  # which liver goes with the spleen is not said
    assert {one.verdict for one in verdicts(tmp_path, BIODISTRIBUTION, *two_arms)} == {"sound"}
    parts = [*organs[:2], of_dose("liver macrophages", 60.0)]
    assert verdicts(tmp_path, BIODISTRIBUTION, *parts)[0].verdict == "sound"


def test_a_half_life_beyond_what_was_followed(tmp_path: Path) -> None:
    curve = [of_dose("blood", 10.0 / t, "%ID/mL", time=f"{t}") for t in (1, 2, 3)]
    half = of_dose("blood", 400.0, "half_life", time="")
    assert verdicts(tmp_path, BIODISTRIBUTION, *curve, half)[-1].verdict == "impossible"
    assert verdicts(tmp_path, BIODISTRIBUTION, *curve, half | {"value": "30"})[-1].verdict == "doubtful"
    assert verdicts(tmp_path, BIODISTRIBUTION, curve[0], half)[-1].verdict == "unchecked"


def of_body(parameter: str, value: float, unit: str, **cells: str) -> dict[str, str]:
    return {"parameter": parameter, "value": f"{value}", "unit": unit, "n": "4"} | cells


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        (of_body("half-life", -3, "min"), "impossible"),
        (of_body("influx constant", 0.5, "h"), "impossible"),
        (of_body("influx constant", 0.5, "mL/g/min"), "sound"),
        (of_body("clearance", 38, "mL/h"), "sound"),
        (of_body("clearance", 1500, "mL/h/kg"), "sound"),
        (of_body("clearance", 50, "L/h"), "impossible"),  # a mouse heart pumps half a litre an hour
        (of_body("clearance", 50, "L/h", species="human"), "sound"),
        (of_body("AUC0-24", 5, "µg·h/mL"), "sound"),
        (of_body("AUC", 5, "mL"), "impossible"),
        (of_body("half-life", 5, "h", spread="12", spread_kind="sd"), "impossible"),
        (of_body("half-life", 5, "h", spread="9", spread_kind="sd"), "sound"),
        (of_body("half-life", 5, "h", spread="6", spread_kind="sem"), "impossible"),
        (of_body("loss", 130, "percent"), "impossible"),
        (of_body("loss", 51, "percent", temperature_c="-300"), "impossible"),
        (of_body("loss", 51, "percent", time_days="-1"), "impossible"),
        (of_body("recovery", 120, "percent"), "doubtful"),
        (of_body("recovery", -4, "percent"), "impossible"),
        (of_body("mirna_copies_per_particle", -2, "molecules/particle"), "impossible"),
        (of_body("zeta_potential", -20, "mV"), "sound"),
    ],
)
def test_a_parameter(tmp_path: Path, row: dict[str, str], verdict: str) -> None:
    (one,) = verdicts(tmp_path, PARAMETER, row)
    assert one.verdict == verdict, one


def test_a_rate_and_its_half_life(tmp_path: Path) -> None:
    half = of_body("elimination half-life", 10, "h")
    for rate, verdict in ((0.07, "sound"), (1.2, "doubtful")):
        assert verdicts(tmp_path, PARAMETER, half, of_body("elimination rate constant", rate, "1/h"))[
            1
        ].verdict == (verdict)
