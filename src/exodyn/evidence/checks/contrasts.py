"""A printed difference or ratio against the two arms, its own interval and its P."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from scipy.special import ndtr

from exodyn.evidence.checks.changes import is_change
from exodyn.evidence.checks.finding import (
    Finding,
    Peers,
    Printed,
    doubtful,
    impossible,
    scale_of,
    sound,
    statistic,
)
from exodyn.evidence.record import Record
from exodyn.evidence.words import synonym

LEVEL_95 = 3.919927969080108  # standard errors between the ends
SKEW = 0.6  # of half an interval: further off its middle no usual interval has its estimate
APART = 10.0  # times, that a P may differ from the interval's: other tests, other rounding
_RATIO = ("odds_ratio", "risk_ratio")
_DIFFERENCE = re.compile(
    r"^(?:mean|risk|absolute) difference|^difference of (?:the )?means|^(?:MD|RD)\b", re.IGNORECASE
)
_P = re.compile(r"\b[pP]\s*=\s*(0?\.\d+)(?!\d)")
_P_FIRST = re.compile(r"^\W*[pP]\s*=\s*(0?\.\d+)(?!\d)")  # later in a note it may be another contrast's
_OTHER = re.compile(r"adjust|pooled|model|LS\b|least|imput|weighted", re.IGNORECASE)


def check(one: Record, peers: Peers) -> Iterator[Finding]:
    """Contrasts in outcome tables, and effects of the table of translation."""
    if one.value is None or "claim" in one.fields:
        return
    if "scale" in one.fields and _DIFFERENCE.match(one.fields.get("statistic", "")):
        yield from _of_arms(one, peers)
    if len(one.spread) == 2 and one.spread_kind in ("ci95", ""):
        yield from _within(one)


def _of_arms(one: Record, peers: Peers) -> Iterator[Finding]:
    """The difference of the two arms that the study prints on the same scale at the same time."""
    printed = Printed.of(one.fields["value"])
    arms = [
        [peer for peer in _alike(one, peers) if peer.fields["arm"].startswith(arm)]
        for arm in ("treated", "control")
    ]
    if printed is None or any(len(arm) != 1 for arm in arms):
        return
    ours, theirs = (Printed.of(arm[0].fields["value"]) for arm in arms)
    if ours is None or theirs is None:
        return
    exact, slack = ours.value - theirs.value, printed.half + ours.half + theirs.half
    what = f"{ours.value:g} less {theirs.value:g} is {exact:.4g}, printed {printed.value:g}"
    if any(abs(sign * printed.value - exact) <= slack * 1.01 + 1e-9 for sign in (1, -1)):
        yield sound(what)
    elif _OTHER.search(f"{one.fields['statistic']} {one.note}"):
        yield doubtful(f"{what}: it may be adjusted")
    else:
        yield impossible(what)


def _alike(one: Record, peers: Peers) -> list[Record]:
    """Levels of the study's arms on the contrast's scale at its time."""
    scale = scale_of(one.quantity) or scale_of(re.split(r",| difference|: ", one.quantity)[0])
    return [
        peer
        for peer in peers.of_study(one)
        if re.match(r"mean|proportion", statistic(peer))
        and "differ" not in statistic(peer)
        and not is_change(peer)
        and peer.value is not None
        and (peer.time, peer.time_unit, peer.species) == (one.time, one.time_unit, one.species)
        and peer.fields.get("severity") == one.fields.get("severity")
        and (
            (scale is not None and scale_of(peer.quantity) == scale) or one.quantity.startswith(peer.quantity)
        )
    ]


def _within(one: Record) -> Iterator[Finding]:
    """The estimate near the middle of its interval, and the P that the interval gives."""
    ratio = (synonym("unit", one.unit) or ("",))[0] in _RATIO or bool(re.match(r"(?-i:OR|RR|HR)\b", one.unit))
    smd = one.unit.startswith("SMD")
    ends = (one.value, *one.spread)
    if not (ratio or smd or "difference" in statistic(one)) or any(end is None for end in ends):
        return
    if ratio and min(end for end in ends if end is not None) <= 0:
        return  # said by the check of units
    middle, low, high = (math.log(end) if ratio else end for end in ends if end is not None)
    half = (high - low) / 2
    if not half > 0 or not low <= middle <= high:
        return
    off = abs(middle - (low + high) / 2) / half
    where = f"{one.value:g} in {one.spread[0]:g} to {one.spread[1]:g}"
    if off > SKEW and not _rounding(one, ratio, half):
        yield doubtful(f"{where}: {100 * off:.0f}% of the way from the middle of its interval to its end")
    told = [found[1] for found in _P.finditer(one.fields.get("statistic", ""))]
    told += [found[1] for found in _P_FIRST.finditer(one.note)]
    if len(told) == 1 and float(told[0]) > 0:
        p, printed = float(2 * ndtr(-abs(middle) / (half / (LEVEL_95 / 2)))), float(told[0])
        what = f"{where} gives P = {p:.2g}, printed {printed:g}"
        apart = max(p, 1e-4) / max(printed, 1e-4)
        contradicts = (p < 0.05) != (printed < 0.05) and (apart > APART or apart < 1 / APART)
        yield doubtful(what) if contradicts else sound(what)


def _rounding(one: Record, ratio: bool, half: float) -> bool:
    """Whether the printed digits leave open where in its interval the estimate lies."""
    printed = Printed.of(one.fields.get("value", one.fields.get("effect", "")))
    digit = printed.half if printed is not None else 0.0
    return (digit / abs(one.value or 1.0) if ratio else digit) > 0.2 * half
