"""The bridge from animal to man: conversions, the likelihood, what is left out, how its forecasts score."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from exodyn.evidence import (
    benefit_sign,
    families_of,
    group_of,
    is_adverse,
    measure_of,
    record,
    records,
    translation_truth,
)
from exodyn.translation import NoEffectError, effect_of, learn, predict
from exodyn.translation.bridge import _log_normal_rows
from exodyn.translation.effects import (
    LINEAR,
    LOG,
    LOG_ODDS_PER_SD,
    REDUCTION,
    SUPERIORITY,
    TRIAL_SE,
    Effect,
    Scaling,
    Shape,
    beside,
)
from exodyn.translation.predict import Mixture
from exodyn.translation.score import Forecast, at_equal_coverage, forecasts, frozen, score
from exodyn.translation.therapies import therapies

KNOWN = therapies(records("translation"))
BY_NAME = {one.name: one for one in KNOWN}


@pytest.mark.parametrize(
    ("id", "expected"),
    [
        ("TRB003", math.log(1.75)),  # good outcome: above one is benefit
        ("TRB016", -math.log(1.23)),  # bad outcome: above one is harm
        ("TRB051", -math.log(0.52)),  # worse outcome, below one favours treatment
        ("TRB062", 0.25 * LOG_ODDS_PER_SD),
        ("TRB036", 0.16 * LOG_ODDS_PER_SD / 6.7),  # NIHSS points, negative is better
    ],
)
def test_effects_are_benefit_positive_log_odds(id: str, expected: float) -> None:
    effect = effect_of(record(id))
    assert effect.value == pytest.approx(expected, rel=1e-12)


def test_a_risk_ratio_agrees_with_the_odds_ratio_of_its_counts() -> None:
    """ESCAPE-NA1: 337 of 549 against 329 of 556, printed as a risk ratio of 1.04."""
    effect = effect_of(record("TRB031"))
    exact = math.log(337 * (556 - 329) / (329 * (549 - 337)))
    assert effect.value == pytest.approx(exact, abs=0.03)


def test_an_effect_that_is_no_contrast_is_refused_with_the_reason() -> None:
    with pytest.raises(NoEffectError, match="no contrast"):
        effect_of(replace(record("TRB086"), unit="percent of patients"))
    with pytest.raises(NoEffectError, match="no effect unit"):
        effect_of(record("TRB022"))
    with pytest.raises(NoEffectError, match="expected more than 0"):
        effect_of(replace(record("TRB003"), value=-1.0))


@pytest.mark.parametrize(
    ("shape", "printed"),
    [(LINEAR, -3.0), (LOG, 0.4), (REDUCTION, 22.0), (SUPERIORITY, 0.7), (beside(30.0), 52.0)],
)
@given(sign=st.sampled_from([1, -1]), slope=st.floats(0.1, 5))
def test_scaling_and_back(shape: Shape, printed: float, sign: int, slope: float) -> None:
    scaling = Scaling(slope, shape, sign)
    assert scaling.printed(scaling.common(printed)) == pytest.approx(printed, rel=1e-9)


def test_a_share_beside_that_of_the_control_is_an_odds_ratio() -> None:
    """Responders of TRB086: 52% against 30% of placebo."""
    assert effect_of(record("TRB086")).value == pytest.approx(math.log(52 / 48 / (30 / 70)), rel=1e-12)


def test_every_human_row_with_a_unit_is_read() -> None:
    for row in records("translation"):
        if row.fields["side"] == "human" and row.unit:
            assert not effect_of(row).assumed, row.id


def test_a_scale_of_unknown_spread_has_the_one_that_its_interval_implies() -> None:
    """400 patients in two halves, standard error 2: a spread of 20, so 10 points are half of it."""
    reach = 1.959963984540054 * 2
    row = replace(
        record("TRB036"),
        unit="quux (positive = better)",
        quantity="quux",
        value=10.0,
        spread=(10 - reach, 10 + reach),
        n=400.0,
    )
    effect = effect_of(row)
    assert effect.value == pytest.approx(0.5 * LOG_ODDS_PER_SD, rel=0.01)
    assert effect.se == pytest.approx(TRIAL_SE / 20)
    assert effect.assumed
    with pytest.raises(NoEffectError, match="spread of patients"):
        effect_of(replace(row, spread=()))


@pytest.mark.parametrize(
    ("unit", "outcome", "measure", "benefit"),
    [
        ("RR (<1 favors treatment)", "death at 30 d", "risk ratio", -1),
        ("relative risk of unfavourable outcome (RR<1 favours EPO)", "GOS-E 1-4", "risk ratio", -1),
        ("common OR (>1 favours fluoxetine)", "mRS at 6 months", "odds ratio", 1),
        ("odds ratio", "mRS 0-1", "odds ratio", 1),
        ("odds ratio", "mRS 3\u20136 at 90 d", "odds ratio", -1),
        ("aOR", "death or dependency", "odds ratio", -1),
        ("cOR", "mRS shift", "odds ratio", 1),
        ("odds ratio for improvement", "unfavourable GOS-E", "odds ratio", 1),
        ("HR (<1 favours treatment)", "time to levodopa", "risk ratio", -1),
        ("hazard ratio", "survival", "risk ratio", 1),
        ("absolute risk reduction, percent", "mRS 5-6", "risk difference", -1),
        ("relative risk reduction, %", "poor outcome (positive = benefit)", "relative reduction", 1),
        ("log odds ratio", "good outcome", "log odds ratio", 1),
        ("Mann-Whitney estimator (>0.5 favours treatment)", "ARAT", "superiority", 1),
        ("ratio of infarct growth (<1 favours treatment)", "infarct growth", "ratio", -1),
        ("standardized mean difference (lower = better)", "mNSS", "smd", -1),
        ("Cohen's d", "locomotor score", "smd", 1),
        ("mean difference", "mRS at 90 d", "difference", -1),
        ("adjusted mean difference (higher is better)", "UEMS", "difference", 1),
        ("points on UPDRS (negative favours treatment)", "UPDRS", "difference", -1),
        ("points", "ADAS-Cog14", "difference", -1),
        ("MMSE points", "MMSE", "difference", 1),
        ("percent infarct reduction", "infarct", "percent change", 1),
        ("% change in infarct volume", "infarct", "percent change", -1),
        ("mRS or BI points", "mRS", "difference", 1),
        ("1 succeeded, 0 failed", "primary endpoint", "result", 0),
    ],
)
def test_units_are_read_by_their_words(unit: str, outcome: str, measure: str, benefit: int) -> None:
    assert measure_of(unit).name == measure
    if benefit and unit != "mRS or BI points":
        assert benefit_sign(unit, outcome, measure) == benefit


@given(st.lists(st.tuples(st.floats(-2, 2), st.floats(0.05, 1)), min_size=1, max_size=4), st.floats(0.01, 1))
def test_rows_that_share_an_effect_have_the_multivariate_normal_density(
    rows: list[tuple[float, float]], spread: float
) -> None:
    draws = {"trial_spread": np.array([0.1]), "early_bias": np.array([0.2]), "open_bias": np.array([0.3])}
    found = _log_normal_rows(
        draws,
        [(Effect(Scaling(1, LINEAR, 1), y, se), True, False) for y, se in rows],
        np.array([0.4]),
        np.array([spread]),
    )
    y, se = np.array(rows).T
    covariance = np.diag(se**2 + 0.1**2) + spread**2
    expected = stats.multivariate_normal(np.full(len(y), 0.4 + 0.2), covariance).logpdf(y)
    assert found[0] == pytest.approx(float(expected), rel=1e-9, abs=1e-9)


def test_quantiles_of_a_mixture() -> None:
    mixture = Mixture(np.array([0.0, 3.0]), np.array([1.0, 0.5]), np.array([0.7, 0.3]))
    for p in (0.05, 0.5, 0.95):
        assert mixture.below(mixture.quantile(p)) == pytest.approx(p, abs=1e-9)


def test_kin_are_found_by_family_and_by_name() -> None:
    assert BY_NAME["MSC (stroke)"].is_kin(BY_NAME["bone marrow mononuclear cells"])
    assert BY_NAME["MSC (stroke)"].is_kin(BY_NAME["MSC (cord injury)"])
    assert BY_NAME["hypothermia (stroke)"].is_kin(BY_NAME["hypothermia (TBI)"])
    assert not BY_NAME["alteplase"].is_kin(BY_NAME["tirilazad"])
    assert BY_NAME["normobaric oxygen with thrombectomy"].group == "protectant"


@pytest.mark.parametrize(
    ("name", "kind", "known"),
    [
        ("tPA", "thrombolytic", "alteplase"),
        ("tissue plasminogen activator", "clot dissolving", "alteplase"),
        ("disufenton sodium", "radical trap", "NXY-059"),
        ("NA-1", "peptide", "nerinetide (NA-1)"),
        ("CDP-choline", "precursor", "citicoline"),
        ("filgrastim", "growth factor", "G-CSF"),
        ("exenatide", "peptide", "GLP-1 receptor agonist"),
        ("pramipexole", "symptomatic", "dopamine agonists"),
        ("tacrolimus", "immunosuppressant", "FK506"),
        ("lecanemab", "antibody", "anti-amyloid antibodies"),
        ("MultiStem", "MAPC", "MSC (stroke)"),
        ("therapeutic cooling", "physical", "hypothermia (TBI)"),
        ("simvastatin", "lipid lowering", "statins, early"),
    ],
)
def test_kin_are_found_under_another_name(name: str, kind: str, known: str) -> None:
    assert families_of(name, kind) & BY_NAME[known].families


@pytest.mark.parametrize(
    ("name", "kind", "group"),
    [
        ("GDNF", "glial cell line-derived neurotrophic factor", "protectant"),
        ("fingolimod", "S1P modulator, T cell trafficking", "protectant"),
        ("tranexamic acid", "antifibrinolytic", "protectant"),
        ("cyclosporine", "reperfusion injury inhibitor", "protectant"),
        ("SB623 cells", "implant", "cell"),
        ("oligodendrocyte progenitors", "transplant", "cell"),
        ("tenecteplase", "enzyme", "reperfusion"),
    ],
)
def test_the_group_is_that_of_the_treatment_not_of_a_word_in_its_name(
    name: str, kind: str, group: str
) -> None:
    assert group_of(name, kind) == group


def test_benefit_promises_nothing_of_harms() -> None:
    row = replace(
        record("TRB003"), quantity="symptomatic haemorrhage", unit="OR (>1 favours control)", value=5.0
    )
    assert is_adverse(row.unit, row.quantity, "odds ratio")
    found = predict(learn(), BY_NAME["alteplase"], row)
    assert found.median == pytest.approx(1.0, abs=1e-6)


def test_a_prediction_knows_nothing_of_its_own_result() -> None:
    """Another printed effect, with the same interval width, gives the same band in log odds."""
    therapy = BY_NAME["NXY-059"]
    row = record("TRB013")
    low, high = row.spread
    moved = replace(row, value=3 * row.value, spread=(3 * low, 3 * high))
    bridge = learn()
    one, other = predict(bridge, therapy, row), predict(bridge, therapy, moved)
    assert (one.lo90, one.median, one.hi90) == pytest.approx((other.lo90, other.median, other.hi90), rel=1e-9)


def test_forecasts_of_therapies_left_out() -> None:
    """At least 80% of bands hold the result, and success is better forecast than by its base rate."""
    found = forecasts(learn())
    bridge, base = score("bridge", found["bridge"]), score("base rate", found["base rate"])
    assert {f.record for f in found["bridge"]} == set(translation_truth())
    assert bridge.inside / bridge.numbers >= 0.8
    assert bridge.brier < base.brier
    assert bridge.log_score > base.log_score
    assert bridge.interval_score < base.interval_score
    assert len(frozen(found["bridge"])) == 64


def test_a_larger_animal_effect_promises_more_only_if_the_therapy_works() -> None:
    bridge = learn()
    alteplase = BY_NAME["alteplase"]
    row = record("TRB003")
    animals = tuple(replace(one, value=2 * one.value) for one in alteplase.animals)
    larger = predict(bridge, replace(alteplase, animals=animals), row)
    assert larger.hi90 > predict(bridge, alteplase, row).hi90
    benefit = predict(bridge, alteplase, row).ends.benefit
    assert larger.ends.benefit == pytest.approx(benefit, abs=0.05)


def test_at_equal_coverage_bands_are_scaled_by_the_others_alone() -> None:
    """Nineteen outcomes a tenth of the way to the end of their band and one at three times: all of the others
    need 0.1 but the odd one, whose own factor is theirs.
    """
    forecasts = [Forecast(f"R{k}", "t", 0.0, -1.0, 1.0, 0.5, 0.1, False) for k in range(19)]
    odd = Forecast("odd", "t", 0.0, -1.0, 1.0, 0.5, -3.0, False)
    scaled = at_equal_coverage([*forecasts, odd])
    assert all((f.low, f.high) == pytest.approx((-0.1, 0.1)) for f in scaled)
    assert [f.inside for f in scaled] == [True] * 19 + [False]
