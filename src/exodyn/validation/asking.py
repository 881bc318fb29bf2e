"""What a record asks of the model: the study that it describes, what of it is read, when, and in how many."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from exodyn.evidence import Record
from exodyn.evidence.words import plain, synonym
from exodyn.scales import BehaviourTest, Scale
from exodyn.validation.answers import Answer, Given
from exodyn.validation.between import between_studies
from exodyn.validation.describe import Described, described, is_treated
from exodyn.validation.follow import Followed
from exodyn.validation.kinds import kind_of
from exodyn.validation.quantity import whole_of
from exodyn.validation.times import time_in_words, time_of
from exodyn.validation.words import Line, lines

USUAL_N = {"human": 200.0}
"""Patients of an arm where none are stated; else animals of a group."""
USUAL_ANIMALS = 8.0
USUAL_TIME = {"human": 90.0}
"""Days after the injury where no time is stated; else of animals."""
USUAL_ANIMAL_TIME = 28.0
LATEST = 36525.0  # days
LONGEST = 400  # letters of a cell that are read
MOST = 1e6  # patients; more have no sampling error left
CHANGES = (
    "mean_change",
    "mean_gain",
    "median_fall_percent",
    "improved_percent",
    "improved_points",
    "worsened_points",
)
"""Statistics that compare with the first rating."""
EARLY = 0.125
"""Of the time until a change that is read before the usual baseline: when its patients were first rated."""
_SINCE = re.compile(r"\b(?:than|from) (?:at |on )?day (\d+)\b")
SCORE = "score"
"""What a line of words reads that means the usual severity score of the species, whatever its name."""
SHARES = ("share", "count", "dead", "improved_percent", "improved_points", "worsened_points")
"""Statistics that are a share of patients."""
_OF_CONTROL = re.compile(
    r"(?:%|percent) of (?:the )?(?:control|vehicle|untreated|saline|PBS|placebo)\b.*", re.IGNORECASE
)
_OVER_CONTROL = re.compile(
    r"(?:fold|ratio|relative|times|x)\b(?: change)?(?: of| to| over| vs\.?| against)?(?: the)?"
    r" (?:control|vehicle|untreated|saline|PBS|placebo)\b.*",
    re.IGNORECASE,
)


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

    @property
    def scale(self) -> Scale | None:
        """The scale that is read; None where it is a readout of the model."""
        scales = self.study.indication.scales(self.study.model)
        return next((scale for scale in scales if scale.name == self.reading.reads), None)

    @property
    def arm(self) -> int:
        """0 untreated, 1 treated."""
        return 1 if is_treated(self.record) else 0

    @property
    def since(self) -> float:
        """The earlier day that a finding compares with ("higher than day 11"); 0 where it names none."""
        found = _SINCE.search(self.record.note)
        return float(found[1]) if found and not is_treated(self.record) else 0.0

    @property
    def higher_is_worse(self) -> bool:
        """Whether more of what the record reads is worse."""
        better, scale = self.reading.line["better"], self.scale
        return better == "less" if better or scale is None else scale.higher_is == "worse"

    @property
    def sign(self) -> float:
        """-1 where the record's test runs against the scale that stands for it (a rotarod for a deficit)."""
        scale = self.scale
        return -1.0 if scale is not None and (scale.higher_is == "worse") != self.higher_is_worse else 1.0

    @property
    def is_pool(self) -> bool:
        """Whether its effect is the mean of a meta-analysis."""
        return self.record.fields.get("statistic", "").startswith("pooled")

    @property
    def cv(self) -> float:
        """Spread between animals that the model's do not have (assay, histology), relative to the mean."""
        return float(self.reading.line["cv"] or 0.0)

    def family(self, kind: str) -> str:
        """Its name in `between_studies.csv`: the indication's own, else that of animals, else that of all."""
        own = [f"{kind}:{self.study.name}"] + ([] if self.study.model == "human" else [f"{kind}:animals"])
        return next((name for name in own if name in between_studies()), kind)

    @property
    def basis(self) -> str:
        """What was read, and what had to be assumed."""
        said = f"{self.reading.reads}, {self.reading.statistic}"
        return f"{said}; assumed: {', '.join(self.assumed)}" if self.assumed else said


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
        and not reading.statistic.startswith("time_")
    ):
        return f"time '{one.time_unit}' counts from another origin than the injury"
    assumed = list(study.assumed)
    time = time_of(one)
    if time is None:
        time = time_in_words(one.quantity)
    if time is None:
        time = USUAL_TIME.get(study.species, USUAL_ANIMAL_TIME)
        if not reading.statistic.startswith("time_"):
            assumed.append(f"read at {time:g} d")
    if study.entry is not None and time < study.entry and reading.statistic != "direction":
        time += study.entry  # nobody was seen before: such a time counts from the first examination
    baseline = study.indication.visits(study.model)[0]
    if study.entry is None and study.species == "human" and reading.statistic in CHANGES and time <= baseline:
        study = replace(study, entry=time * EARLY)
        assumed.append(f"first rated at {24 * time * EARLY:g} h")
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
    found = [_reading(plain(text)[:LONGEST], one, study) for text in texts]
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
        reads = indication.scales(model)[0].name if line["reads"] == SCORE else line["reads"]
        if reads not in names:
            return f"no scale '{reads}' in the model"
        statistic = "direction" if kind_of(one) == "statement" else line["statistic"] or statistic_of(one)
        if statistic in ("mean", "ratio") and is_treated(one):
            if _OF_CONTROL.fullmatch(one.unit):
                statistic = "percent_of_control"
            elif _OVER_CONTROL.fullmatch(one.unit):
                statistic = "ratio"
        scale = next((one for one in indication.scales(model) if one.name == reads), None)
        if scale is not None and statistic in ("mean", "median") and not _is_unit_of(one.unit, scale):
            return f"in {one.unit}, where the model has {scale.name} in {scale.unit}"
        if statistic in SHARES and (contrast := _contrast_of_shares(one)):
            statistic = contrast
        elif statistic in SHARES and one.unit and whole_of(one.unit, 1.0) is None:
            return f"in {one.unit}, where the model has a share of patients"
        if not statistic:
            return f"statistic '{one.fields['statistic']}': not one that is read of patients"
        return Reading(reads, statistic, line.number("low", found), line.number("high", found), line)
    return f"'{one.quantity}': no such scale or readout in the model of {indication.name} in {model}"


def _is_unit_of(unit: str, scale: Scale) -> bool:
    """Whether a mean on the scale can have this unit: its own, points, or of a test percent of intact."""
    if unit.startswith(("%", "percent")):
        return scale.unit == "%" or isinstance(scale, BehaviourTest)
    return not unit or unit.startswith("points") or synonym("unit", unit) == synonym("unit", scale.unit)


def _contrast_of_shares(one: Record) -> str:
    """Which contrast of two arms' shares a record is, by its unit or else its statistic; "" where none."""
    said = {*(synonym("unit", one.unit) or ()), statistic_of(one), *_statistics(one.unit)}
    kinds = ("odds_ratio", "risk_ratio", "hazard_ratio", "risk_difference")
    return next((f"share_{kind}" for kind in kinds if kind in said), "")


def _statistics(text: str) -> list[str]:
    return [line["statistic"] for line in lines("statistics") if line.pattern.fullmatch(plain(text))]


def statistic_of(one: Record) -> str:
    """Our name of the statistic of a record, "" where there is none."""
    text = plain(one.fields.get("statistic", ""))
    if one.unit == "SMD":
        return "smd"
    texts = (text, f"{text}: {one.quantity}")  # "time" alone says less than the quantity whose time it is
    return next((found for each in texts for found in _statistics(each)), "")


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
"""Makes a record's answer of what became of its patients."""
