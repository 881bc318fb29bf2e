"""Outcomes: what one arm of a study, or its contrast to control, read on a scale or of tissue at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from exodyn.evidence import Record, table_family
from exodyn.scales import Scale
from exodyn.validation import statistics as of
from exodyn.validation.answers import Answer, Floats, Given, Number, Skipped, Statement
from exodyn.validation.between import between_studies
from exodyn.validation.describe import Described, described, is_treated
from exodyn.validation.follow import Followed, follow
from exodyn.validation.kinds import kind_of
from exodyn.validation.statistics import Chance, repeated
from exodyn.validation.times import in_days, time_of
from exodyn.validation.words import Line, lines

USUAL_N = {"human": 200.0}
"""Patients of an arm where none are stated; else animals of a group."""
USUAL_ANIMALS = 8.0
USUAL_TIME = {"human": 90.0}
"""Days after the injury where no time is stated; else of animals."""
USUAL_ANIMAL_TIME = 28.0
LATEST = 36525.0  # days
MOST = 1e6  # patients; more have no sampling error left
LASTING = 0.98  # of its highest value at the end: what stays there has no peak
DEAD = 6.0  # on the modified Rankin scale
SIGNIFICANT = 1.959963984540054
PEAK_TIMES = tuple(np.concatenate([np.linspace(0.02, 3, 60), np.linspace(3.25, 60, 120)]).tolist())


@dataclass(frozen=True)
class Reading:
    """What a record reads: a scale or readout of the model, and the statistic of it that is printed.

    low, high: the numbers that its words hold. line: of `readings.csv`.
    """

    reads: str
    statistic: str
    low: float | None
    high: float | None
    line: Line


@dataclass(frozen=True)
class Asked:
    """A record with the study that it describes and what it reads."""

    record: Record
    study: Described
    reading: Reading
    time: float
    n: float
    assumed: tuple[str, ...]


@dataclass(frozen=True)
class Outcomes:
    """Predicts outcome records of every indication that has a model and lines of words."""

    name: str = "outcome"

    def claims(self, one: Record) -> bool:
        """Whether it is an outcome record."""
        return table_family(one) == "outcome"

    def predict(self, wanted: Sequence[Record], given: Given) -> Mapping[str, Answer]:
        """One ensemble for all records of a study that describe the same patients and regimen."""
        answers: dict[str, Answer] = {}
        together: dict[Described, list[Asked]] = {}
        for one in wanted:
            asked = asks(one)
            if isinstance(asked, str):
                answers[one.id] = Skipped(asked)
            else:
                together.setdefault(asked.study, []).append(asked)
        for study, group in together.items():
            times = {time for asked in group for time in _times(asked)}
            followed = follow(study, tuple(sorted(times)), given)
            for asked in group:
                answers[asked.record.id] = answer(asked, followed, given)
        return answers


OUTCOMES = Outcomes()


def asks(one: Record) -> Asked | str:
    """What a record asks of the model; or why it cannot be predicted."""
    study = described(one)
    if isinstance(study, str):
        return study
    reading = reading_of(one, study)
    if isinstance(reading, str):
        return reading
    if (
        one.time_unit.strip()
        and time_of(one) is None
        and one.time is not None
        and reading.statistic != "time_of_peak"
    ):
        return f"time '{one.time_unit}' counts from another origin than the injury"
    assumed = list(study.assumed)
    time = time_of(one)
    if time is None:
        time = USUAL_TIME.get(study.species, USUAL_ANIMAL_TIME)
        if reading.statistic != "time_of_peak":
            assumed.append(f"read at {time:g} d")
    if not 0 <= time <= LATEST:
        return "read before the injury" if time < 0 else "read more than a hundred years after the injury"
    n = one.n or _n_in_words(one)
    if n is None or n < 1:
        n = USUAL_N.get(study.species, USUAL_ANIMALS)
        assumed.append(f"n {n:g}")
    return Asked(one, study, reading, time, min(n, MOST), tuple(assumed))


def _n_in_words(one: Record) -> float | None:
    """The n that the words on the population hold, such as "placebo, n=312 of 624"."""
    found = re.search(r"\bn ?= ?(\d+)\b", one.fields.get("strain_or_population", ""))
    return float(found[1]) if found else None


def reading_of(one: Record, study: Described) -> Reading | str:
    """What a record reads, by `readings.csv` and `statistics.csv`; or why the model has no such readout."""
    statement = kind_of(one) == "statement"
    texts = [one.quantity, *re.split(r"[,;+]| and ", one.quantity)] if statement else [one.quantity]
    found = [_reading(text.strip(), one, study) for text in texts]
    known = [reading for reading in found if isinstance(reading, Reading)]
    if not known:
        return found[0]
    if not statement:
        return known[0]
    # "More" and "less" are said of what is named first, "better" of function where that is among the named.
    named = known[1:] or known
    scales = {scale.name for scale in study.indication.scales(study.model)}
    functions = [reading for reading in named if reading.reads in scales]
    return (functions or named)[0] if finding_of(one) in ("better", "worse", "same") else named[0]


def _reading(text: str, one: Record, study: Described) -> Reading | str:
    indication, model = study.indication, study.model
    made = indication.model(model, indication.products(model)[0], indication.routes(model)[0])
    names = {readout.name for readout in made.readouts} | {state.name for state in made.states}
    names |= {scale.name for scale in indication.scales(model)}
    for line in lines("readings"):
        found = line.pattern.fullmatch(text) if line.serves(indication.name, model) else None
        if found is None:
            continue
        if not line["reads"]:
            return line["note"]
        if line["reads"] not in names:
            return f"no scale '{line['reads']}' in the model"
        statistic = "direction" if kind_of(one) == "statement" else line["statistic"] or statistic_of(one)
        if not statistic:
            return f"statistic '{one.fields['statistic']}': not one that is read of patients"
        return Reading(line["reads"], statistic, line.number("low", found), line.number("high", found), line)
    return f"'{one.quantity}': no such scale or readout in the model of {indication.name} in {model}"


def statistic_of(one: Record) -> str:
    """Our name of the statistic of a record, "" where there is none."""
    text = one.fields.get("statistic", "")
    if one.unit == "SMD":
        return "smd"
    return next((line["statistic"] for line in lines("statistics") if line.pattern.fullmatch(text)), "")


def _times(asked: Asked) -> tuple[float, ...]:
    """Days at which the patients must be seen."""
    if asked.reading.statistic == "time_of_peak":
        return PEAK_TIMES
    return (0.0, asked.time) if asked.reading.statistic == "direction" else (asked.time,)


def answer(asked: Asked, followed: Followed, given: Given) -> Answer:
    """The predicted statistic, with the sampling of the record's n."""
    reading = asked.reading
    make = STATISTICS.get(reading.statistic)
    if make is None:
        return Skipped(f"statistic '{asked.record.fields['statistic']}': not one that is read of patients")
    return make(asked, followed, given)


def _basis(asked: Asked) -> str:
    said = f"{asked.reading.reads}, {asked.reading.statistic}"
    return f"{said}; assumed: {', '.join(asked.assumed)}" if asked.assumed else said


def _arm(asked: Asked) -> int:
    return 1 if is_treated(asked.record) else 0


def _between(family: str, given: Given, asked: Asked, benefit: float = 0.0) -> Floats:
    known = between_studies()[family]
    return known.draws(given.worlds * of.REPEATS, given, asked.record.id, benefit)


def _share(asked: Asked, followed: Followed, given: Given) -> Answer:
    """Share of those rated whose reading lies from low to high, as percent, fraction or count."""
    values = followed.at(asked.reading.reads, _arm(asked), asked.time)
    low, high = asked.reading.low or 0.0, asked.reading.high if asked.reading.high is not None else np.inf
    holds = np.where(np.isnan(values), np.nan, (values >= low) & (values <= high))
    return _as_share(holds, asked, given)


def _as_share(holds: Floats, asked: Asked, given: Given) -> Answer:
    if _scale(asked) is None:
        return Skipped(f"'{asked.record.quantity}': no scale of the model, so no share of patients")
    chance = Chance(given.seed, asked.record.id)
    family = "death" if asked.reading.reads == "mRS" and asked.reading.low == DEAD else "share"
    draws = of.share(holds, asked.n, _between(family, given, asked), chance)
    return Number(draws * _whole(asked), "logit", _basis(asked), family)


def _whole(asked: Asked) -> float:
    """What all of the patients are in the record's unit: 100 percent, a fraction of 1, or n."""
    unit = asked.record.unit
    if unit.startswith(("patients", "animals", "count", "events")):
        return round(asked.n)
    return 1.0 if "fraction" in unit else 100.0


def _improved(asked: Asked, followed: Followed, given: Given) -> Answer:
    """Share whose reading is better than at entry by so many percent, or points."""
    start = followed.at_entry(asked.reading.reads)
    now = followed.at(asked.reading.reads, _arm(asked), asked.time)
    sign = -1.0 if _higher_is_worse(asked) else 1.0
    gain = sign * (now - start)
    if asked.reading.statistic == "improved_percent":
        with np.errstate(divide="ignore", invalid="ignore"):
            gain = np.where(start > 0, 100 * gain / start, np.nan)
    holds = np.where(np.isnan(gain), np.nan, gain >= (asked.reading.low or 0.0))
    return _as_share(holds, asked, given)


def _scale(asked: Asked) -> Scale | None:
    return next(
        (s for s in asked.study.indication.scales(asked.study.model) if s.name == asked.reading.reads), None
    )


def _higher_is_worse(asked: Asked) -> bool:
    scale = _scale(asked)
    if scale is not None:
        return scale.higher_is == "worse"
    return asked.reading.line["better"] == "less"


def _bounds(asked: Asked) -> tuple[float, float]:
    scale = _scale(asked)
    return (scale.low, scale.high) if scale is not None else (-np.inf, np.inf)


def _mean(asked: Asked, followed: Followed, given: Given) -> Answer:
    scale = _scale(asked)
    if scale is None:
        unit = asked.record.unit or "an amount"
        return Skipped(
            f"'{asked.record.quantity}': the model has it relative to intact tissue, not as {unit}"
        )
    values = followed.at(asked.reading.reads, _arm(asked), asked.time)
    chance = Chance(given.seed, asked.record.id)
    make = of.median if asked.reading.statistic == "median" else of.mean
    draws = make(values, asked.n, _between("mean", given, asked), *_bounds(asked), chance)
    return Number(draws, "linear", _basis(asked), "mean")


def _mean_change(asked: Asked, followed: Followed, given: Given) -> Answer:
    scale = _scale(asked)
    if scale is None:
        return Skipped(f"'{asked.record.quantity}': no scale in points")
    start = followed.at_entry(asked.reading.reads)
    now = followed.at(asked.reading.reads, _arm(asked), asked.time)
    chance = Chance(given.seed, asked.record.id)
    level = repeated(of.moments(start)[0])
    middle, sd = of.moments(now - start)
    moved = of.move(level + repeated(middle), _between("mean", given, asked), scale.low, scale.high)
    draws = moved - level + repeated(sd) / np.sqrt(asked.n) * chance.normal(len(level))
    return Number(draws, "linear", _basis(asked), "mean")


def _median_fall(asked: Asked, followed: Followed, given: Given) -> Answer:
    start = followed.at_entry(asked.reading.reads)
    now = followed.at(asked.reading.reads, _arm(asked), asked.time)
    with np.errstate(divide="ignore", invalid="ignore"):
        fall = np.where(start > 0, 100 * (1 - now / start), np.nan)
    chance = Chance(given.seed, asked.record.id)
    draws = of.median(fall, asked.n, _between("share", given, asked), 0.0, 100.0, chance)
    return Number(draws, "linear", _basis(asked), "share")


def _correlation(asked: Asked, followed: Followed, given: Given) -> Answer:
    start = followed.at_entry(asked.reading.reads)
    now = followed.at("mRS", 0, asked.time)
    draws = of.correlation(start, now, asked.n, Chance(given.seed, asked.record.id))
    return Number(draws, "linear", _basis(asked))


def _effect(asked: Asked, followed: Followed, given: Given) -> Floats:
    """True standardised difference, treated less control, in studies like this: float64[draws]."""
    benefit = -1.0 if _higher_is_worse(asked) else 1.0
    return _contrast(asked, followed) + _between(_family_of_effect(asked), given, asked, benefit)


def _contrast(asked: Asked, followed: Followed) -> Floats:
    """The same by the mechanism alone; of an untreated arm, against intact tissue."""
    name, time = asked.reading.reads, asked.time
    cv = float(asked.reading.line["cv"] or 0.0)
    arm, reference = (1, time) if is_treated(asked.record) else (0, 0.0)
    found = of.standardised(followed.at(name, arm, time), followed.at(name, 0, reference), cv)
    return repeated(np.nan_to_num(found))


def _family_of_effect(asked: Asked) -> str:
    """Effects on a scale of function and on tissue are two families; in people a third."""
    if asked.study.model == "human":
        return "effect_human"
    return "effect_function" if _scale(asked) is not None else "effect_tissue"


def _smd(asked: Asked, followed: Followed, given: Given) -> Answer:
    if followed.arms < 2:
        return Skipped("no treatment to compare with control")
    effect = _effect(asked, followed, given)
    chance = Chance(given.seed, asked.record.id)
    draws = effect + of.standardised_se(effect, asked.n) * chance.normal(len(effect))
    return Number(draws, "linear", _basis(asked), _family_of_effect(asked))


def _mean_difference(asked: Asked, followed: Followed, given: Given) -> Answer:
    scale = _scale(asked)
    if scale is None:
        return Skipped(f"'{asked.record.quantity}': no scale in points")
    if followed.arms < 2:
        return Skipped("no treatment to compare with control")
    _, sd = of.moments(followed.at(scale.name, 0, asked.time))
    effect = _effect(asked, followed, given)
    chance = Chance(given.seed, asked.record.id)
    draws = repeated(sd) * (effect + of.standardised_se(effect, asked.n) * chance.normal(len(effect)))
    return Number(draws, "linear", _basis(asked), _family_of_effect(asked))


def _relative(asked: Asked, followed: Followed, given: Given) -> Answer:
    """Percent by which the treated mean is below (reduction) or above (gain) the control's."""
    name, time = asked.reading.reads, asked.time
    if followed.arms < 2:
        return Skipped("no treatment to compare with control")
    level, sd = of.moments(followed.at(name, 0, time))
    spread = np.hypot(sd, float(asked.reading.line["cv"] or 0.0) * np.abs(level)) / np.where(
        level == 0, np.nan, np.abs(level)
    )
    effect = _effect(asked, followed, given)
    chance = Chance(given.seed, asked.record.id)
    ratio = repeated(spread) * (effect + of.standardised_se(effect, asked.n) * chance.normal(len(effect)))
    sign = -1.0 if asked.reading.statistic == "relative_reduction" else 1.0
    draws = np.maximum(sign * 100 * ratio, -100.0) if sign > 0 else np.minimum(sign * 100 * ratio, 100.0)
    return Number(draws, "linear", _basis(asked), _family_of_effect(asked))


def _time_of_peak(asked: Asked, followed: Followed, given: Given) -> Answer:
    times = np.array([t for t in followed.times if t in PEAK_TIMES])
    columns = [followed.times.index(t) for t in times]
    values = followed.values[asked.reading.reads][0][:, :, columns]
    course = np.nanmean(values, axis=1)
    peaks = times[np.argmax(course, axis=1)]
    if np.median(course[:, -1] / course.max(axis=1)) > LASTING:
        return Skipped(f"'{asked.reading.reads}' of the model stays at its highest: no time of a peak")
    unit = in_days(1.0, asked.record.unit)
    if unit is None:
        return Skipped(f"unit '{asked.record.unit}' is no time")
    draws = repeated(peaks) * np.exp(_between("time", given, asked)) / unit
    return Number(draws, "log", _basis(asked), "time")


def _direction(asked: Asked, followed: Followed, given: Given) -> Answer:
    """Whether a finding in words holds: of a treated arm against control, an untreated one against intact."""
    finding = finding_of(asked.record)
    if not finding:
        return Skipped("the finding's direction is not said in words that are known")
    alone = _contrast(asked, followed)
    if is_treated(asked.record):
        effect = _effect(asked, followed, given)
    else:
        effect = alone + _between("course", given, asked)
    worse = _higher_is_worse(asked)
    helps = finding == "better" or finding == ("less" if worse else "more")
    return Statement(
        _holds(finding, effect, asked.n, worse),
        _basis(asked),
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


def finding_of(one: Record) -> str:
    """What a record finds in words: more, less, better, worse, same; "" where its words are not known.

    The first word of the finding counts: what follows tells other readouts or comparisons.
    """
    for text in (one.fields.get("statistic", ""), one.note):
        if text.startswith("direction only"):
            continue
        hits = [
            (m.start(), k, line)
            for k, line in enumerate(lines("findings"))
            if (m := line.pattern.search(text))
        ]
        if hits:
            return min(hits, key=lambda hit: hit[:2])[2]["finding"]
    return ""


Make = Callable[[Asked, Followed, Given], Answer]

STATISTICS: Mapping[str, Make] = {
    "share": _share,
    "count": _share,
    "improved_percent": _improved,
    "improved_points": _improved,
    "mean": _mean,
    "median": _mean,
    "mean_change": _mean_change,
    "median_fall_percent": _median_fall,
    "correlation": _correlation,
    "smd": _smd,
    "mean_difference": _mean_difference,
    "relative_reduction": _relative,
    "relative_gain": _relative,
    "time_of_peak": _time_of_peak,
    "direction": _direction,
}
