"""A gel at the lesion that holds particles and lets them go by diffusion and as it erodes."""

from math import pi

from exodyn.symbolic import Adds, Parameter, Process, Quantity, Reads, State


class Gel(Process):
    """A slab of gel, open on both faces, with particles spread evenly in it.

    Diffusion to the faces is a sum of first-order pools (Crank 1975, eq. 4.18): pool n = 1, 3, 5 ... holds
    8/(n pi)^2 of the load and empties at n^2 pi^2 D/(4 L^2), L half of the thickness; what pools beyond the
    fifth would hold goes with that. For short times this is Higuchi's square root, 2 sqrt(D t/(pi L^2)).
    Erosion frees from every pool at one rate (first order), and alone where the mesh, some tens of nm,
    holds vesicles of 100 nm: then a nanogel is as slow as a slab. Stands in a model with the prefix gel.
    """

    depot = Adds("Gparticles", "particles in the fluid around the gel")
    depot_holds = Reads("Gparticles", "particles in the fluid around the gel")

    diffusion = Parameter("cm**2/d", "diffusion of particles in the gel")
    half_thickness = Parameter("cm", "half of the thickness of the gel")
    k_erode = Parameter("1/d", "erosion of the gel")
    k_mix = Parameter("1/d", "spreading of the dose in the gel as it sets")

    packed = State("Gparticles", "particles given with the gel, not yet spread in it", start=0)
    pool_1 = State("Gparticles", "particles in the gel, slowest pool", start=0)
    pool_3 = State("Gparticles", "particles in the gel, pool 3", start=0)
    pool_5 = State("Gparticles", "particles in the gel, pool 5", start=0)
    pool_7 = State("Gparticles", "particles in the gel, pool 7", start=0)
    pool_9 = State("Gparticles", "particles in the gel, pool 9 and beyond", start=0)

    pace = Quantity("1/d", "emptying of the slowest pool by diffusion")
    released = Quantity("Gparticles/d", "particles that the gel lets go")
    waiting = Quantity("Gparticles", "particles in the gel and the fluid around it")

    pace.value = pi**2 / 4 * diffusion / half_thickness**2
    released.value = (
        k_erode * (pool_1 + pool_3 + pool_5 + pool_7 + pool_9)
        + pace * (pool_1 + 9 * pool_3 + 25 * pool_5 + 49 * pool_7 + 81 * pool_9)
    )  # fmt: skip
    waiting.value = packed + pool_1 + pool_3 + pool_5 + pool_7 + pool_9 + depot_holds

    packed.rate = -k_mix * packed
    pool_1.rate = 8 / pi**2 * k_mix * packed - (k_erode + pace) * pool_1
    pool_3.rate = 8 / pi**2 / 9 * k_mix * packed - (k_erode + 9 * pace) * pool_3
    pool_5.rate = 8 / pi**2 / 25 * k_mix * packed - (k_erode + 25 * pace) * pool_5
    pool_7.rate = 8 / pi**2 / 49 * k_mix * packed - (k_erode + 49 * pace) * pool_7
    pool_9.rate = (1 - 8 / pi**2 * (1 + 1 / 9 + 1 / 25 + 1 / 49)) * k_mix * packed - (
        k_erode + 81 * pace
    ) * pool_9
    depot.rate += released
