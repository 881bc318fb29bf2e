"""The study that a record describes: in whom, how severe, given what and when. What it does not say is
assumed by lines of `cohorts.csv`, `sources.csv`, `stand_ins.csv`, and the prediction says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from exodyn.evidence import Record, cohorts, families_of, plain
from exodyn.evidence.words import names_in, synonym
from exodyn.indications import INDICATIONS, Indication
from exodyn.study import Dosing
from exodyn.validation.regimen import regimen
from exodyn.validation.words import lines

_START = re.compile(  # the grade that a conversion starts from tells who is asked
    r"\b(?:AIS|ASIA|Frankel)(?: impairment scale)?(?: grades?)?(?: conversions?)?,? ?([A-D])"
    r" (?:to|->|stays|remains|conver\w+)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Severity:
    """How a trait is spread over the patients of a study. None: as in the indication's population.

    doubt: sd of the log of `center` between studies that say no more than this one.
    """

    center: float | None = None
    spread: float | None = None
    low: float | None = None
    high: float | None = None
    doubt: float = 0.0


@dataclass(frozen=True)
class Described:
    """A study as its records describe it.

    species: the record's; model: the species whose model stands for it (a rat's dose is then given to a mouse
    per body weight). entry: days after onset at which
    patients came in and were rated first, None where the indication's own baseline holds. dose_doubt: sd of
    the log of the dose between studies that say no more. potency: relative to the product as it is, of
    vesicles whose cargo was taken out.
    """

    name: str
    species: str
    model: str
    traits: tuple[tuple[str, Severity], ...]
    entry: float | None
    dosing: Dosing | None
    dose_doubt: float
    assumed: tuple[str, ...]
    potency: float = 1.0

    @property
    def indication(self) -> Indication:
        """The indication of that name."""
        return INDICATIONS[self.name]


def described(one: Record) -> Described | str:
    """The study that a record describes, or why the program has no model of it."""
    found = _indication(one)
    if isinstance(found, str):
        return found
    if "cells" in one.species:
        return f"'{one.species}': cells in culture, no animal"
    if _is_uninjured(one):
        return "sham: an animal without the injury, which is what the model is about"
    name, model, weight, assumed = _model(found, names_in("species", one.species))
    if model is None:
        said = one.species or "not stated"
        return f"species '{said}': no model of {found.name} for it"
    traits, entry = _cohort(one, found.name, model)
    dosing: Dosing | None = None
    doubt = 0.0
    if is_treated(one):
        if other := _other_treatment(one):
            return f"treated by {other}: no vesicles are named"
        given = regimen(one, found, model, weight)
        if isinstance(given, str):
            return given
        dosing, doubt, more = given
        assumed = (*assumed, *more)
    return Described(found.name, name, model, traits, entry, dosing, doubt, assumed, _potency(one))


def _potency(one: Record) -> float:
    words = one.fields.get("vesicle_modification", "")
    lacking = next((line for line in lines("modifications") if words and line.pattern.fullmatch(words)), None)
    return float(lacking["potency"]) if lacking else 1.0


def is_treated(one: Record) -> bool:
    """Whether the record is about an arm that was given something, or about such an arm against control."""
    return one.fields.get("arm", "").strip().casefold().startswith(("treat", "intervention", "active"))


def _other_treatment(one: Record) -> str:
    """What else than vesicles was given, by the words on a treated arm that names no source; "" for none."""
    cells = one.fields
    if cells.get("vesicle_source", "").strip() or cells.get("dose_particles", "").strip():
        return ""
    text = f"{one.study} {cells.get('strain_or_population', '')} {cells.get('vesicle_modification', '')}"
    known = next((line["reason"] for line in lines("other_treatments") if line.pattern.search(text)), "")
    return known or next(iter(sorted(families_of(text, "") - {"cells"})), "")


def _is_uninjured(one: Record) -> bool:
    """Whether it is an animal whose operation left out the injury; in people a sham is a control."""
    return one.fields.get("arm", "").strip().casefold() == "sham" and species_of(one) != "human"


def _indication(one: Record) -> Indication | str:
    word = one.fields.get("indication", one.indication)
    known = synonym("indication", word) or ()
    valid = [INDICATIONS[name] for name in known if name in INDICATIONS]
    if valid:
        return valid[0]
    if "ich" in known or "sah" in known:
        return f"'{word}': haemorrhage, which no model is about"
    return f"indication '{word}': no model of it"


def _model(
    indication: Indication, species: tuple[str, ...]
) -> tuple[str, str | None, float | None, tuple[str, ...]]:
    """(species, species of the model, weight, what was assumed); of several species one with a model."""
    modelled = [name for name in species if name in indication.species]
    if modelled:
        others = ", ".join(name for name in species if name != modelled[0])
        assumed = (f"of {modelled[0]} and {others} together, {modelled[0]}'s model",) if others else ()
        return modelled[0], modelled[0], None, assumed
    for name in species:
        for line in lines("stand_ins"):
            if line["indication"] == indication.name and line["species"] == name:
                return name, line["model"], float(line["weight"]), (line["reason"],)
    return (species[0] if species else ""), None, None, ()


def _cohort(
    one: Record, indication: str, model: str
) -> tuple[tuple[tuple[str, Severity], ...], float | None]:
    """Traits that the words of a record set, and the time of entry in days.

    What is said of the group itself (severity, age) comes before what is said of its study; lines that hold
    whatever is said come last.
    """
    cells = one.fields
    start = _START.search(plain(one.quantity))
    group = [*(cells.get(column, "") for column in ("severity", "age")), f"AIS {start[1]}" if start else ""]
    study = [one.study, cells.get("strain_or_population", ""), cells.get("injury_model", "")]
    set_: dict[str, dict[str, float]] = {}
    known = [line for line in lines("cohorts") if line.serves(indication, model)]
    said = [line for line in known if not line.pattern.fullmatch("")]
    always = [line for line in known if line.pattern.fullmatch("")]
    order = ((group, said), (study, said), ([*group, *study], always))
    for texts, line in ((texts, line) for texts, each in order for line in each):
        found = next((match for text in texts if text and (match := line.pattern.search(text))), None)
        if found is None:
            continue
        if line["cohort"]:
            values = _of_cohort(indication, line["cohort"])
        else:
            columns = ("center", "spread", "low", "high", "doubt")
            values = {line["trait"]: {c: v for c in columns if (v := line.number(c, found)) is not None}}
        for trait, numbers in values.items():
            own = set_.setdefault(trait, {})
            own |= {column: value for column, value in numbers.items() if column not in own}
    entry = set_.pop("entry", {}).get("center")
    doubtful = _between_cohorts(indication)
    severities = {
        trait: Severity(**({"doubt": 0.0 if "center" in cells else doubtful.get(trait, 0.0)} | cells))
        for trait, cells in set_.items()
    }
    for trait, doubt in doubtful.items():
        severities.setdefault(trait, Severity(doubt=doubt))
    return tuple(sorted(severities.items())), entry


def _of_cohort(indication: str, name: str) -> dict[str, dict[str, float]]:
    one = cohorts(indication)[name]
    return {
        "nihss": {
            "center": one.nihss_median,
            "spread": one.nihss_sigma,
            "low": one.nihss_low,
            "high": one.nihss_high,
            "doubt": one.nihss_doubt,
        },
        "age": {"center": one.age_median, "spread": one.age_sd},
        "entry": {"center": one.entry},
    }


@cache
def _between_cohorts(indication: str) -> Mapping[str, float]:
    """Sd of the log of the median severity and age over the calibration cohorts: what one does not know of a
    study that does not say.
    """
    if indication != "stroke":
        return {}
    known = [one for one in cohorts(indication).values() if one.split == "calibration"]
    return {
        "nihss": float(np.std(np.log([one.nihss_median for one in known]), ddof=1)),
        "age": float(np.std(np.log([one.age_median for one in known]), ddof=1)),
    }


def indication_of(one: Record) -> str:
    """Our name of the indication of a record, "" where it has none; for summaries."""
    word = one.fields.get("indication", one.indication)
    known = synonym("indication", word) or ()
    return known[0] if known else ""


def species_of(one: Record) -> str:
    """Our name of the species of a record, of several the first; "" where it has none."""
    return next(iter(names_in("species", one.species)), "")
