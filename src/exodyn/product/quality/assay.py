"""Potency of a batch from a plate: a table of doses and responses of a standard and of the batch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exodyn.errors import InputError
from exodyn.product.instruments import Source
from exodyn.product.instruments.source import plain
from exodyn.product.statistics.potency import RelativePotency, relative_potency

_NEEDED = ("preparation", "dose", "response")
_STANDARD = "standard"


@dataclass(frozen=True)
class Assay:
    """The file, its hash and what it says; a potency counts only if the curves are similar."""

    path: str
    sha256: str
    found: RelativePotency

    def as_json(self) -> dict[str, Any]:
        """As it stands in the results."""
        one = self.found
        return {
            "path": self.path,
            "sha256": self.sha256,
            "potency": one.potency,
            "interval": [_finite(one.low), _finite(one.high)],
            "confidence": one.confidence,
            "similar": one.similar,
            "ratios": {name: [_finite(x) for x in each] for name, each in one.ratios.items()},
            "f": one.f,
            "p_parallel": one.p,
        }

    def doubt(self) -> str | None:
        """Why the potency does not count."""
        if self.found.similar:
            return None
        said = ", ".join(
            f"{name} {low:.2g} to {high:.2g}" for name, (_, low, high) in self.found.ratios.items()
        )
        return f"the curves of batch and standard are not similar (ratios, 90%: {said})"


def _finite(value: float) -> float | None:
    """None for an end that is open: JSON has no infinity."""
    return value if math.isfinite(value) else None


def read_assay(path: Path) -> Assay:
    """Columns preparation ("standard" or any other name for the batch), dose, response.

    Raises InputError that names the file and the line.
    """
    source = Source.of(path)
    delimiter = source.delimiter_after("preparation")
    rows = source.rows(delimiter)
    place = source.places(rows[0], _NEEDED)
    lines = [line for line, row in enumerate(rows) if line and any(row)]
    for line in lines:
        if len(rows[line]) != len(rows[0]):
            source.refuse(line, f"expected {len(rows[0])} cells, found {len(rows[line])}")
    cells = {name: [rows[line][place[name]] for line in lines] for name in _NEEDED}
    names = [plain(cell) for cell in cells["preparation"]]
    if len(set(names)) != 2 or _STANDARD not in names:
        source.refuse(None, f"expected the preparations 'standard' and one other, found {sorted(set(names))}")
    dose, response = (source.numbers(lines, cells[name], delimiter, name) for name in _NEEDED[1:])
    try:
        found = relative_potency(dose, response, [name != _STANDARD for name in names])
    except InputError as problem:
        raise InputError(f"{path.name}: {problem}") from None
    return Assay(str(path), source.sha256, found)
