"""High dose: four named ways in which more vesicles may do less, each off where its size is 0."""

from exodyn.symbolic import Adds, Parameter, Process, Quantity, Reads, State, hill


class Desensitisation(Process):
    """Each vesicle that a cell takes up takes receptors of its surface along; new ones need days.

    What a cell hears is contact times the receptors that are left, so that the response to a dose rises,
    tops and falls. Agonist-induced loss of receptors is general; nobody has measured it for vesicles.
    """

    uptake = Reads("Gparticles/d", "vesicles taken up by cells of the lesion")
    cells = Reads("Gcells", "cells of the lesion")

    receptor_cost = Parameter("cells/particles", "share of a cell's receptors that one vesicle takes along")
    k_receptor = Parameter("1/d", "return of receptors")

    receptors = State("1", "receptors that answer, untreated = 1", start=1)

    receptors.rate = k_receptor * (1 - receptors) - receptor_cost * uptake / cells * receptors


class Complement(Process):
    """Many foreign membranes in blood at once rouse complement, which inflames the lesion as damage does."""

    concentration = Reads("Gparticles/mL", "vesicles per volume of blood")
    damage = Adds("1", "signal of dying tissue")

    complement_signal = Parameter("1/d", "signal made by fully roused complement, as of dying tissue")
    complement_half = Parameter("Gparticles/mL", "vesicles in blood that rouse half of it")
    k_complement = Parameter("1/d", "rousing and decay of complement")

    complement = State("1", "roused complement", start=0)

    complement.rate = k_complement * (hill(concentration, complement_half, 2) - complement)
    damage.rate += complement_signal * complement


class Clotting(Process):
    """Phosphatidylserine and tissue factor on vesicles clot blood; clots close vessels for days."""

    concentration = Reads("Gparticles/mL", "vesicles per volume of blood")

    k_clot = Parameter("1/d", "closing of vessels where vesicles clot as fast as they can")
    clot_half = Parameter("Gparticles/mL", "vesicles in blood at half of that")
    k_lysis = Parameter("1/d", "reopening")

    clots = State("1", "share of vessels that clots close", start=0)

    clots.rate = k_clot * hill(concentration, clot_half, 2) * (1 - clots) - k_lysis * clots


class OpposingCargo(Process):
    """TGF-b calms phagocytes at a low level and makes a scar at a high one, which slows rewiring."""

    tgfb_added = Reads("1/d", "TGF-b that vesicles add, in units of the intact level")
    k_tgfb_loss = Reads("1/d", "loss of TGF-b")

    scar_max = Parameter("1", "greatest slowing of rewiring by a scar")
    scar_half = Parameter("1", "TGF-b of vesicles at half of that, in units of the intact level")

    scarring = Quantity("1", "how much opposing cargo slows rewiring, 1 without")

    scarring.value = 1 + scar_max * hill(tgfb_added / k_tgfb_loss, scar_half, 1)
