"""Variance components: how much of a spread is batch, day, instrument or repeat (ANOVA; gage R&R)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, stats

from exodyn.errors import InputError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class OneWay:
    """Between and within groups; variances, never below zero.

    between_interval: of the between variance, by the method of Williams and Tukey at 90%.
    """

    between: float
    within: float
    f: float
    p: float
    groups: int
    n: int
    between_interval: tuple[float, float]

    @property
    def intraclass(self) -> float:
        """Share of the variance that lies between groups."""
        total = self.between + self.within
        return self.between / total if total else 0.0


def one_way(group: Sequence[str], value: ArrayLike, confidence: float = 0.9) -> OneWay:
    """Groups may have different sizes. Raises InputError for one group or no repeat."""
    names, y = np.asarray([str(one) for one in group]), np.asarray(value, dtype=np.float64)
    parts = [y[names == one] for one in dict.fromkeys(names.tolist())]
    k, n = len(parts), len(y)
    if k < 2 or n <= k:
        raise InputError(
            f"variance components: {k} groups of {n} values in all; expected 2 groups and a repeat"
        )
    within_ss = sum(float(((part - part.mean()) ** 2).sum()) for part in parts)
    between_ss = sum(len(part) * float((part.mean() - y.mean()) ** 2) for part in parts)
    within, between = within_ss / (n - k), between_ss / (k - 1)
    size = (n - sum(len(part) ** 2 for part in parts) / n) / (k - 1)
    f = between / within if within else math.inf
    tail = (1 - confidence) / 2
    high_f, low_f = (float(stats.f.isf(level, k - 1, n - k)) for level in (tail, 1 - tail))
    high_c, low_c = (float(stats.chi2.isf(level, k - 1)) for level in (tail, 1 - tail))
    low = max(0.0, between_ss * (1 - high_f / f) / (size * high_c)) if f else 0.0
    high = max(0.0, between_ss * (1 - low_f / f) / (size * low_c)) if f else 0.0
    return OneWay(
        max(0.0, (between - within) / size), within, f, float(stats.f.sf(f, k - 1, n - k)), k, n, (low, high)
    )


@dataclass(frozen=True)
class Gage:
    """Parts measured by several instruments (or analysts, days), each several times; variances.

    repeatability: repeats. reproducibility: between instruments, with their product with parts. part: the
    true spread.
    """

    repeatability: float
    instrument: float
    interaction: float
    part: float
    p_interaction: float | None

    @property
    def reproducibility(self) -> float:
        """Between instruments, their product with parts included."""
        return self.instrument + self.interaction

    @property
    def gage(self) -> float:
        """All that measuring adds."""
        return self.repeatability + self.reproducibility

    @property
    def total(self) -> float:
        return self.gage + self.part

    @property
    def percent_study(self) -> float:
        """sd of measuring in per cent of the total sd."""
        return 100 * math.sqrt(self.gage / self.total) if self.total else 0.0

    @property
    def distinct_categories(self) -> int:
        """How many classes of parts the measurement tells apart: 1.41 part / gage."""
        return int(math.sqrt(2 * self.part / self.gage)) if self.gage else 0

    def percent_tolerance(self, width: float) -> float:
        """Six sds of measuring in per cent of the specification's width."""
        return 100 * 6 * math.sqrt(self.gage) / width


def gage(part: Sequence[str], instrument: Sequence[str], value: ArrayLike, pool_above: float = 0.25) -> Gage:
    """Balanced crossed two-way random effects; the product joins the repeats if its p is above `pool_above`.

    Raises InputError where a cell is missing or the repeats differ in number.
    """
    parts, instruments = np.asarray([str(p) for p in part]), np.asarray([str(i) for i in instrument])
    y = np.asarray(value, dtype=np.float64)
    rows, columns = list(dict.fromkeys(parts.tolist())), list(dict.fromkeys(instruments.tolist()))
    cells = [[y[(parts == r) & (instruments == c)] for c in columns] for r in rows]
    repeats = {len(cell) for row in cells for cell in row}
    if len(repeats) != 1 or 0 in repeats or len(rows) < 2 or len(columns) < 2:
        raise InputError("gage: expected every part with every instrument, 2 or more of each, equally often")
    r = repeats.pop()
    table = np.array(cells)
    p, o = len(rows), len(columns)
    grand, of_part, of_instrument, of_cell = (
        table.mean(),
        table.mean(axis=(1, 2)),
        table.mean(axis=(0, 2)),
        table.mean(axis=2),
    )
    ms_part = o * r * float(((of_part - grand) ** 2).sum()) / (p - 1)
    ms_instrument = p * r * float(((of_instrument - grand) ** 2).sum()) / (o - 1)
    crossed = of_cell - of_part[:, None] - of_instrument[None, :] + grand
    ss_crossed, df_crossed = r * float((crossed**2).sum()), (p - 1) * (o - 1)
    ss_error, df_error = float(((table - of_cell[:, :, None]) ** 2).sum()), p * o * (r - 1)
    chance = None
    if df_error and ss_error > 0:
        chance = float(stats.f.sf(ss_crossed / df_crossed / (ss_error / df_error), df_crossed, df_error))
    if chance is None or chance > pool_above:
        error = (ss_crossed + ss_error) / (df_crossed + df_error)
        base, interaction = error, 0.0
    else:
        error, base = ss_error / df_error, ss_crossed / df_crossed
        interaction = max(0.0, (base - error) / r)
    return Gage(
        error,
        max(0.0, (ms_instrument - base) / (p * r)),
        interaction,
        max(0.0, (ms_part - base) / (o * r)),
        chance,
    )


@dataclass(frozen=True)
class Components:
    """Variances of crossed or nested random effects, the repeat last.

    intervals: of each, from the profile of the restricted likelihood; 0 where the data do not exclude it.
    groups: how many of each level; deviance: -2 log restricted likelihood.
    """

    names: tuple[str, ...]
    variances: tuple[float, ...]
    intervals: tuple[tuple[float, float], ...]
    groups: tuple[int, ...]
    mean: float
    deviance: float

    @property
    def shares(self) -> dict[str, float]:
        """Of the whole variance, by level."""
        total = sum(self.variances)
        return {n: (v / total if total else 0.0) for n, v in zip(self.names, self.variances, strict=True)}


def components(
    levels: Sequence[tuple[str, Sequence[str]]], value: ArrayLike, confidence: float = 0.9
) -> Components:
    """REML of y = mean + a random effect for each level + repeat, as lme4 fits (1 | a) + (1 | b).

    Labels are taken as they stand: a day that two batches share is one day (crossed), days named apart are
    nested. Raises InputError where a level has one group, or cannot be told from another or from the repeat.
    """
    y = np.asarray(value, dtype=np.float64)
    codes = [np.unique([str(one) for one in column], return_inverse=True)[1] for _, column in levels]
    _check_levels(levels, codes, len(y))
    likelihood = _Restricted(codes, y)
    best = likelihood.best()
    names = (*(name for name, _ in levels), "repeat")
    intervals = tuple(likelihood.interval(best, k, confidence) for k in range(len(names)))
    deviance = likelihood.deviance(best)
    variances = tuple(float(v) for v in best**2)
    groups = (*(int(code.max()) + 1 for code in codes), len(y))
    return Components(names, variances, intervals, groups, likelihood.mean(best), deviance)


def _check_levels(
    levels: Sequence[tuple[str, Sequence[str]]], codes: Sequence[NDArray[np.intp]], n: int
) -> None:
    together = np.ones(n)
    forms = []
    for (name, _), code in zip(levels, codes, strict=True):
        if not 1 < code.max() + 1 < n:
            raise InputError(
                f"variance components: {name} has {int(code.max()) + 1} groups of {n} values; "
                "expected two or more, and a repeat"
            )
        forms.append((code[:, None] == code[None, :]).ravel())
    forms += [np.eye(n, dtype=bool).ravel(), np.outer(together, together).astype(bool).ravel()]
    gram = np.array([[float((a & b).sum()) for b in forms] for a in forms])
    if np.linalg.matrix_rank(gram) < len(forms):
        names = ", ".join(name for name, _ in levels)
        raise InputError(f"variance components: {names} cannot be told apart in these values")


def _indicators(code: NDArray[np.intp]) -> Floats:
    """1 where a value belongs to a group, float64[values, groups]."""
    return np.asarray(code[:, None] == np.arange(code.max() + 1), dtype=np.float64)


# The least sd that is looked at, as a share of the values' own.
_LEAST = 1e-4


class _Restricted:
    """-2 log restricted likelihood in the sds of the effects, the repeat's last (Bates et al. 2015).

    The level of most groups has a diagonal of its own in the equations, so it is eliminated by hand, and what
    is factored is as small as the other levels.
    """

    def __init__(self, codes: Sequence[NDArray[np.intp]], y: Floats) -> None:
        self.centre, self.n = float(y.mean()), len(y)
        self.y = y - self.centre
        self.count = len(codes) + 1
        largest = max(range(len(codes)), key=lambda k: codes[k].max())
        others = [k for k in range(len(codes)) if k != largest]
        self.large = largest
        self.small = np.repeat(np.array(others, dtype=np.intp), [codes[k].max() + 1 for k in others])
        many = _indicators(codes[largest])
        few = np.hstack([np.zeros((self.n, 0)), *(_indicators(codes[k]) for k in others)])
        self.sizes, self.both, self.crossed = many.sum(axis=0), few.T @ many, few.T @ few
        sides = np.column_stack([self.y, np.ones(self.n)])
        self.of_many, self.of_few = many.T @ sides, few.T @ sides

    def _solved(self, sds: Floats) -> tuple[float, float, float, float]:
        """log det V over repeat, then y'y, y'1 and 1'1 after V, all in units of the repeat's variance."""
        ratios = sds[:-1] / sds[-1]
        w, v = ratios[self.large], ratios[self.small]
        diagonal = 1 + w * w * self.sizes
        between = v[:, None] * self.both * w
        # einsum: threads of a BLAS would cost more than these small products.
        rest = v[:, None] * self.crossed * v + np.eye(len(v))
        rest -= np.einsum("ij,kj", between / diagonal, between)
        many = w * self.of_many
        few = v[:, None] * self.of_few - np.einsum("ij,jk", between / diagonal, many)
        taken = np.einsum("ij,ik", many, many / diagonal[:, None])
        taken += np.einsum("ij,ik", few, np.linalg.solve(rest, few))
        return (
            float(np.log(diagonal).sum() + np.linalg.slogdet(rest)[1]),
            float(self.y @ self.y - taken[0, 0]),
            float(self.y.sum() - taken[0, 1]),
            float(self.n - taken[1, 1]),
        )

    def mean(self, sds: Floats) -> float:
        """The estimate of the mean."""
        _, _, cross, ones = self._solved(sds)
        return self.centre + cross / ones

    def deviance(self, sds: Floats) -> float:
        """At these sds."""
        log_det, square, cross, ones = self._solved(sds)
        if not ones > 0:  # lost to rounding: levels a million times the repeat, where no top is
            return 1e9
        rest, repeat, free = square - cross * cross / ones, sds[-1] ** 2, self.n - 1
        return float(log_det + math.log(ones) + free * math.log(2 * math.pi * repeat) + rest / repeat)

    def best(self, fixed: int | None = None, at: float = 0.0, start: Floats | None = None) -> Floats:
        """The sds of the highest likelihood; one of them may be held at a value."""
        scale = float(self.y.std())
        free = [k for k in range(self.count) if k != fixed]

        def whole(x: Floats) -> Floats:
            sds = np.full(self.count, max(at, _LEAST * scale))
            sds[free] = scale * np.exp(x)
            return sds

        def deviance(x: Floats) -> float:
            return self.deviance(whole(x))

        # Logarithms: at an sd of zero the slope in the sd is zero too, and a search would stay there.
        begin = np.full(len(free), -0.7) if start is None else np.log(np.maximum(start[free] / scale, 0.02))
        ends = optimize.Bounds(np.full(len(free), math.log(_LEAST)), np.full(len(free), 3.0))
        if start is None:
            top = optimize.minimize(
                deviance,
                begin,
                jac="3-point",
                method="L-BFGS-B",
                bounds=ends,
                options={"ftol": 1e-14, "gtol": 1e-7},
            )
        else:  # a profile needs the height of the top, not its place
            top = optimize.minimize(deviance, begin, method="L-BFGS-B", bounds=ends, options={"ftol": 1e-7})
        found = whole(np.asarray(top.x))
        found[:-1][found[:-1] < 2 * _LEAST * scale] = 0.0
        return found

    def interval(self, best: Floats, k: int, confidence: float) -> tuple[float, float]:
        """Variances whose profile lies within the chi-square of one degree of freedom."""
        room = self.deviance(best) + float(stats.chi2.ppf(confidence, 1))

        def over(sd: float) -> float:
            return self.deviance(self.best(k, sd, best)) - room

        scale = float(self.y.std())
        middle = max(float(best[k]), _LEAST * scale)
        low = 0.0
        if over(_LEAST * scale) > 0:
            low = float(optimize.brentq(over, _LEAST * scale, middle, xtol=2e-3 * middle))
        high = max(2 * middle, 0.05 * scale)
        while over(high) < 0:
            high *= 2
        high = float(optimize.brentq(over, middle, high, xtol=2e-3 * high))
        return low**2, high**2
