"""Cargo action: what the delivered cargo does to the rates of repair, each effect by its name."""

from exodyn.symbolic import Parameter, Process, Quantity, Reads, hill


class CargoAction(Process):
    """Six effects follow one signal, which vesicles give by one of four ways that compete to explain it.

    Each way is X/(X + half). Native miRNA acts by number: the delivered copies against the cell's own, so a
    hundredth of a copy beside a thousand does nothing. Growth factor acts at the level that activates a tip
    cell; touch at the lesion and contact in the spleen at levels that nobody has measured. No source says
    which it is, and data after intravenous doses fit the brain and the spleen alike: each posterior draw
    has one way, with the half effects that go with it, as often as is probable
    (``python -m exodyn.calibration.explanations``). A way's weight makes the signal of the usual rodent dose
    as much in all whichever way it is; without draws the ways add up, each by its probability. `efficacy`
    scales all six effects to the pooled effect in rodents, `carry_over` says how much of it holds in this
    species: of some fifty stroke protectants that worked in animals, at most a few did in man.
    """

    mirna = Reads("copies/cells", "delivered miRNA in the cytosol, per cell of the lesion")
    mirna_own = Reads("copies/cells", "copies of that miRNA which the cell has of its own")
    factor = Reads("ng/mL", "delivered growth factor in tissue fluid")
    contact = Reads("particles/cells", "vesicles that touched a cell")
    peripheral = Reads("particles/cells", "vesicles taken in per cell of the spleen")

    factor_half = Parameter("ng/mL", "growth factor at half effect")
    contact_half = Parameter("particles/cells", "surface contact at half effect")
    peripheral_half = Parameter("particles/cells", "peripheral contact at half effect")
    count_weight = Parameter("1", "weight of native miRNA by number in the signal")
    factor_weight = Parameter("1", "weight of growth factor in the signal")
    contact_weight = Parameter("1", "weight of touch at the lesion in the signal")
    peripheral_weight = Parameter("1", "weight of contact in the spleen in the signal")
    potency = Parameter("1", "effect of this product relative to the reference product")
    efficacy = Parameter("1", "scale of all effects, from pooled effects in rodents")
    carry_over = Parameter("1", "share of the effect in rodents that holds in this species")
    calming_max = Parameter("1", "greatest share by which activation falls")
    resolving_max = Parameter("1", "greatest gain of the regulator")
    sealing_max = Parameter("1", "greatest share by which opening of the barrier falls")
    sprouting_max = Parameter("1", "greatest gain of sprouting")
    birth_max = Parameter("1", "greatest gain of proliferation")
    wiring_max = Parameter("1", "greatest gain of rewiring")

    strength = Quantity("1", "scale of all effects in this patient")
    knockdown = Quantity("1", "share of that miRNA's action that the delivered copies make up")
    signal = Quantity("1", "signal of vesicles, about 1 at the usual dose in rodents")
    calming = Quantity("1", "share by which activation of phagocytes falls")
    resolving = Quantity("1", "gain of the regulator")
    sealing = Quantity("1", "share by which opening of the barrier falls")
    sprouting_gain = Quantity("1", "gain of sprouting")
    birth_gain = Quantity("1", "gain of proliferation")
    wiring_gain = Quantity("1", "gain of rewiring")

    knockdown.value = mirna / (mirna + mirna_own)
    signal.value = (
        count_weight * knockdown
        + factor_weight * hill(factor, factor_half, 1)
        + contact_weight * hill(contact, contact_half, 1)
        + peripheral_weight * hill(peripheral, peripheral_half, 1)
    )
    strength.value = potency * efficacy * carry_over * signal
    calming.value = calming_max * (1 - 1 / (1 + strength))
    resolving.value = resolving_max * strength
    sealing.value = sealing_max * (1 - 1 / (1 + strength))
    sprouting_gain.value = sprouting_max * strength
    birth_gain.value = birth_max * strength
    wiring_gain.value = wiring_max * strength
