"""The size of the body that particles circulate in."""

from exodyn.symbolic import Parameter, Process, Quantity


class Body(Process):
    """Volumes and organs grow with body weight, blood flows with its power 0.75.

    Organ masses scale with weight and volume rates with its power 3/4 (Lindstedt 2002). Uptake is given per
    gram of organ in the reference animal; per gram it falls with weight as metabolic rates do, by an exponent
    that rodents decide: capacity of the resident macrophages and blood flow scale, not body weight alone.
    """

    weight = Parameter("kg", "body weight")
    flow_weight = Parameter("kg", "body weight that the cardiac output is given for")
    flow_at_weight = Parameter("mL/d", "cardiac output at that weight")
    flow_exponent = Parameter("1", "power of weight that blood flows grow with")
    blood_per_weight = Parameter("mL/kg", "blood volume")
    reference_weight = Parameter("kg", "body weight that uptake per gram of organ is given for")
    uptake_exponent = Parameter("1", "power of weight that uptake per gram of organ falls with")

    blood_volume = Quantity("mL", "blood volume of this body")
    cardiac_output = Quantity("mL/d", "cardiac output of this body")
    uptake_scaling = Quantity("1", "uptake per gram of organ relative to the reference animal")

    blood_volume.value = blood_per_weight * weight
    cardiac_output.value = flow_at_weight * (weight / flow_weight) ** flow_exponent
    uptake_scaling.value = (weight / reference_weight) ** (-uptake_exponent)
