"""A printed change against its two ends, and a share of the control against the scale that it is read on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

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
from exodyn.evidence.checks.species import claimed_scale
from exodyn.evidence.record import Record
from exodyn.evidence.words import synonym

_NUMBER = r"(-?\d+(?:\.\d+)?)"
_ENDS = re.compile(rf"^{_NUMBER}(?:\s*\+-\s*[\d.]+)? to {_NUMBER}(?:\s*\+-\s*[\d.]+)?$")
_SAME = (
    "arm",
    "species",
    "severity",
    "strain_or_population",
    "vesicle_source",
    "dose_value",
    "dose_unit",
    "route",
)


@dataclass(frozen=True)
class Ends:
    """The value before and the value after, as printed."""

    before: Printed
    after: Printed

    @property
    def percent(self) -> float:
        """The change as a percentage of the value before."""
        return 100 * (self.after.value / self.before.value - 1)


def check(one: Record, peers: Peers) -> Iterator[Finding]:
    """Changes in outcome tables and in claims."""
    if "claim" in one.fields:
        yield from _claim(one, peers)
    elif is_change(one):
        yield from _outcome(one, peers)


def is_change(one: Record) -> bool:
    """Whether an outcome record is a subject's own change over time."""
    return (
        "scale" in one.fields and one.value is not None and "change" in f"{statistic(one)} {one.unit}".lower()
    )


def ends_of(one: Record, peers: Peers) -> Ends | None:
    """The same arm's means before and at the record's time, where the study prints both."""
    before = [peer for peer in _alike(one, peers) if peer.time == 0 or "before" in statistic(peer)]
    after = [peer for peer in _alike(one, peers) if peer.time == one.time and one.time]
    if len(before) != 1 or len(after) != 1:
        return None
    first, last = (Printed.of(peer.fields["value"]) for peer in (before[0], after[0]))
    return Ends(first, last) if first and last and first.value else None


def claimed_ends(one: Record) -> Ends | None:
    """The two ends of a claim such as ``12.4+-3.1 to 6.8+-2.5``."""
    found = _ENDS.match(one.fields.get("value", ""))
    if found is None:
        return None
    first, last = Printed.of(found[1]), Printed.of(found[2])
    return Ends(first, last) if first and last and first.value else None


def _alike(one: Record, peers: Peers) -> list[Record]:
    """Plain means of the same arm on the same scale."""
    scale = scale_of(one.quantity)
    name = re.sub(r"[ ,]*change\b.*", "", one.quantity)
    return [
        peer
        for peer in peers.of_study(one)
        if statistic(peer).startswith("mean")
        and not is_change(peer)
        and peer.value is not None
        and (peer.quantity == name or (scale is not None and scale_of(peer.quantity) == scale))
        and all(_agree(peer.fields.get(column, ""), one.fields.get(column, "")) for column in _SAME)
    ]


def _agree(a: str, b: str) -> bool:
    """Whether two cells can mean the same: what is not stated agrees with anything."""
    return not a or not b or a == b


def _outcome(one: Record, peers: Peers) -> Iterator[Finding]:
    ends, printed = ends_of(one, peers), Printed.of(one.fields.get("value", ""))
    if ends is None or printed is None or "adjusted" in statistic(one) or "ls mean" in statistic(one):
        return
    as_percent = synonym("unit", one.unit) == ("percent",)
    if as_percent:
        if ends.before.value == 0:
            return
        exact, slack = ends.percent, 100 * (ends.before.half + ends.after.half) / abs(ends.before.value)
    else:
        exact, slack = ends.after.value - ends.before.value, ends.before.half + ends.after.half
    what = f"{ends.before.value:g} to {ends.after.value:g} is {exact:+.4g}{'%' if as_percent else ''}"
    fits = any(abs(sign * printed.value - exact) <= printed.half + slack * 1.01 + 1e-9 for sign in (1, -1))
    numbers = {peer.n for peer in (*_alike(one, peers), one)}
    if fits:
        yield sound(f"{what}, as printed")
    elif len(numbers) == 1:
        yield impossible(f"{what}, printed {printed.value:g}")
    else:
        yield doubtful(f"{what}, printed {printed.value:g}; the numbers of subjects differ")


def _claim(one: Record, peers: Peers) -> Iterator[Finding]:
    percent = Printed.of(one.fields["value"])
    if percent is None or not one.unit.startswith("%"):
        return
    for peer in peers.of_study(one):
        if one.unit == "%" and peer.unit.startswith("% of control") and peer.fields["value"]:
            twin = Printed.of(peer.fields["value"])
            if twin is not None and twin.value + percent.value == 100:
                yield doubtful(
                    f"{percent.value:g}% is what {twin.value:g}% of control leaves of 100%:"
                    f" one figure told twice, in two meanings ({peer.id})"
                )
        ends = claimed_ends(peer)
        if ends is None or _place(peer) != _place(one):
            continue
        scale = claimed_scale(peer)
        if one.unit == "% of control" and scale is not None and scale.higher_is == "better":
            share = 100 * ends.after.value / scale.high
            needed = 100 * ends.after.value / percent.value
            yield doubtful(
                f"{ends.after.value:g} is {share:.0f}% of the {scale.high:g} of an intact animal;"
                f" {percent.value:g}% needs a control at {needed:.1f} ({peer.id})"
            )
        elif one.unit == "%" and peer.unit.startswith("%") and percent.allows(abs(ends.percent)):
            yield sound(
                f"{ends.before.value:g} to {ends.after.value:g} is {ends.percent:+.1f}% as a relative change,"
                f" {ends.after.value - ends.before.value:+.2g} points as an absolute one ({peer.id})"
            )


def _place(one: Record) -> str:
    return one.fields.get("section", "")
