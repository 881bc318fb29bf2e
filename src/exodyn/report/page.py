"""The page of a run: one HTML file that needs nothing else, not even a network."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from exodyn.evidence import ParameterRecord, record
from exodyn.evidence.safety import UNKNOWN
from exodyn.product import PRODUCTS
from exodyn.report import words
from exodyn.report.delivery import delivery
from exodyn.report.template import template
from exodyn.study import Result, Study, accuracy_warnings, figures
from exodyn.symbolic import Model, ParameterValue, Symbol, equations, mathml_equation, mathml_symbol

if TYPE_CHECKING:
    from collections.abc import Iterable

SECTIONS = {"rate": "Rates", "value": "Quantities", "start": "Initial values"}


def write_report(study: Study, result: Result, write: Callable[[str, bytes], None]) -> None:
    """Write `report.html` and `figures/*.png`, `figures/*.svg` by `write(file name, content)`."""
    drawn: dict[str, str] = {}
    for name, draw in figures.all_figures(result).items():
        figure = draw()
        drawn[name] = figures.svg(figure, name)
        write(f"figures/{name}.svg", drawn[name].encode())
        write(f"figures/{name}.png", figures.png(figure))
    write("report.html", page(study, result, drawn).encode())


def page(study: Study, result: Result, drawn: dict[str, str]) -> str:
    """The page's HTML; drawn: figures as SVG by name, from `figures.all_figures`."""
    return template("page.html").render(
        study=study,
        result=result,
        manifest=result.manifest,
        layout=result.layout,
        arms=[
            {
                "name": arm.name,
                "regimen": words.regimen(arm.dosing),
                "product": _product(arm.dosing.product) if arm.dosing else "",
                "stoichiometry": stoichiometry(result)[arm.name] if arm.dosing else "",
            }
            for arm in study.arms
        ],
        last_visit=study.visits[-1],
        who="patient" if study.species == "human" else "animal",
        groups=_groups(drawn),
        delivery=delivery(study, result),
        models=_models(study),
        parameters=[{"value": p, "mathml": mathml_symbol(p.name)} for p in parameters(study)],
        changed={one.name for one in study.overrides},
        sources=_sources(result),
        number=words.number,
        plain=words.plain,
        bounds=words.bounds,
        interval=words.interval,
        difference=words.difference,
        scale=words.scale,
        with_error=words.with_error,
        value_on=words.value_on,
        over_draws=words.over_draws,
        meanings=_meanings(study),
        warnings=accuracy_warnings(result.manifest),
        unknown_event=UNKNOWN,
    )


def stoichiometry(result: Result) -> dict[str, str]:
    """The stoichiometry line of each arm."""
    return {arm: words.stoichiometry_line(roles) for arm, roles in result.stoichiometry.items()}


def _product(name: str) -> str:
    """What is known of a product; an indication may have products of its own."""
    return words.product(PRODUCTS[name]) if name in PRODUCTS else ""


def _groups(drawn: dict[str, str]) -> dict[str, dict[str, str]]:
    """Figures by group, function first: that is what a reader asks for."""
    groups: dict[str, dict[str, str]] = {"function": {}}
    for name, svg in drawn.items():
        groups.setdefault(name.split("_", 1)[0], {})[name] = svg
    return groups


def _models(study: Study) -> list[dict[str, Any]]:
    """Each different model with its equations as MathML."""
    return [{"name": model.name, "sections": _sections(model)} for model in dict.fromkeys(study.models)]


def _sections(model: Model) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {title: [] for title in SECTIONS.values()}
    for line in equations(model):
        entry = {
            "mathml": mathml_equation(line),
            "name": line.name,
            "unit": line.unit,
            "meaning": line.meaning,
        }
        found[SECTIONS[line.kind]].append(entry)
    return {title: lines for title, lines in found.items() if lines}


def _meanings(study: Study) -> dict[str, str]:
    """What readouts and states mean, by name."""
    states = {one.name: one.meaning for model in study.models for one in model.states}
    return states | {one.name: one.meaning for model in study.models for one in model.readouts}


def parameters(study: Study) -> list[ParameterValue]:
    """Every parameter of the study's models, patients and scales; those that the study changed first."""
    found = {name: _of_record(one) for name, one in study.parameters.items()}
    found |= {p.name: p for model in study.models for p in model.parameters}
    changed = {one.name for one in study.overrides}
    return sorted(found.values(), key=lambda p: (p.name not in changed, p.name))


def _of_record(one: ParameterRecord) -> ParameterValue:
    return ParameterValue(
        Symbol(one.symbol), one.value, one.unit, one.meaning, " ".join(one.records), one.status, one.reason
    )


def _sources(result: Result) -> list[Any]:
    """The evidence records behind parameters, traits and published points."""
    ids: Iterable[str] = {*result.manifest["records"], *(point.record for point in result.layout.published)}
    return [record(one) for one in sorted(ids)]
