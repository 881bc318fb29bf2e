"""Particles in blood."""

from exodyn.symbolic import Parameter, Process, Quantity, Reads, State


class Blood(Process):
    """Particles stay in the plasma space; cells that face the blood take them up.

    Intravenous vesicles leave mouse blood with a half-life of 2 to 7 minutes (Takahashi 2013, Matsumoto
    2020), particles densely coated with polymer only after hours to a day. What breaks down in blood
    itself is a small share, as with lipid nanoparticles (Parhiz 2024). A part may be hidden from phagocytes:
    bound to albumin, or carrying a signal such as CD47. Organs add their uptake and return to `blood`,
    and what they digest to `degraded`.
    """

    blood_volume = Reads("mL", "blood volume of this body")

    k_blood = Parameter("1/d", "breakdown of particles in blood")
    hidden = Parameter("1", "share of the particles in blood that phagocytes do not see")

    blood = State("Gparticles", "particles in blood", start=0)
    degraded = State("Gparticles", "particles broken down, anywhere, so far", start=0)
    concentration = Quantity("Gparticles/mL", "particles per volume of blood")
    seen = Quantity("Gparticles/mL", "particles per volume of blood that phagocytes see")
    breakdown = Quantity("Gparticles/d", "particles broken down in blood")

    concentration.value = blood / blood_volume
    seen.value = (1 - hidden) * concentration
    breakdown.value = k_blood * blood
    blood.rate = -breakdown
    degraded.rate = breakdown
