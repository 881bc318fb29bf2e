"""An organ that catches particles from the blood that flows through it, and cannot be filled."""

from exodyn.symbolic import Adds, Parameter, Process, Quantity, Reads, State


class Organ(Process):
    """Particles caught by endothelium and in capillaries are digested or return to blood.

    No organ takes more than its blood flow brings (well-stirred, Q CL/(Q + CL)): below the flow, uptake is
    limited by what the cells bind. How much size matters differs by organ: gold of 200 nm reaches the spleen
    of rats twice as much as gold of 80 nm, and the kidney a sixth as much (Hirn 2011). Stands in a model
    under the prefixes lung, kidney, gut, muscle, brain, cord and rest.
    """

    weight = Reads("kg", "body weight")
    cardiac_output = Reads("mL/d", "cardiac output of this body")
    uptake_scaling = Reads("1", "uptake per gram of organ relative to the reference animal")
    size = Reads("nm", "diameter of the particle")
    size_reference = Reads("nm", "diameter that uptake is given for")
    concentration = Reads("Gparticles/mL", "particles per volume of blood")
    blood = Adds("Gparticles", "particles in blood")
    degraded = Adds("Gparticles", "particles broken down so far")

    mass_per_weight = Parameter("g/kg", "mass of the organ")
    flow_share = Parameter("1", "share of the cardiac output through the organ")
    uptake = Parameter("mL/g/d", "uptake clearance per gram, before the limit by flow")
    size_exponent = Parameter("1", "power of the diameter that uptake grows with")
    k_release = Parameter("1/d", "particles that return to blood")
    k_digest = Parameter("1/d", "digestion of particles")

    held = State("Gparticles", "particles held by the organ", start=0)
    mass = Quantity("g", "mass of the organ in this body")
    flow = Quantity("mL/d", "blood flow through the organ")
    clearance = Quantity("mL/d", "uptake clearance, before the limit by flow")
    caught = Quantity("Gparticles/d", "particles caught by the organ")
    digested = Quantity("Gparticles/d", "particles digested by the organ")

    mass.value = mass_per_weight * weight
    flow.value = flow_share * cardiac_output
    clearance.value = uptake * mass * uptake_scaling * (size / size_reference) ** size_exponent
    caught.value = flow * clearance / (flow + clearance) * concentration
    digested.value = k_digest * held

    held.rate = caught - k_release * held - digested
    blood.rate += k_release * held - caught
    degraded.rate += digested
