"""Consistency checks of published numbers: what cannot be, what is in doubt, and why.

Each check is a small module with ``check(record, peers)``. It yields its findings, none for a record that
it does not apply to. A record is impossible or doubtful if any check finds it so, sound if one applied and
none objected, else unchecked. "Sound" means that the numbers hold together, not that they are true.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from exodyn.evidence.checks import (
    bounds,
    changes,
    classes,
    contrasts,
    course,
    intervals,
    kinetics,
    means,
    medians,
    percentages,
    pvalues,
    registry,
    shares,
    species,
    spreads,
    units,
)
from exodyn.evidence.checks.finding import Check, Peers, Verdict
from exodyn.evidence.record import Record

CHECKS: tuple[Check, ...] = (
    percentages.check,
    classes.check,
    means.check,
    medians.check,
    spreads.check,
    intervals.check,
    changes.check,
    contrasts.check,
    course.check,
    pvalues.check,
    species.check,
    units.check,
    shares.check,
    kinetics.check,
    bounds.check,
    registry.check,
)
WORST_FIRST: tuple[Verdict, ...] = ("impossible", "doubtful", "sound")


@dataclass(frozen=True)
class Judgement:
    """The verdict on a record, with its reasons in words, those that decide first."""

    id: str
    verdict: Verdict
    reasons: tuple[str, ...]


def judge(found: Iterable[Record]) -> tuple[Judgement, ...]:
    """The verdict on each record; those of one study and table are also held against each other."""
    peers = Peers(tuple(found))
    return tuple(_judge(one, peers) for one in peers.records)


def _judge(one: Record, peers: Peers) -> Judgement:
    findings = [finding for check in CHECKS for finding in check(one, peers)]
    if not findings:
        return Judgement(one.id, "unchecked", (_why_not(one),))
    findings.sort(key=lambda finding: WORST_FIRST.index(finding.verdict))
    return Judgement(one.id, findings[0].verdict, tuple(finding.reason for finding in findings))


def _why_not(one: Record) -> str:
    if "claim" in one.fields:
        return "no check applies to a claim of this kind"
    if one.value is None:
        return "no plain number to check"
    return "no check applies to a number of this kind with what is printed beside it"
