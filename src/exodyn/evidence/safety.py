"""Adverse events of vesicles in man: rates per dose from trials that counted them.

    patients reported with an event ~ Binomial(n, r (1 - exp(-doses exp(eta)))),
    eta = mu + slope log10(particles / 1e10) + u,   u ~ N(0, tau^2) of the trial

summed on a grid. Priors of mu stand in ``safety.csv``; slope and tau are half normal. r is the share of
events that a trial reports: a hundred patients with severe pneumonia and no event of any kind (SAF004) were
not asked. A trial that reports no adverse event at all reports none of each kind. Nobody has looked for
antibodies after repeated doses: that is not known.

    python -m exodyn.evidence.safety        rates, and each trial predicted by the others
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from exodyn.evidence.parameters import checked_status, record_ids
from exodyn.evidence.record import Record
from exodyn.evidence.records import is_validation, records
from exodyn.evidence.table import DATA, EvidenceError, number, rows

Floats = NDArray[np.float64]

ANY = "any adverse event"
UNKNOWN = "antibodies after repeated doses"
REFERENCE_PARTICLES = 1e10
SLOPE = 0.35
"""Scale of the half-normal prior of the slope, per tenfold dose. Assumed: fever of the parent cells rises
with the dose (SAF022); a doubling per tenfold dose is at the 95% point."""
BETWEEN = 1.0
"""Scale of the half-normal prior of tau, in logarithms of the rate. Assumed: trials differ (SAF003)."""
REPORTED = np.array([0.1, 0.3, 0.5, 0.7, 0.9])
"""Share of events that a trial reports, evenly spread. Assumed: none of these trials says how it asked."""
DRAWS = 4000
CONTROLS = ("control", "placebo", "vehicle", "sham", "standard care", "untreated")
"""How the arm of a row begins whose patients were given no vesicles."""


@dataclass(frozen=True)
class Prior:
    """What is taken of an event before the trials: median and middle 90% of its rate, percent of doses."""

    event: str
    median: float
    low: float
    high: float
    records: tuple[str, ...]
    status: str
    reason: str

    @property
    def sd(self) -> float:
        """Standard deviation of the log of the rate."""
        return (math.log(self.high) - math.log(self.low)) / (2 * 1.6448536269514722)


@dataclass(frozen=True)
class Trial:
    """Patients with an event in one trial; particles: None where the dose has no count."""

    record: str
    study: str
    events: int
    patients: int
    doses: int
    particles: float | None
    kinds: tuple[str, ...]


@cache
def priors() -> tuple[Prior, ...]:
    """The events that are predicted, in the order of the file."""
    found = []
    for line, row in rows(DATA / "safety.csv"):
        place = f"safety.csv, line {line}"
        middle, low, high = (number(row[f"{name}_percent"], place) for name in ("median", "low", "high"))
        if middle is None or low is None or high is None or not 0 < low < middle < high:
            raise EvidenceError(f"{place}: expected 0 < low < median < high")
        ids, status = record_ids(row["records"], place), checked_status(row["status"], place)
        found.append(Prior(row["event"], middle, low, high, ids, status, row["reason"]))
    return tuple(found)


def trial(one: Record) -> Trial | None:
    """The trial behind a row of a table of safety or of outcomes; None where it counts no event of vesicles.

    Deaths and drop-outs belong to the disease, cells are not vesicles, a control arm had none.
    """
    events, patients = _events(one), _whole(one.fields.get("n", ""))
    text = one.quantity.lower()
    if events is None or not patients or one.species != "human" or "CELLS" in one.fields.get("product", ""):
        return None
    if events > patients or one.fields.get("arm", "").lower().startswith(CONTROLS):
        return None
    kinds = _kinds(text, events)
    if not kinds:
        return None
    doses = _whole(one.fields.get("n_doses", "")) or _doses(one.fields.get("schedule", ""))
    return Trial(one.id, one.study, events, patients, doses, _particles(one), kinds)


def trials(held_back: bool | None = False) -> tuple[Trial, ...]:
    """Trials of the evidence base: those to fit to, those held back (True), or all (None)."""
    wanted = (one for one in records("safety") if held_back in (None, is_validation(one)))
    return tuple(found for one in wanted if (found := trial(one)) is not None)


@dataclass(frozen=True)
class Rates:
    """Posterior draws of one event: mu, slope and tau, each float64[draws]."""

    event: str
    mu: Floats
    slope: Floats
    tau: Floats

    def of(self, doses: int, particles: float | None, seed: int = 1) -> Floats:
        """Share of patients with the event in a new trial, float64[draws]."""
        rng = np.random.default_rng(seed)
        decades = np.log10((particles or REFERENCE_PARTICLES) / REFERENCE_PARTICLES)
        eta = self.mu + self.slope * decades + self.tau * rng.standard_normal(len(self.mu))
        return np.asarray(-np.expm1(-doses * np.exp(eta)))

    def events(
        self, patients: int, doses: int, particles: float | None, seed: int = 1, *, all_reported: bool = True
    ) -> NDArray[np.int64]:
        """Patients with the event in a new trial, int64[draws]; those that it reports if not all are."""
        rng = np.random.default_rng(seed + 1)
        share = 1.0 if all_reported else rng.choice(REPORTED, len(self.mu))
        return rng.binomial(patients, share * self.of(doses, particles, seed)).astype(np.int64)


def rates(event: str, seen: Sequence[Trial] | None = None) -> Rates:
    """The posterior of an event given trials; None: those of the evidence base not held back."""
    return _rates(event, tuple(trials() if seen is None else seen))


@cache
def _rates(event: str, seen: tuple[Trial, ...]) -> Rates:
    (prior,) = (one for one in priors() if one.event == event)
    middle = math.log(prior.median / 100)
    from scipy.stats import binom

    mu = middle + prior.sd * np.linspace(-4, 4, 61)
    slope, tau = SLOPE * _half_normal(6), BETWEEN * _half_normal(6)
    nodes, weights = np.polynomial.hermite_e.hermegauss(7)
    log = np.broadcast_to((-0.5 * ((mu - middle) / prior.sd) ** 2)[:, None, None], (61, 6, 6)).copy()
    for one in seen:
        if event not in one.kinds:
            continue
        decades = np.log10((one.particles or REFERENCE_PARTICLES) / REFERENCE_PARTICLES)
        eta = (
            mu[:, None, None, None]
            + slope[None, :, None, None] * decades
            + tau[None, None, :, None] * nodes[None, None, None, :]
        )
        share = REPORTED * -np.expm1(-one.doses * np.exp(eta))[..., None]
        likelihood = np.mean(binom.pmf(one.events, one.patients, share), axis=-1)
        log += np.log(np.maximum(likelihood @ (weights / weights.sum()), 1e-300))
    mass = np.exp(log - log.max()).ravel()
    places = np.searchsorted(np.cumsum(mass) / mass.sum(), (np.arange(DRAWS) + 0.5) / DRAWS)
    i, j, k = np.unravel_index(np.minimum(places, mass.size - 1), (61, 6, 6))
    return Rates(event, mu[i], slope[j], tau[k])


def _half_normal(count: int) -> Floats:
    """Values of equal prior weight of a half normal distribution."""
    from scipy.special import ndtri

    return np.asarray(ndtri(0.5 + 0.5 * (np.arange(count) + 0.5) / count))


def _events(one: Record) -> int | None:
    """Patients with the event: counted, or the whole number that a percentage of them is."""
    if "events" in one.fields:
        return _whole(one.fields["events"])
    if one.value is None or one.n is None:
        return None
    if one.unit.startswith(("%", "percent")):
        return round(one.value * one.n / 100)
    return _whole(str(one.value)) if one.fields.get("statistic", "").startswith("count") else None


def _kinds(text: str, events: int) -> tuple[str, ...]:
    every = tuple(one.event for one in priors())
    if any(word in text for word in ("death", "drop-out", "dropout", "mortality", "maximum", "planned")):
        return ()
    if "serious" in text:
        return ("serious adverse event",)
    if "fever" in text or "pyrexia" in text:
        return ("fever",)
    if "thromb" in text:
        return ("thrombosis",)
    if any(word in text for word in ("adverse", "complication", "any reaction", "toxicity")):
        return (ANY,) if events else every
    if "infusion" in text or "reaction" in text:
        return ("infusion reaction",)
    return ()


def _doses(schedule: str) -> int:
    """Doses that a patient gets by a schedule in words; 1 where it says nothing else."""
    text = schedule.lower()
    if found := re.search(r"(once|twice|three times)?\s*(?:a|per)\s+(day|week|month)\s*x\s*(\d+)", text):
        return {"once": 1, "twice": 2, "three times": 3, None: 1}[found[1]] * int(found[3])
    if found := re.search(r"x\s*(\d+)", text):
        return int(found[1])
    if found := re.search(r"(\d+)\s+(?:\w+\s+)?doses", text):
        return int(found[1])
    if text.startswith("days"):
        return len(re.findall(r"\d+", text))
    return 1


def _particles(one: Record) -> float | None:
    """Particles of one dose; the geometric middle of a range."""
    found = re.findall(r"\d+(?:\.\d+)?(?:e\d+)?", one.fields.get("dose_particles", "").lower())
    counts = [float(text) for text in found if float(text) > 0]
    return float(np.exp(np.mean(np.log(counts[:2])))) if counts else None


def _whole(text: str) -> int | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return int(value) if value >= 0 and value == int(value) else None


def main() -> None:
    """Print the tables of docs/safety.md."""
    fitted = trials()
    print("| event | prior, % of doses | after the trials, % (90%) | trials | patients |")
    print("| --- | --- | --- | --- | --- |")
    for prior in priors():
        own = [one for one in fitted if prior.event in one.kinds]
        low, middle, high = np.quantile(100 * rates(prior.event).of(1, None), (0.05, 0.5, 0.95))
        before = f"{prior.median:g} ({prior.low:g} to {prior.high:g})"
        after = f"{middle:.2g} ({low:.2g} to {high:.2g})"
        print(f"| {prior.event} | {before} | {after} | {len(own)} | {sum(one.patients for one in own)} |")
    print("\n| record | study | use | event | observed | predicted (90%) | |\n" + "| --- " * 7 + "|")
    for one in trials(None):
        left = [other for other in fitted if other.study != one.study]
        for event in one.kinds:
            found = rates(event, left).events(one.patients, one.doses, one.particles, all_reported=False)
            low, high = np.quantile(found, (0.05, 0.95))
            use = "fit" if one in fitted else "held back"
            inside = "" if low <= one.events <= high else "**outside**"
            seen = f"{one.events} of {one.patients}"
            print(
                f"| {one.record} | {one.study} | {use} | {event} | {seen} | {low:g} to {high:g} | {inside} |"
            )
    claimed = rates("fever").events(87, 1, None)
    print(f"\nAt least 2 fevers in 87 patients, one dose each: probability {np.mean(claimed >= 2):.2f}")


if __name__ == "__main__":
    main()
