"""Disposition: the whole body, particle and label, as one model of every species.

The same model stands for vesicles and for synthetic particles: what differs are few parameters (see
`exodyn.delivery.kinds`). Species differ by physiology alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from exodyn.delivery.blood import Blood
from exodyn.delivery.body import Body
from exodyn.delivery.depot import Depot
from exodyn.delivery.label import FreeLabel, Label, LostLabel
from exodyn.delivery.organ import Organ
from exodyn.delivery.phagocytes import Phagocytes
from exodyn.evidence import parameters
from exodyn.symbolic import Model, ParameterValue, Part, Process, Symbol, compose

SPECIES = ("mouse", "rat", "rabbit", "pig", "macaque", "human")
PHAGOCYTIC = ("liver", "spleen")
PASSIVE = ("lung", "kidney", "gut", "muscle", "brain", "cord", "rest")
ORGANS = (*PHAGOCYTIC, *PASSIVE)
DEPOTS = ("nose", "csf", "peritoneum", "tissue", "needle", "artery")
AMOUNTS: Mapping[str, str] = {
    "blood": "blood",
    **{organ: f"{organ}_held" for organ in ORGANS},
    "around the lesion": "organ_wall",
    "lesion": "lesion",
    **{depot: f"{depot}_depot" for depot in DEPOTS},
    "gel": "gel_waiting",
}
"""Place -> what counts the particles there in the model of a lesion, which has one organ around the lesion
in place of that organ's own process, and the depots of its route.
"""

PARTICLES: Mapping[str, type[Process] | Part] = {
    "body": Body,
    "blood": Blood,
    **{organ: Part(Phagocytes, f"{organ}_") for organ in PHAGOCYTIC},
    **{organ: Part(Organ, f"{organ}_") for organ in PASSIVE},
}
GIVEN: Mapping[str, type[Process] | Part] = {
    depot: Part(Depot, f"{depot}_", {"brain": "brain_held"}) for depot in DEPOTS
}
LABELS: Mapping[str, type[Process] | Part] = {
    "free label": FreeLabel,
    **{f"label lost from {depot}": Part(LostLabel, f"{depot}_") for depot in DEPOTS},
    **{f"label in {organ}": Part(Label, f"{organ}_") for organ in ORGANS},
}


@cache
def model(species: str) -> Model:
    """Particles and their label in the whole body of one species, amounts in Gparticles, time in days."""
    values = {
        name: ParameterValue(
            Symbol(one.symbol),
            one.value,
            one.unit,
            one.meaning,
            " ".join(one.records),
            one.status,
            one.reason,
        )
        for name, one in parameters(species).items()
    }
    return compose(f"disposition_{species}", {**PARTICLES, **GIVEN, **LABELS}, values, time_unit="d")
