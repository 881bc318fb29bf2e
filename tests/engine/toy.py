"""Small models with known answers, on which the engine is tested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exodyn.symbolic import Expr, Model, ModelEvent, ParameterValue, Readout, StateVariable, Symbol
from exodyn.symbolic.expr import Operand, as_expr

Floats = NDArray[np.float64]


def flat_model(
    rates: Mapping[Symbol, Operand],
    start: Mapping[Symbol, Operand] | None = None,
    parameters: Mapping[Symbol, float] | None = None,
    readouts: Mapping[str, Expr] | None = None,
    events: Sequence[ModelEvent] = (),
) -> Model:
    """A model of states with these rates; a state starts at 0 unless `start` says otherwise."""
    first = start or {}
    return Model(
        "toy",
        tuple(StateVariable(s, as_expr(rate), as_expr(first.get(s, 0.0))) for s, rate in rates.items()),
        tuple(ParameterValue(p, value) for p, value in (parameters or {}).items()),
        tuple(Readout(name, expression) for name, expression in (readouts or {}).items()),
        tuple(events),
    )


def named(text: str) -> list[Symbol]:
    """Symbols of the names in the text."""
    return [Symbol(name) for name in text.split()]


@dataclass(frozen=True)
class Stiff:
    """A stiff reference problem: `end` is the published solution at `time`, each digit given is right.

    size: of each state where it matters; the absolute tolerance asked is rtol times this.
    floor: no absolute tolerance below this is asked, since double precision does not keep it.
    """

    model: Model
    time: float
    end: tuple[float, ...]
    size: tuple[float, ...]
    source: str
    floor: float = 0.0

    def atol(self, rtol: float) -> Floats:
        """The absolute tolerance of each state that goes with a relative one."""
        return np.maximum(np.array(self.size) * rtol, self.floor)


IVP = "Test Set for IVP Solvers, release 2.4 (Mazzia & Magherini, University of Bari, 2008)"


def rober() -> Stiff:
    """Robertson's chemical reaction: three substances, rate constants over nine decades."""
    y1, y2, y3 = named("y1 y2 y3")
    slow, back, fast = 0.04 * y1, 1e4 * y2 * y3, 3e7 * y2 * y2
    model = flat_model({y1: back - slow, y2: slow - back - fast, y3: fast}, {y1: 1.0})
    end = (0.2083340149701255e-7, 0.8333360770334713e-13, 0.9999999791665050)
    return Stiff(model, 1e11, end, (1e-7, 1e-13, 1.0), IVP)


def orego() -> Stiff:
    """The Oregonator: the Belousov-Zhabotinskii reaction's limit cycle."""
    y1, y2, y3 = named("y1 y2 y3")
    rates = {
        y1: 77.27 * (y2 + y1 * (1.0 - 8.375e-6 * y1 - y2)),
        y2: (y3 - (1.0 + y1) * y2) / 77.27,
        y3: 0.161 * (y1 - y3),
    }
    end = (0.1000814870318523e1, 0.1228178521549917e4, 0.1320554942846706e3)
    return Stiff(flat_model(rates, {y1: 1.0, y2: 2.0, y3: 3.0}), 360.0, end, (1.0, 1.0, 1.0), IVP)


def hires() -> Stiff:
    """High irradiance response of a plant's growth: eight substances."""
    y = named("y1 y2 y3 y4 y5 y6 y7 y8")
    y1, y2, y3, y4, y5, y6, y7, y8 = y
    bind = 280.0 * y6 * y8
    rates = {
        y1: -1.71 * y1 + 0.43 * y2 + 8.32 * y3 + 0.0007,
        y2: 1.71 * y1 - 8.75 * y2,
        y3: -10.03 * y3 + 0.43 * y4 + 0.035 * y5,
        y4: 8.32 * y2 + 1.71 * y3 - 1.12 * y4,
        y5: -1.745 * y5 + 0.43 * y6 + 0.43 * y7,
        y6: -bind + 0.69 * y4 + 1.71 * y5 - 0.43 * y6 + 0.69 * y7,
        y7: bind - 1.81 * y7,
        y8: -bind + 1.81 * y7,
    }
    end = (
        0.7371312573325668e-3, 0.1442485726316185e-3, 0.5888729740967575e-4, 0.1175651343283149e-2,
        0.2386356198831331e-2, 0.6238968252742796e-2, 0.2849998395185769e-2, 0.2850001604814231e-2,
    )  # fmt: skip
    return Stiff(flat_model(rates, {y1: 1.0, y8: 0.0057}), 321.8122, end, (1e-4,) * 8, IVP)


def van_der_pol(stiffness: float) -> Stiff:
    """Van der Pol's oscillator in scaled time: y'' = stiffness ((1 - y^2) y' - y), stiffness = mu^2.

    Published for 1e6, that is mu = 1e3. For 1e3 the digits are those that SciPy's Radau gives alike at rtol
    1e-12 and 1e-13, for mu = 1e6 those that it gives at 1e-9, below which it fails.
    """
    y1, y2 = named("y1 y2")
    model = flat_model({y1: y2, y2: stiffness * ((1.0 - y1 * y1) * y2 - y1)}, {y1: 2.0})
    end, source = VAN_DER_POL[stiffness]
    return Stiff(model, 2.0, end, (1.0, 1.0), source)


VAN_DER_POL = {
    1e3: ((1.76323454020345, -0.8356886816777), "SciPy 1.17 Radau"),
    1e6: ((0.1706167732170483e1, -0.8928097010247975), IVP),
    1e12: ((1.70554621754, -0.89347636254), "SciPy 1.17 Radau"),
}


def e5() -> Stiff:
    """Pyrolysis (E5 of Enright, Hull & Lindberg): concentrations from 1e-3 down to 1e-22 and below.

    At the end y2 and y3 are as small as the rounding of the law y2 = y3 + y4, so the problem asks for care:
    the rates cancel exactly, as Hairer & Wanner write them, and the states are listed so that the elimination
    begins with the fast pair y4, y3. Listed from y1 on, the law drifts by 1e-20 instead of 1e-24.
    """
    y1, y2, y3, y4 = named("y1 y2 y3 y4")
    A, B, C, M = 7.89e-10, 1.1e7, 1.13e3, 1e6
    first, second, pair, back = A * y1, B * y1 * y3, M * C * y2 * y3, C * y4
    rate2, rate4 = first - pair, second - back
    model = flat_model({y4: rate4, y3: rate2 - rate4, y2: rate2, y1: -first - second}, {y1: 1.76e-3})
    end = (0.0, 0.8854814626268838e-22, 0.8867655517642120e-22, 0.1152903278711829e-290)
    return Stiff(model, 1e13, end, (1e-17,) * 4, IVP, floor=1e-24)


STIFF = {
    "rober": rober,
    "orego": orego,
    "hires": hires,
    "van der Pol, 1e3": lambda: van_der_pol(1e3),
    "van der Pol, mu = 1e3": lambda: van_der_pol(1e6),
    "van der Pol, mu = 1e6": lambda: van_der_pol(1e12),
    "e5": e5,
}
