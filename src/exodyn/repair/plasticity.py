"""Plasticity: lost function returns as connections are remade, to a share that is the patient's own."""

from exodyn.symbolic import Parameter, Process, Quantity, Reads, State, minimum


class Plasticity(Process):
    """Recovery is proportional: each patient regains a share r of what was lost, at a pace of its own.

    Upper limbs after stroke fall into five groups of r and time constant (van der Vliet 2020): FM(t) = FM0 +
    r (66 - FM0) (1 - exp(-t/tau)). Here that is the `programme`, the share of lost connections that is
    remade without cargo: inflammation brakes it, vessels carry it, newborn neurons add to its end. It
    remakes each lost connection at a rate that dies out as the programme ends, (r - S)/(1 - S)/tau; cargo
    raises that rate while it lasts, so that what is wired in time stays. A further share of the early
    deficit is shock of connected, living tissue (diaschisis, oedema), which fades in days. Axons of the
    corticospinal tract are a marker to check against (density down at day 11, up at day 32, mouse, Liu
    2009); function does not read them.
    """

    silent = Reads("1", "share of the region that does not work")
    dead = Reads("1", "dead share of the region")
    inflammation = Reads("1", "activated phagocytes and microglia")
    vessels = Reads("1", "vessel density, intact = 1")
    newborn = Reads("1", "newborn neurons at the lesion, untreated at day 90 = 1")
    wiring_gain = Reads("1", "gain by which cargo speeds rewiring")

    severity = Parameter("points", "deficit at onset")
    residue = Parameter("points", "part of the deficit that is no part of this injury and stays")
    shock_share = Parameter("1", "share of the deficit at onset that is shock of living tissue")
    reserve = Parameter("1", "share of lost connections that this patient remakes, r")
    recovery_time = Parameter("d", "time constant of that, tau")
    newborn_weight = Parameter("1", "how much newborn neurons move the end of recovery")
    brake = Parameter("1", "how much activated phagocytes slow recovery")
    k_shock = Parameter("1/d", "fading of shock")
    k_degenerate = Parameter("1/d", "breakdown of axons cut off from their cells")

    programme = State("1", "share of lost connections that would be remade without cargo", start=0)
    connectivity = State("1", "share of lost connections that is remade", start=0)
    shock = State("1", "shock of living tissue, at onset 1", start=1)
    cut_axons = State("1", "axons cut off from their cells, not yet gone", start=dead)
    axons = State("1", "density of axons of the tract, intact = 1", start=1)

    braking = Quantity("1", "what inflammation leaves of the pace")
    target = Quantity("1", "share of lost connections remade in the end")
    pace = Quantity("1/d", "pace of the programme")
    rewiring = Quantity("1/d", "rate at which each lost connection is remade")
    lost = Quantity("1", "share of the function lost at onset that is missing still")
    deficit = Quantity("points", "deficit, in points of the severity scale")

    braking.value = 1 / (1 + brake * inflammation)
    # No more than all can be remade, however many newborn neurons a draw of the parameters gives.
    target.value = minimum(reserve * (1 + newborn_weight * (newborn - 1) * (1 - reserve)), 0.999)
    pace.value = vessels * braking / recovery_time
    rewiring.value = pace * (target - programme) / (1 - programme)
    lost.value = (1 - shock_share) * silent * (1 - connectivity) + shock_share * shock
    deficit.value = residue + (severity - residue) * lost

    programme.rate = rewiring * (1 - programme)
    connectivity.rate = rewiring * (1 + wiring_gain) * (1 - connectivity)
    shock.rate = -k_shock * braking * shock
    cut_axons.rate = -k_degenerate * cut_axons
    axons.rate = pace * (1 + wiring_gain) * (1 - axons) - k_degenerate * cut_axons
