"""What a direction in parameter space needs of expressions: their partial derivatives, as sparse matrices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from exodyn.symbolic.derivative import gradients
from exodyn.symbolic.expr import TIME, Expr, Symbol, const

ZERO = const(0.0)


@dataclass(frozen=True)
class Partials:
    """The partial derivatives of `rows` expressions that are not zero by structure.

    by_state: (row, state) -> derivative; by_parameter: (row, parameter); by_time: row -> derivative.
    """

    rows: int
    by_state: dict[tuple[int, int], Expr]
    by_parameter: dict[tuple[int, int], Expr]
    by_time: dict[int, Expr]

    @cached_property
    def expressions(self) -> list[Expr]:
        """Every derivative, in the order of the three dictionaries."""
        return [*self.by_state.values(), *self.by_parameter.values(), *self.by_time.values()]

    def with_expressions(self, new: Sequence[Expr]) -> Partials:
        """The same matrix with its expressions, in the same order, replaced."""
        a, b = len(self.by_state), len(self.by_state) + len(self.by_parameter)
        return Partials(
            self.rows,
            dict(zip(self.by_state, new[:a], strict=True)),
            dict(zip(self.by_parameter, new[a:b], strict=True)),
            dict(zip(self.by_time, new[b:], strict=True)),
        )

    @property
    def count(self) -> int:
        """The number of entries."""
        return len(self.by_state) + len(self.by_parameter) + len(self.by_time)

    def column(self, parameter: int) -> list[tuple[int, Expr]]:
        """The rows that depend on a parameter."""
        return [(r, e) for (r, p), e in self.by_parameter.items() if p == parameter]

    @property
    def dependent(self) -> list[int]:
        """Rows with a derivative by a state or a parameter."""
        return sorted({r for r, _ in (*self.by_state, *self.by_parameter)})


def partials(
    of: Sequence[Expr], states: Sequence[Symbol], parameters: Sequence[Symbol], time: bool = False
) -> Partials:
    """Partial derivatives by states, parameters (grouped by parameter) and, if asked, time."""
    rows = gradients(of, [*states, *parameters, *([TIME] if time else [])])
    state = {s: i for i, s in enumerate(states)}
    parameter = {p: i for i, p in enumerate(parameters)}
    kept = [(r, s, e) for r, row in enumerate(rows) for s, e in row.items() if e is not ZERO]
    by_parameter = sorted(
        ((parameter[s], r, e) for r, s, e in kept if s in parameter), key=lambda entry: entry[:2]
    )
    return Partials(
        len(of),
        {(r, state[s]): e for r, s, e in kept if s in state},
        {(r, p): e for p, r, e in by_parameter},
        {r: e for r, s, e in kept if s is TIME},
    )
