"""The classes of one scale, such as mRS 0 to 6, add up to all the subjects."""

from __future__ import annotations

import re
from collections.abc import Iterator

from exodyn.evidence.checks.finding import Finding, Peers, Printed, doubtful, impossible, sound
from exodyn.evidence.record import Record

_CLASS = re.compile(r"^mRS ([0-6])$")
_SAME = ("arm", "strain_or_population", "severity", "injury_model", "time", "time_unit", "scale_unit")


def check(one: Record, peers: Peers) -> Iterator[Finding]:
    """All seven classes of the same arm at the same time, counts against n or percentages against 100."""
    if not _CLASS.match(one.quantity) or one.value is None:
        return
    group = {
        peer.quantity: peer
        for peer in peers.of_study(one)
        if _CLASS.match(peer.quantity)
        and peer.value is not None
        and peer.n == one.n
        and all(peer.fields.get(column) == one.fields.get(column) for column in _SAME)
    }
    if len(group) < 7:
        return
    total = sum(peer.value or 0.0 for peer in group.values())
    printed = [Printed.of(peer.fields["value"]) for peer in group.values()]
    whole = 100.0 if one.unit == "%" else one.n
    if whole is None:
        return
    slack = sum(number.half for number in printed if number) if one.unit == "%" else 0.0
    what = f"the seven classes of the mRS add up to {total:g} of {whole:g}"
    if abs(total - whole) <= slack + 1e-9:
        yield sound(what)
    elif total > whole:
        yield impossible(what)
    else:
        yield doubtful(f"{what}: some are missing")
