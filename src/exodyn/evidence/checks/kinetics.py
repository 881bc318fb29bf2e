"""Kinetic parameters of a body: above zero, within what blood flow brings, and in accord with each other."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from exodyn.evidence.checks.finding import Finding, Peers, doubtful, impossible, sound
from exodyn.evidence.parameters import parameters
from exodyn.evidence.record import Record
from exodyn.evidence.units import registry, unit_in
from exodyn.evidence.words import lowered, names_in

CURVE = 3
"""Times of one place from which a table prints a curve, whose end is then that of the study."""
APART = 2.0
"""Factor within which two parameters of one curve agree: they are rounded, and means of ratios."""
FOLLOWED = 3.0, 30.0
"""Times as long as the last measurement that a half-life may be in doubt, and cannot have been seen."""
_ABOVE_ZERO = re.compile(
    r"half[- ]?li|half[- ]?time|\bt ?1/2|clearance\b|\bcl\b|\bvolume\b|\bvd\b|\bvss\b|mean residence|\bmrt\b"
    r"|\bauc|area under|\bc ?max|peak conc|rate constant"
)
_NO_LEVEL = re.compile(
    r"change|differ|ratio|reduc|fold|log|delta|exponent|uptake clearance|form of|maximum|per cent"
)
_HALF_LIFE = re.compile(r"half[- ]?li|half[- ]?time|\bt ?1/2")
_RATE = re.compile(r"eliminat\w* rate|\bk ?el\b")
_LATE = re.compile(r"eliminat|terminal|beta|second|late|slow")
_CLEARANCE = re.compile(r"^(blood |plasma |serum |systemic |total |total body |apparent )*clearance$|^cl$")


def check(one: Record, peers: Peers) -> Iterator[Finding]:
    """A parameter by itself, and against those of the same animals."""
    if one.value is None or ("parameter" not in one.fields and "organ" not in one.fields):
        return
    said = lowered(one.quantity)
    if _ABOVE_ZERO.search(said) and not _NO_LEVEL.search(said) and one.value < 0:
        yield impossible(f"{one.value:g} {one.unit}: a {said} is above zero")
        return
    yield from _room(one, said)
    if "organ" in one.fields:
        yield from _followed(one, peers)
        return
    yield from _flow(one)
    if _RATE.search(said):
        yield from _rate(one, peers)


def _room(one: Record, said: str) -> Iterator[Finding]:
    """The sd of n values above zero is at most their mean times the root of n, one having it all."""
    if not _ABOVE_ZERO.search(said) or one.spread_kind not in ("sd", "sem") or len(one.spread) != 1:
        return
    if not one.value or one.value < 0 or one.n is None or one.n < 2:
        return
    widest = one.value * (math.sqrt(one.n) if one.spread_kind == "sd" else 1.0)
    if one.spread[0] > 1.02 * widest and not _NO_LEVEL.search(said):
        yield impossible(
            f"{one.n:g} values above zero with a mean of {one.value:g} have an {one.spread_kind} of at most"
            f" {widest:.3g}, printed {one.spread[0]:g}"
        )


def _followed(one: Record, peers: Peers) -> Iterator[Finding]:
    """A half-life against the last time that its study prints a measurement of the same place at."""
    said = lowered(one.quantity)
    if not _HALF_LIFE.search(said) or not one.value:
        return
    unit = unit_in(_HALF_LIFE.sub(" ", said).replace("fe", " "))[0] or unit_in(one.time_unit)[0]
    beside = peers.alike(one, _organ)
    times = [time for peer in beside if peer is not one and (time := _hours(peer)) is not None]
    if unit is None or not unit.check("[time]") or len(set(times)) < CURVE:
        return
    hours, last = one.value * float(unit.to("hour").magnitude), max(times)
    what = f"a half-life of {hours:.3g} h, and the last measurement printed is at {last:.3g} h"
    if last <= 0 or hours <= FOLLOWED[0] * last:
        return
    yield impossible(what) if hours > FOLLOWED[1] * last else doubtful(what)


def _organ(one: Record) -> str:
    return one.fields["organ"]


def _animals(one: Record) -> tuple[str, str]:
    return one.fields.get("condition", ""), one.species


def _hours(one: Record) -> float | None:
    """Hours after the dose of a measurement; None for a row without."""
    if one.time is None or one.value is None:
        return None
    unit, _ = unit_in(one.time_unit)
    return one.time * float(unit.to("hour").magnitude) if unit is not None and unit.check("[time]") else None


def _flow(one: Record) -> Iterator[Finding]:
    """A clearance from blood is no more than the heart pumps."""
    species = names_in("species", one.species)
    unit, _ = unit_in(one.unit)
    if not _CLEARANCE.search(lowered(one.quantity)) or len(species) != 1 or unit is None or not one.value:
        return
    try:
        known = parameters(species[0])
        weight, flow = known["weight"].value, known["flow_at_weight"].value
        flow *= (known["weight"].value / known["flow_weight"].value) ** 0.75
    except (KeyError, LookupError, ValueError):
        return
    per_body = {"[volume]/[time]": 1.0, "[volume]/[time]/[mass]": weight}
    for dimension, size in per_body.items():
        if unit.check(dimension):
            have = one.value * unit * registry().Quantity(size, "kg" if size != 1.0 else "")
            cleared = float(have.to("mL/day").magnitude)
            what = f"{cleared / 1440:.3g} mL a minute; a heart of {species[0]} pumps {flow / 1440:.3g}"
            if cleared <= flow:
                yield sound(f"clears {what}")
            elif cleared <= 10 * flow:
                yield doubtful(f"clears {what}: only if it is lost in blood itself")
            else:
                yield impossible(f"clears {what}")


def _rate(one: Record, peers: Peers) -> Iterator[Finding]:
    """An elimination rate constant is ln 2 over the half-life of the same animals."""
    unit, _ = unit_in(one.unit)
    if unit is None or not unit.check("1/[time]") or not one.value:
        return
    for peer in peers.alike(one, _animals):
        said = lowered(peer.quantity)
        theirs, _ = unit_in(peer.unit)
        if not (_HALF_LIFE.search(said) and _LATE.search(said) and peer.value and theirs is not None):
            continue
        if not theirs.check("[time]"):
            continue
        product = float((one.value * unit * peer.value * theirs).to("").magnitude) / math.log(2)
        what = f"rate times half-life ({peer.id}) is {product:.3g} times ln 2"
        yield sound(what) if 1 / APART <= product <= APART else doubtful(what)
