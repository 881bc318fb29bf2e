"""Vesicles in blood, and the size of the body they circulate in."""

from exodyn.symbolic import Parameter, Process, Quantity, Reads, State


class Body(Process):
    """Volumes grow with body weight, flows and clearances with its power 0.75.

    The exponent is the best one for the uptake of liposomes from mouse to man (Kagan 2013); organ masses
    scale with weight (Lindstedt 2002).
    """

    weight = Parameter("kg", "body weight")
    reference_weight = Parameter("kg", "body weight that clearances are given for")
    flow_exponent = Parameter("1", "power of weight that clearances grow with")
    blood_per_weight = Parameter("mL/kg", "blood volume")
    spleen_per_weight = Parameter("g/kg", "mass of the spleen")

    blood_volume = Quantity("mL", "blood volume of this body")
    scaling = Quantity("1", "clearance relative to the reference body")
    spleen_mass = Quantity("g", "mass of the spleen of this body")

    blood_volume.value = blood_per_weight * weight
    scaling.value = (weight / reference_weight) ** flow_exponent
    spleen_mass.value = spleen_per_weight * weight


class Blood(Process):
    """Vesicles stay in the plasma space; cells that face the blood take them up within minutes.

    Intravenous vesicles leave mouse blood with a half-life of 2 to 7 minutes (Takahashi 2013, Matsumoto
    2020). What breaks down in blood itself is a small share, as with lipid nanoparticles (Parhiz 2024).
    Organs add their uptake and return to `blood`, and what they digest to `degraded`.
    """

    scaling = Reads("1", "clearance relative to the reference body")
    blood_volume = Reads("mL", "blood volume of this body")

    cl_blood = Parameter("mL/d", "clearance by breakdown in blood")

    blood = State("Gparticles", "vesicles in blood", start=0)
    degraded = State("Gparticles", "vesicles broken down, anywhere, so far", start=0)
    concentration = Quantity("Gparticles/mL", "vesicles per volume of blood")
    breakdown = Quantity("Gparticles/d", "vesicles broken down in blood")

    concentration.value = blood / blood_volume
    breakdown.value = scaling * cl_blood * concentration
    blood.rate = -breakdown
    degraded.rate = breakdown
