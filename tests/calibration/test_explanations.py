"""Explanations: the count cannot carry the effect, weights add up; arrows name parameters that exist."""

import pytest

from exodyn.calibration import explanations
from exodyn.calibration.explanations import predicted, weigh
from exodyn.evidence.arrows import arrows
from exodyn.indications.stroke import STROKE


def test_arrows_name_parameters_of_the_full_model_and_of_no_default_one() -> None:
    full = {one.name for one in STROKE.full.model("mouse", "adipose_msc_exosomes", "intravenous").parameters}
    default = {one.name for one in STROKE.model("mouse", "adipose_msc_exosomes", "intravenous").parameters}
    named = {one.parameter for one in arrows() if one.parameter}
    assert named <= full
    assert not named & default
    assert len({one.id for one in arrows()}) == len(arrows())


@pytest.mark.parametrize("with_loading", [True, False])
def test_weights_add_up_and_the_count_has_the_least(with_loading: bool) -> None:
    found = {one.way: one for one in weigh(with_loading)}
    assert sum(one.probability for one in found.values()) == pytest.approx(1)
    assert min(found, key=lambda way: found[way].probability) == "count"
    assert found["count"].effect[2] < 0.01  # standard deviations, at the upper end of what sources leave
    assert found["contact"].effect[2] > 1


def test_quantitative_arrows_by_count_miss_what_was_measured() -> None:
    found = {one.cargo: predicted(one) for one in arrows() if one.quantitative}
    what, left, _ = found["siRNA against BACE1"]
    assert what.startswith("target left")
    assert left[0] > 0.9  # measured: 0.4 is left
    assert found["neprilysin"] is None  # for a model that is not there yet


def test_more_copies_leave_less_of_the_target(monkeypatch: pytest.MonkeyPatch) -> None:
    (arrow,) = (one for one in arrows() if one.id == "ARW13")
    few = predicted(arrow)[1]
    monkeypatch.setattr(explanations, "LOADED", (1e9, 1e10))
    assert predicted(arrow)[1][1] < few[1]
