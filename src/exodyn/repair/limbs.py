"""Limbs: the strength of arms and legs, above and below the level of a cord injury."""

from exodyn.symbolic import TIME, Parameter, Process, Quantity, Reads, maximum


class Limbs(Process):
    """Ten muscles of the arms and ten of the legs are graded 0 to 5: each pair of limbs has 50 points.

    Muscles above the level are intact (arms in paraplegia, thighs in a lumbar injury); what is lost lies
    below. A deficit may exceed the points that a limb has to lose: such an injury must recover some way
    before a muscle moves, which is why complete injuries stay at the floor.
    """

    upper_deficit = Reads("points", "deficit of the arms")
    lower_deficit = Reads("points", "deficit of the legs")

    full_strength = Parameter("points", "points of a pair of limbs")
    legs_intact = Parameter("points", "points of the legs that lie above the level")

    arms = Quantity("points", "motor score of the arms")
    legs = Quantity("points", "motor score of the legs")
    legs_below = Quantity("1", "share of the legs' strength below the level that is there")

    days = Quantity("d", "time since the injury")

    arms.value = maximum(full_strength - upper_deficit, 0.0)
    legs.value = maximum(full_strength - lower_deficit, 0.0)
    legs_below.value = maximum(legs - legs_intact, 0.0) / (full_strength - legs_intact)
    days.value = TIME


class Hindlimbs(Process):
    """What is left of the movement of an animal's hind limbs, as locomotor scores read it."""

    deficit = Reads("points", "deficit of the hind limbs, in percent of their function")

    full_function = Parameter("points", "percent of the function of intact hind limbs")

    function = Quantity("1", "share of the hind limbs' function that is there")

    function.value = maximum(1.0 - deficit / full_function, 0.0)
