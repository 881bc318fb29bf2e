"""Cell survival: threatened tissue dies or is saved within three days."""

from exodyn.symbolic import Parameter, Process, Quantity, Reads, State


class Survival(Process):
    """The injured region is a dead core and a threatened rim that still lives.

    Lesions grow until 48 to 72 hours (rat MRI: Li 2000, 1992 series), faster where phagocytes and microglia
    are active. Reopened vessels and collaterals save the rest. Dying cells release signals that last a day
    and a half (rate of the four-state inflammation model, Reynolds 2006, BIOMD0000000714). All of it is in
    shares of the region at risk: core and rim add up to 1 at onset.
    """

    inflammation = Reads("1", "activated phagocytes and microglia")

    rim_start = Parameter("1", "share of the region that is threatened and alive at onset")
    k_die = Parameter("1/d", "death of threatened tissue")
    k_die_inflamed = Parameter("1/d", "further death per activated phagocytes")
    k_save = Parameter("1/d", "threatened tissue that is saved")
    damage_per_death = Parameter("1", "signal of dying tissue per share of the region that dies")
    k_damage = Parameter("1/d", "clearance of that signal")

    rim = State("1", "threatened, living share of the region", start=rim_start)
    dead = State("1", "dead share of the region", start=1 - rim_start)
    damage = State("1", "signal of dying tissue", start=damage_per_death * (1 - rim_start))
    dying = Quantity("1/d", "share of the region that dies per time")
    silent = Quantity("1", "share of the region that does not work: dead or threatened")

    dying.value = (k_die + k_die_inflamed * inflammation) * rim
    silent.value = rim + dead
    rim.rate = -dying - k_save * rim
    dead.rate = dying
    damage.rate = damage_per_death * dying - k_damage * damage
