"""Compartments of classical pharmacokinetics: what is given, distributed and cleared, without physiology.

One file a structure. Amounts, volumes and time are in the units of the data, which `Units` names.
"""

from collections.abc import Callable, Mapping

from exodyn.pharmacokinetics.one_compartment import one_compartment, one_compartment_oral
from exodyn.pharmacokinetics.three_compartments import three_compartments
from exodyn.pharmacokinetics.two_compartments import two_compartments, two_compartments_oral
from exodyn.pharmacokinetics.units import Units
from exodyn.symbolic import Process

STRUCTURES: Mapping[str, Callable[[Units], type[Process]]] = {
    "one_compartment": one_compartment,
    "one_compartment_oral": one_compartment_oral,
    "two_compartments": two_compartments,
    "two_compartments_oral": two_compartments_oral,
    "three_compartments": three_compartments,
}
"""Structures by the name that a model file gives; each has states in the order of compartment numbers."""

__all__ = [
    "STRUCTURES",
    "Units",
    "one_compartment",
    "one_compartment_oral",
    "three_compartments",
    "two_compartments",
    "two_compartments_oral",
]
