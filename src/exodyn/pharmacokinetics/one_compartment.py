"""One compartment: the drug spreads at once, and leaves in proportion to its concentration."""

from __future__ import annotations

from exodyn.pharmacokinetics.units import Units
from exodyn.symbolic import Parameter, Process, Quantity, State


def one_compartment(units: Units) -> type[Process]:
    """Given into blood (compartment 1)."""

    class OneCompartment(Process):
        """Linear elimination from one well-stirred volume."""

        cl = Parameter(units.flow, "clearance")
        v = Parameter(units.volume, "volume of distribution")

        central = State(units.amount, "drug in the body", start=0)
        concentration = Quantity(units.concentration, "concentration in plasma")

        concentration.value = central / v
        central.rate = -cl * concentration

    return OneCompartment


def one_compartment_oral(units: Units) -> type[Process]:
    """Absorbed from a depot (compartment 1) into the body (compartment 2)."""

    class OneCompartmentOral(Process):
        """First-order absorption, linear elimination."""

        k_a = Parameter(units.rate, "absorption rate constant")
        cl = Parameter(units.flow, "clearance, over the share that is absorbed")
        v = Parameter(units.volume, "volume of distribution, over the share that is absorbed")

        depot = State(units.amount, "drug not absorbed yet", start=0)
        central = State(units.amount, "drug in the body", start=0)
        concentration = Quantity(units.concentration, "concentration in plasma")

        concentration.value = central / v
        depot.rate = -k_a * depot
        central.rate = k_a * depot - cl * concentration

    return OneCompartmentOral
