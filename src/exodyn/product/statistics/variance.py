"""Variance components: how much of a spread is batch, day, instrument or repeat (ANOVA; gage R&R)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import linalg, optimize, stats

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


class _Restricted:
    """-2 log restricted likelihood in the sds of the effects, the repeat's last (Bates et al. 2015)."""

    def __init__(self, codes: Sequence[NDArray[np.intp]], y: Floats) -> None:
        self.y, self.n = y, len(y)
        self.level = np.concatenate([np.full(code.max() + 1, k) for k, code in enumerate(codes)])
        start = np.concatenate(([0], np.cumsum([code.max() + 1 for code in codes])))
        columns = np.zeros((self.n, len(self.level)))
        for k, code in enumerate(codes):
            columns[np.arange(self.n), start[k] + code] = 1.0
        self.crossed, self.of_y, self.of_one = columns.T @ columns, columns.T @ y, columns.sum(axis=0)

    def _solved(self, sds: Floats) -> tuple[float, float, float, float]:
        """log det V over repeat, then y'y, y'1 and 1'1 after V, all in units of the repeat's variance."""
        weight = (sds[:-1] / sds[-1])[self.level]
        lower = np.linalg.cholesky(weight[:, None] * self.crossed * weight + np.eye(len(weight)))
        y, one = (
            linalg.solve_triangular(lower, weight * part, lower=True) for part in (self.of_y, self.of_one)
        )
        return (
            2 * float(np.log(np.diag(lower)).sum()),
            float(self.y @ self.y - y @ y),
            float(self.y.sum() - y @ one),
            float(self.n - one @ one),
        )

    def mean(self, sds: Floats) -> float:
        _, _, cross, ones = self._solved(sds)
        return cross / ones

    def deviance(self, sds: Floats) -> float:
        log_det, square, cross, ones = self._solved(sds)
        rest, repeat = square - cross * cross / ones, sds[-1] ** 2
        free = self.n - 1
        return float(log_det + math.log(ones) + free * math.log(2 * math.pi * repeat) + rest / repeat)

    def best(self, fixed: int | None = None, at: float = 0.0, start: Floats | None = None) -> Floats:
        """The sds of the highest likelihood; one of them may be held at a value."""
        count = int(self.level.max()) + 2
        scale = float(self.y.std()) or 1.0
        free = [k for k in range(count) if k != fixed]

        def whole(x: Floats) -> Floats:
            sds = np.full(count, max(at, 1e-6 * scale))
            sds[free] = np.abs(x) * scale
            sds[-1] = max(sds[-1], 1e-6 * scale)
            return sds

        def deviance(x: Floats) -> float:
            return self.deviance(whole(x))

        begin = np.full(len(free), 0.5) if start is None else start[free] / scale + 0.02
        top = optimize.minimize(
            deviance, begin, method="L-BFGS-B", bounds=optimize.Bounds(np.zeros(len(free)), np.inf)
        )
        if start is None:  # a profile needs the height of the top, not its place
            top = optimize.minimize(
                deviance,
                top.x,
                method="Nelder-Mead",
                options={"xatol": 1e-8, "fatol": 1e-10, "maxiter": 4000},
            )
        found = whole(np.asarray(top.x))
        found[found < 1e-4 * scale] = 0.0
        found[-1] = max(found[-1], 1e-6 * scale)
        return found

    def interval(self, best: Floats, k: int, confidence: float) -> tuple[float, float]:
        """Variances whose profile lies within the chi-square of one degree of freedom."""
        room = self.deviance(best) + float(stats.chi2.ppf(confidence, 1))

        def over(sd: float) -> float:
            return self.deviance(self.best(k, sd, best)) - room

        scale = max(float(best[k]), 0.05 * float(self.y.std()))
        low = 0.0
        if best[k] > 0 and over(1e-6 * scale) > 0:
            low = float(optimize.brentq(over, 1e-6 * scale, best[k], xtol=2e-3 * scale))
        high = 2 * scale
        while over(high) < 0:
            high *= 2
        high = float(optimize.brentq(over, max(float(best[k]), 1e-6 * scale), high, xtol=2e-3 * scale))
        return low**2, high**2
