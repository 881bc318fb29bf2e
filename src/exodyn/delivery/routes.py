"""Routes of administration: the state that a dose enters, and how well it is known what arrives from
there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Route:
    """A route. state: what the dose is added to; spread: sd of the log of what arrives in the brain, between
    studies, beside what iv doses have; grade: how well it is known, in words that outputs show.
    """

    name: str
    state: str
    grade: str
    spread: float = 0.0

    @property
    def depot(self) -> str:
        """The depot that the dose waits in, such as "nose"; "" for blood."""
        return "" if self.state == "blood" else self.state.split("_")[0]


_ASSUMED = "what arrives was not measured; assumed, within tenfold"

KNOWN: Mapping[str, Route] = {
    route.name: route
    for route in (
        Route("intravenous", "blood", "measured in many studies"),
        Route("intranasal", "nose_depot", f"brain of rodents positive, of primates not; {_ASSUMED}", 1.4),
        Route("intrathecal", "csf_depot", f"function only; {_ASSUMED}", 1.4),
        Route("intracerebroventricular", "csf_depot", f"function only; {_ASSUMED}", 1.4),
        Route("intracerebral", "needle_depot", f"function only; {_ASSUMED}", 0.7),
        Route("intralesional gel", "gel_packed", f"release in vitro alone; {_ASSUMED}", 0.7),
        Route("intra-arterial", "artery_depot", f"function only; {_ASSUMED}", 1.0),
        Route("intraperitoneal", "peritoneum_depot", f"organs positive; {_ASSUMED}", 0.7),
        Route("subcutaneous", "tissue_depot", _ASSUMED, 0.7),
        Route("intramuscular", "tissue_depot", _ASSUMED, 0.7),
    )
}
"""Every route that the model knows, by its name."""
