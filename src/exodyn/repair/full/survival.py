"""Cell survival at full size: of threatened cells some burst at once, others kill themselves days later."""

from exodyn.symbolic import Parameter, Process, Quantity, Reads, State


class Survival(Process):
    """Core and rim as in the default model; a share of the rim's deaths goes through apoptosis.

    A cell that is committed no longer works, dies within about two days, and spills less than one that
    bursts. Cargo against apoptosis (miR-21 on PDCD4, published in sign only) takes from that way alone: what
    bursts is lost in any case.
    """

    inflammation = Reads("1", "activated phagocytes and microglia")
    sparing = Reads("1", "share of committed cells that cargo saves")

    rim_start = Parameter("1", "share of the region that is threatened and alive at onset")
    k_die = Parameter("1/d", "death of threatened tissue")
    k_die_inflamed = Parameter("1/d", "further death per activated phagocytes")
    k_save = Parameter("1/d", "threatened tissue that is saved")
    damage_per_death = Parameter("1", "signal of dying tissue per share of the region that dies")
    k_damage = Parameter("1/d", "clearance of that signal")
    apoptotic_share = Parameter("1", "share of the rim's deaths that go through apoptosis")
    k_apoptosis = Parameter("1/d", "death of committed cells")
    apoptotic_signal = Parameter("1", "signal of an apoptotic death relative to a bursting one")

    rim = State("1", "threatened, living share of the region", start=rim_start)
    committed = State("1", "share of the region that is committed to apoptosis", start=0)
    dead = State("1", "dead share of the region", start=1 - rim_start)
    damage = State("1", "signal of dying tissue", start=damage_per_death * (1 - rim_start))
    dying = Quantity("1/d", "share of the region that is lost per time")
    bursting = Quantity("1/d", "share of the region that bursts per time")
    silent = Quantity("1", "share of the region that does not work: dead, dying or threatened")

    dying.value = (k_die + k_die_inflamed * inflammation) * rim
    bursting.value = (1 - apoptotic_share) * dying
    silent.value = rim + committed + dead
    rim.rate = -dying - k_save * rim
    committed.rate = apoptotic_share * dying - k_apoptosis * (1 + sparing) * committed
    dead.rate = bursting + k_apoptosis * committed
    damage.rate = (
        damage_per_death * (bursting + apoptotic_signal * k_apoptosis * committed) - k_damage * damage
    )
