"""Plasticity at full size: axons sprout where brakes are off, synapses form and are stripped."""

from exodyn.symbolic import Parameter, Process, Quantity, Reads, State, minimum


class Plasticity(Process):
    """Recovery is proportional as in the default model; its pace goes through synapses and sprouting axons.

    Activated microglia strip synapses around the lesion, which form again: where that is fast, the balance
    of the two is the brake of the default model, 1/(1 + brake x inflammation). Sprouting is held down by
    PTEN and RhoA, the targets of miR-17-92, miR-21, miR-26a and miR-133b; what is left of them sets how far
    it rises. Sprouts take days to grow and speed the remaking of each lost connection while the programme
    lasts.
    """

    silent = Reads("1", "share of the region that does not work")
    dead = Reads("1", "dead share of the region")
    inflammation = Reads("1", "activated phagocytes and microglia")
    perfusion = Reads("1", "flow, intact = 1")
    newborn = Reads("1", "newborn neurons at the lesion, untreated at day 90 = 1")
    wiring_gain = Reads("1", "gain by which cargo speeds rewiring")
    unbraked = Reads("1", "share of the brakes on sprouting that cargo takes away")

    severity = Parameter("points", "deficit at onset")
    residue = Parameter("points", "part of the deficit that is no part of this injury and stays")
    shock_share = Parameter("1", "share of the deficit at onset that is shock of living tissue")
    reserve = Parameter("1", "share of lost connections that this patient remakes, r")
    recovery_time = Parameter("d", "time constant of that, tau")
    newborn_weight = Parameter("1", "how much newborn neurons move the end of recovery")
    brake = Parameter("1", "how much activated phagocytes slow recovery")
    k_shock = Parameter("1/d", "fading of shock")
    k_degenerate = Parameter("1/d", "breakdown of axons cut off from their cells")
    k_synapse = Parameter("1/d", "forming of synapses around the lesion")
    k_growth = Parameter("1/d", "how fast sprouting answers")
    sprouting_floor = Parameter("1", "what limits sprouting when PTEN and RhoA are gone, relative to them")

    synapses = State("1", "synapses around the lesion, intact = 1", start=1)
    axon_sprouts = State("1", "sprouting axons, untreated = 1", start=1)
    programme = State("1", "share of lost connections that would be remade without cargo", start=0)
    connectivity = State("1", "share of lost connections that is remade", start=0)
    shock = State("1", "shock of living tissue, at onset 1", start=1)
    cut_axons = State("1", "axons cut off from their cells, not yet gone", start=dead)
    axons = State("1", "density of axons of the tract, intact = 1", start=1)

    target = Quantity("1", "share of lost connections remade in the end")
    pace = Quantity("1/d", "pace of the programme")
    rewiring = Quantity("1/d", "rate at which each lost connection is remade")
    lost = Quantity("1", "share of the function lost at onset that is missing still")
    deficit = Quantity("points", "deficit, in points of the severity scale")

    # No more than all can be remade, however many newborn neurons a draw of the parameters gives.
    target.value = minimum(reserve * (1 + newborn_weight * (newborn - 1) * (1 - reserve)), 0.999)
    pace.value = perfusion * synapses / recovery_time
    rewiring.value = pace * (target - programme) / (1 - programme)
    lost.value = (1 - shock_share) * silent * (1 - connectivity) + shock_share * shock
    deficit.value = residue + (severity - residue) * lost

    synapses.rate = k_synapse * (1 - synapses) - k_synapse * brake * inflammation * synapses
    axon_sprouts.rate = k_growth * (
        (1 + wiring_gain) * (1 + sprouting_floor) / (1 - unbraked + sprouting_floor) - axon_sprouts
    )
    programme.rate = rewiring * (1 - programme)
    connectivity.rate = rewiring * axon_sprouts * (1 - connectivity)
    shock.rate = -k_shock * synapses * shock
    cut_axons.rate = -k_degenerate * cut_axons
    axons.rate = pace * axon_sprouts * (1 - axons) - k_degenerate * cut_axons
