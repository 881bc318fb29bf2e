"""Bands carry parameters, patients and noise, each on its own; draws of older data are told of."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from exodyn.errors import InputError
from exodyn.evidence import Draws, stamp
from exodyn.study import Study, by_draw, rating, run_into
from exodyn.study.tally import MISSING, Codes, differences
from exodyn.study.uncertainty import Uncertainty

from . import toy

SPREAD = np.array([8.0, 16.0, 8.0, 16.0, 12.0])
DRAWS = Draws(
    "toy",
    "human",
    {"k_death": np.array([0.0, 1e-4, 2e-4, 3e-4, 4e-4]), "population.severity.center": SPREAD},
    {"k_death": "1/points/d", "population.severity.center": "points"},
    stamp("a test", 1, "0.1"),
)


def study(**uncertainty: object) -> Study:
    return dataclasses.replace(
        Study.parse(toy.STUDY, "toy.toml", toy.find), uncertainty=Uncertainty(draws=DRAWS, **uncertainty)
    )


def readings(result, column: str = "Score") -> np.ndarray:
    return result.to_xarray()[column].sel(arm="none").values


def test_each_patient_lives_by_its_draw() -> None:
    traits = study(patients=False).run(threads=1).table("patients").to_pandas()
    assert traits["severity"].to_numpy() == pytest.approx(np.tile(SPREAD, 8))
    both = study().run(threads=1)
    alone = [study().of_draw(k).run(threads=1) for k in range(5)]
    for k in range(5):
        for name in ("Score", "hazard", "deficit"):
            # up to the error of integration: absolute tolerances follow the study's typical patient
            own, its = readings(both, name)[k::5], readings(alone[k], name)[k::5]
            assert own == pytest.approx(its, rel=1e-4, nan_ok=True)


def test_each_part_can_be_left_out() -> None:
    none = study(parameters=False, patients=False, noise=False).run(threads=1)
    assert np.unique(readings(none), axis=0).shape[0] == 1
    noise = study(parameters=False, patients=False).run(threads=1)
    assert np.unique(readings(noise, "deficit"), axis=0).shape[0] == 1
    assert np.unique(readings(noise), axis=0).shape[0] > 1
    parameters = study(patients=False, noise=False).run(threads=1)
    assert np.unique(readings(parameters), axis=0).shape[0] == 3  # three severities among the draws
    assert np.nanvar(readings(study().run(threads=1))) > np.nanvar(readings(parameters))


def test_threads_and_chunks_change_nothing() -> None:
    from exodyn.study import run

    one, two = run(study(), threads=1), run(study(), threads=2, chunk=7)
    assert np.array_equal(readings(one), readings(two), equal_nan=True)
    assert one.summary == two.summary


def test_the_summary_tells_how_much_of_a_mean_is_the_parameters() -> None:
    sure = dataclasses.replace(study(parameters=False), patients=2000).run()
    unsure = dataclasses.replace(study(), patients=2000).run()
    assert all(row["mean_parameter_sd"] is None for row in sure.summary)
    first = next(row for row in unsure.summary if row["scale"] == "Score" and row["arm"] == "none")
    means = [
        dataclasses.replace(study().of_draw(k), patients=2000).run().summary[0]["mean"] for k in range(5)
    ]
    assert first["mean_parameter_sd"] == pytest.approx(np.std(means, ddof=1), rel=0.1)


def test_several_raters_sharpen_a_difference_and_move_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an effect below one step of the scale, sixteen raters tell what one needs far more patients for."""
    weak = Study.parse(toy.STUDY.replace("1e10 particles/kg", "1e8 particles/kg"), "toy.toml", toy.find)
    some = dataclasses.replace(weak, patients=500)
    many = some.run()
    monkeypatch.setattr(rating, "RATERS", 1)
    one, truth = some.run(), dataclasses.replace(some, patients=20000).run()
    last = [rows.scale("Score").rows[-1] for rows in (one, many, truth)]
    assert last[0]["arm"] == "vesicles"
    assert (last[0]["mean"], last[0]["sd"], last[0]["change"]) == (
        last[1]["mean"],
        last[1]["sd"],
        last[1]["change"],
    )
    assert last[1]["difference_mc_error"] < 0.5 * last[0]["difference_mc_error"]
    error = np.hypot(last[1]["difference_mc_error"], last[2]["difference_mc_error"])
    assert last[1]["difference"] == pytest.approx(last[2]["difference"], abs=4 * error)


def test_a_spread_that_patients_alone_make_is_not_called_the_parameters() -> None:
    """Draws that do not differ, two patients or twenty a draw: no number. Ones that do: their spread."""
    random = np.random.default_rng(7)
    told = [of_draws(random.normal(0, 40, size=400 * each), 400) for each in (2, 20) for _ in range(40)]
    assert np.mean([one is not None for one in told]) < 0.1
    centers = 20 * random.normal(size=400)
    values = np.tile(centers, 20) + random.normal(0, 40, size=8000)
    values[random.random(8000) < 0.1] = np.nan
    found = of_draws(values, 400)
    assert found is not None
    assert found.sd == pytest.approx(0.5 * np.std(centers, ddof=1), rel=0.1)  # half a point a step
    assert (found.low, found.high) == pytest.approx(0.5 * np.quantile(centers, (0.05, 0.95)), rel=0.15)
    assert of_draws(values[:400], 400) is None


def test_a_band_over_draws_of_which_few_have_an_effect() -> None:
    """One draw in ten moves everybody by 4 steps: no patient differs within a draw, so the band is exact."""
    moved = np.tile(np.where(np.arange(50) % 10 == 0, -4.0, 0.0), 3)
    found = of_draws(moved, 50)
    assert found is not None
    assert (found.low, found.high) == (-2.0, 0.0)


def sums(codes: Codes, draws: int, first: int) -> by_draw.DrawSums:
    """Sums of one rater's readings, the first arm the control."""
    return by_draw.sum_up(codes, differences(codes[:, None], 0), draws, first)


def test_sums_by_draw_survive_the_disk_and_add_up() -> None:
    random = np.random.default_rng(3)
    codes = random.integers(0, 30, size=(2, 90, 3)).astype(np.int32)
    codes[random.random(codes.shape) < 0.1] = MISSING
    whole = sums(codes, 7, 5)
    parts = sums(codes[:, :40], 7, 5) + sums(codes[:, 40:], 7, 45)
    arms, visits = ("a", "b"), (0.0, 1.0, 2.0)
    read = by_draw.from_table(by_draw.to_table({"s": parts}, arms, visits), ["s"], 7, arms, visits)["s"]
    for one in (parts, read):
        for name in ("patients", "steps", "squares"):
            assert np.array_equal(getattr(one, name), getattr(whole, name))


def of_draws(values: np.ndarray, draws: int) -> by_draw.Spread | None:
    """The spread of one arm and visit, patients in the order of their numbers, in steps of half a point."""
    codes = np.where(np.isfinite(values), np.rint(values), MISSING).astype(np.int32)[None, :, None]
    return by_draw.spread(*sums(codes, draws, 0).at("value", 0, 0), 0.5)


@pytest.mark.filterwarnings("error")
def test_patients_who_all_agree_leave_the_draws_no_spread() -> None:
    found = of_draws(np.full(60, 4.0), 6)
    assert found is not None and dataclasses.astuple(found) == (0.0, 2.0, 2.0)


def test_a_study_file_names_its_draws_and_old_ones_are_told_of(tmp_path: Path) -> None:
    old = dataclasses.replace(DRAWS, manifest={**DRAWS.manifest, "data_sha256": "0" * 64})
    old.save(tmp_path / "old.parquet")
    file = tmp_path / "study.toml"
    file.write_text(toy.STUDY + '\n[uncertainty]\ndraws = "old.parquet"\nnoise = false\n')
    found = Study.load(file, toy.find)
    assert found.uncertainty.draws is not None
    assert found.uncertainty.draws.sha256 == DRAWS.sha256
    assert not found.uncertainty.noise
    assert any("older release of the data" in doubt for doubt in found.doubts())
    assert DRAWS.stale() == ""
    result = found.run(threads=1)
    assert any("older release of the data" in remark for remark in result.layout.remarks)
    assert result.manifest["identity"]["study"]["uncertainty"]["draws_sha256"] == DRAWS.sha256


def test_a_run_directory_holds_the_draws_that_repeat_it(tmp_path: Path) -> None:
    (tmp_path / "fit").mkdir()
    DRAWS.save(tmp_path / "fit" / "mine.parquet")
    file = tmp_path / "study.toml"
    file.write_text(toy.STUDY + '\n[uncertainty]\ndraws = "fit/mine.parquet"\n')
    first = run_into(Study.load(file, toy.find), tmp_path / "one", threads=1)
    again = run_into(Study.load(tmp_path / "one" / "study.toml", toy.find), tmp_path / "two", threads=1)
    assert first.summary == again.summary
    assert first.manifest["identity"] == again.manifest["identity"]


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ('draws = "none.parquet"', "cannot be read"),
        ("parameters = true", "no posterior draws of toy"),
        ("sharp = true", "sharp"),
    ],
)
def test_wrong_uncertainty_is_refused(tmp_path: Path, table: str, says: str) -> None:
    file = tmp_path / "study.toml"
    file.write_text(f"{toy.STUDY}\n[uncertainty]\n{table}\n")
    with pytest.raises(InputError, match=says):
        Study.load(file, toy.find)


def test_what_the_study_sets_itself_is_not_drawn() -> None:
    text = toy.STUDY + (
        '\n[parameters.k_death]\nvalue = 0\nunit = "1/points/d"\nstatus = "assumed"\nreason = "a test"\n'
    )
    own = dataclasses.replace(Study.parse(text, "toy.toml", toy.find), uncertainty=Uncertainty(draws=DRAWS))
    assert np.all(readings(own.run(threads=1), "hazard") == 0)
