"""Explanations: the count cannot carry the effect, weights add up; arrows name parameters that exist."""

import numpy as np
import pytest

from exodyn.calibration import explanations
from exodyn.calibration.explanations import WEIGHTS, predicted, probabilities, usual_dose, weigh
from exodyn.engine import Dose, Engine, Schedule
from exodyn.evidence.arrows import arrows
from exodyn.evidence.draws import explanations as kept
from exodyn.indications.stroke import STROKE
from exodyn.study import Study
from exodyn.study.starter import starter
from exodyn.study.uncertainty import model_columns


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


def test_a_draw_has_one_explanation_as_often_as_it_is_probable() -> None:
    draws = kept()
    assert draws.stale() == ""
    on = {way: draws.values[weight] > 0 for way, weight in WEIGHTS.items()}
    assert np.all(np.sum(list(on.values()), axis=0) == 1)
    for way, mine in on.items():
        expected = (probabilities(True)[way] + probabilities(False)[way]) / 2
        assert mine.mean() == pytest.approx(expected, abs=0.01)


def test_the_usual_dose_gives_as_much_signal_whichever_way_it_is() -> None:
    draws = kept()
    engine = Engine(STROKE.model("mouse", "adipose_msc_exosomes", "intravenous"), outputs=["signal"])
    doses = Schedule([Dose("blood", amount=usual_dose(), time=1.0)])

    def total(given: dict[str, np.ndarray], patients: int) -> np.ndarray:
        run = engine.run(given, patients=patients, times=explanations.COURSE, doses=doses, rtol=1e-5)
        return np.trapezoid(run.values[:, :, 0], explanations.COURSE, axis=1)

    found = total(dict(draws.values), draws.count)
    acts = draws.values["count_weight"] == 0
    assert found[acts] == pytest.approx(np.full(acts.sum(), np.median(found)), rel=0.01)
    assert np.all(found[~acts] < 1e-3)  # native miRNA by number does nothing
    probable = np.mean(acts)  # without draws: the ways' mean
    assert total({}, 1)[0] == pytest.approx(probable * np.median(found), rel=0.01)


def test_every_patient_of_a_study_lives_by_an_explanation() -> None:
    columns = model_columns(Study.parse(starter(STROKE, "mouse")))
    for weight in WEIGHTS.values():
        assert np.array_equal(columns[weight], kept().values[weight])
    full = starter(STROKE, "mouse").replace("[[arms]]", '[model]\nsize = "full"\n\n[[arms]]', 1)
    assert not set(WEIGHTS.values()) & set(model_columns(Study.parse(full)))
