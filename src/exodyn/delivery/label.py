"""The label, which is what a study measures: it outlives the particle."""

from exodyn.symbolic import Adds, Parameter, Process, Quantity, Reads, State


class Label(Process):
    """The label of digested particles: part stays in the organ and is lost slowly, part is free at once.

    A lipophilic dye, a radiometal or the metal of the core stays in the cells that digested the particle for
    days to weeks; iodine and tritium leave. An enzyme is lost with the particle. Amounts count in labels of
    Gparticles. Stands in a model once an organ, with its prefix.
    """

    digested = Reads("Gparticles/d", "particles digested by the organ")
    free = Adds("Gparticles", "free label in the body")

    retained = Parameter("1", "share of the label that stays where its particle was digested")
    k_wash = Parameter("1/d", "loss of label from the organ")

    residue = State("Gparticles", "label in the organ without its particle", start=0)
    washed = Quantity("Gparticles/d", "label that leaves the organ")

    washed.value = (1 - retained) * digested + k_wash * residue
    residue.rate = retained * digested - k_wash * residue
    free.rate += washed


class FreeLabel(Process):
    """Label on no particle: spread through the body's water or its own space, and excreted.

    What a label loses in blood (particles broken down there) and what was never bound to a particle (dosed
    to `free`) is here from the start: half of a 64Cu label came off vesicles in plasma (64Cu study).
    """

    weight = Reads("kg", "body weight")
    breakdown = Reads("Gparticles/d", "particles broken down in blood")

    free_space = Parameter("mL/kg", "space that free label spreads in")
    k_excrete = Parameter("1/d", "excretion of free label")

    free = State("Gparticles", "free label in the body", start=0)
    excreted = State("Gparticles", "label excreted so far", start=0)
    free_concentration = Quantity("Gparticles/mL", "free label per volume")

    free_concentration.value = free / (free_space * weight)
    free.rate = breakdown - k_excrete * free
    excreted.rate = k_excrete * free


class LostLabel(Process):
    """Label of particles lost on the way from a depot: swallowed or run back, it counts as excreted."""

    lost = Reads("Gparticles/d", "particles lost on the way")
    excreted = Adds("Gparticles", "label excreted so far")

    excreted.rate += lost
