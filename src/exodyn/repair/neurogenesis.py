"""Neurogenesis: the subventricular zone sends young neurons to the lesion for months."""

from exodyn.symbolic import Parameter, Process, Quantity, Reads, State


class Neurogenesis(Process):
    """Stroke shortens the cell cycle of subventricular progenitors and lets more of them divide.

    Cycle 19 to 15.3 hours and growth fraction 20 to 31% in rats (Zhang RL 2006): output is growth fraction
    over cycle length, 1.92-fold after stroke. Chains of neuroblasts move at 28.7 um/h (mouse, Zhang RL
    2009), over a distance that sets how fast they arrive; production lasts at least four months (Thored
    2006), so the call is the dead share of the region, which stays. Most neuroblasts die, faster where
    inflamed. Removing young neurons worsens outcome (Wang 2012).
    """

    dead = Reads("1", "dead share of the region")
    inflammation = Reads("1", "activated phagocytes and microglia")
    birth_gain = Reads("1", "gain by which cargo raises proliferation")

    cycle = Parameter("d", "cell cycle of progenitors, intact")
    cycle_stroke = Parameter("d", "cell cycle of progenitors after stroke")
    growth = Parameter("1", "dividing share of progenitors, intact")
    growth_stroke = Parameter("1", "dividing share of progenitors after stroke")
    speed = Parameter("mm/d", "speed of neuroblasts")
    distance = Parameter("mm", "way from the subventricular zone to the lesion")
    k_neuroblast_loss = Parameter("1/d", "death of neuroblasts")
    k_neuroblast_inflamed = Parameter("1/d", "further death per activated phagocytes")
    k_settle = Parameter("1/d", "neuroblasts that become wired neurons, scaled (see newborn)")
    k_newborn_loss = Parameter("1/d", "death of newborn neurons")

    progenitors = State("1", "output of the subventricular zone, intact = 1", start=1)
    neuroblasts = State("1", "neuroblasts at the lesion, in units of the intact output per day", start=0)
    newborn = State("1", "newborn neurons at the lesion, untreated at day 90 = 1", start=0)
    gain = Quantity("1", "further output after stroke, relative to the intact one")
    arrival = Quantity("1/d", "neuroblasts that arrive")

    gain.value = (growth_stroke / cycle_stroke) / (growth / cycle) - 1
    arrival.value = speed / distance * progenitors * dead
    progenitors.rate = (1 + gain * dead * (1 + birth_gain) - progenitors) / cycle_stroke
    neuroblasts.rate = arrival - (k_neuroblast_loss + k_neuroblast_inflamed * inflammation) * neuroblasts
    newborn.rate = k_settle * neuroblasts - k_newborn_loss * newborn
