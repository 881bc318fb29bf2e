"""Which entries of a matrix are non-zero, in which order to eliminate, and what fills in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Elimination:
    """Gaussian elimination on diagonal pivots, planned before any number is known.

    order: the pivots (row = column), first to last.
    lower: for row i of the elimination, the columns k < i (positions in `order`) with an entry in L.
    upper: for row i, the columns j > i with an entry in U.
    """

    order: tuple[int, ...]
    lower: tuple[tuple[int, ...], ...]
    upper: tuple[tuple[int, ...], ...]

    @property
    def entries(self) -> int:
        """Stored numbers: L, U and the diagonal."""
        return sum(map(len, self.lower)) + sum(map(len, self.upper)) + len(self.order)

    def places(self) -> dict[tuple[int, int], int]:
        """Where entry (row, column) of the factors is stored: in the order in which they are used."""
        entries = [(i, j) for i in range(len(self.order)) for j in (*self.lower[i], i, *self.upper[i])]
        return {entry: k for k, entry in enumerate(entries)}


def plan_elimination(n: int, pattern: Iterable[tuple[int, int]]) -> Elimination:
    """Pivots on the diagonal in the order of least fill-in (Markowitz 1957), with the fill-in.

    pattern: (row, column) of the entries off the diagonal; the diagonal itself is always there.
    A Rosenbrock matrix I/(gamma h) - J needs no pivoting for size: a step that is too large is rejected.
    """
    rows: list[set[int]] = [set() for _ in range(n)]
    columns: list[set[int]] = [set() for _ in range(n)]
    for i, j in pattern:
        if i != j:
            rows[i].add(j)
            columns[j].add(i)
    left = set(range(n))
    order: list[int] = []
    upper_sets: list[set[int]] = []
    lower_sets: dict[int, set[int]] = {i: set() for i in range(n)}
    while left:
        pivot = min(left, key=lambda k: (len(rows[k]) * len(columns[k]), k))
        left.remove(pivot)
        order.append(pivot)
        upper_sets.append(set(rows[pivot]))
        for i in columns[pivot]:
            lower_sets[i].add(pivot)
            rows[i].discard(pivot)
            for j in rows[pivot]:
                if j != i and j not in rows[i]:
                    rows[i].add(j)
                    columns[j].add(i)
        for j in rows[pivot]:
            columns[j].discard(pivot)
    position = {pivot: k for k, pivot in enumerate(order)}
    lower = tuple(tuple(sorted(position[k] for k in lower_sets[i])) for i in order)
    upper = tuple(tuple(sorted(position[j] for j in entries)) for entries in upper_sets)
    return Elimination(tuple(order), lower, upper)
