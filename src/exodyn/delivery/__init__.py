"""Delivery: how particles get from where they are given to the cells of the lesion, and where the others go.

One file a compartment or step, one for each thing that a study does with them: setting, course, reading.
Amounts are in Gparticles (1e9 particles), which the balance counts.
"""

from exodyn.delivery.balance import Balance
from exodyn.delivery.barrier import Barrier
from exodyn.delivery.blood import Blood
from exodyn.delivery.body import Body
from exodyn.delivery.cargo import Cargo
from exodyn.delivery.depot import Depot
from exodyn.delivery.disposition import AMOUNTS, LABELS, ORGANS, PARTICLES, SPECIES
from exodyn.delivery.disposition import model as disposition
from exodyn.delivery.engineering import Engineering
from exodyn.delivery.gel import Gel
from exodyn.delivery.label import FreeLabel, Label
from exodyn.delivery.lesion import Lesion
from exodyn.delivery.organ import Organ
from exodyn.delivery.phagocytes import Phagocytes
from exodyn.delivery.routes import KNOWN as ROUTES
from exodyn.delivery.routes import Route

__all__ = [
    "AMOUNTS",
    "LABELS",
    "ORGANS",
    "PARTICLES",
    "ROUTES",
    "SPECIES",
    "Balance",
    "Barrier",
    "Blood",
    "Body",
    "Cargo",
    "Depot",
    "Engineering",
    "FreeLabel",
    "Gel",
    "Label",
    "Lesion",
    "Organ",
    "Phagocytes",
    "Route",
    "disposition",
]
