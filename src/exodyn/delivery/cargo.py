"""Cargo: what the vesicles that arrive hand over, counted per cell."""

from exodyn.symbolic import Parameter, Process, Quantity, Reads, State


class Cargo(Process):
    """Three cargoes act in the lesion, a fourth signal arises in the spleen.

    miRNA must leave the endosome: a share `escape` of what is digested does, between 1e-4 and 0.3 for
    carriers of every kind and unknown for vesicles. An abundant native miRNA has 0.008 copies a vesicle
    (Chevillet 2014); the target cell's own copies stand beside it. Growth factor on or in the vesicle is
    set free in tissue fluid. Surface contact needs no escape: it counts vesicles that touched a cell, and
    fades as the cell's response does. Peripheral contact counts vesicles digested by the spleen, which
    vesicles reach within the hour while the brain takes days (Patel 2018). The last two are assumed ways
    of action, there because the first cannot carry the effect by number.
    """

    uptake = Reads("Gparticles/d", "vesicles taken up by cells of the lesion")
    lesion_cells = Reads("Gparticles", "vesicles inside cells of the lesion")
    lesion_entered = Reads("Gparticles", "vesicles that reached the lesion so far")
    spleen_digested = Reads("Gparticles/d", "vesicles digested by cells of the spleen")
    lesion_mass = Reads("g", "mass of the injured region")
    spleen_mass = Reads("g", "mass of the spleen")
    k_digest = Reads("1/d", "digestion of vesicles inside cells")

    cell_density = Parameter("Gcells/g", "cells per mass of brain")
    spleen_density = Parameter("Gcells/g", "cells per mass of spleen")
    fluid_share = Parameter("mL/g", "tissue fluid per mass of brain")
    mirna_per_particle = Parameter("copies/particles", "copies of an abundant native miRNA per vesicle")
    factor_per_particle = Parameter("copies/particles", "copies of growth factor per vesicle")
    factor_mass = Parameter("ng/Gcopies", "mass of a growth factor")
    escape = Parameter("1", "share of cargo that leaves the endosome before digestion")
    mirna_own = Parameter("copies/cells", "copies of that miRNA which the target cell has of its own")
    k_mirna = Parameter("1/d", "loss of miRNA in the cell")
    k_factor = Parameter("1/d", "loss of growth factor from tissue fluid")
    k_contact = Parameter("1/d", "fading of the response to surface contact")
    k_peripheral = Parameter("1/d", "fading of the response in the spleen")

    mirna = State("copies/cells", "delivered miRNA in the cytosol, per cell of the lesion", start=0)
    factor = State("ng/mL", "delivered growth factor in tissue fluid", start=0)
    contact = State("particles/cells", "vesicles that touched a cell, weighted by what lasts", start=0)
    peripheral = State("particles/cells", "vesicles taken in per cell of the spleen, likewise", start=0)

    cells = Quantity("Gcells", "cells of the lesion")
    arrived_per_cell = Quantity("particles/cells", "vesicles that reached the lesion per cell of it")
    mirna_arrived = Quantity("copies/cells", "miRNA copies that reached the lesion per cell, before escape")
    mirna_endogenous = Quantity("copies/cells", "copies of that miRNA which the cell has of its own")

    cells.value = cell_density * lesion_mass
    arrived_per_cell.value = lesion_entered / cells
    mirna_arrived.value = mirna_per_particle * lesion_entered / cells
    mirna_endogenous.value = mirna_own

    mirna.rate = escape * mirna_per_particle * k_digest * lesion_cells / cells - k_mirna * mirna
    factor.rate = factor_mass * factor_per_particle * uptake / (fluid_share * lesion_mass) - k_factor * factor
    contact.rate = uptake / cells - k_contact * contact
    peripheral.rate = spleen_digested / (spleen_density * spleen_mass) - k_peripheral * peripheral
