"""The derivatives of a program by chosen parameters, made ready for code.

Rodas5P with the exact Jacobian commutes with differentiation: one step of the method, differentiated by a
parameter, is a step of the same method for the lifted system

    x' = f(x, p),   s' = f_x s + f_p dp        (s = dx/dp for a direction dp)

whose Jacobian is block triangular with J on the diagonal. So a direction costs no factorisation: each stage
solves with the factors of the states,

    (I / (gamma h) - J) v_i = f_x(Y_i) S_i + f_p(Y_i) dp + J' u_i + sum_j (c_ij / h) v_j + h d_i f_t'

where S_i = s + sum_j a_ij v_j, u_i is the states' stage, and J', f_t' are the derivatives of J and df/dt
along the direction. What results is the exact derivative of the step, not an approximation of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from exodyn.engine.lowering import prepare, rewrite
from exodyn.symbolic.expr import FALSE, RELATIONS, TIME, TRUE, Expr, Symbol, substitute, where
from exodyn.symbolic.tangent import Partials, partials


@dataclass(frozen=True)
class Tangent:
    """The partial derivatives that a program's directions need; rows as the program numbers them.

    jacobian: of the entries of the Jacobian, in the order of `entries`. conditions: of the difference of both
    sides of each relation among the triggers, which `watched` holds as they were written. initial,
    breakpoints: of terms in parameters (and, for the latter, in states that only jump).
    switches: conditions in the rates that turn within steps; switch_sides: as `conditions`; switch_jumps:
    (switch, state) -> by how much the state's rate is larger where the condition holds.
    """

    directions: tuple[Symbol, ...]
    prepared: tuple[Symbol, ...]
    prepared_terms: tuple[Expr, ...]
    entries: tuple[tuple[int, int], ...]
    watched: tuple[Expr, ...]
    initial: Partials
    rates: Partials
    jacobian: Partials
    by_time: Partials
    outputs: Partials
    conditions: Partials
    delays: Partials
    assigned: Partials
    breakpoints: Partials
    switches: tuple[Expr, ...]
    switch_sides: Partials
    switch_jumps: dict[tuple[int, int], Expr]


@dataclass(frozen=True)
class Sources:
    """The expressions of a model as they were before they were made ready for code."""

    initial: Sequence[Expr]
    rates: Sequence[Expr]
    jacobian: dict[tuple[int, int], Expr]
    by_time: Sequence[Expr]
    outputs: Sequence[Expr]
    triggers: Sequence[Expr]
    delays: Sequence[Expr]
    assigned: Sequence[Expr]
    breakpoints: Sequence[Expr]
    switches: Sequence[Expr]


def build_tangent(
    of: Sources, states: Sequence[Symbol], parameters: Sequence[Symbol], directions: Sequence[Symbol]
) -> Tangent:
    """Differentiate and take out what depends on parameters alone, apart from the program itself.

    Apart, since terms that a program shares with its derivatives would be written in another way: the values
    would no longer be those of a run without sensitivities to the bit.
    """
    jumps = _jumps(of.rates, of.switches)
    zero_sides = [c.args[0] - c.args[1] if c.op in RELATIONS else TIME - TIME for c in of.triggers]
    groups = [
        partials(of.initial, (), directions),
        partials(of.rates, states, directions),
        partials(list(of.jacobian.values()), states, directions),
        partials(of.by_time, states, directions),
        partials(of.outputs, states, directions),
        partials(zero_sides, states, directions, time=True),
        partials(of.delays, states, directions, time=True),
        partials(of.assigned, states, directions, time=True),
        partials(of.breakpoints, states, directions),
        partials([c.args[0] - c.args[1] for c in of.switches], states, directions, time=True),
    ]
    others = [where(c, 1.0, 0.0) for c in of.switches] + list(jumps.values())
    flat = rewrite([e for g in groups for e in g.expressions] + others, set(parameters))
    done = prepare(flat, set(parameters))
    # Symbols of the program's own prepared terms have the same names; they are other symbols all the same.
    found: list[Partials] = []
    at = 0
    for group in groups:
        count = len(group.expressions)
        found.append(group.with_expressions(done.roots[at : at + count]))
        at += count
    (initial, rates, jacobian, by_time, outputs, conditions, delays, assigned, breakpoints, sides) = found
    rest, count = done.roots[at:], len(of.switches)
    return Tangent(
        directions=tuple(directions),
        prepared=done.symbols,
        prepared_terms=done.terms,
        entries=tuple(of.jacobian),
        watched=tuple(of.triggers),
        initial=initial,
        rates=rates,
        jacobian=jacobian,
        by_time=by_time,
        outputs=outputs,
        conditions=conditions,
        delays=delays,
        assigned=assigned,
        breakpoints=breakpoints,
        switches=rest[:count],
        switch_sides=sides,
        switch_jumps=dict(zip(jumps, rest[count:], strict=True)),
    )


def _jumps(rates: Sequence[Expr], conditions: Sequence[Expr]) -> dict[tuple[int, int], Expr]:
    """By how much a condition changes rates: their difference between true and false, where there is any."""
    found: dict[tuple[int, int], Expr] = {}
    for k, condition in enumerate(conditions):
        on, off = (substitute(rates, {condition: value}) for value in (TRUE, FALSE))
        found |= {(k, i): a - b for i, (a, b) in enumerate(zip(on, off, strict=True)) if a is not b}
    return found
