"""The posterior of the untreated course of stroke, as the package keeps it."""

import numpy as np
import pytest

from exodyn.calibration.stroke import main
from exodyn.calibration.stroke_likelihood import FITTED
from exodyn.calibration.stroke_predicted import Predicted, compare
from exodyn.calibration.transfer import CARRY_OVER
from exodyn.evidence import draws_of, is_validation, record
from exodyn.indications.stroke import parameters
from exodyn.inference.sample import LARGEST_R_HAT


@pytest.fixture(scope="module")
def found() -> dict[str, Predicted]:
    return {one.target.name: one for one in compare()}


def test_draws_are_of_converged_chains_of_this_release() -> None:
    draws = draws_of("stroke", "human")
    assert draws is not None
    assert draws.stale() == ""
    assert draws.manifest["r_hat"] <= LARGEST_R_HAT
    fitted = {name for name in draws.values if not name.startswith(CARRY_OVER)}
    assert fitted == {*FITTED, "baseline_share"}
    for name in fitted:
        assert draws.units[name] == parameters("human")[name].unit


def test_no_study_held_back_stands_behind_them() -> None:
    draws = draws_of("stroke", "human")
    assert draws is not None
    assert draws.manifest["records"]
    assert not any(is_validation(record(id)) for id in draws.manifest["records"])


def test_values_on_file_lie_inside_the_draws() -> None:
    """The files hold the posterior's medians, of which a draw differs by what a new cohort adds."""
    draws = draws_of("stroke", "human")
    assert draws is not None
    for name, column in draws.values.items():
        if name.startswith(CARRY_OVER):
            continue
        low, high = np.quantile(column, (0.05, 0.95))
        assert low <= parameters("human")[name].value <= high


def test_four_fifths_of_figures_held_back_lie_in_the_90_percent_band(found: dict[str, Predicted]) -> None:
    held = [one for one in found.values() if one.target.use == "validation"]
    assert len(held) == 14
    assert np.mean([one.inside for one in held]) >= 0.8


def test_cohorts_held_back_are_predicted_better_than_by_the_pool_fitted_to(
    found: dict[str, Predicted],
) -> None:
    """Skill: mean absolute error over the mRS shares of HERMES against taking the Lees pool for it."""
    arms = [[found[f"lees_{arm}_mrs_{k}"].target for arm in ("early", "late")] for k in range(7)]
    pool = [sum(t.value * t.n for t in both) / sum(t.n for t in both) for both in arms]
    held = [found[f"hermes_mrs_{k}"] for k in range(7)]
    ours = np.mean([abs(one.median - one.target.value) for one in held])
    assert ours < np.mean([abs(p - one.target.value) for p, one in zip(pool, held, strict=True)])


def test_a_cohort_that_is_not_fitted_to_cannot_be_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    """Names may follow --write, as the help says."""
    with pytest.raises(SystemExit) as stopped:
        main(["leave-out", "--write", "toats"])
    assert stopped.value.code == 2
    assert "no cohort 'toats' is fitted to; did you mean 'toast'?" in capsys.readouterr().err
