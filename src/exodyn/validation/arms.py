"""What a paper prints of one arm: shares, means, medians, falls. One function a statistic."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from exodyn.evidence import plain
from exodyn.scales import BehaviourTest, Scale
from exodyn.validation import statistics as of
from exodyn.validation.answers import Answer, Floats, Given, Number, Skipped
from exodyn.validation.asking import Asked, Make
from exodyn.validation.between import between_draws
from exodyn.validation.follow import Followed
from exodyn.validation.quantity import whole_of
from exodyn.validation.statistics import Chance, repeated
from exodyn.validation.words import arithmetic, lines

_RANGE = re.compile(r"\(0 ?(?:-|–|to) ?(\d+(?:\.\d+)?)\)")
DEAD = 6.0  # on the modified Rankin scale


def _share(asked: Asked, followed: Followed, given: Given) -> Answer:
    """Share of those rated whose reading lies from low to high, as percent, fraction or count."""
    if asked.scale is None:
        return _amount(asked, followed, given)
    if asked.reading.low is None and asked.reading.high is None:
        return Skipped(f"'{asked.record.quantity}': a share of animals or patients by no reading of a scale")
    values = followed.at(asked.reading.reads, asked.arm, asked.time)
    low, high = asked.reading.low or 0.0, asked.reading.high if asked.reading.high is not None else np.inf
    holds = np.where(np.isnan(values), np.nan, (values >= low) & (values <= high))
    return _as_share(holds, asked, given)


def _dead(asked: Asked, followed: Followed, given: Given) -> Answer:
    """Share that is dead, by a scale that cannot be read of the dead."""
    values = followed.values[asked.reading.reads][asked.arm][:, :, followed.times.index(asked.time)]
    return _as_share(np.where(followed.present, np.isnan(values), np.nan), asked, given, "death")


def _as_share(holds: Floats, asked: Asked, given: Given, family: str = "share") -> Answer:
    chance = Chance(given.seed, asked.record.id)
    if asked.reading.reads == "mRS" and asked.reading.low == DEAD:
        family = "death"
    whole = (
        whole_of(asked.record.unit, round(asked.n)) or 100.0
    )  # a share whose unit is not said is in percent
    draws = of.share(holds, asked.n, between_draws(asked.family(family), given, asked.record.id), chance)
    return Number(draws * whole, "logit", asked.basis, asked.family(family))


def _improved(asked: Asked, followed: Followed, given: Given) -> Answer:
    """Share whose reading is better than at entry by so many percent, or points, or worse by so many.

    The reading's `high`: they count too whose reading is at most that, as in "a fall of 8, or 0 to 1 left".
    """
    start = followed.at_entry(asked.reading.reads)
    now = followed.at(asked.reading.reads, asked.arm, asked.time)
    sign = -1.0 if asked.higher_is_worse else 1.0
    gain = sign * (now - start)
    if asked.reading.statistic == "improved_percent":
        with np.errstate(divide="ignore", invalid="ignore"):
            gain = np.where(start > 0, 100 * gain / start, np.nan)
    if asked.reading.statistic == "worsened_points":
        gain = -gain
    enough = gain >= (asked.reading.low or 0.0)
    if asked.reading.high is not None:
        enough |= now <= asked.reading.high
    return _as_share(np.where(np.isnan(gain), np.nan, enough), asked, given)


def _bounds(asked: Asked) -> tuple[float, float]:
    scale = asked.scale
    return (scale.low, scale.high) if scale is not None else (-np.inf, np.inf)


def _mean(asked: Asked, followed: Followed, given: Given) -> Answer:
    if asked.scale is None:
        return _amount(asked, followed, given)
    values = followed.at(asked.reading.reads, asked.arm, asked.time)
    chance = Chance(given.seed, asked.record.id)
    make = of.median if asked.reading.statistic == "median" else of.mean
    draws = make(
        values, asked.n, between_draws(asked.family("mean"), given, asked.record.id), *_bounds(asked), chance
    )
    return Number(
        _in_unit(asked.scale, asked.record.unit) * draws, "linear", asked.basis, asked.family("mean")
    )


def _in_unit(scale: Scale, unit: str) -> float:
    """What one of the scale is in a record's unit: the same share of another range, or percent of intact."""
    printed = _RANGE.search(unit)
    if printed and float(printed[1]) > 0 and scale.low == 0:
        return float(printed[1]) / scale.high
    if unit.startswith("%") and isinstance(scale, BehaviourTest) and scale.unit != "%":
        return 100 / scale.intact
    return 1.0


def _amount(asked: Asked, followed: Followed, given: Given) -> Answer:
    """Mean of a readout as an amount or share of the brain, where a line of `amounts.csv` says how."""
    line = next(
        (
            each
            for each in lines("amounts")
            if each.serves(asked.study.name, asked.study.species)
            and each["reads"] == asked.reading.reads
            and each.pattern.fullmatch(plain(asked.record.unit))
            and re.search(each["of"], asked.record.quantity, re.IGNORECASE)
        ),
        None,
    )
    if line is None:
        unit = asked.record.unit or "an amount"
        return Skipped(f"'{asked.record.quantity}': the model has no amount of it as {unit}")
    level = followed.at(asked.reading.reads, asked.arm, asked.time)
    known = asked.study.indication.parameters(asked.study.model)
    values: dict[str, Floats | float] = {name: one.value for name, one in known.items()}
    names = {**values, **followed.own, asked.reading.reads: level}
    middle, sd = of.moments(arithmetic(line["amount"], names))
    moved = repeated(middle) * np.exp(between_draws("amount", given, asked.record.id))
    error = repeated(np.hypot(sd / middle, asked.cv)) / np.sqrt(asked.n)
    draws = moved * np.exp(error * Chance(given.seed, asked.record.id).normal(len(moved)))
    return Number(draws, "log", asked.basis, "amount")


def _mean_change(asked: Asked, followed: Followed, given: Given) -> Answer:
    scale = asked.scale
    if scale is None:
        return Skipped(f"'{asked.record.quantity}': no scale in points")
    start = followed.at_entry(asked.reading.reads)
    now = followed.at(asked.reading.reads, asked.arm, asked.time)
    chance = Chance(given.seed, asked.record.id)
    level = repeated(of.moments(start)[0])
    middle, sd = of.moments(now - start)
    moved = of.move(
        level + repeated(middle),
        between_draws(asked.family("mean"), given, asked.record.id),
        scale.low,
        scale.high,
    )
    draws = moved - level + repeated(sd) / np.sqrt(asked.n) * chance.normal(len(level))
    if asked.reading.statistic == "mean_gain" and asked.higher_is_worse:
        draws = -draws
    return Number(_in_unit(scale, asked.record.unit) * draws, "linear", asked.basis, asked.family("mean"))


def _median_fall(asked: Asked, followed: Followed, given: Given) -> Answer:
    start = followed.at_entry(asked.reading.reads)
    now = followed.at(asked.reading.reads, asked.arm, asked.time)
    with np.errstate(divide="ignore", invalid="ignore"):
        fall = np.where(start > 0, 100 * (1 - now / start), np.nan)
    chance = Chance(given.seed, asked.record.id)
    draws = of.median(fall, asked.n, between_draws("share", given, asked.record.id), 0.0, 100.0, chance)
    return Number(draws, "linear", asked.basis, "share")


def _regained(asked: Asked, followed: Followed) -> Floats:
    """Percent of the possible gain of each patient, float64[worlds, patients]; NaN where there was none."""
    _, high = _bounds(asked)
    start = followed.at_entry(asked.reading.reads)
    possible = np.where(start < high, high - start, np.nan)
    return np.asarray(100 * (followed.at(asked.reading.reads, asked.arm, asked.time) - start) / possible)


def _follows_rule(asked: Asked, followed: Followed, given: Given) -> Answer:
    """Share who regain so many percent of the possible gain or more."""
    regained = _regained(asked, followed)
    return _as_share(
        np.where(np.isnan(regained), np.nan, regained >= (asked.reading.low or 0.0)), asked, given
    )


def _gain_of_possible(asked: Asked, followed: Followed, given: Given) -> Answer:
    """Mean percent of the possible gain, of those who regain so many percent or more."""
    regained = _regained(asked, followed)
    kept = np.where(regained >= (asked.reading.low or 0.0), regained, np.nan)
    chance = Chance(given.seed, asked.record.id)
    between = between_draws(asked.family("share"), given, asked.record.id)
    return Number(of.mean(kept, asked.n, between, 0.0, 100.0, chance), "linear", asked.basis, "share")


def _correlation(asked: Asked, followed: Followed, given: Given) -> Answer:
    start = followed.at_entry(asked.reading.reads)
    now = followed.at("mRS", 0, asked.time)
    draws = of.correlation(start, now, asked.n, Chance(given.seed, asked.record.id))
    return Number(draws, "linear", asked.basis)


ARM: Mapping[str, Make] = {
    "share": _share,
    "count": _share,
    "dead": _dead,
    "improved_percent": _improved,
    "improved_points": _improved,
    "worsened_points": _improved,
    "mean": _mean,
    "median": _mean,
    "mean_change": _mean_change,
    "mean_gain": _mean_change,
    "median_fall_percent": _median_fall,
    "correlation": _correlation,
    "follows_rule": _follows_rule,
    "gain_of_possible": _gain_of_possible,
}
