"""Cargo arrows: each named cargo by its count, against what the cell has of its own, on one named rate.

``evidence/data/arrows.csv`` lists every arrow with its target, sign and records, those without an equation
too.
"""

from exodyn.symbolic import Parameter, Process, Quantity, Reads, State, hill


class Released(Process):
    """What vesicles hand over at one copy a vesicle: each cargo is a multiple of it.

    As in the default model: a share of what is digested leaves the endosome; proteins are set free in tissue
    fluid as vesicles are taken up.
    """

    uptake = Reads("Gparticles/d", "vesicles taken up by cells of the lesion")
    lesion_cells = Reads("Gparticles", "vesicles inside cells of the lesion")
    lesion_mass = Reads("g", "mass of the injured region")
    cells = Reads("Gcells", "cells of the lesion")
    k_digest = Reads("1/d", "digestion of vesicles inside cells")
    escape = Reads("1", "share of cargo that leaves the endosome before digestion")
    k_mirna = Reads("1/d", "loss of miRNA in the cell")
    fluid_share = Reads("mL/g", "tissue fluid per mass of brain")

    released = State(
        "particles/cells", "vesicles whose cargo is in the cytosol, per cell of the lesion", start=0
    )
    opened = Quantity("Gparticles/mL/d", "vesicles that set free their ligands, per tissue fluid")

    released.rate = escape * k_digest * lesion_cells / cells - k_mirna * released
    opened.value = uptake / (fluid_share * lesion_mass)


class KnockDown(Process):
    """A delivered miRNA silences its target by number: delivered copies over delivered and own."""

    released = Reads("particles/cells", "vesicles whose cargo is in the cytosol, per cell of the lesion")

    per_particle = Parameter("copies/particles", "copies of this miRNA per vesicle")
    own = Parameter("copies/cells", "copies of it which the target cell has of its own")

    copies = Quantity("copies/cells", "delivered copies per cell of the lesion")
    share = Quantity("1", "share of the target's silencing that the delivered copies make up")

    copies.value = per_particle * released
    share.value = copies / (copies + own)


class Ligand(Process):
    """A protein on or in the vesicle adds to the tissue's own level of it."""

    opened = Reads("Gparticles/mL/d", "vesicles that set free their ligands, per tissue fluid")

    per_particle = Parameter("copies/particles", "copies of this protein per vesicle")
    mass = Parameter("ng/Gcopies", "mass of this protein")

    given = Quantity("ng/mL/d", "what vesicles add per time")

    given.value = mass * per_particle * opened


class Arrows(Process):
    """Which rates the named miRNAs act on; an arrow's greatest effect is that of a target wholly silenced.

    miR-146a-5p (IRAK1, TRAF6), miR-124 and miR-181c (TLR4) calm phagocytes; miR-21 spares cells committed to
    apoptosis (PDCD4); miR-17-92, miR-21 and miR-26a-5p take away PTEN, miR-133b RhoA, which brake sprouting.
    Shares of several miRNAs on one rate join as independent ones. Every greatest effect is assumed: papers
    give the sign.
    """

    mir_146a_share = Reads("1", "miR-146a-5p")
    mir_124_share = Reads("1", "miR-124-3p")
    mir_181c_share = Reads("1", "miR-181c-5p")
    mir_21_share = Reads("1", "miR-21-5p")
    mir_26a_share = Reads("1", "miR-26a-5p")
    mir_17_92_share = Reads("1", "miR-17-92 cluster")
    mir_133b_share = Reads("1", "miR-133b")
    tgfb_given = Reads("ng/mL/d", "TGF-b that vesicles add")
    carry_over = Reads("1", "share of the effect in rodents that holds in this species")
    contact_heard = Reads("particles/cells", "contact at the lesion that acts")
    contact_half = Reads("particles/cells", "surface contact at half effect")

    mir_146a_calming = Parameter("1", "share of activation that IRAK1 and TRAF6 carry")
    mir_124_calming = Parameter("1", "share of activation that the targets of miR-124 carry")
    mir_181c_calming = Parameter("1", "share of activation that TLR4 carries")
    mir_21_sparing = Parameter("1", "gain of rescue from apoptosis without PDCD4")
    pten_brake = Parameter("1", "share of the brakes on sprouting that PTEN is")
    rhoa_brake = Parameter("1", "share of the brakes on sprouting that RhoA is")
    tgfb_intact = Parameter("ng/mL", "active TGF-b of intact tissue")
    notch_max = Parameter("1", "greatest gain by which vesicles raise Notch's answer to DLL4")

    arrow_calming = Quantity("1", "share by which named miRNAs lower activation")
    sparing = Quantity("1", "share of committed cells that cargo saves")
    unbraked = Quantity("1", "share of the brakes on sprouting that cargo takes away")
    tgfb_added = Quantity("1/d", "TGF-b that vesicles add, in units of the intact level")
    notch_gain = Quantity("1", "gain by which cargo raises Notch's answer to DLL4")

    arrow_calming.value = carry_over * (
        1
        - (1 - mir_146a_calming * mir_146a_share)
        * (1 - mir_124_calming * mir_124_share)
        * (1 - mir_181c_calming * mir_181c_share)
    )
    sparing.value = carry_over * mir_21_sparing * mir_21_share
    unbraked.value = carry_over * (
        pten_brake * (1 - (1 - mir_17_92_share) * (1 - mir_21_share) * (1 - mir_26a_share))
        + rhoa_brake * mir_133b_share
    )
    tgfb_added.value = tgfb_given / tgfb_intact
    notch_gain.value = carry_over * notch_max * hill(contact_heard, contact_half, 1)
