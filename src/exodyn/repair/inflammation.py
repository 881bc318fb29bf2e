"""Inflammation: signals of dying tissue rouse phagocytes, which regulators calm again."""

from exodyn.symbolic import Parameter, Process, Quantity, Reads, State, hill


class Inflammation(Process):
    """The four-state core of acute inflammation (Reynolds 2006, BIOMD0000000714) without a pathogen.

    Activated phagocytes and microglia feed on dying tissue and on themselves; a regulator (IL-10-like
    cells) follows with delay and damps both. Rates are those of the published model. TNF follows activated
    cells and is held down by IL-10 (IC50 0.03 ng/mL, maximum 0.85 in human blood, Radwanski 1998); TNF mRNA
    peaks at 4 to 12 hours and is down to a third at day 5 in rats (Liu 1994, Zhai 1997). "M1" and "M2" are
    two loadings here, not two kinds of cell.
    """

    damage = Reads("1", "signal of dying tissue")
    calming = Reads("1", "share by which cargo lowers activation")
    resolving = Reads("1", "gain by which cargo raises the regulator")

    k_self = Parameter("1/d", "recruitment by activated cells")
    k_damage_signal = Parameter("1/d", "recruitment by dying tissue")
    activation_max = Parameter("1/d", "greatest rate of activation")
    activation_half = Parameter("1/d", "recruitment at half of that")
    k_inflammation = Parameter("1/d", "loss of activated cells")
    regulator_source = Parameter("1/d", "regulator made without injury")
    k_regulator = Parameter("1/d", "greatest rate of regulator made after injury")
    damage_weight = Parameter("1", "weight of dying tissue in the call for the regulator")
    k_regulator_loss = Parameter("1/d", "loss of the regulator")
    regulator_half = Parameter("1", "regulator that halves recruitment")
    k_il10 = Parameter("ng/mL/d", "IL-10 made per regulator")
    k_il10_loss = Parameter("1/d", "loss of IL-10")
    k_tnf = Parameter("1/d", "TNF made per activated cells")
    k_tnf_loss = Parameter("1/d", "loss of TNF")
    il10_max = Parameter("1", "greatest share by which IL-10 lowers TNF production")
    il10_half = Parameter("ng/mL", "IL-10 at half of that")

    inflammation = State("1", "activated phagocytes and microglia", start=0)
    regulator = State("1", "anti-inflammatory cells and mediators", start=regulator_source / k_regulator_loss)
    il10 = State("ng/mL", "IL-10", start=k_il10 * regulator_source / k_regulator_loss / k_il10_loss)
    tnf = State("1", "TNF, relative to its untreated maximum", start=0)

    damping = Quantity("1", "what the regulator leaves of recruitment")
    recruitment = Quantity("1/d", "recruitment that is left")
    call = Quantity("1", "call for the regulator")

    damping.value = 1 / (1 + (regulator / regulator_half) ** 2)
    recruitment.value = (k_self * inflammation + k_damage_signal * damage) * damping
    call.value = (inflammation + damage_weight * damage) * damping

    inflammation.rate = (
        activation_max * hill(recruitment, activation_half, 1) * (1 - calming) - k_inflammation * inflammation
    )
    regulator.rate = (
        regulator_source + k_regulator * call / (1 + call) * (1 + resolving) - k_regulator_loss * regulator
    )
    il10.rate = k_il10 * regulator - k_il10_loss * il10
    tnf.rate = k_tnf * inflammation * (1 - il10_max * hill(il10, il10_half, 1)) - k_tnf_loss * tnf
