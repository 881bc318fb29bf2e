"""Runs: equal to the last bit whatever the way, whole or not there, exact where the answer is known."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exodyn.errors import InputError, MachineError
from exodyn.study import Result, Study, check_space, compare, run, run_into
from exodyn.study.directory import PartialDirectory
from exodyn.study.ensemble import Failure
from exodyn.study.run import COMPRESSION, ERRORS
from exodyn.symbolic import override

from . import toy


def study(**changes: Any) -> Study:
    return dataclasses.replace(Study.parse(toy.STUDY, "toy.toml", toy.find), **changes)


def everything(result: Result) -> dict[str, Any]:
    """All of a result that must not depend on how it was computed."""
    tables = {name: result.table(name).to_pandas() for name in result.stored}
    keys = {
        "patients": ["patient"],
        "readouts": ["arm", "patient", "time"],
        "trajectories": ["arm", "patient", "time"],
    }
    ordered = {name: table.sort_values(keys[name], ignore_index=True) for name, table in tables.items()}
    return {
        "summary": result.summary,
        "failures": result.failures,
        "identity": result.manifest["identity_sha256"],
        "accuracy": [result.manifest[name] for name in ERRORS],
        "tables": {name: table.to_csv(float_format="%r") for name, table in ordered.items()},
    }


class CutError(Exception):
    """A run cut off after some patients."""


@st.composite
def studies(draw: st.DrawFn) -> Study:
    """Any study of the toy: model parameters, population, schedule, precision, patients, seed."""
    number = st.floats(0.1, 3.0)
    unit = draw(st.sampled_from(["particles", "particles/kg"]))
    doses = f'''dose = "{draw(number):.3g}e{draw(st.integers(6, 12))} {unit}"
start = "{draw(st.integers(0, 200))} h"
interval = "{draw(st.floats(0.1, 20)):.3g} d"
count = {draw(st.integers(1, 4))}
'''
    if draw(st.booleans()):
        doses += f'infusion = "{draw(st.floats(0.01, 30)):.3g} h"\n'
    text = toy.STUDY[: toy.STUDY.index("dose =")] + doses
    text += f"""
[population.severity]
kind = "{draw(st.sampled_from(["lognormal", "normal"]))}"
center = {draw(st.floats(5, 20))}
spread = {draw(st.floats(0, 0.5))}
[parameters.k_out]
value = {draw(number)}
unit = "1/d"
status = "assumed"
reason = "any"
[numerics]
precision = "{draw(st.sampled_from(["double", "single"]))}"
rtol = {draw(st.sampled_from([1e-4, 1e-3]))}
"""
    return dataclasses.replace(
        Study.parse(text, find=toy.find),
        patients=draw(st.integers(1, 40)),
        seed=draw(st.integers(0, 2**63 - 1)),
        keep=draw(st.sampled_from(["trajectories", "readouts", "summary"])),
    )


def check_every_way(folder: Path, one: Study, threads: int, chunk: int, stop: int) -> None:
    """In memory in one go, and in a directory by chunks and threads, cut off and resumed: the same bits."""
    target = folder / "run"

    def cut(done: int) -> None:
        if done > stop:
            raise CutError

    try:
        run_into(one, target, threads, chunk, cut)
    except CutError:
        assert not target.exists()
    resumed = run_into(one, target, 1, chunk) if not target.exists() else Result.load(target)
    assert everything(resumed) == everything(run(one, threads=1, chunk=64))
    assert not target.with_name("run.partial").exists()


WAYS = {
    "one": studies(),
    "threads": st.integers(1, 3),
    "chunk": st.integers(3, 50),
    "stop": st.integers(0, 40),
}


@settings(max_examples=10)
@given(**WAYS)
def test_results_are_equal_to_the_last_bit(
    tmp_path_factory: pytest.TempPathFactory, one: Study, threads: int, chunk: int, stop: int
) -> None:
    check_every_way(tmp_path_factory.mktemp("runs"), one, threads, chunk, stop)


@pytest.mark.slow
@settings(max_examples=int(os.environ.get("EXODYN_WAYS", "1000")))
@given(**WAYS)
def test_a_thousand_results_are_equal_to_the_last_bit(
    tmp_path_factory: pytest.TempPathFactory, one: Study, threads: int, chunk: int, stop: int
) -> None:
    """EXODYN_WAYS sets how many configurations are tried."""
    check_every_way(tmp_path_factory.mktemp("runs"), one, threads, chunk, stop)


def test_an_interrupted_run_computes_only_what_is_missing(tmp_path: Path) -> None:
    one, seen = study(patients=30), []

    def cut(done: int) -> None:
        if done >= 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_into(one, tmp_path / "run", 1, 10, cut)
    run_into(one, tmp_path / "run", 1, 10, seen.append)
    assert seen == [20, 30]


def test_another_seed_does_not_go_on_from_it(tmp_path: Path) -> None:
    with pytest.raises(CutError):
        run_into(
            study(), tmp_path / "run", 1, 10, lambda done: (_ for _ in ()).throw(CutError()) if done else None
        )
    with pytest.raises(InputError, match=r"study\.seed: 3 -> 4"):
        run_into(study(seed=4), tmp_path / "run", 1, 10)
    assert not (tmp_path / "run").exists()


def test_patients_do_not_change_when_there_are_more_of_them() -> None:
    few, many = run(study(patients=10), threads=1), run(study(patients=25), threads=1)
    table = many.table("readouts").to_pandas()
    first = table[table["patient"] < 10].reset_index(drop=True)
    assert first.equals(few.table("readouts").to_pandas())


def test_arms_follow_the_same_patients() -> None:
    result = run(study(patients=50), threads=1)
    before = result.to_xarray()["Score"].sel(time=1.0)
    np.testing.assert_array_equal(before.sel(arm="none"), before.sel(arm="vesicles"))


def test_values_are_those_of_the_closed_form() -> None:
    """Untreated, the toy's deficit is start * exp(-k t); its hazard is the integral of that."""
    result = run(study(patients=30, rtol=1e-8), threads=1)
    traits = result.table("patients").to_pandas()
    seen = result.to_xarray().sel(arm="none")
    days = seen["time"].to_numpy()
    k = traits["healing"].to_numpy()[:, None]
    expected = traits["severity"].to_numpy()[:, None] * np.exp(-k * days)
    np.testing.assert_allclose(seen["deficit"], expected, rtol=1e-6)
    np.testing.assert_allclose(
        seen["hazard"], 2e-4 / k * (traits["severity"].to_numpy()[:, None] - expected), rtol=1e-5
    )
    assert seen["deficit"].attrs["units"] == "points"


def test_a_dose_per_kg_is_the_patients_own() -> None:
    result = run(study(patients=20, rtol=1e-8), threads=1)
    weight = result.table("patients").to_pandas()["weight"].to_numpy()
    # one infusion over 1/24 d from day 1, then decay with 2/d until day 7
    flow, length = 1e10 * weight * 24, 1 / 24
    expected = flow / 2 * (1 - np.exp(-2 * length)) * np.exp(-2 * (6 - length))
    np.testing.assert_allclose(
        result.to_xarray()["plasma"].sel(arm="vesicles", time=7.0), expected, rtol=1e-6
    )


def test_summary_follows_from_the_readouts() -> None:
    result = run(study(patients=200), threads=1)
    values = result.to_xarray()["Score"]
    rows = {(row["arm"], row["visit_d"]): row for row in result.scale("Score").rows}
    for arm in ("none", "vesicles"):
        for day in (1.0, 7.0, 90.0):
            column = values.sel(arm=arm, time=day).to_numpy()
            change = column - values.sel(arm=arm, time=1.0).to_numpy()
            row = rows[arm, day]
            assert row["n"] == np.isfinite(column).sum()
            assert row["mean"] == pytest.approx(np.nanmean(column))
            assert row["median"] == np.nanmedian(column)
            assert row["change"] == pytest.approx(np.nanmean(change))
    difference = values.sel(arm="vesicles", time=7.0) - values.sel(arm="none", time=7.0)
    chance = float(difference.std()) / math.sqrt(len(difference))  # of one rater instead of several
    assert rows["vesicles", 7.0]["difference"] == pytest.approx(float(difference.mean()), abs=4 * chance)
    assert rows["vesicles", 7.0]["difference_low"] < rows["vesicles", 7.0]["difference"] < 0
    assert rows["none", 7.0]["difference"] is None


def test_the_monte_carlo_error_is_the_spread_over_seeds() -> None:
    results = [run(study(patients=60, seed=seed, keep="summary"), threads=1) for seed in range(40)]
    rows = [result.scale("Score").rows[2] for result in results]
    spread = np.std([row["mean"] for row in rows], ddof=1)
    claimed = np.mean([row["mc_error"] for row in rows])
    assert 0.7 < spread / claimed < 1.4


def test_what_is_kept_grows_with_what_is_asked() -> None:
    stored = {
        keep: run(study(patients=300, keep=keep), threads=1)
        for keep in ("summary", "readouts", "trajectories")
    }
    assert list(stored["summary"].stored) == ["trajectories"]
    patients = {name: one.to_xarray("trajectories").sizes["patient"] for name, one in stored.items()}
    assert patients == {"summary": 256, "readouts": 256, "trajectories": 300}
    with pytest.raises(InputError, match="kept no readouts"):
        stored["summary"].to_xarray()
    assert stored["summary"].summary == stored["trajectories"].summary


@dataclass(frozen=True)
class BluntScore(toy.Score):
    """A scale that makes a number even of NaN."""

    name: str = "Blunt"

    def observe(self, readouts: Any, uniforms: Any) -> Any:
        return (readouts["deficit"] > 5).astype(float)


def test_failures_are_listed_and_the_others_finish(tmp_path: Path) -> None:
    """Patients 3 and 17 start at NaN: they fail in every arm, are rated nowhere; nobody else is touched."""
    sick = (3, 17)
    weights = run(study(patients=25), threads=1).table("patients").to_pandas()["weight"]

    def person(species: str, traits: Any, known: Any = None) -> Any:
        found = toy.TOY.person(species, traits)
        broken = np.isin(traits["weight"], weights[list(sick)])
        return found | {"start_deficit": np.where(broken, np.nan, found["start_deficit"])}

    toy_with_failures = dataclasses.replace(
        toy.TOY, person=person, scales=lambda species, known=None: (toy.Score(), BluntScore())
    )
    result = run_into(study(patients=25, indication=toy_with_failures), tmp_path / "run", 1, chunk=10)
    assert {(one.patient, one.arm) for one in result.failures} == {
        (k, a) for k in sick for a in ("none", "vesicles")
    }
    assert all("finite" in failure.cause for failure in result.failures)
    assert [result.scale(name).rows[0]["n"] for name in ("Score", "Blunt")] == [23, 23]
    whole = run(study(patients=25), threads=1).to_xarray()["Score"]
    others = [patient for patient in range(25) if patient not in sick]
    seen = result.to_xarray()["Score"]
    np.testing.assert_array_equal(seen.sel(patient=others), whole.sel(patient=others))
    assert np.isnan(seen.sel(patient=list(sick))).all()
    assert (tmp_path / "run" / "failures.csv").read_text().count("\n") == 1 + 4


def test_arms_may_run_different_models() -> None:
    """By another route vesicles leave twice as fast; each arm has its route's model."""

    def model(species: str, product: str, route: str) -> Any:
        found = toy.TOY.model(species, product, route)
        return override(found, "k_out", 4, "1/d", status="assumed", source="x") if route == "fast" else found

    two_routes = dataclasses.replace(toy.TOY, model=model, routes=lambda species: ("intravenous", "fast"))
    arm = toy.STUDY[toy.STUDY.index("[[arms]]", toy.STUDY.index("control")) :].split("[[arms]]")[2]
    other = arm.replace('"vesicles"\nproduct', '"quick"\nproduct').replace("intravenous", "fast")
    text = toy.STUDY.replace('"7 d", "90 d"', '"2 d", "90 d"') + f"\n[[arms]]{other}"
    one = dataclasses.replace(Study.parse(text, find=lambda name: two_routes), rtol=1e-8)
    plasma = run(one, threads=1).to_xarray()["plasma"].sel(time=2.0)
    ratio = plasma.sel(arm="quick") / plasma.sel(arm="vesicles")
    np.testing.assert_allclose(ratio, np.exp(-2) * (np.expm1(4 / 24) / 4) / (np.expm1(2 / 24) / 2), rtol=1e-5)


def test_a_first_visit_at_the_injury_itself() -> None:
    text = toy.STUDY.replace('["1 d"', '["0 d", "1 d"')
    seen = run(Study.parse(text, find=toy.find), threads=1)
    traits = seen.table("patients").to_pandas()
    np.testing.assert_allclose(
        seen.to_xarray()["deficit"].sel(arm="none", time=0.0), traits["severity"], rtol=1e-12
    )


def test_a_directory_can_be_read_saved_and_compared(tmp_path: Path) -> None:
    written = run_into(study(), tmp_path / "run", 1)
    read = Result.load(tmp_path / "run")
    assert everything(read) == everything(written)
    read.save(tmp_path / "copy")
    again = Result.load(tmp_path / "copy")
    assert everything(again) == everything(read)
    assert compare(read, again).same
    other = run(study(seed=4), threads=1)
    found = compare(read, other)
    assert found.inputs == ("study.seed: 3 -> 4",)
    assert not found.same
    assert not any(line["beyond_chance"] for line in found.results)


def test_two_different_treatments_are_beyond_chance() -> None:
    text = toy.STUDY.replace("1e10 particles/kg", "1e13 particles/kg")
    strong = run(Study.parse(text, find=toy.find), threads=1)
    found = compare(run(study(), threads=1), strong)
    beyond = {(line["arm"], line["visit_d"]) for line in found.results if line["beyond_chance"]}
    assert ("vesicles", 7.0) in beyond
    assert all(arm == "vesicles" for arm, _ in beyond)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "is no run directory"),
        ("{", "damaged"),
        ("[]", "damaged"),
        ('{"format": 0, "identity": {"exodyn": "0.0.1"}}', r"format 0, .* use exodyn 0\.0\.1"),
        ('{"format": 99}', "install a newer exodyn"),
        ('{"format": "old"}', "damaged"),
    ],
)
def test_a_directory_that_cannot_be_read_says_the_way_out(
    tmp_path: Path, content: str | None, message: str
) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(InputError, match=message):
        Result.load(tmp_path)


@pytest.mark.parametrize("name", ["counts.parquet", "failures.csv", "manifest.json"])
@pytest.mark.parametrize("harm", ["gone", "cut"])
def test_a_directory_that_lost_a_part_is_refused(tmp_path: Path, name: str, harm: str) -> None:
    run_into(study(patients=3, keep="summary"), tmp_path / "run", 1)
    file = tmp_path / "run" / name
    if harm == "cut":
        file.write_bytes(b"patient,arm\n1,x\n" if name == "failures.csv" else file.read_bytes()[:50])
    else:
        file.unlink()
    with pytest.raises(InputError, match=r"damaged.* again|no manifest\.json"):
        Result.load(tmp_path / "run")


def test_results_that_failed_differently_are_not_the_same() -> None:
    one = run(study(patients=3), threads=1)
    other = dataclasses.replace(one, failures=(Failure(1, "none", 2.0, "a cause"),))
    assert compare(one, one).same
    assert not compare(one, other).same


def test_space_already_used_is_not_asked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of 1 GB of which all but 10 MB is stored goes on with 20 MB free."""
    module = sys.modules[run.__module__]  # the package exports a function of the module's name
    monkeypatch.setattr(module, "_megabytes", lambda study: 1000 * COMPRESSION)
    monkeypatch.setattr("shutil.disk_usage", lambda place: SimpleNamespace(free=20e6))
    with pytest.raises(MachineError, match="no space left on device"):
        check_space(study(), tmp_path / "run")
    (tmp_path / "run.partial").mkdir()
    with (tmp_path / "run.partial" / "chunk").open("wb") as file:
        file.truncate(990_000_000)
    check_space(study(), tmp_path / "run")


def test_the_manifest_tells_how_to_repeat_the_run(tmp_path: Path) -> None:
    run_into(study(), tmp_path / "run", 1)
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert manifest["study_file"] == toy.STUDY == (tmp_path / "run" / "study.toml").read_text()
    identity = manifest["identity"]
    assert identity["study"]["seed"] == 3
    assert {"exodyn", "draws", "data_sha256", "engine", "libraries"} <= set(identity)
    assert "timings_s" not in identity
    with pytest.raises(InputError, match="not overwritten"):
        run_into(study(), tmp_path / "run", 1)
    with pytest.raises(InputError, match="not overwritten"):
        PartialDirectory(tmp_path / "run", identity)
