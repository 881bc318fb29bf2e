"""An estimate lies inside its own interval, and a mean inside its range."""

from __future__ import annotations

from collections.abc import Iterator

from exodyn.evidence.checks.finding import Finding, Peers, doubtful, impossible, sound, statistic
from exodyn.evidence.record import Record


def check(one: Record, peers: Peers) -> Iterator[Finding]:
    """Value against interval, and what an interval of its kind cannot be."""
    if one.spread_kind in ("sd", "sem", "cv_percent", "unknown") and one.spread and min(one.spread) < 0:
        yield impossible(f"a spread of {one.spread[0]:g} is negative")
    if one.n is not None and one.n <= 0 and one.table != "trials":
        yield impossible(f"n is {one.n:g}")
    if one.value is None or len(one.spread) != 2 or one.spread_kind not in ("ci95", "range", "iqr"):
        return
    low, high = one.spread
    slack = 1e-9 * (1 + abs(one.value))
    where = f"{one.value:g} {{}} its {one.spread_kind} of {low:g} to {high:g}"
    if low - slack <= one.value <= high + slack:
        yield sound(where.format("lies inside"))
    elif one.spread_kind == "iqr" and statistic(one).startswith("mean"):
        yield sound(f"{where.format('lies outside')}, as a mean of skewed readings may")
    elif one.spread_kind == "iqr" and statistic(one).startswith("median"):
        yield impossible(f"{where.format('lies outside')}: a median cannot")
    elif one.spread_kind == "iqr":
        yield doubtful(f"{where.format('lies outside')}: a median cannot, a mean of skewed readings may")
    elif one.spread_kind == "range" and "parameter" in one.fields:
        yield doubtful(f"{where.format('lies outside')}: it may be a range over other conditions")
    else:
        yield impossible(where.format("lies outside"))
