"""A median of n readings in steps is one of them, or half-way between two."""

from __future__ import annotations

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
from exodyn.evidence.record import Record

_DERIVED = re.compile(
    r"adjust|estimat|pooled|differ|model|weighted|change|interpolat|grouped|absolute|of (?:the )?medians"
)


def check(one: Record, peers: Peers) -> Iterator[Finding]:
    """Plain medians on a scale of known steps."""
    kind = statistic(one)
    if not kind.startswith("median") or _DERIVED.search(kind) or not is_subject_count(one) or one.n is None:
        return
    if (one.unit and "points" not in one.unit) or re.search(r"change|per\b", one.unit):
        return
    scale, median = scale_of(one.quantity), Printed.of(one.fields.get("value", ""))
    if scale is None or median is None or not (1 / scale.step).is_integer():
        return
    n, step = int(one.n), scale.step
    what = f"a median of {median.value:g} of {n} readings of {scale.name} in steps of {step:g}"
    if _on_grid(median, step if n % 2 else step / 2):
        yield sound(f"there can be {what}")
    elif n % 2 and _on_grid(median, step / 2):
        yield doubtful(f"there is no {what}: of an odd number it is one of them; some may be missing")
    else:
        yield impossible(f"there is no {what}: it is one of them, or half-way between two")


def _on_grid(printed: Printed, step: float) -> bool:
    return printed.allows(round(printed.value / step) * step)
