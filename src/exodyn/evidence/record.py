"""What one line of a table says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_DOI = r"10\.\d{4,9}/(?:\([^\s()]*\)|[^\s;,()\[\]])+"  # with brackets of its own, as The Lancet's
REGISTRY = r"NCT\d{8}|ChiCTR\w+|ISRCTN\d+|IRCT\w+|EUCTR[\d-]+|ACTRN\d+"
_PAPER = re.compile(rf"{_DOI}|PMC\d+|PMID:? ?\d+|{REGISTRY}", re.IGNORECASE)


@dataclass(frozen=True)
class Record:
    """One published number or finding. The words are the table's own; `fields` holds all its cells by column.

    value: None where the source gives no plain number. spread: (low, high) for intervals, else
    (spread,) or (). split: "calibration", "validation" or "" (applies to neither, or the table has none).
    indication: what the table says of it: an indication, a condition or the health of the animals.
    """

    id: str
    table: str
    study: str
    quantity: str
    value: float | None
    unit: str
    spread: tuple[float, ...]
    spread_kind: str
    n: float | None
    time: float | None
    time_unit: str
    species: str
    indication: str
    route: str
    source: str
    where: str
    status: str
    split: str
    note: str
    fields: Mapping[str, str]

    @property
    def papers(self) -> frozenset[str]:
        """Identifiers in its source (DOI, PMC, PMID, registry number), in lower case."""
        found = (
            paper.rstrip(".").lower().replace(" ", "").replace(":", "")
            for paper in _PAPER.findall(self.source)
        )
        return frozenset(found)

    @property
    def dois(self) -> frozenset[str]:
        """The DOIs in its source, in lower case."""
        return frozenset(paper for paper in self.papers if paper.startswith("10."))

    def says(self) -> str:
        """The number in words, such as ``clearance 0.0104 mL/min (0.0054 to 0.0154 range), n 6``."""
        value = "" if self.value is None else f" {self.value:g}"
        unit = f" {self.unit}" if self.unit else ""
        ends = " to ".join(f"{end:g}" for end in self.spread)
        spread = f" ({'±' if len(self.spread) == 1 else ''}{ends} {self.spread_kind})" if self.spread else ""
        n = "" if self.n is None else f", n {self.n:g}"
        return f"{self.quantity}{value}{unit}{spread}{n}"
