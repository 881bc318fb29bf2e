"""Data sets with published or exactly computed fits, as model files and event tables."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from pathlib import Path

from exodyn.inference.mixed import EventTable, ModelFile, read_model

REPOSITORY = Path(__file__).resolve().parents[3]
DATA = REPOSITORY / "tests" / "data" / "mixed"
THEOPHYLLINE = REPOSITORY / "examples" / "theophylline"


def model(folder: Path, text: str) -> ModelFile:
    """The model file with this text."""
    file = folder / "model.toml"
    file.write_text(text)
    return read_model(file)


def table(folder: Path, file: ModelFile, rows: list[Mapping[str, object]]) -> EventTable:
    """The rows as an event table, read for this model."""
    path = folder / "data.csv"
    with path.open("w", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return file.data(path)


def read_rows(name: str, keep: Callable[[dict[str, str]], bool] = lambda row: True) -> list[dict[str, str]]:
    """Rows of a CSV file of the tests' data."""
    with (DATA / name).open(newline="") as file:
        return [row for row in csv.DictReader(file) if keep(row)]


def theophylline_of_one(folder: Path, subject: str) -> tuple[ModelFile, EventTable]:
    """One subject, no variation: least squares, written as likelihood."""
    file = model(
        folder,
        """
        [model]
        pk = "one_compartment_oral"
        amount = "mg/kg"
        volume = "L/kg"
        [parameters]
        k_a = {start = 1.5}
        k_e = {start = 0.08}
        cl = {start = 0.04}
        v = {value = "cl / k_e"}
        [residual.concentration]
        additive = 0.7
        """,
    )
    with THEOPHYLLINE.with_suffix(".csv").open(newline="") as data:
        rows: list[Mapping[str, object]] = [row for row in csv.DictReader(data) if row["ID"] == subject]
    return file, table(folder, file, rows)


def indomethacin(folder: Path, subjects: str) -> tuple[ModelFile, EventTable]:
    """Two exponentials A1 exp(-a t) + A2 exp(-b t) after 25 mg into a vein, as a two-compartment model."""
    file = model(
        folder,
        """
        [model]
        pk = "two_compartments"
        [parameters]
        A1 = {start = 2.0}
        A2 = {start = 0.3}
        fast = {start = 2.0}
        slow = {start = 0.2}
        k21 = {value = "(A1 * slow + A2 * fast) / (A1 + A2)"}
        v1 = {value = "25 / (A1 + A2)"}
        cl = {value = "v1 * fast * slow / k21"}
        q = {value = "v1 * (fast + slow - k21) - cl"}
        v2 = {value = "q / k21"}
        [residual.concentration]
        additive = 0.1
        """,
    )
    rows: list[Mapping[str, object]] = []
    for row in read_rows("indomethacin.csv", lambda row: row["Subject"] in subjects):
        if not rows or rows[-1]["ID"] != row["Subject"]:
            rows.append({"ID": row["Subject"], "TIME": 0, "AMT": 25, "EVID": 1, "DV": ""})
        rows.append({"ID": row["Subject"], "TIME": row["time"], "AMT": "", "EVID": 0, "DV": row["conc"]})
    return file, table(folder, file, rows)


def phenobarbital(folder: Path, error: str, start: float, nodes: int) -> tuple[ModelFile, EventTable]:
    """59 neonates, clearance and volume per kg."""
    file = model(
        folder,
        f"""
        [model]
        pk = "one_compartment"
        [data]
        columns = {{ID = "Subject", DV = "conc", AMT = "dose"}}
        covariates = ["Wt"]
        [parameters]
        cl = {{start = 0.005, typical = "cl * Wt", between = "lognormal", sd = 0.2}}
        v = {{start = 1.0, typical = "v * Wt", between = "lognormal", sd = 0.2}}
        [residual.concentration]
        {error} = {start}
        [fit]
        nodes = {nodes}
        """,
    )
    return file, file.data(DATA / "phenobarbital.csv")


RECOVERY = '''
from exodyn.symbolic import TIME, Parameter, Process, Quantity, exp


class Recovery(Process):
    """IQ after coma: a level reached in the long run, and a deficit that fades."""

    level = Parameter("1", "IQ in the long run")
    deficit = Parameter("1", "what is missing at the end of coma")
    fading = Parameter("1/d", "rate at which the deficit fades")
    iq = Quantity("1", "IQ")

    iq.value = level + deficit * exp(-fading * TIME)
'''


def iq_after_coma(folder: Path, score: str) -> tuple[ModelFile, EventTable]:
    """200 patients, 331 tests; linear in the random effects, so that Laplace's method is exact."""
    (folder / "recovery.py").write_text(RECOVERY)
    file = model(
        folder,
        f"""
        correlated = [["level", "deficit"]]
        [model]
        processes = ["recovery.py:Recovery"]
        time = "d"
        [data]
        columns = {{ID = "id", TIME = "days", DV = "{score}"}}
        covariates = ["duration"]
        [parameters]
        fading = {{start = 0.01}}
        [parameters.level]
        start = 100
        typical = "level + level_duration * sqrt(duration)"
        between = "normal"
        sd = 14
        [parameters.deficit]
        start = -12
        typical = "deficit + deficit_duration * sqrt(duration)"
        between = "normal"
        sd = 4
        [effects]
        level_duration = {{start = -1}}
        deficit_duration = {{start = -3}}
        [residual.iq]
        additive = 6
        [fit]
        method = "focei"
        """,
    )
    rows: list[Mapping[str, object]] = []
    rows += sorted(read_rows("wong.csv"), key=lambda row: (row["id"], float(row["days"])))
    return file, table(folder, file, rows)


REMIFENTANIL = """
[model]
pk = "three_compartments"
amount = "ug"
volume = "L"
time = "min"
[parameters]
v1 = {start = 5, between = "lognormal", sd = 0.3}
v2 = {start = 9, between = "lognormal", sd = 0.3}
v3 = {start = 6, between = "lognormal", sd = 0.3}
cl = {start = 2.5, between = "lognormal", sd = 0.2}
q2 = {start = 1.7, between = "lognormal", sd = 0.3}
q3 = {start = 0.07, between = "lognormal", sd = 0.3}
[residual.concentration]
proportional = 0.2
[fit]
method = "focei"
"""


def remifentanil(folder: Path, data: Path) -> tuple[ModelFile, EventTable]:
    """65 volunteers; each row of the file holds a measurement and the infusion until the next row."""
    file = model(folder, REMIFENTANIL)
    rows: list[Mapping[str, object]] = []
    with data.open(newline="") as source:
        for row in csv.DictReader(source):
            here = {"ID": row["ID"], "TIME": row["Time"]}
            if row["conc"]:
                rows.append({**here, "EVID": 0, "AMT": "", "RATE": "", "DV": row["conc"]})
            if float(row["Amt"] or 0) > 0:
                rows.append({**here, "EVID": 1, "AMT": row["Amt"], "RATE": row["Rate"], "DV": ""})
    return file, table(folder, file, rows)


LINE = '''
from exodyn.symbolic import TIME, Parameter, Process, Quantity


class Line(Process):
    """A score that changes evenly with time."""

    level = Parameter("1", "score at time 0")
    slope = Parameter("1/month", "change per month")
    score = Quantity("1", "score")

    score.value = level + slope * TIME
'''


def functional_scale(folder: Path) -> tuple[ModelFile, EventTable]:
    """250 patients, five doses, a slope for each dose, random intercept and slope; simulated data."""
    (folder / "line.py").write_text(LINE)
    file = model(
        folder,
        """
        correlated = [["level", "slope"]]
        [model]
        processes = ["line.py:Line"]
        time = "month"
        [data]
        columns = {ID = "id", TIME = "time", DV = "resp"}
        covariates = ["dose"]
        [parameters.level]
        start = 200
        between = "normal"
        sd = 10
        [parameters.slope]
        start = -5
        between = "normal"
        sd = 2
        typical = "slope + where(eq(dose, 1), by_1, 0) + where(eq(dose, 3), by_3, 0) + FURTHER"
        [effects]
        by_1 = {start = 0.5}
        by_3 = {start = 2}
        by_10 = {start = 2}
        by_30 = {start = 2}
        [residual.score]
        additive = 10
        [fit]
        method = "focei"
        """.replace("FURTHER", "where(eq(dose, 10), by_10, 0) + where(eq(dose, 30), by_30, 0)"),
    )
    return file, file.data(DATA / "neurodeg.csv")
