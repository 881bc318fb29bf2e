"""GRIM: a mean of n readings in steps is a whole number of steps divided by n.

Brown and Heathers 2017, Social Psychological and Personality Science 8:363.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from exodyn.evidence.checks.finding import (
    Finding,
    Peers,
    Printed,
    doubtful,
    impossible,
    is_subject_count,
    scale_of,
    sound,
    statistic,
)
from exodyn.evidence.facts import ScaleFacts
from exodyn.evidence.record import Record

# Means of such kinds are no plain sums divided by n.
_DERIVED = re.compile(
    r"adjusted|ls mean|pooled|differ|model|weighted|slope|change|level|targets|worsening|estimate"
)


def check(one: Record, peers: Peers) -> Iterator[Finding]:
    """Whether any sum of steps gives the printed mean."""
    scale, mean = plain_mean(one)
    if scale is None or mean is None or one.n is None:
        return
    n = int(one.n)
    if n * 2 * mean.half >= scale.step:
        return  # some sum always fits: the printed digits are too few to tell
    fewer = next((m for m in range(n - 1, n - min(n // 4, 1000) - 1, -1) if sums(mean, m, scale.step)), 0)
    if sums(mean, n, scale.step):
        yield sound(f"a mean of {mean.value:g} can come from {n} readings in steps of {scale.step:g}")
    elif fewer and re.search("visit|stage|follow", statistic(one)):
        yield doubtful(
            f"no {n} readings of {scale.name} in steps of {scale.step:g} have a mean of {mean.value:g};"
            f" {fewer} have, if some were missing at that visit"
        )
    else:
        below = math.floor(mean.value * n / scale.step) * scale.step
        near = " and ".join(f"{total / n:.4g}" for total in (below, below + scale.step))
        yield impossible(
            f"no {n} readings of {scale.name} in steps of {scale.step:g} have a mean of {mean.value:g};"
            f" the nearest are {near}"
        )


def plain_mean(one: Record) -> tuple[ScaleFacts | None, Printed | None]:
    """The scale and the printed mean where a record is the plain mean of a scale's readings."""
    kind = statistic(one)
    if not kind.startswith("mean") or _DERIVED.search(kind) or not is_subject_count(one):
        return None, None
    if (one.unit and "points" not in one.unit) or "change" in one.unit or "per" in one.unit.split():
        return None, None
    scale = scale_of(one.quantity)
    if scale is None or not (scale.step >= 1 or (1 / scale.step).is_integer()):
        return None, None
    return scale, Printed.of(one.fields.get("value", ""))


def sums(mean: Printed, n: int, step: float) -> range:
    """The sums, in steps, that n readings with this mean may have."""
    slack = 1e-9 * max(1.0, abs(mean.value) * n / step)
    low = math.ceil((mean.value - mean.half) * n / step - slack)
    high = math.floor((mean.value + mean.half) * n / step + slack)
    return range(low, high + 1)
