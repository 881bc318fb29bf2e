"""Liver and spleen: resident macrophages catch most particles, and can be filled."""

from exodyn.symbolic import Adds, Parameter, Process, Quantity, Reads, State


class Phagocytes(Process):
    """Macrophages have room for so many particles; other cells of the organ catch the rest without a limit.

    The macrophages' part of the clearance falls as the organ fills:

        CL = CL_0 ((1 - m) + m f / (1 + X / X_half)),    dX/dt = caught - k_recover X

    m: the macrophages' share, 67% in the liver and 76% in the spleen for small vesicles in mice (64Cu study);
    f: the macrophages that there are, 1, or about a tenth after clodronate; X: what they carry, particles
    counted by their surface, since each takes its wrapping of membrane. For small X this is the 1 - X / X_max
    of Harashima 1995 and Kagan 2013, which turns negative where other cells hold more than the macrophages
    can. The organ takes no more than its flow brings. Stands in a model twice, with the prefixes liver and
    spleen.
    """

    weight = Reads("kg", "body weight")
    cardiac_output = Reads("mL/d", "cardiac output of this body")
    uptake_scaling = Reads("1", "uptake per gram of organ relative to the reference animal")
    size = Reads("nm", "diameter of the particle")
    size_reference = Reads("nm", "diameter that uptake is given for")
    seen = Reads("Gparticles/mL", "particles per volume of blood that phagocytes see")
    blood = Adds("Gparticles", "particles in blood")
    degraded = Adds("Gparticles", "particles broken down so far")

    mass_per_weight = Parameter("g/kg", "mass of the organ")
    flow_share = Parameter("1", "share of the cardiac output through the organ")
    uptake = Parameter("mL/g/d", "uptake clearance per gram at low dose, before the limit by flow")
    size_exponent = Parameter("1", "power of the diameter that uptake grows with")
    macrophage_share = Parameter("1", "share of the uptake that is by macrophages")
    macrophages = Parameter("1", "macrophages relative to the untouched organ")
    capacity = Parameter("Gparticles/g", "particles in a gram of organ that halve what its macrophages take")
    k_recover = Parameter("1/d", "recovery of filled macrophages")
    k_release = Parameter("1/d", "particles that return to blood")
    k_digest = Parameter("1/d", "digestion of particles")

    held = State("Gparticles", "particles held by the organ", start=0)
    burden = State("Gparticles", "particles that the macrophages still carry, by surface", start=0)
    mass = Quantity("g", "mass of the organ in this body")
    flow = Quantity("mL/d", "blood flow through the organ")
    filled = Quantity("1", "burden relative to the capacity")
    clearance = Quantity("mL/d", "uptake clearance, before the limit by flow")
    caught = Quantity("Gparticles/d", "particles caught by the organ")
    digested = Quantity("Gparticles/d", "particles digested by the organ")

    mass.value = mass_per_weight * weight
    flow.value = flow_share * cardiac_output
    filled.value = burden / (capacity * mass)
    clearance.value = (
        uptake * mass * uptake_scaling * (size / size_reference) ** size_exponent
        * (1 - macrophage_share + macrophage_share * macrophages / (1 + filled))
    )  # fmt: skip
    caught.value = flow * clearance / (flow + clearance) * seen
    digested.value = k_digest * held

    held.rate = caught - k_release * held - digested
    burden.rate = caught * (size / size_reference) ** 2 - k_recover * burden
    blood.rate += k_release * held - caught
    degraded.rate += digested
