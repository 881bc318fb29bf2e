"""Indications: which processes, which injury, which natural history. One file an indication."""

from exodyn.errors import InputError, nearest
from exodyn.indications.contract import Indication, Point, Population, Trait
from exodyn.indications.spinal_cord_injury import SPINAL_CORD_INJURY
from exodyn.indications.stroke import STROKE
from exodyn.indications.traumatic_brain_injury import TRAUMATIC_BRAIN_INJURY

INDICATIONS: dict[str, Indication] = {
    one.name: one for one in (STROKE, SPINAL_CORD_INJURY, TRAUMATIC_BRAIN_INJURY)
}


def get_indication(name: str) -> Indication:
    """The indication of that name. Raises InputError with the nearest one."""
    if name not in INDICATIONS:
        raise InputError(f"no indication '{name}'{nearest(name, INDICATIONS)}")
    return INDICATIONS[name]


__all__ = ["INDICATIONS", "Indication", "Point", "Population", "Trait", "get_indication"]
