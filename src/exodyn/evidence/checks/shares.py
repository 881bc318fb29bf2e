"""Shares of a dose in a body: no organ, and no sum of organs, holds more than was given."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from exodyn.evidence.checks.finding import Finding, Peers, doubtful, impossible, sound
from exodyn.evidence.parameters import parameters
from exodyn.evidence.record import Record
from exodyn.evidence.statement import statement
from exodyn.evidence.units import per_volume, registry, unit_in
from exodyn.evidence.words import lowered, names_in

USUAL, LIGHTEST = 0.8, 0.6
"""Of the organ's mass on file: what many animals have, and what a young one or a small strain may have."""
SLACK = 105.0
"""Percent: what means of a few animals add up to though no animal had more than all."""
_ORGANS = ("liver", "spleen", "lung", "kidney", "brain", "heart")
_PARTS = re.compile(
    r"macrophage|kupffer|cells?\b|whole|total|body|together|organs|lobe|left|right|cortex|medulla|/|\ball\b"
    r"|hippocamp|cerebell|striat|contents|wall"
)
_BLOOD = re.compile(r"blood|plasma|serum")
_RATIO = re.compile(
    r"ratio|fold|relative|\bauc|half|clearance|volume|\bmrt|residence|max\b|peak|rank|direction"
)


def check(one: Record, peers: Peers) -> Iterator[Finding]:
    """A row of biodistribution: what a statement can say, and a share by itself and with those beside it."""
    if "organ" not in one.fields or one.value is None:
        return
    yield from _statement(one)
    yield from _given(one)
    if statement(one) is not None or _RATIO.search(lowered(one.quantity)):
        return
    unit, _ = unit_in(per_volume(one.quantity))
    if unit is None or "[ID]" not in unit.dimensionality:
        if unit is not None and not unit.check("") and one.value < 0:
            yield _below_zero(one, one.value)
        return
    percent = registry().Quantity(1.0, "percent * ID")
    if unit.check("[ID]"):
        yield from _share(one, one.value * float((unit / percent).to("").magnitude))
        yield from _sum(one, peers)
    elif unit.check("[ID]/[volume]"):
        per_ml = one.value * float((unit / (percent / registry().Quantity(1.0, "mL"))).to("").magnitude)
        yield from _times_mass(one, per_ml)


def _statement(one: Record) -> Iterator[Finding]:
    said = lowered(one.quantity)
    value = one.value or 0.0
    if said.startswith("rank") and (value < 1 or value != int(value)):
        yield impossible(f"{value:g} is no rank: 1 is the highest")
    if said.startswith("detect") and value not in (0.0, 1.0):
        yield impossible(f"{value:g} is neither seen (1) nor looked for and not found (0)")
    if said.startswith("direction") and value not in (-1.0, 0.0, 1.0):
        yield impossible(f"{value:g} is no direction: -1, 0 or 1")


def _given(one: Record) -> Iterator[Finding]:
    """Size, dose and time that nothing has."""
    for column, what in (("size_nm", "a size"), ("dose_value", "a dose")):
        text = one.fields.get(column, "")
        if text and float(text) <= 0:
            yield impossible(f"{what} of {text} is none")
    if one.time is not None and one.time < 0 and "before" not in lowered(one.time_unit + one.note):
        yield impossible(f"at {one.time:g} {one.time_unit}: before the dose")


def _below_zero(one: Record, value: float) -> Finding:
    said = f"{one.value:g} in {one.fields['organ'] or 'no organ'}: an amount below zero"
    spread = one.spread[0] if len(one.spread) == 1 else 0.0
    if abs(value) <= max(5.0, spread):
        return doubtful(f"{said}, as after taking off a background")
    return impossible(said)


def _share(one: Record, percent: float) -> Iterator[Finding]:
    where = f"{percent:g}% of the dose in {one.fields['organ'] or 'no organ'}"
    if percent < 0:
        yield _below_zero(one, percent)
    elif percent <= 100:
        yield sound(where)
    elif percent <= SLACK or _BLOOD.search(lowered(one.fields["organ"])):
        yield doubtful(f"{where}: more than was given, by an error of the blood volume or of counting")
    else:
        yield impossible(where)


def _times_mass(one: Record, per_ml: float) -> Iterator[Finding]:
    """A share per gram or mL times the organ's mass in an animal of this species."""
    if per_ml < 0:
        yield _below_zero(one, per_ml)
        return
    grams = _grams(one)
    if grams is None:
        return
    share = per_ml * grams
    said = f"{per_ml:g}% per gram of {one.fields['organ']} ({grams:.3g} g or mL) is {share:.3g}% of the dose"
    if share * USUAL <= 100:
        yield sound(said)
    elif share * LIGHTEST <= 100:
        yield doubtful(f"{said}: only in a small animal")
    else:
        yield impossible(said)


def _grams(one: Record) -> float | None:
    """Mass of the organ, or volume of the blood, of the animal on file; None where it is not."""
    organ = lowered(one.fields["organ"])
    species = [
        name for name in names_in("species", one.species) if name in ("mouse", "rat", "rabbit", "human")
    ]
    if not species or (_PARTS.search(organ) and not re.search(r"(left|right) (lung|kidney)", organ)):
        return None
    known = parameters(species[0])
    weight = known["weight"].value
    if _BLOOD.search(organ):
        share = known["plasma_share"].value if "blood" not in organ else 1.0
        return known["blood_per_weight"].value * weight * share
    found = next((name for name in _ORGANS if re.search(rf"\b{name}", organ)), None)
    symbol = f"{found}_mass_per_weight"
    return known[symbol].value * weight if symbol in known else None


def _sum(one: Record, peers: Peers) -> Iterator[Finding]:
    """The organs of the same animals at the same time, each once, hold no more than the dose."""
    alike = [peer for peer in peers.alike(one, _animals) if peer.value is not None]
    organs = Counter(lowered(peer.fields["organ"]) for peer in alike)
    if len(organs) < 2 or max(organs.values()) > 1:  # arms that the table does not tell apart
        return
    parts = [
        p for p in alike if not _PARTS.search(lowered(p.fields["organ"])) or "rest of" in p.fields["organ"]
    ]
    if one not in parts or len(parts) < 2:
        return
    blood = [p for p in parts if _BLOOD.search(lowered(p.fields["organ"]))]
    counted = [p for p in parts if p not in blood[1:]]
    total = sum(max(p.value or 0.0, 0.0) for p in counted)
    said = (
        f"{len(counted)} organs at {one.time or 0:g} {one.time_unit} hold {total:.4g}% of the dose together"
    )
    if total <= 100:
        yield sound(said)
    elif total <= SLACK + 5:
        yield doubtful(f"{said}: more than was given, by errors that add up")
    else:
        yield impossible(said)


def _animals(one: Record) -> tuple[object, ...]:
    """What rows of the same animals at the same time share."""
    columns = ("health", "vesicle_source", "label", "size_nm", "dose_value", "dose_unit")
    cells = tuple(one.fields.get(column, "") for column in columns)
    return (one.quantity, one.time, one.time_unit, one.species, one.route, one.note, *cells)
