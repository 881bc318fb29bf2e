"""Inflammation at full size: two loadings of phagocytes, four cytokines, and resolution."""

from exodyn.symbolic import Adds, Parameter, Process, Quantity, Reads, State, hill, maximum


class Inflammation(Process):
    """Injury loads phagocytes with a pro-inflammatory programme, which turns into a reparative one.

    Two loadings, not two kinds of cell: most states seen after stroke lie outside the pair M1 and M2. They
    switch both ways (Amato 2021); recruitment saturates and is damped by the regulator as in the four-state
    core of the default model (Reynolds 2006). The regulator is made of IL-10 and TGF-b here, which the
    reparative loading releases and which last: IL-10 peaks about day 2, TNF within the first day. IL-10
    holds TNF and IL-1b down (IC50 0.03 ng/mL, at most 85%, Radwanski 1998). Reparative cells clear dying
    tissue (efferocytosis), so that the signal that started it all ends: resolution.
    """

    damage = Adds("1", "signal of dying tissue")
    calming = Reads("1", "share by which cargo lowers activation")
    resolving = Reads("1", "gain by which cargo raises the turn to repair")
    il10_given = Reads("ng/mL/d", "IL-10 that vesicles bring")
    tgfb_given = Reads("1/d", "TGF-b that vesicles bring, in units of the intact level")

    k_self = Parameter("1/d", "recruitment by activated cells")
    k_damage_signal = Parameter("1/d", "recruitment by dying tissue")
    activation_max = Parameter("1/d", "greatest rate of activation")
    activation_half = Parameter("1/d", "recruitment at half of that")
    k_inflammation = Parameter("1/d", "loss of activated cells")
    regulator_source = Parameter("1/d", "regulator made without injury")
    k_regulator_loss = Parameter("1/d", "loss of the regulator")
    regulator_half = Parameter("1", "regulator that halves recruitment")
    k_il10_loss = Parameter("1/d", "loss of IL-10")
    k_tnf_loss = Parameter("1/d", "loss of TNF")
    il10_max = Parameter("1", "greatest share by which IL-10 lowers TNF production")
    il10_half = Parameter("ng/mL", "IL-10 at half of that")
    turning_share = Parameter("1", "share of activated cells that turn to repair instead of dying")
    k_turn_back = Parameter("1/d", "reparative cells that turn back, at the TNF maximum")
    k_reparative_loss = Parameter("1/d", "loss of reparative cells")
    k_il1b = Parameter("1/d", "recruitment by IL-1b at its untreated maximum")
    il10_weight = Parameter("1", "share of the regulator that is IL-10 without injury, the rest is TGF-b")
    il10_rest = Parameter("ng/mL", "IL-10 without injury")
    k_il10_reparative = Parameter("ng/mL/d", "IL-10 made per reparative cells")
    k_tgfb_loss = Parameter("1/d", "loss of TGF-b")
    k_tgfb_reparative = Parameter("1/d", "TGF-b made per reparative cells")
    k_tnf_made = Parameter("1/d", "TNF made per activated cells")
    k_il1b_made = Parameter("1/d", "IL-1b made per activated cells")
    k_il1b_loss = Parameter("1/d", "loss of IL-1b")
    k_efferocytosis = Parameter("1/d", "clearing of dying tissue per reparative cells")

    inflammation = State("1", "microglia and macrophages, pro-inflammatory loading", start=0)
    reparative = State("1", "microglia and macrophages, reparative loading", start=0)
    tnf = State("1", "TNF, relative to its untreated maximum", start=0)
    il1b = State("1", "IL-1b, relative to its untreated maximum", start=0)
    il10 = State("ng/mL", "IL-10", start=il10_rest)
    tgfb = State("1", "TGF-b, intact = 1", start=1)

    regulator = Quantity("1", "anti-inflammatory mediators")
    damping = Quantity("1", "what the regulator leaves of recruitment")
    recruitment = Quantity("1/d", "recruitment that is left")
    held = Quantity("1", "what IL-10 leaves of the making of TNF and IL-1b")
    turning = Quantity("1/d", "pro-inflammatory cells that turn to repair")

    regulator.value = (
        regulator_source / k_regulator_loss * (il10_weight * il10 / il10_rest + (1 - il10_weight) * tgfb)
    )
    damping.value = 1 / (1 + (regulator / regulator_half) ** 2)
    recruitment.value = (k_self * inflammation + k_il1b * il1b + k_damage_signal * damage) * damping
    held.value = 1 - il10_max * hill(il10, il10_half, 1)
    turning.value = turning_share * k_inflammation * (1 + resolving) * inflammation

    inflammation.rate = (
        activation_max * hill(maximum(recruitment, 0), activation_half, 1) * (1 - calming)
        - (1 - turning_share) * k_inflammation * inflammation
        - turning
        + k_turn_back * tnf * reparative
    )
    reparative.rate = turning - k_turn_back * tnf * reparative - k_reparative_loss * reparative
    tnf.rate = k_tnf_made * inflammation * held - k_tnf_loss * tnf
    il1b.rate = k_il1b_made * inflammation * held - k_il1b_loss * il1b
    il10.rate = k_il10_loss * (il10_rest - il10) + k_il10_reparative * reparative + il10_given
    tgfb.rate = k_tgfb_loss * (1 - tgfb) + k_tgfb_reparative * reparative + tgfb_given
    damage.rate -= k_efferocytosis * reparative * damage
