"""The processes at full size: richer mechanism than data identify, for scenarios that ask for it.

Each takes the place of the process of the same name one folder up and gives the same names to others. What
is more in number rests on published signs and on assumed sizes; `docs/processes.md` shows each alone.
"""

from exodyn.repair.full.arrows import Arrows, KnockDown, Ligand, Released
from exodyn.repair.full.high_dose import Clotting, Complement, Desensitisation, OpposingCargo
from exodyn.repair.full.inflammation import Inflammation
from exodyn.repair.full.model import MECHANISMS, PARTS
from exodyn.repair.full.neurogenesis import Neurogenesis
from exodyn.repair.full.pathways import Heard, Joined
from exodyn.repair.full.plasticity import Plasticity
from exodyn.repair.full.survival import Survival
from exodyn.repair.full.vasculature import Vasculature

__all__ = [
    "MECHANISMS",
    "PARTS",
    "Arrows",
    "Clotting",
    "Complement",
    "Desensitisation",
    "Heard",
    "Inflammation",
    "Joined",
    "KnockDown",
    "Ligand",
    "Neurogenesis",
    "OpposingCargo",
    "Plasticity",
    "Released",
    "Survival",
    "Vasculature",
]
