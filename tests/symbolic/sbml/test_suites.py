"""Other people's models with known answers; skipped where the suites are not at hand."""

from __future__ import annotations

import csv
import importlib.util
import sys
from collections import defaultdict
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from exodyn.cli.simulate import simulate
from exodyn.symbolic.sbml import read_sbml

RUNNER = Path(__file__).resolve().parents[3] / "benchmarks" / "sbml_suite.py"
QUICK = 7
"""Every so manieth case is run by `make test`."""


@pytest.fixture(scope="module")
def suite() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sbml_suite", RUNNER)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def check(suite: ModuleType, folder: Path, rows: list[dict[str, str]]) -> None:
    """What must pass is right; the rest is right or refused; nothing is wrong."""
    problems = []
    for row in rows:
        found, why = suite.outcome(folder / row["case"])
        allowed = {"must pass": {"right"}, "may refuse": {"right", "refused"}}
        # Equal priorities come in random order: the table is the likely result only.
        if found not in allowed.get(row["category"], {"right", "refused", "wrong"}):
            problems.append(f"{row['case']} ({row['category']}): {found}: {why}")
    assert not problems, "\n".join(problems)


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "index.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_part_of_the_sbml_test_suite(shared_cases, suite):
    folder = shared_cases / "sbml"
    check(suite, folder, rows_of(folder)[::QUICK])


@pytest.mark.slow
def test_the_sbml_test_suite(shared_cases, suite):
    folder = shared_cases / "sbml"
    check(suite, folder, rows_of(folder))


def biomodel(folder: Path, row: dict[str, str], references: list[dict[str, str]]) -> list[str]:
    """Where a model is off by more than 1e-6 of a maximum, or than the reference agrees with itself."""
    end = float(row["end_time"])
    path = folder / f"{row['id']}.xml"
    species = [v.id for v in read_sbml(path).variables.values() if v.kind == "species"]
    result = simulate(str(path), f"0:{end!r}:101", species)
    problems = []
    for reference in references:
        values = result["values"][reference["variable"]]
        size = np.max(np.abs(values)) or 1.0
        allowed = max(1e-6, float(reference["two_tolerances_agree_to"] or 0.0))
        for when in ("half", "end"):
            at = round(float(reference[f"time_{when}"]) / end * 100)
            expected = float(reference[f"value_{when}"])
            if not abs(values[at] - expected) <= allowed * size:
                problems.append(f"{row['id']} {reference['variable']}: {values[at]!r}, expected {expected!r}")
    return problems


@pytest.mark.parametrize("part", ["quick", pytest.param("all", marks=pytest.mark.slow)])
@pytest.mark.peer
def test_curated_models(shared_cases, part):
    folder = shared_cases / "biomodels"
    references: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (folder / "reference.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            references[row["id"]].append(row)
    rows = rows_of(folder)
    chosen = [row for row in rows if float(row["load_s"]) < 0.1] if part == "quick" else rows
    problems = [line for row in chosen for line in biomodel(folder, row, references[row["id"]])]
    assert not problems, "\n".join(problems)
