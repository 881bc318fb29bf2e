"""Repair: the processes by which nervous tissue answers an injury, one a file. Cargo acts on their rates.

`full` holds the same processes with richer mechanism, for scenarios.
"""

from exodyn.repair.cargo_action import CargoAction
from exodyn.repair.inflammation import Inflammation
from exodyn.repair.limbs import Hindlimbs, Limbs
from exodyn.repair.mortality import Mortality
from exodyn.repair.neurogenesis import Neurogenesis
from exodyn.repair.plasticity import Plasticity
from exodyn.repair.survival import Survival
from exodyn.repair.vasculature import Vasculature

__all__ = [
    "CargoAction",
    "Hindlimbs",
    "Inflammation",
    "Limbs",
    "Mortality",
    "Neurogenesis",
    "Plasticity",
    "Survival",
    "Vasculature",
]
