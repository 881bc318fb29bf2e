"""Bell or plateau: what the studies of several doses say of an effect that falls again.

python -m exodyn.calibration.bell

Effect in standard deviations of a group, against vehicle, of a dose d:

    plateau   emax d / (d + ed50)
    bell      the same times 1 / (1 + d / id50), what is left of receptors that vesicles take along
              (`exodyn.repair.full.high_dose`, Desensitisation)

Papers print findings, not means: better than vehicle, more than another dose, no difference. Their
probability under a curve is that of group means with sampling error, by simulation; each model's marginal
likelihood is its mean over the prior (plain Monte Carlo; shape shared by studies, emax each outcome's own).
Prior odds are 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from exodyn.calibration.stroke_levels import PRODUCT, ROUTE
from exodyn.engine import Dose, Engine, Schedule
from exodyn.evidence.parameters import record_ids
from exodyn.evidence.records import is_validation, record
from exodyn.evidence.table import DATA, EvidenceError, number, rows
from exodyn.indications import stroke
from exodyn.product import get_product

Floats = NDArray[np.float64]

FINDINGS = ("better", "not better", "more", "same")
SIGNIFICANT = 1.959963984540054
ANIMALS = 8
"""Animals in a group; none of the studies says it in the part read: assumed, 6 and 12 are tried as well."""
EMAX = 2.0, 0.6
"""Median and sd of the log of the greatest effect: pooled effects of a usual dose lie at 1.3 to 2.8 (STR046,
STR047, TBI024)."""
ED50 = 10.0, 1000.0
ID50 = 20.0, 20000.0
"""Ends of uniform priors of the logarithm, ug; from a fifth of the doses studied to far above."""
SHAPES, NOISE, EMAXES = 2000, 1000, 12


@dataclass(frozen=True)
class Finding:
    """What a study says of one dose beside another, 0 for vehicle."""

    dose: float
    than: float
    says: str


@dataclass(frozen=True)
class Outcome:
    """All that a study of several doses says of one outcome."""

    study: str
    name: str
    findings: tuple[Finding, ...]
    records: tuple[str, ...]


def outcomes() -> tuple[Outcome, ...]:
    """The outcomes of ``dose_studies.csv``. Raises EvidenceError for a word that is no finding."""
    found = []
    lines = [(f"dose_studies.csv, line {line}", row) for line, row in rows(DATA / "dose_studies.csv")]
    for (study, name), group in groupby(lines, lambda one: (one[1]["study"], one[1]["outcome"])):
        findings: list[Finding] = []
        ids: list[str] = []
        for place, row in group:
            dose, than = number(row["dose_ug"], place), number(row["than_ug"], place)
            if row["finding"] not in FINDINGS or dose is None or than is None:
                raise EvidenceError(f"{place}: expected two doses and one of {', '.join(FINDINGS)}")
            findings.append(Finding(dose, than, row["finding"]))
            ids += record_ids(row["records"], place)
        if any(is_validation(record(id)) for id in ids):
            raise EvidenceError(f"dose_studies.csv: '{study}' is held back for validation")
        found.append(Outcome(study, name, tuple(findings), tuple(dict.fromkeys(ids))))
    return tuple(found)


@dataclass(frozen=True)
class Odds:
    """Marginal likelihoods of both curves and the Monte Carlo error of the log of their ratio.

    id50: posterior draws of where half of the effect is lost, ug, if there is a bell.
    """

    plateau: float
    bell: float
    error: float
    id50: Floats

    @property
    def ratio(self) -> float:
        """Odds of a bell against a plateau."""
        return self.bell / self.plateau


def odds(
    wanted: Sequence[Outcome], animals: int = ANIMALS, id50: tuple[float, float] = ID50, seed: int = 1
) -> Odds:
    """Odds of a bell given outcomes whose dose-responses have one shape."""
    rng = np.random.default_rng(seed)
    middle, loss = (_log_uniform(rng, ends) for ends in (ED50, id50))
    emaxes = EMAX[0] * np.exp(EMAX[1] * ndtri((np.arange(EMAXES) + 0.5) / EMAXES))
    likelihoods = {"plateau": np.ones(SHAPES), "bell": np.ones(SHAPES)}
    for one in wanted:
        doses = sorted({0.0, *(f.dose for f in one.findings), *(f.than for f in one.findings)})
        noise = rng.standard_normal((NOISE, len(doses))) / np.sqrt(animals)
        shape = np.array([d / (d + middle) for d in doses])
        for name, curve in (("plateau", shape), ("bell", shape * lost(doses, loss))):
            found = [_probability(one.findings, doses, e * curve, noise, animals) for e in emaxes]
            likelihoods[name] *= np.mean(found, axis=0)
    plateau, bell = likelihoods["plateau"], likelihoods["bell"]
    errors = [np.std(x) / np.mean(x) / np.sqrt(SHAPES) for x in (plateau, bell)]
    draws = rng.choice(loss, SHAPES, p=bell / bell.sum())
    return Odds(float(plateau.mean()), float(bell.mean()), float(np.hypot(*errors)), draws)


def _log_uniform(rng: np.random.Generator, ends: tuple[float, float]) -> Floats:
    return np.exp(rng.uniform(np.log(ends[0]), np.log(ends[1]), SHAPES))


def lost(doses: Iterable[float], id50: Floats) -> Floats:
    """What is left of the effect at each dose, float64[doses, shapes]."""
    return np.array([1 / (1 + d / id50) for d in doses])


def _probability(
    findings: Sequence[Finding], doses: Sequence[float], effects: Floats, noise: Floats, animals: int
) -> Floats:
    """Probability that a study finds all of this, float64[shapes]; effects: float64[doses, shapes]."""
    place: Mapping[float, int] = {dose: i for i, dose in enumerate(doses)}
    error = np.sqrt(2 / animals)
    holds = np.ones((len(noise), effects.shape[1]), dtype=bool)
    for one in findings:
        a, b = place[one.dose], place[one.than]
        z = (noise[:, a, None] - noise[:, b, None] + effects[a] - effects[b]) / error
        match one.says:
            case "better":
                holds &= z > SIGNIFICANT
            case "not better":
                holds &= z <= SIGNIFICANT
            case "more":
                holds &= z > 0
            case _:
                holds &= np.abs(z) <= SIGNIFICANT
    return np.asarray(holds.mean(axis=0), dtype=np.float64)


def receptor_cost(id50: Floats) -> Floats:
    """Share of a cell's receptors that a vesicle takes along, where a dose in rats of id50 ug takes half."""
    rats = stroke.parameters("rat")
    per_ug = get_product(PRODUCT).particles_per_ug / 1e9
    dose = Schedule([Dose(state="blood", amount=100 * per_ug, time=1.0)])
    engine = Engine(stroke.model("rat", PRODUCT, ROUTE), outputs=["arrived_per_cell"])
    at_100 = engine.run({"weight": rats["weight"].value}, patients=1, times=[28.0], doses=dose).values[
        0, 0, 0
    ]
    return np.asarray(np.log(2) / (at_100 * id50 / 100))


def main() -> None:
    """Print the table of docs/mechanisms.md, and what a bell says of receptors."""
    every = outcomes()
    cases: list[tuple[str, Sequence[Outcome], int, tuple[float, float]]] = [
        (f"{one.study}: {one.name}", (one,), ANIMALS, ID50) for one in every
    ]
    cases += [(f"all together, {n} animals a group", every, n, ID50) for n in (6, ANIMALS, 12)]
    cases += [("all together, half lost within the doses studied", every, ANIMALS, (20.0, 400.0))]
    function = [one for one in every if one.name != "proliferation"]
    cases += [("function alone", function, ANIMALS, ID50)]
    print("| findings | odds of a bell against a plateau | probability of a bell | half lost at, ug (90%) |")
    print("| --- | --- | --- | --- |")
    for name, wanted, animals, ends in cases:
        found = odds(wanted, animals, ends)
        low, middle, high = np.quantile(found.id50, (0.05, 0.5, 0.95))
        band = f"{middle:.0f} ({low:.0f} to {high:.0f})"
        share = found.ratio / (1 + found.ratio)
        print(f"| {name} | {found.ratio:.2f} (x/ {np.exp(found.error):.2f}) | {share:.2f} | {band} |")
    low, middle, high = np.quantile(receptor_cost(odds(every).id50), (0.05, 0.5, 0.95))
    print(f"\nreceptor_cost {middle:.2g} ({low:.2g} to {high:.2g}) cells/particles, if there is a bell")


if __name__ == "__main__":
    main()
