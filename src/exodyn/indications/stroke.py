"""Ischaemic stroke in man and mouse: the composed model, its population, scales and published course.

Time counts in days from onset. Person level: five groups of proportional recovery (van der Vliet 2020),
whose shares depend on the deficit at onset; age and weight; death as a cumulative hazard.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cache

import numpy as np
from scipy.special import expit, logit

from exodyn import evidence
from exodyn.delivery import PARTICLES, ROUTES, Balance, Barrier, Cargo, Depot, Lesion
from exodyn.errors import InputError, nearest
from exodyn.evidence import ParameterRecord, correlations, records, traits
from exodyn.indications.contract import Indication, Point, Population, Trait
from exodyn.product import PRODUCTS, get_product
from exodyn.repair import (
    CargoAction,
    Inflammation,
    Mortality,
    Neurogenesis,
    Plasticity,
    Survival,
    Vasculature,
)
from exodyn.scales import FloatArray, RankinScale, Scale, SeverityScore
from exodyn.symbolic import Model, ParameterValue, Part, Process, Symbol, compose

NAME = "stroke"
SPECIES = ("human", "mouse")
GROUPS = (1, 2, 3, 4, 5)
DAYS_PER_WEEK = 7.0

PARTS: Mapping[str, type[Process] | Part] = {
    **{name: part for name, part in PARTICLES.items() if name != "brain"},  # the lesion's process has its own
    "barrier": Barrier,
    "lesion": Lesion,
    "cargo": Cargo,
    "balance": Balance,
    "cargo action": CargoAction,
    "survival": Survival,
    "inflammation": Inflammation,
    "vasculature": Vasculature,
    "neurogenesis": Neurogenesis,
    "plasticity": Plasticity,
    "mortality": Mortality,
}

_PUBLISHED = {"mRS": "mRS ", "NIHSS": "NIHSS total"}
"""Scale -> how the quantity of a record that is read by it begins."""

BALANCE = "particles_accounted"

STOICHIOMETRY = {
    "given": BALANCE,
    "at_lesion": "lesion_entered",
    "cargo_per_cell": "mirna",
    "endogenous_per_cell": "mirna_endogenous",
}

FIGURES = {
    "exposure": ("blood", "liver_held", "spleen_held", "lesion", "contact", "peripheral"),
    "tissue": ("dead", "inflammation", "tnf", "leak", "vessels", "newborn", "connectivity", "axons"),
}

REMARKS = (
    "Native miRNA copies that reach a target cell are few beside the copies it has of its own: direct "
    "knockdown by count cannot carry an effect. What the model shows as an effect of vesicles runs through "
    "surface contact and contact in the spleen, both assumed.",
    "No controlled human trial of vesicles in stroke has a result. The share of the rodent effect that holds "
    "in man is an assumption (median 0.05); the best blinded trial of the parent cells was neutral.",
    "No human death rate by NIHSS was fitted to: predicted deaths above a baseline NIHSS of 20 (20% at 90 "
    "days for 20, 27% for 25) rest on cohorts that were milder, and may be too few.",
    "No numeric mNSS series of an untreated rodent was found: the mouse's course is assumed, only its "
    "signs are checked.",
    "Saturation of liver and spleen lengthens exposure at high doses; it cannot explain a weaker effect.",
)


def parameters(species: str) -> Mapping[str, ParameterRecord]:
    """Every parameter of the model, by symbol."""
    return evidence.parameters(species, NAME)


def products(species: str) -> tuple[str, ...]:
    """Products that can be given in this species."""
    _check("species", species, SPECIES)
    return tuple(PRODUCTS)


def routes(species: str) -> tuple[str, ...]:
    """Routes by which they can be given."""
    _check("species", species, SPECIES)
    return tuple(ROUTES)


@cache
def model(species: str, product: str, route: str) -> Model:
    """The composed model. Raises InputError for a species, product or route that it does not know."""
    _check("species", species, SPECIES)
    _check("route", route, tuple(ROUTES))
    given = get_product(product)
    values = {name: _value(one) for name, one in parameters(species).items()}
    for name, number in (
        ("mirna_per_particle", given.mirna_per_particle),
        ("factor_per_particle", given.factor_per_particle),
        ("potency", given.potency),
    ):
        old = values[name]
        values[name] = ParameterValue(
            Symbol(name),
            number,
            old.unit,
            old.meaning,
            " ".join(given.records),
            given.status,
            f"product {given.title}",
        )
    return compose(f"{NAME}_{species}", parts(route), values, time_unit="d")


def parts(route: str) -> dict[str, type[Process] | Part]:
    """The processes of the model of a route: a dose that does not go into blood waits in a depot."""
    depot = ROUTES[route].state.removesuffix("depot")
    if depot == ROUTES[route].state:
        return dict(PARTS)
    return {
        **PARTS,
        "depot": Part(Depot, depot, {"brain": "brain_wall"}),
        "lesion": Part(Lesion, reads={"arriving": f"{depot}arriving"}),
        "balance": Part(Balance, reads={"depot": f"{depot}depot"}),
    }


def dose(species: str, product: str, route: str, amount: float, unit: str) -> tuple[str, float]:
    """The state that a dose enters and its amount in Gparticles. Raises InputError for an unknown name."""
    _check("species", species, SPECIES)
    _check("route", route, tuple(ROUTES))
    return ROUTES[route].state, get_product(product).particles(amount, unit) / 1e9


@cache
def population(species: str) -> Population:
    """The default population, from ``evidence/data/population/stroke.csv``."""
    _check("species", species, SPECIES)
    names = [f.name for f in fields(Trait)]
    found = tuple(Trait(**{n: getattr(t, n) for n in names}) for t in traits(NAME, species))
    return Population(found, correlations(NAME, species))


def person(
    species: str, traits: Mapping[str, FloatArray], known: Mapping[str, ParameterRecord] | None = None
) -> dict[str, FloatArray]:
    """Model parameters of each patient from its traits, arrays over patients; known: a study's parameters.

    Human: NIHSS at baseline sets the deficit at onset, the odds of the two groups that hardly recover and
    the mass of the lesion; the rank picks the group. Mouse: mNSS at onset is the deficit.
    """
    _check("species", species, SPECIES)
    known = known or parameters(species)
    own = {name: np.asarray(traits[name], dtype=np.float64) for name in traits if name in known}
    if species == "mouse":
        return own | {"severity": np.asarray(traits["mnss"], dtype=np.float64)}
    nihss = np.asarray(traits["nihss"], dtype=np.float64)
    shares = np.cumsum(group_shares(known, nihss), axis=0)
    group = np.minimum((shares <= traits["recovery_rank"]).sum(axis=0), len(GROUPS) - 1)
    reserve, recovery_time = recovery_groups(known)
    severity = nihss / known["baseline_share"].value
    return own | {
        "severity": severity,
        "residue": residue_of(known, severity, np.asarray(traits["residue_rank"], dtype=np.float64)),
        "reserve": reserve_of(known, reserve[group], np.asarray(traits["reserve_score"])),
        "recovery_time": recovery_time[group],
        "lesion_mass": known["lesion_mass_per_point"].value * nihss * traits["lesion_size"],
    }


def recovery_groups(known: Mapping[str, ParameterRecord]) -> tuple[FloatArray, FloatArray]:
    """Share regained (upper limb) and time constant (days) of the groups, worst first."""
    reserve = np.array([known[f"group_{k}_reserve"].value for k in GROUPS])
    weeks = np.array([known[f"group_{k}_time"].value for k in GROUPS])
    return reserve, DAYS_PER_WEEK * weeks


def reserve_of(known: Mapping[str, ParameterRecord], limb: FloatArray, score: FloatArray) -> FloatArray:
    """Share regained of the whole deficit, from that of the upper limb and the place within the group."""
    shift = known["reserve_shift"].value + known["reserve_sd"].value * score
    return np.asarray(expit(logit(limb) + shift))


def residue_of(known: Mapping[str, ParameterRecord], severity: FloatArray, rank: FloatArray) -> FloatArray:
    """Points that stay whatever recovers: exponentially spread, no more than half of a small deficit."""
    return np.minimum(-known["residue_mean"].value * np.log1p(-rank), severity / 2)


def group_shares(known: Mapping[str, ParameterRecord], nihss: FloatArray) -> FloatArray:
    """Share of each recovery group among patients of these NIHSS at baseline, float64[groups, patients]."""
    poor = expit(known["poor_logit"].value + known["poor_slope"].value * (nihss - known["poor_center"].value))
    worst, slow, fast = (known[name].value for name in ("worst_share", "slow_share", "fast_share"))
    good = 1 - poor
    return np.array([
        poor * worst,
        poor * (1 - worst),
        good * slow,
        good * (1 - slow) * (1 - fast),
        good * (1 - slow) * fast,
    ])  # fmt: skip


def scales(species: str, known: Mapping[str, ParameterRecord] | None = None) -> tuple[Scale, ...]:
    """Scales by which function is read; known: a study's parameters."""
    _check("species", species, SPECIES)
    known = known or parameters(species)
    if species == "human":
        return SeverityScore.of("NIHSS", known), RankinScale.of(known)
    return (SeverityScore.of("mNSS", known),)


def visits(species: str) -> tuple[float, ...]:
    """Days after onset of the usual visits; the first is the baseline, before the first dose."""
    _check("species", species, SPECIES)
    return (1.0, 7.0, 30.0, 90.0, 180.0, 365.0) if species == "human" else (1.0, 3.0, 7.0, 14.0, 21.0, 28.0)


def published(species: str) -> tuple[Point, ...]:
    """Untreated courses to draw beside the prediction: mRS shares at 90 and 365 d, and the fall of NIHSS."""
    _check("species", species, SPECIES)
    days = {"d": 1.0, "wk": DAYS_PER_WEEK, "mo": 30.4375}
    found = []
    for one in records("natural_history_stroke"):
        scale = next((name for name, start in _PUBLISHED.items() if one.quantity.startswith(start)), "")
        if (
            species != "human"
            or not scale
            or one.value is None
            or one.time is None
            or one.time_unit not in days
        ):
            continue
        share = one.unit.startswith("patients") and one.n
        value = 100.0 * one.value / one.n if share and one.n else one.value
        found.append(
            Point(
                record=one.id,
                study=one.study,
                scale=scale,
                statistic=f"{one.quantity}, %",
                arm=one.fields["arm"],
                time=one.time * days[one.time_unit],
                value=value,
                spread=one.spread,
                spread_kind=one.spread_kind,
                n=one.n,
                split=one.split,
            )
        )
    return tuple(found)


def _value(one: ParameterRecord) -> ParameterValue:
    return ParameterValue(
        Symbol(one.symbol), one.value, one.unit, one.meaning, " ".join(one.records), one.status, one.reason
    )


def _check(what: str, name: str, valid: tuple[str, ...]) -> None:
    if name not in valid:
        raise InputError(f"no {what} '{name}' in stroke{nearest(name, valid)}")


STROKE = Indication(
    name=NAME,
    title="Ischaemic stroke",
    species=SPECIES,
    products=products,
    routes=routes,
    model=model,
    dose=dose,
    population=population,
    person=person,
    scales=scales,
    visits=visits,
    published=published,
    parameters=parameters,
    stoichiometry=STOICHIOMETRY,
    balance=BALANCE,
    figures=FIGURES,
    remarks=REMARKS,
)
