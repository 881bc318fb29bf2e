"""What every indication repeats: what can be given and where to, and the composed model with its numbers.

An indication's own file says the rest: its processes of repair, its people, scales and visits, its published
course, what a report draws, and what a reader must be told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache

import numpy as np

from exodyn import evidence
from exodyn.delivery import PARTICLES, ROUTES, Balance, Barrier, Cargo, Depot, Gel, Lesion
from exodyn.errors import InputError, nearest
from exodyn.evidence import ParameterRecord, Record, correlations, names, traits
from exodyn.indications.contract import Indication, PersonOf, Point, Population, ScalesOf, Trait
from exodyn.product import PRODUCTS, get_product
from exodyn.repair.full import MECHANISMS
from exodyn.scales import FloatArray, Scale
from exodyn.symbolic import Model, ParameterValue, Part, Process, Symbol, compose

Parts = Mapping[str, type[Process] | Part]

BALANCE = "particles_accounted"

STOICHIOMETRY = {
    "given": BALANCE,
    "at_lesion": "lesion_entered",
    "cargo_per_cell": "mirna",
    "endogenous_per_cell": "mirna_endogenous",
}

EXPOSURE = ("blood", "liver_held", "spleen_held", "lesion", "contact", "peripheral")
"""What a report draws of where the dose went."""

FULL_FIGURES = (
    "reparative",
    "il10",
    "tgfb",
    "il1b",
    "tips",
    "perfusion",
    "active",
    "synapses",
    "receptors",
    "complement",
    "clots",
)
"""What a report draws beside that of a model at full size."""

FEW_COPIES = (
    "Native miRNA copies that reach a target cell are few beside the copies it has of its own: direct "
    "knockdown by count cannot carry an effect. Which way an effect of vesicles goes is not known: each draw "
    "has growth factor, touch at the lesion or contact in the spleen, as often as it is probable."
)
FULL_REMARK = (
    "This is the full model, for scenarios: most of what it has beyond the default model is assumed in size "
    "and published in sign only. It was fitted to no outcome."
)

DAYS = {"h": 1 / 24, "d": 1.0, "wk": 7.0, "mo": 30.4375, "years": 365.25}
"""Days in the units of time of published courses."""


@dataclass(frozen=True)
class Composition:
    """The model of an indication: particles reach a lesion, and cargo acts on the processes of repair there.

    repair: species -> the processes beside delivery. organ: what the lesion lies in, "brain" or "cord"; the
    lesion's process stands for the whole of it. full: parts that make the model full, put over the others by
    name; none where there is no full model. size: which of the two this is.
    """

    name: str
    species: tuple[str, ...]
    repair: Callable[[str], Parts]
    organ: str = "brain"
    full: Parts = field(default_factory=dict, hash=False)
    size: str = "default"

    def parameters(self, species: str) -> Mapping[str, ParameterRecord]:
        """Every parameter of the model, by symbol."""
        return evidence.parameters(species, self.name, self.size)

    def products(self, species: str) -> tuple[str, ...]:
        """Products that can be given in this species."""
        self.check("species", species, self.species)
        return tuple(PRODUCTS)

    def routes(self, species: str) -> tuple[str, ...]:
        """Routes by which they can be given."""
        self.check("species", species, self.species)
        return tuple(ROUTES)

    def model(self, species: str, product: str, route: str) -> Model:
        """The composed model. Raises InputError for a species, product or route that it does not know."""
        self.check("species", species, self.species)
        self.check("route", route, tuple(ROUTES))
        return _model(self, species, product, route)

    def parts(self, species: str, route: str) -> dict[str, type[Process] | Part]:
        """The processes of the model: a dose that does not go into blood waits in a depot."""
        in_brain = self.organ == "brain"
        place = {
            "organ_mass": f"{self.organ}_mass",
            "neuraxis_mass": "brain_mass" if in_brain else "neuraxis_mass",
        }
        rest = "organ_wall" if in_brain else "brain_held"
        counted = {} if in_brain else {f"{self.organ}_held": "brain_held"}
        found: dict[str, type[Process] | Part] = {
            **{name: part for name, part in PARTICLES.items() if name != self.organ},
            "barrier": Barrier,
            "lesion": Part(Lesion, reads=place),
            "cargo": Cargo,
            "balance": Part(Balance, reads=counted),
            **self.repair(species),
            **(self.full if self.size == "full" else {}),
        }
        if depot := ROUTES[route].depot:
            found["depot"] = Part(Depot, f"{depot}_", {"brain": rest})
            found["lesion"] = Part(Lesion, reads={**place, "arriving": f"{depot}_arriving"})
            found["balance"] = Part(Balance, reads={**counted, "depot": f"{depot}_depot"})
        if depot == "gel":
            found["gel"] = Part(Gel, "gel_", {"depot_holds": "gel_depot"})
            found["balance"] = Part(Balance, reads={**counted, "depot": "gel_waiting"})
        return found

    def dose(self, species: str, product: str, route: str, amount: float, unit: str) -> tuple[str, float]:
        """The state that a dose enters and its amount in Gparticles. Raises InputError for unknown names."""
        self.check("species", species, self.species)
        self.check("route", route, tuple(ROUTES))
        return ROUTES[route].state, get_product(product).particles(amount, unit) / 1e9

    def population(self, species: str) -> Population:
        """The default population, from ``evidence/data/population/INDICATION.csv``."""
        self.check("species", species, self.species)
        return _population(self.name, species)

    def check(self, what: str, name: str, valid: tuple[str, ...]) -> None:
        """Raises InputError for a name that is not valid, with the nearest."""
        if name not in valid:
            raise InputError(f"no {what} '{name}' in {self.name.replace('_', ' ')}{nearest(name, valid)}")

    def indication(
        self,
        title: str,
        person: PersonOf,
        scales: ScalesOf,
        visits: Mapping[str, tuple[float, ...]],
        published: Callable[[str], tuple[Point, ...]],
        figures: Mapping[str, tuple[str, ...]],
        remarks: Mapping[str, tuple[str, ...]],
    ) -> Indication:
        """The indication with this model. visits: days after onset by species, the baseline first.

        remarks: what a reader must be told, by species, or of "any".
        """
        larger = None
        if self.full and self.size == "default":
            larger = replace(self, size="full").indication(
                title=f"{title} (full model)",
                person=person,
                scales=scales,
                visits=visits,
                published=published,
                figures={**figures, "mechanisms": FULL_FIGURES},
                remarks=remarks,
            )

        def usual(species: str) -> tuple[float, ...]:
            self.check("species", species, self.species)
            return visits[species]

        def told(species: str) -> tuple[str, ...]:
            self.check("species", species, self.species)
            first = (FULL_REMARK,) if self.size == "full" else ()
            return *first, FEW_COPIES, *remarks.get(species, ()), *remarks.get("any", ())

        return Indication(
            name=self.name,
            title=title,
            species=self.species,
            products=self.products,
            routes=self.routes,
            model=self.model,
            dose=self.dose,
            population=self.population,
            person=person,
            scales=scales,
            visits=usual,
            published=published,
            parameters=self.parameters,
            stoichiometry=STOICHIOMETRY,
            balance=BALANCE,
            figures=figures,
            remarks=told,
            size=self.size,
            mechanisms=MECHANISMS if self.size == "full" else {},
            full=larger,
        )


def animal(traits: Mapping[str, FloatArray], known: Mapping[str, ParameterRecord]) -> dict[str, FloatArray]:
    """Model parameters of animals whose severity is their score on day 1, when they are first scored."""
    own = {name: np.asarray(traits[name], dtype=np.float64) for name in traits if name in known}
    first = np.asarray(traits["mnss"], dtype=np.float64)
    return own | {"severity": first / known["baseline_share"].value}


def points(found: Iterable[Record], scale_of: Callable[[Record], str]) -> tuple[Point, ...]:
    """Published values to draw beside the prediction; scale_of: the scale of a record, "" where none is.

    Records without a value or a time are left out; counts of patients become percent.
    """
    drawn = []
    for one in found:
        scale = scale_of(one)
        if not scale or one.value is None or one.time is None or one.time_unit not in DAYS:
            continue
        counted = one.unit.startswith("patients") and one.n
        drawn.append(
            Point(
                record=one.id,
                study=one.study,
                scale=scale,
                statistic=f"{one.quantity}, {'%' if counted else one.unit}",
                arm=one.fields["arm"],
                time=one.time * DAYS[one.time_unit],
                value=100.0 * one.value / one.n if counted and one.n else one.value,
                spread=one.spread,
                spread_kind=one.spread_kind,
                n=one.n,
                split=one.split,
            )
        )
    return tuple(drawn)


def untreated_animals(indication: str, species: str, scales: Iterable[Scale]) -> tuple[Point, ...]:
    """Published means of untreated animals on these scales, in their own units."""
    unit = {scale.name: scale.unit for scale in scales}

    def scale_of(one: Record) -> str:
        about = indication in names("indication", one.indication) and species in names("species", one.species)
        mean = one.fields["statistic"] == "mean" and one.fields["arm"] == "control"
        known = unit.get(one.quantity) in (one.unit, one.unit.split(" (")[0])
        return one.quantity if about and mean and known else ""

    return points(evidence.records("natural_history_animals"), scale_of)


@cache
def _model(composition: Composition, species: str, product: str, route: str) -> Model:
    given = get_product(product)
    values = {name: _value(one) for name, one in composition.parameters(species).items()}
    for name, number in (
        ("size", given.diameter),
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
    size = "" if composition.size == "default" else f"_{composition.size}"
    name = f"{composition.name}_{species}{size}"
    return compose(name, composition.parts(species, route), values, time_unit="d")


@cache
def _population(indication: str, species: str) -> Population:
    names = [f.name for f in fields(Trait)]
    found = tuple(Trait(**{n: getattr(t, n) for n in names}) for t in traits(indication, species))
    return Population(found, correlations(indication, species))


def _value(one: ParameterRecord) -> ParameterValue:
    return ParameterValue(
        Symbol(one.symbol), one.value, one.unit, one.meaning, " ".join(one.records), one.status, one.reason
    )
