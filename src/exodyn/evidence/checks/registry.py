"""Registry numbers: whether they have the registry's form, and whether what is claimed is registered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType

from exodyn.evidence.checks.finding import Finding, Peers, doubtful, impossible, sound, texts
from exodyn.evidence.record import Record
from exodyn.evidence.records import records
from exodyn.evidence.words import synonym

_FORMS = {
    "NCT": r"NCT0\d{7}",
    "ChiCTR": r"ChiCTR(?:-[A-Z]{2,5}-|-)?\d{8,10}",
    "CTR": r"CTR20\d{6}",
    "ISRCTN": r"ISRCTN\d{8}",
    "EUCTR": r"EUCTR\d{4}-\d{6}-\d{2}(?:-[A-Z]{2})?",
    "ACTRN": r"ACTRN126\d{11}",
    "UMIN": r"UMIN0\d{8}",
    "JPRN": r"JPRN-\S+",
    "jRCT": r"jRCT[a-z]?\d{9,10}",
    "IRCT": r"IRCT\d{8,}N\d+",
    "CTRI": r"CTRI/\d{4}/\d{2,3}/\d{6}",
    "DRKS": r"DRKS000\d{5}",
    "KCT": r"KCT000\d{4}",
    "NTR": r"NTR\d{3,4}",
    "PACTR": r"PACTR\d{15,}",
}
_NUMBER = re.compile(
    rf"\b(?P<registry>{'|'.join(sorted(_FORMS, key=len, reverse=True))})(?=[-/]?[\dA-Za-z-]*\d)[-/\w]+"
)
_COLUMNS = ("registry_id", "source")
_CLAIMED = ("claim", "value", "cited_as")  # a claim's source is what was found instead


def check(one: Record, peers: Peers) -> Iterator[Finding]:
    """The form of every registry number in the record, and the record against the registry's own entry."""
    own = one.fields.get("registry_id", "")
    seen = set()
    for text in texts(one, *(_CLAIMED if "claim" in one.fields else _COLUMNS)):
        for found in _NUMBER.finditer(text):
            number = found.group().rstrip("-/")
            if number in seen:
                continue
            seen.add(number)
            if not re.fullmatch(_FORMS[found["registry"]], number):
                yield impossible(f"{number} has not the form of a {found['registry']} number")
            elif own.startswith(number) or "claim" in one.fields:
                yield from _registered(one, number)
    if one.fields.get("n_planned") and one.fields.get("n_actual"):
        yield from _enrolled(one)


def _registered(one: Record, number: str) -> Iterator[Finding]:
    entry = _trials().get(number.lower())
    if entry is None:
        yield (
            doubtful(f"{number} has the right form; no entry of it is known here")
            if _absent(one)
            else sound(f"{number} has the right form; what is registered under it is not known here")
        )
        return
    if entry.fields["status"] == "not found":
        yield doubtful(f"{number} has the right form; no entry with what is claimed was found")
        return
    if "claim" in one.fields:
        yield sound(f"{number} is registered: {entry.quantity}")
        return
    ours, theirs = (synonym("indication", x.indication) for x in (one, entry))
    if ours and theirs and not set(ours) & set(theirs):
        yield impossible(f"{number} is registered for {entry.indication}, not for {one.indication}")
    planned, registered = one.fields.get("n_planned", ""), entry.fields["n_planned"]
    if planned and registered and float(planned) != float(registered):
        yield doubtful(f"{number} is registered with {registered} patients, here {planned} are planned")
    yield sound(f"{number} has the right form and is registered: {entry.quantity}")


def _absent(one: Record) -> bool:
    return "claim" in one.fields


def _enrolled(one: Record) -> Iterator[Finding]:
    planned, actual = float(one.fields["n_planned"]), float(one.fields["n_actual"])
    if actual > 1.5 * planned:
        yield doubtful(f"{actual:g} patients of {planned:g} planned")


@cache
def _trials() -> Mapping[str, Record]:
    found = {}
    for one in records("trials"):
        number = _NUMBER.search(one.fields["registry_id"])
        if number:
            found[number.group().lower()] = one
    return MappingProxyType(found)
