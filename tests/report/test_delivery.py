"""The maps: deeper for more, hidden for what a model does not have, and well-formed."""

import math
import xml.etree.ElementTree as ET
from importlib.resources import files

import pytest

from exodyn.report.delivery import shaded

DRAWINGS = [
    (files("exodyn.report") / "bodies" / f"{name}.svg").read_text() for name in ("upright", "four_legged")
]


SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("drawing", DRAWINGS)
def test_shade_follows_concentration_on_a_log_scale(drawing: str) -> None:
    seen = {
        "liver": (1e9, 50.0, "g"),
        "spleen": (1e7, 1.0, "g"),
        "lung": (0.0, 0.0, "g"),
        "gut": (math.nan, 1.0, "g"),
    }
    root = ET.fromstring(shaded(drawing, seen, 1e9))
    groups = {(g.findtext(f"{SVG}title") or "").split(":")[0]: g for g in root.iter(f"{SVG}g")}
    depth = {name: float(g.get("fill-opacity", "nan")) for name, g in groups.items() if name}
    assert depth == {"liver": 1.0, "spleen": 0.5, "lung": 0.03}
    assert (
        sum(g.get("visibility") == "hidden" for g in root.iter(f"{SVG}g"))
        == len(list(root.iter(f"{SVG}g"))) - 3
    )
