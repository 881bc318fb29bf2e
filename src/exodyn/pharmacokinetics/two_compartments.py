"""Two compartments: the drug leaves plasma for tissue and comes back, and is cleared from plasma."""

from __future__ import annotations

from exodyn.pharmacokinetics.units import Units
from exodyn.symbolic import Parameter, Process, Quantity, State


def two_compartments(units: Units) -> type[Process]:
    """Given into blood (compartment 1)."""

    class TwoCompartments(Process):
        """Linear exchange between plasma and one tissue."""

        cl = Parameter(units.flow, "clearance")
        v1 = Parameter(units.volume, "volume of the central compartment")
        q = Parameter(units.flow, "clearance between the compartments")
        v2 = Parameter(units.volume, "volume of the peripheral compartment")

        central = State(units.amount, "drug in the central compartment", start=0)
        peripheral = State(units.amount, "drug in the peripheral compartment", start=0)
        concentration = Quantity(units.concentration, "concentration in plasma")
        exchange = Quantity(f"({units.amount}) / ({units.time})", "drug from plasma into tissue")

        concentration.value = central / v1
        exchange.value = q * (concentration - peripheral / v2)
        central.rate = -cl * concentration - exchange
        peripheral.rate = exchange

    return TwoCompartments


def two_compartments_oral(units: Units) -> type[Process]:
    """Absorbed from a depot (compartment 1) into plasma (2), exchanged with tissue (3)."""

    class TwoCompartmentsOral(Process):
        """First-order absorption, linear exchange between plasma and one tissue."""

        k_a = Parameter(units.rate, "absorption rate constant")
        cl = Parameter(units.flow, "clearance, over the share that is absorbed")
        v1 = Parameter(units.volume, "volume of the central compartment")
        q = Parameter(units.flow, "clearance between the compartments")
        v2 = Parameter(units.volume, "volume of the peripheral compartment")

        depot = State(units.amount, "drug not absorbed yet", start=0)
        central = State(units.amount, "drug in the central compartment", start=0)
        peripheral = State(units.amount, "drug in the peripheral compartment", start=0)
        concentration = Quantity(units.concentration, "concentration in plasma")
        exchange = Quantity(f"({units.amount}) / ({units.time})", "drug from plasma into tissue")

        concentration.value = central / v1
        exchange.value = q * (concentration - peripheral / v2)
        depot.rate = -k_a * depot
        central.rate = k_a * depot - cl * concentration - exchange
        peripheral.rate = exchange

    return TwoCompartmentsOral
