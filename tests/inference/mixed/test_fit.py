"""Fits of simulated data: the truth is found, its checks pass, and what cannot be known is said."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from problems import model, table
from scipy import stats

from exodyn.cli import main
from exodyn.errors import InputError
from exodyn.inference import Free, Posterior
from exodyn.inference.mixed import output
from exodyn.inference.mixed.checks import bins, npde, predictions, simulated, vpc
from exodyn.inference.mixed.fit import MixedFit, _climbed, _Sized, fit
from exodyn.inference.optimise import Optima, Optimum

TRUTH = {"cl": 2.0, "sd(cl)": 0.3, "v": 10.0, "sd(v)": 0.2, "proportional": 0.1}
MODEL = """
[model]
pk = "one_compartment"
[parameters]
cl = {start = 1.5, unit = "L/h", between = "lognormal", sd = 0.4}
v = {start = 12, between = "lognormal", sd = 0.3}
[residual.concentration]
proportional = 0.2
[fit]
method = "focei"
replicates = 200
"""
LIMIT = 0.5


def rows(subjects: int, limit: float = 0.0) -> list[dict[str, object]]:
    """Subjects drawn from the truth, sampled at six times after a dose of 100."""
    random = np.random.default_rng(7)
    found: list[dict[str, object]] = []
    for subject in range(subjects):
        cl, v = 2 * np.exp(0.3 * random.standard_normal()), 10 * np.exp(0.2 * random.standard_normal())
        found.append({"ID": subject, "TIME": 0, "AMT": 100, "DV": "", "EVID": 1, "CENS": 0})
        for t in (0.5, 1, 2, 4, 8, 14):
            y = 100 / v * np.exp(-cl / v * t) * (1 + 0.1 * random.standard_normal())
            below = y < limit
            value = limit if below else round(y, 4)
            found.append({"ID": subject, "TIME": t, "AMT": "", "DV": value, "EVID": 0, "CENS": int(below)})
    return found


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> MixedFit:
    folder = tmp_path_factory.mktemp("fitted")
    file = model(folder, MODEL)
    return fit(file.likelihood(table(folder, file, list(rows(60, LIMIT)))))


def test_the_truth_is_found(fitted: MixedFit) -> None:
    assert fitted.converged
    assert np.any(fitted.likelihood.table.observations.censoring == 1)
    for one in fitted.estimates:
        assert one.se is not None
        assert abs(one.value - TRUTH[one.name]) < 3 * one.se, one.name
        assert one.se < 0.25 * one.value


def test_checks_of_the_right_model_pass(fitted: MixedFit) -> None:
    simulations = simulated(fitted, 300, 1)
    errors = npde(fitted, simulations)
    assert errors.mean_p > 0.01 and errors.variance_p > 0.01
    predicted = predictions(fitted)
    good = predicted.cwres[np.isfinite(predicted.cwres)]
    assert abs(good.mean()) < 0.15 and good.std() == pytest.approx(1, abs=0.12)
    check = vpc(fitted, simulations)
    # The band holds 90% of simulated percentiles: of 18 observed ones (less those censored) few lie outside.
    shown = np.isfinite(check.observed) & np.isfinite(check.low)
    outside = (check.observed < check.low) | (check.observed > check.high)
    assert np.sum(outside & shown) <= stats.binom.ppf(0.999, np.sum(shown), 0.1)
    assert check.below is not None and check.below_low is not None and check.below_high is not None
    assert check.below[-1] > 0.1
    assert np.all((check.below >= check.below_low - 0.05) & (check.below <= check.below_high + 0.05))


def test_a_wrong_model_fails_its_checks(fitted: MixedFit, tmp_path: Path) -> None:
    """Data of twice the variation between subjects."""
    simulations = simulated(fitted, 300, 1)
    wide = simulations.mean(axis=0) + 2 * (simulations - simulations.mean(axis=0))
    assert npde(fitted, wide).variance_p < 1e-3


def test_simulations_depend_on_the_seed_alone(fitted: MixedFit) -> None:
    assert np.array_equal(simulated(fitted, 3, 5), simulated(fitted, 3, 5))
    assert not np.array_equal(simulated(fitted, 3, 5), simulated(fitted, 3, 6))


def test_bins_hold_about_as_many_each() -> None:
    times = np.repeat([0.0, 1.0, 2.0, 5.0, 9.0], [40, 10, 10, 40, 40])
    edges = bins(times)
    counts = np.histogram(times, edges)[0]
    assert counts.sum() == len(times) and counts.min() > 0
    assert len(bins(np.zeros(5))) == 2  # one instant


def test_what_cannot_be_known_is_named(tmp_path: Path) -> None:
    """A share that is absorbed stands in no other place than beside volume and clearance."""
    text = (
        MODEL.replace(
            "[residual",
            '[parameters.share]\nstart = 0.5\n[doses.central]\nbioavailability = "share"\n[residual',
        )
        .replace("cl = {", "cl = {")
        .replace("[model]", "[model]", 1)
    )
    file = model(tmp_path, text)
    found = fit(file.likelihood(table(tmp_path, file, list(rows(12)))))
    assert not found.converged
    assert any("share" in words for words in found.undetermined)
    assert all(one.se is None for one in found.estimates)


# -- the command


def test_the_command_writes_a_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = model(tmp_path, MODEL)
    table(tmp_path, file, list(rows(15, LIMIT)))
    arguments = ["fit", file.path, str(tmp_path / "data.csv"), "-o", str(tmp_path / "out"), "--json"]
    assert main(arguments) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["converged"] and printed["censored"] > 0
    assert printed == {"directory": str(tmp_path / "out")} | json.loads(
        (tmp_path / "out/fit.json").read_text()
    )
    made = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"estimates.csv", "manifest.json", "model.toml", "predictions.csv", "subjects.csv"} <= made
    figures = {path.stem for path in (tmp_path / "out/figures").glob("*.svg")}
    assert {"vpc", "vpc_corrected", "individual_fits", "cwres_time", "npde_quantiles"} <= figures
    assert main(arguments) == 2  # the directory is there


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "one_compartment",
            "one_compartmnt",
            "no structure 'one_compartmnt'; did you mean 'one_compartment'?",
        ),
        ("v = {", "w = {", "parameters: 'v' is missing, which the structure needs"),
        ('"L/h"', '"mg/h"', "parameters.cl.unit"),
        (", sd = 0.4}", "}", "parameters.cl: between and sd need each other"),
        ("start = 1.5", "start = -1.5", "parameters.cl.start: -1.5, expected a number above 0"),
        ("start = 1.5", "begin = 1.5", "parameters.cl.begin: unknown key"),
        ("concentration]", "concentrate]", "no output 'concentrate'; did you mean 'concentration'?"),
        ("[residual", "[effects]\nage = {start = 1}\n[residual", "effects.age: decides nothing"),
        ("cl = {", 'cl = {typical = "cl * WGT", ', "parameters.cl.typical: `cl * WGT`: no 'WGT'"),
        ("[residual", '[parameters.x]\nvalue = "x + 1"\n[residual', "no 'x'"),
        ("[model]", 'correlated = [["cl", "k"]]\n[model]', "'k' does not vary"),
        ("focei", "foce", "fit.method: \"foce\" is not valid; did you mean 'focei'?"),
        ("proportional = 0.2", "proportional = 0.2\nlog = 0.1", "log stands alone"),
    ],
)
def test_wrong_model_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, message: str
) -> None:
    (tmp_path / "model.toml").write_text(MODEL.replace(old, new, 1))
    (tmp_path / "data.csv").write_text("ID,TIME,AMT,DV\n1,0,100,\n1,1,,5\n")
    assert (
        main(["fit", str(tmp_path / "model.toml"), str(tmp_path / "data.csv"), "-o", str(tmp_path / "out")])
        == 2
    )
    said = capsys.readouterr().err
    assert message in said and "model.toml" in said
    assert not (tmp_path / "out").exists()


def test_wrong_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = model(tmp_path, MODEL)
    assert main(["fit", file.path, "-o", str(tmp_path / "out")]) == 2
    assert "needs data" in capsys.readouterr().err
    (tmp_path / "data.csv").write_text("ID,TIME,AMT,DV\n1,0,100,\n1,1,,five\n")
    assert main(["fit", file.path, str(tmp_path / "data.csv"), "-o", str(tmp_path / "out")]) == 2
    assert "line 3, column 'DV'" in capsys.readouterr().err


def test_output_of_two_outputs_has_a_check_of_each(tmp_path: Path) -> None:
    text = MODEL.replace(
        "proportional = 0.2", "proportional = 0.2\ndvid = 1\n[residual.central]\nadditive = 2\ndvid = 2"
    )
    file = model(tmp_path, text)
    some = [{**row, "DVID": 1} for row in rows(8)]
    some += [{**row, "DV": 10 * float(str(row["DV"])), "DVID": 2} for row in rows(8) if row["EVID"] == 0]
    some.sort(key=lambda row: (int(str(row["ID"])), float(str(row["TIME"])), -int(str(row["EVID"]))))
    found = output.check(fit(file.likelihood(table(tmp_path, file, list(some)))), 100, 1)
    assert set(found.checks) == {
        "vpc_concentration", "vpc_corrected_concentration", "vpc_central", "vpc_corrected_central",
    }  # fmt: skip


def test_newtons_steps_climb_from_a_saddle_but_not_along_what_is_not_determined() -> None:
    """A search that stopped short: log density -x^2 + y^2 - y^4 at a saddle's side; z decides nothing."""
    free = tuple(Free(name, -10.0, 10.0) for name in "xyz")

    def likelihood(v: np.ndarray) -> tuple[float, np.ndarray]:
        x, y, _ = v
        return float(-(x**2) + y**2 - y**4), np.array([-2 * x, 2 * y - 4 * y**3, 0.0])

    def climbed(free: tuple[Free, ...], at: list[float]) -> np.ndarray:
        size = len(free)

        def of_these(v: np.ndarray) -> tuple[float, np.ndarray]:
            density, by = likelihood(np.append(v, 0.0)[:3])
            return density, by[:size]

        objective = Posterior(free, of_these)
        value, slope = objective.gradient(np.array(at))
        ended = Optimum(0, np.array(at), np.array(at), value, slope, 1, True, "a test")
        found, gain, undetermined, _ = _climbed(_Sized(objective, np.ones(size)), Optima(free, (ended,)))
        assert (gain < 1e-2 and not undetermined) if size == 2 else undetermined == ("z",)
        return found

    assert climbed(free[:2], [0.3, 0.1])[1] == pytest.approx(np.sqrt(0.5), abs=0.02)
    assert climbed(free, [0.05, 0.7, 4.0])[2] == 4.0


def test_data_that_can_determine_no_fit_are_refused(tmp_path: Path) -> None:
    file = model(tmp_path, MODEL)
    with pytest.raises(InputError, match=r"one subject does not tell how subjects differ: leave .* cl, v"):
        fit(file.likelihood(table(tmp_path, file, list(rows(1)))))
    hidden = [{**row, "CENS": 1, "DV": 50} if row["EVID"] == 0 else row for row in rows(3)]
    with pytest.raises(InputError, match="every measurement is censored"):
        fit(file.likelihood(table(tmp_path, file, hidden)))


def test_one_subject_without_random_effects_is_an_ordinary_fit(tmp_path: Path) -> None:
    plain = MODEL.replace(', between = "lognormal", sd = 0.4', "").replace(
        ', between = "lognormal", sd = 0.3', ""
    )
    file = model(tmp_path, plain)
    found = fit(file.likelihood(table(tmp_path, file, list(rows(1)))))
    assert found.converged and not found.undetermined
