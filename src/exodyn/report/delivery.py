"""The delivery part of a run's page: maps of the body, what was where when, and what a study would derive."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from math import log10
from typing import Any

import numpy as np

from exodyn.report.words import number
from exodyn.study import Result, Study
from exodyn.study.exposure import QUANTITIES, SEEN, Exposure, bands, fold_rows

UPRIGHT = ("human", "macaque")
DECADES = 4.0
"""Powers of ten of concentration between the strongest colour and none."""
PALEST = 0.03


def delivery(study: Study, result: Result) -> dict[str, Any]:
    """What `delivery.html` shows: arms with maps and tables, folds; {} where nothing was given."""
    found = tuple(one for one in result.exposures if one.places)
    if not found:
        return {}
    family = "upright" if study.species in UPRIGHT else "four_legged"
    drawing = (files("exodyn.report") / "bodies" / f"{family}.svg").read_text(encoding="utf-8")
    return {
        "family": family,
        "seen": [_time(day) for day in SEEN],
        "decades": [f"1/{10**k:,.0f}" if k else "most" for k in range(int(DECADES) + 1)],
        "shades": [round(1 - k / DECADES, 2) or PALEST for k in range(int(DECADES) + 1)],
        "arms": [_arm(one, drawing) for one in found],
        "folds": list(fold_rows(found)),
    }


def _arm(one: Exposure, drawing: str) -> dict[str, Any]:
    solid = [place for place in one.places if place.per]
    strongest = max(one.at(day, place.concentration) for day in SEEN for place in solid)
    maps = []
    for day in SEEN:
        seen = {
            place.name: (one.at(day, place.concentration), one.at(day, one.share(place)), place.per)
            for place in solid
        }
        maps.append({"time": _time(day), "svg": shaded(drawing, seen, strongest)})
    rows = [
        {
            "place": place.name,
            "shares": [one.at(day, one.share(place)) for day in SEEN],
            "per": place.per,
            **{name: bands(values) for name, values in one.analysed[place.name].items()},
        }
        for place in sorted(one.places, key=lambda p: -one.analysed[p.name]["peak_percent"].max())
    ]
    lesion = [
        {"meaning": QUANTITIES[name][1], "unit": QUANTITIES[name][0], **bands(one.analysed["lesion"][name])}
        for name in ("entered_percent", "cargo_per_cell", "endogenous_per_cell")
        if name in one.analysed["lesion"]
    ]
    return {"name": one.arm, "maps": maps, "rows": rows, "lesion": lesion}


def shaded(drawing: str, seen: Mapping[str, tuple[float, float, str]], strongest: float) -> str:
    """The drawing with each place as deep in colour as its concentration is high, on a logarithmic scale.

    seen: place -> (particles per mL or g, percent of the dose, "mL" or "g").
    """

    def shade(found: re.Match[str]) -> str:
        amount, share, per = seen.get(found[1], (np.nan, np.nan, ""))
        if not np.isfinite(amount):
            return 'visibility="hidden">'
        depth = 1 + log10(amount / strongest) / DECADES if amount > 0 else 0.0
        said = f"{found[1]}: {number(amount)} particles per {per}, {number(share)}% of the dose"
        return f'fill-opacity="{max(depth, PALEST):.2f}"><title>{escape(said)}</title>'

    return re.sub(r'data-place="(\w+)">', shade, drawing).replace("<svg", '<svg class="body"', 1)


def _time(day: float) -> str:
    minutes = day * 1440
    return f"{minutes:.0f} min" if minutes < 60 else f"{minutes / 60:g} h"
