"""Which way of action explains the effect in rodents: four that compete, weighed by what has a number.

    python -m exodyn.calibration.explanations [--write]

Each explanation says: effect = smax x / (x + half), in standard deviations, where x is what the delivery
model brings in that way at a usual dose, with every parameter drawn from the range of its record:

    count      delivered native miRNA per cell against the cell's own
    factor     growth factor in tissue fluid
    contact    vesicles that touched a cell of the lesion
    periphery  vesicles taken in per cell of the spleen

Half effects of the first two are known to a decade or two; those of the others are not known at all and are
given six decades. Weights are posterior model probabilities: marginal likelihoods by plain Monte Carlo,
equal prior odds. What engineering adds (STR051) speaks for ways at the lesion if it was aimed there, which is
not known: it is counted in half of the draws.

--write keeps draws, one explanation in each, in ``evidence/data/draws``, and mean weights on file. A draw
has of its way the share s of the greatest effect that the usual dose reaches: its half effect is
x (1 - s) / s with x of the parameters on file. Its weight makes the signal of the usual dose as much in all,
over its whole course, as that of touch whose highest is 1: a factor that is there for hours must do at once
what touch does in days.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

import exodyn
from exodyn.calibration.stroke_levels import PRODUCT, ROUTE
from exodyn.calibration.write import write
from exodyn.engine import Dose, Engine, Schedule
from exodyn.engine.random import uniforms
from exodyn.evidence import Draws, record, stamp
from exodyn.evidence.arrows import Arrow, arrows
from exodyn.evidence.draws import EXPLANATIONS
from exodyn.evidence.release import data_hash
from exodyn.indications import stroke
from exodyn.inference.sensitivity import Range

Floats = NDArray[np.float64]

DRAWS = 4000
COURSE = 1.0 + np.concatenate([[0.0], np.geomspace(0.01, 28.0, 80)])
TIMES = np.array([0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 7.0]) + 1.0
WAYS = {"count": "mirna", "factor": "factor", "contact": "contact", "periphery": "peripheral"}
WEIGHTS = {
    "count": "count_weight",
    "factor": "factor_weight",
    "contact": "contact_weight",
    "periphery": "peripheral_weight",
}
HALF = {"factor": "factor_half", "contact": "contact_half", "periphery": "peripheral_half"}
KEPT = 400
"""Draws that are kept, as many as of animals' courses: each has its own explanation and efficacy."""
COMMAND = "python -m exodyn.calibration.explanations --write"
TABLES = ("parameters/barrier.csv", "parameters/cargo.csv", "parameters/lesion.csv")
HALVES = {"contact": (1e-3, 1e3), "periphery": (1e-2, 1e4)}
"""Ends of uniform priors of the logarithm, where nobody has measured a half effect; particles a cell."""
FACTOR = 0.5, 1.2
"""Growth factor at half effect, ng/mL, and sd of its log: VEGF that activates a tip cell (MEC026, a rule of a
published model)."""
TOUCH = 0.2
"""Touch at half effect, particles a cell, that sets what a signal of 1 is: near what a usual dose reaches."""
SMAX = 2.0, 0.6
"""Median and sd of the log of the greatest effect, as in `exodyn.calibration.bell`."""
LOADED = 2.0, 1000.0
"""Copies of a loaded cargo over those of an abundant native one: 16 by transfection (CAR063); one a
vesicle is 121; no count after electroporation was read."""
TARGETED = 1.0, 5.0
"""Vesicles at the target with a targeting ligand over those without: assumed; 5 in a field (CLM041)."""
HUMAN_DOSE = 1000.0
"""Gparticles, within registered trials (5e11 to 2e12 in total)."""
SIRNA_DOSE = 560.0
"""Gparticles: 150 ug of the one knock-down in the brain; its abstract gives no dose (assumed, recalled)."""
HETEROGENEITY = 0.5
"""Standard deviation between pools of one question: STR046, STR047, STR050 differ by this much."""


def _log_uniform(rank: Floats, ends: tuple[float, float]) -> Floats:
    return np.asarray(ends[0] * (ends[1] / ends[0]) ** rank)


@cache
def exposures(species: str, dose: float, healthy: bool = False) -> Mapping[str, Floats]:
    """What each way brings at its most, float64[draws], after one dose into a vein at 24 h."""
    known = stroke.parameters(species)
    engine = Engine(stroke.model(species, PRODUCT, ROUTE), outputs=list(WAYS.values()))
    given: dict[str, Floats] = {}
    for name in engine.parameters:
        one = known.get(name)
        if one is not None and one.low is not None and one.high is not None and one.low < one.high:
            given[name] = Range(one).ppf(uniforms(1, f"explanations:{name}", 0, DRAWS, 1)[:, 0])
    if healthy:
        given["damage_per_death"] = np.zeros(DRAWS)
    run = engine.run(
        given,
        patients=DRAWS,
        times=TIMES,
        doses=Schedule([Dose(state="blood", amount=dose, time=1.0)]),
        rtol=1e-4,
    )
    return {way: run.values[:, :, i].max(axis=1) for i, way in enumerate(WAYS)}


@cache
def halves() -> Mapping[str, Floats]:
    """Half effects of each way, float64[draws]."""
    known = stroke.parameters("mouse")
    rank = {way: uniforms(1, f"explanations:half:{way}", 0, DRAWS, 1)[:, 0] for way in WAYS}
    return {
        "count": Range(known["mirna_own"]).ppf(rank["count"]),
        "factor": FACTOR[0] * np.exp(FACTOR[1] * ndtri(rank["factor"])),
        **{way: _log_uniform(rank[way], ends) for way, ends in HALVES.items()},
    }


@dataclass(frozen=True)
class Weighed:
    """An explanation: its probability, and what it says, with 90% intervals (low, middle, high).

    effect: of a usual rodent dose, prior to the data. in_man: effect of one human dose over that of the usual
    rodent dose by exposure alone, given the data.
    """

    way: str
    probability: float
    effect: Floats
    in_man: Floats


def usual_dose() -> float:
    """Gparticles of the usual dose in a mouse."""
    known = stroke.parameters("mouse")
    return known["usual_dose"].value * known["weight"].value


@dataclass(frozen=True)
class Posterior:
    """Of one way of action, float64[draws] each.

    reached: share of the greatest effect that a usual dose reaches; effect: of that dose, in standard
    deviations; likelihood: of the pooled effects.
    """

    reached: Floats
    effect: Floats
    likelihood: Floats

    @property
    def rows(self) -> NDArray[np.int64]:
        """Draws given the data, by their place, int64[draws]."""
        rng = np.random.default_rng(1)
        return rng.choice(DRAWS, DRAWS, p=self.likelihood / self.likelihood.sum())


@cache
def posterior(with_loading: bool) -> Mapping[str, Posterior]:
    """By way: weighed by the pooled effect and, if asked, by what engineering adds."""
    mice = exposures("mouse", usual_dose())
    rank = {what: uniforms(1, f"explanations:{what}", 0, DRAWS, 1)[:, 0] for what in ("smax", "load", "aim")}
    smax = SMAX[0] * np.exp(SMAX[1] * ndtri(rank["smax"]))
    loaded, targeted = _log_uniform(rank["load"], LOADED), _log_uniform(rank["aim"], TARGETED)
    gains = {"count": loaded * targeted, "factor": targeted, "contact": targeted, "periphery": np.ones(DRAWS)}
    found = {}
    for way in WAYS:
        x, half = mice[way], halves()[way]
        reached = x / (x + half)
        likelihood = _density("STR046", smax * reached)
        if with_loading:
            more = gains[way] * x
            likelihood = likelihood * _density("STR051", smax * (more / (more + half) - reached))
        found[way] = Posterior(reached, smax * reached, likelihood)
    return found


def probabilities(with_loading: bool) -> dict[str, float]:
    """Of each way, given the data."""
    marginal = {way: float(one.likelihood.mean()) for way, one in posterior(with_loading).items()}
    total = sum(marginal.values())
    return {way: value / total for way, value in marginal.items()}


def weigh(with_loading: bool = True) -> tuple[Weighed, ...]:
    """The explanations, weighed by the pooled effect and, if asked, by what engineering adds."""
    man, probability = exposures("human", HUMAN_DOSE), probabilities(with_loading)
    found = []
    for way, one in posterior(with_loading).items():
        reached = man[way] / (man[way] + halves()[way])
        ratio = (reached / np.maximum(one.reached, 1e-300))[one.rows]
        bands = (np.quantile(values, (0.05, 0.5, 0.95)) for values in (one.effect, ratio))
        found.append(Weighed(way, probability[way], *bands))
    return tuple(found)


def draws() -> dict[str, Floats]:
    """Weights and half effects by draw, float64[KEPT]: one explanation in each, the two readings in turn."""
    course = usual_course()
    columns = {name: np.full(KEPT, stroke.parameters("mouse")[name].value) for name in HALF.values()}
    columns |= {weight: np.zeros(KEPT) for weight in WEIGHTS.values()}
    for first, with_loading in enumerate((True, False)):
        probability, found = probabilities(with_loading), posterior(with_loading)
        ends = np.cumsum([probability[way] for way in WAYS])
        rows = np.arange(first, KEPT, 2)
        place = (np.random.default_rng(2 + first).permutation(len(rows)) + 0.5) / len(rows)
        chosen = np.searchsorted(ends, place * ends[-1])
        for k, way in enumerate(WAYS):
            mine = rows[chosen == k]
            if way == "count":  # no weight makes a part in a million an effect
                columns[WEIGHTS[way]][mine] = 1.0
                continue
            reached = found[way].reached[found[way].rows[: len(mine)]]
            half = course[way].max() * (1 - reached) / reached
            columns[WEIGHTS[way]][mine] = [weight_of(way, one) for one in half]
            columns[HALF[way]][mine] = half
    return columns


@cache
def usual_course() -> Mapping[str, Floats]:
    """What a usual dose brings by way over `COURSE`, with the parameters on file; float64[times]."""
    engine = Engine(stroke.model("mouse", PRODUCT, ROUTE), outputs=list(WAYS.values()))
    doses = Schedule([Dose(state="blood", amount=usual_dose(), time=1.0)])
    run = engine.run(patients=1, times=COURSE, doses=doses, rtol=1e-6)
    return {way: run.values[0, :, i] for i, way in enumerate(WAYS)}


def weight_of(way: str, half: float) -> float:
    """The weight that makes a way's signal as much in all as that of touch whose highest is 1."""
    touch = usual_course()["contact"]
    touch = touch / (touch + TOUCH)
    x = usual_course()[way]
    return float(np.trapezoid(touch / touch.max(), COURSE) / np.trapezoid(x / (x + half), COURSE))


def keep() -> None:
    """Draws beside the others; on file each way's median half effect, and its probability as weight."""
    columns = draws()
    values: dict[tuple[str, str], float] = {}
    ranges: dict[tuple[str, str], tuple[float, float]] = {}
    for way, weight in WEIGHTS.items():
        mine = columns[weight] > 0
        full = 1.0
        if way != "count":
            low, middle, high = np.quantile(columns[HALF[way]][mine], (0.05, 0.5, 0.95))
            values[HALF[way], "any"], ranges[HALF[way], "any"] = float(middle), (float(low), float(high))
            full = weight_of(way, float(middle))
        values[weight, "any"] = float(mine.mean()) * full
    write(values, "stroke", ranges)
    data_hash.cache_clear()
    units = {name: one.unit for name, one in stroke.parameters("mouse").items() if name in columns}
    manifest = stamp(COMMAND, 1, exodyn.__version__, TABLES, ("stroke", "mouse"))
    manifest |= {"records": ["STR046", "STR051"]}
    Draws("stroke", "mouse", columns, units, manifest).save(Path(str(EXPLANATIONS)))


def _density(id: str, effect: Floats) -> Floats:
    """Density of a pooled standardised difference (benefit negative there) at predicted effects."""
    one = record(id)
    assert one.value is not None
    se = (one.spread[1] - one.spread[0]) / (2 * 1.959963984540054)
    sd = np.hypot(se, HETEROGENEITY)
    return np.asarray(np.exp(-(((one.value + effect) / sd) ** 2) / 2) / (sd * math.sqrt(2 * math.pi)))


def predicted(arrow: Arrow) -> tuple[str, Floats, str] | None:
    """What is predicted of a quantitative arrow by count (low, middle, high), and what was measured."""
    rank = uniforms(1, "explanations:load", 0, DRAWS, 1)[:, 0]
    loaded = _log_uniform(rank, LOADED)
    if "BIO074" in arrow.quantitative:
        copies = exposures("mouse", SIRNA_DOSE, healthy=True)["count"] * loaded
        share = copies / (copies + halves()["count"])
        return (
            "target left, ratio to control",
            np.quantile(1 - share, (0.05, 0.5, 0.95)),
            "0.40 (mRNA), 0.38 (protein); no interval",
        )
    if "STR051" in arrow.quantitative:
        x, half = exposures("mouse", usual_dose())["count"], halves()["count"]
        gain = SMAX[0] * (loaded * x / (loaded * x + half) - x / (x + half))
        return "further SMD of infarct", np.quantile(-gain, (0.05, 0.5, 0.95)), "-2.33 (-2.92 to -1.73)"
    return None


def main() -> None:
    """Print the tables of docs/mechanisms.md."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help="keep draws and values in the source tree")
    if parser.parse_args().write:
        keep()
    print(
        "| explanation | effect before the data, SMD (90%) | probability | by natural vesicles alone | man |"
    )
    print("| --- " * 5 + "|")
    alone = probabilities(with_loading=False)
    every = weigh()
    for one in every:
        effect, man = (f"{m:.2g} ({lo:.2g} to {hi:.2g})" for lo, m, hi in (one.effect, one.in_man))
        print(f"| {one.way} | {effect} | {one.probability:.3f} | {alone[one.way]:.3f} | {man} |")
    for name, weights in (("all", {o.way: o.probability for o in every}), ("natural alone", alone)):
        mean = sum(weights[one.way] * one.in_man[1] for one in every)
        print(f"averaged over explanations ({name}): {mean:.2f} of the rodent effect by exposure alone")
    print("\n| arrow | what | predicted by count (90%) | measured |\n" + "| --- " * 4 + "|")
    for arrow in arrows():
        if (found := predicted(arrow)) is not None:
            low, middle, high = found[1]
            print(f"| {arrow.cargo} | {found[0]} | {middle:.3g} ({low:.3g} to {high:.3g}) | {found[2]} |")
    print("\n| arrow | target | acts on | sign | equation | records | number |\n" + "| --- " * 7 + "|")
    for a in arrows():
        sign = "raises" if a.sign > 0 else "lowers"
        cells = (a.cargo, a.target, a.acts_on, sign, a.parameter or "none", " ".join(a.records))
        print("| " + " | ".join((*cells, " ".join(a.quantitative) or "none: off")) + " |")


if __name__ == "__main__":
    main()
