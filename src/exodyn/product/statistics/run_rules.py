"""Run rules of control charts (Western Electric 1956, Nelson 1984) and how often they cry wolf.

A rule of zones says that `count` of the last `window` points lie in a zone; average run lengths of a set of
such rules are those of an absorbing Markov chain (Champ and Woodall 1987), exact for a normal process.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from exodyn.errors import InputError


@dataclass(frozen=True)
class Zone:
    """`count` of the last `window` points in a zone, in sd from the centre.

    side "same": beyond `inner` on one side, the sides counted apart. "either": beyond it, whichever side.
    "within": nearer than it.
    """

    name: str
    count: int
    window: int
    inner: float
    side: str = "same"

    def zones(self) -> tuple[tuple[tuple[float, float], ...], ...]:
        """The zones to watch, each a set of intervals."""
        above, below = (self.inner, math.inf), (-math.inf, -self.inner)
        if self.side == "same":
            return ((above,), (below,))
        if self.side == "either":
            return ((above, below),)
        return (((-self.inner, self.inner),),)


@dataclass(frozen=True)
class Trend:
    """`length` points that rise or fall steadily, or that alternate."""

    name: str
    length: int
    alternating: bool = False


Rule = Zone | Trend

BEYOND_3 = Zone("1 beyond 3 sd", 1, 1, 3.0)
WESTERN_ELECTRIC: tuple[Zone, ...] = (
    BEYOND_3,
    Zone("2 of 3 beyond 2 sd", 2, 3, 2.0),
    Zone("4 of 5 beyond 1 sd", 4, 5, 1.0),
    Zone("8 on one side", 8, 8, 0.0),
)
NELSON: tuple[Rule, ...] = (
    BEYOND_3,
    Zone("9 on one side", 9, 9, 0.0),
    Trend("6 rising or falling", 6),
    Trend("14 alternating", 14, alternating=True),
    Zone("2 of 3 beyond 2 sd", 2, 3, 2.0),
    Zone("4 of 5 beyond 1 sd", 4, 5, 1.0),
    Zone("15 within 1 sd", 15, 15, 1.0, "within"),
    Zone("8 beyond 1 sd, on either side", 8, 8, 1.0, "either"),
)
SETS = {"western_electric": WESTERN_ELECTRIC, "nelson": NELSON, "shewhart": (BEYOND_3,)}


@dataclass(frozen=True)
class Signal:
    """A rule that was broken at a point, counted from zero."""

    point: int
    rule: str


def signals(values: ArrayLike, centre: float, sd: float, rules: Sequence[Rule]) -> tuple[Signal, ...]:
    """All signals in order; a point that completes a pattern signals, as long as the pattern lasts."""
    if not sd > 0:
        raise InputError(f"run rules: sd {sd}; expected above 0")
    z = (np.asarray(values, dtype=np.float64) - centre) / sd
    reach = _reach(rules)
    recent = np.lib.stride_tricks.sliding_window_view(np.concatenate((np.full(reach - 1, np.nan), z)), reach)
    broken = [_breaks(recent, rule) for rule in rules]
    return tuple(Signal(i, rule.name) for i in range(len(z)) for k, rule in enumerate(rules) if broken[k][i])


def _reach(rules: Iterable[Rule]) -> int:
    """How many points back a set of rules looks."""
    return max(rule.length if isinstance(rule, Trend) else rule.window for rule in rules)


def _breaks(recent: NDArray[np.float64], rule: Rule) -> NDArray[np.bool_]:
    """Whether the last point of each row completes the rule's pattern; NaN where there was no point yet."""
    if isinstance(rule, Trend):
        steps = np.sign(np.diff(recent[:, -rule.length :]))
        moving = np.all(np.abs(steps) == 1, axis=1)
        as_before = steps[:, 1:] == steps[:, :-1]
        return np.asarray(moving & (~as_before.any(axis=1) if rule.alternating else as_before.all(axis=1)))
    last = recent[:, -rule.window :]
    found = np.zeros(len(recent), dtype=bool)
    for zone in rule.zones():
        inside = np.any([(low < last) & (last < high) for low, high in zone], axis=0)
        found |= inside[:, -1] & (inside.sum(axis=1) >= rule.count)
    return found


def average_run_length(rules: Iterable[Rule], shift: float = 0.0) -> float:
    """Points until the first signal of a process whose mean is `shift` sd off, from a fresh start.

    Raises InputError for rules of trends, which no finite chain describes (`simulated_run_length`).
    """
    zones = []
    for rule in rules:
        if isinstance(rule, Trend):
            raise InputError(f"average run length: the rule '{rule.name}' has no exact one; simulate it")
        zones += [(rule, zone) for zone in rule.zones()]
    cuts = sorted({end for _, zone in zones for interval in zone for end in interval})
    middles = [_between(a, b) for a, b in pairwise(cuts)]
    chances = np.diff(special.ndtr(np.array(cuts) - shift))
    # Where a point of each region lies: one flag a watched zone.
    flags = [tuple(any(a < x < b for a, b in zone) for _, zone in zones) for x in middles]
    rules_of = [rule for rule, _ in zones]

    start: _State = tuple(() for _ in zones)
    index = {start: 0}
    waiting = [start]
    rows: list[dict[int, float]] = []
    while len(rows) < len(waiting):
        row: dict[int, float] = {}
        for flag, chance in zip(flags, chances, strict=True):
            after = _after(waiting[len(rows)], flag, rules_of)
            if after is None or chance == 0:
                continue
            if after not in index:
                index[after] = len(waiting)
                waiting.append(after)
            row[index[after]] = row.get(index[after], 0.0) + float(chance)
        rows.append(row)
    matrix = np.eye(len(rows))
    for i, row in enumerate(rows):
        for j, chance in row.items():
            matrix[i, j] -= chance
    return float(np.linalg.solve(matrix, np.ones(len(rows)))[0])


_State = tuple[tuple[int, ...], ...]


def _after(state: _State, flags: Sequence[bool], rules: Sequence[Zone]) -> _State | None:
    """The ages of the points that still count for each zone, after one more; None if a rule is broken."""
    found = []
    for ages, flag, rule in zip(state, flags, rules, strict=True):
        kept = tuple(age + 1 for age in ages if age + 1 < rule.window)
        if flag:
            kept = (*kept, 0)
            if len(kept) >= rule.count:
                return None
        # A point that can no longer be one of `count` in a window is forgotten: states stay few.
        useful = tuple(
            age for i, age in enumerate(kept) if rule.count - (len(kept) - i) <= rule.window - 1 - age
        )
        found.append(useful)
    return tuple(found)


def _between(low: float, high: float) -> float:
    if math.isinf(low):
        return high - 1
    return low + 1 if math.isinf(high) else (low + high) / 2


def simulated_run_length(
    rules: Sequence[Rule], shift: float = 0.0, runs: int = 10_000, seed: int = 1, longest: int = 20_000
) -> tuple[float, float]:
    """Mean points until a signal and its standard error, for sets with trends."""
    random = np.random.default_rng(seed)
    recent = np.full((runs, _reach(rules)), np.nan)
    lengths, going = np.full(runs, float(longest)), np.arange(runs)
    for point in range(1, longest + 1):
        new = random.standard_normal((len(going), 1)) + shift
        recent = np.concatenate((recent[:, 1:], new), axis=1)
        broken = np.any([_breaks(recent, rule) for rule in rules], axis=0)
        lengths[going[broken]] = point
        recent, going = recent[~broken], going[~broken]
        if not len(going):
            break
    return float(lengths.mean()), float(lengths.std(ddof=1) / math.sqrt(runs))
