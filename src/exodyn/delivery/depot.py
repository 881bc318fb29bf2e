"""Where a dose waits that was not given into blood: nose, cerebrospinal fluid, peritoneum, muscle or skin,
lesion.
"""

from exodyn.symbolic import Adds, Parameter, Process, Quantity, Reads, State


class Depot(Process):
    """Particles leave at one rate: a share to blood, a share to the brain, a share into the lesion; the
    others are lost.

    What is lost was swallowed with the mucus, ran back along the needle, or was digested where it lay. The
    brain's share spreads over it by mass, so that the lesion gets its part. Vesicles of the nose reach the
    brain of rodents in minutes (Betzer 2017, by gold) and hardly that of primates; 100 nm particles given
    into CSF stay on the meninges (delivery dossier): how much arrives was not measured for any of these
    routes. Stands in a model once a route, with its prefix.
    """

    lesion_share = Reads("1", "share of the lesion in what a depot brings to the brain")
    blood = Adds("Gparticles", "particles in blood")
    brain = Adds("Gparticles", "particles in the brain outside the lesion")
    degraded = Adds("Gparticles", "particles broken down so far")

    k_leave = Parameter("1/d", "rate at which particles leave the depot")
    to_blood = Parameter("1", "share of what leaves that reaches blood")
    to_brain = Parameter("1", "share of what leaves that reaches the brain, lesion and all")
    to_lesion = Parameter("1", "share of what leaves that goes into the lesion itself")

    depot = State("Gparticles", "particles in the depot", start=0)
    left = Quantity("Gparticles/d", "particles that leave the depot")
    arriving = Quantity("Gparticles/d", "particles that the lesion gets from the depot")
    lost = Quantity("Gparticles/d", "particles lost on the way")

    left.value = k_leave * depot
    arriving.value = (to_lesion + to_brain * lesion_share) * left
    lost.value = (1 - to_blood - to_brain - to_lesion) * left

    depot.rate = -left
    blood.rate += to_blood * left
    brain.rate += to_brain * (1 - lesion_share) * left
    degraded.rate += lost
