"""Vasculature: tissue short of oxygen calls for vessels, vessels answer within two weeks."""

from exodyn.symbolic import Parameter, Process, Quantity, Reads, State, hill


class Vasculature(Process):
    """Hypoxia of the rim around the lesion raises VEGF-A, sprouts follow, and surplus vessels are pruned.

    Vessel density lies below normal at days 1 and 3 and above it at days 14 and 21 (rat, transient
    ischaemia); a tip cell answers to about 0.5 ng/mL of VEGF-A (Qutub 2009). Density is relative to intact
    tissue of the same region. The better the vessels, the faster hypoxia fades.
    """

    sprouting_gain = Reads("1", "gain by which cargo raises sprouting")

    hypoxia_start = Parameter("1", "hypoxia around the lesion at onset")
    k_relief = Parameter("1/d", "fading of hypoxia at intact vessel density")
    k_vegf = Parameter("ng/mL/d", "VEGF-A made per hypoxia")
    k_vegf_loss = Parameter("1/d", "loss of VEGF-A")
    vegf_half = Parameter("ng/mL", "VEGF-A at half of the greatest sprouting")
    k_sprout = Parameter("1/d", "greatest rate of sprouting")
    vessels_start = Parameter("1", "vessel density after the first hours")
    vessels_max = Parameter("1", "greatest vessel density")
    k_prune = Parameter("1/d", "return of vessel density to normal")

    hypoxia = State("1", "hypoxia around the lesion", start=hypoxia_start)
    vegf = State("ng/mL", "VEGF-A around the lesion", start=0)
    vessels = State("1", "vessel density, intact = 1", start=vessels_start)
    sprouting = Quantity("1/d", "sprouting")

    sprouting.value = k_sprout * hill(vegf, vegf_half, 1) * (1 + sprouting_gain)
    hypoxia.rate = -k_relief * vessels * hypoxia
    vegf.rate = k_vegf * hypoxia - k_vegf_loss * vegf
    vessels.rate = sprouting * vessels * (1 - vessels / vessels_max) - k_prune * (vessels - 1)
