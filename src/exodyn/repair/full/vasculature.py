"""Vasculature at full size: VEGF-A calls, Notch picks the tips, stalks carry the blood, coverage seals."""

from exodyn.symbolic import Adds, Parameter, Process, Quantity, Reads, State, hill, maximum


class Vasculature(Process):
    """Hypoxia raises VEGF-A; two neighbouring cells of a front compete by DLL4 and Notch for the tip.

    Lateral inhibition is that of Collier 1996 (BIOMD0000001047, with its constants a 0.01, b 100, h 2, k 2):
    a cell's Notch follows its neighbour's DLL4, and holds down its own; VEGF-A scales how much DLL4 there
    is. One in two becomes a tip. A sprout carries no blood until it joins another one, which stalk cells do:
    where Notch is blocked both cells are tips, sprouts are many and carry little. Vessels that carry blood
    end the hypoxia, are pruned back to normal, and are covered by pericytes, which closes the barrier; bare
    sprouts leak.
    """

    sprouting_gain = Reads("1", "gain by which cargo raises sprouting")
    notch_gain = Reads("1", "gain by which cargo raises Notch's answer to DLL4")
    vegf_given = Reads("ng/mL/d", "VEGF-A that vesicles bring")
    clots = Reads("1", "share of vessels that clots close")
    leak = Adds("1", "leak of the barrier, untreated maximum about 1")

    hypoxia_start = Parameter("1", "hypoxia around the lesion at onset")
    k_relief = Parameter("1/d", "fading of hypoxia at intact vessel density")
    k_vegf = Parameter("ng/mL/d", "VEGF-A made per hypoxia")
    k_vegf_loss = Parameter("1/d", "loss of VEGF-A")
    vegf_half = Parameter("ng/mL", "VEGF-A at half of the greatest sprouting")
    k_sprout = Parameter("1/d", "greatest rate of sprouting")
    vessels_start = Parameter("1", "vessel density after the first hours")
    vessels_max = Parameter("1", "greatest vessel density")
    k_prune = Parameter("1/d", "return of vessel density to normal")
    k_notch = Parameter("1/d", "turnover of DLL4 and Notch")
    notch_half = Parameter("1", "square of the neighbour's DLL4 at half of Notch (a)")
    dll4_loss = Parameter("1", "how steeply Notch holds down DLL4 (b)")
    k_join = Parameter("1/d", "sprouts that join and carry blood")
    k_retract = Parameter("1/d", "sprouts that retract")
    k_cover = Parameter("1/d", "coverage of new vessels by pericytes")
    k_seal = Parameter("1/d", "closing of the barrier by covered vessels")
    k_bare = Parameter("1/d", "opening of the barrier by bare sprouts")

    hypoxia = State("1", "hypoxia around the lesion", start=hypoxia_start)
    vegf = State("ng/mL", "VEGF-A around the lesion", start=0)
    dll4 = State("1", "DLL4 of a cell of the front", start=0.02)
    dll4_next = State("1", "DLL4 of its neighbour", start=0.01)
    notch = State("1", "Notch of that cell", start=0)
    notch_next = State("1", "Notch of its neighbour", start=0)
    sprouts = State("1", "sprouts that carry no blood, intact vessels = 1", start=0)
    perfused = State("1", "vessels that carry blood, intact = 1", start=vessels_start)
    covered = State("1", "vessels covered by pericytes, intact = 1", start=vessels_start)

    call = Quantity("1", "how much VEGF-A calls")
    tips = Quantity("1", "share of the front's cells that are tips")
    sprouting = Quantity("1/d", "sprouting")
    vessels = Quantity("1", "vessel density, intact = 1")
    perfusion = Quantity("1", "flow, intact = 1")

    call.value = hill(vegf, vegf_half, 1)
    tips.value = (dll4 + dll4_next) / 2
    sprouting.value = 2 * k_sprout * tips * (1 + sprouting_gain)
    vessels.value = sprouts + perfused
    perfusion.value = perfused * (1 - clots)

    hypoxia.rate = -k_relief * perfusion * hypoxia
    vegf.rate = k_vegf * hypoxia - k_vegf_loss * vegf + vegf_given
    notch.rate = k_notch * ((1 + notch_gain) * dll4_next**2 / (notch_half + dll4_next**2) - notch)
    notch_next.rate = k_notch * ((1 + notch_gain) * dll4**2 / (notch_half + dll4**2) - notch_next)
    dll4.rate = k_notch * (call / (1 + dll4_loss * notch**2) - dll4)
    dll4_next.rate = k_notch * (call / (1 + dll4_loss * notch_next**2) - dll4_next)
    sprouts.rate = (
        sprouting * vessels * maximum(1 - vessels / vessels_max, 0)
        - (k_join * (1 - tips) + k_retract) * sprouts
    )
    perfused.rate = k_join * (1 - tips) * sprouts - k_prune * (perfused - 1)
    covered.rate = k_cover * (perfused - covered)
    leak.rate += k_bare * sprouts - k_seal * covered * leak
