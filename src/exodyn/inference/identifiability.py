"""What the data can tell apart, in words.

Three views: the profile of each parameter (does the fit get worse when it is held elsewhere?), what the data
know at the optimum (in how many directions, and which?), and the correlation of posterior draws.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exodyn.inference.objective import Objective
from exodyn.inference.parameters import Free, log_prior
from exodyn.inference.profile import BETTER, Profile
from exodyn.inference.sample import hessian

Floats = NDArray[np.float64]

FEW = 0.2
"""A parameter takes part in a direction whose unit vector has at least this much of it."""
EQUAL = 0.15
"""Two steps of a direction count as equal if they differ by less."""
CORRELATED = 0.9
LEARNED = 0.1
"""Share of the prior's variance that data must take away for a parameter to count as learned."""


@dataclass(frozen=True)
class Identifiability:
    """verdicts: a word for each parameter, `identified` or what is missing. lines: the report, a line each.

    known: directions (combinations of parameters) of which the data say more than priors and bounds do.
    """

    verdicts: Mapping[str, str]
    lines: tuple[str, ...]
    known: int
    information: Floats


def identifiability(
    objective: Objective,
    best: Floats,
    profiles: Mapping[str, Profile] | None = None,
    draws: Any = None,
) -> Identifiability:
    """The report for an optimum `best` (scaled), with profiles and posterior draws where there are any."""
    free = objective.free
    verdicts = {one.name: "identified" for one in free}
    lines: list[str] = []
    widths = np.array([_width(one) for one in free])
    sizes, axes = np.linalg.eigh(_information(objective, best) * np.outer(widths, widths))
    known = int(np.sum(sizes > 1))
    flat = _sparse(axes[:, sizes <= 1].T)
    for vector in flat:
        taking_part = [i for i in np.argsort(-np.abs(vector)).tolist() if abs(vector[i]) >= FEW]
        lines.append(_direction(free, taking_part, vector * widths))
        for i in taking_part:
            verdicts[free[i].name] = (
                "not informed by the data" if len(taking_part) == 1 else "only in combination"
            )
    for name, one in (profiles or {}).items():
        said = _of_profile(one)
        if said:
            lines.append(f"{name} is {said}")
            if one.low is None or one.high is None:
                verdicts[name] = said.split(":")[0]
    if draws is not None:
        lines += _of_draws(free, draws, verdicts)
    if known == len(free) and not lines:
        lines.append("every parameter is identified by the data")
    of = f"{known} of {len(free)}"
    lines.insert(0, f"the data tell more than priors and bounds in {of} directions of the parameters")
    return Identifiability(verdicts, tuple(dict.fromkeys(lines)), known, sizes[::-1])


def _width(one: Free) -> float:
    """What is known before the data: the standard deviation of the scaled parameter between its bounds."""
    draws = np.array([one.draw(p) for p in (np.arange(200) + 0.5) / 200])
    return float(np.std(draws)) or 1.0


def _information(objective: Objective, best: Floats) -> Floats:
    """The curvature of the likelihood alone at the optimum: that of the objective less that of the priors.

    Next to a bound the differences are taken a little inside.
    """
    free = objective.free
    step = 1e-4
    ends = np.array([one.bounds for one in free])
    inside = np.clip(best, ends[:, 0] + 2 * step, ends[:, 1] - 2 * step)
    whole = hessian(objective.gradient, inside, step)
    prior = hessian(lambda x: log_prior(free, x), inside, step)
    return prior - whole


def _sparse(space: Floats) -> Floats:
    """Vectors of length one that span the same space, each with as few parameters as elimination gives."""
    rows = np.array(space, dtype=np.float64)
    used: list[int] = []
    for i in range(len(rows)):
        left = np.abs(rows[i:]).copy()
        left[:, used] = 0
        j, column = divmod(int(np.argmax(left)), left.shape[1])
        rows[[i, i + j]] = rows[[i + j, i]]
        rows[i] /= rows[i, column]
        for other in range(len(rows)):
            if other != i:
                rows[other] -= rows[other, column] * rows[i]
        used.append(column)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True) if len(rows) else rows


def _direction(free: Sequence[Free], taking_part: Sequence[int], step: Floats) -> str:
    """A direction along which the likelihood hardly changes, in words. step: in scaled parameters."""
    names = [free[i].name for i in taking_part]
    if len(names) == 1:
        return f"the data say nothing of {names[0]} beyond its prior or bounds"
    if len(names) == 2:
        a, b = (step[i] for i in taking_part)
        logs = [free[i].scale in ("log", "log10") for i in taking_part]
        natural = [math.log(10.0) if free[i].scale == "log10" else 1.0 for i in taking_part]
        a, b = a * natural[0], b * natural[1]
        even = abs(abs(a) - abs(b)) < EQUAL * max(abs(a), abs(b))
        if all(logs):
            if even:
                what = "product" if a * b < 0 else "ratio"
                return f"{names[0]} and {names[1]} only through their {what}"
            power = -a / b if abs(a) < abs(b) else -b / a
            first, second = names if abs(a) < abs(b) else names[::-1]
            return f"{first} and {second} only through about {first} x {second}^{power:.2g}"
        if not any(logs) and even:
            return f"{names[0]} and {names[1]} only through their {'sum' if a * b < 0 else 'difference'}"
    return f"{', '.join(names[:-1])} and {names[-1]} only in combination"


def _of_profile(one: Profile) -> str:
    """What a profile says if it says that something is missing, else empty."""
    unit = "" if one.free.unit == "1" else f" {one.free.unit}"
    share = f"{100 * one.level:g}%"
    if one.better > BETTER:
        return f"better away from the optimum found (log density +{one.better:.2g}): search from more starts"
    low, high = one.low, one.high
    if low is None and high is None:
        return f"not identifiable: every value between its bounds fits ({share} profile)"
    if high is None:
        return f"not identifiable upward: every value above {low:.3g}{unit} fits ({share} profile)"
    if low is None:
        return f"not identifiable downward: every value below {high:.3g}{unit} fits ({share} profile)"
    return ""


def _of_draws(free: Sequence[Free], draws: Any, verdicts: dict[str, str]) -> list[str]:
    """Pairs that move together in the posterior, and parameters whose posterior is their prior."""
    x = np.array([[one.scaled(v) for v in np.asarray(draws.posterior[one.name]).ravel()] for one in free])
    lines = []
    for one, row in zip(free, x, strict=True):
        if np.var(row) > (1 - LEARNED) * _width(one) ** 2:
            lines.append(f"the posterior of {one.name} is its prior: the data say nothing of it")
            verdicts[one.name] = "not informed by the data"
    with np.errstate(invalid="ignore"):
        matrix = np.corrcoef(x)
    for i in range(len(free)):
        for j in range(i):
            if abs(matrix[i, j]) > CORRELATED:
                lines.append(
                    f"{free[j].name} and {free[i].name} move together in the posterior "
                    f"(correlation {matrix[i, j]:.2f}): the data know one combination far better than each"
                )
    return lines
