"""A methods paragraph and a table for a paper, of what a description states and of nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from exodyn.product.preparation import Description, category_of, markers, number, particles_per_ug


def paragraph(description: Description, score: float) -> str:
    """A methods paragraph of what the description states and of nothing else."""
    said = []
    source = description.get("source", {})
    if source.get("kind") and source.get("amount") is not None:
        unit = source.get("unit", "")
        said.append(
            f"Vesicles were prepared from {source['amount']} {unit} of {source['kind']}".replace("  ", " ")
        )
    cells = description.get("cells", {})
    if cells.get("identity"):
        parts = [str(cells["identity"])]
        parts += [f"passage {cells['passage']}"] if cells.get("passage") is not None else []
        parts += [f"in {cells['medium']}"] if cells.get("medium") else []
        parts += (
            [f"collected over {cells['collection_h']} h"] if cells.get("collection_h") is not None else []
        )
        said.append(f"Cells were {', '.join(parts)}")
    steps = [_step(each) for each in description.get("separation", ())]
    if steps:
        said.append(f"They were separated by {', then '.join(steps)}")
    for each in description.get("quantities", ()):
        if number(each) is not None and each.get("of"):
            said.append(
                f"{str(each['of']).capitalize()} by {each['method']}: {each['value']:g} {each['unit']}"
            )
    ratio = particles_per_ug(description)
    if ratio is not None:
        said.append(f"This is {ratio:.3g} particles per µg of protein")
    for result in ("positive", "negative"):
        found = [
            f"{each['name']} ({each['method']})"
            for each in markers(description, result=result)
            if _is_named(each)
        ]
        if found:
            said.append(f"{result.capitalize()}: {', '.join(found)}")
    storage = description.get("storage", {})
    if storage.get("buffer"):
        parts = [f"in {storage['buffer']}"]
        parts += [f"at {storage['temperature_c']} °C"] if storage.get("temperature_c") is not None else []
        parts += [f"in {storage['container']}"] if storage.get("container") else []
        thaws = storage.get("freeze_thaws")
        parts += [f"with {thaws} freeze-thaw cycles"] if thaws is not None else []
        said.append(f"Vesicles were kept {', '.join(parts)}")
    said.append(f"EV-METRIC of the items stated here: {score:.0f}%")
    return ". ".join(said) + "."


def table(description: Description) -> tuple[tuple[str, str], ...]:
    """Rows of a table for a paper: what, and its value, in the order of the guideline."""
    found = []
    for name in ("source", "cells", "single_particle", "image", "topology", "density", "lysis", "storage"):
        for key, value in description.get(name, {}).items():
            found.append((f"{name.replace('_', ' ')}: {key.replace('_', ' ')}", _shown(value)))
    for at, step in enumerate(description.get("separation", ()), start=1):
        found.append((f"separation {at}", _step(step)))
    for each in description.get("quantities", ()):
        what = f"{each.get('of', '?')} ({each.get('method', '?')})"
        found.append((what, f"{each.get('value', '?')} {each.get('unit', '')}".strip()))
    for each in description.get("markers", ()):
        what = f"{each.get('name', '?')}, category {category_of(each) or 'unknown'}"
        found.append((what, f"{each.get('result', '?')} ({each.get('method', '?')})"))
    return tuple(found)


def _is_named(marker: Mapping[str, Any]) -> bool:
    return bool(marker.get("name")) and bool(marker.get("method"))


def _step(step: Mapping[str, Any]) -> str:
    shown = {
        "g": "{} × g",
        "time_min": "{} min",
        "rotor": "{}",
        "k": "k {}",
        "resin": "{}",
        "bed_ml": "{} mL bed",
    }
    shown |= {"membrane": "{}", "cutoff_kda": "{} kDa", "details": "{}"}
    parts = [form.format(_shown(step[key])) for key, form in shown.items() if step.get(key) not in (None, "")]
    inside = ", ".join(parts)
    return f"{step.get('step', 'a step')}{f' ({inside})' if inside else ''}"


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
