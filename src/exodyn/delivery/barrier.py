"""Blood-brain barrier of the lesion: opens within the hour, closes over weeks."""

from exodyn.symbolic import Parameter, Process, Reads, State


class Barrier(Process):
    """Dying tissue and TNF open the barrier; it closes on its own.

    After transient occlusion in rats it leaks from 25 minutes on, without a pause, for 3 weeks to albumin
    and 5 weeks to a gadolinium chelate (Strbian 2008, Abo-Ramadan 2009); in patients permeability rises
    between 16 and 50 hours and falls after (Huang 2011). A 100 nm vesicle is taken to find it open no
    longer than albumin does. The leak is relative to its own untreated maximum.
    """

    damage = Reads("1", "signal of dying tissue")
    tnf = Reads("1", "TNF in the lesion")
    sealing = Reads("1", "share by which cargo slows the opening")

    k_open = Parameter("1/d", "opening by signals of dying tissue")
    k_open_tnf = Parameter("1/d", "opening by TNF")
    k_close = Parameter("1/d", "closing")

    leak = State("1", "leak of the barrier, untreated maximum about 1", start=0)

    leak.rate = (k_open * damage + k_open_tnf * tnf) * (1 - sealing) - k_close * leak
