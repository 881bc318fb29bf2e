"""Spread in tissue around a point where particles were given: diffusion between cells, and loss to them.

    d c/dt = D*/r^2 d/dr (r^2 dc/dr) - k c,    D* = D/lambda^2

on shells of one thickness (method of lines). Volume fraction 0.20 and tortuosity 1.6 hold for small ions
(Sykova and Nicholson 2008); a free sphere of 100 nm has D = 6.6 um^2/s by Stokes and Einstein, an upper
bound: particles that are not densely coated hardly move in the 38 to 64 nm between cells (Thorne 2006,
Nance 2012), so `hindrance` is unknown.
"""

from __future__ import annotations

import math

from exodyn.evidence import parameters
from exodyn.symbolic import (
    Adds,
    Model,
    Parameter,
    ParameterValue,
    Part,
    Process,
    Quantity,
    Reads,
    State,
    Symbol,
    compose,
)


class Shell(Process):
    """What one shell of tissue fluid holds, loses and passes outward."""

    outer = Reads("Gparticles/mL", "particles per volume of fluid in the next shell outward")
    beyond = Adds("Gparticles", "particles in the next shell outward")
    cleared = Adds("Gparticles", "particles taken up by cells so far")

    diffusivity = Parameter("cm**2/d", "free diffusion of the particle")
    tortuosity = Parameter("1", "lengthening of the way between cells")
    hindrance = Parameter("1", "slowing by the walls, 1 for none")
    fluid_share = Parameter("mL/g", "tissue fluid per mass of brain")
    tissue_density = Parameter("g/mL", "mass per volume of tissue")
    k_uptake = Parameter("1/d", "uptake from tissue fluid by cells")
    volume = Parameter("mL", "volume of the shell, cells and fluid")
    area = Parameter("cm**2", "surface toward the next shell")
    spacing = Parameter("cm", "distance to the middle of the next shell")

    amount = State("Gparticles", "particles in the shell's fluid", start=0)
    space = Quantity("1", "share of tissue that is fluid")
    concentration = Quantity("Gparticles/mL", "particles per volume of fluid")
    outward = Quantity("Gparticles/d", "particles that pass outward")

    space.value = fluid_share * tissue_density
    concentration.value = amount / (space * volume)
    outward.value = space * hindrance * diffusivity / tortuosity**2 * area * (concentration - outer) / spacing

    amount.rate = -outward - k_uptake * amount
    beyond.rate += outward
    cleared.rate += k_uptake * amount


class Outside(Process):
    """Beyond the last shell, where particles do not come back from."""

    outside = State("Gparticles", "particles beyond the last shell", start=0)
    cleared = State("Gparticles", "particles taken up by cells so far", start=0)

    outside.rate = 0
    cleared.rate = 0


def sphere(radius: float, shells: int) -> Model:
    """Tissue around a point, up to `radius` (cm); a dose goes into `shell_1_amount`.

    Raises ValueError for a radius that is not positive or fewer than three shells.
    """
    if not radius > 0 or shells < 3:
        raise ValueError(
            f"a sphere of {radius} cm in {shells} shells: expected more than 0 cm and 3 shells or more"
        )
    step = radius / shells
    known = parameters("human")
    values = {name: ParameterValue(Symbol(name), known[name].value, known[name].unit) for name in SHARED}
    parts: dict[str, type[Process] | Part] = {"outside": Outside}
    for k in range(1, shells + 1):
        inner, outer = (k - 1) * step, k * step
        own = {
            "volume": (4 / 3 * math.pi * (outer**3 - inner**3), "mL"),
            "area": (4 * math.pi * outer**2, "cm**2"),
            "spacing": (step, "cm"),
        }
        for name, (value, unit) in own.items():
            values[f"shell_{k}_{name}"] = ParameterValue(Symbol(f"shell_{k}_{name}"), value, unit)
        last = k == shells
        parts[f"shell {k}"] = Part(
            Shell,
            f"shell_{k}_",
            {
                "outer": "nothing_outside" if last else f"shell_{k + 1}_concentration",
                "beyond": "outside" if last else f"shell_{k + 1}_amount",
            },
        )
    values["nothing_outside"] = ParameterValue(Symbol("nothing_outside"), 0.0, "Gparticles/mL")
    return compose("tissue", parts, values, time_unit="d")


SHARED = ("diffusivity", "tortuosity", "hindrance", "fluid_share", "tissue_density", "k_uptake")
"""Parameters that all shells have in common."""
