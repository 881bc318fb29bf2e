"""A treated change against the untreated course of the same patients: who recovers anyway proves nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from exodyn.evidence.checks.changes import Ends, claimed_ends, ends_of
from exodyn.evidence.checks.finding import Finding, Peers, doubtful, scale_of, sound
from exodyn.evidence.checks.species import claimed_scale
from exodyn.evidence.facts import ScaleFacts
from exodyn.evidence.record import Record
from exodyn.evidence.records import records, tables
from exodyn.evidence.words import synonym

_DAYS = {"min": 1 / 1440, "h": 1 / 24, "d": 1.0, "week": 7.0, "month": 30.44, "year": 365.25}
_CLAIMED_TIME = re.compile(r"\b(\d+) (hours?|days?|weeks?|months?|years?)\b")


def check(one: Record, peers: Peers) -> Iterator[Finding]:
    """Single arms that were treated, in outcome tables and in claims."""
    if "claim" in one.fields:
        ends, scale, day = claimed_ends(one), claimed_scale(one), _claimed_day(one.quantity)
    else:
        treated = one.fields.get("arm", "").startswith("treated")
        ends = ends_of(one, peers) if treated and one.time else None
        scale, day = scale_of(one.quantity), day_of(one)
    if ends is None or scale is None or day is None or ends.before.value <= 0:
        return
    gain = _gain(ends, scale)
    control = _control(one, peers)
    if control is not None and gain <= _gain(control, scale):
        yield doubtful(
            f"{ends.before.value:g} to {ends.after.value:g} is a gain of {gain:.0f}%;"
            f" the controls of the same study gain {_gain(control, scale):.0f}%: no benefit is shown"
        )
    untreated = _untreated(scale, day)
    if untreated is None or untreated.value is None:
        return
    what = (
        f"{ends.before.value:g} to {ends.after.value:g} is a gain of {gain:.0f}%; without an effective"
        f" treatment it is {untreated.value:g}% by day {day_of(untreated):.0f} ({untreated.id})"
    )
    yield doubtful(f"{what}: no benefit is shown") if gain <= untreated.value else sound(what)


def _gain(ends: Ends, scale: ScaleFacts) -> float:
    """The change for the better, in percent of the value before."""
    return -ends.percent if scale.higher_is == "worse" else ends.percent


def _control(one: Record, peers: Peers) -> Ends | None:
    """The two ends of the control arm on the same scale at the same time, where the study prints them."""
    same = [
        peer
        for peer in peers.of_study(one)
        if peer.fields.get("arm") == "control"
        and (peer.quantity, peer.time, peer.time_unit) == (one.quantity, one.time, one.time_unit)
    ]
    return ends_of(same[0], peers) if len(same) == 1 else None


def day_of(one: Record) -> float | None:
    """The record's time in days."""
    unit = synonym("unit", one.time_unit)
    return one.time * _DAYS[unit[0]] if one.time is not None and unit and unit[0] in _DAYS else None


@cache
def _untreated(scale: ScaleFacts, day: float) -> Record | None:
    """The untreated gain in percent of the start whose time is nearest, within a factor of two."""
    found = [
        (max(day, then) / min(day, then), one.id, one)
        for table in tables()
        if table.startswith("natural_history")
        for one in records(table)
        if one.unit == "% of baseline" and one.value is not None and scale_of(one.quantity) == scale
        for then in [day_of(one)]
        if then and day > 0
    ]
    near = [(ratio, id, one) for ratio, id, one in found if ratio <= 2]
    return min(near)[2] if near else None


def _claimed_day(text: str) -> float | None:
    found = _CLAIMED_TIME.search(text)
    if found is None:
        return None
    unit = {"hour": "h", "day": "d"}.get(found[2].rstrip("s"), found[2].rstrip("s"))
    return float(found[1]) * _DAYS[unit]
