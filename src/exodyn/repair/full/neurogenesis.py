"""Neurogenesis at full size: stem cells wake by Wnt and Erk, divide, and send neuroblasts to the lesion."""

from exodyn.symbolic import Parameter, Process, Quantity, Reads, State, hill


class Neurogenesis(Process):
    """A pool of subventricular stem cells is quiescent or active; injury and ligands wake them.

    FGF2 and VEGF-A act through Erk1/2, Wnt through b-catenin; both rest at a level of their own and rise
    where tissue has died. Active cells are the dividing share: 20% before, 31% after stroke (rat, Zhang RL
    2006), with a cell cycle of 19 and 15.3 hours; these four numbers set how strongly the two signals wake a
    cell. Each division of an active cell gives one neuroblast and keeps the cell, so that the pool does not
    run out in months (Thored 2006). Neuroblasts travel in chains at 28.7 um/h (mouse), and most die.
    """

    dead = Reads("1", "dead share of the region")
    inflammation = Reads("1", "activated phagocytes and microglia")
    vegf = Reads("ng/mL", "VEGF-A around the lesion")
    birth_gain = Reads("1", "gain by which cargo raises proliferation")
    fgf2_given = Reads("ng/mL/d", "FGF2 that vesicles bring")
    wnt_given = Reads("ng/mL/d", "Wnt that vesicles bring")

    cycle = Parameter("d", "cell cycle of progenitors, intact")
    cycle_stroke = Parameter("d", "cell cycle of progenitors after stroke")
    growth = Parameter("1", "dividing share of progenitors, intact")
    growth_stroke = Parameter("1", "dividing share of progenitors after stroke")
    speed = Parameter("mm/d", "speed of neuroblasts")
    distance = Parameter("mm", "way from the subventricular zone to the lesion")
    k_neuroblast_loss = Parameter("1/d", "death of neuroblasts")
    k_neuroblast_inflamed = Parameter("1/d", "further death per activated phagocytes")
    k_newborn_loss = Parameter("1/d", "death of newborn neurons")
    k_factor = Reads("1/d", "loss of growth factor from tissue fluid")
    fgf2_injury = Parameter("ng/mL", "FGF2 in the niche where all of the region is dead")
    fgf2_half = Parameter("ng/mL", "FGF2 at half of Erk's activation")
    vegf_as_fgf2 = Parameter("1", "how much VEGF-A of the lesion counts as FGF2 in the niche")
    wnt_injury = Parameter("ng/mL", "Wnt in the niche where all of the region is dead")
    wnt_half = Parameter("ng/mL", "Wnt at half of b-catenin's rise")
    bcatenin_max = Parameter("1", "greatest rise of b-catenin")
    k_erk = Parameter("1/d", "how fast Erk follows")
    k_bcatenin = Parameter("1/d", "how fast b-catenin follows")
    k_sleep = Parameter("1/d", "active stem cells that turn quiescent")
    erk_weight = Parameter("1", "part of Erk in what wakes a stem cell after stroke, the rest is b-catenin")
    k_settled = Parameter("1/d", "neuroblasts that become wired neurons, scaled (see newborn)")

    fgf2 = State("ng/mL", "FGF2 in the niche", start=0)
    wnt = State("ng/mL", "Wnt in the niche", start=0)
    erk = State("1", "active share of Erk1/2, above rest", start=0)
    bcatenin = State("1", "b-catenin, intact = 1", start=1)
    active = State("1", "stem cells that divide, of all", start=growth)
    migrating = State("1", "neuroblasts on their way, in units of the intact output per day", start=0)
    neuroblasts = State("1", "neuroblasts at the lesion, in units of the intact output per day", start=0)
    newborn = State("1", "newborn neurons at the lesion, untreated at day 90 = 1", start=0)

    waking = Quantity("1", "gain of waking, after stroke alone about 1")
    waking_stroke = Quantity("1", "rise of waking that gives the dividing share after stroke")
    erk_stroke = Quantity("1", "Erk after stroke alone")
    bcatenin_stroke = Quantity("1", "rise of b-catenin after stroke alone")
    division = Quantity("1/d", "divisions of an active cell")
    progenitors = Quantity("1", "output of the subventricular zone, intact = 1")

    erk_stroke.value = fgf2_injury / (fgf2_injury + fgf2_half)
    bcatenin_stroke.value = bcatenin_max * wnt_injury / (wnt_injury + wnt_half)
    waking.value = erk_weight * erk / erk_stroke + (1 - erk_weight) * (bcatenin - 1) / bcatenin_stroke
    waking_stroke.value = growth_stroke / (1 - growth_stroke) * (1 - growth) / growth - 1
    division.value = 1 / cycle + (1 / cycle_stroke - 1 / cycle) * dead
    progenitors.value = active * division / (growth / cycle)

    fgf2.rate = k_factor * (fgf2_injury * dead - fgf2) + fgf2_given
    wnt.rate = k_factor * (wnt_injury * dead - wnt) + wnt_given
    erk.rate = k_erk * (hill(fgf2 + vegf_as_fgf2 * vegf, fgf2_half, 1) - erk)
    bcatenin.rate = k_bcatenin * (1 + bcatenin_max * hill(wnt, wnt_half, 1) - bcatenin)
    active.rate = k_sleep * (
        growth / (1 - growth) * (1 + waking_stroke * waking * (1 + birth_gain)) * (1 - active) - active
    )
    migrating.rate = speed / distance * (progenitors * dead - migrating) - k_neuroblast_loss * migrating
    neuroblasts.rate = (
        speed / distance * migrating
        - (k_neuroblast_loss + k_neuroblast_inflamed * inflammation) * neuroblasts
    )
    newborn.rate = k_settled * neuroblasts - k_newborn_loss * newborn
