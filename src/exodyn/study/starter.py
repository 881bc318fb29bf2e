"""A commented study to start from."""

from __future__ import annotations

from exodyn.indications import Indication
from exodyn.study.population import typical

TEMPLATE = """\
# A study for exodyn. Run it:      exodyn run THIS_FILE
# What it will do and cost:        exodyn run THIS_FILE --dry-run
# Every key and what it means:     exodyn schema     (a JSON schema; editors complete and check with it)
# Times count from the injury and carry their unit: s, min, h, d, week, month, year.

title = "{title}: {product_words} against no treatment"
indication = "{indication}"
species = "{species}"        # {species_list}
patients = 1000            # virtual patients; every arm follows the same ones
seed = 1                   # the same seed gives the same result to the last bit
visits = [{visits}]  # when scales are read; the first is the baseline
control = "untreated"      # the arm that others are compared with

# What is stored: "trajectories" (whole courses of every patient), "readouts" (every patient at the visits)
# or "summary" (the summary alone, for the largest runs).
keep = "readouts"

[[arms]]
name = "untreated"

[[arms]]
name = "treated"
product = "{product}"      # exodyn list products
route = "{route}"          # exodyn list routes
dose = "{dose}"            # each dose; also "200 ug"{per_kg}
start = "{start}"
interval = "24 h"          # from one dose to the next
count = 3                  # or, instead of start, interval and count: times = ["24 h", "72 h"]
# infusion = "1 h"         # how long each dose runs in; a bolus if left out

# Who the patients are, where this study differs from the usual population (exodyn run shows it):
# [population.{trait}]
# kind = "{kind}"{numbers}
# reason = "why this study differs"

# Traits that go together (correlation of normal scores):
# [[correlations]]
# between = [{pair}]
# value = 0.2

# Any parameter of the model may be set here; the result shows it as this study's own:
# [parameters.{parameter}]
# value = {value}
# unit = "{unit}"
# status = "assumed"       # or measured, reported, fitted
# reason = "why this value"

# [numerics]
# rtol = 1e-4              # relative tolerance of the integration
# precision = "double"     # "single" is faster, for rtol of 1e-4 and above
"""

DOSES = {
    "mouse": "1e10 particles",
    "rat": "1e11 particles",
    "pig": "1e12 particles",
    "human": "5e11 particles",
}


def starter(indication: Indication, species: str) -> str:
    """The text of a study of this indication and species; it can be run as it stands."""
    product, route = indication.products(species)[0], indication.routes(species)[0]
    model = indication.model(species, product, route)
    people = indication.population(species)
    trait = people.traits[0]
    drawn = indication.person(species, typical(people))
    parameter = next(p for p in model.parameters if p.name not in drawn and p.status == "assumed")
    numbers = "".join(
        f"\n# {name} = {value:g}"
        for name in ("center", "spread", "low", "high")
        if (value := getattr(trait, name)) is not None
    )
    names = {t.name for t in people.traits}
    first = indication.visits(species)[0]
    return TEMPLATE.format(
        title=indication.title,
        product_words=product.replace("_", " "),
        indication=indication.name,
        species=species,
        species_list=" or ".join(indication.species),
        visits=", ".join(f'"{day:g} d"' for day in indication.visits(species)),
        product=product,
        start=f"{24 * first:g} h" if first < 3 else f"{first:g} d",  # given at the baseline
        route=route,
        dose=DOSES.get(species, "1e10 particles"),
        per_kg=' or "2e9 particles/kg"' if "weight" in names else "",
        trait=trait.name,
        kind=trait.kind,
        numbers=numbers,
        pair=", ".join(f'"{t.name}"' for t in people.traits[:2]),
        parameter=parameter.name,
        value=f"{parameter.value:g}",
        unit=parameter.unit,
    )
