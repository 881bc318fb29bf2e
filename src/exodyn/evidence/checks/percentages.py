"""Percentages against counts: a share of n subjects is a whole number of them."""

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
    sound,
    statistic,
)
from exodyn.evidence.record import Record
from exodyn.evidence.words import synonym

_COUNTS = re.compile(r"\((?:[^()]*?)\b(\d+)\s*/\s*(\d+)\b")
_PERCENT = re.compile(r"\(percent\s+(\d+(?:\.\d+)?)\)")
_SHARE = re.compile(
    r"^(proportion|percent(age)? of (patients|subjects|participants|animals)|responder|share\b|incidence)"
)
_OF_SUBJECTS = re.compile(r" of (?:all )?(?:patients|subjects|participants|animals|rats|mice)$")
_ESTIMATED = re.compile(r"weighted|adjusted|estimat|kaplan|imput|model|pooled|standardi[sz]ed|actuarial")


def check(one: Record, peers: Peers) -> Iterator[Finding]:
    """Shares and counts of subjects, in outcome and safety tables."""
    if "claim" in one.fields:
        yield from _claim(one, peers)
    if one.value is None or not is_subject_count(one):
        return
    n = int(one.n or 0)
    if "rate_percent" in one.fields:
        yield from _adverse(one, n)
    elif is_share(one):
        yield from _share(one, n)
    elif one.unit.startswith("patients") or one.unit in ("events", "count"):
        yield from _count(one, n)


def _claim(one: Record, peers: Peers) -> Iterator[Finding]:
    """A claimed percentage of the patients that another claim of the same study counts."""
    printed = Printed.of(one.fields["value"])
    groups = [
        peer for peer in peers.of_study(one) if peer.unit == "patients" and Printed.of(peer.fields["value"])
    ]
    if printed is not None and one.unit == "%" and len(groups) == 1:
        yield from _of_any_count(printed, int(float(groups[0].fields["value"])), 100, one.note)


def is_share(one: Record) -> bool:
    """Whether the value is a share of the n subjects."""
    if not _SHARE.match(statistic(one)) or _ESTIMATED.search(statistic(one)):
        return False
    return synonym("unit", _OF_SUBJECTS.sub("", one.unit)) in (("percent",), ("fraction",))


def _share(one: Record, n: int) -> Iterator[Finding]:
    scale = 1 if synonym("unit", one.unit) == ("fraction",) else 100
    printed = Printed.of(one.fields["value"])
    if printed is None:
        return
    counted = _COUNTS.search(statistic(one))
    if counted:
        yield from _of_counts(printed, int(counted[1]), int(counted[2]), scale, n)
    else:
        yield from _of_any_count(printed, n, scale, one.note)


def _of_counts(printed: Printed, count: int, of: int, scale: int, n: int) -> Iterator[Finding]:
    exact = scale * count / of if of else math.nan
    what = f"{count} of {of} is {exact:.4g}, printed {printed.value:g}"
    if not (count <= of and of > 0):
        yield impossible(f"{count} of {of} is no share")
    elif printed.allows(exact):
        yield sound(what)
    elif printed.near(exact):
        yield doubtful(f"{what}: cut or rounded the wrong way")
    else:
        yield impossible(what)
    if of != n:
        yield doubtful(f"the count is of {of}, the table's n is {n}")


def _of_any_count(printed: Printed, n: int, scale: int, note: str) -> Iterator[Finding]:
    if not 0 <= printed.value <= scale:
        yield impossible(f"a share of {printed.value:g} lies outside 0 to {scale}")
        return
    if n * 2 * printed.half >= scale:
        return  # some count always fits
    count = round(printed.value * n / scale)
    nearest = scale * count / n
    what = f"{printed.value:g}{'%' if scale == 100 else ''} of {n}"
    # In a large group some may be missing without a word; in a small one that would excuse anything.
    lost = min(n // 10, 1000) if n >= 50 else 0
    fewer = next((m for m in range(n - 1, n - lost - 1, -1) if _fits(printed, m, scale)), 0)
    if printed.allows(nearest):
        yield sound(f"{what} is {count} subjects ({nearest:.4g})")
    elif "denominator" in note or "inferred" in note or "roughly" in note:
        yield doubtful(f"{what} is no whole number of subjects; the note says that n is in doubt")
    elif printed.near(nearest) and scale / n > 6 * printed.half:
        yield doubtful(f"{what} is {count} subjects only if cut or rounded the wrong way ({nearest:.4g})")
    elif fewer:
        yield doubtful(f"{what} is no whole number of subjects; of {fewer} it is, if some were missing")
    else:
        yield impossible(
            f"{what} is {printed.value * n / scale:.2f} subjects;"
            f" the nearest count, {count}, is {nearest:.4g}"
        )


def _fits(printed: Printed, n: int, scale: int) -> bool:
    return printed.allows(scale * round(printed.value * n / scale) / n)


def _count(one: Record, n: int) -> Iterator[Finding]:
    value = one.value or 0.0
    if value != int(value) or value < 0:
        yield impossible(f"{value:g} is no count")
        return
    if one.unit == "count" or "per" in one.unit:
        return
    if value > n:
        yield impossible(f"{value:g} of {n} subjects")
        return
    said = _PERCENT.search(statistic(one))
    printed = Printed.of(said[1]) if said else None
    if printed is not None:
        yield from _of_counts(printed, int(value), n, 100, n)
    else:
        yield sound(f"{value:g} of {n} subjects")


def _adverse(one: Record, n: int) -> Iterator[Finding]:
    """Events, rate and exact interval of a safety table."""
    from scipy.stats import binomtest

    events, rate = one.fields.get("events", ""), Printed.of(one.fields["rate_percent"])
    if not events:
        if rate is not None and not re.search(r"ratio|risk", one.quantity):
            yield from _of_any_count(rate, n, 100, one.note)
        return
    count = float(events)
    if count != int(count) or not 0 <= count <= n:
        yield impossible(f"{count:g} of {n} subjects is no count")
        return
    if rate is not None:
        yield from _of_counts(rate, int(count), n, 100, n)
    if len(one.spread) == 2:
        test = binomtest(int(count), n)
        for method in ("exact", "wilson"):
            interval = test.proportion_ci(method=method)
            if (
                abs(100 * interval.low - one.spread[0]) < 0.06
                and abs(100 * interval.high - one.spread[1]) < 0.06
            ):
                yield sound(f"the interval is the {method} one of {int(count)} of {n}")
                return
        exact = test.proportion_ci(method="exact")
        yield doubtful(
            f"the interval of {int(count)} of {n} would be"
            f" {100 * exact.low:.1f} to {100 * exact.high:.1f} (exact)"
        )
