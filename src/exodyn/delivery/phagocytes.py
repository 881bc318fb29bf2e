"""Liver and spleen: macrophages that face the blood catch most vesicles, and can be filled."""

from exodyn.symbolic import Adds, Parameter, Process, Quantity, Reads, State


class Phagocytes(Process):
    """Receptors of resident macrophages bind vesicles, take them in and digest them.

    Uptake is Michaelis-Menten in the concentration at the organ's inlet, and the organ can take no more
    than its blood flow brings (well-stirred organ, E = CL/(Q + CL)):

        uptake = CL c / (1 + CL/Q + c/Km)

    Macrophages do 67% of the liver's and 76% of the spleen's uptake of small vesicles in mice (64Cu study),
    phosphatidylserine competes for it (Matsumoto 2017), and liposomes saturate it in rat, rabbit and man
    (Lobatto 2015). The concentration Km at which vesicles do so has not been measured. Bound vesicles that
    fall off again are the slow second phase in blood.

    Stands in a model twice, with the prefixes liver and spleen.
    """

    scaling = Reads("1", "clearance relative to the reference body")
    concentration = Reads("Gparticles/mL", "vesicles per volume of blood")
    blood = Adds("Gparticles", "vesicles in blood")
    degraded = Adds("Gparticles", "vesicles broken down so far")

    clearance = Parameter("mL/d", "uptake clearance at low dose, before the limit by flow")
    flow = Parameter("mL/d", "blood flow through the organ")
    half_filling = Parameter("Gparticles/mL", "blood concentration at half of the greatest uptake, Km")
    k_release = Parameter("1/d", "bound vesicles that return to blood")
    k_internalise = Parameter("1/d", "bound vesicles that are taken in")
    k_digest = Parameter("1/d", "digestion of vesicles inside cells")

    bound = State("Gparticles", "vesicles bound to the organ's macrophages", start=0)
    inside = State("Gparticles", "vesicles inside the organ's macrophages", start=0)
    uptake = Quantity("Gparticles/d", "vesicles caught by the organ")
    taken_in = Quantity("Gparticles/d", "vesicles taken into cells of the organ")

    uptake.value = scaling * clearance * concentration / (1 + clearance / flow + concentration / half_filling)
    taken_in.value = k_internalise * bound
    bound.rate = uptake - k_release * bound - taken_in
    inside.rate = taken_in - k_digest * inside
    blood.rate += k_release * bound - uptake
    degraded.rate += k_digest * inside
