"""Delivery: how vesicles get from the vein to the cells of the lesion, and what happens to all the others.

One file a compartment or step; amounts are in Gparticles (1e9 particles), which the balance counts.
"""

from exodyn.delivery.balance import Balance
from exodyn.delivery.barrier import Barrier
from exodyn.delivery.blood import Blood, Body
from exodyn.delivery.cargo import Cargo
from exodyn.delivery.lesion import Lesion
from exodyn.delivery.organ import Organ
from exodyn.delivery.phagocytes import Phagocytes
from exodyn.delivery.routes import DOSED_STATE, ROUTES

__all__ = [
    "DOSED_STATE",
    "ROUTES",
    "Balance",
    "Barrier",
    "Blood",
    "Body",
    "Cargo",
    "Lesion",
    "Organ",
    "Phagocytes",
]
