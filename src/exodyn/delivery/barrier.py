"""Blood-brain barrier of the lesion: torn or opened within the hour, closes over weeks."""

from exodyn.symbolic import Parameter, Process, Reads, State


class Barrier(Process):
    """Dying tissue and TNF open the barrier; it closes on its own.

    After transient occlusion in rats it leaks from 25 minutes on, without a pause, for 3 weeks to albumin
    and 5 weeks to a gadolinium chelate (Strbian 2008, Abo-Ramadan 2009); in patients permeability rises
    between 16 and 50 hours and falls after (Huang 2011). A 100 nm vesicle is taken to find it open no
    longer than albumin does. A blow tears it: peroxidase enters most within minutes of a cortical impact and
    no more at 10 days, Evans blue at 4 to 6 hours and again at day 3 (10.3171/jns.1996.85.3.0476, Baskaya
    1997). The leak is relative to its untreated maximum after an occlusion.
    """

    damage = Reads("1", "signal of dying tissue")
    tnf = Reads("1", "TNF in the lesion")
    sealing = Reads("1", "share by which cargo slows the opening")

    k_open = Parameter("1/d", "opening by signals of dying tissue")
    k_open_tnf = Parameter("1/d", "opening by TNF")
    k_close = Parameter("1/d", "closing")
    leak_start = Parameter("1", "leak at the injury itself, torn by it")

    leak = State("1", "leak of the barrier, untreated maximum about 1", start=leak_start)

    leak.rate = (k_open * damage + k_open_tnf * tnf) * (1 - sealing) - k_close * leak
