"""What a paper prints of a treated arm against control: differences, ratios, and findings in words.

True effects of a study like the described one are the model's and what differs between studies
(`between_studies.csv`), with a factor for what published studies find beyond the model, as far as the
treatment can reach (`reach`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

import numpy as np
from scipy.special import expit, logit, ndtr

from exodyn.evidence import Record
from exodyn.validation import reach
from exodyn.validation import statistics as of
from exodyn.validation.answers import Answer, Floats, Given, Number, Skipped, Statement
from exodyn.validation.asking import Asked, Make, finding_of
from exodyn.validation.between import between_draws, between_studies
from exodyn.validation.courses import intact
from exodyn.validation.describe import is_treated
from exodyn.validation.follow import Followed
from exodyn.validation.quantity import whole_of
from exodyn.validation.rankin import common_odds_ratio
from exodyn.validation.statistics import Chance, repeated

USUAL_COMPARISONS = 20.0
"""Comparisons in a meta-analysis that does not say how many."""
_COMPARISONS = re.compile(r"(\d+) (?:comparisons|experiments)")
_PAPERS = re.compile(r"(\d+) (?:papers|studies)")
SIGNIFICANT = 1.959963984540054
LEAST_RATIO = 0.01
LOG_ODDS_PER_SD = math.pi / math.sqrt(3)  # Hasselblad and Hedges 1995
NO_CONTROL = Skipped("no treatment to compare with control")


def _effect(asked: Asked, followed: Followed, given: Given) -> Floats:
    """True standardised difference, treated less control, in studies like this: float64[draws]."""
    benefit = -1.0 if asked.higher_is_worse else 1.0
    family = between_studies()[_family_of_effect(asked)]
    can = reach.share(asked, followed)
    found = family.published(contrast(asked, followed), given, asked.record.id, benefit, can)
    return benefit * np.minimum(benefit * found, reach.room(asked, followed))


def contrast(asked: Asked, followed: Followed) -> Floats:
    """The same by the mechanism alone; of an untreated arm, against intact tissue."""
    name, time = asked.reading.reads, asked.time
    arm, reference = (1, time) if is_treated(asked.record) else (0, asked.since)
    control = followed.at(name, 0, reference)
    if not reference:
        control = np.full_like(control, intact(name))
    found = of.standardised(followed.at(name, arm, time), control, asked.cv)
    return asked.sign * repeated(np.nan_to_num(found))


def _family_of_effect(asked: Asked) -> str:
    """Effects on a scale of function and on tissue are two families; in people a third."""
    if asked.study.model == "human":
        return "effect_human"
    return asked.family("effect_function" if asked.scale is not None else "effect_tissue")


def _smd(asked: Asked, followed: Followed, given: Given) -> Answer:
    if followed.arms < 2:
        return NO_CONTROL
    effect = _effect(asked, followed, given)
    chance = Chance(given.seed, asked.record.id)
    sampling = of.standardised_se(effect, asked.n)
    draws = effect + sampling * chance.normal(len(effect))
    if asked.is_pool:
        of_one = float(np.var(effect) + np.mean(sampling**2)) / comparisons(asked.record)
        pools = between_draws(asked.family("effect_pools"), given, asked.record.id)
        draws = effect.mean() + pools + math.sqrt(of_one) * chance.normal(len(effect))
    return Number(draws, "linear", asked.basis, _family_of_effect(asked))


def comparisons(one: Record) -> float:
    """How many comparisons are in a meta-analysis, by the words of its note."""
    found = _COMPARISONS.search(one.note) or _PAPERS.search(one.note)
    return float(found[1]) if found else USUAL_COMPARISONS


def says_comparisons(one: Record) -> bool:
    """Whether its note counts comparisons, not only the papers of all its outcomes."""
    return _COMPARISONS.search(one.note) is not None


def _mean_difference(asked: Asked, followed: Followed, given: Given) -> Answer:
    scale = asked.scale
    if scale is None:
        return Skipped(f"'{asked.record.quantity}': no scale in points")
    if followed.arms < 2:
        return NO_CONTROL
    _, sd = of.moments(followed.at(scale.name, 0, asked.time))
    effect = _effect(asked, followed, given)
    chance = Chance(given.seed, asked.record.id)
    draws = repeated(sd) * (effect + of.standardised_se(effect, asked.n) * chance.normal(len(effect)))
    return Number(draws, "linear", asked.basis, _family_of_effect(asked))


def _change(asked: Asked, followed: Followed, given: Given) -> Floats | None:
    """Percent by which the treated mean differs from the control's, in studies like this: float64[draws]."""
    if followed.arms < 2:
        return None
    name, time = asked.reading.reads, asked.time
    (treated, _), (level, sd) = of.moments(followed.at(name, 1, time)), of.moments(followed.at(name, 0, time))
    level = np.where(level == 0, np.nan, level)
    benefit = -1.0 if asked.higher_is_worse else 1.0
    change = asked.sign * repeated(np.nan_to_num(100 * (treated / level - 1)))
    can = reach.share(asked, followed)
    change = between_studies()["effect_relative"].published(change, given, asked.record.id, benefit, can)
    error = 100 * repeated(np.nan_to_num(np.hypot(sd / level, asked.cv))) * math.sqrt(2 / asked.n)
    drawn = change + error * Chance(given.seed, asked.record.id).normal(len(change))
    return np.asarray(np.maximum(drawn, -100.0))


def _relative(asked: Asked, followed: Followed, given: Given) -> Answer:
    """Percent by which the treated mean is below (reduction), above (gain, change) or better (benefit)."""
    change = _change(asked, followed, given)
    if change is None:
        return NO_CONTROL
    statistic = asked.reading.statistic
    less = statistic == "relative_reduction" or (statistic == "relative_benefit" and asked.higher_is_worse)
    sign = -1.0 if less else 1.0
    return Number(sign * change, "linear", asked.basis, "effect_relative")


def _ratio(asked: Asked, followed: Followed, given: Given) -> Answer:
    """The treated mean over the control's."""
    change = _change(asked, followed, given)
    if change is None:
        return NO_CONTROL
    return Number(np.maximum(1 + change / 100, LEAST_RATIO), "log", asked.basis, "effect_relative")


def _percent_of_control(asked: Asked, followed: Followed, given: Given) -> Answer:
    """The treated mean in percent of the control's."""
    change = _change(asked, followed, given)
    if change is None:
        return NO_CONTROL
    return Number(np.maximum(100 + change, 100 * LEAST_RATIO), "log", asked.basis, "effect_relative")


def _odds_ratio(asked: Asked, followed: Followed, given: Given) -> Answer:
    """Common odds ratio of better outcomes on an ordinal scale (Whitehead 1993 for its standard error)."""
    scale = asked.scale
    if followed.arms < 2 or scale is None:
        return NO_CONTROL
    steps = np.arange(scale.low, scale.high + scale.step, scale.step)
    logs, errors = [], []
    for treated, control in zip(
        followed.at(scale.name, 1, asked.time), followed.at(scale.name, 0, asked.time), strict=True
    ):
        counts = [np.array([np.sum(x == step) for step in steps]) + 0.5 for x in (treated, control)]
        shares = [count / count.sum() for count in counts]
        logs.append(common_odds_ratio(counts[0], shares[1])[0])
        errors.append(math.sqrt(6 / (asked.n * (1 - float(np.sum(((shares[0] + shares[1]) / 2) ** 3))))))
    better = 1.0 if scale.higher_is == "worse" else -1.0
    effect = better * repeated(np.array(logs)) - LOG_ODDS_PER_SD * between_draws(
        _family_of_effect(asked), given, asked.record.id
    )
    drawn = effect + repeated(np.array(errors)) * Chance(given.seed, asked.record.id).normal(len(effect))
    return Number(np.exp(drawn), "log", asked.basis, _family_of_effect(asked))


def _ratio_of_shares(asked: Asked, followed: Followed, given: Given) -> Answer:
    """Odds, risk or hazard of a reading from low to high, treated against control, or their difference.

    Half a patient is added to each.
    """
    scale, reading = asked.scale, asked.reading
    if followed.arms < 2:
        return NO_CONTROL
    if scale is None or (reading.low is None and reading.high is None):
        return Skipped(f"'{asked.record.quantity}': no share of a scale")
    low = -np.inf if reading.low is None else reading.low
    high = np.inf if reading.high is None else reading.high
    shares = []
    for arm in (1, 0):
        values = followed.at(scale.name, arm, asked.time)
        rated = np.sum(~np.isnan(values), axis=1)
        shares.append((np.sum((values >= low) & (values <= high), axis=1) + 0.5) / (rated + 1))
    shift = LOG_ODDS_PER_SD * between_draws(_family_of_effect(asked), given, asked.record.id)
    control = repeated(shares[1])
    treated = expit(logit(repeated(shares[0])) + shift)
    chance = Chance(given.seed, asked.record.id)
    if reading.statistic == "share_risk_difference":
        error = np.sqrt((treated * (1 - treated) + control * (1 - control)) / asked.n)
        whole = 1.0 if whole_of(asked.record.unit, 1.0) == 1.0 else 100.0
        drawn = whole * (treated - control + error * chance.normal(len(control)))
        return Number(drawn, "linear", asked.basis, _family_of_effect(asked))
    if reading.statistic == "share_risk_ratio":
        effect = np.log(treated / control)
        variance = 1 / treated + 1 / control - 2
    elif reading.statistic == "share_hazard_ratio":  # of the time to it, where hazards are proportional
        effect = np.log(np.log1p(-treated) / np.log1p(-control))
        variance = 1 / treated + 1 / control
    else:
        effect = logit(treated) - logit(control)
        variance = 1 / (treated * (1 - treated)) + 1 / (control * (1 - control))
    drawn = effect + np.sqrt(variance / asked.n) * chance.normal(len(effect))
    return Number(np.exp(drawn), "log", asked.basis, _family_of_effect(asked))


def _direction(asked: Asked, followed: Followed, given: Given) -> Answer:
    """Whether a finding in words holds: of a treated arm against control, an untreated one against intact."""
    finding = finding_of(asked.record)
    if not finding:
        return Skipped("the finding's direction is not said in words that are known")
    alone = contrast(asked, followed)
    if is_treated(asked.record):
        effect = _effect(asked, followed, given)
    else:
        effect = alone + between_draws("course", given, asked.record.id)
    worse = asked.higher_is_worse
    helps = finding == "better" or finding == ("less" if worse else "more")
    return Statement(
        _holds(finding, effect, asked.n, worse),
        asked.basis,
        effect,
        helps if is_treated(asked.record) else None,
        says=finding,
        mechanism=_holds(finding, alone, asked.n, worse),
    )


def _holds(finding: str, effect: Floats, n: float, worse: bool) -> float:
    """Probability that a study of n in each group finds so, for true standardised differences."""
    error = of.standardised_se(effect, n)
    if finding == "same":
        bound = SIGNIFICANT * error
        return float(np.mean(ndtr((bound - effect) / error) - ndtr((-bound - effect) / error)))
    better = -1.0 if worse else 1.0
    sign = {"more": 1.0, "less": -1.0, "better": better, "worse": -better}[finding]
    return float(np.mean(ndtr(sign * effect / error)))


CONTRASTS: Mapping[str, Make] = {
    "smd": _smd,
    "mean_difference": _mean_difference,
    "relative_reduction": _relative,
    "relative_gain": _relative,
    "relative_change": _relative,
    "relative_benefit": _relative,
    "ratio": _ratio,
    "percent_of_control": _percent_of_control,
    "odds_ratio": _odds_ratio,
    "share_odds_ratio": _ratio_of_shares,
    "share_risk_ratio": _ratio_of_shares,
    "share_hazard_ratio": _ratio_of_shares,
    "share_risk_difference": _ratio_of_shares,
    "direction": _direction,
}
