"""Lesion and the organ that it lies in: the few vesicles that leave blood there."""

from exodyn.symbolic import Adds, Parameter, Process, Quantity, Reads, State


class Lesion(Process):
    """Two ways into the lesion: across its vessel walls by adsorption, and through the leak.

    A ligand adds receptor-mediated influx that falls as its targets fill. A magnet pulls particles onto the
    walls of the vessels at the speed `drift`; of their surface a quarter, on average, lies across the pull
    (Cauchy's mean projection of a convex body), so that a gram catches drift S/4 (mL/d). `reported_fold` is
    what a record gives where no more is known.

    Ten vesicle populations crossed the intact barrier of mice, about half of them by adsorption (Banks
    2020); the brain of a healthy mouse then holds well under 1% of a dose. The leak is open to particles of
    100 nm to a degree nobody has measured. Vesicles in the tissue hardly move (a free 100 nm sphere takes
    18 h per mm), are taken up by cells within hours, or drain back to blood (liposomes infused into rat
    brain: half-life 9.9 h, MacKay 2005). Inside cells they end in lysosomes (Heusermann 2016).
    """

    concentration = Reads("Gparticles/mL", "vesicles per volume of blood")
    arriving = Reads("Gparticles/d", "vesicles that the lesion gets from a depot")
    organ_mass = Reads("g", "mass of the organ that the lesion lies in")
    neuraxis_mass = Reads("g", "mass of all that a depot reaches when it reaches the brain")
    leak = Reads("1", "leak of the barrier, untreated maximum about 1")
    blood = Adds("Gparticles", "vesicles in blood")
    degraded = Adds("Gparticles", "vesicles broken down so far")

    lesion_mass = Parameter("g", "mass of the injured region")
    ki_wall = Parameter("mL/g/d", "blood-to-wall influx of intact brain vessels")
    reported_fold = Parameter("1", "fold by which engineering raises what the lesion takes up, as reported")
    ligand_influx = Parameter("mL/g/d", "blood-to-wall influx through free targets of a ligand")
    ligand_targets = Parameter("Gparticles/g", "bound particles per mass of lesion that halve it")
    drift = Parameter("cm/d", "speed of a particle in a magnet's field")
    vessel_surface = Parameter("cm**2/g", "surface of the vessels per mass of brain")
    ki_leak = Parameter("mL/g/d", "blood-to-tissue influx through a fully open barrier")
    k_wall_release = Parameter("1/d", "vesicles that fall off the vessel wall")
    k_cross = Parameter("1/d", "vesicles carried across the wall")
    k_wall_digest = Parameter("1/d", "vesicles digested by the wall's own cells")
    k_uptake = Parameter("1/d", "uptake from tissue fluid by cells")
    k_drain = Parameter("1/d", "drainage from tissue fluid to blood")
    k_digest = Parameter("1/d", "digestion of vesicles inside cells")

    lesion_wall = State("Gparticles", "vesicles on vessel walls of the lesion", start=0)
    lesion_fluid = State("Gparticles", "vesicles in tissue fluid of the lesion", start=0)
    lesion_cells = State("Gparticles", "vesicles inside cells of the lesion", start=0)
    organ_wall = State("Gparticles", "vesicles on vessel walls of the rest of the organ", start=0)
    lesion_entered = State("Gparticles", "vesicles that reached the lesion so far", start=0)

    bound = Quantity("1", "particles on the wall relative to the targets of a ligand")
    influx = Quantity("mL/g/d", "blood-to-wall influx of the lesion")
    adsorption = Quantity("Gparticles/d", "vesicles adsorbed by the lesion's vessels")
    leakage = Quantity("Gparticles/d", "vesicles through the open barrier")
    uptake = Quantity("Gparticles/d", "vesicles taken up by cells of the lesion")
    organ_adsorption = Quantity("Gparticles/d", "vesicles adsorbed by the rest of the organ")
    lesion_share = Quantity("1", "share of the lesion in what a depot brings to the brain")
    loss = Quantity("1/d", "loss from a vessel wall except across it")
    lesion_density = Quantity("Gparticles/g", "vesicles per mass of the lesion")
    organ_density = Quantity("Gparticles/g", "vesicles per mass of the rest of the organ")

    bound.value = lesion_wall / (ligand_targets * lesion_mass)
    influx.value = reported_fold * ki_wall + ligand_influx / (1 + bound) + drift * vessel_surface / 4
    adsorption.value = influx * lesion_mass * concentration
    leakage.value = reported_fold * ki_leak * leak * lesion_mass * concentration
    uptake.value = k_uptake * lesion_fluid
    organ_adsorption.value = ki_wall * (organ_mass - lesion_mass) * concentration
    lesion_share.value = lesion_mass / neuraxis_mass
    loss.value = k_wall_release + k_wall_digest
    lesion_density.value = (lesion_wall + lesion_fluid + lesion_cells) / lesion_mass
    organ_density.value = organ_wall / (organ_mass - lesion_mass)

    lesion_wall.rate = adsorption - (loss + k_cross) * lesion_wall
    lesion_fluid.rate = leakage + arriving + k_cross * lesion_wall - uptake - k_drain * lesion_fluid
    lesion_cells.rate = uptake - k_digest * lesion_cells
    organ_wall.rate = organ_adsorption - loss * organ_wall
    lesion_entered.rate = leakage + adsorption + arriving
    blood.rate += k_wall_release * (lesion_wall + organ_wall) + k_drain * lesion_fluid
    blood.rate -= adsorption + leakage + organ_adsorption
    degraded.rate += k_wall_digest * (lesion_wall + organ_wall) + k_digest * lesion_cells
