"""The `[fit]` table of a study file: what is estimated, and what is known of it before the data.

[fit]
estimate = ["k_heal", "population.severity.center"]
patients = 128              # virtual patients behind each subject or group

[fit.priors.k_heal]         # else from the parameter's record
kind = "lognormal"
center = 0.02               # median; the mean of a normal prior
spread = 0.5                # sd of the logarithm
reason = "three cohorts"

[fit.noise]
tnf = "lognormal"           # else normal
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from exodyn.errors import nearest
from exodyn.evidence import Limits, ParameterRecord
from exodyn.indications import Trait
from exodyn.inference.parameters import Free
from exodyn.inference.priors import Prior
from exodyn.inference.study.data import Data, outputs_of
from exodyn.inference.study.reading import Law, ReadoutLaw, law_of
from exodyn.study import Study
from exodyn.study.document import Document, Key
from exodyn.study.uncertainty import TRAITS

NINETY = 2 * 1.6448536269514722
"""Width of a normal distribution's central 90%, in standard deviations."""
TENFOLD = math.log(10.0)
FAR = 6.0
"""Bounds lie this many standard deviations of the prior away, within what is possible."""


@dataclass(frozen=True)
class Settings:
    """What a fit is told. estimated: parameters of model and population; laws: by readout.

    noise: parameters of the readouts' errors, always estimated.
    """

    estimated: tuple[Free, ...]
    noise: tuple[Free, ...]
    laws: Mapping[str, Law]
    patients: int
    starts: int
    draws: int
    warmup: int
    chains: int

    @property
    def free(self) -> tuple[Free, ...]:
        """All that is estimated."""
        return (*self.estimated, *self.noise)


def settings_of(source: Document, study: Study, data: Data) -> Settings:
    """The settings of a study file for these data. Raises InputError with file, line and key."""
    entry = source.content.get("fit")
    if entry is None:
        source.complain((), "has no [fit] table: estimate = [...] names the parameters to fit")
    estimated = tuple(
        _free(source, study, ("fit", "estimate"), name) for name in dict.fromkeys(entry["estimate"])
    )
    for name in entry.get("priors", {}):
        if name not in entry["estimate"]:
            source.complain(("fit", "priors", name), "is not among what is estimated")
    kinds = entry.get("noise", {})
    laws: dict[str, Law] = {}
    noise: list[Free] = []
    scales = {scale.name: scale for scale in study.scales}
    for name in data.readouts:
        if name in scales:
            laws[name] = law_of(scales[name])
        else:
            law = ReadoutLaw(name, kinds.get(name, "normal"))
            laws[name] = law
            noise += _noise(source, law, data, study)
    for name in kinds:
        if name not in laws or name in scales:
            known = [one for one in laws if one not in scales]
            source.complain(("fit", "noise", name), f"no such readout in the data{nearest(name, known)}")
    return Settings(
        estimated,
        tuple(noise),
        laws,
        int(entry.get("patients", 128)),
        int(entry.get("starts", 10)),
        int(entry.get("draws", 1000)),
        int(entry.get("warmup", 500)),
        int(entry.get("chains", 4)),
    )


def _free(source: Document, study: Study, key: Key, name: str) -> Free:
    own = source.content["fit"].get("priors", {}).get(name)
    if name.startswith(TRAITS):
        return _of_trait(source, study, key, name, own)
    records = study.parameters
    units = {p.name: p for model in study.models for p in model.parameters}
    if name not in records and name not in units:
        traits = [
            f"{TRAITS}{t.name}.{what}" for t in study.population.traits for what in ("center", "spread")
        ]
        source.complain(key, f"no such parameter{nearest(name, [*records, *units, *traits])}")
    record = records.get(name) or study.record(name)
    assert record is not None
    if name in {one.name for one in study.overrides}:
        source.complain(key, f"'{name}' is set by the study itself: estimate it or set it")
    return _of_record(source, name, record, own)


def _of_record(source: Document, name: str, record: ParameterRecord, own: Mapping[str, float] | None) -> Free:
    """A parameter with its record's range (about 90%) as prior; without a range, known to a factor of ten."""
    least, greatest = record.limits.least, record.limits.greatest
    value, low, high = record.value, record.low, record.high
    about = " ".join(record.records)
    if own is not None:
        prior = _prior(source, name, own)
    elif low is not None and high is not None and low > 0 and least >= 0:
        prior = Prior(
            "lognormal", math.log(math.sqrt(low * high)), math.log(high / low) / NINETY, source=about
        )
    elif low is not None and high is not None and low < high:
        prior = Prior("normal", (low + high) / 2, (high - low) / NINETY, source=about)
    elif value > 0 and least >= 0:
        prior = Prior("lognormal", math.log(value), TENFOLD / (NINETY / 2), source="assumed: within tenfold")
    else:
        prior = Prior("normal", value, abs(value) or 1.0, source="assumed: as uncertain as it is large")
    return _bounded(name, prior, Limits(least, greatest), value, record.unit, record.meaning)


def _of_trait(source: Document, study: Study, key: Key, name: str, own: Mapping[str, float] | None) -> Free:
    """Center or spread of a trait: the center known to the population's spread, the spread to its double."""
    traits = {trait.name: trait for trait in study.population.traits}
    trait_name, _, what = name.removeprefix(TRAITS).rpartition(".")
    if trait_name not in traits or what not in ("center", "spread"):
        valid = [f"{TRAITS}{one}.{part}" for one in traits for part in ("center", "spread")]
        source.complain(key, f"no such part of the population{nearest(name, valid)}")
    trait = traits[trait_name]
    now = trait.center if what == "center" else trait.spread
    if now is None or (trait.kind == "constant" and what == "spread"):
        source.complain(key, f"a {trait.kind} trait has no {what}")
    prior = _prior(source, name, own) if own is not None else _trait_prior(trait, what)
    limits = trait.limits
    if what == "spread":
        limits = Limits(0.0, math.inf)
    elif trait.kind == "bounded" and trait.low is not None and trait.high is not None:
        limits = Limits(trait.low, trait.high)
    unit = trait.unit if what == "center" or trait.kind == "normal" else "1"
    return _bounded(name, prior, limits, now, unit, f"{what} of {trait.meaning or trait.name}")


def _trait_prior(trait: Trait, what: str) -> Prior | None:
    center, spread = trait.center or 0.0, trait.spread or 0.0
    if what == "spread":
        return Prior(
            "halfnormal", 0.0, 2 * spread or 1.0, source="assumed: up to about twice the population's"
        )
    if trait.kind == "bounded":
        return None
    if trait.kind == "normal":
        return Prior(
            "normal", center, spread or abs(center) or 1.0, source="assumed: the population's spread"
        )
    if center > 0:
        return Prior("lognormal", math.log(center), spread or 1.0, source="assumed: the population's spread")
    return Prior("normal", center, abs(center) or 1.0, source="assumed")


def _prior(source: Document, name: str, own: Mapping[str, float]) -> Prior:
    key: Key = ("fit", "priors", name)
    kind = str(own["kind"])
    needed = ("low", "high") if kind == "uniform" else ("center", "spread")
    for part in needed:
        if part not in own:
            source.complain(key, f"a {kind} prior needs '{part}'")
    first, second = (float(own[part]) for part in needed)
    if kind == "uniform":
        if not first < second:
            source.complain((*key, "low"), f"{first:g} is not below high, {second:g}")
        return Prior("uniform", first, second, source=str(own.get("reason", "")))
    if kind == "lognormal":
        if not first > 0:
            source.complain((*key, "center"), f"a median of {first:g}, expected more than 0")
        first = math.log(first)
    if not second > 0:
        source.complain((*key, "spread"), f"{second:g}, expected more than 0")
    return Prior(kind, first, second, source=str(own.get("reason", "")))


def _bounded(name: str, prior: Prior | None, limits: Limits, start: float, unit: str, meaning: str) -> Free:
    """On the logarithm where the prior is lognormal; bounds far out in the prior, within what is possible."""
    low, high = limits.least, limits.greatest
    scale = "lin"
    if prior is not None:
        scale = "log" if prior.kind == "lognormal" else "lin"
        if prior.kind == "lognormal":
            ends = math.exp(prior.a - FAR * prior.b), math.exp(prior.a + FAR * prior.b)
        elif prior.kind == "uniform":
            ends = prior.a, prior.b
        else:
            ends = prior.a - FAR * prior.b, prior.a + FAR * prior.b
        low, high = max(low, ends[0]), min(high, ends[1])
    inside = float(np.clip(start, low + 1e-9 * (high - low), high - 1e-9 * (high - low)))
    return Free(name, low, high, scale, inside, prior, unit, meaning)


def _noise(source: Document, law: ReadoutLaw, data: Data, study: Study) -> list[Free]:
    """Errors of a readout: flat on the logarithm, from a thousandth to ten times the data's own spread."""
    values = np.array(data.values(law.name))
    if law.kind == "lognormal" and (not values.size or values.min() <= 0):
        source.complain(("fit", "noise", law.name), "lognormal, but the data hold values of 0 or less")
    size = float(np.std(values)) or float(np.max(np.abs(values), initial=0.0)) or 1.0
    units = {name: unit for model in study.models for name, unit in outputs_of(model).items()}
    absolute = (1e-3 * size, 10 * size, 0.3 * size, units[law.name], "error of a reading")
    relative = (1e-3, 3.0, 0.3, "1", "error of a reading, relative")
    kinds: dict[str, Sequence[tuple[float, float, float, str, str]]] = {
        "normal": (absolute,),
        "lognormal": (relative,),
        "combined": (relative, absolute),
    }
    return [
        Free(name, low, high, "log", start, None, unit, f"{meaning} of {law.name}")
        for name, (low, high, start, unit, meaning) in zip(law.noise, kinds[law.kind], strict=True)
    ]
