"""What animals show: untreated courses of stroke and brain injury, and the effect of vesicles on function.

    python -m exodyn.calibration.animals posterior [--indication NAME] [--write]

Untreated course: draws of the priors (`population/animal_priors.csv`) are weighted by how well they predict
the published figures (`animal_targets.csv`) and drawn anew (importance sampling; refused where fewer than
`LEAST` draws carry the weight). Animals of one study are more severe or recover better than the next's, by
`BETWEEN_STUDIES`: a single study says little of all.

Effect: pooled effects on function are taken down by what selective publication, unblinded and unrandomised
studies make of them, with the priors of `exodyn.inference.bias`. The common `efficacy` of an indication is
then what gives that effect in rats and mice after one usual dose at 24 h; a single study's differs from it by
the spread of true effects within the pools, and is none where that would be harm.

--write keeps draws, each of a study that could be, in ``evidence/data/draws`` and their medians on file.
"""

from __future__ import annotations

import argparse
import csv
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtri

import exodyn
from exodyn.calibration.write import write
from exodyn.engine import Dose, Engine, Schedule
from exodyn.engine.random import uniforms
from exodyn.evidence import Draws, Record, record, stamp
from exodyn.evidence.draws import explanations
from exodyn.evidence.meta import effect_of, pool
from exodyn.evidence.release import data_hash
from exodyn.evidence.table import DATA, Row, rows
from exodyn.indications import Indication, get_indication
from exodyn.inference.bias import bias_parameters
from exodyn.scales import BehaviourTest, Scale

Floats = NDArray[np.float64]

SEED = 1
PRODUCT, ROUTE = "adipose_msc_exosomes", "intravenous"
PRIOR_DRAWS, ANIMALS = 65536, 8
KEPT, TREATED_ANIMALS = 400, 32
LEAST = 200.0
BETWEEN_STUDIES = {"mnss": 0.6, "reserve": 0.8, "recovery_time": 0.4}
"""Sd of what is usual in a study's animals, log odds (of the time its logarithm), assumed: occlusions of half
an hour to permanent ones, or impacts of different depth, lie about threefold apart in odds."""
RESIDUAL = 0.05
"""What a study's mean differs by for other reasons, as a share of the scale's range (assumed)."""
FLAWS = {"publication_bias": 1.0, "unblinded_bias": 0.65, "unrandomised_bias": 0.71}
"""Shares of animal studies with a flaw; of the latter two by 31 reviews (10.1371/journal.pone.0098856)."""
GROUP = 8.0
"""Animals in a group of the usual study."""
EFFICACIES = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
POOLS: Mapping[str, tuple[str, ...]] = {
    "stroke": ("STR046", "STR047", "STR050"),
    "traumatic_brain_injury": ("TBI024",),
}
"""Pooled effects on a severity score."""
SHARE = "share left on day 1"
FIRST = 1.0
"""Day on which animals are first scored."""
READ_AT = {"stroke": 28.0, "traumatic_brain_injury": 35.0}
RODENTS = ("rat", "mouse")
FILES = (
    "population/animal_priors.csv",
    "population/animal_targets.csv",
    "records/natural_history_animals.csv",
)
TABLES = tuple(
    f"parameters/{area}.csv"
    for area in (
        "barrier",
        "behaviour",
        "cargo_action",
        "injury",
        "plasticity",
        "survival",
        "traumatic_brain_injury",
    )
)
"""What the draws rest on beside these; they are out of date when one of them changes."""
COMPARISONS = re.compile(r"(\d+) (?:comparisons|experiments)")


@dataclass(frozen=True)
class Target:
    """A published figure: a mean in points, percent of intact, or percent of the first score that is left."""

    scale: str
    statistic: str
    day: float
    first: float
    value: float
    se: float


def targets(indication: str, species: str) -> list[Target]:
    """The figures that a course is fitted to."""
    found = []
    for number, cells in rows(DATA / "population" / "animal_targets.csv"):
        if (cells["indication"], cells["species"]) != (indication, species):
            continue
        row = Row("animal_targets.csv", number, cells)
        named = [record(id) for id in cells["records"].split()]
        value, se = _printed(cells["statistic"], named, _intact(indication, species, cells["scale"]))
        first = (named[0].time or 0.0) / 24 if cells["statistic"] == "left" else 0.0
        sd = math.hypot(se, row.number("extra_sd") or 0.0)
        found.append(Target(cells["scale"], cells["statistic"], row.number("day") or 0.0, first, value, sd))
    return found


def _intact(indication: str, species: str, scale: str) -> float:
    found = {one.name: one for one in get_indication(indication).scales(species)}[scale]
    return found.intact if isinstance(found, BehaviourTest) else 1.0


def _printed(statistic: str, named: Sequence[Record], intact: float) -> tuple[float, float]:
    """The figure and its standard error; n is `GROUP` where it is not printed."""
    value = named[-1].value or 0.0
    spread = named[-1].spread[0] if len(named[-1].spread) == 1 else 0.0
    se = spread if named[-1].spread_kind == "sem" else spread / math.sqrt(named[-1].n or GROUP)
    if statistic == "left":
        start = named[0].value or 1.0
        return 100 * (1 + value / start), 100 * se / start
    if statistic == "percent" and not named[-1].unit.startswith("%"):
        return 100 * value / intact, 100 * se / intact
    return value, se


def prior(indication: str, species: str, count: int) -> dict[str, Floats]:
    """Draws of the priors by name, float64[count]."""
    found = {}
    for _, cells in rows(DATA / "population" / "animal_priors.csv"):
        if (cells["indication"], cells["species"]) != (indication, species):
            continue
        place = uniforms(SEED, f"animals:{indication}:{species}:{cells['name']}", 0, count, 1)[:, 0]
        first, second = float(cells["first"]), float(cells["second"])
        match cells["law"]:
            case "uniform":
                found[cells["name"]] = first + (second - first) * place
            case "log":
                found[cells["name"]] = first * np.exp(second * ndtri(place))
            case _:
                high = 18.0 if "mnss" in cells["name"] else 1.0
                found[cells["name"]] = high * expit(logit(first / high) + second * ndtri(place))
    return found


def of_a_study(draws: Mapping[str, Floats], stream: str) -> dict[str, Floats]:
    """The same draws with what is usual in one study's animals instead of in all studies'."""
    found = dict(draws)
    for name, sd in BETWEEN_STUDIES.items():
        key = f"population.{name}.center"
        moved = sd * ndtri(uniforms(SEED, f"animals:{stream}:{name}", 0, len(draws[key]), 1)[:, 0])
        high = 18.0 if name == "mnss" else 1.0
        odds = name != "recovery_time"
        found[key] = high * expit(logit(draws[key] / high) + moved) if odds else draws[key] * np.exp(moved)
    return found


def animals(
    indication: Indication, species: str, draws: Mapping[str, Floats], each: int
) -> dict[str, Floats]:
    """Model parameters of so many animals of each draw, the same places in every draw."""
    count = len(draws["shock_share"])
    traits = {}
    for trait in indication.population(species).traits:
        place = np.tile(uniforms(SEED, f"animals:{trait.name}", 0, each, 1)[:, 0], count)
        center = np.repeat(draws.get(f"population.{trait.name}.center", np.full(count, trait.center)), each)
        if trait.kind == "bounded":
            score = trait.spread * ndtri(place)  # type: ignore[operator]
            low, high = trait.low or 0.0, trait.high or 1.0
            traits[trait.name] = low + (high - low) * expit(logit((center - low) / (high - low)) + score)
        elif trait.kind == "lognormal":
            traits[trait.name] = center * np.exp((trait.spread or 0.0) * ndtri(place))
        else:
            traits[trait.name] = trait.sample(place)
    shock = {"shock_share": np.repeat(draws["shock_share"], each)}
    return indication.person(species, traits) | shock | {"weight": traits["weight"]}


def course(
    indication: Indication, species: str, draws: Mapping[str, Floats], days: Sequence[float]
) -> Floats:
    """Deficit of untreated animals, float64[draws, animals, days]."""
    own = animals(indication, species, draws, ANIMALS)
    count = len(draws["shock_share"])
    engine = Engine(indication.model(species, PRODUCT, ROUTE), outputs=["deficit"])
    run = engine.run(own, patients=count * ANIMALS, times=list(days), rtol=1e-3)
    return run.values[:, :, 0].reshape(count, ANIMALS, len(days))


def baseline_share(indication: Indication, species: str, draws: Mapping[str, Floats]) -> float:
    """Mean share of the deficit at onset that is left on day 1; severity does not move it."""
    at_onset = animals(indication, species, draws, ANIMALS)["severity"].reshape(-1, ANIMALS)
    return float(np.mean(course(indication, species, draws, [FIRST])[:, :, 0] / at_onset))


def fitted_course(name: str, species: str) -> tuple[dict[str, Floats], float]:
    """`KEPT` draws of the untreated course, each of a new study's severity; how many draws carried them."""
    indication, wanted = get_indication(name), targets(name, species)
    draws = prior(name, species, PRIOR_DRAWS)
    studied = of_a_study(draws, f"{name}:{species}")
    days = sorted({one.day for one in wanted} | {one.first or FIRST for one in wanted})
    deficit = course(indication, species, studied, days)
    scales = {scale.name: scale for scale in indication.scales(species)}
    misfit = np.zeros(PRIOR_DRAWS)
    for one in wanted:
        half = draws.get(f"{one.scale.replace(' ', '_')}_half")
        seen = _seen(scales[one.scale], one, deficit, days, half)
        sd = math.hypot(one.se, RESIDUAL * (scales[one.scale].high if one.statistic == "mean" else 100.0))
        misfit += ((seen - one.value) / sd) ** 2 / 2
    weight = np.exp(misfit.min() - misfit)
    weight /= weight.sum()
    effective = float(1 / np.sum(weight**2))
    if effective < LEAST:
        raise SystemExit(
            f"{name} ({species}): only {effective:.0f} draws carry the weight, expected {LEAST:g}"
        )
    places = (np.arange(KEPT) + 0.5) / KEPT
    taken = np.minimum(np.searchsorted(np.cumsum(weight), places), PRIOR_DRAWS - 1)
    taken = taken[np.argsort(uniforms(SEED, f"animals:{name}:{species}:order", 0, KEPT, 1)[:, 0])]
    kept = {key: column[taken] for key, column in draws.items()}
    return of_a_study(kept, f"{name}:{species}:new"), effective


def _seen(scale: Scale, one: Target, deficit: Floats, days: Sequence[float], half: Floats | None) -> Floats:
    """The figure as each draw predicts it, float64[draws]."""
    now = deficit[:, :, days.index(one.day)]
    if one.statistic == "left":
        scored = np.minimum(deficit, 18.0)  # no score is above its range, however deep the injury
        return np.asarray(100 * now.mean(axis=1) / scored[:, :, days.index(one.first)].mean(axis=1))
    if isinstance(scale, BehaviourTest):
        level = scale.level(now, None if half is None else half[:, None])
        return np.asarray(100 * level.mean(axis=1) / scale.intact)
    return np.asarray(scale.high / 18.0 * now.mean(axis=1))


def effects(name: str, species: str, draws: Mapping[str, Floats]) -> Floats:
    """Standardised difference of the severity score by efficacy, float64[draws, EFFICACIES]."""
    indication = get_indication(name)
    own, count = animals(indication, species, draws, TREATED_ANIMALS), len(draws["shock_share"])
    scale, patients = indication.scales(species)[0], count * TREATED_ANIMALS
    amount = indication.parameters(species)["usual_dose"].value * own["weight"]
    doses = Schedule([Dose("blood", amount=amount, time=1.0)])
    engine = Engine(indication.model(species, PRODUCT, ROUTE), outputs=list(scale.reads))
    rater = uniforms(SEED, f"animals:{name}:{species}:rater", 0, patients, scale.draws(1))
    ways = {
        key: np.repeat(np.resize(column, count), TREATED_ANIMALS)
        for key, column in explanations().values.items()
    }
    read = []
    for efficacy in EFFICACIES:
        changed = own | ways | {"efficacy": np.full(patients, efficacy)}
        run = engine.run(changed, patients=patients, times=[READ_AT[name]], doses=doses, rtol=1e-3)
        readouts = {reads: run.values[:, :, i] for i, reads in enumerate(scale.reads)}
        read.append(scale.observe(readouts, rater)[:, 0].reshape(count, TREATED_ANIMALS))
    seen = np.array(read)
    spread = np.maximum(np.nanstd(seen[0], axis=1), scale.step / 2)  # less is rounding
    smd = (np.nanmean(seen, axis=2) - np.nanmean(seen[0], axis=1)) / spread
    return np.asarray(np.minimum.accumulate(smd.T, axis=1))


def published(name: str) -> tuple[float, float, float]:
    """Pooled effect of published studies, its sd between pools, and the sd of true effects within a pool.

    An indication with a single pool takes the two spreads from stroke.
    """
    known = [(one, effect) for one in map(record, POOLS[name]) if (effect := effect_of(one)) is not None]
    if len(known) == 1:
        _, between, within = published("stroke")
        (middle, variance) = known[0][1]
        return middle, math.hypot(between, math.sqrt(variance)), within
    pooled = pool([effect[0] for _, effect in known], [effect[1] for _, effect in known], method="REML")
    within_each = [
        max(int(found[1]) * effect[1] - (2 / GROUP + effect[0] ** 2 / (4 * GROUP)), 0.0)
        for one, effect in known
        if (found := COMPARISONS.search(one.note))
    ]
    return pooled.estimate[0], math.sqrt(pooled.tau2), math.sqrt(float(np.median(within_each)))


def efficacies(name: str, curve: Floats) -> tuple[Floats, Floats]:
    """Efficacy of the indication, and of a study that could be, float64[draws] each.

    curve: standardised difference by efficacy, float64[draws, EFFICACIES].
    """
    middle, between, within = published(name)
    places = uniforms(SEED, f"animals:{name}:effect", 0, len(curve), 5)
    scores = ndtri(places)
    bias = bias_parameters()
    log_inflation = np.zeros(len(curve))
    for k, (flaw, share) in enumerate(FLAWS.items()):
        law = bias[flaw].prior
        assert law is not None
        log_inflation += share * np.array([law.quantile(place) for place in places[:, k]])
    true = (middle + between * scores[:, 3]) * np.exp(-log_inflation)
    study = true + within * np.exp(-log_inflation) * scores[:, 4]
    return _inverse(curve, true), _inverse(curve, study)


def _inverse(curve: Floats, effect: Floats) -> Floats:
    """The efficacy that gives an effect: none where that is no benefit, the largest where none does."""
    return np.array([np.interp(-e, -row, EFFICACIES) for e, row in zip(effect, curve, strict=True)])


def posterior(name: str) -> tuple[dict[str, dict[str, Floats]], dict[str, float]]:
    """Draws by species, and what says whether they can be trusted."""
    species = get_indication(name).species
    course_of = {one: fitted_course(name, one) for one in species if one != "human"}
    curve = np.mean([effects(name, one, course_of[one][0]) for one in RODENTS], axis=0)
    usual, study = efficacies(name, curve)
    found = {one: {**draws, "efficacy": study} for one, (draws, _) in course_of.items()}
    said = {f"effective draws, {one}": effective for one, (_, effective) in course_of.items()}
    said |= {
        f"{SHARE}, {one}": baseline_share(get_indication(name), one, draws) for one, draws in found.items()
    }
    said |= {"efficacy, median": float(np.median(usual)), "published effect": published(name)[0]}
    said |= {f"effect at {e:g}": float(np.median(curve[:, k])) for k, e in enumerate(EFFICACIES)}
    return found, said


def keep(name: str, found: Mapping[str, Mapping[str, Floats]], said: Mapping[str, float]) -> None:
    """Medians on file, draws beside them; a second run settles `baseline_share`, which scores are read by."""
    first, efficacy = next(iter(found.values()))["efficacy"], said["efficacy, median"]
    low, high = np.quantile(first, (0.05, 0.95))
    write({("efficacy", "any"): efficacy}, name, {("efficacy", "any"): (float(low), float(high))})
    for species, draws in found.items():
        own = {key: float(np.median(x)) for key, x in draws.items() if "." not in key and key != "efficacy"}
        own["baseline_share"] = said[f"{SHARE}, {species}"]
        write({(key, species): value for key, value in own.items()}, name)
        centers = {
            key.split(".")[1]: column for key, column in draws.items() if key.startswith("population.")
        }
        _write_population(name, species, {key: float(np.median(x)) for key, x in centers.items()})
    data_hash.cache_clear()
    for species, draws in found.items():
        indication = get_indication(name)
        unit = {name: one.unit for name, one in indication.parameters(species).items()}
        unit |= {trait.name: trait.unit for trait in indication.population(species).traits}
        units = {key: unit[key.removeprefix("population.").removesuffix(".center")] for key in draws}
        command = f"python -m exodyn.calibration.animals posterior --indication {name} --write"
        tables = (*FILES, f"population/{name}.csv", *TABLES)
        manifest = stamp(command, SEED, exodyn.__version__, tables, (name, species))
        manifest |= {"records": list(POOLS[name])}
        file = Path(str(DATA)) / "draws" / f"{name}_{species}.parquet"
        Draws(name, species, dict(draws), units, manifest).save(file)


def _write_population(name: str, species: str, centers: Mapping[str, float]) -> None:
    file = Path(str(DATA)) / "population" / f"{name}.csv"
    with file.open(encoding="utf-8", newline="") as text:
        known = list(csv.DictReader(text))
    for line in known:
        if line["species"] == species and line["name"] in centers:
            line["center"], line["status"] = f"{centers[line['name']]:.4g}", "fitted"
            line["reason"] = "python -m exodyn.calibration.animals posterior"
    with file.open("w", encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, list(known[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(known)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("posterior",))
    parser.add_argument("--indication", choices=tuple(POOLS), help="one of them instead of all")
    parser.add_argument("--write", action="store_true", help="keep values and draws in the source tree")
    asked = parser.parse_args(arguments)
    for name in (asked.indication,) if asked.indication else POOLS:
        found, said = posterior(name)
        for key, value in said.items():
            print(f"{name}: {key}: {value:.3g}")
        for species, draws in found.items():
            for key, column in draws.items():
                low, middle, high = np.quantile(column, (0.05, 0.5, 0.95))
                print(f"{name} ({species}): {key}: {middle:.3g} ({low:.3g} to {high:.3g})")
        if asked.write:
            keep(name, found, said)


if __name__ == "__main__":
    main()
