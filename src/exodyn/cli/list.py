"""``exodyn list WHAT``: what can be named in a study."""

from __future__ import annotations

import argparse
import json
from typing import Any

WHAT = ("indications", "routes", "scales", "species", "products", "cargo")


def register(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser("list", help="list what can be named in a study")
    parser.add_argument("what", choices=WHAT, help="what to list")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    found = _found(args.what)
    if args.json:
        figures = _products() if args.what == "products" else {}
        print(json.dumps({args.what: [{"name": n, "about": a, **figures.get(n, {})} for n, a in found]}))
        return 0
    width = max(len(name) for name, _ in found)
    for name, about in found:
        print(f"{name:{width}}  {about}".rstrip())
    return 0


def _found(what: str) -> list[tuple[str, str]]:
    """Names and what to say of each."""
    from exodyn.indications import INDICATIONS
    from exodyn.product import PRODUCTS

    pairs = [(one, species) for one in INDICATIONS.values() for species in one.species]
    if what == "indications":
        return [(one.name, f"{one.title} ({', '.join(one.species)})") for one in INDICATIONS.values()]
    if what == "products":
        from exodyn.report import words

        return [(one.name, f"{one.title}: {words.product(one)}") for one in PRODUCTS.values()]
    if what == "cargo":
        return [
            (name, f"{number:g} copies per particle ({one.title})")
            for one in PRODUCTS.values()
            for name, number in (
                ("miRNA", one.mirna_per_particle),
                ("growth factor", one.factor_per_particle),
            )
        ]
    found: dict[str, list[str]] = {}
    for one, species in pairs:
        place = f"{one.name}, {species}"
        if what == "species":
            found.setdefault(species, []).append(one.name)
        elif what == "routes":
            for route in one.routes(species):
                found.setdefault(route, []).append(place)
        else:
            for scale in one.scales(species):
                text = f"{scale.low:g} to {scale.high:g} {scale.unit}, higher is {scale.higher_is}"
                found.setdefault(scale.name, []).append(f"{text} ({place})")
    if what == "routes":
        from exodyn.delivery import ROUTES

        return [
            (name, "; ".join([*places, *([ROUTES[name].grade] if name in ROUTES else [])]))
            for name, places in found.items()
        ]
    return [(name, "; ".join(places)) for name, places in found.items()]


def _products() -> dict[str, dict[str, Any]]:
    """The numbers of each product, with units in their names."""
    from exodyn.product import PRODUCTS

    return {
        one.name: {
            "diameter_nm": one.diameter,
            "diameter_sd_nm": one.diameter_sd,
            "particles_per_ug": one.particles_per_ug,
            "mirna_per_particle": one.mirna_per_particle,
            "status": one.status,
            "records": one.records,
            "note": one.note,
        }
        for one in PRODUCTS.values()
    }
