"""A scale used in a species that it was not made for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from exodyn.evidence.checks.finding import Finding, Peers, doubtful, impossible, scale_of, sound
from exodyn.evidence.facts import ScaleFacts, scale_facts
from exodyn.evidence.record import Record
from exodyn.evidence.words import canonical_names, synonym

_ANIMALS = {"mouse": r"\bmice\b|\bmouse\b", "rat": r"\brats?\b", "human": r"\bpatients?\b|\bhuman\b"}


def check(one: Record, peers: Peers) -> Iterator[Finding]:
    """The species of the record, or of the claim's study, against the scale's."""
    scale = claimed_scale(one) if "claim" in one.fields else scale_of(one.quantity)
    if scale is None:
        return
    used = _claimed_species(one, peers) if "claim" in one.fields else synonym("species", one.species) or ()
    wrong = [species for species in used if species not in scale.species]
    made = " and ".join(scale.species)
    if not used:
        return
    if not wrong and "claim" in one.fields:
        return  # that a claim names the right scale makes no number of it sound
    if not wrong:
        yield sound(f"{scale.name} is a scale for {made}")
    elif ("human" in wrong) or "human" in scale.species:
        yield impossible(f"{scale.name} is a scale for {made}, used in {' and '.join(wrong)}")
    else:
        yield doubtful(f"{scale.name} is a scale for {made}, used in {' and '.join(wrong)}; {scale.note}")


def claimed_scale(one: Record) -> ScaleFacts | None:
    """The scale that a claim's words or its unit name."""
    text = f"{one.quantity} {one.unit} {one.fields['value']}"
    for name in canonical_names("scale"):
        if re.search(rf"\b{re.escape(name)}\b", text):
            return scale_facts(name)
    return None


def _claimed_species(one: Record, peers: Peers) -> tuple[str, ...]:
    """The species that the claim names, or else the only one that the claims of the same study name."""
    told = _named(one.quantity)
    if told:
        return told
    among = {species for peer in peers.of_study(one) for species in _named(peer.quantity)}
    return tuple(among) if len(among) == 1 else ()


def _named(text: str) -> tuple[str, ...]:
    return tuple(species for species, words in _ANIMALS.items() if re.search(words, text.lower()))
