"""Three compartments: plasma between a tissue that exchanges fast and one that exchanges slowly."""

from __future__ import annotations

from exodyn.pharmacokinetics.units import Units
from exodyn.symbolic import Parameter, Process, Quantity, State


def three_compartments(units: Units) -> type[Process]:
    """Given into blood (compartment 1); the structure of intravenous anaesthetics (Minto 1997)."""

    class ThreeCompartments(Process):
        """Linear exchange between plasma and two tissues."""

        cl = Parameter(units.flow, "clearance")
        v1 = Parameter(units.volume, "volume of the central compartment")
        q2 = Parameter(units.flow, "clearance between plasma and the second compartment")
        v2 = Parameter(units.volume, "volume of the second compartment")
        q3 = Parameter(units.flow, "clearance between plasma and the third compartment")
        v3 = Parameter(units.volume, "volume of the third compartment")

        central = State(units.amount, "drug in the central compartment", start=0)
        fast = State(units.amount, "drug in the second compartment", start=0)
        slow = State(units.amount, "drug in the third compartment", start=0)
        concentration = Quantity(units.concentration, "concentration in plasma")
        to_fast = Quantity(f"({units.amount}) / ({units.time})", "drug into the second compartment")
        to_slow = Quantity(f"({units.amount}) / ({units.time})", "drug into the third compartment")

        concentration.value = central / v1
        to_fast.value = q2 * (concentration - fast / v2)
        to_slow.value = q3 * (concentration - slow / v3)
        central.rate = -cl * concentration - to_fast - to_slow
        fast.rate = to_fast
        slow.rate = to_slow

    return ThreeCompartments
