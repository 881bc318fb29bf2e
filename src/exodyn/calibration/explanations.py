"""Which way of action explains the effect in rodents: four that compete, weighed by what has a number.

    python -m exodyn.calibration.explanations

Each explanation says: effect = smax x / (x + half), in standard deviations, where x is what the delivery
model brings in that way at a usual dose, with every parameter drawn from the range of its record:

    count      delivered native miRNA per cell against the cell's own
    factor     growth factor in tissue fluid
    contact    vesicles that touched a cell of the lesion
    periphery  vesicles taken in per cell of the spleen

Half effects of the first two are known to a decade or two; those of the others are not known at all and are
given six decades. Weights are posterior model probabilities: marginal likelihoods by plain Monte Carlo,
equal prior odds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from exodyn.calibration.stroke_levels import PRODUCT, ROUTE
from exodyn.engine import Dose, Engine, Schedule
from exodyn.engine.random import uniforms
from exodyn.evidence import record
from exodyn.evidence.arrows import Arrow, arrows
from exodyn.indications import stroke
from exodyn.inference.sensitivity import Range

Floats = NDArray[np.float64]

DRAWS = 4000
TIMES = np.array([0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 7.0]) + 1.0
WAYS = {"count": "mirna", "factor": "factor", "contact": "contact", "periphery": "peripheral"}
HALVES = {"contact": (1e-3, 1e3), "periphery": (1e-2, 1e4)}
"""Ends of uniform priors of the logarithm, where nobody has measured a half effect; particles a cell."""
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
        "factor": Range(known["factor_half"]).ppf(rank["factor"]),
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


def weigh(with_loading: bool = True) -> tuple[Weighed, ...]:
    """The explanations, weighed by the pooled effect and, if asked, by what engineering adds."""
    from scipy.stats import norm

    mice, man = exposures("mouse", usual_dose()), exposures("human", HUMAN_DOSE)
    rank = {what: uniforms(1, f"explanations:{what}", 0, DRAWS, 1)[:, 0] for what in ("smax", "load", "aim")}
    smax = SMAX[0] * np.exp(SMAX[1] * norm.ppf(rank["smax"]))
    loaded, targeted = _log_uniform(rank["load"], LOADED), _log_uniform(rank["aim"], TARGETED)
    gains = {"count": loaded * targeted, "factor": targeted, "contact": targeted, "periphery": np.ones(DRAWS)}
    marginal, found = {}, {}
    for way in WAYS:
        x, half = mice[way], halves()[way]
        effect = smax * x / (x + half)
        likelihood = _density("STR046", effect)
        if with_loading:
            more = gains[way] * x
            likelihood = likelihood * _density("STR051", smax * more / (more + half) - effect)
        marginal[way] = float(likelihood.mean())
        ratio = (man[way] / (man[way] + half)) / np.maximum(x / (x + half), 1e-300)
        rng = np.random.default_rng(1)
        chosen = rng.choice(DRAWS, DRAWS, p=likelihood / likelihood.sum())
        found[way] = (np.quantile(effect, (0.05, 0.5, 0.95)), np.quantile(ratio[chosen], (0.05, 0.5, 0.95)))
    total = sum(marginal.values())
    return tuple(Weighed(way, marginal[way] / total, *found[way]) for way in WAYS)


def _density(id: str, effect: Floats) -> Floats:
    """Density of a pooled standardised difference (benefit negative there) at predicted effects."""
    from scipy.stats import norm

    one = record(id)
    assert one.value is not None
    se = (one.spread[1] - one.spread[0]) / (2 * 1.959963984540054)
    return np.asarray(norm.pdf(-one.value, effect, np.hypot(se, HETEROGENEITY)))


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
    print(
        "| explanation | effect before the data, SMD (90%) | probability | by natural vesicles alone | man |"
    )
    print("| --- " * 5 + "|")
    alone = {one.way: one.probability for one in weigh(with_loading=False)}
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
